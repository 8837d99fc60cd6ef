"""ilnp-lab: what it prints and writes, and what of it must hold."""

import collections
import csv
import json
import math
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.environ.get("ILNP_LAB", os.path.join(ROOT, "build", "examples", "ilnp-lab"))
SCENARIOS = os.path.join(ROOT, "examples", "scenarios")
PICTURES = all(shutil.which(tool) for tool in ("gnuplot", "awk", "bash"))

Frame = collections.namedtuple("Frame", "time captured length sender group payload")


def read_pcap(path):
    """The frames of a classic pcap; their Ethernet, IPv6 and UDP headers are checked on the way."""
    with open(path, "rb") as file:
        data = file.read()
    magic, major, minor, _, _, _, link = struct.unpack_from("<IHHIIII", data)
    assert (magic, major, minor, link) == (0xA1B2C3D4, 2, 4, 1), "not a classic pcap of Ethernet"
    at, frames = 24, []
    while at < len(data):
        seconds, microseconds, captured, length = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + captured]
        assert len(frame) == captured <= length, "cut off"
        ethernet_type, version, udp_length, protocol = struct.unpack_from(">HIHB", frame, 12)
        assert (ethernet_type, version >> 28, protocol) == (0x86DD, 6, 17)
        assert udp_length == length - 54
        frames.append(Frame(seconds + microseconds / 1e6, captured, length, frame[22:38], frame[38:54], frame[62:]))
        at += 16 + captured
    return frames


class Program(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ilnp-lab-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def scenario(self, text, name="x.lab"):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def lab(self, *arguments, status=0, env=None):
        done = subprocess.run([LAB, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=200, env=env)
        self.assertEqual(done.returncode, status, f"{arguments}\n{done.stdout}{done.stderr}")
        return done.stdout

    def fails(self, *arguments, says, text=None):
        """Ends at once, and says in one line what is wrong."""
        if text is not None:
            self.scenario(text)
        done = subprocess.run([LAB, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=10)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in (says,) if isinstance(says, str) else says:
            self.assertIn(word, done.stderr)

    # ---- the published experiments

    def experiment(self, number, flows):
        """500 virtual seconds: nothing is lost, duplicated or reordered; tables, capture and pictures are there."""
        out = self.lab("run", os.path.join(SCENARIOS, f"experiment-{number}.lab"), "--out", "out")
        count = 49900
        for sender, receiver in flows:
            row = re.search(rf"^  {sender} to {receiver} +(.*)$", out, re.M).group(1).split()
            self.assertEqual(row[:6], [str(count), str(count), "0", "0", "0", "0"], out)
            tables = {}
            for name in (sender, receiver):
                with open(self.path("out", name + ".csv")) as file:
                    tables[name] = list(csv.DictReader(file))
            nids = {"cn": "ffff:0:0:2", "mn": "ffff:0:0:3"}
            of_flow = [[row for row in tables[name]
                        if (row["direction"], row["source_nid"], row["destination_nid"]) == (way, nids[sender], nids[receiver])]
                       for name, way in ((sender, "sent"), (receiver, "received"))]
            for rows in of_flow:
                self.assertEqual([int(row["sequence"]) for row in rows], list(range(1, count + 1)))
                self.assertEqual({row["size"] for row in rows}, {"1396"})
                mobile = "source_locator" if sender == "mn" else "destination_locator"
                self.assertEqual({row[mobile] for row in rows}, {"0:0:0:a", "0:0:0:b", "0:0:0:c"})
            if PICTURES:
                for picture in ("sequence", "throughput"):
                    with open(self.path("out", f"{sender}-to-{receiver}-{picture}.svg")) as file:
                        svg = file.read()
                    self.assertTrue(svg.startswith("<?xml") and svg.rstrip().endswith("</svg>"))
                    self.assertIn(f"{sender} → {receiver}", svg)
                    self.assertEqual(len(re.findall(r"[abc] → [abc]\b(?! at)", svg)), 24, "each move is marked")
                with open(self.path("out", "data", f"{sender}-to-{receiver}.throughput")) as file:
                    buckets = [list(map(int, line.split()[1:])) for line in file if not line.startswith("500")]
                self.assertEqual({bucket[0] for bucket in buckets}, {139600}, "a throughput without a dent")
                self.assertTrue(all(bucket[0] == sum(bucket[1:]) for bucket in buckets))
        frames = read_pcap(self.path("out", "frames.pcap"))
        sent = sum(
            int(line.split()[1]) for line in out.splitlines() if re.match(r"  0:0:0:[abc] ", line))
        self.assertEqual(len(frames), sent)
        self.assertEqual(max(frame.captured for frame in frames), 62 + 128)
        self.assertEqual(max(frame.length for frame in frames), 62 + 1440)
        with open(self.path("out", "summary.txt")) as file:
            self.assertIn(file.read(), out)
        with open(self.path("out", "trace.txt")) as file:
            trace = file.read()
        self.assertEqual(len(re.findall(r"^ *\d+\.\d{6}  mn +handoff begins", trace, re.M)), 25)

    def test_experiment_1(self):
        self.experiment(1, [("cn", "mn")])

    def test_experiment_2(self):
        self.experiment(2, [("mn", "cn")])

    def test_experiment_3(self):
        self.experiment(3, [("cn", "mn"), ("mn", "cn")])

    def test_all_other_scenarios_that_come_along(self):
        for name in sorted(os.listdir(SCENARIOS)):
            if not name.startswith("experiment"):
                with self.subTest(name):
                    self.lab("run", os.path.join(SCENARIOS, name))

    # ---- what is written

    def test_a_seed_gives_the_same_files_each_time(self):
        scenario = os.path.join(SCENARIOS, "any-time.lab")
        for out, seed in (("one", "3"), ("two", "3"), ("other", "4")):
            self.lab("run", scenario, "--seed", seed, "--out", out, "--verbose")
        files = sorted(os.path.relpath(os.path.join(folder, name), self.path("one"))
                       for folder, _, names in os.walk(self.path("one")) for name in names)
        self.assertIn("trace.txt", files)
        self.assertIn("frames.pcap", files)
        self.assertEqual(PICTURES, "alice-to-bob-sequence.svg" in files)
        for name in files:
            with open(self.path("one", name), "rb") as one, open(self.path("two", name), "rb") as two:
                self.assertEqual(one.read(), two.read(), name)
        with open(self.path("one", "trace.txt")) as one, open(self.path("other", "trace.txt")) as other:
            self.assertNotEqual(one.read(), other.read())

    def test_the_trace_tells_what_happened(self):
        self.lab("run", self.scenario(
            "run 20s\nnode router in a,b\nnode alice in a\nnode bob in a\nflow alice -> bob every 100ms\n"
            "at 5s move bob to b\nat 10s network a loss 100%\nat 11s network a loss 0\nat 12s crash bob\nat 13s restart bob\n"),
            "--out", "out")
        with open(self.path("out", "trace.txt")) as file:
            trace = file.read()
        self.assertIn("# alice is ffff:0:0:2\n", trace)
        for time_, node, text in (
                (0, "bob", "starts"), (5, "-", "move bob to b"), (5, "bob", "handoff begins: from 0:0:0:a to 0:0:0:b"),
                (5, "bob", "sends an advertisement of 0:0:0:b on 0:0:0:b"), (10, "-", "network a loss 100%"), (12, "-", "crash bob"),
                (13, "-", "restart bob"), (13, "bob", "starts"),
                (13, "bob", "sends a solicitation for 0:0:0:a on 0:0:0:a")):
            self.assertRegex(trace, rf"(?m)^ *{time_}\.000000  {node} +{re.escape(text)}$")
        self.assertRegex(trace, r"(?m)^ *5\.\d+  bob +sends a locator update to 0:0:0:a:ffff:0:0:2: now at 0:0:0:b on 0:0:0:a$")
        self.assertRegex(trace, r"(?m)^ *5\.\d+  bob +locator update acknowledged by ffff:0:0:2 \(alice\)$")
        with open(self.path("out", "summary.txt")) as file:
            self.assertRegex(file.read(), r"alice to bob: lost \d+ to \d+, sent at 10\.\d{6} to 1\d\.\d{6} s")
        self.assertNotIn("datagram 1,", trace)
        self.lab("run", self.path("x.lab"), "--out", "out", "-v")
        with open(self.path("out", "trace.txt")) as file:
            self.assertIn("alice       sends datagram 1, 0:0:0:a:ffff:0:0:2 to", file.read())

    def test_tshark_reads_the_capture(self):
        self.lab("run", os.path.join(SCENARIOS, "any-time.lab"), "--out", "out", "--octets", "0", "--no-pictures")
        done = subprocess.run(["tshark", "-n", "-r", self.path("out", "frames.pcap"), "-o", "udp.check_checksum:TRUE", "-T", "fields",
                               "-e", "ipv6.src", "-e", "udp.dstport", "-e", "udp.checksum.status"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertEqual(len(rows), len(read_pcap(self.path("out", "frames.pcap"))))
        self.assertEqual({row[0] for row in rows}, {"fe80::1", "fe80::2", "fe80::3"})
        self.assertEqual({tuple(row[1:]) for row in rows}, {("10000", "1")})

    def test_frames_are_kept_whole_or_cut(self):
        scenario = self.scenario("run 3s\nnode alice in a\nnode bob in a\nflow alice -> bob every 1s size 1000\n")
        for octets, longest in (("0", 1044), ("50", 50), ("128", 128)):
            self.lab("run", scenario, "--out", "out", "--octets", octets)
            self.assertEqual(max(len(frame.payload) for frame in read_pcap(self.path("out", "frames.pcap"))), longest)

    def test_without_gnuplot_all_else_is_written(self):
        os.mkdir(self.path("bin"))
        for tool in ("bash", "awk"):
            if shutil.which(tool):
                os.symlink(shutil.which(tool), self.path("bin", tool))
        scenario = self.scenario("run 3s\nnode alice in a\nnode bob in a\nflow alice -> bob every 1s\n")
        out = self.lab("run", scenario, "--out", "out", env={"PATH": self.path("bin")})
        self.assertRegex(out, "no pictures: (gnuplot|awk) is not installed")
        self.assertEqual(sorted(os.listdir(self.path("out"))),
                         ["alice.csv", "bob.csv", "data", "frames.pcap", "summary.txt", "trace.txt"])

    def test_without_out_nothing_is_written(self):
        self.lab("run", os.path.join(SCENARIOS, "any-time.lab"))
        self.assertEqual(os.listdir(self.folder), [])

    # ---- seeds that failed

    def test_moves_of_both_lose_nothing_though_an_acknowledgement_left_elsewhere_first(self):
        # A router took what came from the source's own network for copies of an acknowledgement that had left on another.
        for seed in ("5", "156"):
            self.lab("run", os.path.join(SCENARIOS, "any-time.lab"), "--seed", seed)

    # ---- expectations, and sweeps

    LOSSY = "run 5s\nnetwork all loss 20%\nnode alice in a\nnode bob in a\nflow alice -> bob every 100ms from 2s\n"

    def test_the_exit_status_says_whether_all_holds(self):
        self.lab("run", self.scenario(self.LOSSY))
        self.assertIn("holds:     lost < 30", self.lab("run", self.scenario(self.LOSSY + "expect lost < 30\n")))
        out = self.lab("run", self.scenario(self.LOSSY + "expect lost 0\nexpect duplicated 0\n"), status=1)
        self.assertRegex(out, r"DOES NOT HOLD: lost 0 \(alice to bob: \d+\)")
        self.assertIn("holds:     duplicated 0", out)

    def test_a_sweep_names_the_seeds_that_fail_and_how_to_repeat_them(self):
        self.scenario(self.LOSSY + "expect lost <= 7\n")
        out = self.lab("sweep", "x.lab", "--seeds", "40", "--first", "100", status=1)
        self.assertRegex(out, r"x\.lab: 40 seeds from 100 on, \d+ failed")
        failed = re.findall(r"^seed (\d+): lost <= 7 does not hold \(alice to bob: (\d+)\)\n  repeat: ilnp-lab (.*)$", out, re.M)
        self.assertTrue(failed, out)
        seed, lost, command = failed[0]
        again = self.lab(*command.split(), status=1)
        self.assertIn(f"DOES NOT HOLD: lost <= 7 (alice to bob: {lost})", again)
        self.assertTrue(os.path.exists(self.path(f"seed-{seed}", "trace.txt")))
        for name in ("sent", "lost", "duplicated", "reordered", "longest gap"):
            self.assertRegex(out, rf"(?m)^  {name} +[\d.]+")
        # How many at a time makes no difference.
        strip = lambda text: re.sub(r"in [\d.]+ s$", "", text, flags=re.M)
        for jobs in ("1", "7"):
            self.assertEqual(strip(self.lab("sweep", "x.lab", "--seeds", "40", "--first", "100", "--jobs", jobs, status=1)), strip(out))

    def test_a_sweep_without_failures(self):
        out = self.lab("sweep", os.path.join(SCENARIOS, "double-jump.lab"), "--seeds", "10")
        self.assertIn("10 seeds from 1 on, 0 failed", out)
        self.assertRegex(out, r"(?m)^  lost +0 +0 +0 +0 ")

    def test_results_as_json_and_csv_are_those_of_the_summary(self):
        scenario = self.scenario("title a \"title\"\nrun 20s\nnetwork all delay 2ms jitter 3ms loss 5%\nnode router in a,b\nnode alice in a\n"
                                 "node bob in a-b move_time 5s handoff_time 2s\nflow alice <-> bob every 10ms size 100\n"
                                 "expect lost > 20%\nexpect bob handoffs 3\n")
        out = self.lab("run", scenario, "--out", "out", "--no-pictures", "--json", "x.json", "--csv", "x.csv", status=1)
        with open(self.path("x.json")) as file:
            result = json.load(file)
        self.assertEqual((result["title"], result["seed"], result["settings"], result["seconds"]), ('a "title"', 1, {}, 20.0))
        self.assertEqual([each["holds"] for each in result["expectations"]], [False, True])
        self.assertEqual((result["complete"], result["holds"]), (True, False))
        self.assertEqual([(each["name"], each["handoffs"], len(each["moves"])) for each in result["nodes"]],
                         [("router", 0, 0), ("alice", 0, 0), ("bob", 3, 3)])
        self.assertEqual(result["nodes"][2]["moves"][0], {"begin": 5.0, "end": 7.0, "from": ["0:0:0:a"], "to": ["0:0:0:b"]})
        self.assertEqual([each["locator"] for each in result["networks"]], ["0:0:0:a", "0:0:0:b"])
        with open(self.path("x.csv")) as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["from"], row["to"]) for row in rows], [("alice", "bob"), ("bob", "alice")])
        nids = {"alice": "ffff:0:0:2", "bob": "ffff:0:0:3"}
        for flow, row in zip(result["flows"], rows):
            for key in ("sent", "received", "lost", "duplicated", "reordered", "refused", "damaged"):
                self.assertEqual(flow[key], int(row[key]), key)
            # What the tables of both ends say about the delay: percentiles of the nearest rank.
            tables = {}
            for name in (flow["from"], flow["to"]):
                with open(self.path("out", name + ".csv")) as file:
                    tables[name] = [each for each in csv.DictReader(file) if each["source_nid"] == nids[flow["from"]]]
            sent = {each["sequence"]: float(each["time"]) for each in tables[flow["from"]] if each["direction"] == "sent"}
            arrived = {}
            for each in tables[flow["to"]]:
                if each["direction"] == "received":
                    arrived.setdefault(each["sequence"], float(each["time"]))
            self.assertEqual((len(sent), len(arrived)), (flow["sent"], flow["received"]))
            delays = [1000 * (time - sent[number]) for number, time in arrived.items()]
            jitter = [abs(one - other) for one, other in zip(delays, delays[1:])]
            for name, values in (("delay", sorted(delays)), ("jitter", sorted(jitter))):
                for percentile, percent in (("p50", 50), ("p90", 90), ("p99", 99), ("max", 100)):
                    exact = values[math.ceil(percent / 100 * len(values)) - 1]
                    self.assertAlmostEqual(flow[name + "_ms"][percentile], exact, delta=0.003 + exact / 1000)
                    self.assertEqual(float(row[f"{name}_{percentile}_ms"]), flow[name + "_ms"][percentile])
            shown = re.search(rf"(?m)^  {flow['from']} to {flow['to']} +([\d.]+)ms +([\d.]+)ms +([\d.]+)ms +([\d.]+)ms +([\d.]+)ms", out)
            self.assertEqual([float(each) for each in shown.groups()],
                             [flow["delay_ms"][each] for each in ("p50", "p90", "p99", "max")] + [flow["jitter_ms"]["p50"]])

    def test_settings_are_compared(self):
        scenario = self.scenario("run 10s\nnode alice in a\nnode bob in a\nflow alice -> bob every 10ms size 100\nexpect lost < 10%\n")
        out = self.lab("run", scenario, "--set", "loss=0,50%", "--set", "delay=1ms,5ms,9ms", "--out", "out", "--csv", "x.csv",
                       "--json", "x.json", status=1)
        rows = re.findall(r"(?m)^  (0|50%) +(\dms) +900 +(\d+) +([\d.]+)% .* (\d)\.000ms +\d\.000ms +[\d.]+ms +(hold|DO NOT HOLD)$", out)
        self.assertEqual([(row[0], row[1], row[4] + "ms", row[5]) for row in rows],
                         [(loss, delay, delay, "hold" if loss == "0" else "DO NOT HOLD") for loss in ("0", "50%") for delay in ("1ms", "5ms", "9ms")])
        self.assertTrue(all((row[0] == "0") == (row[2] == "0") for row in rows), out)
        with open(self.path("x.csv")) as file:
            table = list(csv.DictReader(file))
        self.assertEqual([(row["loss"], row["delay"], row["lost"]) for row in table], [(row[0], row[1], row[2]) for row in rows])
        with open(self.path("x.json")) as file:
            runs = json.load(file)["runs"]
        self.assertEqual([run["settings"] for run in runs], [{"loss": row[0], "delay": row[1]} for row in rows])
        self.assertEqual([run["lost"] for run in runs], [int(row[2]) for row in rows])
        self.assertEqual(sorted(name for name in os.listdir(self.path("out")) if name[0].isdigit()),
                         ["1-loss=0_delay=1ms", "2-loss=0_delay=5ms", "3-loss=0_delay=9ms",
                          "4-loss=50%_delay=1ms", "5-loss=50%_delay=5ms", "6-loss=50%_delay=9ms"])
        if PICTURES:
            with open(self.path("out", "comparison.svg")) as file:
                svg = file.read()
            for text in ("delay=1ms", "delay=9ms", "50%", "lost, %", "longest gap, ms"):
                self.assertIn(text, svg)
        # One value is an ordinary run; a sweep runs each combination with each seed, and says how to repeat a run.
        one = self.lab("run", scenario, "--set", "loss=50%", "--set", "delay=5ms", status=1)
        self.assertIn("with loss=50% delay=5ms\n", one)
        self.assertIn(f"lost < 10% (alice to bob: {int(rows[4][2]) / 9:.4g}%, {rows[4][2]} of 900)", one)
        out = self.lab("sweep", scenario, "--set", "loss=0,50%", "--seeds", "3", "--out", "swept", status=1)
        self.assertIn("2 combinations of settings, 3 seeds from 1 on each, 3 runs failed", out)
        self.assertRegex(out, r"(?m)^  0 +2700 +0 +0% .* hold$")
        self.assertRegex(out, r"(?m)^  50% +\d+ .* 3 of 3 seeds FAILED$")
        self.assertIn("--seed 3 --set 'loss=50%' --out seed-3", out)
        self.assertEqual("comparison.svg" in os.listdir(self.path("swept")), PICTURES)

    def test_what_it_writes_is_bounded(self):
        scenario = self.scenario("run 20s\nnode alice in a\nnode bob in a\nflow alice -> bob every 1ms size 100\nnetwork a loss 5%\n")
        self.lab("run", scenario, "--out", "whole", "--no-pictures")
        most = 200_000
        said = self.lab("run", scenario, "--out", "cut", "--max-output", str(most), "--verbose", *([] if PICTURES else ["--no-pictures"]))
        size = {folder: sum(os.path.getsize(self.path(folder, name)) for name in ("trace.txt", "alice.csv", "bob.csv", "frames.pcap"))
                for folder in ("whole", "cut")}
        self.assertGreater(size["whole"], 10 * most, "the test shows nothing")
        self.assertLessEqual(size["cut"], most + 2000)
        self.assertGreater(size["cut"], most - 10_000)
        when = float(re.search(r"CUT OFF: the trace, .* end at ([\d.]+) s", said).group(1))
        self.assertTrue(0 < when < 20, when)
        # All files end then, with whole records, and the figures are those of the whole run.
        self.assertTrue(all(frame.time <= when + 1e-6 for frame in read_pcap(self.path("cut", "frames.pcap"))))
        for name in ("alice", "bob"):
            with open(self.path("cut", name + ".csv")) as file:
                rows = list(csv.DictReader(file))
            self.assertTrue(rows and all(row["destination_nid"] and float(row["time"]) <= when for row in rows), rows[-1:])
        with open(self.path("cut", "trace.txt")) as file:
            self.assertRegex(file.read(), r"\n# Cut off at [\d.]+ s: .*\n$")
        table = {}
        for folder in ("whole", "cut"):
            with open(self.path(folder, "summary.txt")) as file:
                table[folder] = re.findall(r"(?m)^  alice to bob  +.*$", file.read())
        self.assertEqual(len(table["whole"]), 2, table)
        self.assertEqual(table["cut"], table["whole"])

    # ---- pictures

    @unittest.skipUnless(PICTURES, "gnuplot, awk and bash are needed")
    def test_pictures_show_moves_and_losses_where_they_are(self):
        self.lab("run", self.scenario(
            "run 20s\nnetwork all loss 5%\nnode router in a,b\nnode alice in a\nnode bob in a handoff_time 2s\n"
            "flow alice -> bob every 10ms size 1000\nat 7.3s move bob to b\nat 13.45s move bob to a\n"), "--out", "out")
        with open(self.path("out", "data", "alice-to-bob.throughput")) as file:
            buckets = [list(map(float, line.split())) for line in file]
        edges = [bucket[0] for bucket in buckets]
        for move in (7.3, 13.45):  # a bucket ends there
            self.assertIn(move, edges)
        self.assertTrue(all(0.6 < end - begin < 1.4 for begin, end in zip(edges, edges[1:])), edges)
        for time, _, through_a, through_b in buckets[:-1]:
            if time != 13.45:  # a datagram that was on its way may still arrive in the network that is being left
                self.assertEqual(through_b > 0, 7.3 <= time < 13.45, buckets)
            self.assertTrue(80_000 < through_a + through_b <= 101_000, buckets)
        with open(self.path("out", "summary.txt")) as file:
            lost = int(re.search(r"(?m)^  alice to bob +\d+ +\d+ +(\d+)", file.read()).group(1))
        with open(self.path("out", "alice-to-bob-sequence.svg")) as file:
            svg = file.read()
        self.assertEqual(svg.count("closer: each dot is a datagram"), 1)
        self.assertIn(f"lost: {lost}", svg)
        # The crosses: all of them above with one in the key, and those near a move below.
        with open(self.path("out", "data", "alice-to-bob.lost")) as file:
            near = sum(1 for line in file for move in (7.3, 13.45) if 0 < abs(float(line.split()[0]) - move) <= 0.25)
        self.assertGreater(near, 0)
        self.assertEqual(len(re.findall(r"xlink:href='#gpPt1'", svg)), lost + 1 + near)

    @unittest.skipUnless(PICTURES, "gnuplot, awk and bash are needed")
    def test_the_colour_of_a_stream_changes_where_the_move_is_marked(self):
        octets = 0
        with open(self.path("samples"), "w") as file:
            for i in range(101):  # a sample every 0.1 s; the move is noticed at 4.3 s
                octets += 100_000
                file.write(f"{100 + i / 10:.3f} {octets} {'0:0:0:a' if i < 43 else '0:0:0:b'}\n")
        subprocess.run(["awk", "-v", "begin=100", "-v", "bucket=0.5", "-v", "handoff=2", "-f",
                        os.path.join(ROOT, "examples", "plot", "stream.awk"), "samples"], cwd=self.folder, check=True)
        with open(self.path("stream.facts")) as file:
            self.assertIn('moves = "4.300"', file.read())
        with open(self.path("stream.throughput")) as file:
            buckets = [list(map(float, line.split())) for line in file]
        self.assertIn(4.3, [bucket[0] for bucket in buckets])
        for time, total, through_a, through_b in buckets[:-1]:
            self.assertEqual((total, through_a, through_b), (1e6, 1e6, 0) if time < 4.3 else (1e6, 0, 1e6), time)
        with open(self.path("stream.summary")) as file:
            self.assertEqual(file.read(), "1.00 1.00 0.10\n")

    # ---- mistakes, and signals

    def test_help(self):
        for arguments in ((), ("run",), ("sweep",)):
            self.assertIn("Usage: ilnp-lab", self.lab(*arguments, "--help"))

    def test_errors_are_one_line(self):
        good = "run 3s\nnode alice in a\nnode bob in a\nflow alice -> bob every 1s\n"
        self.fails(says="run or sweep is missing")
        self.fails("walk", says='"walk" is neither run nor sweep')
        for command in ("run", "sweep"):
            self.fails(command, says="SCENARIO is missing")
            self.fails(command, "nowhere.lab", says=("nowhere.lab", "No such file"))
            self.fails(command, ".", says="Is a directory")
            self.fails(command, "x.lab", "--no-such-option", says="no-such-option")
            self.fails(command, "x.lab", text=good + "at noon crash bob\n", says='x.lab:5: at: "noon" is not a time')
        self.scenario(good)
        self.fails("run", "x.lab", "--seed", "one", says='--seed: "one" is not a number from 0 to 18446744073709551615')
        self.fails("run", "x.lab", "--octets", "-1", says="--octets")
        self.fails("run", "x.lab", "--max-output", "much", says="--max-output")
        self.fails("run", "x.lab", "--out", "x.lab", says="x.lab")
        self.fails("run", "x.lab", "--out", "/proc/nowhere", says="/proc/nowhere")
        self.fails("sweep", "x.lab", "--seeds", "0", says="--seeds")
        self.fails("sweep", "x.lab", "--jobs", "0", says="--jobs")
        self.fails("sweep", "x.lab", "--out", "out", says="there is nothing to compare without --set")
        for command in ("run", "sweep"):
            self.fails(command, "x.lab", "--set", "loss", says="--set loss: expected: KEY=VALUE")
            self.fails(command, "x.lab", "--set", "luck=1", says='--set luck=1: "luck" is not a key that can be set')
            self.fails(command, "x.lab", "--set", "loss=1%,2", says='--set loss=2: loss: "2" is not a probability')
        self.fails("run", "x.lab", "--set", "loss=0,1%", "--html", "x.html", says="--html: it shows one run")
        self.fails("run", "x.lab", "--quiet", "--json", "/nowhere/x.json", says="/nowhere/x.json: No such file")
        if os.path.exists("/dev/full"):
            os.makedirs(self.path("full", "data"))
            os.symlink("/dev/full", self.path("full", "trace.txt"))
            done = subprocess.run([LAB, "run", "x.lab", "--out", "full", "--no-pictures"], cwd=self.folder, capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
            self.assertIn("trace.txt: No space left", done.stderr)

    def test_a_file_without_an_end_is_an_error(self):
        for command in ("run", "sweep"):
            with subprocess.Popen([LAB, command, "/dev/stdin"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, cwd=self.folder) as lab:
                taken = 0
                with self.assertRaises(BrokenPipeError, msg="it reads on and on"):
                    while taken < 64 << 20:
                        taken += os.write(lab.stdin.fileno(), b"# a comment\n" * 4096)
                self.assertEqual(lab.stderr.read(), b"ilnp-lab: /dev/stdin: larger than 1048576 octets\n")
                self.assertEqual(lab.wait(timeout=10), 1)

    def test_signals_end_it_cleanly(self):
        scenario = self.scenario("run 100000s\nnode alice in a\nnode bob in a\nflow alice <-> bob every 1ms\n")
        for command, words in (("run", "interrupted after"), ("sweep", "interrupted")):
            for how in (signal.SIGINT, signal.SIGTERM):
                out = ["--out", "out"] if command == "run" else []
                running = subprocess.Popen([LAB, command, scenario, *out], cwd=self.folder, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, text=True)
                if out:  # it is at work when the capture grows
                    pcap, deadline = self.path("out", "frames.pcap"), time.monotonic() + 30
                    while (not os.path.exists(pcap) or os.path.getsize(pcap) == 0) and time.monotonic() < deadline:
                        time.sleep(0.01)
                else:  # signals are caught before the first thread is made
                    tasks, deadline = f"/proc/{running.pid}/task", time.monotonic() + 30
                    while len(os.listdir(tasks)) < min(2, os.cpu_count()) and time.monotonic() < deadline:
                        time.sleep(0.01)
                    time.sleep(0.1)
                running.send_signal(how)
                text, errors = running.communicate(timeout=60)
                self.assertEqual((running.returncode, errors), (130, ""), text)
                self.assertIn(words, text)
                if out:
                    with open(self.path("out", "summary.txt")) as file:
                        self.assertIn("interrupted after", file.read())
                    self.assertTrue(read_pcap(self.path("out", "frames.pcap")))
                    shutil.rmtree(self.path("out"))

    # ---- the documents

    def test_the_scenarios_in_the_documents_hold(self):
        path = os.path.join(ROOT, "docs", "testing.md")
        with open(path) as file:
            blocks = re.findall(r"(?ms)^```lab\n(.*?)^```$", file.read())
        self.assertGreaterEqual(len(blocks), 2)
        for number, block in enumerate(blocks):
            with self.subTest(number):
                self.lab("run", self.scenario(block))


if __name__ == "__main__":
    unittest.main()
