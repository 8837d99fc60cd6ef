#!/usr/bin/env bash
# Runs all tests with one command on a fresh machine: installs what is missing, builds everything, runs ctest.
#
#   test/run.sh [CTEST_OPTION]...     for example: test/run.sh -R wire
#
# ILNP_PRESET selects another preset (CMakePresets.json), ILNP_BUILD_DIR another build folder:
#
#   ILNP_PRESET=sanitizers ILNP_BUILD_DIR=build/sanitizers test/run.sh
#
# Exit status: 0 only if every test passed. The last lines are ctest's.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export ILNP_BUILD_DIR=${ILNP_BUILD_DIR:-$root/build}

"$root/examples/setup.sh" --tests

# The tests on real sockets mostly wait; those that would disturb each other say so to ctest.
jobs=$(($(nproc) + 2))
printf '==> testing (%d at a time)\n' "$jobs"
exec ctest --test-dir "$ILNP_BUILD_DIR" --output-on-failure --parallel "$jobs" "$@"
