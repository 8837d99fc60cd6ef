#include "ilnp/wire/locator_update.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::locator_update_test {

const Octets one = hex("01 000000000000000b");
const Octets two = hex("01 000000000000000b 000000000000000c");
const Octets acknowledgement = hex("00");

Octets emitted(const wire::LocatorUpdateRepr& repr) {
  Octets out(repr.size(), std::byte{0xee});
  repr.write_to(out);
  return out;
}

std::vector<Locator> locators(const wire::LocatorUpdate& update) {
  std::vector<Locator> out;
  for (std::size_t index = 0; index < update.count(); ++index) out.push_back(update.locator(index));
  return out;
}

void check(const Octets& payload) {
  const auto parsed = wire::LocatorUpdate::parse(payload);
  if (payload.empty()) {
    BOOST_REQUIRE((!parsed && parsed.error() == wire::Malformed::too_short));
  } else if (payload[0] > std::byte{1}) {
    BOOST_REQUIRE((!parsed && parsed.error() == wire::Malformed::unknown_type));
  } else if (payload[0] == std::byte{0} ? payload.size() != 1
                                        : payload.size() % 8 != 1 || payload.size() == 1) {
    BOOST_REQUIRE((!parsed && parsed.error() == wire::Malformed::wrong_length));
  } else {
    BOOST_REQUIRE(parsed.has_value());
    BOOST_REQUIRE((emitted({locators(*parsed)}) == payload));
  }
}

BOOST_AUTO_TEST_SUITE(wire_locator_update)

BOOST_AUTO_TEST_CASE(reads_the_captured_octets) {
  const auto update = *wire::LocatorUpdate::parse(one);
  BOOST_TEST(!update.acknowledgement());
  BOOST_TEST(locators(update) == std::vector{Locator(0xb)});
  BOOST_TEST((locators(*wire::LocatorUpdate::parse(two)) == std::vector{Locator(0xb), Locator(0xc)}));
  const auto answer = *wire::LocatorUpdate::parse(acknowledgement);
  BOOST_TEST(answer.acknowledgement());
  BOOST_TEST(answer.count() == 0u);
}

BOOST_AUTO_TEST_CASE(writes_the_captured_octets) {
  const std::vector both{Locator(0xb), Locator(0xc)};
  BOOST_TEST(emitted({std::span(both).first(1)}) == one);
  BOOST_TEST(emitted({both}) == two);
  BOOST_TEST(emitted({}) == acknowledgement);
}

BOOST_AUTO_TEST_CASE(refuses_no_locators_and_an_incomplete_one) {
  for (std::size_t size = 0; size < two.size(); ++size) {
    const Octets cut(two.begin(), two.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = wire::LocatorUpdate::parse(cut);
    if (size == 9) {
      BOOST_TEST(parsed->count() == 1u);
    } else {
      BOOST_TEST(
          (parsed.error() == (size == 0 ? wire::Malformed::too_short : wire::Malformed::wrong_length)));
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_an_acknowledgement_with_anything_after_it) {
  for (std::size_t extra = 1; extra < 20; ++extra)
    BOOST_TEST(wire::LocatorUpdate::parse(Octets(1 + extra)).error() == wire::Malformed::wrong_length);
}

BOOST_AUTO_TEST_CASE(refuses_every_unknown_type) {
  for (unsigned type = 2; type < 256; ++type) {
    Octets payload = one;
    payload[0] = static_cast<std::byte>(type);
    BOOST_TEST(wire::LocatorUpdate::parse(payload).error() == wire::Malformed::unknown_type);
  }
}

BOOST_AUTO_TEST_CASE(random_datagrams) {
  Random random(test::seed("locator_update"));
  for (int i = 0; i < 100'000; ++i) {
    Octets payload =
        random.below(2) == 0 ? test::random_octets(random, random.below(60)) : test::mutated(random, two);
    if (!payload.empty() && random.below(2) == 0) payload[0] = static_cast<std::byte>(random.below(3));
    check(payload);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::locator_update_test
