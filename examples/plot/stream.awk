# From samples of a transfer (time, octets so far, the mobile node's preferred locator) to what throughput.gp draws.
#
#   awk -v begin=TIME -v bucket=SECONDS -v handoff=SECONDS -f stream.awk SAMPLES
#
# Writes stream.throughput (a bucket a line: time, octets/s, then those of each locator), stream.facts, and
# stream.summary (slowest and median bucket, MB/s, longest time without progress, s; begin and end apart).
# A bucket ends where a move begins: between two moves the buckets are as long as `bucket`, or nearly so.
function part(locator) { sub(/.*:/, "", locator); return locator }
function edge_at(time) { edge[++edges] = time }
$2 > 0 {
  time[++samples] = $1 - begin
  octets[samples] = $2
  # The node moved between the previous sample and this one: what came between them came to the old locator.
  if (samples > 1 && $3 != locator) {
    moved[++move_count] = time[samples]
    from[move_count] = part(locator)
    to[move_count] = part($3)
  }
  if (!($3 in known)) {
    known[$3] = ++count
    name[count] = $3
  }
  locator = $3
  used[samples] = $3
}
END {
  if (samples < 3) exit 1
  first = time[1]
  end = time[samples]
  # In the order of their names, as elsewhere.
  for (i = 1; i <= count; ++i)
    for (j = i + 1; j <= count; ++j)
      if (name[j] < name[i]) { swap = name[i]; name[i] = name[j]; name[j] = swap }

  start = (int(first / bucket) + 1) * bucket # the first and the last are not whole
  for (i = 1; i <= move_count; ++i) {
    if (edges == 0) {
      for (k = int((moved[i] - first) / bucket + 1e-6); k > 0; --k) edge_at(moved[i] - k * bucket)
    } else {
      parts = int((moved[i] - start) / bucket + 0.5)
      for (k = 1; k < parts; ++k) edge_at(start + (moved[i] - start) * k / parts)
    }
    edge_at(moved[i])
    start = moved[i]
  }
  if (edges == 0) edge_at(start)
  for (k = 1; start + k * bucket <= end; ++k) edge_at(start + k * bucket)

  grew = first
  slot = 1
  for (i = 2; i <= samples; ++i) {
    if (octets[i] > octets[i - 1]) {
      if (time[i] - grew > longest) longest = time[i] - grew
      grew = time[i]
    }
    # What came between two samples is spread evenly over the time between them.
    for (at = time[i - 1]; at < time[i]; at = until) {
      while (slot < edges && edge[slot + 1] <= at) ++slot
      until = at < edge[1] ? edge[1] : slot < edges ? edge[slot + 1] : time[i]
      if (until > time[i]) until = time[i]
      if (at < edge[1] || slot >= edges) continue
      share = (octets[i] - octets[i - 1]) * (until - at) / (time[i] - time[i - 1])
      amount[slot] += share
      by[slot, used[i - 1]] += share
    }
  }
  for (slot = 1; slot < edges; ++slot) {
    long = edge[slot + 1] - edge[slot]
    rate = amount[slot] / long
    line = sprintf("%.3f %.0f", edge[slot], rate)
    for (i = 1; i <= count; ++i) line = line sprintf(" %.0f", by[slot, name[i]] / long)
    print line > "stream.throughput"
    sub(/^[^ ]*/, sprintf("%.3f", edge[slot + 1]), line)
    if (rate > most) most = rate
    for (at = ++rates; at > 1 && sorted[at - 1] > rate; --at) sorted[at] = sorted[at - 1]
    sorted[at] = rate
  }
  print line > "stream.throughput" # where the last bucket ends
  for (i = 1; i <= move_count; ++i) {
    moves = moves sep sprintf("%.3f", moved[i])
    ends = ends sep sprintf("%.3f", moved[i] + handoff)
    froms = froms sep from[i]
    tos = tos sep to[i]
    sep = " "
  }
  for (i = 1; i <= count; ++i) locators = locators (i > 1 ? " " : "") name[i]
  printf "span = %.3f\nmost = %.4f\nmoves = \"%s\"\nends = \"%s\"\nfroms = \"%s\"\ntos = \"%s\"\nlocators = \"%s\"\n",
    end, most / 1e6, moves, ends, froms, tos, locators > "stream.facts"
  printf "%.2f %.2f %.2f\n", sorted[1] / 1e6, sorted[int((rates + 1) / 2)] / 1e6, longest > "stream.summary"
}
