#!/usr/bin/env bash
# Counts the instructions per packet of each benchmark case, ours and hand-written, with callgrind. The figures do not
# depend on what else the machine does.
#
#   bench/instructions.sh BUILD_DIR [REGEX]     for example: bench/instructions.sh build '^send'
#
# Prints a table: case, ours, baseline, ratio. Builds the benchmarks first. Needs valgrind (examples/setup.sh --bench).
set -euo pipefail

[[ $# -ge 1 && $# -le 2 && $1 != -* ]] || {
  sed -n '2,7s/^# \{0,1\}//p' "$0"
  exit 2
}
programs=$1/bench only=${2:-}
command -v valgrind >/dev/null || {
  echo "error: valgrind is not installed: examples/setup.sh --bench" >&2
  exit 1
}
cmake --build "$1" --target bench-formats bench-tables bench-stack >&2

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
  awk '
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
        printf "%-48s %10.1f %10.1f %7.2f\n", order[i], ours, by_hand, ours / by_hand
      }
    }' $(ls -v "$folder"/out.*)
done
