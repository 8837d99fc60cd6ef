#!/usr/bin/env bash
# flows.sh FOLDER: draws each flow of a run of ilnp-lab from the files that the run has written to FOLDER.
# Needs awk and gnuplot.
set -euo pipefail

[[ $# == 1 && -d $1/data ]] || {
  sed -n '2,3s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 2
}
plots=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$1"
draw() { # the fields of a line of data/flows
  local from=$1 to=$2 mobile=$5 moves=$6 ends=$7 froms=$8 tos=$9 locators=${10} way=$1-to-$2 legend="" picture jobs=() job
  awk -v mobile="$mobile" -v out="data/$way" -v moves="$moves" -v start=0 -v bucket=1 -v locators="$locators" \
    -v from="$3" -v to="$4" -f "$plots/evaluate.awk" "$from.csv" "$to.csv" >"data/$way.tsv"
  [[ -z $moves ]] || legend="dashed: a move begins; shaded: the handoff, when old and new networks are joined"
  for picture in "sequence:sequence numbers received" "throughput:throughput"; do
    gnuplot -e "plot_folder='${plots//"'"/"''"}'; output='$way-${picture%%:*}.svg'; data='data/$way'; bucket=1" \
      -e "title='$from → $to: ${picture#*:}'; legend='$legend'" \
      -e "moves='$moves'; ends='$ends'; froms='$froms'; tos='$tos'; locators='$locators'" \
      -e "load 'data/$way.facts'" "$plots/${picture%%:*}.gp" &
    jobs+=($!)
  done
  for job in "${jobs[@]}"; do wait "$job"; done
}

flows=()
while IFS='|' read -ra fields; do
  draw "${fields[@]}" &
  flows+=($!)
done <data/flows
for flow in "${flows[@]}"; do wait "$flow"; done
