# Throughput in buckets over time: a colour a locator, a line for the sum.
load plot_folder."/style.gp"

unit = most < 0.5 ? 1e3 : 1e6
set label 1 title at screen left,0.965 left font title_font textcolor rgb ink front
set label 2 legend at screen left,0.928 left textcolor rgb faint front
set lmargin at screen left
set rmargin at screen right
set tmargin at screen 0.815
set bmargin at screen 0.09
above = 1.03
place = "front" # the colours would hide it
load plot_folder."/moves.gp"
set xrange [0:axis(span)]
set yrange [0:most * 1e6 / unit * 1.2]
if (count <= 5) {
  do for [i = 1:count] {
    set label 100 + i "handoff" at first (word(moves, i) + (word(ends, i) < axis(span) ? word(ends, i) : axis(span))) / 2, graph 0.965 \
      center textcolor rgb ink font ",10" front
  }
}
if (exists("again")) {
  do for [i = 1:words(again)] {
    set arrow 200 + i from first word(again, i) + 0, graph 0 to first word(again, i) + 0, graph 0.05 nohead linecolor rgb "#c62828" linewidth 2 front
  }
}
set xlabel "time, s" offset 0,0.4
set ylabel (unit == 1e3 ? "kB/s received" : "MB/s received")
set format y "%g"
set key at screen left - 0.02, key_height left center horizontal Left reverse maxrows 1
set style fill solid 1 noborder
# Stacked: the locator drawn first stands for the sum of all, the next hides what belongs to the others.
until(k) = sum[i = 1:k] column(i + 2) / unit
last = words(locators)
plot for [k = last:1:-1] data.".throughput" using 1:(until(k)) with fillsteps \
       linecolor rgb colour[(k - 1) % 5 + 1] notitle, \
     for [k = 1:last] keyentry with boxes linecolor rgb colour[(k - 1) % 5 + 1] title "through ".word(locators, k), \
     data.".throughput" using 1:($2 / unit) with steps linewidth 2 linecolor rgb ink title "sum"
