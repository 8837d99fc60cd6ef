# What became of each datagram of one direction, from the tables that ilnp-experiment --csv wrote on both sides.
#
#   awk -v mobile=sender|receiver -v out=FOLDER/NAME -v moves="7.001 14.002" -v start=TIME -v bucket=0.25 \
#       -v locators="0:0:0:a 0:0:0:b" -f evaluate.awk SENDER.csv RECEIVER.csv
#
# With -v from=NID -v to=NID only what was sent by the one to the other counts.
# Prints for each phase (before the first move, after it, ...): sent received lost duplicated reordered.
# A bucket ends where a move begins, so that its colour is not that of a later locator: between two moves the buckets are as long as
# `bucket`, or nearly so.
# Writes NAME.received (time, number, which locator, 1 if early or late), NAME.lost, NAME.throughput (a bucket a line: time, sum, then
# each locator, octets/s) and NAME.facts for gnuplot. All times count from `start`.
BEGIN {
  FS = ","
  phases = split(moves, move_at, " ") + 1
  locator_count = split(locators, locator_name, " ")
  for (i = 1; i <= locator_count; ++i) index_of[locator_name[i]] = i
  highest = 0
  printf "" > (out ".received")
  print "0 -1" > (out ".lost") # below the picture: gnuplot wants at least one
}
FNR == 1 {
  ++file
  delete column
  for (i = 1; i <= NF; ++i) column[$i] = i
  next
}
from != "" && ($column["source_nid"] != from || $column["destination_nid"] != to) { next }
# awk has numbers of 53 bits, so that times in nanoseconds since 1970 would lose their ends: seconds are enough.
function seconds() { return $column["time"] - start }
function edge_at(time) { edge[++edges] = time }
# Where the buckets begin and end: edge[1] to edge[edges]. The first and the last are whole.
function make_buckets(   first, end, i, k, parts, from, to) {
  first = sent_at[1]
  end = sent_at[last]
  from = (int(first / bucket) + 1) * bucket
  for (i = 1; i < phases && move_at[i] < end; ++i) {
    to = move_at[i]
    if (to <= first) continue
    if (edges == 0) {
      for (k = int((to - first) / bucket + 1e-6); k > 0; --k) edge_at(to - k * bucket)
    } else {
      parts = int((to - from) / bucket + 0.5)
      for (k = 1; k < parts; ++k) edge_at(from + (to - from) * k / parts)
    }
    edge_at(to)
    from = to
  }
  if (edges == 0) edge_at(from)
  for (k = 1; from + k * bucket <= end; ++k) edge_at(from + k * bucket)
  at_edge = 1
}
function bucket_of(time) {
  time += 1e-6 # the moves come as text
  while (at_edge < edges && edge[at_edge + 1] <= time) ++at_edge
  while (at_edge > 0 && edge[at_edge] > time) --at_edge
  return at_edge
}
file == 1 && $column["direction"] == "sent" && $column["sequence"] > 0 {
  sent_at[$column["sequence"]] = seconds()
  if ($column["sequence"] > last) last = $column["sequence"]
}
file == 2 && $column["direction"] == "received" && $column["sequence"] > 0 {
  if (edges == 0) make_buckets()
  number = $column["sequence"]
  now = seconds()
  locator = $column[mobile == "sender" ? "source_locator" : "destination_locator"]
  late = number < highest
  if (number > highest) highest = number
  if (number in received) ++duplicated[phase_of(number)]
  else if (late) ++reordered[phase_of(number)]
  received[number] = 1
  printf "%.6f %d %d %d\n", now, number, index_of[locator], late >> (out ".received")
  slot = bucket_of(now)
  octets[slot] += $column["size"]
  part[slot, index_of[locator]] += $column["size"]
}
function phase_of(number,   i) {
  for (i = 1; i < phases && sent_at[number] >= move_at[i]; ++i) {}
  return i
}
END {
  for (number = 1; number <= last; ++number) {
    if (!(number in sent_at)) continue
    phase = phase_of(number)
    ++sent[phase]
    if (number in received) ++arrived[phase]
    else {
      ++lost[phase]
      ++lost_all
      printf "%.6f %d\n", sent_at[number], number >> (out ".lost")
    }
    if (phase > 1 && !first_of[phase]) first_of[phase] = number
  }
  for (phase = 1; phase <= phases; ++phase)
    print sent[phase] + 0, arrived[phase] + 0, lost[phase] + 0, duplicated[phase] + 0, reordered[phase] + 0
  for (slot = 1; slot < edges; ++slot) {
    long = edge[slot + 1] - edge[slot]
    line = sprintf("%.3f %.0f", edge[slot], octets[slot] / long)
    if (octets[slot] / long > most) most = octets[slot] / long
    for (i = 1; i <= locator_count; ++i) line = line sprintf(" %.0f", part[slot, i] / long)
    print line > (out ".throughput")
    sub(/^[^ ]*/, sprintf("%.3f", edge[slot + 1]), line)
  }
  print line > (out ".throughput") # where the last bucket ends
  for (phase = 2; phase <= phases; ++phase) numbers = numbers " " first_of[phase]
  printf "span = %.3f\nhighest = %d\nlost = %d\nmost = %.4f\nnumbers = \"%s\"\nrate = %.1f\n", sent_at[last],
    last, lost_all, most / 1e6, numbers, (last - 1) / (sent_at[last] - sent_at[1]) > (out ".facts")
}
