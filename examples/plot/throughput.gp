# Throughput in buckets over time: a colour a locator, a line for the sum.
load plot_folder."/style.gp"

count = words(moves)
unit = most < 0.5 ? 1e3 : 1e6
set label 1 title at screen 0.085,0.965 left font ",18" textcolor rgb ink front
set label 2 legend at screen 0.085,0.928 left textcolor rgb faint front
set lmargin at screen 0.085
set rmargin at screen 0.985
set tmargin at screen 0.85
set bmargin at screen 0.09
do for [i = 1:count] {
  set object i rectangle from first word(moves, i) + 0, graph 0 to first word(ends, i) + 0, graph 1 \
    fillcolor rgb shade fillstyle solid noborder behind
  set arrow i from first word(moves, i) + 0, graph 0 to first word(moves, i) + 0, graph 1 nohead \
    linecolor rgb faint linewidth 1.2 dashtype 2 back
  set label 10 + i " ".word(froms, i)." → ".word(tos, i) at first word(moves, i) + 0, graph 1.03 left \
    textcolor rgb ink font move_font
  if (count <= 5) { set label 100 + i "handoff" at first (word(moves, i) + word(ends, i)) / 2, graph 0.965 center \
    textcolor rgb faint font ",10" }
}
set xrange [0:axis(span)]
set yrange [0:most * 1e6 / unit * 1.25]
set xlabel "time, s" offset 0,0.4
set ylabel (unit == 1e3 ? "kB/s received" : "MB/s received") offset 0.2,0
set format y "%g"
set key at screen 0.985, screen 0.98 right top horizontal Left reverse maxrows 2 width -1
set style fill solid 1 noborder
# Stacked: the locator drawn first stands for the sum of all, the next hides what belongs to the others.
until(k) = sum[i = 1:k] column(i + 2) / unit
last = words(locators)
plot for [k = last:1:-1] data.".throughput" using 1:(until(k)) with fillsteps \
       linecolor rgb colour[(k - 1) % 5 + 1] notitle, \
     for [k = 1:last] keyentry with boxes linecolor rgb colour[(k - 1) % 5 + 1] title "through ".word(locators, k), \
     data.".throughput" using 1:($2 / unit) with steps linewidth 2 linecolor rgb ink title "sum"
