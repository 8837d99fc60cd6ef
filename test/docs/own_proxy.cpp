// The proxy of docs/design.md, "A proxy of your own", with the layer of docs/tutorial.md.

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/gateway.hpp>
#include <ilnp/ilnp.hpp>
#include <iostream>

#include "tutorial_layer.hpp"

using tutorial::Quota;

using Stack = ilnp::Proxy<ilnp::STP<Quota<ilnp::ILNP<ilnp::McastUdp>>>>;

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("usage: own-proxy CONFIG HOST CONTROL_PATH");
  const ilnp::ConfigDefaults defaults{static_cast<std::uint16_t>(getuid()), ilnp::Nid(ilnp::random_seed())};
  const ilnp::Config config = ilnp::load_config(argv[1], defaults);
  boost::asio::io_context io;
  Stack stack(100'000u, config.network, config.link);
  if (const auto error = stack.map({10001}, {argv[2], 7})) throw boost::system::system_error(error, "map");
  ilnp::ProxyGateway gateway(io.get_executor(), stack, {boost::asio::ip::address_v4::loopback(), 10000});

  ilnp::ControlProgram about;
  about.name = "own-proxy";
  about.started = ilnp::BootClock::now();
  about.port = gateway.port();
  const auto reply = [&](std::string_view request, std::size_t limit) {
    return gateway.with([&](Stack& layers, auto& cx) {
      return ilnp::NodeControl::answer(layers, request, about, cx, limit);
    });
  };
  const ilnp::ControlSocket control(io.get_executor(), argv[3], reply);

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) { io.stop(); });
  if (const auto error = gateway.start()) throw boost::system::system_error(error, "start");
  io.run();
  gateway.with([](Stack& layers, auto& cx) { say_goodbye(layers, cx); });
} catch (const std::exception& error) {
  std::cerr << error.what() << std::endl;
  return 1;
}
