# The moves on the time axis of the picture that comes next: a dashed line where each begins, its networks above, and the handoff shaded.
# To be loaded after style.gp. `above`: the height of the names, in heights of the graph; `place`: "front" or "behind".
count = words(moves)
do for [i = 1:count] {
  at = word(moves, i) + 0
  name = word(froms, i)." → ".word(tos, i)
  if (place eq "front") {
    set object i rectangle from first at, graph 0 to first word(ends, i) + 0, graph 1 front \
      fillcolor rgb ink fillstyle transparent solid 0.16 noborder
    set arrow i from first at, graph 0 to first at, graph 1 nohead linecolor rgb ink linewidth 1.2 dashtype 2 front
  } else {
    set object i rectangle from first at, graph 0 to first word(ends, i) + 0, graph 1 behind \
      fillcolor rgb shade fillstyle solid noborder
    set arrow i from first at, graph 0 to first at, graph 1 nohead linecolor rgb faint linewidth 1.2 dashtype 2
  }
  # Where the axis ends there is no room to the right.
  if (at > 0.93 * axis(span)) {
    set label 10 + i name at first axis(span), graph above right textcolor rgb ink font move_font
  } else {
    set label 10 + i name at first at, graph above left textcolor rgb ink font move_font
  }
}
