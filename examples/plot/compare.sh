#!/usr/bin/env bash
# compare.sh FOLDER: draws the comparison that ilnp-lab --set has written to FOLDER. Needs gnuplot.
set -euo pipefail

[[ $# == 1 && -f $1/data/comparison ]] || {
  sed -n '2s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 2
}
plots=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$1"
gnuplot -e "plot_folder='${plots//"'"/"''"}'; output='comparison.svg'; data='data/comparison'" "$plots/compare.gp"
