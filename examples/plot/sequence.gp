# Received sequence numbers over time, a colour a locator; below, each move as through a magnifying glass.
load plot_folder."/style.gp"

width = 0.06 # seconds to each side of a move
count = words(moves)
set multiplot
set label 1 title at screen 0.085,0.965 left font ",18" textcolor rgb ink front
set label 2 legend at screen 0.085,0.928 left textcolor rgb faint front

set lmargin at screen 0.085
set rmargin at screen 0.985
set tmargin at screen 0.885
set bmargin at screen 0.465
do for [i = 1:count] {
  set object i rectangle from first word(moves, i) + 0, graph 0 to first word(ends, i) + 0, graph 1 \
    fillcolor rgb shade fillstyle solid noborder behind
  set arrow i from first word(moves, i) + 0, graph 0 to first word(moves, i) + 0, graph 1 nohead \
    linecolor rgb faint linewidth 1.2 dashtype 2
  set label 10 + i " ".word(froms, i)." → ".word(tos, i) at first word(moves, i) + 0, graph 1.035 left \
    textcolor rgb ink
}
set xrange [0:span]
set yrange [0:highest * 1.03]
set xlabel "time, s" offset 0,0.4
set ylabel "sequence number" offset -1.2,0
set format y "%.0f"
set key at graph 0.99, graph 0.06 right bottom Left reverse
plot for [i = 1:words(locators)] data.".received" \
       using 1:($3 == i && (int($2) % 20 == 0 || $4 != 0) ? $2 : NaN) \
       with points pointtype 7 pointsize 0.45 linecolor rgb colour[(i - 1) % 5 + 1] notitle, \
     for [i = 1:words(locators)] keyentry with points pointtype 7 pointsize 1.3 \
       linecolor rgb colour[(i - 1) % 5 + 1] title "received by way of ".word(locators, i), \
     data.".lost" using 1:2 with points pointtype 2 pointsize 1.2 linewidth 2 linecolor rgb bad \
       title (lost > 0 ? sprintf("lost: %d", lost) : "")

unset label 1
unset label 2
unset key
unset arrow
unset object
do for [i = 1:count] { unset label 10 + i }
set tmargin at screen 0.335
set bmargin at screen 0.085
set format x "%+.0f"
set xlabel "ms from the move" offset 0,0.4
gap = 0.07
part = (0.985 - 0.085 - gap * (count - 1)) / count
set xrange [-width * 1000:width * 1000]
set xtics 20
set ytics autofreq
do for [i = 1:count] {
  at = word(moves, i) + 0
  set lmargin at screen 0.085 + (i - 1) * (part + gap)
  set rmargin at screen 0.085 + (i - 1) * (part + gap) + part
  set title word(froms, i)." → ".word(tos, i)." at ".sprintf("%.2f s", at)." (each dot a datagram)" offset 0,-0.4 font ",10.5"
  if (i > 1) { unset ylabel }
  set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb faint linewidth 1.2 dashtype 2
  middle = word(numbers, i) + 0
  # A datagram a millisecond: the window shows as many as it is wide.
  set yrange [middle - width * rate * 1.1:middle + width * rate * 1.1]
  plot for [k = 1:words(locators)] data.".received" \
    using (abs($1 - at) <= width && $3 == k ? ($1 - at) * 1000 : NaN):2 \
    with points pointtype 7 pointsize 0.5 linecolor rgb colour[(k - 1) % 5 + 1]
}
unset multiplot
