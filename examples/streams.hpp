#pragma once

// Shared by the programs that forward connections of local programs.

#include <sys/resource.h>

#include <ilnp/sctp/sctp.hpp>
#include <utility>

#include "datagrams.hpp"
#include "stream_memory.hpp"

namespace program {

inline void check_host_name(const std::string& where, const std::string& name) {
  if (!ilnp::wire::is_host_name(ilnp::as_bytes(name)))
    throw UsageError(where + ": \"" + name + "\" is " +
                     make_error_code(ilnp::Errc::invalid_host_name).message());
}

/// The options that `Streams` reads, without --expose.
inline void add_stream_options(CommandLine& line) {
  using options::value;
  using Texts = std::vector<std::string>;
  line.add_options()  //
      ("listen", value<Texts>()->value_name("LOCAL_PORT:HOST:REMOTE_PORT"),
       "forward connections from LOCAL_PORT to REMOTE_PORT of HOST; repeatable")  //
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
       "local address to listen on");
}

/// What the command line says of streams, checked.
struct StreamOptions {
  explicit StreamOptions(const CommandLine& line) {
    using Texts = std::vector<std::string>;
    boost::system::error_code error;
    address = boost::asio::ip::make_address(line.value("bind"), error);
    if (error) throw UsageError("--bind \"" + line.value("bind") + "\": not an address");
    for (const auto& text : line.value<Texts>("listen")) listens.push_back(parse_listen(text));
    if (line.has("exit") && !line.has("socks")) throw UsageError("--exit requires --socks");
    if (line.has("exit") && line.has("plain")) throw UsageError("--exit cannot be combined with --plain");
    if (line.has("exit")) check_host_name("--exit", line.value("exit"));
    if (line.has("exit-to") && !line.has("allow-exit")) throw UsageError("--exit-to requires --allow-exit");
    for (const auto& text : line.value<Texts>("exit-to")) policy.allow(parse_exit_to(text));
    if (line.has("socks")) socks_port = parse_port("--socks", line.value("socks"), 0);
    exit = line.value("exit");
    sctp.port = parse_port("--sctp-port", line.value("sctp-port"));
    sctp.memory =
        number(line, "stream-memory", default_stream_memory(), least_stream_memory, std::uint64_t{1} << 40);
    proxy.plain = line.has("plain");
    proxy.exit = line.has("allow-exit");
    proxy.max_connections = number(line, "max-connections", 1000, 1, 1'000'000);
  }

  /// Opens the ports for local programs, and says where they are.
  template <class Gateway>
  void listen(Gateway& streams) const {
    for (const auto& [port, target] : listens) {
      const auto listening = streams.listen({address, port}, target);
      std::cout << "Streams to " << printable_name(target.node) << ':' << target.port << " on " << listening
                << std::endl;
    }
    if (socks_port)
      std::cout << "SOCKS on " << streams.listen_socks({address, *socks_port}, exit) << std::endl;
  }

  boost::asio::ip::address address;  ///< to listen on
  ilnp::ExitPolicy policy;
  ilnp::SctpConfig sctp;
  ilnp::StreamProxyConfig proxy;

 private:
  /// `LOCAL_PORT:HOST:REMOTE_PORT`, as --listen takes it.
  static std::pair<std::uint16_t, ilnp::StreamTarget> parse_listen(const std::string& text) {
    const auto first = text.find(':');
    const auto last = text.rfind(':');
    if (first == last)
      throw UsageError("--listen \"" + text + "\": not of the form LOCAL_PORT:HOST:REMOTE_PORT");
    const std::string where = "--listen \"" + text + '"';
    const ilnp::StreamTarget target{text.substr(first + 1, last - first - 1),
                                    parse_port(where, text.substr(last + 1))};
    check_host_name(where, target.node);
    return {parse_port(where, text.substr(0, first), 0), target};
  }
  /// `ADDRESS[/LENGTH][:PORT]`, as --exit-to takes it.
  static ilnp::ExitRule parse_exit_to(const std::string& text) {
    if (const auto rule = ilnp::ExitRule::parse(text)) return *rule;
    throw UsageError("--exit-to \"" + text +
                     "\": not of the form ADDRESS[/LENGTH][:PORT], such as 10.0.0.0/8 or [fd00::1]:80");
  }

  std::vector<std::pair<std::uint16_t, ilnp::StreamTarget>> listens;
  std::optional<std::uint16_t> socks_port;
  std::string exit;
};

/// Each connection needs a descriptor: allows as many as this process can have.
inline void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Reports a connection that failed; the same one at most once a second.
class StreamFailures {
 public:
  StreamFailures(std::string program, Log& log) : program_(std::move(program)), log_(&log) {}
  void operator()(const ilnp::StreamFailure& failure) {
    log_->note(program_ + ": " + failure.error.message(), [&]() -> std::optional<std::string> {
      std::string text = "to " + printable(failure.target) + ": " + failure.error.message();
      const auto held_back = limit_(text);
      if (!held_back) return std::nullopt;
      if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
      return program_ + ": " + text;
    });
  }
  void operator()(const ilnp::StreamListenerPaused& paused) {
    std::string text = "port " + std::to_string(paused.port) + ": ";
    text += paused.error ? "accepts no connections for now: " + paused.error.message()
                         : "accepts connections again";
    const auto held_back = limit_(text);
    if (!held_back) return;
    if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
    log_->note({program_ + ": listening", paused.error ? Level::error : Level::notice},
               [&] { return program_ + ": " + text; });
  }

 private:
  std::string program_;
  Log* log_;
  RateLimit limit_;
};

}  // namespace program
