#!/usr/bin/env bash
# walkthrough.sh ROOT BUILD: follows the walk-through of README.md. Makes its hosts by the commands there, runs each command on
# its host, types what is typed there, and checks that it arrives at the other end.
set -euo pipefail

root=$1 build=$2
. "$root/examples/hosts.sh"

if [[ ${3-} != inside ]]; then
  unshare --user --map-root-user --net true 2>/dev/null || ((EUID == 0)) || { echo "no namespaces here: not tried"; exit 77; }
  command -v nc >/dev/null || { echo "no nc here: not tried"; exit 77; }
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  hosts_private bash "$0" "$root" "$build" inside "$folder"
  exit
fi

folder=$4
cd "$folder"
ln -s "$root/examples" examples
ln -s "$build" build

# Waits up to 20 s until a command succeeds.
until_true() {
  local tries=0
  until "$@"; do
    ((++tries < 200)) || { echo "timed out: $*"; tail -n 5 ./*.out; exit 1; }
    sleep 0.1
  done
}
said() { grep -qxF -- "$2" "$1"; }
run_on() { in_host "$1" bash -c "exec $2"; }
knows() { run_on "$1" "build/examples/ilnp-proxy-create --control $folder/$1.sock --hosts" 2>/dev/null | grep "^$2 " >/dev/null; }
section() { sed -n "/^## Walk-through/,/^## TCP/p" "$root/README.md"; }

# The hosts: the commands in the first block, on names that nobody else sees.
hosts_private_names
sudo() { "$@"; }
commands=$(section | sed -n '/^```sh$/,/^```$/p' | sed '/^```/d')
[[ -n $commands ]] || { echo "README.md has changed: it makes no hosts"; exit 1; }
echo "$commands"
eval "$commands"

host='' typed=0
declare -A line
while IFS= read -r text; do
  if [[ $text =~ ^\ {4}(alice|bob|router)\$\ +(.*)$ ]]; then
    host=${BASH_REMATCH[1]} command=${BASH_REMATCH[2]//\/tmp\//$folder/}
    echo "$host\$ $command"
    case $command in
      *ilnp-ctl*hosts) run_on "$host" "$command" && until_true knows "$host" bob ;;
      *--map*) break ;; # the next part: a node that moves, as the demonstration shows it
      *ilnp-proxy-create*) [[ $(run_on "$host" "$command") == 10000 ]] ;;
      nc*)
        mkfifo "$host.in"
        run_on "$host" "$command" <"$host.in" >"$host.out" 2>&1 &
        exec {typing}>"$host.in"
        line[$host.typing]=$typing
        ;;
      *)
        run_on "$host" "$command" >"$host.log.out" 2>&1 &
        until_true test -s "$host.log.out"
        ;;
    esac
  elif [[ $text =~ ^\ {4}([a-z,]+)$ && -n ${line[$host.typing]-} ]]; then
    line[$host]=${BASH_REMATCH[1]}
    typed=$((typed + 1))
  fi
done < <(section)
[[ $typed == 2 ]] || { echo "README.md has changed: no two lines are typed"; exit 1; }
said alice.log.out "Listening on 10000"
said bob.log.out "Listening on 10000"

until_true knows alice bob
until_true knows bob alice
for pair in alice:bob bob:alice; do
  from=${pair%:*} to=${pair#*:}
  # A line that is typed before nc has bound its port is lost, as any datagram may be: it is typed again.
  until_true eval 'echo "${line[$from]}" >&"${line[$from.typing]}"; sleep 0.1; said "$to.out" "${line[$from]}"'
  echo "$to reads: ${line[$from]}"
done
