#!/usr/bin/env bash
# Any program over the overlay, unmodified and without a proxy: alice and bob have an interface each, ilnp0, by ilnp-tun, and a
# router between their networks. ping, ssh, curl, iperf3, HTTP/3 with Caddy and Chromium, a long UDP datagram, all by name;
# then alice moves through three networks while iperf3 and ssh go on.
#
#   examples/tun_demo.sh [OPTION]...
#
#   --output FOLDER   for the picture and logs (default: ./tun-demo-output)
#   --no-setup        fetch nothing and build nothing
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --stay SECONDS    time between moves (default: 4)
#   --handoff SECONDS time that alice is in both networks (default: 1)
#   --help            this text
#
# Exit status: 0 only if every step succeeded. The hosts are network namespaces of the demo's own, which end with it. Needs
# /dev/net/tun, and root to install packages, and where users may not create namespaces.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/demonstration.sh"
. "$examples/ssh.sh"
output=tun-demo-output
stay=4
handoff=1
take_options "output build stay handoff sockets" "no-setup inside" "$@" # --sockets and --inside are the demo's own
check_moves "$stay" "$handoff"

# --- Outside: everything that happens on the machine itself ------------------------------------------------------------

if [[ $inside == no ]]; then
  [[ -c /dev/net/tun ]] || fail "this machine has no /dev/net/tun: its kernel lacks the module tun, or a container does not pass it on"
  { : <>/dev/net/tun; } 2>/dev/null || fail "this user may not open /dev/net/tun: run this as root"
  prepare --streams --browser --tun
  need examples/ilnp-{tun,router,ctl}
  use_unpacked
  for program in ping dig sshd busybox curl iperf3 socat caddy chromium python3 gnuplot openssl; do
    command -v "$program" >/dev/null || fail "$program is missing: run without --no-setup"
  done
  rm -rf "$output/data" "$output"/throughput.{png,svg}
  mkdir "$output/data"
  enter_hosts --stay "$stay" --handoff "$handoff"
fi

# --- Inside: the hosts -------------------------------------------------------------------------------------------------

cd "$output/data"
trap 'exit 130' INT
trap 'exit 143' TERM HUP
bin=$build/examples
prefix=fdef:4230:8ef9:0 # of every network with user_id 0 and mcast_port 10000
ctl() { "$bin/ilnp-ctl" --control "$sockets/$1" "${@:2}"; }
knows() { [[ $(ctl "$1" --json hosts 2>/dev/null) == *"\"name\":\"$2\""* ]]; }

ssh_begin "$sockets/ssh" "[::]:22"
# Every host asks its own node, at the address that is the same on all of them.
echo "nameserver $prefix:fdff:ffff:ffff:ffb5" >resolv.conf
echo "hosts: files dns" >nsswitch.conf
for file in resolv.conf nsswitch.conf; do
  [[ ! -e /etc/$file ]] || mount --bind "$file" "$(readlink -f "/etc/$file")"
done

step "three hosts: alice in network a, bob in network b, and a router between a, b and c"
hosts_begin
for host in alice bob router; do hosts_add "$host"; done
configuration alice 0:0:0:a ffff:0:0:a "handoff_time = $handoff"
configuration bob 0:0:0:b ffff:0:0:b
configuration router 0:0:0:a,0:0:0:b,0:0:0:c ffff:0:0:d
show router "ilnp-router router.ini"
start router router.log "$bin/ilnp-router" router.ini
exposed=(--expose 22 --expose 5201 --expose 7000 --expose 8000 --expose 8443)
show bob "ilnp-tun bob.ini ${exposed[*]}"
start bob bob.log "$bin/ilnp-tun" bob.ini "${exposed[@]}" --control "$sockets/bob"
show alice "ilnp-tun alice.ini"
start alice alice.log "$bin/ilnp-tun" alice.ini --control "$sockets/alice"
for host in alice bob; do wait_for 10 "ilnp-tun on $host" holds "$host.log" Running; done
wait_for 10 "alice to hear of bob" knows alice bob
wait_for 10 "bob to hear of alice" knows bob alice
# Chromium looks for IPv6 addresses only where a route leads to the rest of the world.
in_host alice ip -6 route add 2001:4860:4860::8888 dev ilnp0

step "names and ping"
show bob "dig +short alice.ilnp AAAA"
looked_up() { [[ $(in_host bob dig +short alice.ilnp AAAA 2>>dig.log) == "$prefix:ffff::a" ]]; }
result "dig: the address of alice" looked_up
show bob "ping -c 3 -i 0.2 alice.ilnp"
pinged() { in_host bob ping -c 3 -i 0.2 alice.ilnp >ping.log 2>&1 && grep -q "3 received" ping.log; }
result "ping: three of three replies" pinged

step "ssh and curl"
show bob sshd
start bob sshd.log "${sshd[@]}"
wait_for 10 "sshd" grep -q "Server listening" sshd.log
host_name_of bob
network_of_bob=$REPLY
log_in() { [[ $(in_host alice ssh -F "$ssh_config" bob.ilnp readlink /proc/self/ns/net 2>>ssh.log) == "$network_of_bob" ]]; }
show alice "ssh bob.ilnp"
result "ssh: from alice into bob" log_in
mkdir web
cat >web/index.html <<'HTML'
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>bob</title><link rel="icon" href="data:,"></head>
<body><h1>This is bob</h1>
<script>
const result = (async () => {
  const octets = await (await fetch('data')).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
  const protocols = type => performance.getEntriesByType(type).map(entry => entry.nextHopProtocol);
  return octets.byteLength + ' octets by ' + [...protocols('navigation'), ...protocols('resource')].join(' and ') + ', SHA-256 ' +
    [...digest].map(each => each.toString(16).padStart(2, '0')).join('');
})();
</script></body></html>
HTML
head -c 20000000 /dev/urandom >web/data
show bob "httpd -p [::]:8000"
start bob httpd.log busybox httpd -f -p "[::]:8000" -h web
web_answers() { in_host bob curl -s -o /dev/null "http://[::1]:8000/"; }
wait_for 10 "the web server" web_answers
curl_page() { in_host alice curl -sS --max-time 20 -o page http://bob.ilnp:8000/ 2>>curl.log && cmp -s page web/index.html; }
show alice "curl http://bob.ilnp:8000/"
result "curl: a page" curl_page
refused() {
  local status=0
  in_host alice curl -sS --max-time 20 http://bob.ilnp:8001/ 2>>curl.log || status=$?
  ((status == 7)) # at once, and not by a time limit
}
show alice "curl http://bob.ilnp:8001/"
result "curl: a port that bob does not expose is refused" refused

step "HTTP/3: Caddy on bob, Chromium on alice"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bob.ilnp \
  -addext subjectAltName=DNS:bob.ilnp -keyout "$sockets/key.pem" -out certificate.pem 2>openssl.log
key=$(openssl x509 -in certificate.pem -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64)
cat >Caddyfile <<CADDY
{
	admin off
	auto_https disable_redirects
	servers {
		protocols h3
	}
}
https://bob.ilnp:8443 {
	tls certificate.pem $sockets/key.pem
	root * web
	file_server
}
CADDY
show bob "caddy run"
start bob caddy.log env HOME="$sockets" XDG_DATA_HOME="$sockets" XDG_CONFIG_HOME="$sockets" caddy run --config Caddyfile --adapter caddyfile
wait_for 20 "Caddy" grep -q "serving initial configuration" caddy.log
browse() {
  # Forced, because a server that listens for TCP too would have to tell the browser first that it speaks HTTP/3.
  HOME=$sockets in_host alice python3 "$examples/browser.py" https://bob.ilnp:8443/ result \
    --origin-to-force-quic-on=bob.ilnp:8443 "--ignore-certificate-errors-spki-list=$key" >browser.json 2>browser.log || return 1
  [[ $(<browser.json) == "\"20000000 octets by h3 and h3, SHA-256 $(sha256sum <web/data | cut -c1-64)\"" ]]
}
show alice "chromium https://bob.ilnp:8443/"
result "Chromium: a page and 20 MB by HTTP/3, unchanged" browse

step "a UDP datagram of 4000 octets"
head -c 4000 /dev/urandom >datagram
start bob udp.log socat -u UDP6-RECV:7000 CREATE:arrived
received() { in_host alice socat -b 4000 -u FILE:datagram UDP6:bob.ilnp:7000 2>>udp.log && pause 0.1 && cmp -s datagram arrived; }
show alice "socat FILE:datagram UDP6:bob.ilnp:7000"
result "UDP: 4000 octets arrived unchanged" soon 5 received
end "$started"

step "iperf3 in both directions"
start bob iperf3-server.log iperf3 -s --forceflush
listens() { grep -q listening iperf3-server.log; }
wait_for 10 "iperf3" listens
for direction in "" -R; do
  show alice "iperf3 -c bob.ilnp -t 2 $direction"
  in_host alice iperf3 -c bob.ilnp -t 2 $direction >"iperf3-both$direction.log" 2>&1 || true
  result "iperf3, $([[ -n $direction ]] && echo "to alice" || echo "to bob"): $(awk '/receiver/ { print $7, $8 }' "iperf3-both$direction.log")" \
    grep -q receiver "iperf3-both$direction.log"
done

moves=(b c a)
seconds=$(((${#moves[@]} + 1) * stay))
step "alice moves through three networks, every $stay s, while iperf3 and ssh go on ($seconds s)"
show alice "iperf3 -c bob.ilnp -t $seconds -i 0.1"
show alice "ssh bob.ilnp 'while sleep 0.1; do echo ...; done'"
# How much has arrived at bob's interface: time, octets.
in_host bob bash -c 'exec {nothing}<> <(:)
  while read -r name octets _ < <(grep ilnp0: /proc/net/dev); do
    echo "$EPOCHREALTIME $octets"
    read -r -t 0.09 -u "$nothing"
  done' >arrived-octets 2>/dev/null &
sampler=$!
in_host alice ssh -F "$ssh_config" bob.ilnp "for ((i = 0; i < $((10 * seconds)); ++i)); do echo \$i; sleep 0.1; done" >ssh-lines 2>>ssh.log &
session=$!
begin=$EPOCHREALTIME
in_host alice iperf3 -c bob.ilnp -t "$seconds" -i 0.1 -J >iperf3.json 2>iperf3.log &
transfer=$!
printf '%s 0:0:0:a\n' "$begin" >locators
for network in "${moves[@]}"; do
  pause "$stay"
  show alice "ilnp-ctl move 0:0:0:$network"
  ctl alice move "0:0:0:$network" >>ctl.log 2>&1 || fail "ilnp-ctl move 0:0:0:$network: $(tail -n 1 ctl.log)"
  printf '%s 0:0:0:%s\n' "$EPOCHREALTIME" "$network" >>locators
done
copied=0
wait "$transfer" || copied=$?
logged=0
wait "$session" || logged=$?
kill "$sampler" 2>/dev/null || true
wait "$sampler" 2>/dev/null || true
result "iperf3: one TCP connection for $seconds s" test "$copied" -eq 0
all_lines() { ((logged == 0)) && cmp -s ssh-lines <(seq 0 $((10 * seconds - 1))); }
result "ssh: one session, all of its $((10 * seconds)) lines" all_lines

step "throughput over time"
# Which network alice was in when each sample was taken; from when iperf3 began until it ended.
python3 "$examples/plot/tun.py" locators arrived-octets iperf3.json "$begin" "$seconds" "$handoff" || fail "no samples"
awk -v begin="$begin" -v bucket=0.1 -v handoff="$handoff" -f "$examples/plot/stream.awk" samples || fail "no samples"
cat retransmissions.facts >>stream.facts
for kind in png svg; do
  gnuplot -e "plot_folder='${examples//"'"/"''"}/plot'; output='${output//"'"/"''"}/throughput.$kind'; data='stream'" \
    -e "title='alice → bob: iperf3 through ilnp0, one TCP connection'; bucket=0.1" \
    -e "legend='alice moves through three networks; shaded: the handoff, when it is in two of them; red: retransmitted segments'" \
    -e "load 'stream.facts'" "$examples/plot/throughput.gp" || fail "gnuplot failed"
done
cat table
read -r _ _ longest <stream.summary
result "throughput: never a second without progress (longest: $longest s)" awk "BEGIN { exit !($longest < 1) }"

step "picture: $output/throughput.svg (its data: $output/data)"
step "$passed steps succeeded, $failed failed"
((failed == 0))
