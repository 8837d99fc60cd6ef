#!/usr/bin/env bash
# Do the tests test? Each patch beside this script breaks one rule of the protocol, in one place. This applies each to a copy
# of the headers, builds the tests that the patch names (`Tests:`, by the files in test/) against them, and runs these
# until one fails: then the mutant is caught.
#
#   test/mutants/run.sh [OPTION]... [MUTANT]...     for example: test/mutants/run.sh hop-limit-not-lowered
#
#   --check      only see whether every patch still applies
#   --rotate N   N mutants, others with each commit
#   --jobs N     so many at a time (default: one a core)
#   --help       this text
#
# Without a mutant and without --rotate: all; then it is shown first that without any of them the tests pass. The work is
# done in ILNP_BUILD_DIR/mutants (default: build/mutants of this checkout), by CXX (default: clang++, the quickest).
# Exit status: 0 if all were caught.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=${ILNP_BUILD_DIR:-$root/build}/mutants
compiler=${CXX:-clang++}
jobs=$(nproc)
check=no
rotate=
mutants=()

fail() {
  printf 'mutants: %s\n' "$*" >&2
  exit 1
}

while (($#)); do
  case $1 in
    --check) check=yes ;;
    --rotate | --jobs)
      (($# > 1)) || fail "$1 wants a value (try --help)"
      if [[ $1 == --rotate ]]; then rotate=$2; else jobs=$2; fi
      shift
      ;;
    --help | -h)
      sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*) fail "unknown option $1 (try --help)" ;;
    *) mutants+=("${1%.patch}") ;;
  esac
  shift
done

field() { sed -n "s/^$1: //p" "$here/$2.patch"; } # name, mutant
names() { find "$here" -name '*.patch' -printf '%f\n' | sed 's/\.patch$//' | sort; }

# In a folder that git takes for no part of a repository: there a patch outside of it would count as applied.
apply() { (cd "$1" && GIT_CEILING_DIRECTORIES=$work git apply -C1 "${@:3}" "$here/$2.patch"); } # folder, mutant, option...

mkdir -p "$work" && work=$(cd "$work" && mktemp -d "$PWD/XXXXXX") || fail "cannot make $work"
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree-none" && cp -r "$root/include" "$work/tree-none/" || fail "cannot copy the headers"

status=0
for name in $(names); do
  apply "$work/tree-none" "$name" --check || {
    echo "$name: no longer applies: make it anew"
    status=1
  }
  for source in $(field Tests "$name"); do
    [[ -f $root/test/$source ]] || fail "$name: there is no test/$source"
  done
done
((status == 0)) || exit "$status"
[[ $check == no ]] || exit 0

full=no
if [[ -n $rotate ]]; then
  mapfile -t all < <(names)
  turn=$(git -C "$root" rev-list --count HEAD 2>/dev/null || date +%j)
  for ((i = 0; i < rotate && i < ${#all[@]}; ++i)); do
    mutants+=("${all[$(((10#$turn * rotate + i) % ${#all[@]}))]}")
  done
elif ((${#mutants[@]} == 0)); then
  mapfile -t mutants < <(names)
  full=yes
fi
for name in "${mutants[@]}"; do [[ -f $here/$name.patch ]] || fail "there is no mutant $name"; done

options=(-std=c++20 -O0 -w -DBOOST_TEST_DYN_LINK "-DILNP_TEST_VECTORS=\"$root/test/vectors\"" "-I$root/test")
"$compiler" "${options[@]}" "-I$root/include" -c "$root/test/support/main.cpp" -o "$work/main.o" || fail "cannot compile"

# Builds the test SOURCE (below test/) against the headers of TREE, and runs it. 0: it passes; 1: it fails, and CASE says
# which; 2: it cannot be built;
# 3: it does not end.
run_test() { # tree, source
  local program=$1/test log=$1/log result=0
  "$compiler" "${options[@]}" "-I$1/include" "$root/test/$2" "$work/main.o" -lboost_unit_test_framework -o "$program" \
    >"$log" 2>&1 || return 2
  timeout 300 "$program" --color_output=no --report_level=short >"$log" 2>&1 || result=$?
  ((result == 0)) && return 0
  case=$(grep -aom1 'in "[^"]*"' "$log" | cut -d'"' -f2)
  [[ -n $case || $result != 124 ]] || return 3
  case="${2%.cpp}: ${case:-exit status $result}"
  return 1
}

examine() { # mutant: writes a line for the table to its result
  local tree=$work/tree-$1 source result case=
  mkdir "$tree" && cp -r "$root/include" "$tree/" && apply "$tree" "$1" || return
  for source in $(field Tests "$1"); do
    result=0
    run_test "$tree" "$source" || result=$?
    if ((result == 1)); then
      echo "caught by $case" >"$work/$1.result"
      break
    elif ((result == 2)); then
      echo "NOT BUILT: $(grep -am1 'error' "$tree/log")" >"$work/$1.result"
      break
    elif ((result == 3)); then
      echo "NOT CAUGHT: ${source%.cpp} does not end" >"$work/$1.result"
      break
    fi
  done
  rm -rf "$tree"
}

printf '==> %d of %d mutants\n' "${#mutants[@]}" "$(names | wc -l)"
if [[ $full == yes ]]; then
  for source in $(for name in "${mutants[@]}"; do field Tests "$name"; done | tr ' ' '\n' | sort -u); do
    run_test "$work/tree-none" "$source" || fail "without a mutant, too, $source does not pass"
  done
fi
for name in "${mutants[@]}"; do
  while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
  examine "$name" &
done
wait
for name in "${mutants[@]}"; do
  line=$(cat "$work/$name.result" 2>/dev/null || echo "NOT CAUGHT")
  [[ $line == caught* ]] || status=1
  printf '%-36s %s\n' "$name" "$line"
done
exit "$status"
