"""From what tun_demo.sh has recorded to what stream.awk and throughput.gp draw, and a table of the phases between the moves.

    tun.py LOCATORS OCTETS IPERF3.json BEGIN SECONDS HANDOFF

LOCATORS: when the mobile node began to move to which locator, a line each. OCTETS: time and octets so far. Both times count
from 1970, as BEGIN does. Writes `samples`, `retransmissions.facts` and `table`.
"""

import bisect
import json
import statistics
import sys

locators, octets, iperf3, begin, seconds, handoff = sys.argv[1:]
begin, seconds, handoff = float(begin), float(seconds), float(handoff)

with open(locators) as file:
    moves = [(float(when), where) for when, where in (line.split() for line in file)]
with open(octets) as file:
    samples = [(float(when), int(count)) for when, count in (line.split() for line in file if len(line.split()) == 2)]
with open(iperf3) as file:
    intervals = json.load(file)["intervals"]

# iperf3 counts from its first octet of data: where the flow begins at the receiver.
base = next(count for when, count in samples if when >= begin)
start = next(when for when, count in samples if when >= begin and count - base > 100_000)
samples = [(when, count - base) for when, count in samples if start <= when <= start + seconds]
where = [when for when, _ in moves]
with open("samples", "w") as file:
    for when, count in samples:
        file.write(f"{when:.6f} {count} {moves[max(0, bisect.bisect_right(where, when) - 1)][1]}\n")

sent_again = [(start + each["sum"]["start"], each["sum"].get("retransmits", 0)) for each in intervals]
marked = [f"{when - begin:.2f}" for when, count in sent_again if count]
with open("retransmissions.facts", "w") as file:
    file.write(f'again = "{" ".join(marked)}"\n')

rates = [(one[0], (other[1] - one[1]) / (other[0] - one[0])) for one, other in zip(samples, samples[1:]) if other[0] > one[0]]
with open("table", "w") as file:
    file.write("          phase            MB/s, median   slowest 0.1 s   retransmitted\n")
    for number, (when, locator) in enumerate(moves):
        end = moves[number + 1][0] if number + 1 < len(moves) else samples[-1][0]
        parts = [(f"handoff to {locator}", when, when + handoff), (f"in {locator}", when + handoff, end)] if number else \
            [(f"in {locator}", samples[0][0], end)]
        for name, first, last in parts:
            inside = [rate / 1e6 for at, rate in rates if first <= at < last]
            again = sum(count for at, count in sent_again if first <= at < last)
            if inside:
                file.write(f"          {name:<18}{statistics.median(inside):>11.1f}{min(inside):>16.1f}{again:>16}\n")
