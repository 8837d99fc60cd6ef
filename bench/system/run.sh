#!/usr/bin/env bash
# Measures the whole system: the router and the proxy as programs, in network namespaces, beside programs that make the
# same system calls and do nothing else, beside socat, and beside the kernel's own forwarding. One command on a fresh
# machine.
#
#   bench/system/run.sh [OPTION]...
#
#   --brief           everything once, and short: shows that all of it works, not how fast it is
#   --rounds N        how often each is measured, in turns; the median counts (default: 5)
#   --only A,B        of forward, chain, tables, minute, overload, where, footprint, streams
#                     (default: all)
#   --output FOLDER   where table, JSON and pictures go (default: ./bench-output)
#   --no-setup        install nothing and build nothing: the programs are there
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --help            this text
#
# Takes about a quarter of an hour on two processors, with --brief two minutes, and wants a machine that does nothing else.
# As root, what is measured runs before other work of the machine (SCHED_RR), so that a busy machine shows less; ratios are
# of figures taken in turns in one run. Exit status: 0 if all could be measured, whatever the figures.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$here/$(basename "${BASH_SOURCE[0]}")
root=$(cd "$here/../.." && pwd)
build=${ILNP_BUILD_DIR:-$root/build}
output=bench-output
setup=yes
inside=no
passed=()

. "$root/examples/hosts.sh"

fail() {
  printf 'bench: %s\n' "$*" >&2
  exit 1
}

while (($#)); do
  case $1 in
    --output | --build | --rounds | --only)
      (($# > 1)) || fail "$1 wants a value (try --help)"
      case $1 in
        --output) output=$2 ;;
        --build) build=$2 ;;
        *) passed+=("$1" "$2") ;;
      esac
      shift
      ;;
    --brief) passed+=(--brief) ;;
    --no-setup) setup=no ;;
    --inside) inside=yes ;; # of the namespaces; the script calls itself with it
    --help | -h)
      sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//p}' "$script"
      exit 0
      ;;
    *) fail "unknown option $1 (try --help)" ;;
  esac
  shift
done

if [[ $inside == no ]]; then
  mkdir -p "$output" && output=$(cd "$output" && pwd)
  if [[ $setup == yes ]]; then
    ILNP_BUILD_DIR=$build "$root/examples/setup.sh" --bench
  fi
  build=$(cd "$build" 2>/dev/null && pwd) || fail "no build folder $build: run without --no-setup"
  for program in examples/ilnp-router examples/ilnp-proxy bench/system/load; do
    [[ -x $build/$program ]] || fail "$build/$program is not there: run without --no-setup"
  done
  status=0
  hosts_private "$script" --inside --build "$build" --output "$output" "${passed[@]}" || status=$?
  if [[ -n ${SUDO_UID:-} ]]; then chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$output"; fi
  exit "$status"
fi

hosts_begin
number=0
for host in alice router bob; do
  hosts_add "$host"
  number=$((number + 1))
  ip -n "$host" address add "fd00::$number/64" dev eth0 nodad
done
# For the kernel's own forwarding: two networks, and the router between them.
ip -n alice address add fd01::1/64 dev eth0 nodad
ip -n router address add fd01::2/64 dev eth0 nodad
ip -n router address add fd02::2/64 dev eth0 nodad
ip -n bob address add fd02::3/64 dev eth0 nodad
ip -n alice route add fd02::/64 via fd01::2
ip -n bob route add fd01::/64 via fd02::2
ip netns exec alice sh -c 'echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_redirects'
ip netns exec router sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
exec python3 "$here/measure.py" --build "$build" --output "$output" --source "$root" "${passed[@]}"
