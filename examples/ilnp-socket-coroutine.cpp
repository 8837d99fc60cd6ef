// A program for the overlay, with coroutines. Without a remote host it sends back whatever it receives. With one it sends a datagram
// there every second and prints how long the reply took.
//
//     bob$   ilnp-socket-coroutine bob.ini 7
//     alice$ ilnp-socket-coroutine alice.ini 7 bob 7

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common.hpp"

using Stack = ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>;
using Node = ilnp::StpNode<Stack>;
using Socket = ilnp::StpSocket<Node>;
using boost::asio::awaitable;
using boost::asio::use_awaitable;

namespace {

awaitable<void> echo(Socket& socket) {
  while (true) {
    const ilnp::Datagram request = co_await socket.async_receive(use_awaitable);
    socket.send_to(request.payload, request.source.nid,
                   request.source.port);  // a reply may get lost like any datagram
  }
}

awaitable<void> print_replies(Socket& socket) {
  while (true) {
    const ilnp::Datagram reply = co_await socket.async_receive(use_awaitable);
    std::int64_t sent = 0;
    if (reply.payload.size() != sizeof sent) continue;
    std::memcpy(&sent, reply.payload.data(), sizeof sent);
    const auto microseconds = (ilnp::steady_now().time_since_epoch().count() - sent) / 1000;
    std::cout << "from " << reply.source.nid << " on " << reply.source.network.interface << ": "
              << microseconds << " us" << std::endl;
  }
}

awaitable<void> ask(Socket& socket, std::string host, std::uint16_t port) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  const ilnp::Nid nid = co_await socket.async_resolve(host, use_awaitable);  // waits until the host is known
  while (true) {
    const std::int64_t now = ilnp::steady_now().time_since_epoch().count();
    const auto error = socket.send_to(std::as_bytes(std::span(&now, 1)), nid, port);
    if (error) std::cerr << program::printable(host) << ": " << error.message() << std::endl;
    timer.expires_after(std::chrono::seconds(1));
    co_await timer.async_wait(use_awaitable);
  }
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-socket-coroutine", [&] {
    program::CommandLine line("ilnp-socket-coroutine CONFIG PORT [REMOTE_HOST REMOTE_PORT]",
                              "Sends back what it receives on PORT. With REMOTE_HOST, sends a datagram there "
                              "every second and\n"
                              "prints the round-trip time.");
    for (const char* name : {"CONFIG", "PORT", "REMOTE_HOST", "REMOTE_PORT"}) line.argument(name);
    if (!line.parse(argc, argv)) return 0;

    program::Output output;
    const ilnp::Config config = program::load(line["CONFIG"], output.log);
    boost::asio::io_context io(1);
    const program::Signals signals(io);
    Stack stack(config.network, config.link);
    Node node(io.get_executor(), stack);
    Socket socket(node, program::parse_port("PORT", line["PORT"]));
    if (line.has("REMOTE_HOST")) {
      co_spawn(io, ask(socket, line["REMOTE_HOST"], program::parse_port("REMOTE_PORT", line["REMOTE_PORT"])),
               boost::asio::detached);
      co_spawn(io, print_replies(socket), boost::asio::detached);
    } else {
      co_spawn(io, echo(socket), boost::asio::detached);
    }
    program::check(node.start());
    io.run();
    program::say_goodbye(node);
    return 0;
  });
}
