#!/usr/bin/env bash
# The suites that take hours, for a machine that is idle at night:
#
#   test/nightly.sh [SUITE]...    without an argument: all of them
#
#   clang       builds everything by clang with optimisation, and runs all tests
#   clang19     the same by clang 19
#   cxx23       the same by g++ as C++23; also compiles the headers as C++23 by clang 19
#   sanitizers  all tests under the sanitizers of clang, those too that CI leaves out
#   swarm       random networks, seeds 2001 to 10000
#   handoff     every case of the handoff table
#   discovery   every case of the discovery table
#   lint        clang-tidy over all programs and tests, with the analyser of clang
#   coverage    the lines and branches that the tests of the protocol execute, and the bar for them
#   bench       the benchmarks of the layers, and the full system benchmarks
#   packages    the recipes for vcpkg and Conan, and the installed units under systemd itself (as root)
#   fuzz        each fuzz target, ILNP_FUZZ_SECONDS each (default: 3600)
#
# Sets everything up as test/run.sh does. Logs: build/nightly. Exit status: 0 only if every suite passed.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
build=$root/build

all=(clang clang19 cxx23 sanitizers swarm handoff discovery lint coverage bench packages fuzz)
for name in "$@"; do
  case $name in
    --help | -h)
      sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    *)
      [[ " ${all[*]} " == *" $name "* ]] || {
        printf 'nightly: no suite "%s" (there are: %s)\n' "$name" "${all[*]}" >&2
        exit 1
      }
      ;;
  esac
done
(($#)) || set -- "${all[@]}"

source "$root/test/suites.sh"
begin_suites "$build/nightly"

setup() { examples/setup.sh --tests --browser; }

clang() { ILNP_PRESET=clang ILNP_BUILD_DIR=$build/clang test/run.sh; }

clang19() {
  examples/setup.sh --clang19 --no-build && ILNP_PRESET=clang19 ILNP_BUILD_DIR=$build/clang19 test/run.sh
}

cxx23() {
  examples/setup.sh --clang19 --no-build && ILNP_PRESET=cxx23 ILNP_BUILD_DIR=$build/cxx23 test/run.sh &&
    cmake --preset clang19 -B "$build/clang19-cxx23" -DCMAKE_CXX_STANDARD=23 &&
    cmake --build "$build/clang19-cxx23" --target headers-alone test-headers-plain
}

sanitizers() {
  ASAN_OPTIONS=allow_addr2line=1 UBSAN_OPTIONS=print_stacktrace=1:allow_addr2line=1 \
    ILNP_PRESET=sanitizers ILNP_BUILD_DIR=$build/sanitizers test/run.sh
}

swarm() { swarm_seeds "$build/test/swarm/test-swarm" 2001 10000; }

handoff() { "$build/test/handoff/handoff-table"; }

discovery() { "$build/test/discovery/discovery-scale"; }

lint() { test/lint.sh --all; }

coverage() { ILNP_BUILD_DIR=$build/coverage test/coverage.sh; }

bench() { "$build/bench/bench-stack" && "$build/bench/bench-tunnel" && bench/system/run.sh --output "$build/nightly/bench"; }

packages() {
  test/run.sh -R '^package-' && ILNP_BUILD=$build python3 test/package/recipes_test.py && ILNP_BUILD=$build python3 test/package/systemd_test.py
}

fuzz() {
  ILNP_PRESET=sanitizers ILNP_BUILD_DIR=$build/sanitizers examples/setup.sh --tests --no-build &&
    ILNP_BUILD_DIR=$build/sanitizers test/fuzz/run.sh --seconds "${ILNP_FUZZ_SECONDS:-3600}"
}

suite setup
for name in "$@"; do suite "$name"; done
end_suites
