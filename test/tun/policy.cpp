// What of a node can be reached by tunnel: the policy, packet by packet, and what a peer is answered.
#include "ilnp/tun/policy.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"
#include "tun/tunnel.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_policy_test {

constexpr Ilv bob{a, Nid(0xb)};
constexpr Ilv carol{a, Nid(0xc)};
constexpr std::uint8_t syn = wire::TcpHeader::syn, ack = wire::TcpHeader::ack, rst = wire::TcpHeader::rst;

TunConfig exposing(std::vector<std::uint16_t> ports, bool all = false) {
  TunConfig config;
  config.exposed = std::move(ports);
  config.expose_all = all;
  return config;
}

struct Exposing80 : OneTunnel {
  explicit Exposing80(TunConfig config = exposing({80})) : OneTunnel(std::move(config)) {
    befriend(bob, "bob");
  }

  /// Does the host get this packet of bob, unchanged?
  bool comes_in(std::uint8_t next_header, const Octets& rest) {
    run(20ms);
    take();
    feed(bob, tunnel, tunnelled(next_header, rest));
    const auto packets = host();
    if (packets.empty()) return false;
    BOOST_TEST(packets.size() == 1u);
    BOOST_TEST((packets[0] == ipv6(address_of(bob.nid), address_of(self.nid), next_header, rest)));
    BOOST_TEST(sent(tunnel).empty());
    return true;
  }
};

/// The first fragment of a packet, or another one.
Octets fragment(std::uint8_t next_header, std::uint16_t offset, const Octets& rest) {
  Octets out(8);
  wire::store(out, 0, next_header);
  wire::store(out, 2, static_cast<std::uint16_t>(offset << 3 | 1));
  return joined(std::move(out), rest);
}

BOOST_FIXTURE_TEST_SUITE(tun_policy, Exposing80)

BOOST_AUTO_TEST_CASE(tcp_connections_begin_at_exposed_ports_only) {
  BOOST_TEST(comes_in(6, tcp(1000, 80, syn)));
  BOOST_TEST(!comes_in(6, tcp(1000, 81, syn)));
  BOOST_TEST(!comes_in(6, tcp(1000, 0, syn)));
  BOOST_TEST(!comes_in(6, tcp(1000, 22, syn | wire::TcpHeader::fin)));
  BOOST_TEST(sent(tunnel).size() == 1u);
  BOOST_TEST(!comes_in(6, tcp(1000, 22, syn | rst)));
  BOOST_TEST(sent(tunnel).empty());  // a reset is not answered by one
  BOOST_TEST(!comes_in(6, tcp(1000, 22, syn | wire::TcpHeader::ece | wire::TcpHeader::cwr)));
  take();
  // What belongs to a connection that this host has begun.
  BOOST_TEST(comes_in(6, tcp(80, 1000, syn | ack)));
  BOOST_TEST(comes_in(6, tcp(80, 1000, ack)));
  BOOST_TEST(comes_in(6, tcp(80, 1000, rst)));
  BOOST_TEST(counted().dropped_not_exposed == 4u);
}

BOOST_AUTO_TEST_CASE(a_connection_to_another_port_is_reset) {
  Octets expected = tun_vector("error-reset");
  Octets connect = tun_vector("tcp-00-a-syn");  // from a to b, whose port 7777 is not exposed
  connect.erase(connect.begin(), connect.begin() + 50);
  OneTunnel other({}, 0xb);
  other.meet({a, Nid(0xa)}, "alice");
  other.feed({a, Nid(0xa)}, tunnel, tunnelled(6, connect));
  const auto packets = other.sent(tunnel);
  BOOST_TEST_REQUIRE(packets.size() == 1u);
  expected.erase(expected.begin(), expected.begin() + 40);
  BOOST_TEST((packets[0] == tunnelled(6, expected)));
  BOOST_TEST(other.host().empty());
  // A reset, or what only looks like one, is not answered.
  other.feed({a, Nid(0xa)}, tunnel, tunnelled(6, tcp(1, 2, rst)));
  BOOST_TEST(other.sent(tunnel).empty());
}

BOOST_AUTO_TEST_CASE(datagrams_come_in_at_exposed_ports_and_those_that_have_sent) {
  BOOST_TEST(comes_in(17, udp(1000, 80)));
  BOOST_TEST(!comes_in(17, udp(53, 2000)));
  const auto errors = sent(tunnel);
  BOOST_TEST_REQUIRE(errors.size() == 1u);
  BOOST_TEST(wire::load<std::uint16_t>(errors[0], 4) == 0x0104u);  // ICMPv6: port unreachable
  BOOST_TEST((octets(Bytes(errors[0]).subspan(12)) ==
              ipv6(address_of(bob.nid), address_of(self.nid), 17, udp(53, 2000))));
  send(bob.nid, 52, 2000);
  take();
  BOOST_TEST(comes_in(17, udp(53, 2000)));
  run(59s);
  meet(bob, "bob");
  BOOST_TEST(comes_in(17, udp(53, 2000)));
  run(62s);
  meet(bob, "bob");
  BOOST_TEST(!comes_in(17, udp(53, 2000)));
}

BOOST_AUTO_TEST_CASE(answers_to_a_datagram_in_fragments_come_in) {
  const auto sends = [&](std::uint16_t port, std::uint16_t offset, std::uint8_t next_header = 17) {
    read(ipv6(address_of(self.nid), address_of(bob.nid), 44,
              fragment(next_header, offset, udp(port, 53, 64))));
  };
  sends(2000, 0);
  sends(2001, 100);  // not the first: there are no ports in it
  sends(2002, 0, 132);
  BOOST_TEST(comes_in(17, udp(53, 2000)));
  BOOST_TEST(!comes_in(17, udp(53, 2001)));
  BOOST_TEST(!comes_in(17, udp(53, 2002)));
}

BOOST_AUTO_TEST_CASE(answers_to_a_datagram_with_options_come_in) {
  const auto sends = [&](std::uint16_t port, std::uint8_t next_header, const Octets& rest) {
    read(ipv6(address_of(self.nid), address_of(bob.nid), next_header, rest));
    return comes_in(17, udp(53, port));
  };
  const Octets options = hex("11 00 0104 00000000");  // before UDP
  BOOST_TEST(sends(2000, 60, joined(options, udp(2000, 53))));
  BOOST_TEST(sends(2001, 0, joined(hex("3c 00 0104 00000000"), joined(options, udp(2001, 53)))));
  BOOST_TEST(sends(2002, 60, joined(hex("2c 00 0104 00000000"), fragment(17, 0, udp(2002, 53)))));
  BOOST_TEST(sends(2003, 44, fragment(60, 0, joined(options, udp(2003, 53)))));
  BOOST_TEST(!sends(2004, 60, joined(hex("84 00 0104 00000000"), udp(2004, 53))));
}

BOOST_AUTO_TEST_CASE(of_icmpv6_only_echo_and_errors_about_own_packets) {
  const wire::Ipv6Address own = address_of(self.nid), peer = address_of(bob.nid);
  const Octets mine = ipv6(own, peer, 17, udp(1, 2)), of_others = ipv6(peer, own, 17, udp(1, 2)),
               to_others = ipv6(own, address_of(carol.nid), 17, udp(1, 2));
  for (int type = 0; type < 256; ++type) {
    const bool echo = type == 128 || type == 129, error = type >= 1 && type <= 4;
    const auto message = [&](const Octets& quoted) {
      return icmp(static_cast<std::uint8_t>(type), 0, quoted);
    };
    BOOST_TEST(comes_in(58, message(mine)) == (echo || error), type);
    BOOST_TEST(comes_in(58, message({})) == echo, type);
    BOOST_TEST(comes_in(58, message(of_others)) == echo, type);
    BOOST_TEST(comes_in(58, message(to_others)) == echo, type);  // bob does not know of packets to carol
  }
  BOOST_TEST(sent(tunnel).empty());
}

BOOST_AUTO_TEST_CASE(fragments_are_judged_by_the_first_one) {
  BOOST_TEST(comes_in(44, fragment(17, 0, udp(1000, 80))));
  BOOST_TEST(!comes_in(44, fragment(17, 0, udp(1000, 81))));
  BOOST_TEST(!comes_in(44, fragment(6, 0, tcp(1000, 81, syn))));
  BOOST_TEST(!comes_in(44, fragment(58, 0, icmp(134))));
  BOOST_TEST(!comes_in(44, fragment(44, 0, fragment(17, 0, udp(1000, 80)))));
  BOOST_TEST(!comes_in(44, fragment(43, 0, Octets(24))));
  BOOST_TEST(!comes_in(44, fragment(17, 0, {})));  // nothing to judge
  BOOST_TEST(comes_in(44, fragment(17, 100, Octets(64))));
  BOOST_TEST(!comes_in(44, Octets(7)));
}

BOOST_AUTO_TEST_CASE(other_protocols_come_in_if_everything_is_exposed) {
  Exposing80 open(exposing({}, true));
  for (int protocol = 0; protocol < 256; ++protocol) {
    if (protocol == 6 || protocol == 17 || protocol == 44 || protocol == 58) continue;
    if (protocol == 0 || protocol == 51 || protocol == 60) continue;  // the next case
    BOOST_TEST(!comes_in(static_cast<std::uint8_t>(protocol), Octets(64)), protocol);
    BOOST_TEST(open.comes_in(static_cast<std::uint8_t>(protocol), Octets(64)) == (protocol != 43), protocol);
  }
  BOOST_TEST(open.comes_in(6, tcp(1, 22, syn)));
  BOOST_TEST(open.comes_in(17, udp(1, 22)));
  BOOST_TEST(!open.comes_in(58, icmp(134)));  // router advertisements never
  BOOST_TEST(sent(tunnel).empty());
}

BOOST_AUTO_TEST_CASE(nothing_hides_behind_extension_headers) {
  Exposing80 open(exposing({}, true));
  const auto behind = [](std::uint8_t next_header, const Octets& rest, std::uint8_t length = 0) {
    Octets out(8);
    wire::store(out, 0, next_header);
    wire::store(out, 1, length);
    return joined(std::move(out), rest);
  };
  for (const std::uint8_t extension : std::array<std::uint8_t, 3>{0, 51, 60}) {
    BOOST_TEST(open.comes_in(extension, behind(6, tcp(1, 22, syn))), int{extension});
    BOOST_TEST(open.comes_in(extension, behind(59, {})), int{extension});
    BOOST_TEST(!open.comes_in(extension, behind(58, icmp(134))), int{extension});
    BOOST_TEST(!open.comes_in(extension, behind(58, icmp(137))), int{extension});
    BOOST_TEST(!open.comes_in(extension, behind(43, Octets(24))), int{extension});
    BOOST_TEST(!open.comes_in(extension, behind(60, behind(58, icmp(134)))), int{extension});
    BOOST_TEST(!open.comes_in(extension, behind(44, fragment(58, 0, icmp(134)))), int{extension});
    BOOST_TEST(!open.comes_in(44, fragment(extension, 0, behind(58, icmp(134)))), int{extension});
    // In a later fragment.
    BOOST_TEST(!open.comes_in(44, fragment(extension, 0, behind(58, Octets(8), 2))), int{extension});
    BOOST_TEST(!open.comes_in(44, fragment(extension, 0, behind(58, {}))), int{extension});
    BOOST_TEST(!open.comes_in(extension, Octets(1)), int{extension});
    BOOST_TEST(!open.comes_in(extension, Octets(1400)), int{extension});  // no end
    BOOST_TEST(!comes_in(extension, behind(17, udp(1, 80))), int{extension});
  }
  Octets authenticated = behind(58, Octets(4), 1);
  BOOST_TEST(!open.comes_in(51, joined(authenticated, icmp(134))));  // in units of four octets
  BOOST_TEST(open.comes_in(51, joined(authenticated, icmp(128))));
}

BOOST_AUTO_TEST_CASE(malformed_and_unprotected_packets_are_dropped) {
  const auto malformed = [&](const Octets& payload) {
    const auto before = counted().dropped_malformed;
    feed(bob, tunnel, payload);
    return counted().dropped_malformed == before + 1 && host().empty();
  };
  for (std::size_t size = 0; size < 4; ++size) BOOST_TEST(malformed(Octets(size, std::byte{0x10})));
  for (unsigned first = 0; first < 256; ++first) {
    if (first == 0x10 || first == 0x11) continue;
    Octets packet = tunnelled(17, udp(1, 80));
    packet[0] = static_cast<std::byte>(first);
    BOOST_TEST(malformed(packet), first);
  }
  BOOST_TEST(malformed(tunnelled(6, Octets(19))));
  BOOST_TEST(malformed(tunnelled(17, Octets(7))));
  BOOST_TEST(malformed(tunnelled(58, Octets(7))));
  feed(bob, tunnel, tunnelled(17, udp(1, 80), true));
  BOOST_TEST(counted().dropped_unprotected == 1u);
  BOOST_TEST(host().empty());
  // Nobody has a reserved identifier.
  feed({a, Nid(0xfdff'ffff'ffff'ffb5)}, tunnel, tunnelled(17, udp(1, 80)));
  BOOST_TEST(host().empty());
}

BOOST_AUTO_TEST_CASE(a_flood_of_refused_packets_is_answered_slowly_and_harms_no_other) {
  for (int i = 0; i < 1000; ++i) feed(bob, tunnel, tunnelled(17, udp(1, 81)));
  BOOST_TEST(sent(tunnel).size() == 20u);
  meet(carol, "carol");
  for (int i = 0; i < 100; ++i) feed(carol, tunnel, tunnelled(6, tcp(1, 81, syn)));
  BOOST_TEST(sent(tunnel).size() == 20u);
  run(1s);
  meet(bob, "bob");
  for (int i = 0; i < 1000; ++i) feed(bob, tunnel, tunnelled(17, udp(1, 81)));
  BOOST_TEST(sent(tunnel).size() == 20u);
}

BOOST_AUTO_TEST_CASE(refusals_caused_under_many_identifiers_do_not_keep_a_peer_from_its_own) {
  meet(carol, "carol");
  const auto flood = [&](std::uint64_t first, std::uint64_t sender_of_all) {
    std::size_t count = 0;
    for (std::uint64_t nid = first; nid < first + 300; ++nid) {
      const Ilv stranger{a, Nid(nid)};
      const std::uint64_t sender = sender_of_all != 0 ? sender_of_all : nid;
      feed(discovery(stranger, std::to_string(nid)), sender);
      feed(frame(stranger, self, tunnel, tunnelled(17, udp(1, 81))), sender);
      count += sent(tunnel).size();
    }
    return count;
  };
  BOOST_TEST(flood(0x1000, 0x77) == tun::RefusalLimit::max_to_sender);
  feed(carol, tunnel, tunnelled(17, udp(1, 81)));  // to whom this node sends nothing
  BOOST_TEST(sent(tunnel).size() == 1u);
  BOOST_TEST(flood(0x2000, 0) == tun::RefusalLimit::max_in_all - tun::RefusalLimit::max_to_sender - 1);
  feed(bob, tunnel, tunnelled(17, udp(1, 81)));  // to whom it does
  BOOST_TEST(sent(tunnel).size() == 1u);
}

BOOST_AUTO_TEST_CASE(only_hosts_that_are_allowed_come_in) {
  TunConfig config = exposing({80});
  config.allowed = {"bob", "dave"};
  OneTunnel closed(config);
  closed.meet(bob, "bob");
  closed.meet(carol, "carol");
  closed.feed(bob, tunnel, tunnelled(17, udp(1, 80)));
  BOOST_TEST(closed.host().size() == 1u);
  closed.take();
  const auto try_carol = [&] {
    closed.feed(carol, tunnel, tunnelled(17, udp(1, 80)));
    BOOST_TEST(closed.host().empty());
    return closed.sent(tunnel);
  };
  const auto refusals = try_carol();
  BOOST_TEST_REQUIRE(refusals.size() == 1u);
  BOOST_TEST((refusals[0] == hex("40010000")));
  BOOST_TEST(try_carol().empty());  // once a second
  closed.run(1s);
  BOOST_TEST(try_carol().size() == 1u);
  BOOST_TEST(closed.counted().dropped_not_allowed == 3u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(tun_config)

BOOST_AUTO_TEST_CASE(the_default_prefix_follows_from_what_nodes_have_in_common) {
  BOOST_TEST(tun::default_prefix(0, 10000) == 0xfdef'4230'8ef9'0000u);
  BOOST_TEST(tun::default_prefix(1000, 10000) == 0xfd75'b747'127e'0000u);
}

BOOST_AUTO_TEST_CASE(what_cannot_work_is_refused) {
  TunConfig config;
  BOOST_CHECK_THROW(config.validate(), std::invalid_argument);  // no prefix
  config.prefix = tunnel_prefix;
  config.validate();
  config.mtu = 1279;
  BOOST_CHECK_THROW(config.validate(), std::invalid_argument);
  config.mtu = 1437;
  BOOST_CHECK_THROW(OneTunnel{config}, std::invalid_argument);
  config.mtu = 1436;
  BOOST_TEST(OneTunnel{config}.stack.mtu() == 1436u);
  config.mtu = 0;
  BOOST_TEST(OneTunnel{config}.stack.mtu() == 1436u);
  BOOST_CHECK_THROW((OneTunnel{config, 0xfdff'ffff'ffff'ff80}), std::invalid_argument);
  BOOST_CHECK_THROW((OneTunnel{config, 0xa, 1283}), std::invalid_argument);
  BOOST_TEST((OneTunnel{config, 0xa, 1284}.stack.mtu()) == 1280u);
  for (const std::uint64_t prefix : {0xfe80'0000'0000'0000, 0xff02'0000'0000'0000}) {
    config.prefix = prefix;
    BOOST_CHECK_THROW(config.validate(), std::invalid_argument);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_policy_test
