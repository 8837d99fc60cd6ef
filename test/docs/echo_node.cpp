#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/ilnp.hpp>
#include <iostream>

using Stack = ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>;
using Node = ilnp::StpNode<Stack>;

boost::asio::awaitable<void> echo(ilnp::StpSocket<Node>& socket) {
  while (true) {
    const auto [source, payload] = co_await socket.async_receive(boost::asio::use_awaitable);
    if (const auto error = socket.send_to(payload, source.nid, source.port))
      std::cerr << error.message() << std::endl;
  }
}

int main(int, char** argv) try {
  const ilnp::ConfigDefaults defaults{static_cast<std::uint16_t>(getuid()), ilnp::Nid(ilnp::random_seed())};
  const ilnp::Config config = ilnp::load_config(argv[1], defaults);
  boost::asio::io_context io;
  Stack stack(config.network, config.link);
  Node node(io.get_executor(), stack);
  ilnp::StpSocket socket(node, 7);
  co_spawn(io, echo(socket), boost::asio::detached);
  if (const auto error = node.start()) throw boost::system::system_error(error, "start");
  io.run();
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
