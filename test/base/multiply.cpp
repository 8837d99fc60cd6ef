#include "ilnp/base/multiply.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdint>

#include "ilnp/base/random.hpp"

namespace ilnp::test::multiply_test {

BOOST_AUTO_TEST_SUITE(multiply_numbers)

constexpr std::uint64_t most = ~std::uint64_t(0);
static_assert(multiply(most, most) == Wide{most - 1, 1});
static_assert(multiply(std::uint64_t(1) << 32, std::uint64_t(1) << 32) == Wide{1, 0});
static_assert(Wide{1, 0} > Wide{0, most});

BOOST_AUTO_TEST_CASE(halves_give_the_same_product) {
  const std::uint64_t edges[] = {0, 1, 0xffff'ffff, 0x1'0000'0000, 0xffff'ffff'0000'0000, most};
  for (const std::uint64_t a : edges)
    for (const std::uint64_t b : edges) BOOST_TEST((ilnp::detail::multiply_halves(a, b) == multiply(a, b)));
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t a = random();
    const std::uint64_t b = random();
    BOOST_TEST((ilnp::detail::multiply_halves(a, b) == multiply(a, b)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::multiply_test
