#!/bin/sh
# tutorial_node.sh HELLO: runs the program of docs/tutorial.md as two nodes on one host, and waits until each has heard the other.
set -eu

if [ "${1-}" != inside ]; then
  unshare --user --map-root-user --net true 2>/dev/null || { echo "no namespaces here: not tried"; exit 77; }
  exec unshare --user --map-root-user --net "$0" inside "$@"
fi
shift

folder=$(mktemp -d)
alice= bob=
trap 'kill $alice $bob 2>/dev/null || true; rm -r "$folder"' EXIT
ip link set lo up
ip -6 route add local ff12::/16 dev lo
"$1" lo alice bob > "$folder/alice" & alice=$!
"$1" lo bob alice > "$folder/bob" & bob=$!
tries=0
until grep -q " says hello$" "$folder/alice" && grep -q " says hello$" "$folder/bob"; do
  kill -0 $alice && kill -0 $bob || { echo "a program has ended"; exit 1; }
  tries=$((tries + 1))
  [ $tries -lt 300 ] || { echo "no greeting in 30 s"; exit 1; }
  sleep 0.1
done
kill -INT $alice $bob
wait $alice
wait $bob
! "$1" 2> "$folder/usage"
grep -q "^usage: " "$folder/usage"
cat "$folder/alice"
