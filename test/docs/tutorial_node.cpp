#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ilnp/asio.hpp>
#include <ilnp/ilnp.hpp>
#include <iostream>

using Stack = ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>;

Stack make_stack(std::string interface, std::string name) {
  ilnp::LinkConfig link;
  link.mcast_port = 10000;
  link.mcast_interface = std::move(interface);

  ilnp::NetworkConfig network;
  network.nid = ilnp::Nid(ilnp::random_seed());
  network.locators = {{ilnp::Locator(0xa)}};
  network.host_name = std::move(name);
  return Stack(network, link);
}

using Node = ilnp::StpNode<Stack>;
using Socket = ilnp::StpSocket<Node>;
using boost::asio::use_awaitable;

boost::asio::awaitable<void> print(Socket& socket) {
  while (true) {
    const auto [source, payload] = co_await socket.async_receive(use_awaitable);
    std::cout << source.nid << " says " << ilnp::printable(ilnp::as_text(payload)) << std::endl;
  }
}

boost::asio::awaitable<void> greet(Socket& socket, std::string host) {
  boost::asio::steady_timer timer(socket.get_executor());
  const ilnp::Nid nid = co_await socket.async_resolve(host, use_awaitable);
  while (true) {
    if (const auto error = socket.send_to(ilnp::as_bytes("hello"), nid, 7))
      std::cerr << host << ": " << error.message() << std::endl;
    timer.expires_after(std::chrono::seconds(1));
    co_await timer.async_wait(use_awaitable);
  }
}

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: hello INTERFACE NAME OTHER_NAME");
  boost::asio::io_context io;
  Stack stack = make_stack(argv[1], argv[2]);
  Node node(io, stack);
  Socket socket(node, 7);
  co_spawn(io, print(socket), boost::asio::detached);
  co_spawn(io, greet(socket, argv[3]), boost::asio::detached);

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) { io.stop(); });
  if (const auto error = node.start()) throw boost::system::system_error(error, "start");
  io.run();
  node.with([](Stack& layers, auto& cx) { say_goodbye(layers, cx); });
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
