#!/usr/bin/env bash
# Measures what a program that uses the toolkit costs to compile: CPU time and memory at -O0, and their ratio to another program
# compiled in the same run. The ratios depend little on the machine.
#
#   bench/compile_time.sh [--runs N] [--baseline FOLDER] [COMPILER]...     for example: bench/compile_time.sh g++ clang++
#
# FOLDER: another checkout, also an older one, with whose stack this one's is compared. Of N runs (default: 2) the cheapest
# counts.
#
#   program     what it does                                        compared with
#   naming      names the type of a node, and its size              #include <boost/asio.hpp> alone
#   stack       makes a node, binds, sends, feeds a frame           the same with FOLDER (only with --baseline)
#   echo node   is the program in README.md                         a UDP echo server with Asio's coroutines
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  sed -n '2,13s/^# \{0,1\}//p' "$0"
  exit "${1:-2}"
}
runs=2 baseline=
while [[ ${1:-} == -* ]]; do
  case $1 in
    --runs) runs=${2:-} ;;
    --baseline) baseline=${2:-} ;;
    --help) usage 0 ;;
    *) usage ;;
  esac
  [[ $# -ge 2 ]] || usage
  shift 2
done
[[ $runs =~ ^[1-9][0-9]*$ ]] || usage
[[ -z $baseline || -d $baseline/include/ilnp ]] || {
  echo "error: $baseline is not a checkout of the toolkit" >&2
  exit 1
}
[[ $# -ge 1 ]] || set -- g++ clang++

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat >"$folder/asio.cpp" <<'CPP'
#include <boost/asio.hpp>
int main() {}
CPP
cat >"$folder/naming.cpp" <<'CPP'
#include <ilnp/ilnp.hpp>
using Node = ilnp::Proxy<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>;
int main() { return sizeof(Node) == 0; }
CPP
cat >"$folder/stack.cpp" <<'CPP'
#include <array>
#include <ilnp/ilnp.hpp>
using Node = ilnp::Proxy<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>;
int main() {
  ilnp::NetworkConfig network;
  network.nid = ilnp::Nid(1);
  network.locators = {{ilnp::Locator(10)}};
  network.host_name = "alice";
  Node node(network, ilnp::LinkConfig{});
  ilnp::Random random(1);
  ilnp::Context cx(ilnp::TimePoint{}, random);
  auto& transport = node.next_layer();
  if (transport.bind(7) || transport.send(7, ilnp::Nid(2), 7, ilnp::Bytes(), cx)) return 1;
  std::array<std::byte, 100> frame{};
  const ilnp::FrameSource from{ilnp::Locator(10), 1};
  const auto up = [](const auto&...) {};
#ifdef FEED_IS_ON_RECEIVE
  node.on_receive(from, frame, cx, up);
#else
  node.feed(from, frame, cx, up);
#endif
  node.on_timer(cx, up);
}
CPP
cat >"$folder/udp.cpp" <<'CPP'
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <iostream>
using boost::asio::ip::udp;
boost::asio::awaitable<void> echo(udp::socket& socket) {
  std::array<char, 2000> data;
  udp::endpoint from;
  while (true) {
    const auto size =
        co_await socket.async_receive_from(boost::asio::buffer(data), from, boost::asio::use_awaitable);
    co_await socket.async_send_to(boost::asio::buffer(data, size), from, boost::asio::use_awaitable);
  }
}
int main() try {
  boost::asio::io_context io;
  udp::socket socket(io, udp::endpoint(udp::v6(), 7));
  co_spawn(io, echo(socket), boost::asio::detached);
  io.run();
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
CPP

python3 - "$folder" "$runs" "$baseline" "$@" <<'PYTHON'
import os
import sys

folder, runs, baseline, *compilers = sys.argv[1], int(sys.argv[2]), *sys.argv[3:]


def options(checkout):
    """Of the compiler, for "stack": what older checkouts call differently."""
    with open(f"{checkout}/include/ilnp/proxy/proxy.hpp", encoding="utf-8") as header:
        return [] if " feed(" in header.read() else ["-DFEED_IS_ON_RECEIVE"]


def cost(compiler, source, checkout=".", extra=()):
    """CPU seconds and MB of the cheapest of the runs."""
    best = None
    for _ in range(runs):
        command = [*compiler.split(), "-std=c++20", "-O0", "-I", f"{checkout}/include", *extra, "-c", source, "-o",
                   f"{folder}/out.o"]
        child = os.spawnvp(os.P_NOWAIT, command[0], command)
        _, status, usage = os.wait4(child, 0)
        if status != 0:
            sys.exit(f"error: {compiler} does not compile {source}")
        one = (usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        best = one if best is None else tuple(map(min, best, one))
    return best


print(f"{'compiler':<12} {'program':<10} {'CPU s':>7} {'of':>7} {'ratio':>6} {'MB':>6} {'of':>6} {'ratio':>6}")
for compiler in compilers:
    pairs = [("naming", cost(compiler, f"{folder}/naming.cpp"), cost(compiler, f"{folder}/asio.cpp"))]
    if baseline:
        pairs.append(("stack", cost(compiler, f"{folder}/stack.cpp"),
                      cost(compiler, f"{folder}/stack.cpp", baseline, options(baseline))))
    pairs.append(("echo node", cost(compiler, "test/docs/echo_node.cpp"), cost(compiler, f"{folder}/udp.cpp")))
    for name, ours, theirs in pairs:
        print(f"{compiler:<12} {name:<10} {ours[0]:7.2f} {theirs[0]:7.2f} {ours[0] / theirs[0]:6.2f} "
              f"{ours[1]:6.0f} {theirs[1]:6.0f} {ours[1] / theirs[1]:6.2f}", flush=True)
PYTHON
