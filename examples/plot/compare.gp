# Runs with different settings: what is lost, the longest gap and the delay, for each value of the first key that was set; a colour for
# each combination of the others. A bar reaches from the least to the most of all seeds, and a dot is the median.
# Set by the caller: output, data. Comments in the data file say the key, the title, the legend and
# the names of the combinations.
load plot_folder."/style.gp"

stats data using 1 nooutput
blocks = STATS_blocks
values = int(STATS_max) + 1
shown = blocks < 5 ? blocks : 5 # colours
key_name = system("sed -n 's/^# key //p' '".data."'")
title = system("sed -n 's/^# title //p' '".data."'")
legend = system("sed -n 's/^# legend //p' '".data."'")
if (blocks > shown) { legend = legend."; the first ".shown." of ".blocks." combinations" }
set label 1 title at screen left,0.965 left font title_font textcolor rgb ink front noenhanced
set label 2 legend at screen left,0.928 left textcolor rgb faint front noenhanced


set multiplot
set xrange [-0.5:values - 0.5]
set lmargin at screen left
set rmargin at screen right
set offsets 0, 0, graph 0.12, 0
set yrange [0:*]
set format y "%g"
set grid noxtics
spread = shown > 1 ? 0.24 / shown : 0 # beside each other
at(k) = column(1) + (k - (shown - 1) / 2.0) * spread
name(k) = system("sed -n 's/^# name //p' '".data."' | sed -n ".(k + 1)."p")
what(panel) = panel == 1 ? "lost, %" : panel == 2 ? "longest gap, ms" : "delay, ms"
place(panel) = panel == 1 ? 3 : panel == 2 ? 6 : 12 # the column of the median
do for [panel = 1:3] {
  set tmargin at screen 0.85 - (panel - 1) * 0.265
  set bmargin at screen 0.85 - (panel - 1) * 0.265 - 0.205
  set ylabel what(panel) offset 0.2,0
  p = place(panel)
  half = panel == 3 ? 9 : 0
  unset key
  unset xtics
  if (panel == 1 && strlen(name(0)) > 0) {
    set key at screen left - 0.02,key_height left center horizontal Left reverse maxrows 2 noenhanced
  }
  if (panel == 3) {
    unset label 1; unset label 2
    set xlabel key_name offset 0,0.2 noenhanced
    set xtics scale 0 textcolor rgb ink rotate by (values > 12 ? -40 : 0)
    set key at graph 1, graph 1.1 right center horizontal Left reverse
  }
  plot data index 0 using 1:(NaN):xtic(2) with points notitle, \
       for [k = 0:shown - 1] data index k using (at(k)):p:p + 1:p + 2 with yerrorbars pointtype 0 linewidth 1.2 \
         linecolor rgb colour[k + 1] notitle, \
       for [k = 0:shown - 1] data index k using (at(k)):(half > 0 ? column(half) : NaN) with lines linewidth 1.5 dashtype 2 \
         linecolor rgb colour[k + 1] notitle, \
       for [k = 0:shown - 1] data index k using (at(k)):(half > 0 ? column(half) : NaN) with points pointtype 6 pointsize 0.9 \
         linewidth 1.5 linecolor rgb colour[k + 1] notitle, \
       for [k = 0:shown - 1] data index k using (at(k)):p with lines linewidth 2 linecolor rgb colour[k + 1] notitle, \
       for [k = 0:shown - 1] data index k using (at(k)):p with points pointtype 7 pointsize 0.9 linecolor rgb colour[k + 1] \
         title (panel == 1 ? name(k) : ""), \
       keyentry with points pointtype 7 pointsize 0.9 linecolor rgb ink title (panel == 3 ? "99 % take at most this long" : ""), \
       keyentry with points pointtype 6 pointsize 0.9 linewidth 1.5 linecolor rgb ink title (panel == 3 ? "half of them" : "")
  unset label 1; unset label 2
}
unset multiplot
