#!/usr/bin/env bash
# The overlay on one machine, from scratch: installs what is missing, builds, makes three hosts and lets nc talk to nc
# through a router. Then a host moves through three networks while numbered datagrams flow both ways.
#
#   examples/demo.sh [OPTION]...
#
#   --output FOLDER   for the table and pictures; everything else goes to data/ in it (default: ./demo-output)
#   --no-setup        install nothing and build nothing
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --rate N          datagrams per second in each direction (default: 1000)
#   --stay SECONDS    time between moves (default: 7)
#   --handoff SECONDS time that the mobile node is in both networks (default: 3)
#   --help            this text
#
# Exit status: 0 only if nothing was lost or duplicated. The hosts are network namespaces of the demo's own, which end
# with it. Root is needed only to install packages, and where users may not create namespaces.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/demonstration.sh"
output=demo-output
rate=1000
stay=7
handoff=3
moves=3
take_options "output build rate stay handoff sockets" "no-setup inside" "$@" # --sockets and --inside are the demo's own
for number in "$rate" "$stay" "$handoff"; do
  [[ $number =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "not a number: $number"
done
awk "BEGIN { exit !($rate >= 1 && $rate <= 20000 && $handoff > 0 && $stay > $handoff) }" ||
  fail "--rate must be from 1 to 20000, --handoff above 0, and --stay longer than --handoff"

# --- Outside: everything that happens on the machine itself ------------------------------------------------------------

if [[ $inside == no ]]; then
  prepare
  need examples/ilnp-{proxy,proxy-create,router,experiment}
  rm -rf "$output/data" "$output"/{alice,bob}-to-{alice,bob}-*.{png,svg} "$output/summary.txt"
  mkdir "$output/data"
  enter_hosts --rate "$rate" --stay "$stay" --handoff "$handoff"
fi

# --- Inside: the hosts -------------------------------------------------------------------------------------------------

cd "$output/data"
trap 'exit 130' INT
trap 'exit 143' TERM HUP

bin=$build/examples

step "three hosts: alice and bob, and a router between their networks"
hosts_begin
for host in alice bob router; do hosts_add "$host"; done

configuration alice 0:0:0:a ffff:0:0:a
configuration bob 0:0:0:b ffff:0:0:b
configuration router 0:0:0:a,0:0:0:b,0:0:0:c ffff:0:0:d

show router "ilnp-router router.ini"
start router router.log "$bin/ilnp-router" router.ini
for host in alice bob; do
  show "$host" "ilnp-proxy $host.ini 10000"
  start "$host" "$host-proxy.log" "$bin/ilnp-proxy" "$host.ini" 10000 --control "$sockets/$host"
  declare "${host}_proxy=$started"
done
for host in alice bob; do
  wait_for 10 "the proxy of $host" grep -q '^Listening on' "$host-proxy.log"
  peer=$([[ $host == alice ]] && echo bob || echo alice)
  show "$host" "ilnp-proxy-create 10001 $peer 10001"
  ask "$host" 10001 "$peer" 10001 >/dev/null
done
meet alice bob

step "nc on alice talks to nc on bob; neither knows of the overlay"
for host in alice bob; do
  show "$host" "nc -u -p 10001 127.0.0.1 10000"
  mkfifo "$host-nc-in"
  in_host "$host" nc.openbsd -u -p 10001 127.0.0.1 10000 <"$host-nc-in" >"$host-nc-out" 2>>"$host-nc.log" &
  declare "${host}_nc=$!"
done
exec {to_alice}>alice-nc-in {to_bob}>bob-nc-in
bound() { in_host "$1" ss -Hlun 2>/dev/null | grep -q ':10001 ' || in_host "$1" ss -Hun | grep -q ':10001 '; }
wait_for 5 "nc on alice" bound alice
wait_for 5 "nc on bob" bound bob
type_line() { # from, to, text
  local -n keyboard="to_$1"
  show "$1" "(types)    $3"
  echo "$3" >&"$keyboard"
  wait_for 5 "'$3' to reach $2" grep -qxF "$3" "$2-nc-out"
  show "$2" "(receives) $3"
}
type_line alice bob "hello,"
type_line bob alice "world"
exec {to_alice}>&- {to_bob}>&-
end "$alice_nc" "$bob_nc" "$alice_proxy" "$bob_proxy"
rm -f ./*-nc-in
# A node does not hear an identical announcement again within a second.
sleep 1.1

run_time=$(awk "BEGIN { print $stay * ($moves + 0.85) }")
step "alice moves through the networks a, b and c; $rate datagrams per second in each direction, for $run_time s"
application() { # remote host
  printf 'port = 10001\nremote_hostname = %s\nremote_port = 10001\nrun_time = %s\nwait_time = %s' "$1" "$run_time" \
    "$(awk "BEGIN { printf \"%.6f\", 1 / $rate }")"
}
configuration alice 0:0:0:a-0:0:0:b-0:0:0:c ffff:0:0:a "move_time = $stay
handoff_time = $handoff" "$(application bob)"
configuration bob 0:0:0:b ffff:0:0:b "" "$(application alice)"
for host in bob alice; do
  show "$host" "ilnp-experiment $host.ini --quiet --csv $host.csv"
  start "$host" "$host-experiment.log" "$bin/ilnp-experiment" "$host.ini" --quiet --csv "$host.csv"
  declare "${host}_experiment=$started"
done
ended() { ! kill -0 "$1" 2>/dev/null; }
wait_for "$(awk "BEGIN { print int($run_time + 20) }")" "the experiment on alice to end" ended "$alice_experiment"
wait_for 10 "the experiment on bob to end" ended "$bob_experiment"
wait "$alice_experiment" || fail "the experiment on alice failed: $(tail -n 1 alice-experiment.log)"
wait "$bob_experiment" || fail "the experiment on bob failed: $(tail -n 1 bob-experiment.log)"

# --- The result -------------------------------------------------------------------------------------------------------

step "evaluating"
. "$examples/plot/evaluate.sh"
evaluate "$handoff" "$examples/plot" "$output"
step "table and pictures: $output (their data: $output/data)"
if ((verdict == 0)); then
  step "nothing was lost, nothing was duplicated"
else
  step "datagrams were lost or duplicated (see the table)"
fi
exit "$verdict"
