#!/usr/bin/env bash
# What measure.py runs in a Linux kernel that has SCTP (examples/sctp_kernel.sh): TCP connections from alice to bob, in turns
# through ilnp-stream, through socat and the kernel's SCTP, and through those two over the overlay.
#
#   bench/system/kernel_streams.sh --build FOLDER --rounds N --octets N --requests N
#
# Prints a line for each measurement: what the connection went through, a tab, and the output of `connections`.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/../../examples/demonstration.sh"
take_options "build rounds octets requests" "" "$@"
connections=$build/bench/system/connections
sockets=$(mktemp -d)
cd "$sockets"

hosts_begin
number=0
for host in alice bob; do
  hosts_add "$host"
  number=$((number + 1))
  ip -n "$host" address add "10.0.0.$number/24" dev eth0
  configuration "$host" 0:0:0:a "ffff:0:0:$number"
done
start bob server.log "$connections" serve "[::]:3000"

running=()
run() { # host, command...: until the next turn
  start "$1" "$1.log" "${@:2}"
  running+=("$started")
}
sctp_over_udp() { # the port that the kernel sends its SCTP from, where its first packet goes; 0 and 0: not over UDP
  local host
  for host in alice bob; do
    in_host "$host" sh -c "echo $1 >/proc/sys/net/sctp/udp_port; echo $2 >/proc/sys/net/sctp/encap_port"
  done
}
# Buffers that hold more than one message, and none that waits for more (SCTP_NODELAY): by default socat would be slower.
nodelay=setsockopt-int=132:3:1
socats() { # where bob listens, where alice finds him
  run bob socat -b 65536 "SCTP4-LISTEN:9999,$1,fork,reuseaddr,$nodelay" TCP4:127.0.0.1:3000,nodelay
  run alice socat -b 65536 TCP4-LISTEN:2000,bind=127.0.0.1,fork,reuseaddr,nodelay "SCTP4:$2,$nodelay"
}
by_ilnp_stream() {
  run bob "$build/examples/ilnp-stream" bob.ini --expose 3000 --quiet
  run alice "$build/examples/ilnp-stream" alice.ini --listen 2000:bob:3000 --quiet
}
by_sctp() {
  sctp_over_udp 0 0
  socats bind=10.0.0.2 10.0.0.2:9999
}
by_sctp_over_overlay() {
  sctp_over_udp 10003 10000
  run bob "$build/examples/ilnp-proxy" bob.ini 10000 --map 10003:alice:10003 --control "$sockets/bob" --quiet
  run alice "$build/examples/ilnp-proxy" alice.ini 10000 --map 10003:bob:10003 --control "$sockets/alice" --quiet
  meet alice bob
  socats bind=127.0.0.1 127.0.0.1:9999,bind=127.0.0.1
}
ask_bob() { in_host alice timeout 240 "$connections" ask 127.0.0.1:2000 "$1" "$2"; }
reaches() { ask_bob 1000 1 >/dev/null 2>&1; }

# A datagram of 64 KB fills the window, and a single one is acknowledged after 200 ms by default.
for host in alice bob; do in_host "$host" sh -c 'echo 10 >/proc/sys/net/sctp/sack_timeout'; done
for ((round = 0; round < rounds; ++round)); do
  for system in ilnp_stream sctp sctp_over_overlay; do
    "by_$system"
    wait_for 20 "bob by $system" reaches
    printf '%s\t%s\n' "$system" "$(ask_bob "$octets" "$requests")"
    end "${running[@]}"
    running=()
    pause 1.1 # who announces himself with the same words within a second is not heard twice
  done
done
