#!/bin/sh
# tutorial_node.sh HELLO: runs the program of docs/tutorial.md as two nodes on one host, and waits until each has heard the other.
set -eu
. "$(dirname "$0")/own_host.sh"

"$1" lo alice bob > "$folder/alice" & processes=$!
"$1" lo bob alice > "$folder/bob" & processes="$processes $!"
wait_for " says hello$" "$folder/alice" "$folder/bob"
kill -INT $processes
for process in $processes; do wait "$process"; done
! "$1" 2> "$folder/usage"
grep -q "^usage: " "$folder/usage"
cat "$folder/alice"
