// Lets TCP programs that know nothing of the overlay talk through it, and UDP programs as well.

#include <ilnp/gateway/names/name_resolver.hpp>
#include <ilnp/sctp/sctp.hpp>

#include "common.hpp"
#include "control_server.hpp"
#include "datagrams.hpp"
#include "node_options.hpp"
#include "streams.hpp"

namespace {

using Streams = ilnp::StreamProxy<ilnp::Sctp<ilnp::Fragment<ilnp::STP<ilnp::ILNP<program::Link>>>>>;
using Stack = ilnp::Proxy<Streams>;

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
        ("expose", value<Texts>()->value_name("PORT"),
         "let other nodes connect to PORT on this host; repeatable");
    program::add_stream_options(line);
    line.add_options()                                                                //
        ("control", value<std::string>()->value_name("PATH"), program::control_help)  //
        ("quiet,q", "print only errors, the ports and Running")("verbose,v", "print what every layer does");
    program::add_datagram_options(line);
    program::add_node_options(line);
    line.argument("CONFIG");
    line.argument("PORT");
    if (!line.parse(argc, argv)) return 0;

    program::StreamOptions options(line);
    std::vector<std::uint16_t> exposed;
    for (const auto& text : line.value<Texts>("expose"))
      exposed.push_back(program::parse_port("--expose", text));
    const std::uint16_t datagram_port =
        line.has("PORT") ? program::parse_port("PORT", line["PORT"], 0) : std::uint16_t{0};
    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    program::Log& log = output.log;
    const ilnp::Config config = program::load(line["CONFIG"], log);
    const program::EventLog observer(log, line, config.log);
    program::ControlEvents events;
    program::raise_descriptor_limit();

    program::FrameCapture capture(std::move(pcap), "ilnp-stream", config.link, log);
    boost::asio::io_context io(1);
    Stack stack(options.proxy, options.sctp, config.network, capture.sink(), config.link);
    program::note_link(log, observer, lowest_layer(stack), config);
    for (const std::uint16_t port : exposed)
      program::check(stack.next_layer().expose(port), "--expose " + std::to_string(port));

    ilnp::StreamSink sink;
    ilnp::ProxyGateway datagrams(io.get_executor(), stack, {options.address, datagram_port},
                                 program::Complaints("ilnp-stream", log, stack),
                                 program::Followed(observer, &events), sink.to());
    program::set_up_datagrams(line, datagrams, stack, options.address);
    ilnp::NameResolver names(io.get_executor());
    ilnp::StreamGateway streams(io.get_executor(), datagrams, sink,
                                program::StreamFailures("ilnp-stream", log), std::move(options.policy),
                                names);
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
    options.listen(streams);
    std::cout << "Running" << std::endl;
    io.run();
    program::say_goodbye(datagrams);
    return 0;
  });
}
