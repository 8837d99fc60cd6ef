# Received sequence numbers over time, a colour a locator; below, each move (of many, the first ones) as through a
# magnifying glass.
load plot_folder."/style.gp"

width = 60 / rate # seconds to each side of a move
count = words(moves)
shown = count < 3 ? count : 3
thin = 1 + int(highest / 1500) # of the numbers above, one in so many is drawn
set multiplot
set label 1 title at screen 0.085,0.965 left font ",18" textcolor rgb ink front
set label 2 legend at screen 0.085,0.928 left textcolor rgb faint front

set lmargin at screen 0.085
set rmargin at screen 0.975
set tmargin at screen 0.885
set bmargin at screen (shown > 0 ? 0.465 : 0.09)
do for [i = 1:count] {
  set object i rectangle from first word(moves, i) + 0, graph 0 to first word(ends, i) + 0, graph 1 \
    fillcolor rgb shade fillstyle solid noborder behind
  set arrow i from first word(moves, i) + 0, graph 0 to first word(moves, i) + 0, graph 1 nohead \
    linecolor rgb faint linewidth 1.2 dashtype 2
  set label 10 + i " ".word(froms, i)." → ".word(tos, i) at first word(moves, i) + 0, graph 1.035 left \
    textcolor rgb ink font move_font
}
set xrange [0:axis(span)]
set yrange [0:highest * 1.03]
set xlabel "time, s" offset 0,0.4
set ylabel "sequence number" offset -1.2,0
set format y "%.0f"
set key at graph 0.99, graph 0.06 right bottom Left reverse opaque fillcolor rgb "#ffffff"
plot for [i = 1:words(locators)] data.".received" \
       using 1:($3 == i && (int($2) % thin == 0 || $4 != 0) ? $2 : NaN) \
       with points pointtype 7 pointsize 0.45 linecolor rgb colour[(i - 1) % 5 + 1] notitle, \
     for [i = 1:words(locators)] keyentry with points pointtype 7 pointsize 1.3 \
       linecolor rgb colour[(i - 1) % 5 + 1] title "received through ".word(locators, i), \
     data.".lost" using 1:2 with points pointtype 2 pointsize 1.2 linewidth 2 linecolor rgb bad \
       title (lost > 0 ? sprintf("lost: %d", lost) : "")

unset label 1
unset label 2
unset key
if (count > shown) { set label 3 sprintf("the first %d of %d moves, closer", shown, count) at screen 0.085,0.4 left textcolor rgb faint }
unset arrow
unset object
do for [i = 1:count] { unset label 10 + i }
set tmargin at screen 0.335
set bmargin at screen 0.085
set format x "%+.0f"
set xlabel "ms from the move" offset 0,0.4
gap = 0.07
part = (0.975 - 0.085 - gap * (shown - 1)) / (shown > 0 ? shown : 1)
set xrange [-width * 1000:width * 1000]
set xtics width * 1000 / 3
set ytics autofreq
do for [i = 1:shown] {
  at = word(moves, i) + 0
  set lmargin at screen 0.085 + (i - 1) * (part + gap)
  set rmargin at screen 0.085 + (i - 1) * (part + gap) + part
  set title word(froms, i)." → ".word(tos, i)." at ".sprintf("%.2f s", at)." (each dot a datagram)" offset 0,-0.4 font ",10.5"
  if (i > 1) { unset ylabel }
  set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb faint linewidth 1.2 dashtype 2
  middle = word(numbers, i) + 0
  # The window is as high as it is wide.
  set yrange [middle - width * rate * 1.1:middle + width * rate * 1.1]
  plot for [k = 1:words(locators)] data.".received" \
    using (abs($1 - at) <= width && $3 == k ? ($1 - at) * 1000 : NaN):2 \
    with points pointtype 7 pointsize 0.5 linecolor rgb colour[(k - 1) % 5 + 1]
}
unset multiplot
