# What the pictures share. Set by the caller: output (file name; .svg or .png), title, legend, data (folder/direction),
# moves (array of times, as words), froms, tos (locators, as words), ends (when each handoff ended), span (seconds).
if (output[strlen(output) - 2:] eq "svg") {
  set terminal svg size 1200,820 dynamic font "DejaVu Sans,15" background "#ffffff"
} else {
  set terminal pngcairo size 1200,820 font "DejaVu Sans,11" background "#ffffff"
}
set output output
set encoding utf8

# A long time axis ends at a round number.
axis(end) = end > 100 ? ceil(end / 10) * 10 : end
# Many moves have little room each.
if (!exists("moves")) { moves = "" }
move_font = words(moves) > 40 ? ",5" : words(moves) > 12 ? ",8" : ""
# The place of every picture: title, legend and key above, the axis titles within the picture even if numbers are long.
left = 0.1
right = 0.975
key_height = 0.888 # of a row for the key below the legend

title_font = ",18"
ink = "#33383d"
faint = "#8a929a"
shade = "#e9edf1"
array colour[5]
colour[1] = "#2b83ba"
colour[2] = "#e8a33d"
colour[3] = "#3aa887"
colour[4] = "#b0479a"
colour[5] = "#7a6cc4"
bad = "#d3212d"

set border 3 linecolor rgb faint linewidth 1
set tics nomirror out scale 0.6 textcolor rgb ink
set grid y linecolor rgb "#dfe3e7" linewidth 1 linetype 1
set key textcolor rgb ink samplen 1.6 spacing 1.15
set title textcolor rgb ink
set xlabel textcolor rgb ink
set ylabel textcolor rgb ink
