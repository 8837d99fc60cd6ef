#include "ilnp/network/reflection_filter.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::reflection_filter_test {

using namespace std::chrono_literals;

constexpr std::uint64_t a = 0xa, b = 0xb;  // paths
constexpr std::uint64_t forwarder = 7, other = 8;

std::vector<std::byte> payload(std::uint8_t first, std::uint8_t last, std::size_t size = 200) {
  std::vector<std::byte> octets(size);
  octets[0] = std::byte{first};
  octets.back() = std::byte{last};
  return octets;
}

/// All that the filter asks of a header.
struct Heard {
  Bytes payload() const { return octets; }
  std::uint8_t hop_limit() const { return hops; }
  Bytes octets;
  std::uint8_t hops;
};

struct Filter : ReflectionFilter {
  using ReflectionFilter::ReflectionFilter;
  bool admit(Bytes octets, std::uint64_t path, std::uint64_t sender, std::uint8_t hop_limit, TimePoint now) {
    return ReflectionFilter::admit(Heard{octets, hop_limit}, path, sender, now);
  }
};

BOOST_AUTO_TEST_SUITE(reflection_filters)

BOOST_AUTO_TEST_CASE(an_identical_packet_with_another_hop_limit_is_a_duplicate) {
  Filter filter;
  TimePoint now = TimePoint{} + 1h;
  BOOST_TEST(filter.admit(payload(1, 1), a, forwarder, 2, now));
  BOOST_TEST(!filter.admit(payload(1, 1), a, forwarder, 1, now));
  BOOST_TEST(!filter.admit(payload(1, 1), a, forwarder, 0, now));
  BOOST_TEST(!filter.admit(payload(1, 1), a, forwarder, 3, now));  // overtaken by its reflection
  BOOST_TEST(filter.admit(payload(1, 1), a, forwarder, 2, now));   // sent again, identical
  BOOST_TEST(filter.admit(payload(1, 1), b, forwarder, 1, now));   // on another interface
  now += ReflectionFilter::window;
  BOOST_TEST(filter.admit(payload(1, 1), a, forwarder, 1, now));  // the path has become longer
}

BOOST_AUTO_TEST_CASE(an_identical_packet_from_another_forwarder_is_a_duplicate) {
  Filter filter;
  TimePoint now = TimePoint{} + 1h;
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(filter.admit(payload(1, 1), a, forwarder, 2, now));
    BOOST_TEST(!filter.admit(payload(1, 1), a, other, 2, now));
    now += 400ms;
  }
  now += 100ms;
  BOOST_TEST(filter.admit(payload(1, 1), a, other, 2, now));  // the first no longer forwards
  BOOST_TEST(!filter.admit(payload(1, 1), a, forwarder, 2, now));
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_recognised_whatever_comes_in_between) {
  Filter filter;
  const TimePoint now = TimePoint{} + 1h;
  std::uint64_t path = 1;
  for (int i = 0; i < 50'000; ++i) {
    BOOST_REQUIRE(filter.admit(payload(1, 1), path, forwarder, 2, now));
    BOOST_REQUIRE(filter.admit(payload(2, 1), path, forwarder, 2, now));
    BOOST_REQUIRE(!filter.admit(payload(1, 1), path, other, 2, now));
    ++path;
  }
}

BOOST_AUTO_TEST_CASE(for_forwarding_a_duplicate_on_a_shorter_path_passes) {
  Filter filter(true);
  const TimePoint now = TimePoint{} + 1h;
  BOOST_TEST(filter.admit(payload(1, 1), a, forwarder, 1, now));
  BOOST_TEST(filter.admit(payload(1, 1), a, other, 2, now));
  BOOST_TEST(!filter.admit(payload(1, 1), a, forwarder, 2, now));
  BOOST_TEST(!filter.admit(payload(1, 1), a, other, 1, now));
}

BOOST_AUTO_TEST_CASE(another_packet_is_no_duplicate) {
  Filter filter;
  const TimePoint now = TimePoint{} + 1h;
  BOOST_TEST(filter.admit(payload(1, 1), a, other, 200, now));  // possibly forged
  BOOST_TEST(filter.admit(payload(2, 1), a, forwarder, 2, now));
  BOOST_TEST(filter.admit(payload(1, 2), a, forwarder, 2, now));
  BOOST_TEST(filter.admit(payload(1, 1, 201), a, forwarder, 2, now));
  BOOST_TEST(filter.admit(payload(1, 1, 60), a, forwarder, 2, now));
}

// A program says the same again and again, and somebody else says it too, less often.
BOOST_AUTO_TEST_CASE(identical_packets_of_a_stranger_suppress_few) {
  for (const bool forwards : {false, true}) {
    for (const std::uint8_t forged : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{255}}) {
      Filter filter(forwards);
      TimePoint now = TimePoint{} + 1h;
      int lost = 0;
      for (int i = 0; i < 1000; ++i, now += 50ms) {
        if (i % 7 == 0) filter.admit(payload(1, 1, 8), a, other, forged, now);
        lost += !filter.admit(payload(1, 1, 8), a, forwarder, 2, now + 1ms);
      }
      BOOST_TEST_CONTEXT("forwards " << forwards << ", hop limit " << int{forged}) { BOOST_TEST(lost <= 3); }
    }
  }
}
BOOST_AUTO_TEST_CASE(being_first_or_many_does_not_help_a_stranger) {
  Filter filter;
  TimePoint now = TimePoint{} + 1h;
  for (int i = 0; i < 1000; ++i, now += 400ms) filter.admit(payload(1, 1, 8), a, 100, 2, now);
  int lost = 0;
  for (std::uint64_t i = 0; i < 1000; ++i, now += 50ms) {
    if (i % 7 == 0) filter.admit(payload(1, 1, 8), a, 100 + i / 7 % 5, 2, now);
    lost += !filter.admit(payload(1, 1, 8), a, forwarder, 2, now + 1ms);
  }
  BOOST_TEST(lost <= 100);
}

BOOST_AUTO_TEST_CASE(identical_packets_and_duplicates_in_bursts_are_distinguished) {
  Filter filter;
  TimePoint now = TimePoint{} + 1h;
  for (int burst = 0; burst < 50; ++burst, now += 20ms) {
    for (int i = 0; i < 60; ++i) BOOST_REQUIRE(filter.admit(payload(1, 1), a, forwarder, 2, now));
    for (int i = 0; i < 60; ++i) BOOST_REQUIRE(!filter.admit(payload(1, 1), a, other, 2, now));
    for (int i = 0; i < 60; ++i) BOOST_REQUIRE(!filter.admit(payload(1, 1), a, forwarder, 1, now));
  }
}

BOOST_AUTO_TEST_CASE(in_doubt_it_accepts) {
  Filter filter;
  for (std::size_t i = 0; i < 4 * ReflectionFilter::max_packets; ++i) {
    std::vector<std::byte> octets(60);
    std::memcpy(octets.data(), &i, sizeof i);
    BOOST_REQUIRE(filter.admit(octets, a, forwarder, 1, TimePoint{}));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::reflection_filter_test
