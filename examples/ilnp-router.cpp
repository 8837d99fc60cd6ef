// Only forwards between the networks that it has joined. Its transport does nothing but answer pings.

#include "common.hpp"
#include "control_server.hpp"
#include "node_options.hpp"

using Stack = ilnp::STP<ilnp::ILNP<program::Link>>;

int main(int argc, char** argv) {
  return program::run("ilnp-router", [&] {
    program::CommandLine line("ilnp-router CONFIG [OPTIONS]",
                              "Forwards packets between the networks in the [network] section of CONFIG.\n"
                              "SIGUSR1 prints the counters.");
    line.add_options()  //
        ("control", program::options::value<std::string>()->value_name("PATH"),
         program::own_control_help)  //
        ("quiet,q", "print only errors")("verbose,v", "print what every layer does");
    program::add_node_options(line);
    line.argument("CONFIG");
    if (!line.parse(argc, argv)) return 0;

    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    program::Log& log = output.log;
    const ilnp::Config config = program::load(line["CONFIG"], log);
    const program::EventLog observer(log, line, config.log);
    program::ControlEvents events;

    program::FrameCapture capture(std::move(pcap), "ilnp-router", config.link, log);
    boost::asio::io_context io(1);
    Stack stack(config.network, capture.sink(), config.link);
    program::note_link(log, observer, lowest_layer(stack), config);
    const auto ignore = [](const auto&...) {};  // there is no layer above
    ilnp::Node node(io.get_executor(), stack, ignore, program::Followed(observer, &events));
    ilnp::ControlProgram about;
    about.name = "ilnp-router";
    const program::Control control(io.get_executor(), line, log, node, events, std::move(about), true);
    const program::Signals signals(io, [&] { program::print_counters(stack); });
    const auto metrics = program::serve_metrics(io.get_executor(), line, log, observer, stack, ignore);
    const program::NodeWatch watch(io.get_executor(), stack, program::Followed(observer, &events));
    program::check(node.start());
    if (!line.has("quiet"))
      std::cout << "Routing as " << program::printable_name(config.network.host_name) << std::endl;
    io.run();
    return 0;
  });
}
