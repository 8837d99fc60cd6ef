# Received sequence numbers over time, a colour a locator; below, each move (of many, the first ones) as through a
# magnifying glass.
load plot_folder."/style.gp"

width = 25 / rate # seconds to each side of a move: so few datagrams that each is a dot of its own
shown = words(moves) < 3 ? words(moves) : 3
thin = 1 + int(highest / 1500) # of the numbers above, one in so many is drawn
set multiplot
set label 1 title at screen left,0.965 left font title_font textcolor rgb ink front
set label 2 legend at screen left,0.928 left textcolor rgb faint front

set lmargin at screen left
set rmargin at screen right
set tmargin at screen (words(moves) > 0 ? 0.87 : 0.895)
set bmargin at screen (shown > 0 ? 0.465 : 0.09)
above = 1.035
place = "behind"
load plot_folder."/moves.gp"
set xrange [0:axis(span)]
set yrange [0:highest * 1.03]
set xlabel "time, s" offset 0,0.4
set ylabel "sequence number"
set format y "%.0f"
set key at graph 0.99, graph 0.06 right bottom Left reverse opaque fillcolor rgb "#ffffff"
plot for [i = 1:words(locators)] data.".received" \
       using 1:($3 == i && (int($2) % thin == 0 || $4 != 0) ? $2 : NaN) \
       with points pointtype 7 pointsize 0.45 linecolor rgb colour[(i - 1) % 5 + 1] notitle, \
     for [i = 1:words(locators)] keyentry with points pointtype 7 pointsize 1.3 \
       linecolor rgb colour[(i - 1) % 5 + 1] title "received through ".word(locators, i), \
     data.".lost" using 1:2 with points pointtype 2 pointsize 1.2 linewidth 2 linecolor rgb bad \
       title (lost > 0 ? sprintf("lost: %d", lost) : "")

unset label
unset key
unset arrow
unset object
set tmargin at screen 0.335
set bmargin at screen 0.085
set xlabel "ms from the move" offset 0,0.4
gap = 0.075
part = (right - left - gap * (shown - 1)) / (shown > 0 ? shown : 1)
set xrange [-width * 1000:width * 1000]
set format x "%+.0f"
step = width * 400
set xtics (sprintf("-%g", 2 * step) -2 * step, sprintf("-%g", step) -step, "0" 0, sprintf("+%g", step) step, sprintf("+%g", 2 * step) 2 * step)
set ytics autofreq
do for [i = 1:shown] {
  if (i == 1) {
    set label 3 (count > shown ? sprintf("the first %d of %d moves, closer: each dot is a datagram", shown, count) \
                               : "the same, closer: each dot is a datagram") at screen left,0.4 left textcolor rgb faint
  } else {
    unset label 3 # once is enough: each of these is a picture of its own
    unset ylabel
  }
  at = word(moves, i) + 0
  set lmargin at screen left + (i - 1) * (part + gap)
  set rmargin at screen left + (i - 1) * (part + gap) + part
  set title word(froms, i)." → ".word(tos, i)." at ".sprintf("%.2f s", at) offset 0,-0.4 font ",13"
  shaded = (word(ends, i) - at) * 1000
  set object 1 rectangle from first 0, graph 0 to first (shaded < width * 1000 ? shaded : width * 1000), graph 1 \
    fillcolor rgb shade fillstyle solid noborder behind
  set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb faint linewidth 1.2 dashtype 2
  middle = word(numbers, i) + 0
  # The window is as high as it is wide.
  set yrange [middle - width * rate * 1.1:middle + width * rate * 1.1]
  plot for [k = 1:words(locators)] data.".received" \
         using (abs($1 - at) <= width && $3 == k ? ($1 - at) * 1000 : NaN):2 \
         with points pointtype 7 pointsize 0.4 linecolor rgb colour[(k - 1) % 5 + 1], \
       data.".lost" using (abs($1 - at) <= width ? ($1 - at) * 1000 : NaN):2 \
         with points pointtype 2 pointsize 1 linewidth 2 linecolor rgb bad
}
unset multiplot
