// The name server of a tunnel: queries of the host, answered within its stream of packets.
#include "ilnp/tun/names.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"
#include "tun/tunnel.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_names_test {

constexpr Ilv bob{a, Nid(0xb)};
constexpr std::uint64_t prefix = 0xfdef'4230'8ef9'0000;  // of the vectors

struct Asking : OneTunnel {
  Asking() : OneTunnel(config()) { meet(bob, "bob"); }

  static TunConfig config() {
    TunConfig config;
    config.prefix = prefix;
    return config;
  }
  void ask(const Octets& query, std::uint16_t port = 4000) {
    Octets rest(wire::UdpHeader::size);
    wire::UdpHeaderRepr{port, 53, static_cast<std::uint16_t>(8 + query.size())}.write_to(rest);
    read(ipv6({prefix, self.nid.value()}, {prefix, tun::anycast_nid.value()}, 17,
              joined(std::move(rest), query)));
  }
  /// The DNS messages that the host got, which must come from the server, with a valid checksum.
  std::vector<Octets> answers(std::uint16_t port = 4000) {
    std::vector<Octets> out;
    for (const Octets& packet : host()) {
      const auto ip = wire::Ipv6Header::parse(packet);
      BOOST_TEST_REQUIRE(ip.has_value());
      BOOST_TEST((ip->source() == wire::Ipv6Address{prefix, tun::anycast_nid.value()}));
      BOOST_TEST((ip->destination() == wire::Ipv6Address{prefix, self.nid.value()}));
      BOOST_TEST(ip->next_header() == 17);
      const auto header = wire::UdpHeader::parse(ip->payload());
      BOOST_TEST(header->source_port() == 53);
      BOOST_TEST(header->destination_port() == port);
      BOOST_TEST(header->length() == ip->payload().size());
      wire::Checksum sum;
      sum.add(ip->addresses());
      sum.add_pseudo(header->length(), 17);
      sum.add(ip->payload());
      BOOST_TEST(sum.folded() == 0xffff);
      out.push_back(octets(header->payload()));
    }
    return out;
  }
  Octets answer(const Octets& query) {
    ask(query);
    const auto all = answers();
    BOOST_TEST_REQUIRE(all.size() == 1u);
    return all[0];
  }
  static unsigned code(const Octets& answer) { return wire::load<std::uint16_t>(answer, 2) & 15u; }
};

Octets query_of(std::string_view name, std::uint16_t type) {
  Octets out = hex("123401000001000000000000");
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out.push_back(static_cast<std::byte>(label.size()));
    out = joined(std::move(out), octets(label));
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  Octets tail(5);
  wire::store(tail, 1, type);
  wire::store(tail, 3, std::uint16_t{1});
  return joined(std::move(out), tail);
}

BOOST_FIXTURE_TEST_SUITE(tun_names, Asking)

BOOST_AUTO_TEST_CASE(the_vectors) {
  for (const std::string name : {"aaaa", "a", "case", "ptr", "foreign"})
    BOOST_TEST((answer(tun_vector("dns-" + name + "-query")) == tun_vector("dns-" + name + "-answer")), name);
  BOOST_TEST(lowest_layer(stack).sent.empty());  // nothing leaves the host
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_waited_for) {
  const Octets query = tun_vector("dns-unknown-query");
  ask(query);
  run(1400ms);
  BOOST_TEST(answers().empty());
  run(200ms);
  const auto all = answers();
  BOOST_TEST_REQUIRE(all.size() == 1u);
  BOOST_TEST((all[0] == tun_vector("dns-unknown-answer")));

  ask(query_of("carol.ilnp", 28));
  run(500ms);
  meet({a, Nid(0xc)}, "carol");
  run(50ms);
  const auto found = answers();
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(code(found[0]) == 0u);
  BOOST_TEST(wire::load<std::uint64_t>(found[0], found[0].size() - 8) == 0xcu);
}

BOOST_AUTO_TEST_CASE(a_limited_number_waits_and_is_answered_at_once_beyond) {
  for (unsigned i = 0; i < tun::WaitingQueries::max_queries; ++i) {
    ask(query_of("nobody" + std::to_string(i) + ".ilnp", 28));
    run(4ms);
  }
  BOOST_TEST(answers().empty());
  BOOST_TEST(code(answer(query_of("one-more.ilnp", 28))) == 3u);
  for (int i = 0; i < 1000; ++i) ask(query_of("bob.ilnp", 28));
  BOOST_TEST(answers().size() < 70u);
  BOOST_TEST(counted().dropped_too_many > 900u);
  run(2s);
  BOOST_TEST(answers().size() == tun::WaitingQueries::max_queries);
}

BOOST_AUTO_TEST_CASE(an_identifier_can_be_spelled) {
  const Octets reply = answer(query_of("ff-0-0-A.ilnp", 28));
  BOOST_TEST(code(reply) == 0u);
  BOOST_TEST(wire::load<std::uint64_t>(reply, reply.size() - 16) == prefix);
  BOOST_TEST(wire::load<std::uint64_t>(reply, reply.size() - 8) == 0x00ff'0000'0000'000au);
}

BOOST_AUTO_TEST_CASE(nobody_gets_the_address_of_another_by_a_name_that_spells_it) {
  meet({a, Nid(0xc)}, "0-0-0-b");
  meet({a, Nid(0xd)}, "0-0-0-D");
  std::vector<std::string> names;
  stack.for_each_name(cx.now(), [&](Nid, std::string_view name) { names.emplace_back(name); });
  std::sort(names.begin(), names.end());
  BOOST_TEST(names == (std::vector<std::string>{"0-0-0-D", "alice", "bob"}),
             boost::test_tools::per_element());
  const Octets reply = answer(query_of("0-0-0-b.ilnp", 28));
  BOOST_TEST(wire::load<std::uint64_t>(reply, reply.size() - 8) == 0xbu);
}

BOOST_AUTO_TEST_CASE(the_domain_itself) {
  const Octets soa = answer(query_of("ilnp", 6));
  BOOST_TEST(code(soa) == 0u);
  BOOST_TEST(wire::load<std::uint16_t>(soa, 6) == 1u);
  const Octets ns = answer(query_of("ilnp", 2));
  BOOST_TEST(code(ns) == 0u);
  BOOST_TEST(wire::load<std::uint16_t>(ns, 6) == 0u);
  BOOST_TEST(wire::load<std::uint16_t>(ns, 8) == 1u);
}

BOOST_AUTO_TEST_CASE(other_domains_are_refused) {
  for (const std::string name : {"example.org", "xilnp", "ilnp.org", "1.0.0.127.in-addr.arpa"})
    BOOST_TEST(code(answer(query_of(name, 28))) == 5u, name);
}

BOOST_AUTO_TEST_CASE(strange_queries) {
  Octets query = query_of("bob.ilnp", 28);
  for (std::size_t size = 0; size < 12; ++size)
    ask(Octets(query.begin(), query.begin() + static_cast<int>(size)));
  BOOST_TEST(answers().empty());
  for (std::size_t size = 12; size < query.size(); ++size)
    BOOST_TEST(code(answer(Octets(query.begin(), query.begin() + static_cast<int>(size)))) == 1u, size);
  Octets response = query;
  response[2] |= std::byte{0x80};
  ask(response);
  BOOST_TEST(answers().empty());
  Octets two = query;
  two[5] = std::byte{2};
  BOOST_TEST(code(answer(two)) == 1u);
  run(1s);
  Octets notify = query;
  notify[2] = std::byte{0x21};
  BOOST_TEST(code(answer(notify)) == 4u);
  Octets compressed = query;
  compressed[12] = std::byte{0xc0};
  BOOST_TEST(code(answer(compressed)) == 1u);
  // A query with an additional record (EDNS) is answered as without.
  Octets edns = joined(query, hex("0000291000000000000000"));
  edns[11] = std::byte{1};
  BOOST_TEST(answer(edns) == answer(query));
}

BOOST_AUTO_TEST_CASE(the_server_has_only_this_port) {
  const wire::Ipv6Address own{prefix, self.nid.value()}, server{prefix, tun::anycast_nid.value()};
  read(ipv6(own, server, 17, udp(4000, 54)));
  BOOST_TEST(errors() == std::vector<std::string>{"1/4 0"});
  read(ipv6(own, server, 6, tcp(4000, 53, wire::TcpHeader::syn)));
  const auto reset = host();
  BOOST_TEST_REQUIRE(reset.size() == 1u);
  BOOST_TEST(wire::load<std::uint8_t>(reset[0], 40 + wire::TcpHeader::flags_offset) == 0x14);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_names_test
