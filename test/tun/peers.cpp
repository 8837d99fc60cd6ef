// Which nodes get packets of a tunnel, and how long these may be: probes, packets that wait, refusals.
#include <boost/test/unit_test.hpp>

#include "support/print.hpp"
#include "tun/tunnel.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_peers_test {

constexpr Ilv bob{a, Nid(0xb)};
constexpr Ilv carol{a, Nid(0xc)};
using Texts = std::vector<std::string>;

static_assert(NetworkLayer<Tun<ILNP<MemoryUnderlay>>>);
static_assert(TunnelLayer<Tun<ILNP<MemoryUnderlay>>>);

BOOST_FIXTURE_TEST_SUITE(tun_peers, OneTunnel)

BOOST_AUTO_TEST_CASE(the_first_packet_waits_for_the_reply_to_a_probe) {
  meet(bob, "bob");
  send(bob.nid, 100);
  const auto frames = std::exchange(lowest_layer(stack).sent, {});
  BOOST_TEST_REQUIRE(frames.size() == 1u);  // nothing with next header 47 before the reply
  BOOST_TEST(wire::load<std::uint8_t>(frames[0].octets, 6) == 42);
  const Octets probe(frames[0].octets.begin() + 40, frames[0].octets.end());
  BOOST_TEST(probe.size() == 1400u);  // as long as the longest packet makes it
  BOOST_TEST(wire::load<std::uint32_t>(probe, 0) == 0u);
  BOOST_TEST(wire::load<std::uint32_t>(probe, 4) == 0x0701'0000u + 1436u);
  reply_to(probe, bob);
  const auto packets = sent(tunnel);
  BOOST_TEST_REQUIRE(packets.size() == 1u);
  BOOST_TEST(packets[0] == tunnelled(17, udp(1000, 53, 52)));
  send(bob.nid, 60);
  BOOST_TEST(sent(tunnel).size() == 1u);  // without a probe
  BOOST_TEST(counted().probes_sent == 1u);
  BOOST_TEST(counted().held == 1u);
  BOOST_TEST(counted().sent == 2u);
}

BOOST_AUTO_TEST_CASE(a_long_read_is_cut_and_its_checksums_filled_in) {
  befriend(bob, "bob");
  Octets file = tun_vector("tcp-03-a-psh-gso");  // a capture: 4000 octets of payload, gso_size 1364
  const auto virtio = wire::VirtioNetHeader::parse(file);
  file.erase(file.begin(), file.begin() + wire::VirtioNetHeader::size);
  const Octets payload(file.begin() + 72, file.end());
  read(file, virtio);
  const auto packets = sent(tunnel);
  BOOST_TEST_REQUIRE(packets.size() == 3u);
  Octets together;
  for (const Octets& each : packets) {
    const auto header = wire::TunHeader::parse(each);
    BOOST_TEST_REQUIRE(header.has_value());
    BOOST_TEST(header->next_header() == 6);
    wire::Checksum sum;
    sum.add(Bytes(file).subspan(8, 32));
    sum.add_pseudo(static_cast<std::uint32_t>(header->rest().size()), 6);
    sum.add(header->rest());
    BOOST_TEST(sum.folded() == 0xffff);
    together = joined(std::move(together), octets(header->rest().subspan(32)));
  }
  BOOST_TEST((together == payload));
  BOOST_TEST(counted().sent == 4u);  // and what was sent to become friends
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_reply_gets_four_probes_and_no_packet) {
  meet(bob, "bob");
  send(bob.nid);
  std::vector<std::size_t> lengths;
  for (int step = 0; step < 8; ++step) {
    for (const auto& each : std::exchange(lowest_layer(stack).sent, {})) {
      const auto next_header = wire::load<std::uint8_t>(each.octets, 6);
      BOOST_TEST(next_header != tunnel);
      if (next_header == stp)
        lengths.push_back(1000 * static_cast<std::size_t>(step) + each.octets.size() - 40);
    }
    run(250ms);
  }
  // Twice in full length, at 0 and 250 ms; twice as long as any peer must take, at 500 ms and 1 s.
  BOOST_TEST(lengths == (std::vector<std::size_t>{1400, 2400, 3244, 5244}), boost::test_tools::per_element());
  BOOST_TEST(errors() == Texts{"1/3 0"});
  take();
  send(bob.nid);
  run(4s);
  BOOST_TEST(errors() == Texts{"1/3 0"});  // at once, without a probe
  BOOST_TEST(sent(stp).empty());
  run(1s + 100ms);
  send(bob.nid);
  BOOST_TEST(sent(stp).size() == 1u);
  BOOST_TEST(counted().sent == 0u);
}

BOOST_AUTO_TEST_CASE(only_the_reply_that_was_asked_for_counts) {
  meet(bob, "bob");
  meet(carol, "carol");
  const auto forged = [&](Ilv who, std::uint32_t nonce) {
    feed(who, stp, length_message(wire::TunProbeKind::reply, 1436, nonce, 1400));
  };
  forged(bob, 0);
  send(bob.nid);
  const auto probes = sent(stp);
  BOOST_TEST_REQUIRE(probes.size() == 1u);
  const auto nonce = wire::load<std::uint32_t>(probes[0], 8);
  forged(bob, nonce + 1);
  forged(carol, nonce);  // of another node
  send(carol.nid);
  run(30ms);
  BOOST_TEST(sent(tunnel).empty());
  BOOST_TEST(counted().dropped_unasked == 3u);
  forged(bob, nonce);
  BOOST_TEST(sent(tunnel).size() == 1u);
  forged(bob, nonce);  // the same again
  BOOST_TEST(counted().dropped_unasked == 4u);
}

BOOST_AUTO_TEST_CASE(nonces_are_new_each_time) {
  meet(bob, "bob");
  meet(carol, "carol");
  send(bob.nid);
  send(carol.nid);
  const auto probes = sent(stp);
  BOOST_TEST_REQUIRE(probes.size() == 2u);
  BOOST_TEST(wire::load<std::uint32_t>(probes[0], 8) != wire::load<std::uint32_t>(probes[1], 8));
}

BOOST_AUTO_TEST_CASE(the_limit_of_a_peer_is_told_to_the_host) {
  meet(bob, "bob");
  send(bob.nid);
  reply(bob, 1316);
  take();
  host();
  send(bob.nid, 1316);
  BOOST_TEST(sent(tunnel).size() == 1u);
  send(bob.nid, 1317);
  BOOST_TEST(sent(tunnel).empty());
  BOOST_TEST(errors() == Texts{"2/0 1316"});
  BOOST_TEST(counted().dropped_too_long == 1u);
}

BOOST_AUTO_TEST_CASE(where_long_probes_are_lost_the_limit_is_that_of_a_short_one) {
  meet(bob, "bob");
  send(bob.nid, 1400);
  run(500ms);
  const auto probes = sent(stp);
  BOOST_TEST_REQUIRE(probes.size() == 3u);
  BOOST_TEST(probes[2].size() == 1244u);
  reply_to(probes[2], bob);
  BOOST_TEST(errors() == Texts{"2/0 1280"});  // for the one that waited
  send(bob.nid, 1280);
  BOOST_TEST(sent(tunnel).size() == 1u);
}

BOOST_AUTO_TEST_CASE(no_peer_makes_the_limit_smaller_than_ipv6_allows) {
  meet(bob, "bob");
  send(bob.nid);
  reply(bob, 10);
  take();
  send(bob.nid, 1280);
  BOOST_TEST(sent(tunnel).size() == 1u);
}

BOOST_AUTO_TEST_CASE(reads_for_an_unknown_node_wait_for_it) {
  send(bob.nid, 60);
  send(bob.nid, 61);
  run(2s);
  send(bob.nid, 62);
  send(bob.nid, 63);
  BOOST_TEST(counted().dropped_held_full == 1u);  // three wait already
  feed(discovery(bob, "bob"), bob.nid.value());
  take();
  run(100ms);
  reply(bob);
  const auto packets = sent(tunnel);
  BOOST_TEST_REQUIRE(packets.size() == 3u);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(packets[i].size() == 60u + i - 36u);  // in order
  BOOST_TEST(errors().empty());
}

BOOST_AUTO_TEST_CASE(the_checksum_of_what_waits_is_filled_in_once) {
  const auto partial = [&](std::size_t size) {
    Octets packet = ipv6(address_of(self.nid), address_of(bob.nid), 17, udp(1000, 53, size));
    wire::Checksum sum;
    sum.add(Bytes(packet).subspan(8, 32));
    sum.add_pseudo(static_cast<std::uint32_t>(wire::UdpHeader::size + size), 17);
    wire::store(packet, 46, sum.folded());
    return packet;
  };
  wire::VirtioNetHeader virtio;
  virtio.flags = wire::VirtioNetHeader::needs_checksum;
  virtio.checksum_start = 40;
  virtio.checksum_offset = 6;
  befriend(bob, "bob");
  for (const Duration waits : {10ms, 35ms, 60ms, 85ms}) {  // attempts follow each other by 25 ms
    network_layer(stack).doubt(bob.nid, cx);               // bob does not answer, so bob is forgotten
    run(20s);
    take();
    read(partial(12), virtio);
    read(partial(13), virtio);
    run(waits);
    BOOST_TEST(sent(tunnel).empty());
    feed(discovery(bob, "bob"), bob.nid.value());
    run(30ms);
    const auto packets = sent(tunnel);
    BOOST_TEST_REQUIRE(packets.size() == 2u);
    for (const Octets& packet : packets) {
      wire::Checksum sum;
      sum.add(Bytes(ipv6(address_of(self.nid), address_of(bob.nid), 17, {})).subspan(8, 32));
      sum.add_pseudo(static_cast<std::uint32_t>(packet.size() - 4), 17);
      sum.add(Bytes(packet).subspan(4));
      BOOST_TEST(sum.folded() == 0xffff);
    }
    feed(bob, tunnel, tunnelled(17, udp(53, 1000)));
  }
}

BOOST_AUTO_TEST_CASE(after_three_seconds_the_host_hears_that_nobody_is_there) {
  send(bob.nid);
  run(2900ms);
  BOOST_TEST(errors().empty());
  run(200ms);
  BOOST_TEST(errors() == Texts{"1/3 0"});
  BOOST_TEST(counted().dropped_unreachable == 1u);
  BOOST_TEST(sent(tunnel).empty());
}

BOOST_AUTO_TEST_CASE(reads_for_one_node_leave_room_for_others) {
  for (int i = 0; i < 100; ++i) send(bob.nid);
  BOOST_TEST(counted().held == 3u);
  meet(carol, "carol");
  send(carol.nid);
  reply(carol);
  BOOST_TEST(sent(tunnel).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_scan_of_addresses_does_not_delay_packets_to_nodes) {
  befriend(bob, "bob");
  constexpr Ilv dave{a, Nid(0xd)};
  std::uint64_t next = 0x10000;
  const auto scan = [&](int count) {
    for (int i = 0; i < count; ++i) send(Nid(next++));
  };
  run(20s);
  network_layer(stack).doubt(bob.nid, cx);  // bob is not heard for a while
  run(10s);
  send(bob.nid);
  meet(carol, "carol");
  send(carol.nid, 60);
  const auto probes = sent(stp);
  BOOST_TEST_REQUIRE(probes.size() == 1u);
  scan(2000);
  send(dave.nid, 70);  // nobody knows dave either
  scan(20);
  reply_to(probes[0], carol);
  BOOST_TEST(sent(tunnel) == (std::vector<Octets>{tunnelled(17, udp(1000, 53, 12))}));
  send(carol.nid, 61);
  BOOST_TEST(sent(tunnel) == (std::vector<Octets>{tunnelled(17, udp(1000, 53, 13))}));
  feed(discovery(dave, "dave"), dave.nid.value());
  run(30ms);
  reply(dave);
  BOOST_TEST(sent(tunnel) == (std::vector<Octets>{tunnelled(17, udp(1000, 53, 22))}));
  scan(2000);
  feed(discovery(bob, "bob"), bob.nid.value());
  take();
  run(30ms);
  BOOST_TEST(sent(tunnel) == (std::vector<Octets>{tunnelled(17, udp(1000, 53, 4))}));
  host();
  run(4s);
  BOOST_TEST(host().size() <= tun::HeldReads::max_reads);  // errors for those that were kept to the end
}

BOOST_AUTO_TEST_CASE(a_node_that_appears_late_gets_the_next_packet_at_once) {
  send(bob.nid, 60);
  for (std::uint64_t nid = 0x10000; nid < 0x10000 + 100; ++nid) send(Nid(nid));  // so that it is dropped
  run(500ms);
  meet(bob, "bob");
  send(bob.nid, 61);
  reply(bob);
  BOOST_TEST(sent(tunnel) == (std::vector<Octets>{tunnelled(17, udp(1000, 53, 13))}));
}

BOOST_AUTO_TEST_CASE(a_reply_is_renewed_while_there_are_packets) {
  befriend(bob, "bob");
  run(29s);
  send(bob.nid);
  BOOST_TEST(sent(stp).empty());
  run(2s);
  meet(bob, "bob");
  send(bob.nid);
  const auto frames = std::exchange(lowest_layer(stack).sent, {});
  BOOST_TEST(frames.size() == 2u);  // the packet does not wait
  run(2s);
  host();
  send(bob.nid);  // and goes on even if probes are lost
  BOOST_TEST(sent(tunnel).size() == 1u);
  BOOST_TEST(errors().empty());
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_to_the_host_for_a_while) {
  befriend(bob, "bob");
  send(bob.nid);
  take();
  Octets refusal(wire::TunRefusal::size);
  wire::TunRefusalRepr{}.write_to(refusal);
  feed(bob, tunnel, refusal);
  send(bob.nid);
  BOOST_TEST(errors() == Texts{"1/1 0"});
  BOOST_TEST(sent(tunnel).empty());
  run(5s + 100ms);
  meet(bob, "bob");
  send(bob.nid);
  BOOST_TEST(sent(tunnel).size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_refusal_in_the_name_of_a_peer_that_talks_does_nothing) {
  befriend(bob, "bob");
  run(1s);
  feed(bob, tunnel, tunnelled(6, tcp(80, 1000, wire::TcpHeader::ack)));
  run(1s);
  Octets refusal(wire::TunRefusal::size);
  wire::TunRefusalRepr{}.write_to(refusal);
  send(bob.nid);
  take();
  host();
  feed(bob, tunnel, refusal);
  feed(carol, tunnel, refusal);  // this node sends nothing to carol
  BOOST_TEST(counted().dropped_unasked == 2u);
  send(bob.nid);
  BOOST_TEST(sent(tunnel).size() == 1u);
  BOOST_TEST(errors().empty());
}

BOOST_AUTO_TEST_CASE(a_reply_to_a_probe_does_not_hide_that_a_peer_talks) {
  befriend(bob, "bob");
  run(31s);
  meet(bob, "bob");
  feed(bob, tunnel, tunnelled(6, tcp(80, 1000, wire::TcpHeader::ack)));
  run(50ms);
  send(bob.nid);  // and a probe, for the last reply is old
  reply(bob);
  Octets refusal(wire::TunRefusal::size);
  wire::TunRefusalRepr{}.write_to(refusal);
  feed(bob, tunnel, refusal);
  BOOST_TEST(counted().dropped_unasked == 1u);
  take();
  send(bob.nid);
  BOOST_TEST(sent(tunnel).size() == 1u);
}

BOOST_AUTO_TEST_CASE(probes_are_answered_with_a_reply_as_long) {
  meet(bob, "bob");
  for (const std::size_t size : {12u, 1244u, 1400u}) {
    feed(bob, stp, length_message(wire::TunProbeKind::probe, 1300, 0x1234, size));
    const auto replies = sent(stp);
    BOOST_TEST_REQUIRE(replies.size() == 1u);
    BOOST_TEST(replies[0] == length_message(wire::TunProbeKind::reply, 1436, 0x1234, size));
  }
  BOOST_TEST(counted().probes_answered == 3u);
  // That bob asks says nothing of what bob understands.
  send(bob.nid);
  BOOST_TEST(sent(tunnel).empty());
}

BOOST_AUTO_TEST_CASE(a_flood_of_probes_is_answered_slowly_and_harms_no_other) {
  meet(bob, "bob");
  for (int i = 0; i < 1000; ++i) feed(bob, stp, length_message(wire::TunProbeKind::probe, 1300, 1, 12));
  BOOST_TEST(counted().probes_answered == 8u);
  BOOST_TEST(counted().dropped_too_many == 992u);
  meet(carol, "carol");
  feed(carol, stp, length_message(wire::TunProbeKind::probe, 1300, 1, 12));
  BOOST_TEST(counted().probes_answered == 9u);
}

BOOST_AUTO_TEST_CASE(packets_under_many_identifiers_do_not_lift_the_limit_of_replies) {
  befriend(bob, "bob");
  const auto before = counted().probes_answered;
  for (std::uint64_t nid = 0x1000; nid < 0x1000 + 100; ++nid) {  // all of them are carol
    const Ilv stranger{a, Nid(nid)};
    feed(discovery(stranger, std::to_string(nid)), carol.nid.value());
    feed(frame(stranger, self, tunnel, tunnelled(17, udp(1, 1000))), carol.nid.value());
    feed(frame(stranger, self, stp, length_message(wire::TunProbeKind::probe, 1300, 1, 12)),
         carol.nid.value());
  }
  BOOST_TEST(counted().probes_answered - before == tun::ProbeLimit::max_to_sender);
  feed(bob, stp, length_message(wire::TunProbeKind::probe, 1300, 1, 12));  // whom this node uses
  BOOST_TEST(counted().probes_answered - before == tun::ProbeLimit::max_to_sender + 1);
}

BOOST_AUTO_TEST_CASE(strangers_do_not_displace_a_peer) {
  befriend(bob, "bob");
  for (std::uint64_t nid = 0x1000; nid < 0x1000 + 3 * tun::Peers::max_peers; ++nid) {
    const Ilv stranger{a, Nid(nid)};  // all of them are carol
    feed(frame(stranger, self, tunnel, tunnelled(17, udp(1, 1000))), carol.nid.value());
  }
  take();
  run(20ms);
  meet(bob, "bob");
  send(bob.nid);
  BOOST_TEST(sent(tunnel).size() == 1u);
  BOOST_TEST(counted().probes_sent == 1u);
}

BOOST_AUTO_TEST_CASE(other_messages_to_port_0_and_other_protocols_go_up) {
  feed(bob, stp, joined(Octets(4), octets("a fragment")));
  feed(bob, 45, octets("sealed"));
  feed(bob, 48, octets("sealed packet"));
  BOOST_TEST(others == (Texts{std::string(4, '\0') + "a fragment", "sealed", "sealed packet"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_the_host_may_not_send) {
  const auto from_to = [&](wire::Ipv6Address from, wire::Ipv6Address to) {
    read(ipv6(from, to, 17, udp(1, 2)));
    return errors();
  };
  const wire::Ipv6Address own = address_of(self.nid), peer = address_of(bob.nid);
  BOOST_TEST(from_to({0xfe80'0000'0000'0000, 1}, {0xff02'0000'0000'0000, 1}).empty());
  BOOST_TEST(from_to(own, {0xfe80'0000'0000'0000, 1}).empty());
  BOOST_TEST(from_to(peer, peer) == Texts{"1/5 0"});
  BOOST_TEST(from_to(own, {0x2001'0db8'0000'0000, 1}) == Texts{"1/0 0"});
  BOOST_TEST(from_to(own, own) == Texts{"1/3 0"});
  BOOST_TEST(from_to(own, address_of(Nid{})) == Texts{"1/3 0"});
  BOOST_TEST(from_to(own, address_of(Nid(0xfdff'ffff'ffff'ff80))) == Texts{"1/3 0"});
  BOOST_TEST(counted().dropped_not_unicast == 2u);
  BOOST_TEST(counted().dropped_foreign_source == 1u);
  BOOST_TEST(counted().dropped_no_destination == 4u);
  for (const std::size_t size : {0u, 1u, 39u, 47u}) {
    Octets packet = ipv6(own, peer, 17, udp(1, 2, 0));
    packet.resize(size);
    read(packet);
  }
  BOOST_TEST(counted().dropped_malformed_read == 4u);
  for (const std::uint8_t protocol : std::initializer_list<std::uint8_t>{6, 17, 58})
    read(ipv6(own, peer, protocol, Octets(7)));
  BOOST_TEST(counted().dropped_malformed_read == 7u);
  BOOST_TEST(lowest_layer(stack).sent.empty());
}

BOOST_AUTO_TEST_CASE(errors_quote_the_packet_are_limited_and_never_answer_errors) {
  const Octets wrong = ipv6(address_of(self.nid), {1, 1}, 17, udp(1, 2, 1300));
  read(wrong);
  const auto packets = host();
  BOOST_TEST_REQUIRE(packets.size() == 1u);
  BOOST_TEST(packets[0].size() == 1280u);
  const auto ip = wire::Ipv6Header::parse(packets[0]);
  BOOST_TEST_REQUIRE(ip.has_value());
  BOOST_TEST((ip->source() == address_of(tun::anycast_nid)));
  BOOST_TEST((ip->destination() == address_of(self.nid)));
  BOOST_TEST(ip->hop_limit() == 255);
  BOOST_TEST((octets(ip->payload().subspan(8)) == Octets(wrong.begin(), wrong.begin() + 1232)));
  wire::Checksum sum;
  sum.add(ip->addresses());
  sum.add_pseudo(1240, 58);
  sum.add(ip->payload());
  BOOST_TEST(sum.folded() == 0xffff);

  for (const std::uint8_t type : std::array<std::uint8_t, 5>{1, 2, 3, 4, 127})
    read(ipv6(address_of(self.nid), {1, 1}, 58, icmp(type)));
  BOOST_TEST(host().empty());
  for (int i = 0; i < 100; ++i) read(wrong);
  BOOST_TEST(host().size() == 19u);
  run(1s);
  for (int i = 0; i < 100; ++i) read(wrong);
  BOOST_TEST(host().size() == 20u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_peers_test
