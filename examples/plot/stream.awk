# From samples of a transfer (time, octets so far, the mobile node's preferred locator) to what throughput.gp draws.
#
#   awk -v begin=TIME -v bucket=SECONDS -v handoff=SECONDS -f stream.awk SAMPLES
#
# Writes stream.throughput (a bucket a line: time, octets/s, then those of each locator), stream.facts, and
# stream.summary (slowest and median bucket, MB/s, longest time without progress, s; begin and end apart).
function part(locator) { sub(/.*:/, "", locator); return locator }
$2 > 0 {
  now = $1 - begin
  if (!samples++) {
    first = now
    grew = now
  } else {
    if ($2 > octets) {
      if (now - grew > longest) longest = now - grew
      grew = now
    }
    # What came between two samples is spread evenly over the time between them.
    for (at = before; at < now; at = edge) {
      slot = int(at / bucket + 1e-9)
      edge = (slot + 1) * bucket < now ? (slot + 1) * bucket : now
      if (edge <= at) edge = at + 1e-6
      amount[slot] += ($2 - octets) * (edge - at) / (now - before)
      by[slot, $3] += ($2 - octets) * (edge - at) / (now - before)
      last_slot = slot
    }
    if ($3 != locator) {
      moved[++move_count] = now
      from[move_count] = part(locator)
      to[move_count] = part($3)
    }
  }
  if (!($3 in known)) {
    known[$3] = ++count
    name[count] = $3
  }
  before = now
  octets = $2
  locator = $3
}
END {
  if (samples < 3) exit 1
  # In the order of their names, as elsewhere.
  for (i = 1; i <= count; ++i)
    for (j = i + 1; j <= count; ++j)
      if (name[j] < name[i]) { swap = name[i]; name[i] = name[j]; name[j] = swap }
  begin_slot = int(first / bucket) + 1 # the first and the last are not whole
  for (slot = begin_slot; slot < last_slot; ++slot) {
    rate = amount[slot] / bucket
    line = sprintf("%.3f %.0f", slot * bucket, rate)
    for (i = 1; i <= count; ++i) line = line sprintf(" %.0f", by[slot, name[i]] / bucket)
    print line > "stream.throughput"
    sub(/^[^ ]*/, sprintf("%.3f", (slot + 1) * bucket), line)
    if (rate > most) most = rate
    for (at = ++rates; at > 1 && sorted[at - 1] > rate; --at) sorted[at] = sorted[at - 1]
    sorted[at] = rate
  }
  print line > "stream.throughput" # where the last bucket ends
  for (i = 1; i <= move_count && moved[i] < before - 1; ++i) { # at the very end there is no room to show one
    moves = moves sep sprintf("%.3f", moved[i])
    ends = ends sep sprintf("%.3f", moved[i] + handoff)
    froms = froms sep from[i]
    tos = tos sep to[i]
    sep = " "
  }
  for (i = 1; i <= count; ++i) locators = locators (i > 1 ? " " : "") name[i]
  printf "span = %.3f\nmost = %.4f\nmoves = \"%s\"\nends = \"%s\"\nfroms = \"%s\"\ntos = \"%s\"\nlocators = \"%s\"\n",
    before, most / 1e6, moves, ends, froms, tos, locators > "stream.facts"
  printf "%.2f %.2f %.2f\n", sorted[1] / 1e6, sorted[int((rates + 1) / 2)] / 1e6, longest > "stream.summary"
}
