# Shared by demonstrations and measurements: options, lines on the terminal, programs on the hosts of hosts.sh. To be sourced
# by bash, under `set -euo pipefail`, by a script whose help is the comment at its top.
#
#   take_options VALUES FLAGS ARGUMENT...   --NAME VALUE sets the variable NAME (of VALUES); --NAME sets it to yes, --no-NAME
#                                           to no (of FLAGS). Prints the help, or what is wrong
#   check_moves SECONDS SECONDS [NUMBER]... fails unless all are numbers from 1 to 9999, and --stay is longer than --handoff
#   step TEXT, show HOST COMMAND            print a line on the terminal
#   fail TEXT                               prints TEXT and ends with exit status 1
#   result TEXT COMMAND...                  prints whether the command succeeded; counts in `passed` and `failed`
# outside, where the script makes hosts and runs itself again in them:
#   output_folder                           creates `output` and makes it an absolute path
#   prepare OPTION...                       that, and `build` by setup.sh with these options, unless --no-setup was given
#   need PROGRAM...                         fails unless these programs of `build` exist
#   use_unpacked                            makes what `setup.sh --streams` has unpacked available
#   enter_hosts ARGUMENT...                 runs the script in namespaces, with --inside and these arguments, and ends as it does
#   leave STATUS                            ends; under sudo, gives the output to the calling user
# and inside:
#   soon SECONDS COMMAND...                 waits until the command succeeds; false if it does not in time
#   wait_for SECONDS WHAT COMMAND...        the same, or it fails
#   start HOST LOG COMMAND...               in the background, as a group of its own; `started` is its process
#   end PROCESS...                          ends those, and what they have started
#   holds FILE LINE                         true if the file has that line
#   configuration HOST LOCATORS NID [LINES [LINES]]   HOST.ini; more lines of [network], lines of [application]
#   ask HOST ARGUMENT...                    ilnp-proxy-create, at the control socket of a host's program, `sockets`/HOST
#   meet HOST HOST                          waits until they know each other
# with `sockets`, a folder with a short path.

examples=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")
name=$(basename "$0" .sh)
build=${ILNP_BUILD_DIR:-$examples/../build}
output=
setup=yes
inside=no
sockets=
passed=0
failed=0
mcast_port=10000
. "$examples/hosts.sh"

step() { printf '==> %s\n' "$*"; }
show() { printf '  %-7s$ %s\n' "$1" "$2"; }
fail() {
  printf '%s: %s\n' "$name" "$*" >&2
  exit 1
}
result() {
  local text=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$text"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n' "$text"
  fi
}

take_options() {
  local values=" $1 " flags=" $2 " option
  shift 2
  for (( ; $#; )); do
    option=${1#--}
    [[ $1 == --* && $option != *[!a-z-]* || $1 == -h ]] || fail "unknown argument $1 (try --help)"
    if [[ $option == help || $1 == -h ]]; then
      sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//p}' "$script"
      exit 0
    elif [[ $values == *" $option "* ]]; then
      (($# > 1)) || fail "$1 needs a value (try --help)"
      declare -g "${option//-/_}=$2"
      shift
    elif [[ $flags == *" $option "* ]]; then
      case $option in
        no-*) option=${option#no-} && declare -g "${option//-/_}=no" ;;
        *) declare -g "${option//-/_}=yes" ;;
      esac
    else
      fail "unknown option $1 (try --help)"
    fi
    shift
  done
}

check_moves() {
  local number
  for number; do
    [[ $number =~ ^[0-9]{1,4}$ && $number != 0 ]] || fail "not a number from 1 to 9999: $number"
  done
  (($1 > $2)) || fail "--stay must be longer than --handoff"
}

# --- Outside -----------------------------------------------------------------------------------------------------------

output_folder() {
  mkdir -p "$output" 2>/dev/null && [[ -w $output ]] || fail "cannot write to the folder $output"
  output=$(cd "$output" && pwd)
}
prepare() {
  output_folder
  [[ $setup == no ]] || ILNP_BUILD_DIR=$build "$examples/setup.sh" "$@"
  build=$(cd "$build" 2>/dev/null && pwd) || fail "no build folder $build: run without --no-setup"
}
need() {
  local program
  for program; do [[ -x $build/$program ]] || fail "$build/$program is missing: run without --no-setup"; done
}
use_unpacked() {
  local tools=$build/streams/root
  export PATH=$PATH:$tools/usr/sbin:$tools/usr/bin:$tools/sbin:$tools/bin
  export LD_LIBRARY_PATH=$tools/usr/lib/$(uname -m)-linux-gnu
}
leave() {
  if [[ -n ${SUDO_UID:-} ]]; then chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$output"; fi
  exit "$1"
}
enter_hosts() {
  local status=0
  sockets=$(mktemp -d) # the path of a UNIX socket is short: the output folder's may be too long
  trap 'rm -rf "$sockets"' EXIT
  hosts_private "$script" --inside --output "$output" --build "$build" --sockets "$sockets" "$@" || status=$?
  leave "$status"
}

# --- Inside ------------------------------------------------------------------------------------------------------------

# Processes are expensive in user-mode Linux, so bash does what it can itself.
pause() { # seconds
  [[ -n ${nothing:-} ]] || exec {nothing}<> <(:)
  read -r -t "$1" -u "$nothing" || true
}
soon() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS <= end)) || return 1
    pause 0.03
  done
}
wait_for() {
  local seconds=$1 what=$2
  shift 2
  soon "$seconds" "$@" || {
    tail -n 20 ./*.log >&2 || true
    fail "timed out waiting for $what; the end of the logs is above, all of them are in $PWD"
  }
}
start() {
  local host=$1 log=$2
  shift 2
  in_host "$host" setsid "$@" </dev/null >>"$log" 2>&1 &
  started=$!
}
end() {
  local process
  for process; do kill -- "-$process" 2>/dev/null || kill "$process" 2>/dev/null || true; done
  wait "$@" 2>/dev/null || true
}
holds() {
  local line
  while read -r line; do [[ $line != "$2" ]] || return 0; done <"$1"
  return 1
} 2>/dev/null

configuration() {
  cat >"$1.ini" <<INI
[link]
mcast_port = $mcast_port
mcast_interface = eth0
user_id = 0

[network]
locators = $2
nid = $3
${4:-}

[discovery]
hostname = $1
wait_time = 4
${5:+
[application]
$5}
INI
}
ask() { "$build/examples/ilnp-proxy-create" --control "$sockets/$1" "${@:2}"; }
knows() { [[ $'\n'$(ask "$1" --hosts 2>/dev/null) == *$'\n'"$2 "* ]]; }
meet() {
  wait_for 10 "$1 to hear of $2" knows "$1" "$2"
  wait_for 10 "$2 to hear of $1" knows "$2" "$1"
}
