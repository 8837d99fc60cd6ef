#!/usr/bin/env bash
# Unmodified TCP programs over the overlay, with ilnp-stream on alice and bob and a router between their networks:
# ssh, scp of 100 MB while alice moves through three networks and back, curl and a browser through SOCKS.
#
#   examples/stream_demo.sh [OPTION]...
#
#   --output FOLDER   for pictures and logs (default: ./stream-demo-output)
#   --no-setup        fetch nothing and build nothing
#   --build FOLDER    the build folder (default: build/ of this checkout)
#   --megabytes N     size of the file that scp copies (default: 100)
#   --stay SECONDS    time between moves (default: 6)
#   --handoff SECONDS time that alice is in both networks (default: 2)
#   --help            this text
#
# Exit status: 0 only if every step succeeded. The hosts are network namespaces of the demo's own, which end with it.
# Root is needed only to install packages, and where users may not create namespaces.
set -euo pipefail

. "$(dirname "${BASH_SOURCE[0]}")/demonstration.sh"
. "$examples/ssh.sh"
output=stream-demo-output
megabytes=100
stay=6
handoff=2
take_options "output build megabytes stay handoff sockets" "no-setup inside" "$@" # --sockets and --inside are the demo's own
check_moves "$stay" "$handoff" "$megabytes"

# --- Outside: everything that happens on the machine itself ------------------------------------------------------------

if [[ $inside == no ]]; then
  prepare --streams --browser
  need examples/ilnp-{stream,router,proxy-create}
  use_unpacked
  for program in sshd busybox curl chromium gnuplot; do
    command -v "$program" >/dev/null || fail "$program is missing: run without --no-setup"
  done
  rm -rf "$output/data" "$output"/throughput.{png,svg} "$output"/browser.png
  mkdir "$output/data"
  enter_hosts --megabytes "$megabytes" --stay "$stay" --handoff "$handoff"
fi

# --- Inside: the hosts -------------------------------------------------------------------------------------------------

cd "$output/data"
trap 'exit 130' INT
trap 'exit 143' TERM HUP
bin=$build/examples
counter() { ask "$1" --counters | awk -v name="$2" '$1 == name { print $2 }'; }

ssh_begin "$sockets/ssh"

step "three hosts: alice, which moves through the networks a, b and c, bob in network b, and a router"
hosts_begin
for host in alice bob router; do hosts_add "$host"; done
configuration alice 0:0:0:a-0:0:0:b-0:0:0:c ffff:0:0:a "move_time = $stay
handoff_time = $handoff"
configuration bob 0:0:0:b ffff:0:0:b
configuration router 0:0:0:a,0:0:0:b,0:0:0:c ffff:0:0:d
show router "ilnp-router router.ini"
start router router.log "$bin/ilnp-router" router.ini
show bob "ilnp-stream bob.ini --expose 22 --expose 8000"
start bob bob.log "$bin/ilnp-stream" bob.ini --expose 22 --expose 8000 --control "$sockets/bob"
show alice "ilnp-stream alice.ini --listen 2222:bob:22 --socks 1080"
start alice alice.log "$bin/ilnp-stream" alice.ini --listen 2222:bob:22 --socks 1080 --control "$sockets/alice"
for host in alice bob; do wait_for 10 "ilnp-stream on $host" holds "$host.log" Running; done
meet alice bob

step "ssh into bob"
show bob sshd
start bob sshd.log "${sshd[@]}"
wait_for 10 "sshd" grep -q "Server listening" sshd.log
host_name_of bob
network_of_bob=$REPLY
log_in() { [[ $(in_host alice ssh -F "$ssh_config" -p 2222 127.0.0.1 readlink /proc/self/ns/net 2>>ssh.log) == "$network_of_bob" ]]; }
show alice "ssh -p 2222 127.0.0.1"
result "ssh: from alice into bob" log_in

# Slow enough to last three moves and a little more: a, b, c, and a again.
seconds=$((3 * stay + handoff + 2))
kilobits=$((megabytes * 8000 / seconds))
step "$megabytes MB from alice to bob while alice moves, at $((kilobits / 8000)).$(((kilobits / 800) % 10)) MB/s (about $seconds s)"
head -c "$((megabytes * 1000000))" /dev/urandom >file
before=$(counter bob ilnp.delivered)
show alice "scp -l $kilobits -P 2222 file 127.0.0.1:copy"
in_host alice scp -q -F "$ssh_config" -l "$kilobits" -P 2222 file "127.0.0.1:$PWD/copy" >scp.log 2>&1 &
scp=$!
# How much has arrived, and where alice is: time, octets, alice's preferred locator.
begin=$EPOCHREALTIME
while kill -0 "$scp" 2>/dev/null; do
  printf '%s %s %s\n' "$EPOCHREALTIME" "$(stat -c %s copy 2>/dev/null || echo 0)" \
    "$(ask alice --hosts 2>/dev/null | awk '/this node$/ { print $3 }')"
  sleep 0.1
done >samples
copied=0
wait "$scp" || copied=$?
result "scp: $megabytes MB arrived unchanged" eval '((copied == 0)) && cmp -s file copy'
show alice "sha256sum file: $(sha256sum <file | cut -c1-16)...   bob: sha256sum copy: $(sha256sum <copy 2>/dev/null | cut -c1-16)..."
moves=$(awk '$3 != last && NR > 1 { ++n } { last = $3 } END { print n + 0 }' samples)
result "scp: alice moved $moves times in the meantime" test "$moves" -ge 3
packets=$(($(counter bob ilnp.delivered) - before))
result "scp: it went through the overlay ($packets packets to bob)" test "$packets" -ge $((megabytes * 1000000 / 1396))
rm -f file

step "throughput over time"
bucket=0.5
awk -v begin="$begin" -v bucket="$bucket" -v handoff="$handoff" -f "$examples/plot/stream.awk" samples || fail "no samples"
for kind in png svg; do
  gnuplot -e "plot_folder='${examples//"'"/"''"}/plot'; output='${output//"'"/"''"}/throughput.$kind'; data='stream'" \
    -e "title='alice → bob: scp of $megabytes MB'; bucket=$bucket" \
    -e "legend='alice moves through three networks and back; shaded: the handoff, when it is in two of them'" \
    -e "load 'stream.facts'" "$examples/plot/throughput.gp" || fail "gnuplot failed"
done
read -r slowest median longest <stream.summary
printf '          in half a second: %s MB/s median, %s MB/s slowest; longest time without progress: %s s\n' \
  "$median" "$slowest" "$longest"
result "throughput: never a second without progress" awk "BEGIN { exit !($longest < 1) }"

step "SOCKS: curl and a browser"
mkdir web
cp "$examples/../docs/stack.svg" web/
cat >web/index.html <<'HTML'
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>bob</title>
<style>body { font: 20px sans-serif; margin: 3em auto; width: 46em; color: #33383d } h1 { font-weight: 500 }
img { width: 100%; margin-top: 1em } code { background: #e9edf1; padding: 0 .3em }</style></head>
<body><h1>This is bob</h1>
<p>This page comes from a web server that listens only on bob's loopback address. The browser runs on alice, which can reach
it only over the overlay: <code>http://bob.ilnp:8000/</code>, by SOCKS.</p>
<img src="stack.svg" alt="the stack of layers">
</body></html>
HTML
show bob "httpd -p 127.0.0.1:8000"
start bob httpd.log busybox httpd -f -p 127.0.0.1:8000 -h web
web_answers() { in_host bob curl -s -o /dev/null http://127.0.0.1:8000/; }
wait_for 10 "the web server" web_answers
curl_page() {
  in_host alice curl -sS --max-time 20 --proxy socks5h://127.0.0.1:1080 -o page http://bob.ilnp:8000/ 2>>curl.log &&
    cmp -s page web/index.html
}
show alice "curl --proxy socks5h://127.0.0.1:1080 http://bob.ilnp:8000/"
result "curl through SOCKS: a page" curl_page
refused() { ! in_host alice curl -sS --max-time 20 --proxy socks5h://127.0.0.1:1080 http://bob.ilnp:8001/ 2>>curl.log; }
show alice "curl --proxy socks5h://127.0.0.1:1080 http://bob.ilnp:8001/"
result "curl through SOCKS: a port that bob does not expose is refused" refused
show alice "chromium --proxy-server=socks5://127.0.0.1:1080 http://bob.ilnp:8000/"
browse() {
  # The sandbox needs rights that root of a namespace does not have. Background services would contact outside hosts.
  HOME=$sockets in_host alice timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-dev-shm-usage --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars \
    --user-data-dir="$sockets/browser" --proxy-server=socks5://127.0.0.1:1080 --window-size=1200,900 \
    --screenshot="$output/browser.png" http://bob.ilnp:8000/ >browser.log 2>&1
  [[ -s $output/browser.png ]]
}
result "a browser through SOCKS: the page, as a picture" browse

step "pictures: $output (their data: $output/data)"
step "$passed steps succeeded, $failed failed"
((failed == 0))
