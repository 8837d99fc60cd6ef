// Lets programs that know nothing of the overlay talk through it, by a local UDP socket.

#include "common.hpp"
#include "control_path.hpp"

using Stack = ilnp::Proxy<ilnp::Fragment<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>>;

namespace {

/// `LOCAL:HOST:REMOTE`, as --map takes it.
void add_mapping(Stack& stack, const std::string& text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (first == last) throw program::UsageError("--map \"" + text + "\": not of the form LOCAL:HOST:REMOTE");
  const std::uint16_t local_port = program::parse_port(text.substr(0, first));
  const std::uint16_t remote_port = program::parse_port(text.substr(last + 1));
  program::check(stack.map(local_port, {text.substr(first + 1, last - first - 1), remote_port, false}),
                 "--map " + ilnp::IniFile::quoted(text));
}

/// `HOST@ADDRESS:PORT`, as --listen-for takes it; an IPv6 address stands in brackets.
template <class Gateway>
void listen_for(Gateway& gateway, const std::string& text, const boost::asio::ip::address& first) {
  const auto at = text.rfind('@');
  const auto colon = text.rfind(':');
  if (at == text.npos || colon == text.npos || colon < at)
    throw program::UsageError("--listen-for \"" + text + "\": not of the form HOST@ADDRESS:PORT");
  std::string host = text.substr(at + 1, colon - at - 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) throw program::UsageError("--listen-for \"" + text + "\": \"" + host + "\" is not an address");
  if (address.is_v6() != first.is_v6())
    throw program::UsageError("--listen-for \"" + text + "\": not of the family of " + first.to_string());
  gateway.listen_for(text.substr(0, at), {address, program::parse_port(text.substr(colon + 1))});
}

/// What the gateway has counted, in the form of the control protocol.
template <class Gateway>
void append_counters(const Gateway& gateway, std::string& answer) {
  gateway.counters().for_each([&](std::string_view name, std::uint64_t value) {
    answer.append("gateway.").append(name).append(" ").append(std::to_string(value)).append("\n");
  });
}

/// Says what became of a datagram that could not be carried; the same at most once a second.
class Complaints {
 public:
  Complaints(program::LineWriter& log, Stack& stack) : log_(&log), stack_(&stack) {}

  void operator()(const ilnp::LocalError& error) {
    std::string text =
        "from local port " + std::to_string(error.local_port.port) + ": " + error.error.message();
    const auto held_back = limit_(text);
    if (!held_back) return;
    if (error.error == ilnp::Errc::message_too_long)
      text += " (" + std::to_string(error.size) + " octets, at most " +
              std::to_string(stack_->next_layer().next_layer().max_payload()) +
              " to a node that does not put pieces together)";
    stack_->for_each_mapping([&](ilnp::LocalPort local, const ilnp::Remote& remote) {
      if (local.port == error.local_port.port && local.socket == error.local_port.socket)
        text += ", to " + remote.host;
    });
    if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
    (*log_)("ilnp-proxy: " + text);
  }

 private:
  program::LineWriter* log_;
  Stack* stack_;
  program::RateLimit limit_;
};

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-proxy", [&] {
    program::CommandLine line(
        "ilnp-proxy CONFIG [PORT] [OPTIONS]",
        "Carries datagrams between programs on this host and the overlay: a program sends to PORT (any free\n"
        "one if it is 0 or not given), and the port that it sends from selects where its datagrams go.\n"
        "SIGUSR1 prints the counters.");
    line.add_options()                                                                                 //
        ("control", program::options::value<std::string>(), "UNIX socket for ilnp-proxy-create")       //
        ("bind", program::options::value<std::string>()->default_value("127.0.0.1"), "local address")  //
        ("map", program::options::value<std::vector<std::string>>(),
         "LOCAL:HOST:REMOTE, a mapping to begin with; repeatable")  //
        ("redirect", program::options::value<std::vector<std::string>>(),
         "a further port to listen on, for programs whose own port is not known beforehand: what is sent "
         "there goes by "
         "the mapping of that port, and answers go to who sent last; repeatable")  //
        ("listen-for", program::options::value<std::vector<std::string>>(),
         "HOST@ADDRESS:PORT, a local socket for the mappings to HOST (127.0.0.2:10000, say), so that a port "
         "can have "
         "several peers; repeatable")  //
        ("quiet,q", "print errors only, and the port")("verbose,v", "print what every layer does");
    line.argument("CONFIG");
    line.argument("PORT");
    if (!line.parse(argc, argv)) return 0;

    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(line.value("bind"), error);
    if (error) throw program::UsageError("--bind \"" + line.value("bind") + "\": not an address");
    const std::uint16_t port = line.has("PORT") ? program::parse_port(line["PORT"], 0) : std::uint16_t{0};
    const ilnp::Config config = program::load(line["CONFIG"]);
    program::LineWriter log(STDERR_FILENO);
    const program::EventLog observer(log, line, config.log);

    boost::asio::io_context io(1);
    Stack stack(config.network, config.link);
    if (!line.has("quiet")) program::note_receive_buffer(log, lowest_layer(stack));
    ilnp::ProxyGateway gateway(io.get_executor(), stack, {address, port}, Complaints(log, stack), observer);
    for (const auto& socket : line.value<std::vector<std::string>>("listen-for"))
      listen_for(gateway, socket, address);
    for (const auto& text : line.value<std::vector<std::string>>("redirect"))
      gateway.redirect(program::parse_port(text));
    for (const auto& mapping : line.value<std::vector<std::string>>("map")) add_mapping(stack, mapping);
    stack.for_each_mapping([&](std::uint16_t local_port, const ilnp::Remote&) {
      if (local_port == gateway.port())
        throw program::UsageError("--map: local port " + std::to_string(local_port) + " is the proxy's own");
    });
    const std::string path = line.has("control") ? line.value("control") : program::default_control_path();
    ilnp::ControlSocket control(io.get_executor(), path, [&](std::string_view request) {
      std::string answer = gateway.with([&](Stack& proxy, auto& cx) {
        return ilnp::ControlProtocol::answer(proxy, request, gateway.port(), cx);
      });
      if (request == "counters") append_counters(gateway, answer);
      return answer;
    });
    const program::Signals signals(io, [&] {
      program::print_counters(stack);
      program::print_counters(gateway);
    });
    program::check(gateway.start());
    std::cout << "Listening on " << gateway.port() << std::endl;
    io.run();
    return 0;
  });
}
