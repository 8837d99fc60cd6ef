#include "ilnp/network/locator_updates.hpp"

#include <boost/test/unit_test.hpp>

#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::locator_updates_test {

using namespace std::chrono_literals;

constexpr Nid bob{2}, carol{3};

struct Fixture {
  using Sent = std::vector<std::pair<Nid, unsigned>>;
  Sent poll() {
    Sent sent;
    updates.poll(
        now, [&](Nid peer, unsigned attempt) { sent.emplace_back(peer, attempt); },
        [&](Nid peer) { given_up.push_back(peer); });
    return sent;
  }
  LocatorUpdates updates{3, 1s};
  std::vector<Nid> given_up;
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(locator_updates, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_due_at_first) {
  BOOST_TEST(updates.next_deadline() == never);
  BOOST_TEST(updates.locators().empty());
  BOOST_TEST(!updates.acknowledge(bob, a));
  BOOST_TEST(poll().empty());
}

BOOST_AUTO_TEST_CASE(an_update_is_repeated_until_it_is_acknowledged) {
  updates.begin({a, b});
  BOOST_TEST(updates.locators()[1] == b);
  updates.add(bob, now + 100ms);
  updates.add(bob, now);  // pending already
  updates.add(carol, now + 100ms);
  BOOST_TEST(updates.pending() == 2U);
  BOOST_TEST(updates.next_deadline() == now + 100ms);
  BOOST_TEST(poll().empty());
  now += 100ms;
  BOOST_TEST((poll() == Sent{{bob, 1}, {carol, 1}}));
  BOOST_TEST(poll().empty());
  BOOST_TEST(!updates.acknowledge(bob, b));  // another move
  BOOST_TEST(updates.acknowledge(bob, a));
  BOOST_TEST(!updates.acknowledge(bob, a));
  BOOST_TEST(updates.next_deadline() == now + 1s);
  now += 1s;
  BOOST_TEST((poll() == Sent{{carol, 2}}));
  BOOST_TEST(given_up.empty());
}

BOOST_AUTO_TEST_CASE(an_update_is_given_up_after_the_last_retry) {
  updates.begin({a});
  updates.add(bob, now);
  for (unsigned attempt = 1; attempt <= 4; ++attempt, now += 1s) BOOST_TEST((poll() == Sent{{bob, attempt}}));
  BOOST_TEST(poll().empty());
  BOOST_TEST(given_up == std::vector{bob});
  BOOST_TEST(updates.pending() == 0U);
  BOOST_TEST(updates.next_deadline() == never);
}

BOOST_AUTO_TEST_CASE(a_later_move_replaces_an_earlier_one) {
  updates.begin({a});
  updates.add(bob, now);
  poll();
  updates.begin({b});
  BOOST_TEST(updates.pending() == 0U);
  updates.add(carol, now);
  BOOST_TEST((poll() == Sent{{carol, 1}}));
  BOOST_TEST(!updates.acknowledge(carol, a));
  BOOST_TEST(updates.acknowledge(carol, b));
}

BOOST_AUTO_TEST_CASE(pending_updates_are_bounded) {
  updates.begin({a});
  for (std::uint64_t i = 0; i < LocatorUpdates::max_pending + 100; ++i) updates.add(Nid(i + 1), now);
  BOOST_TEST(updates.pending() == LocatorUpdates::max_pending);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::locator_updates_test
