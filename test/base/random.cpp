#include "ilnp/base/random.hpp"

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdint>

#include "support/seed.hpp"

namespace ilnp::test::random_test {

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(known_answers_of_splitmix64) {
  Random zero(0);
  for (const std::uint64_t expected : {0xe220a8397b1dcdafu, 0x6e789e6aa1b965f4u, 0x06c45d188009454fu,
                                       0xf88bb8a8724c81ecu, 0x1b39896a51a8749bu})
    BOOST_TEST(zero() == expected);
  Random other(1234567);
  for (const std::uint64_t expected : {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                       4593380528125082431u, 16408922859458223821u})
    BOOST_TEST(other() == expected);
}

BOOST_AUTO_TEST_CASE(below_stays_below) {
  Random random(test::seed("random"));
  BOOST_TEST(random.below(0) == 0u);
  BOOST_TEST(random.below(1) == 0u);
  const std::array<std::uint64_t, 7> bounds{
      2, 3, 10, 1000, 0x1'0000'0001, 0x8000'0000'0000'0001, ~std::uint64_t{0}};
  for (const std::uint64_t bound : bounds)
    for (int i = 0; i < 10'000; ++i) BOOST_REQUIRE(random.below(bound) < bound);
}

BOOST_AUTO_TEST_CASE(below_is_uniform) {
  Random random(test::seed("random"));
  // Chi-squared with 9 degrees of freedom: above 33.7 in one run of ten thousand; the seed is fixed.
  std::array<int, 10> counts{};
  constexpr int draws = 100'000;
  for (int i = 0; i < draws; ++i) ++counts[random.below(10)];
  double chi_squared = 0;
  for (const int count : counts)
    chi_squared += (count - draws / 10.0) * (count - draws / 10.0) / (draws / 10.0);
  BOOST_TEST(chi_squared < 33.7);
}

BOOST_AUTO_TEST_CASE(below_is_uniform_where_a_plain_multiplication_is_not) {
  // Of three quarters of all values: without the rejection every third value would come twice as often.
  Random random(test::seed("random"));
  constexpr std::uint64_t bound = 0xc000'0000'0000'0000;
  std::array<int, 3> counts{};
  constexpr int draws = 90'000;
  for (int i = 0; i < draws; ++i) ++counts[random.below(bound) % 3];
  for (const int count : counts) BOOST_TEST((count > 29'000 && count < 31'000), count);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_numbers) {
  Random one(42);
  Random two(42);
  for (int i = 0; i < 100; ++i) BOOST_REQUIRE(one.below(1000) == two.below(1000));
}

BOOST_AUTO_TEST_CASE(secrets_come_from_a_stream_of_their_own) {
  Random random(42);
  Random same(42);
  Random plain(42);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t secret = random.secret();
    BOOST_REQUIRE(secret == same.secret());
    const std::uint64_t next = plain();
    BOOST_REQUIRE(random() == next);  // a secret shifts nothing
    BOOST_REQUIRE(same() == next);
    BOOST_REQUIRE(secret != next);
  }
}

BOOST_AUTO_TEST_CASE(secrets_come_from_the_source_where_there_is_one) {
  Random random(42, [] { return std::uint64_t{7}; });
  BOOST_TEST(random.secret() == 7u);
  BOOST_TEST(random() == Random(42)());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::random_test
