// The tunnel: what a host writes to its interface, what peers send, and queries of names.
#include "ilnp/tun.hpp"
#include "fuzz.hpp"
#include "support/hand_fed.hpp"

namespace ilnp::fuzz {
namespace {

using namespace std::chrono_literals;
using wire::IpProtocol;

constexpr Locator here{0xa};
constexpr Nid self{1}, bob{2};
constexpr std::uint64_t prefix = 0xfd00'0001'0002'0003;
constexpr std::uint16_t exposed_port = 22;

bool is(std::uint8_t protocol, IpProtocol wanted) { return protocol == static_cast<std::uint8_t>(wanted); }

/// A node with a tunnel, and what its host gets.
class Node {
  auto check_write() {
    return [](const wire::VirtioNetHeader& virtio, Bytes head, std::span<const Bytes> parts) {
      Octets packet(head.begin(), head.end());
      for (const Bytes part : parts) packet.insert(packet.end(), part.begin(), part.end());
      require(wire::Ipv6Header::parse(packet).has_value(), "what is joined is a packet");
      std::size_t count = 0;
      const auto result = tun::cut(virtio, packet, [&](Bytes, MutableBytes) { ++count; });
      if (virtio.gso_type == wire::VirtioNetHeader::gso_none) return;
      require(result == tun::Cut::done && count == parts.size(), "what is joined can be cut again");
    };
  }
  auto up() {
    return [this]<class Source>(const Source& source, MutableBytes rest) {
      if constexpr (std::same_as<Source, ToHost>) take(source, rest);
    };
  }

 public:
  Node() : stack_(tun_config(), test::node_config(self.value(), "alice", {{here}})) {
    (void)network_layer(stack_).start(cx_);
    feed(test::discovery({here, bob}, "bob"));
    lowest_layer(stack_).sent.clear();
  }

  void feed(Octets frame) {
    stack_.feed(FrameSource{here, 2}, MutableBytes(frame), cx_, up());
    end_batch();
  }
  void from_host(const wire::VirtioNetHeader& virtio, Octets packet) {
    stack_.from_host(virtio, packet, cx_, up());
    end_batch();
  }
  void wait(Duration time) {
    const TimePoint until = cx_.now() + time;
    for (int calls = 0; stack_.next_deadline() <= until; ++calls) {
      require(calls < 100'000, "deadlines move on");
      cx_.set_now(std::max(cx_.now(), stack_.next_deadline()));
      stack_.on_timer(cx_, up());
      end_batch();
    }
    cx_.set_now(until);
  }
  /// From now on the answers of this UDP port come in.
  void expect(std::uint16_t port) { expected_port_ = port; }

 private:
  static TunConfig tun_config() {
    TunConfig config;
    config.prefix = prefix;
    config.exposed = {exposed_port};
    return config;
  }

  void take(const ToHost& to, MutableBytes rest) {
    Octets packet(to.ipv6.begin(), to.ipv6.end());
    packet.insert(packet.end(), rest.begin(), rest.end());
    const auto ip = wire::Ipv6Header::parse(packet);
    require(ip.has_value(), "a host gets whole IPv6 packets");
    if (to.source == Nid{}) {
      wire::Checksum sum;
      sum.add(ip->addresses());
      sum.add_pseudo(static_cast<std::uint32_t>(rest.size()), ip->next_header());
      sum.add(rest);
      require(sum.folded() == 0xffff, "what a node makes itself has a valid checksum");
      require(packet.size() <= 1280, "and is short");
    } else {
      require(ip->source() == wire::Ipv6Address{prefix, to.source.value()}, "a source cannot be forged");
      require(ip->destination() == wire::Ipv6Address{prefix, self.value()}, "it is for this host");
      admitted(*ip, rest);
    }
    joiner_.push(to, rest, check_write());
  }
  /// Only what is exposed, and answers.
  void admitted(const wire::Ipv6Header& ip, Bytes rest) {
    const std::uint8_t protocol = ip.next_header();
    if (is(protocol, IpProtocol::tcp)) {
      const auto header = wire::TcpHeader::parse(rest);
      require(header && (header->has(wire::TcpHeader::ack) || !header->has(wire::TcpHeader::syn) ||
                         header->destination_port() == exposed_port),
              "no connection to a port that is not exposed");
    } else if (is(protocol, IpProtocol::udp)) {
      const auto header = wire::UdpHeader::parse(rest);
      require(header && (header->destination_port() == exposed_port ||
                         header->destination_port() == expected_port_),
              "no datagram to a port that is not exposed, and from which nothing was sent");
    } else if (is(protocol, IpProtocol::icmpv6)) {
      const auto message = wire::Icmpv6Message::parse(rest);
      require(message && (message->is_echo() || (message->type() >= 1 && message->type() <= 4)),
              "no message that could configure the host");
    } else {
      require(is(protocol, IpProtocol::fragment), "no other protocols");
    }
  }
  void end_batch() {
    joiner_.flush(check_write());
    stack_.end_batch(cx_);
    std::vector<std::uint32_t> nonces;
    for (const auto& sent : std::exchange(lowest_layer(stack_).sent, {})) {
      const auto header = wire::IlnpHeader::parse(sent.octets);
      require(header.has_value(), "a frame is whole");
      require(sent.octets.size() <= 1440, "and fits");
      if (header->next_header() == static_cast<std::uint8_t>(wire::NextHeader::tunnel))
        require(wire::TunHeader::parse(header->payload()) || wire::TunRefusal::parse(header->payload()),
                "what is sent through the tunnel is of the tunnel");
      if (header->next_header() != static_cast<std::uint8_t>(wire::NextHeader::stp) ||
          header->destination().nid != bob)
        continue;
      const auto probe = wire::TunProbe::parse(header->payload().subspan(wire::StpHeader::size));
      if (probe && probe->kind() == wire::TunProbeKind::probe) nonces.push_back(probe->nonce());
    }
    for (const std::uint32_t nonce : nonces) {  // bob understands
      Octets reply(1400);
      wire::TunProbeRepr{wire::TunProbeKind::reply, 1436, nonce}.write_to(
          MutableBytes(reply).subspan(wire::StpHeader::size));
      feed(test::frame({here, bob}, {here, self}, static_cast<std::uint8_t>(wire::NextHeader::stp), reply));
    }
  }

  Random random_{1};
  Context<> cx_{TimePoint{} + 1h, random_};
  Tun<ILNP<test::MemoryUnderlay>> stack_;
  tun::Joiner joiner_;
  std::uint16_t expected_port_ = exposed_port;
};

/// An IPv6 header that is right for `rest`, mostly.
Octets packet_of(Input& in, std::size_t size) {
  const std::uint8_t protocols[] = {6, 17, 58, 44, 43, 59};
  const std::uint8_t protocol = in.one_of(protocols);
  const std::uint8_t where = in.octet();
  const std::uint64_t nids[] = {bob.value(), 3, self.value(), 0, tun::anycast_nid.value()};
  Octets rest = in.take(size);
  Octets packet(wire::Ipv6Header::size);
  wire::Ipv6HeaderRepr{0,
                       static_cast<std::uint16_t>(rest.size()),
                       protocol,
                       64,
                       {prefix, where & 0x80 ? 9 : self.value()},
                       {where & 0x40 ? 0xff02ull << 48 : prefix, nids[where % 5]}}
      .write_to(packet);
  return test::joined(std::move(packet), std::move(rest));
}

}  // namespace

void tun_read(Bytes input) {
  Input in(input);
  Node node;
  for (int step = 0; step < 100 && !in.empty(); ++step) {
    if (in.octet() % 8 == 7) {
      node.wait(in.octet() * 20ms);
      continue;
    }
    const Octets header = in.take(wire::VirtioNetHeader::size);
    if (header.size() < wire::VirtioNetHeader::size) break;
    const bool raw = in.octet() % 4 == 0;
    const std::size_t size = in.number<std::uint16_t>() % 4096;
    node.from_host(wire::VirtioNetHeader::parse(header), raw ? in.take(size) : packet_of(in, size));
  }
  node.wait(6s);
}

void tun_frame(Bytes input) {
  Input in(input);
  Node node;
  for (int step = 0; step < 100 && !in.empty(); ++step) {
    const std::uint8_t kind = in.octet();
    if (kind % 16 == 15) {
      node.wait(in.octet() * 20ms);
      continue;
    }
    const std::uint8_t protocols[] = {6, 17, 58, 44, 43, 59};
    Octets payload;
    if (kind % 4 != 0) {
      payload.resize(wire::TunHeader::size);
      wire::TunHeaderRepr{in.one_of(protocols), 0, 64, false}.write_to(payload);
    }
    payload = test::joined(std::move(payload), in.take(in.number<std::uint16_t>() % 1400));
    const std::uint8_t next_header = kind & 0x20 ? 42 : 47;
    node.feed(test::frame({here, kind & 0x40 ? Nid(3) : bob}, {here, self}, next_header, payload));
  }
  node.wait(6s);
}

void dns(Bytes input) {
  struct Lookup {
    std::optional<Nid> find(std::string_view name) {
      require(!name.empty() && name.size() <= 253, "a name that is looked up has a length");
      return name == "bob" ? std::optional(bob) : std::nullopt;
    }
    std::string_view name_of(Nid nid) { return nid == bob ? "bob" : ""; }
  } lookup;
  Octets out(wire::DnsReply::max_size);
  const tun::NameServer server(prefix);
  const std::size_t later = server.answer(input, out, false, lookup);
  const std::size_t size = server.answer(input, out, true, lookup);
  require(later == size || later == tun::NameServer::later,
          "an answer does not depend on when it is asked for");
  require(size <= out.size(), "a reply has a limit");
  if (size == 0) return;
  require(size >= wire::DnsQuery::header_size && std::ranges::equal(input.first(2), Bytes(out).first(2)),
          "a reply names its query");
  require((wire::load<std::uint16_t>(out, 2) & 0x8000) != 0 && !wire::DnsQuery::parse(Bytes(out).first(size)),
          "a reply is no query");
}

std::vector<Octets> tun_read_seeds() {
  std::vector<Octets> seeds;
  for (const char* name : {"tcp-00-a-syn", "tcp-03-a-psh-gso", "read-udp-gso", "read-fragment-first",
                           "read-ping", "cut-tcp-fin-in"}) {
    const Octets read = vector_file("tun/" + std::string(name) + ".bin");
    // As they were read; and what follows the IPv6 header, behind one that fits this node.
    const Bytes header = Bytes(read).first(wire::VirtioNetHeader::size),
                packet = Bytes(read).subspan(header.size());
    Octets raw = test::joined(test::hex("00"), test::octets(header));
    Octets again = raw;
    const auto sized = [](Octets& octets, std::uint8_t kind, std::size_t size) {
      octets.push_back(std::byte{kind});
      octets.push_back(static_cast<std::byte>(size >> 8));
      octets.push_back(static_cast<std::byte>(size));
    };
    sized(raw, 0, packet.size());
    seeds.push_back(test::joined(std::move(raw), test::octets(packet)));
    const Bytes rest = packet.subspan(wire::Ipv6Header::size);
    sized(again, 1, rest.size());
    const std::uint8_t protocol = wire::load<std::uint8_t>(packet, 6);
    again.push_back(std::byte{protocol == 6    ? std::uint8_t{0}
                              : protocol == 17 ? std::uint8_t{1}
                              : protocol == 58 ? std::uint8_t{2}
                                               : std::uint8_t{3}});
    again.push_back(std::byte{0});
    seeds.push_back(test::joined(std::move(again), test::octets(rest)));
  }
  return seeds;
}

std::vector<Octets> tun_frame_seeds() {
  std::vector<Octets> seeds;
  for (const char* name : {"cut-tcp-psh-frames", "cut-tcp-cwr-ece-frames", "cut-udp-frames"}) {
    const Octets file = vector_file("tun/" + std::string(name) + ".bin");
    Octets seed;
    for (Bytes rest = file; rest.size() > 2;) {
      const std::size_t size = wire::load<std::uint16_t>(rest, 0);
      seed = test::joined(std::move(seed), test::joined(test::hex("00"), test::octets(rest.first(2 + size))));
      rest = rest.subspan(2 + size);
    }
    seeds.push_back(std::move(seed));
  }
  seeds.push_back(test::hex("00 0004 40010000"));  // a refusal
  seeds.push_back(test::joined(test::hex("20 0014 00000000 0701 059c 01020304"), Octets(8)));
  return seeds;
}

std::vector<Octets> dns_seeds() {
  std::vector<Octets> seeds;
  for (const char* name : {"a", "aaaa", "case", "foreign", "ptr", "unknown"})
    seeds.push_back(vector_file("tun/dns-" + std::string(name) + "-query.bin"));
  return seeds;
}

}  // namespace ilnp::fuzz
