#include "ilnp/wire/dns_message.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::dns_message_test {

const Octets golden =
    hex("0102 0100 0001 0000 0000 0000 03626f62 04696c6e70 00 001c 0001");  // bob.ilnp, AAAA, IN

std::string name_of(const wire::DnsQuery& query) {
  std::array<char, wire::DnsQuery::max_name> buffer;
  return std::string(query.name(buffer));
}

BOOST_AUTO_TEST_SUITE(wire_dns_message)

BOOST_AUTO_TEST_CASE(reads_a_query) {
  const auto query = *wire::DnsQuery::parse(golden);
  BOOST_TEST((query.problem() == wire::DnsCode::no_error));
  BOOST_TEST(query.id() == 0x0102);
  BOOST_TEST(query.recursion_desired());
  BOOST_TEST(query.type() == 28);
  BOOST_TEST(name_of(query) == "bob.ilnp");
  BOOST_TEST(query.question().data() == golden.data() + 12);  // borrowed
  BOOST_TEST(query.question().size() == golden.size() - 12);
}

BOOST_AUTO_TEST_CASE(every_truncation_is_dropped_or_a_format_error) {
  for (std::size_t size = 0; size < golden.size(); ++size) {
    const auto query = wire::DnsQuery::parse(Bytes(golden).first(size));
    BOOST_TEST(query.has_value() == (size >= 12));
    if (query) BOOST_TEST((query->problem() == wire::DnsCode::format_error), size);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_answered_says_why) {
  const auto problem = [](std::size_t at, std::uint16_t value) {
    Octets changed = golden;
    wire::store(changed, at, value);
    return wire::DnsQuery::parse(changed)->problem();
  };
  BOOST_TEST((problem(2, 0x0800) == wire::DnsCode::not_implemented));  // another opcode
  BOOST_TEST((problem(4, 0) == wire::DnsCode::format_error));          // no question
  BOOST_TEST((problem(4, 2) == wire::DnsCode::format_error));
  BOOST_TEST((problem(12, 0xc00c) == wire::DnsCode::format_error));               // compressed
  BOOST_TEST((problem(golden.size() - 2, 3) == wire::DnsCode::not_implemented));  // another class
  Octets reply = golden;
  wire::store(reply, 2, std::uint16_t{0x8000});
  BOOST_TEST((wire::DnsQuery::parse(reply).error() == wire::Malformed::unknown_type));
}

BOOST_AUTO_TEST_CASE(a_name_has_255_octets_at_most) {
  const auto asking = [](std::size_t last) {  // three labels of 63 octets, and one of `last`
    Octets message(golden.begin(), golden.begin() + 12);
    for (const std::size_t size : {std::size_t{63}, std::size_t{63}, std::size_t{63}, last}) {
      message.push_back(static_cast<std::byte>(size));
      message.insert(message.end(), size, std::byte{'a'});
    }
    return joined(std::move(message), hex("00 001c 0001"));
  };
  const Octets longest = asking(61), longer = asking(62);
  BOOST_TEST((wire::DnsQuery::parse(longest)->problem() == wire::DnsCode::no_error));
  BOOST_TEST(name_of(*wire::DnsQuery::parse(longest)).size() == 253);
  BOOST_TEST((wire::DnsQuery::parse(longer)->problem() == wire::DnsCode::format_error));
  // A reply to the longest one fits what a reply may need.
  Octets out(wire::DnsReply::max_size);
  wire::DnsReply reply(out, *wire::DnsQuery::parse(longest), wire::DnsCode::name_error);
  reply.authority("ilnp", false);
  BOOST_TEST(reply.size() <= out.size());
}

BOOST_AUTO_TEST_CASE(names_that_fit_a_reply) {
  BOOST_TEST(wire::DnsReply::fits("bob", "ilnp"));
  BOOST_TEST(wire::DnsReply::fits("a.b", "ilnp"));
  BOOST_TEST(wire::DnsReply::fits(std::string(63, 'a'), "ilnp"));
  for (const std::string& name : {std::string(), std::string(64, 'a'), std::string(".a"), std::string("a."),
                                  std::string("a..b"), std::string(255, 'a')})
    BOOST_TEST(!wire::DnsReply::fits(name, "ilnp"), name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::dns_message_test
