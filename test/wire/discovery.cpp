#include "ilnp/wire/discovery.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::discovery_test {

const Octets solicitation = hex("ffff00000000000a 000000000000000a 01 616c696365");
const Octets advertisement = hex("ffff00000000000d 000000000000000a 00 726f75746572");
const Octets fixed_part = hex("ffff00000000000a 000000000000000a 01");

Octets emitted(const wire::DiscoveryRepr& repr) {
  Octets out(repr.size(), std::byte{0xee});
  repr.write_to(out);
  return out;
}

Octets with_name(std::string_view name) { return test::joined(fixed_part, test::octets(name)); }

void check(const Octets& payload) {
  const auto parsed = wire::Discovery::parse(payload);
  if (payload.size() < 17) {
    BOOST_REQUIRE((!parsed && parsed.error() == wire::Malformed::too_short));
  } else if (payload[16] > std::byte{1}) {
    BOOST_REQUIRE((!parsed && parsed.error() == wire::Malformed::unknown_type));
  } else if (!wire::is_host_name(Bytes(payload).subspan(17))) {
    BOOST_REQUIRE((!parsed && parsed.error() == wire::Malformed::bad_host_name));
  } else {
    BOOST_REQUIRE(parsed.has_value());
    const wire::DiscoveryRepr repr{parsed->nid(), parsed->locator(), parsed->solicitation(),
                                   parsed->host_name()};
    BOOST_REQUIRE((emitted(repr) == payload));
  }
}

BOOST_AUTO_TEST_SUITE(wire_discovery)

BOOST_AUTO_TEST_CASE(reads_the_captured_octets) {
  const auto message = *wire::Discovery::parse(solicitation);
  BOOST_TEST(message.nid() == Nid(0xffff'0000'0000'000a));
  BOOST_TEST(message.locator() == Locator(0xa));
  BOOST_TEST(message.solicitation());
  BOOST_TEST(message.host_name() == "alice");
  const auto answer = *wire::Discovery::parse(advertisement);
  BOOST_TEST(!answer.solicitation());
  BOOST_TEST(answer.host_name() == "router");
}

BOOST_AUTO_TEST_CASE(writes_the_captured_octets) {
  BOOST_TEST(emitted({Nid(0xffff'0000'0000'000a), Locator(0xa), true, "alice"}) == solicitation);
  BOOST_TEST(emitted({Nid(0xffff'0000'0000'000d), Locator(0xa), false, "router"}) == advertisement);
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused_or_shortens_the_name) {
  for (std::size_t size = 0; size < solicitation.size(); ++size) {
    const Octets cut(solicitation.begin(), solicitation.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = wire::Discovery::parse(cut);
    if (size < 17) {
      BOOST_TEST(parsed.error() == wire::Malformed::too_short);
    } else if (size == 17) {
      BOOST_TEST(parsed.error() == wire::Malformed::bad_host_name);
    } else {
      BOOST_TEST(parsed->host_name() == std::string("alice").substr(0, size - 17));
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_every_flag_but_0_and_1) {
  for (unsigned flag = 2; flag < 256; ++flag) {
    Octets payload = solicitation;
    payload[16] = static_cast<std::byte>(flag);
    BOOST_TEST(wire::Discovery::parse(payload).error() == wire::Malformed::unknown_type);
  }
}

BOOST_AUTO_TEST_CASE(host_names_of_1_to_255_octets) {
  for (const std::size_t size : {1u, 2u, 63u, 64u, 254u, 255u})
    BOOST_TEST(wire::Discovery::parse(with_name(std::string(size, 'x')))->host_name().size() == size);
  for (const std::size_t size : {0u, 256u, 257u, 65536u})
    BOOST_TEST(wire::Discovery::parse(with_name(std::string(size, 'x'))).error() ==
               wire::Malformed::bad_host_name);
}

BOOST_AUTO_TEST_CASE(host_names_are_utf8_without_control_characters) {
  for (const std::string_view name :
       {"z\xc3\xbcrich", "\xe6\x9d\xb1\xe4\xba\xac", "\xf0\x9f\x8c\x8d", "with blank"})
    BOOST_TEST(wire::Discovery::parse(with_name(name))->host_name() == name);
  for (const std::string_view name :
       {"\xff", "\xc3", "a\xc0\x80", "\xed\xa0\x80", "line\n", "\x7f", "\x1b[2J"})
    BOOST_TEST(wire::Discovery::parse(with_name(name)).error() == wire::Malformed::bad_host_name);
  BOOST_TEST(wire::Discovery::parse(with_name(std::string_view("a\0b", 3))).error() ==
             wire::Malformed::bad_host_name);
}

BOOST_AUTO_TEST_CASE(random_datagrams) {
  Random random(test::seed("discovery"));
  for (int i = 0; i < 100'000; ++i) {
    Octets payload = random.below(2) == 0 ? test::random_octets(random, random.below(80))
                                          : test::mutated(random, solicitation);
    if (payload.size() > 16 && random.below(2) == 0) payload[16] = static_cast<std::byte>(random.below(3));
    check(payload);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::discovery_test
