#!/usr/bin/env bash
# The overlay on one machine, from nothing: installs what is missing, builds, makes three hosts, lets nc talk to nc
# through a router, and then moves a host through three networks while numbered datagrams flow both ways.
#
#   examples/demo.sh [OPTION]...
#
#   --output FOLDER   where table and pictures go, and in data/ all else (default: ./demo-output)
#   --no-setup        install nothing and build nothing: the programs are there
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --rate N          datagrams a second in each direction (default: 1000)
#   --stay SECONDS    from one move to the next (default: 7)
#   --handoff SECONDS how long the mobile node is in both networks (default: 3)
#   --help            this text
#
# Exit status: 0 only if nothing was lost or duplicated. The hosts are network namespaces of the demo's own, and are gone
# at its end. Root is needed only to install packages, and where the kernel gives users no namespaces.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$here/$(basename "${BASH_SOURCE[0]}")
build=${ILNP_BUILD_DIR:-$here/../build}
output=demo-output
setup=yes
rate=1000
stay=7
handoff=3
moves=3
inside=no

. "$here/hosts.sh"

step() { printf '==> %s\n' "$*"; }
fail() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}
help() { sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//p}' "$script"; }

while (($#)); do
  case $1 in
    --output | --build | --rate | --stay | --handoff | --sockets) # the last is the demo's own
      (($# > 1)) || fail "$1 wants a value (try --help)"
      declare "${1#--}=$2"
      shift
      ;;
    --no-setup) setup=no ;;
    --inside) inside=yes ;; # of the namespaces; the demo calls itself with it
    --help | -h)
      help
      exit 0
      ;;
    *) fail "unknown option $1 (try --help)" ;;
  esac
  shift
done
for number in "$rate" "$stay" "$handoff"; do
  [[ $number =~ ^[0-9]+(\.[0-9]+)?$ ]] || fail "not a number: $number"
done
awk "BEGIN { exit !($rate >= 1 && $rate <= 20000 && $handoff > 0 && $stay > $handoff) }" ||
  fail "--rate is from 1 to 20000, and --stay longer than --handoff, which is above 0"

bin=$build/examples

# --- Outside: everything that happens on the machine itself ------------------------------------------------------------

if [[ $inside == no ]]; then
  mkdir -p "$output" 2>/dev/null && [[ -w $output ]] || fail "cannot write to the folder $output"
  output=$(cd "$output" && pwd)
  [[ $setup == no ]] || ILNP_BUILD_DIR=$build "$here/setup.sh"
  bin=$(cd "$bin" 2>/dev/null && pwd) || fail "the programs are not in $bin: run without --no-setup"
  for program in ilnp-proxy ilnp-proxy-create ilnp-router ilnp-experiment; do
    [[ -x $bin/$program ]] || fail "$bin/$program is not there: run without --no-setup"
  done
  rm -rf "$output/data" "$output"/{alice,bob}-to-{alice,bob}-*.{png,svg} "$output/summary.txt"
  mkdir "$output/data"
  sockets=$(mktemp -d) # the path of a UNIX socket is short: the output folder's may be too long
  trap 'rm -rf "$sockets"' EXIT
  status=0
  hosts_private "$script" --inside --output "$output" --build "${bin%/examples}" --sockets "$sockets" --rate "$rate" --stay "$stay" --handoff "$handoff" || status=$?
  if [[ -n ${SUDO_UID:-} ]]; then chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$output"; fi
  exit "$status"
fi

# --- Inside: the hosts -------------------------------------------------------------------------------------------------

cd "$output/data"
trap 'exit 130' INT
trap 'exit 143' TERM HUP

show() { printf '  %-7s$ %s\n' "$1" "$2"; }

configuration() { # host, locators, more lines of [network], lines of [application]
  cat >"$1.ini" <<INI
[link]
mcast_port = 10000
mcast_interface = eth0
user_id = 0

[network]
locators = $2
$3

[discovery]
hostname = $1
wait_time = 4
${4:+
[application]
$4}
INI
}

start() { # host, log file, command: in the background; its process id is in $started
  local host=$1 log=$2
  shift 2
  : >"$log" # here, so that it is there when somebody looks into it
  in_host "$host" "$@" >"$log" 2>&1 &
  started=$!
}

wait_for() { # seconds, what (for the message), command
  local tries=$(($1 * 50)) what=$2
  shift 2
  until "$@"; do
    ((--tries)) || {
      tail -n 20 ./*.log >&2
      fail "waited in vain for $what; the programs' last words are above and in $output/data"
    }
    sleep 0.02
  done
}

step "three hosts: alice and bob, and a router between their networks"
hosts_begin
for host in alice bob router; do hosts_add "$host"; done

configuration alice 0:0:0:a "nid = ffff:0:0:a"
configuration bob 0:0:0:b "nid = ffff:0:0:b"
configuration router 0:0:0:a,0:0:0:b,0:0:0:c "nid = ffff:0:0:d"

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
  in_host "$host" "$bin/ilnp-proxy-create" --control "$sockets/$host" 10001 "$peer" 10001 >/dev/null
done
knows() { in_host "$1" "$bin/ilnp-proxy-create" --control "$sockets/$1" --hosts 2>/dev/null | grep -qw "$2"; }
wait_for 10 "alice to hear of bob" knows alice bob
wait_for 10 "bob to hear of alice" knows bob alice

step "nc on alice talks to nc on bob; neither knows anything of the overlay"
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
kill "$alice_nc" "$bob_nc" "$alice_proxy" "$bob_proxy"
wait "$alice_nc" "$bob_nc" "$alice_proxy" "$bob_proxy" 2>/dev/null || true
rm -f ./*-nc-in
# Who announces himself with the same words within a second is not heard twice.
sleep 1.1

run_time=$(awk "BEGIN { print $stay * ($moves + 0.85) }")
step "alice moves through the networks a, b and c; $rate datagrams a second flow each way, for $run_time s"
application() { # remote host
  printf 'port = 10001\nremote_hostname = %s\nremote_port = 10001\nrun_time = %s\nwait_time = %s' "$1" "$run_time" \
    "$(awk "BEGIN { printf \"%.6f\", 1 / $rate }")"
}
configuration alice 0:0:0:a-0:0:0:b-0:0:0:c "nid = ffff:0:0:a
move_time = $stay
handoff_time = $handoff" "$(application bob)"
configuration bob 0:0:0:b "nid = ffff:0:0:b" "$(application alice)"
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

# --- What came of it ---------------------------------------------------------------------------------------------------

step "evaluating"
. "$here/plot/evaluate.sh"
evaluate "$handoff" "$here/plot" "$output"
step "table and pictures: $output (what they were made from: $output/data)"
if ((verdict == 0)); then
  step "nothing was lost, nothing was duplicated"
else
  step "datagrams were lost or duplicated (see the table)"
fi
exit "$verdict"
