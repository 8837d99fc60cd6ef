// Lets TCP programs that know nothing of the overlay talk through it, and UDP programs as well.

#include <sys/resource.h>

#include <ilnp/gateway/names/name_resolver.hpp>
#include <ilnp/sctp/sctp.hpp>

#include "common.hpp"
#include "control_server.hpp"
#include "datagrams.hpp"
#include "node_options.hpp"
#include "stream_memory.hpp"

namespace {

using Streams = ilnp::StreamProxy<ilnp::Sctp<ilnp::Fragment<ilnp::STP<ilnp::ILNP<program::Link>>>>>;
using Stack = ilnp::Proxy<Streams>;

void check_host_name(const std::string& where, const std::string& name) {
  if (!ilnp::wire::is_host_name(ilnp::as_bytes(name)))
    throw program::UsageError(where + ": \"" + name + "\" is " +
                              make_error_code(ilnp::Errc::invalid_host_name).message());
}

/// `LOCAL_PORT:HOST:REMOTE_PORT`, as --listen takes it.
std::pair<std::uint16_t, ilnp::StreamTarget> parse_listen(const std::string& text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (first == last)
    throw program::UsageError("--listen \"" + text + "\": not of the form LOCAL_PORT:HOST:REMOTE_PORT");
  const std::string where = "--listen \"" + text + '"';
  const ilnp::StreamTarget target{text.substr(first + 1, last - first - 1),
                                  program::parse_port(where, text.substr(last + 1))};
  check_host_name(where, target.node);
  return {program::parse_port(where, text.substr(0, first), 0), target};
}

/// `ADDRESS[/LENGTH][:PORT]`, as --exit-to takes it.
ilnp::ExitRule parse_exit_to(const std::string& text) {
  if (const auto rule = ilnp::ExitRule::parse(text)) return *rule;
  throw program::UsageError(
      "--exit-to \"" + text +
      "\": not of the form ADDRESS[/LENGTH][:PORT], such as 10.0.0.0/8 or [fd00::1]:80");
}

/// Each connection needs a descriptor: allows as many as this process can have.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Reports a connection that failed; the same one at most once a second.
class Failures {
 public:
  explicit Failures(program::Log& log) : log_(&log) {}
  void operator()(const ilnp::StreamFailure& failure) {
    log_->note("ilnp-stream: " + failure.error.message(), [&]() -> std::optional<std::string> {
      std::string text = "to " + program::printable(failure.target) + ": " + failure.error.message();
      const auto held_back = limit_(text);
      if (!held_back) return std::nullopt;
      if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
      return "ilnp-stream: " + text;
    });
  }
  void operator()(const ilnp::StreamListenerPaused& paused) {
    std::string text = "port " + std::to_string(paused.port) + ": ";
    text += paused.error ? "accepts no connections for now: " + paused.error.message()
                         : "accepts connections again";
    const auto held_back = limit_(text);
    if (!held_back) return;
    if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
    log_->note({"ilnp-stream: listening", paused.error ? program::Level::error : program::Level::notice},
               [&] { return "ilnp-stream: " + text; });
  }

 private:
  program::Log* log_;
  program::RateLimit limit_;
};

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-stream", [&] {
    program::CommandLine line(
        "ilnp-stream CONFIG [PORT] [OPTIONS]",
        "Forwards TCP connections between programs on this host and those of other nodes, by SCTP over the\n"
        "overlay. With PORT (0: any free port), --map, --redirect, --listen-for or --control it also "
        "forwards\n"
        "datagrams, as ilnp-proxy does. ilnp-proxy-create works with it if PORT or --control is given.\n"
        "SIGUSR1 prints the counters.");
    using program::options::value;
    using Texts = std::vector<std::string>;
    line.add_options()  //
        ("listen", value<Texts>()->value_name("LOCAL_PORT:HOST:REMOTE_PORT"),
         "forward connections from LOCAL_PORT to REMOTE_PORT of HOST; repeatable")  //
        ("expose", value<Texts>()->value_name("PORT"),
         "let other nodes connect to PORT on this host; repeatable")  //
        ("socks", value<std::string>()->value_name("PORT"),
         "listen for SOCKS 5 programs; NAME.ilnp is a node")  //
        ("exit", value<std::string>()->value_name("HOST"),
         "the node through which SOCKS programs reach all other names")  //
        ("allow-exit",
         "let other nodes connect to the Internet through this one")  //
        ("exit-to", value<Texts>()->value_name("ADDRESS[/LENGTH][:PORT]"),
         "with --allow-exit: let other nodes also connect to this private address, or address of this host; "
         "repeatable")                                                                   //
        ("plain", "the other ends run plain SCTP, such as a kernel's, not ilnp-stream")  //
        ("sctp-port", value<std::string>()->default_value("9899")->value_name("PORT"),
         "STP port of SCTP, the same on all nodes")  //
        ("max-connections", value<std::string>()->default_value("1000")->value_name("N"),
         "limit for the connections that this node opens, and the same for those that others open")  //
        ("stream-memory", value<std::string>()->value_name("BYTES"),
         "memory for all streams; a stream that does not fit is refused (default: 512 MiB, less on a small "
         "machine)")  //
        ("bind", value<std::string>()->default_value("127.0.0.1")->value_name("ADDRESS"),
         "local address to listen on")                                                //
        ("control", value<std::string>()->value_name("PATH"), program::control_help)  //
        ("quiet,q", "print only errors, the ports and Running")("verbose,v", "print what every layer does");
    program::add_datagram_options(line);
    program::add_node_options(line);
    line.argument("CONFIG");
    line.argument("PORT");
    if (!line.parse(argc, argv)) return 0;

    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(line.value("bind"), error);
    if (error) throw program::UsageError("--bind \"" + line.value("bind") + "\": not an address");
    std::vector<std::pair<std::uint16_t, ilnp::StreamTarget>> listens;
    for (const auto& text : line.value<Texts>("listen")) listens.push_back(parse_listen(text));
    std::vector<std::uint16_t> exposed;
    for (const auto& text : line.value<Texts>("expose"))
      exposed.push_back(program::parse_port("--expose", text));
    if (line.has("exit") && !line.has("socks")) throw program::UsageError("--exit requires --socks");
    if (line.has("exit") && line.has("plain"))
      throw program::UsageError("--exit cannot be combined with --plain");
    if (line.has("exit")) check_host_name("--exit", line.value("exit"));
    if (line.has("exit-to") && !line.has("allow-exit"))
      throw program::UsageError("--exit-to requires --allow-exit");
    ilnp::ExitPolicy policy;
    for (const auto& text : line.value<Texts>("exit-to")) policy.allow(parse_exit_to(text));
    const std::uint16_t socks_port =
        line.has("socks") ? program::parse_port("--socks", line.value("socks"), 0) : std::uint16_t{0};
    const std::uint16_t datagram_port =
        line.has("PORT") ? program::parse_port("PORT", line["PORT"], 0) : std::uint16_t{0};
    ilnp::SctpConfig sctp;
    sctp.port = program::parse_port("--sctp-port", line.value("sctp-port"));
    ilnp::StreamProxyConfig proxy;
    proxy.plain = line.has("plain");
    proxy.exit = line.has("allow-exit");
    proxy.max_connections = program::number(line, "max-connections", 1000, 1, 1'000'000);
    sctp.memory = program::number(line, "stream-memory", program::default_stream_memory(),
                                  program::least_stream_memory, std::uint64_t{1} << 40);
    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    program::Log& log = output.log;
    const ilnp::Config config = program::load(line["CONFIG"], log);
    const program::EventLog observer(log, line, config.log);
    program::ControlEvents events;
    raise_descriptor_limit();

    program::FrameCapture capture(std::move(pcap), "ilnp-stream", config.link, log);
    boost::asio::io_context io(1);
    Stack stack(proxy, sctp, config.network, capture.sink(), config.link);
    program::note_link(log, observer, lowest_layer(stack), config);
    for (const std::uint16_t port : exposed)
      program::check(stack.next_layer().expose(port), "--expose " + std::to_string(port));

    ilnp::StreamSink sink;
    ilnp::ProxyGateway datagrams(io.get_executor(), stack, {address, datagram_port},
                                 program::Complaints("ilnp-stream", log, stack),
                                 program::Followed(observer, &events), sink.to());
    program::set_up_datagrams(line, datagrams, stack, address);
    ilnp::NameResolver names(io.get_executor());
    ilnp::StreamGateway streams(io.get_executor(), datagrams, sink, Failures(log), std::move(policy), names);
    ilnp::ControlProgram about;
    about.name = "ilnp-stream";
    about.port = datagrams.port();
    const auto counters = [&](const auto& add) {
      program::add_counters(datagrams, "gateway", add);
      program::add_counters(streams, "streams", add);
    };
    about.counters = counters;
    about.streams = [&](const auto& add) { streams.for_each_stream(add); };
    const program::Control control(io.get_executor(), line, log, datagrams, events, std::move(about),
                                   !line.has("PORT"));
    const program::Signals signals(io, [&] {
      program::print_counters(stack);
      program::print_counters(datagrams);
      program::print_counters(streams);
    });
    const auto metrics = program::serve_metrics(io.get_executor(), line, log, observer, stack, counters);
    const program::NodeWatch watch(io.get_executor(), stack, program::Followed(observer, &events));
    program::check(datagrams.start());
    if (program::wants_datagrams(line)) std::cout << "Listening on " << datagrams.port() << std::endl;
    for (const auto& [port, target] : listens) {
      const auto listening = streams.listen({address, port}, target);
      std::cout << "Streams to " << program::printable_name(target.node) << ':' << target.port << " on "
                << listening << std::endl;
    }
    if (line.has("socks")) {
      const auto listening = streams.listen_socks({address, socks_port}, line.value("exit"));
      std::cout << "SOCKS on " << listening << std::endl;
    }
    std::cout << "Running" << std::endl;
    io.run();
    program::say_goodbye(datagrams);
    return 0;
  });
}
