#include "ilnp/base/context.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <vector>

#include "support/print.hpp"

namespace ilnp::test::context_test {

struct Numbers {
  std::vector<int>* seen;
  void operator()(int event) const { seen->push_back(event); }
};

static_assert(ContextLike<Context<>>);
static_assert(ContextLike<Context<Numbers>>);
static_assert(!ContextLike<int>);
static_assert(!std::chrono::is_clock_v<Clock>);  // it cannot be read
// Without an observer there is nothing in the context for one.
static_assert(sizeof(Context<>) == sizeof(TimePoint) + sizeof(Random*));

BOOST_AUTO_TEST_SUITE(contexts)

BOOST_AUTO_TEST_CASE(time_moves_when_its_owner_says_so) {
  Random random(1);
  Context<> cx(TimePoint{}, random);
  BOOST_TEST(cx.now() == TimePoint{});
  cx.set_now(TimePoint{} + std::chrono::seconds(3));
  BOOST_TEST(cx.now().time_since_epoch() == std::chrono::seconds(3));
  BOOST_TEST(never > cx.now());
}

BOOST_AUTO_TEST_CASE(random_numbers_are_those_of_the_source) {
  Random random(7);
  Random same(7);
  Context<> cx(TimePoint{}, random);
  for (int i = 0; i < 10; ++i) BOOST_TEST(cx.random(1000) == same.below(1000));
}

BOOST_AUTO_TEST_CASE(secrets_shift_no_random_numbers) {
  Random random(7);
  Random same(7);
  Context<> cx(TimePoint{}, random);
  for (int i = 0; i < 10; ++i) {
    BOOST_TEST(cx.secret() != cx.secret());
    BOOST_TEST(cx.random(1000) == same.below(1000));
  }
}

BOOST_AUTO_TEST_CASE(the_observer_sees_events) {
  Random random(1);
  std::vector<int> seen;
  Context<Numbers> cx(TimePoint{}, random, Numbers{&seen});
  cx.observe(1);
  cx.observe(2);
  BOOST_TEST((seen == std::vector{1, 2}));
  Context<> blind(TimePoint{}, random);
  blind.observe(3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::context_test
