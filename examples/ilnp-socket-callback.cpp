// A tool written for the overlay, with callbacks: the same as ilnp-socket-coroutine, one layer further down. The stack calls a function
// for each datagram, which sees the octets where they lie and may answer at once; nothing is copied, and nothing waits in a mailbox.
//
//     bob$   ilnp-socket-callback bob.ini 7
//     alice$ ilnp-socket-callback alice.ini 7 bob 7

#include "common.hpp"

using Stack = ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>;

namespace {

void print_answer(const ilnp::DatagramSource& source, ilnp::Bytes payload) {
  std::int64_t sent = 0;
  if (payload.size() != sizeof sent) return;
  std::memcpy(&sent, payload.data(), sizeof sent);
  const auto microseconds = (ilnp::steady_now().time_since_epoch().count() - sent) / 1000;
  std::cout << "from " << source.nid << " on " << source.network.interface << ": " << microseconds << " us"
            << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-socket-callback", [&] {
    program::CommandLine line("ilnp-socket-callback CONFIG PORT [REMOTE_HOST REMOTE_PORT]",
                              "Sends back what it receives on PORT; or asks REMOTE_HOST once a second, and "
                              "prints the round-trip time.");
    for (const char* name : {"CONFIG", "PORT", "REMOTE_HOST", "REMOTE_PORT"}) line.argument(name);
    if (!line.parse(argc, argv)) return 0;

    const ilnp::Config config = program::load(line["CONFIG"]);
    const std::uint16_t port = program::parse_port(line["PORT"]);
    const std::uint16_t remote_port =
        line.has("REMOTE_HOST") ? program::parse_port(line["REMOTE_PORT"]) : std::uint16_t{0};
    boost::asio::io_context io(1);
    const program::Signals signals(io);
    Stack stack(config.network, config.link);
    program::check(stack.bind(port), "port " + std::to_string(port));

    std::function<void(const ilnp::DatagramSource&, ilnp::Bytes)> receive = print_answer;
    ilnp::Node node(io.get_executor(), stack,
                    [&](const auto& source, ilnp::Bytes payload) { receive(source, payload); });
    if (remote_port == 0)
      receive = [&](const ilnp::DatagramSource& source, ilnp::Bytes payload) {
        node.with(
            [&](Stack& self, auto& cx) { return self.send(port, source.nid, source.port, payload, cx); });
      };

    boost::asio::steady_timer timer(io);
    const std::function<void()> ask = [&] {
      const std::int64_t now = ilnp::steady_now().time_since_epoch().count();
      const auto error = node.with([&](Stack& self, auto& cx) -> ilnp::error_code {
        const auto nid = self.resolve(line["REMOTE_HOST"], cx);
        return nid ? self.send(port, *nid, remote_port, std::as_bytes(std::span(&now, 1)), cx) : nid.error();
      });
      if (error) std::cerr << line["REMOTE_HOST"] << ": " << error.message() << std::endl;
      timer.expires_after(std::chrono::seconds(1));
      timer.async_wait([&](const auto& cancelled) {
        if (!cancelled) ask();
      });
    };
    program::check(node.start());
    if (remote_port != 0) ask();
    io.run();
    return 0;
  });
}
