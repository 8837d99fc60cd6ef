# Messages a node as networks grow: at the start, and later on; a colour a shape, dashed for the reference.
load plot_folder."/style.gp"
set datafile separator ","
shapes = "network chain ring star grid"
series(shape, kind, column) = sprintf("< awk -F, '$1 == \"%s\" && $2 == \"%s\" {print $3 \",\" $%d}' %s", shape, kind, column, data)
set label 1 "Discovery as networks grow" at screen 0.065,0.965 left font ",18" textcolor rgb ink front
set label 2 "all nodes ours (lines), or all the model of the reference (dashed; not run where it ends)" \
  at screen 0.065,0.928 left textcolor rgb faint front
set logscale xy
set xrange [2.5:1200]
set xtics (3, 10, 30, 100, 300, 1000)
set xlabel "nodes" offset 0,0.4
set tmargin at screen 0.83
set bmargin at screen 0.11
set multiplot
set lmargin at screen 0.085
set rmargin at screen 0.49
set key at screen 0.97,0.975 right top horizontal Left reverse maxrows 2 width 1
set label 3 "messages a node, in the first 10 s" at graph 0,1.04 left textcolor rgb ink
set format y "%g"
plot for [i = 1:5] series(word(shapes, i), "ours", 5) using 1:2 with linespoints linewidth 2 pointtype 7 \
       pointsize 0.7 linecolor rgb colour[i] title word(shapes, i), \
     for [i = 1:5] series(word(shapes, i), "reference", 5) using 1:2 with linespoints linewidth 1.5 dashtype 2 \
       pointtype 6 pointsize 0.7 linecolor rgb colour[i] notitle
unset label 1
unset label 2
unset key
set lmargin at screen 0.58
set rmargin at screen 0.985
set label 3 "messages a node and second, later"
plot for [i = 1:5] series(word(shapes, i), "ours", 6) using 1:2 with linespoints linewidth 2 pointtype 7 \
       pointsize 0.7 linecolor rgb colour[i] notitle, \
     for [i = 1:5] series(word(shapes, i), "reference", 6) using 1:2 with linespoints linewidth 1.5 dashtype 2 \
       pointtype 6 pointsize 0.7 linecolor rgb colour[i] notitle
unset multiplot
