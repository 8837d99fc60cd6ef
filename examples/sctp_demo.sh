#!/usr/bin/env bash
# Streams with standard tools: ssh and curl over the Linux kernel's SCTP, in UDP, over the overlay. First between alice and
# bob, with a router between their networks: ncat, ssh, a SOCKS proxy, a plain TCP port. Then between alice and two peers,
# and between alice and a peer that runs ilnp-stream.
#
#   examples/sctp_demo.sh [OPTION]...
#
#   --output FOLDER   for the logs (default: ./sctp-demo-output)
#   --no-setup        fetch nothing and build nothing
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --own-kernel      use a separate kernel even if this machine's would do
#   --help            this text
#
# Exit status: 0 only if every step succeeded. The hosts are network namespaces: of this machine if its kernel has SCTP
# and you are root, otherwise of a Linux kernel that runs as a program (user-mode Linux), which any user may do.
# Missing tools are unpacked into the build folder; only the compiler and libraries for the build are installed.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/demonstration.sh"
. "$examples/ssh.sh"
output=sctp-demo-output
own_kernel=no
mcast_port=10004 # the recipes use 10000 to 10003
take_options "output build sockets" "no-setup own-kernel inside" "$@" # --sockets and --inside are the demo's own

# --- Outside: everything that happens on the machine itself ------------------------------------------------------------

if [[ $inside == no ]]; then
  prepare --streams
  need examples/ilnp-{proxy,proxy-create,router,stream}
  [[ -e $build/streams/complete ]] || fail "$build/streams is missing: run without --no-setup"
  rm -rf "$output"/{alice,bob,carol,router,web}*

  kernel_has_sctp() {
    ((EUID == 0)) || return 1
    ! command -v modprobe >/dev/null || modprobe -q sctp || true
    [[ -w /proc/sys/net/sctp/udp_port ]]
  }
  if [[ $own_kernel == no ]] && kernel_has_sctp; then
    step "the kernel of this machine has SCTP"
    use_unpacked
    enter_hosts
  fi
  step "starting a separate Linux kernel with SCTP"
  status=0
  "$examples/sctp_kernel.sh" --build "$build" --writable "$output" --seconds 300 \
    "$script" --inside --output "$output" --build "$build" || status=$?
  leave "$status"
fi

# --- Inside: the hosts -------------------------------------------------------------------------------------------------

cd "$output"
trap 'exit 130' INT
trap 'exit 143' TERM HUP
bin=$build/examples
[[ -n $sockets ]] || sockets=$(mktemp -d)

declare -A proxies
proxy() { # host, options: starts its ilnp-proxy, after stopping the previous one
  local host=$1
  shift
  if [[ -n ${proxies[$host]:-} ]]; then
    end "${proxies[$host]}"
    pause 1.1 # nodes ignore an identical announcement within a second
  fi
  show "$host" "ilnp-proxy $host.ini 10000${*:+ $*}"
  : >"$host-proxy.log"
  start "$host" "$host-proxy.log" "$bin/ilnp-proxy" "$host.ini" 10000 --control "$sockets/$host" "$@"
  proxies[$host]=$started
  soon 10 holds "$host-proxy.log" 'Listening on 10000' || fail "no proxy on $host: $(tail -n 1 "$host-proxy.log")"
}
create() { # host, local port, remote host, remote port
  show "$1" "ilnp-proxy-create $2 $3 $4"
  ask "$@" >/dev/null
}
# Data must go through the overlay: its proxies count it.
declare -A counted since
count() {
  local host name value
  for host in alice bob; do
    while read -r name value; do counted[$host.$name]=$value; done < <(ask "$host" --counters)
  done
}
note() {
  local key
  count
  for key in "${!counted[@]}"; do since[$key]=${counted[$key]}; done
}
more() { echo $((counted[$1] - since[$1])); } # since `note`
carried() { # the least number of datagrams from alice to bob, and from bob to alice
  count
  local sent=("$(more alice.stp.sent)" "$(more bob.stp.sent)")
  local delivered=("$(more bob.stp.delivered)" "$(more alice.stp.delivered)")
  printf '          (datagrams in the overlay: %s from alice, %s from bob)\n' "${sent[@]}"
  ((sent[0] >= $1 && delivered[0] >= $1 && sent[1] >= $2 && delivered[1] >= $2))
}

sysctls() { # host, NAME=VALUE...: they apply only to sockets that are created later
  local host=$1 each commands=
  shift
  show "$host" "sysctl -w ${*/#/net.sctp.}" # on a real machine: as root
  for each; do commands+="echo ${each#*=} >/proc/sys/net/sctp/${each%%=*};"; done
  in_host "$host" sh -c "$commands"
}
net_of() { REPLY=/proc/${proxies[$1]}/net; } # the network of a host, by way of its proxy
listens() { # host, sctp, tcp or udp, port
  local line fields port
  net_of "$1"
  printf -v port :%04X "$3"
  case $2 in
    sctp) while read -r -a fields; do [[ ${fields[5]:-} != "$3" ]] || return 0; done <"$REPLY/sctp/eps" ;;
    *) while read -r -a fields; do
      [[ ${fields[1]} != *$port || ($2 == tcp && ${fields[3]} != 0A) ]] || return 0
    done < <(cat "$REPLY/$2" "$REPLY/${2}6") ;;
  esac
  return 1
}
# An association has no address except loopback ones, so the kernel cannot bypass the overlay.
only_loopback() { # host
  local associations address
  net_of "$1"
  associations=$(<"$REPLY/sctp/assocs")
  [[ $associations == *127.0.0.1* && $associations != *[a-f0-9]:[a-f0-9:]* ]] || return 1
  for address in $associations; do
    [[ $address != *.*.*.* || $address == *127.0.0.* ]] || return 1
  done
}
# Starts a command on a host. DESCRIPTOR names the variable for the descriptor to type into; HOST.out has the output.
keyboard() { # host, descriptor, command
  local host=$1
  local -n descriptor=$2
  shift 2
  show "$host" "$*"
  rm -f "$sockets/$host-keys"
  mkfifo "$sockets/$host-keys"
  in_host "$host" setsid "$@" <"$sockets/$host-keys" >"$host.out" 2>>"$host.log" &
  started=$!
  exec {descriptor}>"$sockets/$host-keys"
}

# ncat listens on alice, and ncat on bob connects; a line goes each way.
hello_world() {
  local to_alice to_bob processes=()
  keyboard alice to_bob ncat --sctp -l 127.0.0.1 9999
  processes+=("$started")
  soon 10 listens alice sctp 9999 || echo "no program listens on alice" >&2
  note
  keyboard bob to_alice ncat --sctp -s 127.0.0.1 127.0.0.1 9999
  processes+=("$started")
  show bob "(types)    hello,"
  echo "hello," >&"$to_alice"
  result "$1: bob's hello reaches alice" soon 15 holds alice.out "hello,"
  show alice "(types)    world"
  echo "world" >&"$to_bob"
  result "$1: alice's world reaches bob" soon 15 holds bob.out "world"
  # INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, a line and its acknowledgement each way
  result "$1: it went through the overlay" carried 3 3
  result "$1: the kernels know no address outside the overlay" only_loopback bob
  exec {to_alice}>&- {to_bob}>&-
  end "${processes[@]}"
}

ssh_begin "$sockets/ssh"

step "four hosts: alice in network a, bob and carol in network b, and a router"
hosts_begin
for host in alice bob carol router; do hosts_add "$host"; done
configuration alice 0:0:0:a ffff:0:0:a
configuration bob 0:0:0:b ffff:0:0:b
configuration carol 0:0:0:b ffff:0:0:c
configuration router 0:0:0:a,0:0:0:b ffff:0:0:d
show router "ilnp-router router.ini"
start router router.log "$bin/ilnp-router" router.ini
router=$started

step "with ncat as the redirector (A)"
sysctls alice udp_port=10003 encap_port=10002
sysctls bob udp_port=10003 encap_port=10002
proxy alice
proxy bob
create alice 10002 bob 10003
create alice 10003 bob 10003
create bob 10002 alice 10003
create bob 10003 alice 10003
meet alice bob
redirectors=()
for host in alice bob; do
  show "$host" 'ncat -u -l 10002 -c "ncat -u 127.0.0.1 10000 -p 10002" --keep-open'
  start "$host" "$host-redirector.log" ncat -u -l 10002 -c "ncat -u 127.0.0.1 10000 -p 10002" --keep-open
  redirectors+=("$started")
done
for host in alice bob; do soon 10 listens "$host" udp 10002 || fail "no redirector on $host"; done
hello_world "with a redirector"
end "${redirectors[@]}"

step "with the redirector in the proxy"
for host in alice bob; do
  peer=$([[ $host == alice ]] && echo bob || echo alice)
  proxy "$host" --redirect 10002 --map "10002:$peer:10003" --map "10003:$peer:10003"
done
meet alice bob
hello_world "with --redirect"

step "without a redirector: the kernel's first packet also goes to the proxy (B)"
for host in alice bob; do
  peer=$([[ $host == alice ]] && echo bob || echo alice)
  # The window holds one or two datagrams of 64 KB, and without the last of these each single one is acknowledged late.
  sysctls "$host" udp_port=10003 encap_port=10000 sack_timeout=10
  proxy "$host" --map "10003:$peer:10003"
done
meet alice bob
hello_world "without a redirector"

step "ssh, unmodified"
ssh=(ssh -F "$ssh_config")
show alice "sshd"
start alice alice-sshd.log "${sshd[@]}"
soon 10 listens alice tcp 22 || fail "no sshd on alice: $(tail -n 1 alice-sshd.log)"
show alice 'ncat --sctp -l 127.0.0.1 9999 --keep-open -c "ncat 127.0.0.1 22"'
start alice alice-ncat.log ncat --sctp -l 127.0.0.1 9999 --keep-open -c "ncat 127.0.0.1 22"
soon 10 listens alice sctp 9999 || fail "no program listens on alice"
over_sctp="ncat --sctp -s 127.0.0.1 127.0.0.1 9999"
host_name_of alice
log_in() { [[ $(in_host bob "${ssh[@]}" -o "ProxyCommand $over_sctp" localhost readlink /proc/self/ns/net 2>>bob-ssh.log) == "$1" ]]; }
show bob "ssh -o \"ProxyCommand $over_sctp\" localhost"
note
result "ssh: from bob into alice" log_in "$REPLY"
result "ssh: it went through the overlay" carried 10 10

step "a web server on alice, through ssh as a SOCKS proxy"
mkdir web
echo "<p>This page came over the overlay.</p>" >web/index.html
head -c 1048576 /dev/urandom >web/megabyte
show alice "httpd -p 127.0.0.1:8000"
start alice alice-httpd.log busybox httpd -f -p 127.0.0.1:8000 -h web
soon 10 listens alice tcp 8000 || fail "no web server on alice"
show bob "ssh -o \"ProxyCommand $over_sctp\" -N -D 8080 localhost"
start bob bob-socks.log "${ssh[@]}" -o "ProxyCommand $over_sctp" -N -D 8080 localhost
socks=$started
result "ssh -D: a SOCKS proxy on bob" soon 60 listens bob tcp 8080
browse() { # host, option of curl..., page: fetched, and compared
  local host=$1 page=${*: -1}
  shift
  in_host "$host" curl -sS --max-time 30 -o "$host-page" "$@" 2>>"$host-curl.log" && cmp -s "web/${page##*/}" "$host-page"
}
show bob "curl --socks5-hostname 127.0.0.1:8080 http://127.0.0.1:8000/index.html"
note
result "curl through SOCKS5: a page" browse bob --socks5-hostname 127.0.0.1:8080 http://127.0.0.1:8000/index.html
result "curl through SOCKS5: it went through the overlay" carried 3 3
show bob "curl --socks5-hostname 127.0.0.1:8080 http://127.0.0.1:8000/megabyte"
note
result "curl through SOCKS5: a megabyte arrives unchanged" \
  browse bob --socks5-hostname 127.0.0.1:8080 http://127.0.0.1:8000/megabyte
result "curl through SOCKS5: it went through the overlay" carried $((1048576 / 1396)) 10
# The kernel's SCTP packets are as long as the loopback device allows, 65536 octets by default.
in_fragments() { (($(more alice.fragment.sent) > 0 && $(more bob.fragment.delivered) > 0)); }
result "curl through SOCKS5: in datagrams longer than a frame" in_fragments
# Another proof: without the router nothing arrives.
show router "(stops)"
kill -STOP "$router"
result "with the router stopped, nothing arrives" eval \
  '! browse bob --max-time 2 --socks5-hostname 127.0.0.1:8080 http://127.0.0.1:8000/index.html'
show router "(continues)"
kill -CONT "$router"
result "when it continues, the page arrives" browse bob --socks5-hostname 127.0.0.1:8080 http://127.0.0.1:8000/index.html
end "$socks"

step "a plain TCP port"
show alice 'ncat --sctp -l 127.0.0.1 9998 --keep-open -c "ncat 127.0.0.1 8000"'
start alice alice-ncat.log ncat --sctp -l 127.0.0.1 9998 --keep-open -c "ncat 127.0.0.1 8000"
show bob 'ncat -l 127.0.0.1 8001 -c "ncat --sctp -s 127.0.0.1 127.0.0.1 9998" --keep-open'
start bob bob-ncat.log ncat -l 127.0.0.1 8001 -c "ncat --sctp -s 127.0.0.1 127.0.0.1 9998" --keep-open
soon 10 listens alice sctp 9998 && soon 10 listens bob tcp 8001 || fail "a program does not listen"
show bob "curl http://127.0.0.1:8001/index.html"
note
result "TCP: a page" browse bob http://127.0.0.1:8001/index.html
result "TCP: it went through the overlay" carried 3 3

step "alice with two peers at once, each at its own socket of alice's proxy (C)"
proxy alice --listen-for bob@127.0.0.2:10000 --listen-for carol@127.0.0.3:10000 \
  --map 10003:bob:10003 --map 10003:carol:10003
sysctls carol udp_port=10003 encap_port=10000 sack_timeout=10
proxy carol --map 10003:alice:10003
meet alice bob
meet alice carol
show alice "socat SCTP4-LISTEN:9997,bind=127.0.0.1,fork,reuseaddr EXEC:cat"
start alice alice-socat.log socat SCTP4-LISTEN:9997,bind=127.0.0.1,fork,reuseaddr EXEC:cat
show alice "socat -U SCTP4-LISTEN:9996,bind=127.0.0.1,fork,reuseaddr OPEN:web/megabyte,rdonly"
start alice alice-socat.log socat -U SCTP4-LISTEN:9996,bind=127.0.0.1,fork,reuseaddr OPEN:web/megabyte,rdonly
soon 10 listens alice sctp 9997 && soon 10 listens alice sctp 9996 || fail "no program listens on alice"
for host in bob carol; do
  keyboard "$host" "to_$host" ncat --sctp -s 127.0.0.1 127.0.0.1 9997
  declare "${host}_ncat=$started"
done
echo "I am bob" >&"$to_bob"
echo "I am carol" >&"$to_carol"
result "two peers: alice sends bob's line back to bob" soon 15 holds bob.out "I am bob"
result "two peers: and carol's line to carol" soon 15 holds carol.out "I am carol"
both_known() {
  local peers REPLY
  net_of alice
  peers=$(<"$REPLY/sctp/assocs")
  [[ $peers == *127.0.0.2* && $peers == *127.0.0.3* ]]
}
result "two peers: each has its own address on alice" both_known
fetch() { in_host "$1" timeout 40 socat -u SCTP4:127.0.0.1:9996,bind=127.0.0.1 "CREATE:$1-megabyte" 2>>"$1-socat.log"; }
show both "socat -u SCTP4:127.0.0.1:9996,bind=127.0.0.1 CREATE:megabyte"
fetch bob &
bob_fetch=$!
fetch carol &
carol_fetch=$!
wait "$bob_fetch" "$carol_fetch" || true
result "two peers: a megabyte for bob" cmp -s web/megabyte bob-megabyte
result "two peers: and one for carol, at the same time" cmp -s web/megabyte carol-megabyte
for host in bob carol; do
  show "$host" "ncat --sctp -l 127.0.0.1 9999 --keep-open -c \"echo I am $host\""
  start "$host" "$host-ncat.log" ncat --sctp -l 127.0.0.1 9999 --keep-open -c "echo I am $host"
  soon 10 listens "$host" sctp 9999 || fail "no program listens on $host"
  address=127.0.0.$([[ $host == bob ]] && echo 2 || echo 3)
  show alice "ncat --sctp --recv-only -s 127.0.0.1 $address 9999"
  call() { [[ $(in_host alice timeout 15 ncat --sctp --recv-only -s 127.0.0.1 "$address" 9999 2>>alice-ncat.log) == "I am $host" ]]; }
  result "two peers: alice calls $host" call
done

step "alice's kernel SCTP with ilnp-stream on carol"
end "${proxies[carol]}"
pause 1.1
show carol "httpd -p 127.0.0.1:8000"
start carol carol-httpd.log busybox httpd -f -p 127.0.0.1:8000 -h web
show carol "socat -u TCP4-LISTEN:8003,bind=127.0.0.1 CREATE:upload"
start carol carol-socat.log socat -u TCP4-LISTEN:8003,bind=127.0.0.1,reuseaddr CREATE:carol-upload
show carol "ilnp-stream carol.ini --plain --sctp-port 10003 --expose 8000 --expose 8003 --listen 7000:alice:9995"
start carol carol-stream.log "$bin/ilnp-stream" carol.ini --plain --sctp-port 10003 --expose 8000 --expose 8003 \
  --listen 7000:alice:9995 --control "$sockets/carol"
proxies[carol]=$started
soon 10 holds carol-stream.log Running || fail "no ilnp-stream on carol: $(tail -n 1 carol-stream.log)"
meet alice carol
show alice 'ncat -l 127.0.0.1 8002 -c "ncat --sctp -s 127.0.0.1 127.0.0.3 8000" --keep-open'
start alice alice-ncat.log ncat -l 127.0.0.1 8002 -c "ncat --sctp -s 127.0.0.1 127.0.0.3 8000" --keep-open
show alice "socat SCTP4-LISTEN:9995,bind=127.0.0.1,fork,reuseaddr TCP4:127.0.0.1:8000"
start alice alice-socat.log socat SCTP4-LISTEN:9995,bind=127.0.0.1,fork,reuseaddr TCP4:127.0.0.1:8000
soon 10 listens alice tcp 8002 && soon 10 listens alice sctp 9995 && soon 10 listens carol tcp 8000 &&
  soon 10 listens carol tcp 8003 || fail "a program does not listen"
show alice "curl http://127.0.0.1:8002/megabyte"
result "alice connects to ilnp-stream: a megabyte from carol" browse alice http://127.0.0.1:8002/megabyte
show carol "curl http://127.0.0.1:7000/megabyte"
result "ilnp-stream connects to alice: a megabyte from alice" browse carol http://127.0.0.1:7000/megabyte
show alice "socat -u OPEN:web/megabyte SCTP4:127.0.0.3:8003,bind=127.0.0.1"
in_host alice timeout 40 socat -u OPEN:web/megabyte SCTP4:127.0.0.3:8003,bind=127.0.0.1 2>>alice-socat.log || true
result "alice connects to ilnp-stream: a megabyte to carol" soon 10 cmp -s web/megabyte carol-upload

step "$passed steps succeeded, $failed failed"
((failed == 0))
