# Hosts for demonstrations: network namespaces joined by a bridge. To be sourced by bash.
#
#   hosts_private COMMAND...   run COMMAND in namespaces of its own (networks, mounts, processes). Everything that it
#                              creates or starts there ends with it. Needs no root where the kernel allows user
#                              namespaces; elsewhere it asks for sudo.
# and inside COMMAND:
#   hosts_begin                a bridge, and no hosts yet
#   hosts_add NAME             a host NAME, with lo and eth0; eth0 is on the bridge
#   in_host NAME COMMAND...    run COMMAND there (exec: `in_host NAME COMMAND & kill $!` ends COMMAND itself)

hosts_private() {
  local unshare=(unshare --net --mount --pid --fork --kill-child)
  local try=(sh -c 'ip link add try type bridge')
  if ((EUID != 0)); then
    if "${unshare[@]}" --user --map-root-user "${try[@]}" 2>/dev/null; then
      unshare+=(--user --map-root-user)
    elif command -v sudo >/dev/null && [[ -t 0 || -t 2 ]] || sudo -n true 2>/dev/null; then
      printf '==> %s\n' "users may not create network namespaces on this system: asking for sudo"
      sudo true || return 1
      unshare=(sudo "${unshare[@]}")
    else
      echo "cannot create network namespaces: run this as root, or allow unprivileged user namespaces" >&2
      return 1
    fi
  elif ! "${unshare[@]}" "${try[@]}" 2>/dev/null; then
    echo "cannot create network namespaces although this is root: a container needs CAP_SYS_ADMIN" >&2
    return 1
  fi
  # A /proc of its own where that is allowed (some containers forbid it): nothing here depends on it.
  "${unshare[@]}" --mount-proc true 2>/dev/null && unshare+=(--mount-proc)
  # In the background, so that a signal ends this at once; then the first process of the namespaces is killed,
  # and with it the kernel ends all the others.
  "${unshare[@]}" "$@" <&0 &
  hosts_pid=$!
  trap 'kill -KILL "$hosts_pid" 2>/dev/null; exit 130' INT
  trap 'kill -KILL "$hosts_pid" 2>/dev/null; exit 143' TERM HUP
  local status=0
  wait "$hosts_pid" || status=$?
  trap - INT TERM HUP
  return "$status"
}

# `ip netns` keeps names in /run/netns: in this mount namespace that becomes a folder of our own.
hosts_private_names() {
  if [[ -d /run/netns ]]; then
    mount -t tmpfs hosts /run/netns
  else
    mount -t tmpfs hosts /run
    mkdir /run/netns
  fi
}

hosts_begin() {
  hosts_private_names
  hosts_count=0
  ip link set lo up
  ip link add bridge type bridge mcast_snooping 0
  ip link set bridge up
}

hosts_add() {
  local name=$1 octet
  hosts_count=$((hosts_count + 1))
  octet=$(printf %02x "$hosts_count")
  ip netns add "$name"
  # An address is usable at once: nobody else is here, so there is no duplicate to wait for.
  ip netns exec "$name" sh -c 'for conf in all default; do
      echo 0 >/proc/sys/net/ipv6/conf/$conf/accept_dad
      echo 0 >/proc/sys/net/ipv6/conf/$conf/router_solicitations
    done'
  ip link add "to-$name" type veth peer name eth0 address "02:00:00:00:00:$octet" netns "$name"
  ip link set "to-$name" master bridge up
  ip -n "$name" link set lo up
  ip -n "$name" link set eth0 up
  local tries=0
  until ip -n "$name" -6 address show dev eth0 scope link | grep inet6 | grep -qv tentative; do
    ((++tries < 200)) || { echo "host $name got no link-local address on eth0: is IPv6 off?" >&2; return 1; }
    sleep 0.02
  done
}

in_host() {
  local name=$1
  shift
  if [[ $BASHPID != "$$" ]]; then
    exec ip netns exec "$name" "$@"
  fi
  ip netns exec "$name" "$@"
}
