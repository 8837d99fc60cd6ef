#!/usr/bin/env bash
# Fuzzes the parsers, the control protocol, scenarios and a whole node with libFuzzer.
#
#   test/fuzz/run.sh [OPTION]... [TARGET]...
#
#   --seconds N     for each target (default: 30)
#   --jobs N        number of targets at a time (default: one per core)
#   --corpus FOLDER where inputs are kept for the next run (default: fuzz-corpus in the build folder)
#   --help          this text
#
# Without a target: all of them. The build folder is ILNP_BUILD_DIR, or build-sanitizers of this checkout; if it
# does not exist, the preset `sanitizers` creates it. Exit status: 0 if nothing was found. Each finding is written to a file,
# and the command that repeats it is printed; docs/testing.md, "Fuzzing", says what to do then.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${ILNP_BUILD_DIR:-$root/build-sanitizers}
seconds=30
jobs=$(nproc)
corpus=
targets=()

fail() {
  printf 'fuzz: %s\n' "$*" >&2
  exit 1
}

while (($#)); do
  case $1 in
    --seconds | --jobs | --corpus)
      (($# > 1)) || fail "$1 needs a value (try --help)"
      case $1 in
        --seconds) seconds=$2 ;;
        --jobs) jobs=$2 ;;
        *) corpus=$2 ;;
      esac
      shift
      ;;
    --help | -h)
      sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*) fail "unknown option $1 (try --help)" ;;
    *) targets+=("$1") ;;
  esac
  shift
done

if [[ ! -f $build/CMakeCache.txt ]]; then
  cmake -S "$root" -B "$build" --preset sanitizers >/dev/null || fail "cmake could not configure $build"
fi
printf '==> building\n'
cmake --build "$build" --target fuzz fuzz-replay >"$build/fuzz-build.log" 2>&1 || {
  tail -n 40 "$build/fuzz-build.log" >&2
  fail "the build failed"
}
fuzz=$build/test/fuzz/fuzz
replay=$build/test/fuzz/fuzz-replay
corpus=${corpus:-$build/fuzz-corpus}
mkdir -p "$corpus" "$build/fuzz-seeds" "$build/fuzz-found"
"$replay" --seeds "$build/fuzz-seeds" || fail "no seeds"
((${#targets[@]})) || for folder in "$build"/fuzz-seeds/*/; do targets+=("$(basename "$folder")"); done
for target in "${targets[@]}"; do [[ -d $build/fuzz-seeds/$target ]] || fail "there is no target $target"; done

one() { # target: runs it, its output in a file
  local folders=("$corpus/$1" "$build/fuzz-seeds/$1") # what is found new goes to the first
  mkdir -p "${folders[0]}"
  [[ -d $root/test/fuzz/regressions/$1 ]] && folders+=("$root/test/fuzz/regressions/$1")
  local words=() # of a text that has some
  [[ -f $root/test/fuzz/$1.dict ]] && words=(-dict="$root/test/fuzz/$1.dict")
  # An input that takes long, or much memory, is a finding too.
  ASAN_OPTIONS=allow_addr2line=1 UBSAN_OPTIONS=print_stacktrace=1:allow_addr2line=1 \
    "$fuzz" --target="$1" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$build/fuzz-found/$1-" "${words[@]}" "${folders[@]}" >"$build/fuzz-found/$1.log" 2>&1
}

status=0
declare -A running=() # process: target
finish() {            # waits for one, and reports
  local process result=0 target log
  wait -n -p process "${!running[@]}" || result=$?
  target=${running[$process]}
  unset "running[$process]"
  log=$build/fuzz-found/$target.log
  if ((result == 0)); then
    printf '%-10s nothing found, %s inputs, coverage %s\n' "$target" \
      "$(awk '/stat::number_of_executed_units/{print $2}' "$log")" "$(grep -ao 'cov: [0-9]*' "$log" | tail -n 1 | cut -c6-)"
    return
  fi
  status=1
  grep -av '^#' "$log" | tail -n 60
  printf '%-10s FOUND; repeat it with: %s --target=%s %s\n' "$target" "$fuzz" "$target" \
    "$(grep -ao "$build/fuzz-found/[^ ]*-[0-9a-f]\{40\}" "$log" | tail -n 1)"
}

printf '==> fuzzing, %s s each\n' "$seconds"
for target in "${targets[@]}"; do
  ((${#running[@]} < jobs)) || finish
  one "$target" &
  running[$!]=$target
done
while ((${#running[@]})); do finish; done
exit "$status"
