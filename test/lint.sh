#!/usr/bin/env bash
# Checks the sources by clang-tidy (.clang-tidy), cppcheck (test/cppcheck.txt) and clangd (.clangd):
#
#   test/lint.sh [--all] [SOURCE]...
#
#   SOURCE   what clang-tidy reads, with the headers that it includes. Without one: two programs that
#            have all parts of the toolkit between them
#   --all    clang-tidy reads all programs and tests, with the analyser of clang too; takes hours
#   --help   this text
#
# Exit status: 0 only if nothing is reported.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit 1
all=no
sources=()

while (($#)); do
  case $1 in
    --all) all=yes ;;
    --help | -h)
      sed -n '2,/^set -u/{/^set -u/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*)
      printf 'lint: unknown option %s (try --help)\n' "$1" >&2
      exit 1
      ;;
    *) sources+=("$1") ;;
  esac
  shift
done

tidy_options=(--quiet)
jobs=1
if [[ $all == yes ]]; then
  mapfile -t sources < <(git ls-files 'examples/*.cpp' 'test/*.cpp' ':!test/compile_fail' ':!test/package')
  tidy_options+=("--checks=clang-analyzer-*,-clang-analyzer-optin.*")
  jobs=$(nproc)
fi
((${#sources[@]})) || sources=(examples/ilnp-tun.cpp examples/ilnp-lab.cpp)

failed=0
report() { # NAME COMMAND...: what a command prints, if it fails or prints anything
  local name=$1 output result=0
  shift
  output=$("$@" 2>&1) || result=$?
  output=$(grep -vE '^[0-9]+ warnings? (generated|treated)|^$' <<<"$output")
  if ((result != 0)) || [[ -n $output ]]; then
    printf '==> %s\n%s\n' "$name" "$output"
    failed=1
  fi
}

flags=(-std=c++20 -Iinclude -Itest -Iexamples -DBOOST_TEST_DYN_LINK '-DILNP_TEST_VECTORS="test/vectors"'
  '-DILNP_FUZZ_REGRESSIONS="test/fuzz/regressions"' '-DILNP_HANDOFF_TABLE="test/handoff/table.txt"')
tidy() {
  printf '%s\n' "${sources[@]}" |
    xargs -P "$jobs" -I '{}' clang-tidy "${tidy_options[@]}" '{}' -- -xc++ "${flags[@]}"
}
report clang-tidy tidy

# Headers are checked with what they include, from the header of each part.
report cppcheck cppcheck --quiet --enable=warning,performance,portability --std=c++20 --language=c++ --max-configs=1 \
  --suppressions-list=test/cppcheck.txt --inline-suppr --error-exitcode=1 -Iinclude --template='{file}:{line}: {id}: {message}' \
  include/ilnp/*.hpp

# An editor understands a header, and a source that is not listed.
clangd_check() {
  local file
  for file in include/ilnp/network/ilnp.hpp test/wire/ping.cpp; do
    clangd --check="$file" --check-lines=1-2 2>&1 | grep -E '^E\[[^]]*\] \[|All checks completed, [1-9]' | sed "s,^,$file: ,"
  done
  return 0
}
report clangd clangd_check

((failed == 0)) && printf 'lint: nothing found in %d sources and what they include\n' "${#sources[@]}"
exit "$failed"
