#!/bin/sh
# echo_node.sh ECHO_NODE CLIENT: runs both in a network namespace of their own, and waits for the first answer.
set -eu

if [ "${1-}" != inside ]; then
  unshare --user --map-root-user --net true 2>/dev/null || { echo "no namespaces here: not tried"; exit 77; }
  exec unshare --user --map-root-user --net "$0" inside "$@"
fi
shift

folder=$(mktemp -d)
trap 'kill $node $client 2>/dev/null || true; rm -r "$folder"' EXIT
ip link set lo up
ip -6 route add local ff12::/16 dev lo
for name in echo asker; do
  cat > "$folder/$name.ini" <<INI
[link]
mcast_port = 10000
mcast_interface = lo
[network]
locators = 0:0:0:a
[discovery]
hostname = $name
INI
done
node= client=
"$1" "$folder/echo.ini" & node=$!
"$2" "$folder/asker.ini" 8 echo 7 > "$folder/answers" & client=$!
tries=0
until grep -q "^from " "$folder/answers"; do
  kill -0 $node && kill -0 $client || { echo "a program has ended"; exit 1; }
  tries=$((tries + 1))
  [ $tries -lt 300 ] || { echo "no answer in 30 s"; exit 1; }
  sleep 0.1
done
cat "$folder/answers"
