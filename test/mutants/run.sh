#!/usr/bin/env bash
# Tests the tests. Each patch next to this script, a mutant, breaks one rule of the protocol in one place. The script applies
# each to a copy of the headers, builds the tests that the patch names (`Tests:`, sources in test/) with it, and runs these
# until one fails: then the mutant is caught. A mutant that passes them also runs with the first seeds of the swarm.
#
#   test/mutants/run.sh [OPTION]... [MUTANT]...     for example: test/mutants/run.sh hop-limit-not-lowered
#
#   --check      only check that every patch still applies
#   --rotate N   only N mutants, different ones for each commit
#   --swarm      run the swarm for each mutant of a header that it uses, and print the first seed that fails
#   --seeds N    number of seeds of the swarm (default: 50)
#   --jobs N     number of parallel jobs (default: one per core)
#   --help       this text
#
# Without a mutant and without --rotate: all. It then also checks that the tests pass without any mutant. The work is
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
swarm=no
seeds=50
mutants=()

fail() {
  printf 'mutants: %s\n' "$*" >&2
  exit 1
}

while (($#)); do
  case $1 in
    --check) check=yes ;;
    --swarm) swarm=yes ;;
    --rotate | --jobs | --seeds)
      (($# > 1)) || fail "$1 needs a value (try --help)"
      case $1 in
        --rotate) rotate=$2 ;;
        --jobs) jobs=$2 ;;
        *) seeds=$2 ;;
      esac
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
    echo "$name: no longer applies: create it again"
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

# What does not change with a mutant is compiled once: the libraries that the tests include.
options=(-std=c++20 -w -DBOOST_TEST_DYN_LINK "-DILNP_TEST_VECTORS=\"$root/test/vectors\"" "-I$root/test")
precompiled=$work/libraries.hpp
printf '#include <%s>\n' algorithm array bit charconv chrono cmath cstdint deque functional map memory optional ostream random \
  set span sstream string string_view unordered_map utility variant vector boost/system/error_code.hpp \
  boost/test/unit_test.hpp >"$precompiled"
"$compiler" "${options[@]}" -O0 -x c++-header "$precompiled" -o "$precompiled.gch" &&
  "$compiler" "${options[@]}" -O0 -c "$root/test/support/main.cpp" -o "$work/main.o" || fail "cannot compile"
swarm_headers=$("$compiler" "${options[@]}" "-I$work/tree-none/include" -MM "$root/test/swarm/main.cpp") ||
  fail "cannot compile"

# Builds the test SOURCE (below test/) against the headers of TREE, and runs it. 0: it passes; 1: it fails, and CASE says
# which; 2: it cannot be built; 3: it does not end.
run_test() { # tree, source
  local program=$1/test log=$1/log result=0
  "$compiler" "${options[@]}" -O0 -include "$precompiled" "-I$1/include" "$root/test/$2" "$work/main.o" \
    -lboost_unit_test_framework -o "$program" >"$log" 2>&1 || return 2
  timeout 300 "$program" --color_output=no --report_level=short >"$log" 2>&1 || result=$?
  ((result == 0)) && return 0
  case=$(grep -aom1 'in "[^"]*"' "$log" | cut -d'"' -f2)
  [[ -n $case || $result != 124 ]] || return 3
  case="${2%.cpp}: ${case:-exit status $result}"
  return 1
}

# The same with the swarm, seed by seed. Built as it is for the tests, for it computes much.
run_swarm() { # tree
  local program=$1/swarm log=$1/log seed result
  "$compiler" "${options[@]}" -O1 "-I$1/include" "$root/test/swarm/main.cpp" -o "$program" >"$log" 2>&1 || return 2
  for ((seed = 1; seed <= seeds; ++seed)); do
    result=0
    timeout 60 "$program" --seed "$seed" >"$log" 2>&1 || result=$?
    ((result == 124)) && return 3
    case="swarm: seed $seed"
    ((result == 0)) || return 1
  done
  return 0
}

# Does the swarm use the header that this one breaks?
in_swarm() { # mutant
  local header
  header=$(sed -n 's,^+++ b/,,p' "$here/$1.patch")
  [[ $swarm_headers$'\n' == *"/${header#include/ilnp/}"[[:space:]]* ]]
}

# What became of a run, in words. True if the next test is to be tried.
say() { # result of run_test or run_swarm, test, log
  case $1 in
    0) return 0 ;;
    1) said="caught by $case" ;;
    2) said="NOT BUILT: $(grep -am1 'error' "$3")" ;;
    3) said="NOT CAUGHT: $2 does not end" ;;
  esac
  return 1
}

examine() { # mutant: writes a line for the table to its result
  local tree=$work/tree-$1 source result case= said= beside=
  mkdir "$tree" && cp -r "$root/include" "$tree/" && apply "$tree" "$1" || return
  for source in $(field Tests "$1"); do
    result=0
    run_test "$tree" "$source" || result=$?
    say "$result" "${source%.cpp}" "$tree/log" || break
  done
  if [[ $swarm == yes || -z $said ]] && in_swarm "$1"; then
    result=0
    run_swarm "$tree" || result=$?
    if [[ -z $said ]]; then
      say "$result" swarm "$tree/log" || true
    elif ((result == 1)); then
      beside="; $case"
    else
      beside="; swarm: not within $seeds seeds"
    fi
  fi
  [[ -z $said ]] || echo "$said$beside" >"$work/$1.result"
  rm -rf "$tree"
}

# Without a mutant each test passes: a line in the result of the test if not.
unbroken() { # source
  local tree=$work/tree-${1//[^a-z]/-} result=0 case=
  mkdir "$tree" && ln -s "$root/include" "$tree/include"
  if [[ $1 == swarm/main.cpp ]]; then run_swarm "$tree" || result=$?; else run_test "$tree" "$1" || result=$?; fi
  ((result == 0)) || echo "$1 fails even without a mutant" >>"$work/unbroken"
  rm -rf "$tree"
}

# A function of each argument, so many at a time.
apart() { # function, argument...
  local each
  for each in "${@:2}"; do
    while (($(jobs -rp | wc -l) >= jobs)); do wait -n; done
    "$1" "$each" &
  done
  wait
}

printf '==> %d of %d mutants\n' "${#mutants[@]}" "$(names | wc -l)"
if [[ $full == yes ]]; then
  mapfile -t sources < <(for name in "${mutants[@]}"; do field Tests "$name"; done | tr ' ' '\n' | sort -u)
  [[ $swarm == no ]] || sources+=(swarm/main.cpp)
  apart unbroken "${sources[@]}"
  [[ ! -s $work/unbroken ]] || fail "$(<"$work/unbroken")"
fi
apart examine "${mutants[@]}"
for name in "${mutants[@]}"; do
  line=$(cat "$work/$name.result" 2>/dev/null || echo "NOT CAUGHT")
  [[ $line == caught* ]] || status=1
  printf '%-36s %s\n' "$name" "$line"
done
exit "$status"
