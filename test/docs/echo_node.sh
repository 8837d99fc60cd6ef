#!/bin/sh
# echo_node.sh ECHO_NODE CLIENT: runs both in a network namespace of their own, and waits for the first answer.
set -eu
. "$(dirname "$0")/own_host.sh"

configure echo asker
"$1" "$folder/echo.ini" & processes=$!
"$2" "$folder/asker.ini" 8 echo 7 > "$folder/answers" & processes="$processes $!"
wait_for "^from " "$folder/answers"
cat "$folder/answers"
