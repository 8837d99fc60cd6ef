#!/bin/sh
# own_proxy.sh OWN_PROXY ECHO_NODE ILNP_CTL: the proxy of docs/design.md lets nc talk to the node of README.md, and shows the counters of
# its own layer. All of them run in a network namespace of their own.
set -eu
command -v nc >/dev/null || { echo "no nc here: not tried"; exit 77; }
. "$(dirname "$0")/own_host.sh"

configure echo own
ctl=$3
ctl_until() { # PATTERN COMMAND: until the reply has a line that matches
  tries=0
  until "$ctl" --control "$folder/socket" "$2" > "$folder/reply" 2>&1 && grep -q "$1" "$folder/reply"; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || { cat "$folder/reply"; echo "no $1 in 30 s"; exit 1; }
    sleep 0.1
  done
}

"$2" "$folder/echo.ini" & processes=$!
"$1" "$folder/own.ini" echo "$folder/socket" & own=$! processes="$processes $own"
ctl_until "^echo " hosts

mkfifo "$folder/typed"
nc -u -p 10001 127.0.0.1 10000 < "$folder/typed" > "$folder/shown" & processes="$processes $!"
exec 3> "$folder/typed"
echo hello >&3
wait_for "^hello$" "$folder/shown"
# The layer counts what the proxy sends: one packet.
ctl_until "^quota.sent  *1 *$" counters
ctl_until "^quota.refused  *0 *$" counters
ctl_until "^own-proxy: own (" status
cat "$folder/reply"
kill -INT "$own"
wait "$own"
