// Lets programs that know nothing of the overlay talk through it, through a local UDP socket.

#include "common.hpp"
#include "control_server.hpp"
#include "datagrams.hpp"
#include "node_options.hpp"

using Stack = ilnp::Proxy<ilnp::Fragment<ilnp::STP<ilnp::ILNP<program::Link>>>>;

int main(int argc, char** argv) {
  return program::run("ilnp-proxy", [&] {
    program::CommandLine line(
        "ilnp-proxy CONFIG [PORT] [OPTIONS]",
        "Forwards datagrams between programs on this host and the overlay. Programs send to PORT (0 or "
        "none:\n"
        "any free port). The port from which a program sends selects where its datagrams go.\n"
        "SIGUSR1 prints the counters.");
    line.add_options()                                                                                  //
        ("control", program::options::value<std::string>()->value_name("PATH"), program::control_help)  //
        ("bind", program::options::value<std::string>()->default_value("127.0.0.1")->value_name("ADDRESS"),
         "local address to listen on")  //
        ("quiet,q", "print only errors and the port")("verbose,v", "print what every layer does");
    program::add_datagram_options(line);
    program::add_node_options(line);
    line.argument("CONFIG");
    line.argument("PORT");
    if (!line.parse(argc, argv)) return 0;

    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(line.value("bind"), error);
    if (error) throw program::UsageError("--bind \"" + line.value("bind") + "\": not an address");
    const std::uint16_t port =
        line.has("PORT") ? program::parse_port("PORT", line["PORT"], 0) : std::uint16_t{0};
    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    program::Log& log = output.log;
    const ilnp::Config config = program::load(line["CONFIG"], log);
    const program::EventLog observer(log, line, config.log);
    program::ControlEvents events;

    program::FrameCapture capture(std::move(pcap), "ilnp-proxy", config.link, log);
    boost::asio::io_context io(1);
    Stack stack(config.network, capture.sink(), config.link);
    program::note_link(log, observer, lowest_layer(stack), config);
    ilnp::ProxyGateway gateway(io.get_executor(), stack, {address, port},
                               program::Complaints("ilnp-proxy", log, stack),
                               program::Followed(observer, &events));
    program::set_up_datagrams(line, gateway, stack, address);
    ilnp::ControlProgram about;
    about.name = "ilnp-proxy";
    about.port = gateway.port();
    const auto counters = [&](const auto& add) { program::add_counters(gateway, "gateway", add); };
    about.counters = counters;
    const program::Control control(io.get_executor(), line, log, gateway, events, std::move(about));
    const program::Signals signals(io, [&] {
      program::print_counters(stack);
      program::print_counters(gateway);
    });
    const auto metrics = program::serve_metrics(io.get_executor(), line, log, observer, stack, counters);
    const program::NodeWatch watch(io.get_executor(), stack, program::Followed(observer, &events));
    program::check(gateway.start());
    std::cout << "Listening on " << gateway.port() << std::endl;
    io.run();
    program::say_goodbye(gateway);
    return 0;
  });
}
