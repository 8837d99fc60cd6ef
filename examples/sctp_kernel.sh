#!/usr/bin/env bash
# Runs a command in a Linux kernel that has SCTP, for hosts whose kernel has none: user-mode Linux, a kernel that runs as
# a program of any user. The command runs as root there. It sees the files of this machine, read-only, and has its own
# network, without a network card but with veth, bridges, netem and tun.
#
#   examples/sctp_kernel.sh [OPTION]... COMMAND [ARGUMENT]...
#
#   --build FOLDER     the build folder (default: build/ of this checkout), after `setup.sh --streams`
#   --writable FOLDER  a folder of this machine that the command may write to; repeatable
#   --seconds N        end it after N seconds, with exit status 124 (default: 300)
#   --memory SIZE      memory of the kernel (default: 512M; taken as it is used)
#   --help             this text
#
# The command's output goes to standard output, and its exit status is that of this script. The working folder and the
# environment are the caller's; /tmp and /run are empty. The programs that `setup.sh --streams` unpacked come last in PATH.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${ILNP_BUILD_DIR:-$here/../build}
seconds=300
memory=512M
writable=()

fail() {
  printf 'sctp_kernel: %s\n' "$*" >&2
  exit 1
}

while (($#)); do
  case $1 in
    --build | --writable | --seconds | --memory)
      (($# > 1)) || fail "$1 needs a value (try --help)"
      if [[ $1 == --writable ]]; then
        writable+=("$(cd "$2" && pwd)") || fail "no folder $2"
      else
        declare "${1#--}=$2"
      fi
      shift
      ;;
    --help | -h)
      sed -n '2,/^set -e/{/^set -e/d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
      exit 0
      ;;
    -*) fail "unknown option $1 (try --help)" ;;
    *) break ;;
  esac
  shift
done
(($#)) || fail "no command (try --help)"

build=$(cd "$build" && pwd) || fail "no build folder $build"
tools=$build/streams/root
kernel=$(PATH=$PATH:$tools/usr/bin command -v linux.uml) || fail "no linux.uml: run $here/setup.sh --streams first"
busybox=$(PATH=$PATH:$tools/bin command -v busybox) || fail "no busybox: run $here/setup.sh --streams first"
for modules in "$tools"/usr/lib/uml/modules/* /usr/lib/uml/modules/*; do
  [[ ! -e $modules/modules.dep ]] || break
done
[[ -e $modules/modules.dep ]] || fail "linux.uml has no modules"

work=$(mktemp -d)
running=
cleanup() {
  [[ -z $running ]] || kill -KILL -- "-$running" 2>/dev/null || true # the kernel's processes are one group
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Folders below /tmp and /run are hidden by the empty ones there: these are mounted again.
visible=("$(cd "$here/.." && pwd)" "$build" "$PWD")
{
  echo "#!/bin/bash"
  declare -p tools busybox modules work
  declare -p visible writable
  export -p | grep -vE '^declare -x (PATH|PWD|OLDPWD|SHLVL|TMPDIR|LD_LIBRARY_PATH)='
  printf 'folder=%q\ncommand=(' "$PWD"
  printf '%q ' "$@"
  echo ")"
  cat <<'INIT'
export PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH=$PATH:$tools/usr/sbin:$tools/usr/bin:$tools/sbin:$tools/bin
export LD_LIBRARY_PATH=$tools/usr/lib/$(uname -m)-linux-gnu
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev 2>/dev/null || mount --bind /dev /dev
mount -t hostfs none /mnt -o "$work" # where we say how it ended
exec </dev/null >/mnt/output 2>&1
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/self/fd/0 /dev/stdin
ln -sf /proc/self/fd/1 /dev/stdout
ln -sf /proc/self/fd/2 /dev/stderr
for place in /tmp /run /dev/shm; do mount -t tmpfs tmpfs "$place"; done
chmod 1777 /tmp /dev/shm
for place in "${visible[@]}"; do
  case $place/ in /tmp/* | /run/*) mkdir -p "$place" && mount -t hostfs none "$place" -o "$place,ro" ;; esac
done
for place in "${writable[@]}"; do
  mkdir -p "$place" 2>/dev/null
  mount -t hostfs none "$place" -o "$place"
done
load() { # with what it needs, which modules.dep names from the last to the first
  local names at
  names=($(awk -v want="/$1.ko:" 'index($1, want) { sub(":", ""); print }' "$modules/modules.dep"))
  for ((at = ${#names[@]} - 1; at >= 0; --at)); do
    "$busybox" insmod "$modules/${names[at]}" 2>/dev/null || true # it may be there already
  done
}
for module in hmac sctp sctp_diag veth bridge sch_netem tun; do load "$module"; done
cd "$folder" || cd /
"${command[@]}"
echo "$?" >/mnt/status
"$busybox" sync
"$busybox" poweroff -f
INIT
} >"$work/init"
chmod +x "$work/init"
: >"$work/output"

# The kernel's own words stay in a file; they matter only if it did not get as far as the command.
set -m
TMPDIR=/dev/shm "$kernel" mem="$memory" root=/dev/root rootfstype=hostfs rootflags=/ ro quiet con=null con0=null,fd:1 \
  init="$work/init" </dev/null >"$work/console" 2>&1 &
running=$!
set +m
tail -q -n +1 -s 0.2 -f --pid="$running" "$work/output" &
shown=$!
(
  sleep "$seconds" & # of which nothing is left when the kernel ends first
  trap 'kill $!' TERM
  wait
  echo 124 >"$work/status"
  kill -KILL -- "-$running"
) 2>/dev/null &
watch=$!
wait "$running" 2>/dev/null || true
kill "$watch" 2>/dev/null || true
wait "$shown" || true
if [[ ! -s $work/status ]]; then
  cat "$work/console" >&2
  fail "the kernel ended before the command did"
fi
status=$(<"$work/status")
((status != 124)) || printf 'sctp_kernel: ended after %s s\n' "$seconds" >&2
exit "$status"
