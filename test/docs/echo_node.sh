#!/bin/sh
# echo_node.sh ECHO_NODE CLIENT: runs both in a network namespace of their own, and waits for the first answer.
set -eu
. "$(dirname "$0")/own_host.sh"

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
"$1" "$folder/echo.ini" & processes=$!
"$2" "$folder/asker.ini" 8 echo 7 > "$folder/answers" & processes="$processes $!"
wait_for "^from " "$folder/answers"
cat "$folder/answers"
