#include "ilnp/base/address.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <compare>
#include <cstdint>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

#include "ilnp/base/random.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

using namespace ilnp;

// A locator is never passed for an identifier, nor a number for either.
static_assert(!std::is_convertible_v<Locator, Nid>);
static_assert(!std::is_constructible_v<Nid, Locator>);
static_assert(!std::is_convertible_v<std::uint64_t, Locator>);
static_assert(std::is_trivially_copyable_v<Ilv> && sizeof(Locator) == 8 && sizeof(Ilv) == 16);

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(parses_four_groups) {
  BOOST_TEST(Locator::parse("0:0:0:a").value() == Locator(0xa));
  BOOST_TEST(Nid::parse("ffff:0:0:a").value() == Nid(0xffff'0000'0000'000a));
  BOOST_TEST(Nid::parse("1234:5678:9abc:def0").value() == Nid(0x1234'5678'9abc'def0));
  BOOST_TEST(Locator::parse("0:0:0:0").value() == Locator());
  BOOST_TEST(Locator::parse("ffff:ffff:ffff:ffff").value() == Locator(~std::uint64_t{0}));
}

BOOST_AUTO_TEST_CASE(any_case_and_leading_zeros_name_the_same) {
  for (const std::string_view text :
       {"0:0:0:a", "0:0:0:A", "0:0:0:0a", "0000:0000:0000:000A", "00:000:0:00a"})
    BOOST_TEST(Locator::parse(text).value() == Locator(0xa), text);
  BOOST_TEST(Nid::parse("aBcD:EF01:00fF:0").value() == Nid(0xabcd'ef01'00ff'0000));
}

BOOST_AUTO_TEST_CASE(parses_eight_groups_locator_first) {
  const auto ilv = Ilv::parse("0:0:0:a:ffff:0:0:B");
  BOOST_TEST((ilv.value() == Ilv{Locator(0xa), Nid(0xffff'0000'0000'000b)}));
}

BOOST_AUTO_TEST_CASE(refuses_everything_else) {
  using namespace std::string_view_literals;
  const std::vector<std::string_view> refused{"",
                                              "0",
                                              ":",
                                              "::",
                                              "0:0:0",
                                              "0:0:0:",
                                              ":0:0:0",
                                              "0:0:0:a:",
                                              ":0:0:0:a",
                                              "0::0:a",
                                              "::a",
                                              "0:0:0:0:a",
                                              "00000:0:0:a",
                                              "0:0:0:12345",
                                              "0:0:0:g",
                                              "0:0:0:/",
                                              "0:0:0:@",
                                              "0:0:0:`",
                                              " 0:0:0:a",
                                              "0:0:0:a ",
                                              "0:0: 0:a",
                                              "0:0:0:\ta",
                                              "0:0:0:a\n",
                                              "-0:0:0:a",
                                              "0:0:0:-a",
                                              "+0:0:0:a",
                                              "0:0:0:+a",
                                              "0x0:0:0:a",
                                              "0:0:0:0xa",
                                              "0.0.0.a",
                                              "0:0:0;a",
                                              "0:0:0:a\0"sv,
                                              "0:0:0:\xc3\xa4",
                                              "\xff",
                                              "0:0:0:a,0:0:0:b",
                                              "0:0:0:a/64",
                                              "[0:0:0:a]",
                                              "0:0:0:a:b:c:d:e"};
  for (const auto text : refused) {
    BOOST_TEST(Locator::parse(text).error() == Errc::invalid_address, text);
    BOOST_TEST(Nid::parse(text).error() == Errc::invalid_address, text);
  }
  for (const std::string_view text : {"", "0:0:0:a", "::", "0:0:0:a::b", "0:0:0:a:0:0:0", "0:0:0:a:0:0:0:b:c",
                                      "0:0:0:a:0:0:0:b:", "0:0:0:a:0:0:0:00000", "0:0:0:a 0:0:0:b"})
    BOOST_TEST(Ilv::parse(text).error() == Errc::invalid_address, text);
  BOOST_TEST(Locator::parse(std::string(1 << 20, 'f')).error() == Errc::invalid_address);
  BOOST_TEST(Locator::parse(std::string(1 << 20, ':')).error() == Errc::invalid_address);
}

BOOST_AUTO_TEST_CASE(the_canonical_text_is_lower_case_without_leading_zeros) {
  BOOST_TEST(to_string(Locator(0xa)) == "0:0:0:a");
  BOOST_TEST(to_string(Locator()) == "0:0:0:0");
  BOOST_TEST(to_string(Nid(0xffff'0000'0000'000a)) == "ffff:0:0:a");
  BOOST_TEST(to_string(Nid(0x0123'4567'89ab'cdef)) == "123:4567:89ab:cdef");
  BOOST_TEST(to_string(all_nodes_locator) == "ff02:0:0:1");
  BOOST_TEST(to_string(Ilv{Locator(0xa), Nid(0xb)}) == "0:0:0:a:0:0:0:b");
  std::ostringstream out;
  out << std::showbase << std::hex << Locator(0x10) << ' '
      << Ilv{Locator(1), Nid(2)};  // not the stream's own format
  BOOST_TEST(out.str() == "0:0:0:10 0:0:0:1:0:0:0:2");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_again_the_same) {
  Random random(test::seed("address"));
  for (int i = 0; i < 10'000; ++i) {
    const Ilv ilv{Locator(random() >> random.below(64)), Nid(random() >> random.below(64))};
    BOOST_REQUIRE(Locator::parse(to_string(ilv.locator)).value() == ilv.locator);
    BOOST_REQUIRE((Ilv::parse(to_string(ilv)).value() == ilv));
  }
}

BOOST_AUTO_TEST_CASE(order_is_that_of_the_numbers) {
  BOOST_TEST(Locator(1) < Locator(2));
  BOOST_TEST(Locator(2) < Locator(0x8000'0000'0000'0000));
  BOOST_TEST((Ilv{Locator(1), Nid(9)} < Ilv{Locator(2), Nid(0)}));
  BOOST_TEST((Ilv{Locator(1), Nid(0)} < Ilv{Locator(1), Nid(1)}));
  BOOST_TEST((Locator(5) <=> Locator(5)) == std::strong_ordering::equal);
}

BOOST_AUTO_TEST_CASE(neighbouring_names_hash_far_apart) {
  std::unordered_set<Ilv> both;
  std::set<std::size_t> low_bits;
  for (std::uint64_t value = 0; value < 1000; ++value) {
    BOOST_REQUIRE(both.insert({Locator(value), Nid(0)}).second);
    BOOST_REQUIRE(value == 0 || both.insert({Locator(0), Nid(value)}).second);
    low_bits.insert(std::hash<Locator>{}(Locator(value << 32)) &
                    0xffff);  // names that differ in the high half
  }
  BOOST_TEST(low_bits.size() > 950u);  // 1000 random values of 65536 have about 992 different ones
  BOOST_TEST(std::hash<Nid>{}(Nid(7)) == std::hash<Nid>{}(Nid(7)));
  BOOST_TEST(std::hash<Ilv>{}({Locator(1), Nid(2)}) != std::hash<Ilv>{}({Locator(2), Nid(1)}));
}

BOOST_AUTO_TEST_SUITE_END()
