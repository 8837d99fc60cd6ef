// Sends the time and its own name to another node every second, and prints what it receives. Needs [application] port, and to send
// also remote_hostname and remote_port.

#include "common.hpp"
#include "control_server.hpp"
#include "node_options.hpp"

using Stack = ilnp::STP<ilnp::ILNP<program::Link>>;

namespace {

class Heartbeat {
 public:
  Heartbeat(boost::asio::io_context& io, const ilnp::Config& config, program::Output& output,
            program::FrameCapture::Sink capture, const program::Followed<program::EventLog>& log)
      : config_(config),
        complain_(output.log),
        table_(output.out, {program::LogFormat::table, program::Level::debug}),
        stack_(config.network, capture, config.link),
        observer_{log, &sent_},
        node_(io.get_executor(), stack_, Print{this}, observer_),
        watch_(io.get_executor(), stack_, log),
        timer_(io) {
    program::note_link(output.log, log.log, lowest_layer(stack_), config);
    program::check(stack_.bind(*config.application.port), "[application] port");
  }

  void start() {
    program::check(node_.start());
    if (config_.application.remote_hostname.empty()) return;
    next_ = std::chrono::steady_clock::now();
    beat();
  }
  void stop() { program::say_goodbye(node_); }
  auto& node() noexcept { return node_; }
  const Stack& stack() const noexcept { return stack_; }

 private:
  static constexpr auto period = std::chrono::seconds(1);
  static constexpr const char* sent_arrow = " <- ";
  static constexpr const char* received_arrow = " -> ";

  /// Remembers how the last datagram left, which the transport does not say.
  struct Observer {
    program::Followed<program::EventLog> log;
    ilnp::event::PacketSent* sent;
    template <class Event>
    void operator()(const Event& event) const {
      log(event);
      if constexpr (std::is_same_v<Event, ilnp::event::PacketSent>) *sent = event;
    }
  };

  struct Print {
    Heartbeat* self;
    void operator()(const ilnp::DatagramSource& from, ilnp::Bytes payload) const {
      self->received(from, payload);
    }
  };

  void received(const ilnp::DatagramSource& from, ilnp::Bytes payload) {
    print({from.network.source, from.port}, received_arrow, {from.network.destination, from.destination_port},
          from.network.interface, ilnp::as_text(payload));
  }

  void beat() {
    send();
    timer_.expires_at(next_ += period);
    timer_.async_wait([this](const auto& error) {
      if (!error) beat();
    });
  }

  void send() {
    const auto& application = config_.application;
    const std::string text = program::timestamp() + " | " + config_.network.host_name;
    const auto error = node_.with([&](Stack& stack, auto& cx) {
      const auto nid = stack.resolve(application.remote_hostname, cx);
      return nid ? stack.send(*application.port, *nid, application.remote_port, ilnp::as_bytes(text), cx)
                 : nid.error();
    });
    if (error) {
      complain_.note("ilnp-heartbeat: " + error.message(), [&] {
        return "ilnp-heartbeat: " + program::printable_name(application.remote_hostname) + ": " +
               error.message();
      });
    } else {
      print({sent_.destination, application.remote_port}, sent_arrow, {sent_.source, *application.port},
            sent_.interface, text);
    }
  }

  struct End {
    ilnp::Ilv ilv;
    std::uint16_t port;
  };

  /// The other end first; the arrow shows which way the text went.
  void print(const End& remote, const char* arrow, const End& local, ilnp::Locator interface,
             std::string_view text) {
    table_.show({arrow == sent_arrow ? "sent" : "received"}, [&] {
      return "[" + to_string(remote.ilv) + "%" + to_string(interface) + "]:" + std::to_string(remote.port) +
             arrow + "[" + to_string(local.ilv) + "]:" + std::to_string(local.port) + " " +
             program::printable(text);
    });
  }

  const ilnp::Config& config_;
  program::Log& complain_;
  program::Log table_;  // anybody may send anything, so its lines are limited
  ilnp::event::PacketSent sent_{};
  Stack stack_;
  Observer observer_;
  ilnp::Node<Stack, Print, Observer> node_;
  program::NodeWatch<Stack, program::Followed<program::EventLog>> watch_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-heartbeat", [&] {
    program::CommandLine line(
        "ilnp-heartbeat CONFIG [OPTIONS]",
        "Sends the time to the node in the [application] section of CONFIG every second, "
        "and prints what it receives.");
    line.add_options()  //
        ("control", program::options::value<std::string>()->value_name("PATH"),
         program::own_control_help)  //
        ("quiet,q", "print only errors")("verbose,v", "print what every layer does");
    program::add_node_options(line);
    line.argument("CONFIG");
    if (!line.parse(argc, argv)) return 0;

    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    const ilnp::Config config = program::load(line["CONFIG"], output.log);
    if (!config.application.port) throw ilnp::ConfigError(line["CONFIG"] + ": [application] port: missing");
    program::ControlEvents events;
    program::FrameCapture capture(std::move(pcap), "ilnp-heartbeat", config.link, output.log);
    boost::asio::io_context io(1);
    const program::EventLog observer(output.log, line, config.log);
    Heartbeat heartbeat(io, config, output, capture.sink(), program::Followed(observer, &events));
    ilnp::ControlProgram about;
    about.name = "ilnp-heartbeat";
    const program::Control control(io.get_executor(), line, output.log, heartbeat.node(), events,
                                   std::move(about), true);
    const program::Signals signals(io);
    const auto metrics = program::serve_metrics(io.get_executor(), line, output.log, observer,
                                                heartbeat.stack(), [](const auto&) {});
    heartbeat.start();
    io.run();
    heartbeat.stop();
    return 0;
  });
}
