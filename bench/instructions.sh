#!/usr/bin/env bash
# Counts the instructions per packet of each benchmark case, ours and hand-written, with callgrind. The figures do not
# depend on what else the machine does.
#
#   bench/instructions.sh BUILD_DIR [--no-build] [--check LIMIT] [REGEX]     for example: bench/instructions.sh build '^send'
#
# Prints a table: case, ours, baseline, ratio. Exit status 1 if a ratio exceeds LIMIT. Builds the benchmarks first, unless
# --no-build is given. Needs valgrind (examples/setup.sh --bench).
set -euo pipefail

usage() {
  sed -n '2,8s/^# \{0,1\}//p' "$0"
  exit 2
}
[[ $# -ge 1 && $1 != -* ]] || usage
build=$1 limit=0
shift
compile=yes
if [[ ${1:-} == --no-build ]]; then
  compile=no
  shift
fi
if [[ ${1:-} == --check ]]; then
  [[ ${2:-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || usage
  limit=$2
  shift 2
fi
[[ $# -le 1 && ${1:-} != -* ]] || usage
programs=$build/bench only=${1:-}
command -v valgrind >/dev/null || {
  echo "error: valgrind is not installed: examples/setup.sh --bench" >&2
  exit 1
}
[[ $compile == no ]] || cmake --build "$build" --target bench-formats bench-tables bench-stack bench-tunnel >&2

over=no
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
printf '%-48s %10s %10s %7s\n' "instructions a packet" ours baseline ratio
for program in "$programs"/bench-*; do
  [[ -x $program && ! -d $program ]] || continue
  rm -f "$folder"/*
  valgrind --tool=callgrind --callgrind-out-file="$folder/out" "$program" --only "$only" --count 1000 \
    >"$folder/log" 2>&1 || {
    # A program without a matching case has nothing to count.
    grep -q 'no case matches' "$folder/log" && continue
    tail -n 5 "$folder/log" >&2
    exit 1
  }
  [[ -e $folder/out.1 ]] || {
    echo "error: $program has no marks: it was compiled without valgrind's headers; build it anew" >&2
    exit 1
  }
  # One file a mark; the mark is CASE:SIDE:PACKETS.
  awk -v limit="$limit" '
    /^desc: Trigger: Client Request: / {
      mark = substr($0, index($0, "Request: ") + 9)
      packets = mark; sub(/.*:/, "", packets); sub(/:[^:]*$/, "", mark)
      side = mark; sub(/.*:/, "", side); sub(/:[^:]*$/, "", mark)
    }
    /^(totals|summary): / && mark != "" {
      count[mark, side] = $2 / packets
      if (!(mark in seen)) { seen[mark] = 1; order[++cases] = mark }
      mark = ""
    }
    END {
      for (i = 1; i <= cases; ++i) {
        ours = count[order[i], "ours"]; by_hand = count[order[i], "baseline"]
        far = limit > 0 && ours > limit * by_hand
        printf "%-48s %10.1f %10.1f %7.2f%s\n", order[i], ours, by_hand, ours / by_hand, far ? "  OVER THE LIMIT" : ""
        over += far
      }
      exit over > 0
    }' $(ls -v "$folder"/out.*) || over=yes
done
[[ $over == no ]]
