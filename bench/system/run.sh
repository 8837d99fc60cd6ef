#!/usr/bin/env bash
# Measures the whole system: the router and the proxy as programs, in network namespaces, compared with programs that make
# the same system calls and do nothing else, with socat, ssh and VPNs, and with the kernel's own forwarding, VXLAN and SCTP (in
# user-mode Linux). One command on a fresh machine.
#
#   bench/system/run.sh [OPTION]...
#
#   --brief           measure everything once and briefly: shows that it works, not how fast it is
#   --rounds N        how often each is measured, in turns; the median counts (default: 5)
#   --only A,B        of forward, chain, tables, minute, overload, where, footprint, streams, tun
#                     (default: all)
#   --output FOLDER   for the table, JSON and pictures (default: ./bench-output)
#   --no-setup        install nothing and build nothing
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --help            this text
#
# Takes about 50 minutes on two processors (three minutes with --brief) and needs an otherwise idle machine. As root
# the measured programs have priority over other work (SCHED_RR), so that a busy machine matters less. Ratios compare figures
# taken in turns in one run. Exit status: 0 if everything could be measured, whatever the figures.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../examples/demonstration.sh"
name=bench
output=bench-output
brief=no
rounds=5
only=
take_options "output build rounds only sockets" "brief no-setup inside" "$@" # --sockets and --inside are the script's own

tun() { [[ ,${only:-tun}, == *,tun,* ]]; }
streams() { [[ ,${only:-streams}, == *,streams,* ]]; } # are they measured?
words=(--rounds "$rounds")
[[ $brief == no ]] || words+=(--brief)
[[ -z $only ]] || words+=(--only "$only")
if [[ $inside == no ]]; then
  prepare --bench $(! streams || echo --streams) $(! tun || echo --tun --vpns)
  need examples/ilnp-{router,proxy} bench/system/load
  use_unpacked
  enter_hosts "${words[@]}"
fi

words+=(--build "$build" --output "$output" --source "$(cd "$examples/.." && pwd)")
if streams && type sshd ssh ssh-keygen >/dev/null 2>&1; then
  . "$examples/ssh.sh"
  ssh_begin "$sockets/ssh"
  words+=(--ssh "$sockets/ssh")
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
exec python3 "$here/measure.py" "${words[@]}"
