#!/usr/bin/env bash
# Measures which lines and branches of the headers the tests of the protocol execute, and prints both for each folder:
#
#   test/coverage.sh [OPTION]...
#
#   --uncovered   also lists each condition of which one outcome never comes up
#   --no-run      uses the counts of the last run
#   --help        this text
#
# A branch is one outcome of a condition in the source, in whatever instantiation of a template. Fails if fewer than 95 % of the
# branches of network/, transport/, proxy/ or wire/ are covered. The comment `unreachable: REASON` at a condition leaves an outcome
# out that cannot come up. The tests are those that need no network: unit tests, the part of the handoff table that CI runs, and the swarm.
# They are built by the preset `coverage`, in build-coverage or ILNP_BUILD_DIR.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${ILNP_BUILD_DIR:-$root/build-coverage}
headers=$root/include/ilnp
counts=$build/coverage
limit=95
folders=(network transport proxy wire)
uncovered=()
run=yes

while (($#)); do
  case $1 in
    --uncovered) uncovered=(--uncovered) ;;
    --no-run) run=no ;;
    --help | -h)
      sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      printf 'coverage: unknown option %s (try --help)\n' "$1" >&2
      exit 1
      ;;
  esac
  shift
done

# NAME, and the command that runs it, from the build folder. What only measures time is left out.
programs=(
  "base test/test-base" "wire test/test-wire" "network test/test-network --run_test=!long_run" "transport test/test-transport"
  "proxy test/test-proxy" "sim test/test-sim" "middleware test/test-middleware" "bad_input test/test-bad_input"
  "interworking test/test-interworking" "vectors test/test-vectors" "sctp test/sctp/test-sctp"
  "swarm test/swarm/test-swarm --seeds 100" "handoff test/handoff/handoff-table --brief"
)

targets=()
for program in "${programs[@]}"; do
  read -r name path _ <<<"$program"
  targets+=("${path##*/}")
done

if [[ $run == yes ]]; then
  printf '==> building\n'
  cmake -S "$root" -B "$build" --preset coverage >/dev/null
  mkdir -p "$counts"
  rm -f "$counts"/*
  cmake --build "$build" --target "${targets[@]}" >"$counts/build.log" 2>&1 || {
    tail -n 40 "$counts/build.log" >&2
    exit 1
  }
  printf '==> testing\n'
  # shellcheck disable=SC2016 # the inner shell expands
  printf '%s\n' "${programs[@]}" | (cd "$build" && xargs -P "$(nproc)" -L 1 sh -c '
    name=$1; shift
    LLVM_PROFILE_FILE="$0/$name.profraw" "$@" >"$0/$name.log" 2>&1 || { tail -n 40 "$0/$name.log" >&2; exit 1; }' "$counts")
fi

exports=()
for program in "${programs[@]}"; do
  read -r name path _ <<<"$program"
  # One at a time: functions of several programs that have one name need not be equal.
  llvm-profdata merge -sparse "$counts/$name.profraw" -o "$counts/$name.profdata"
  llvm-cov export -skip-functions -instr-profile "$counts/$name.profdata" "$build/$path" "$headers" >"$counts/$name.json"
  exports+=("$counts/$name.json")
done
"$root/test/coverage.py" --root "$headers" --limit "$limit" --folders "${folders[@]}" "${uncovered[@]}" -- "${exports[@]}"
