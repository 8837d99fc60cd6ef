#include "ilnp/network/duplicate_filter.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::duplicate_filter_test {

using namespace std::chrono_literals;

struct Fixture {
  DuplicateFilter filter;
  TimePoint now = TimePoint{} + 1h;
  bool admit(std::uint64_t hash, std::uint8_t slot, std::uint32_t slots = 0b110) {
    return filter.admit(hash, slot, slots, now);
  }
};

BOOST_FIXTURE_TEST_SUITE(duplicate_filters, Fixture)

BOOST_AUTO_TEST_CASE(a_duplicate_on_another_interface_is_suppressed) {
  BOOST_TEST(admit(7, 1));
  BOOST_TEST(!admit(7, 2));
  BOOST_TEST(admit(8, 2));
  BOOST_TEST(!admit(8, 1));
}

BOOST_AUTO_TEST_CASE(identical_packets_in_a_row_are_each_accepted_once) {
  for (int i = 0; i < 5; ++i) BOOST_TEST(admit(7, 1));
  for (int i = 0; i < 5; ++i) BOOST_TEST(!admit(7, 2));
  BOOST_TEST(admit(7, 2));   // the sixth
  BOOST_TEST(!admit(7, 1));  // and its duplicate
}

BOOST_AUTO_TEST_CASE(three_interfaces_make_two_duplicates) {
  BOOST_TEST(admit(7, 1, 0b1110));
  BOOST_TEST(!admit(7, 2, 0b1110));
  BOOST_TEST(!admit(7, 3, 0b1110));
  BOOST_TEST(admit(7, 3, 0b1110));
}

BOOST_AUTO_TEST_CASE(no_duplicate_is_expected_on_interfaces_not_joined) {
  BOOST_TEST(admit(7, 1, 0b010));
  BOOST_TEST(admit(7, 2, 0b110));
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_expected_for_at_most_a_window) {
  admit(7, 1);
  now += 499ms;
  BOOST_TEST(!admit(7, 2));
  admit(7, 1);
  now += 500ms;
  BOOST_TEST(!admit(7, 2));
  admit(7, 1);
  now += DuplicateFilter::window;
  BOOST_TEST(admit(7, 2));
}

BOOST_AUTO_TEST_CASE(in_doubt_it_accepts) {
  for (std::uint64_t i = 0; i < 4 * DuplicateFilter::max_packets; ++i) BOOST_REQUIRE(admit(0x1000 + i, 1));
}

BOOST_AUTO_TEST_CASE(ten_thousand_a_second_with_duplicates_half_a_second_later) {
  for (std::uint64_t i = 0; i < 30'000; ++i, now += 100us) {
    BOOST_REQUIRE(admit(i, 1));
    if (i >= 5000) BOOST_REQUIRE(!admit(i - 5000, 2));
  }
}

BOOST_AUTO_TEST_CASE(packets_without_duplicates_do_not_displace_those_with_some) {
  // Eighty thousand a second, of which every eighth has a duplicate after 40 ms.
  for (std::uint64_t i = 0; i < 160'000; ++i, now += 12'500ns) {
    BOOST_REQUIRE(admit(i, 1));
    if (i >= 3200 && i % 8 == 0) BOOST_REQUIRE(!admit(i - 3200, 2));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::duplicate_filter_test
