#!/usr/bin/env bash
# Draws a picture of a table written by discovery-scale --csv.
#
#   test/discovery/plot.sh DATA.csv PICTURE.svg
set -euo pipefail

[[ $# == 2 ]] || {
  sed -n '2,5s/^# \?//p' "$0" >&2
  exit 2
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec gnuplot -e "data='$1'; output='$2'; plot_folder='$here/../../examples/plot'" "$here/discovery.gp"
