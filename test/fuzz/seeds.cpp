// What the fuzzer begins with: every kind of message in test/vectors, and texts that are right or nearly so.
#include <filesystem>
#include <fstream>
#include <set>

#include "fuzz.hpp"
#include "ilnp/wire/ilnp_header.hpp"
#include "support/pcap.hpp"

namespace ilnp::fuzz {
namespace {

namespace fs = std::filesystem;

struct Frame {
  std::chrono::microseconds time;
  Locator on;
  Octets octets;
};

/// The overlay's frames in each capture.
std::vector<std::vector<Frame>> captures() {
  std::vector<fs::path> files;
  for (const auto& each : fs::directory_iterator(ILNP_TEST_VECTORS))
    if (each.path().extension() == ".pcap") files.push_back(each.path());
  std::ranges::sort(files);
  std::vector<std::vector<Frame>> all;
  for (const auto& file : files) {
    auto& frames = all.emplace_back();
    for (const auto& each : test::read_pcap(file))
      if (const auto datagram = test::udp_datagram(each.octets))
        frames.push_back({each.time, datagram->group(), test::octets(datagram->payload)});
  }
  return all;
}

Octets prefixed(std::initializer_list<std::uint8_t> front, Bytes rest) {
  Octets out;
  for (const auto each : front) out.push_back(std::byte{each});
  return test::joined(std::move(out), test::octets(rest));
}

std::vector<Octets> texts(std::initializer_list<std::string_view> all) {
  std::vector<Octets> out;
  for (const auto text : all) out.push_back(test::octets(text));
  return out;
}

Octets octets_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(in), {}};
  return test::octets(std::as_bytes(std::span(text)));
}

/// What is in the files of a folder.
std::vector<Octets> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& each : fs::directory_iterator(folder)) files.push_back(each.path());
  std::ranges::sort(files);
  std::vector<Octets> all;
  for (const auto& file : files) all.push_back(octets_of(file));
  return all;
}

}  // namespace

Octets vector_file(const std::string& name) { return octets_of(fs::path(ILNP_TEST_VECTORS) / name); }

std::vector<Octets> wire_seeds() {
  const auto as = [](Format format, Bytes octets) {
    return prefixed({static_cast<std::uint8_t>(format)}, octets);
  };
  std::vector<Octets> seeds;
  std::set<std::vector<std::size_t>> kinds;
  for (const auto& frames : captures())
    for (const auto& frame : frames) {
      const auto header = wire::IlnpHeader::parse(frame.octets);
      if (!header || !kinds.insert({header->next_header(), header->payload().size()}).second) continue;
      seeds.push_back(as(Format::ilnp_header, frame.octets));
      const auto format = header->next_header() == 42   ? Format::stp_header
                          : header->next_header() == 43 ? Format::discovery
                                                        : Format::locator_update;
      seeds.push_back(as(format, header->payload()));
      seeds.push_back(as(Format::capture, test::joined(Octets(24), frame.octets)));
    }
  for (const auto text :
       {"alice", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8c", "\xed\xa0\x80", "\xf4\x90\x80\x80"})
    seeds.push_back(as(Format::utf8, as_bytes(text)));
  const auto add = [&](Format format, std::string_view digits) {
    seeds.push_back(as(format, test::hex(digits)));
  };
  add(Format::fragment, "01000000 12345678");
  add(Format::sctp_header, "2712 2712 00000000 12345678 01000014 00000001 00010000 000a 000a 00000001");
  add(Format::sctp_packet,
      "2712 2712 00000000 12345678 01000018 00000001 00010000 000a 000a 00000001 80000004");
  add(Format::sctp_packet, "2712 2712 00000001 12345678 03000014 00000001 00010000 0001 0000 0002 0003");
  add(Format::socks5_greeting, "05 02 00 02");
  add(Format::socks5_request, "05 01 00 01 7f000001 0050");
  add(Format::socks5_request, "05 01 00 03 03 626f62 0016");
  add(Format::socks5_request, "05 01 00 04 00000000000000000000000000000001 0050");
  add(Format::stream_request, "01 00 0016");
  add(Format::stream_request, "01 03 0016 626f62");
  add(Format::stream_reply, "01 00");
  add(Format::goodbye, "06000000");
  add(Format::ping, "04000000 0123456789abcdef 000000000000000000000000000000000000000000000000");
  add(Format::ping, "05010200 0123456789abcdef 000000000000000a000000000000000b000000000000000c");
  add(Format::fragment, "02000000 12345678 9abcdef0");
  add(Format::fragment, "03000050 9abcdef0 00000001 0009 0008 0001 61");
  return seeds;
}

std::vector<Octets> address_seeds() {
  return texts({"0:0:0:a", "ffff:0:0:a", "FFFF:00:0:000a", "ff02:0:0:1:0:0:0:0", "1:2:3:4:5:6:7:8", "::1",
                "0:0:0:g", "0:0:0:0000a", "0:0:0:", ""});
}

std::vector<Octets> configuration_seeds() {
  auto seeds =
      texts({"[link]\nmcast_port=1\nmcast_interface=lo\nbuffer_size=45\nuser_id=0\nmcast_loop=off\n"
             "[network]\nnid=0:0:0:1\nlocators=0:0:0:a , 0:0:0:f-0:0:0:b\ndefault_hop_limit=255\n"
             "backwards_learning_ttl=1e9\nactive_uncast_session_ttl=.5\nmove_time=0.001\nhandoff_time=0\n"
             "loc_update_retries=100\nloc_update_retry_wait_time=1\nlog=yes\n"
             "[discovery]\nhostname=x\nwait_time=1\n[transport]\nlog=1\n"
             "[application]\nport=1\nremote_hostname=y\nremote_port=65535\nrun_time=1\nwait_time=0.01\n",
             "key = value\n", "[network\n", "\xef\xbb\xbf[a]\r\nb=c\r\n", "[a]\nb\n", "[a]\nb=1\nB=2\n"});
  for (Octets& each : files_in(ILNP_TEST_VECTORS "/conf")) seeds.push_back(std::move(each));
  return seeds;
}

std::vector<Octets> control_seeds() {
  return texts({"10001 bob 10001",
                "10001 bob 10001 any replace\xffhosts\xfflist\xff"
                "remove 10001\xff"
                "remove 10001",
                "4000 carol 1\xff"
                "4000 carol 1 replace\xfflist 4000",
                "json map 10001 bob 10001 any\xffjson mappings\xffjson map 10001 carol 1 replace\xffjson "
                "unmap 10001 carol",
                "json status\xffjson hosts\xffjson routes\xffjson counters\xffjson streams",
                "json move 0:0:0:b,0:0:0:c\xffjson status\xffjson join 0:0:0:d\xffjson leave 0:0:0:b\xffjson "
                "routes\xff"
                "json auto",
                "json leave 0:0:0:a", "json move ffff:ffff:ffff:ffff", "json map 1 \xc3\xb6 1\xffjson x \"\\",
                "json", "counters", "0 bob 1", "1 bob 70000", "list 65536", "1 \x01 1"});
}

/// Each capture as alice's network card saw it: frames on the networks a, b and c, and the time between them.
std::vector<Octets> node_seeds() {
  std::vector<Octets> seeds;
  for (const auto& frames : captures()) {
    constexpr std::size_t length = 60;  // frames in one input
    for (std::size_t begin = 0; begin < frames.size() && begin < 3 * length; begin += length) {
      Octets input(configuration_octets);
      for (std::size_t at = begin; at < std::min(begin + length, frames.size()); ++at) {
        const auto& octets = frames[at].octets;
        const auto size = static_cast<std::uint16_t>(octets.size());
        const auto sender = octets.size() < 24 ? std::uint8_t{} : std::to_integer<std::uint8_t>(octets[23]);
        input = test::joined(std::move(input),
                             prefixed({static_cast<std::uint8_t>(Step::frame),
                                       static_cast<std::uint8_t>(frames[at].on.value() - 0xa), sender,
                                       static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)},
                                      octets));
        if (at % 8 == 0)
          input = test::joined(std::move(input), prefixed({static_cast<std::uint8_t>(Step::wait), 4}, {}));
        if (at % 20 == 19)  // to bob, and a move to b
          input = test::joined(std::move(input), prefixed({static_cast<std::uint8_t>(Step::send), 1, 0, 4, 1,
                                                           0, static_cast<std::uint8_t>(Step::move), 1, 1},
                                                          {}));
      }
      seeds.push_back(std::move(input));
    }
  }
  return seeds;
}

/// A long datagram: asked for, answered, sent; in order, and the last fragment first.
std::vector<Octets> long_datagram_seeds() {
  std::vector<Octets> seeds{test::hex("0100 1388 0004 0004 0004"),
                            test::hex("0100 1388 0004 0004 0001 0301 0004"),
                            test::hex("0000 ffe3 0004 0003 01 0004 0002 05 0004 0003 04"),
                            test::hex("0100 1388 0005 00 0035 07 0004 0004")};
  Octets all;
  for (int i = 0; i < 8; ++i)
    for (const Octets& each : {seeds[0], seeds[1], seeds[2]}) all = test::joined(std::move(all), each);
  seeds.push_back(std::move(all));
  return seeds;
}

/// The scenarios that come along, and one that says everything once.
std::vector<Octets> scenario_seeds() {
  auto seeds = files_in(fs::path(ILNP_TEST_VECTORS) / "../../examples/scenarios");
  const auto all = texts(
      {"\xef\xbb\xbftitle  all of it # and a comment\r\nrun 2min\n"
       "network all delay 2ms jitter 1.5ms loss 0.25%\n"
       "network b,0:0:0:c burst_begin 1% burst_end 0.5 burst_loss 90% duplication 1% reordering 0.5% "
       "reordering_delay 3ms bandwidth 10Mbit/s queue 30000\n"
       "node r in a,b,c start 100ms..200ms nid 0:0:0:77 default_hop_limit 7\n"
       "node m in a,b-c move_time 2s handoff_time 0 wait_time 1s backwards_learning_ttl 11s\n"
       "node c in b active_unicast_session_ttl 12s loc_update_retries 5 loc_update_retry_wait_time 5ms\n"
       "flow m <-> c every 10ms size 100 from 0 until 100s\n"
       "attach c b delay 1ms loss 1%\ncut a m -> c\n"
       "at 1s..2s move m to d\nat 2s crash m\nat 2s restart m\nat 2s link c down\nat 3s link c up\n"
       "at 3s partition a m,c\nat 3s mend a m -> c\nat 4s heal all\nat 4s heal a,b\n"
       "at 4s network d bandwidth 0\n"
       "expect lost 0\nexpect m -> c gap < 20ms\nexpect m handoffs >= 1\nexpect refused 0\n"
       "expect lost < 2.5%\nexpect m -> c delay_p99 < 30ms\nexpect jitter_max <= 1s\n",
       "run 1s\nnode a in a\n", "run 1s\nnode a in a\nat 1s move a to ff02:0:0:1\n"});
  seeds.insert(seeds.end(), all.begin(), all.end());
  return seeds;
}

}  // namespace ilnp::fuzz
