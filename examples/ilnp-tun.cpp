// Gives this host a network interface in the overlay: every program talks to other nodes by their addresses and names.

#include <arpa/inet.h>

#include <ilnp/gateway/names/name_resolver.hpp>
#include <ilnp/gateway/tun_gateway.hpp>
#include <ilnp/sctp/sctp.hpp>
#include <ilnp/tun.hpp>

#include "common.hpp"
#include "control_server.hpp"
#include "datagrams.hpp"
#include "node_options.hpp"
#include "streams.hpp"
#include "tun_names.hpp"

namespace {

using Network = ilnp::Tun<ilnp::ILNP<program::Link>>;
using Streams = ilnp::StreamProxy<ilnp::Sctp<ilnp::Fragment<ilnp::STP<Network>>>>;
using Stack = ilnp::Proxy<Streams>;

/// What the stack hands up besides datagrams.
struct Sinks {
  ilnp::StreamSink::To streams;
  ilnp::TunSink::To tun;

  void operator()(const ilnp::StreamProxyEvent& event, ilnp::Bytes octets) const { streams(event, octets); }
  void operator()(const ilnp::ToHost& packet, ilnp::Bytes octets) const { tun(packet, octets); }
  template <class Other>
  requires(!std::same_as<Other, ilnp::NetworkSource>) void operator()(const Other&,
                                                                      ilnp::Bytes) const noexcept {}
  void flush() const { tun.flush(); }
};

/// The section [tun], and the options that replace parts of it or add to them.
ilnp::TunConfig read_tun(const program::CommandLine& line, const ilnp::Config& config) {
  using Texts = std::vector<std::string>;
  ilnp::TunConfig tun = config.tun;
  if (line.has("interface")) tun.interface = line.value("interface");
  if (tun.interface == config.link.mcast_interface)
    throw program::UsageError("--interface " + tun.interface +
                              ": also the interface of the overlay (mcast_interface)");
  for (const auto& text : line.value<Texts>("expose")) {
    if (text == "all") {
      tun.expose_all = true;
    } else {
      tun.exposed.push_back(program::parse_port("--expose", text));
    }
  }
  for (const auto& text : line.value<Texts>("allow")) {
    program::check_host_name("--allow", text);
    tun.allowed.push_back(text);
  }
  return tun;
}

ilnp::TunDevice open_device(const ilnp::TunConfig& config, const Network& network, bool offload) {
  ilnp::TunDeviceConfig device;
  device.interface = config.interface;
  device.address = program::address_octets(network.address());
  device.mtu = network.mtu();
  device.offload = offload;
  return ilnp::TunDevice(device);
}

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-tun", [&] {
    program::CommandLine line(
        "ilnp-tun CONFIG [PORT] [OPTIONS]",
        "Gives this host a network interface in the overlay, with an address that stays when the node "
        "moves.\n"
        "Programs reach other nodes by name (bob.ilnp) or address; other nodes reach only the ports that\n"
        "--expose names. It also does what ilnp-stream does for connections, and with PORT (0: any free\n"
        "port), --map, --redirect, --listen-for or --control what ilnp-proxy does for datagrams.\n"
        "SIGUSR1 prints the counters.");
    using program::options::value;
    using Texts = std::vector<std::string>;
    line.add_options()                                                                                     //
        ("interface", value<std::string>()->value_name("NAME"), "name of the interface (default: ilnp0)")  //
        ("expose", value<Texts>()->value_name("PORT"),
         "let other nodes connect and send to PORT of this host, through the interface and by streams; all: "
         "everything, through the interface; repeatable")  //
        ("allow", value<Texts>()->value_name("HOST"),
         "let only this node in, through the interface and by streams; repeatable")      //
        ("resolved", "let systemd-resolved ask this node for the names of the overlay")  //
        ("hosts-file", value<std::string>()->value_name("PATH"),
         "keep the names of the overlay in this hosts file, in lines of their own")  //
        ("no-offload", "exchange only packets of the network's size with the kernel");
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
    const std::uint16_t datagram_port =
        line.has("PORT") ? program::parse_port("PORT", line["PORT"], 0) : std::uint16_t{0};
    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    program::Log& log = output.log;
    const ilnp::Config config = program::load(line["CONFIG"], log);
    const ilnp::TunConfig tun = read_tun(line, config);
    options.proxy.allowed = tun.allowed;
    const program::EventLog observer(log, line, config.log);
    program::ControlEvents events;
    program::raise_descriptor_limit();

    program::FrameCapture capture(std::move(pcap), "ilnp-tun", config.link, log);
    boost::asio::io_context io(1);
    Stack stack(options.proxy, options.sctp, tun, config.network, capture.sink(), config.link);
    program::note_link(log, observer, lowest_layer(stack), config);
    for (const std::uint16_t port : tun.exposed)
      program::check(stack.next_layer().expose(port), "--expose " + std::to_string(port));

    ilnp::StreamSink stream_sink;
    ilnp::TunSink tun_sink;
    ilnp::ProxyGateway datagrams(io.get_executor(), stack, {options.address, datagram_port},
                                 program::Complaints("ilnp-tun", log, stack),
                                 program::Followed(observer, &events),
                                 Sinks{stream_sink.to(), tun_sink.to()});
    program::set_up_datagrams(line, datagrams, stack, options.address);
    ilnp::NameResolver names(io.get_executor());
    ilnp::StreamGateway streams(io.get_executor(), datagrams, stream_sink,
                                program::StreamFailures("ilnp-tun", log), std::move(options.policy), names);
    bool gone = false;
    ilnp::TunGateway gateway(io.get_executor(), datagrams, tun_sink,
                             open_device(tun, tun_layer(stack), !line.has("no-offload")),
                             [&](const ilnp::error_code&) {
                               gone = true;
                               io.stop();
                             });
    const std::string interface = gateway.device().name();
    ilnp::ControlProgram about;
    about.name = "ilnp-tun";
    about.port = datagrams.port();
    const auto counters = [&](const auto& add) {
      program::add_counters(datagrams, "gateway", add);
      program::add_counters(streams, "streams", add);
      program::add_counters(gateway, "device", add);
    };
    about.counters = counters;
    about.streams = [&](const auto& add) { streams.for_each_stream(add); };
    const program::Control control(io.get_executor(), line, log, datagrams, events, std::move(about),
                                   !line.has("PORT"));
    const program::Signals signals(io, [&] {
      program::print_counters(stack);
      program::print_counters(datagrams);
      program::print_counters(streams);
      program::print_counters(gateway);
    });
    const auto metrics = program::serve_metrics(io.get_executor(), line, log, observer, stack, counters);
    const program::NodeWatch watch(io.get_executor(), stack, program::Followed(observer, &events));
    program::check(datagrams.start());
    if (line.has("resolved")) program::tell_resolved(interface, tun_layer(stack).prefix());
    const program::HostsFileNames hosts_file(io.get_executor(), line, log, datagrams, interface);
    if (program::wants_datagrams(line)) std::cout << "Listening on " << datagrams.port() << std::endl;
    options.listen(streams);
    std::cout << "Interface " << interface << ", " << program::address_text(tun_layer(stack).address())
              << std::endl;
    std::cout << "Running" << std::endl;
    io.run();
    program::say_goodbye(datagrams);
    if (gone) throw std::runtime_error("interface " + interface + ": it was deleted");
    return 0;
  });
}
