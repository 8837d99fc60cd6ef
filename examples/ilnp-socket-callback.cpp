// A program for the overlay, with callbacks: the same as ilnp-socket-coroutine, one layer further down. The stack calls a
// function for each datagram, which sees the octets in place and may reply at once. Nothing is copied, and nothing waits in
// a mailbox.
//
//     bob$   ilnp-socket-callback bob.ini 7
//     alice$ ilnp-socket-callback alice.ini 7 bob 7

#include "common.hpp"

namespace {

class Tool {
 public:
  Tool(boost::asio::io_context& io, const ilnp::Config& config, std::uint16_t port)
      : port_(port),
        stack_(config.network, config.link),
        node_(io.get_executor(), stack_, Receive{this}),
        timer_(io) {
    program::check(stack_.bind(port), "port " + std::to_string(port));
  }

  void start() { program::check(node_.start()); }
  void stop() { program::say_goodbye(node_); }

  /// Sends to `host` now, and again every second.
  void ask(const std::string& host, std::uint16_t port) {
    asking_ = true;
    const std::int64_t now = ilnp::steady_now().time_since_epoch().count();
    const auto error = node_.with([&](Stack& stack, auto& cx) -> ilnp::error_code {
      const auto nid = stack.resolve(host, cx);
      return nid ? stack.send(port_, *nid, port, std::as_bytes(std::span(&now, 1)), cx) : nid.error();
    });
    if (error) std::cerr << program::printable(host) << ": " << error.message() << std::endl;
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([this, host, port](const auto& cancelled) {
      if (!cancelled) ask(host, port);
    });
  }

 private:
  using Stack = ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>;

  struct Receive {
    Tool* tool;
    void operator()(const ilnp::DatagramSource& source, ilnp::Bytes payload) const {
      tool->receive(source, payload);
    }
  };

  void receive(const ilnp::DatagramSource& source, ilnp::Bytes payload) {
    if (!asking_)
      return void(node_.with(
          [&](Stack& stack, auto& cx) { return stack.send(port_, source.nid, source.port, payload, cx); }));
    std::int64_t sent = 0;
    if (payload.size() != sizeof sent) return;
    std::memcpy(&sent, payload.data(), sizeof sent);
    const auto microseconds = (ilnp::steady_now().time_since_epoch().count() - sent) / 1000;
    std::cout << "from " << source.nid << " on " << source.network.interface << ": " << microseconds << " us"
              << std::endl;
  }

  const std::uint16_t port_;
  bool asking_ = false;
  Stack stack_;
  ilnp::Node<Stack, Receive> node_;
  boost::asio::steady_timer timer_;
};

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-socket-callback", [&] {
    program::CommandLine line(
        "ilnp-socket-callback CONFIG PORT [REMOTE_HOST REMOTE_PORT]",
        "Sends back what it receives on PORT. With REMOTE_HOST, sends a datagram there every second and\n"
        "prints the round-trip time.");
    for (const char* name : {"CONFIG", "PORT", "REMOTE_HOST", "REMOTE_PORT"}) line.argument(name);
    if (!line.parse(argc, argv)) return 0;

    program::Output output;
    const ilnp::Config config = program::load(line["CONFIG"], output.log);
    boost::asio::io_context io(1);
    const program::Signals signals(io);
    Tool tool(io, config, program::parse_port("PORT", line["PORT"]));
    tool.start();
    if (line.has("REMOTE_HOST"))
      tool.ask(line["REMOTE_HOST"], program::parse_port("REMOTE_PORT", line["REMOTE_PORT"]));
    io.run();
    tool.stop();
    return 0;
  });
}
