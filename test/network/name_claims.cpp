#include "ilnp/network/name_claims.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::name_claims_test {

using namespace std::chrono_literals;

constexpr Nid bob{2}, other{3}, third{4};

struct Fixture {
  bool claimed(Nid by = other, bool fresh = false) { return claims.claimed("bob", by, fresh, heard, now); }
  std::vector<std::string> end(Nid gone = {}) {
    std::vector<std::string> over;
    claims.end(now, gone, [&](const NameClaims::Conflict& each) { over.push_back(each.name); });
    return over;
  }
  NameClaims claims{90s};
  TimePoint now = TimePoint{} + 1h;
  TimePoint heard = now;
};

BOOST_FIXTURE_TEST_SUITE(claims_to_names, Fixture)

BOOST_AUTO_TEST_CASE(a_claim_starts_a_check_if_it_is_new_or_the_owner_is_quiet) {
  BOOST_TEST(claimed(other, true));
  BOOST_TEST(!claimed());
  now += NameClaims::recently;
  BOOST_TEST(claimed());
}

BOOST_AUTO_TEST_CASE(after_the_owner_has_replied_checks_pause_for_growing_times) {
  BOOST_TEST(claims.kept("bob", bob, other, now));
  Duration rest = NameClaims::first_rest;
  for (int round = 0; round < 6; ++round) {
    now += rest - 1ms;
    BOOST_TEST(!claimed(third, true));
    now += 1ms;
    BOOST_TEST(claimed(third, true));
    BOOST_TEST(!claims.kept("bob", bob, third, now));  // not new
    rest = std::min<Duration>(2 * rest, NameClaims::longest_rest);
  }
}

BOOST_AUTO_TEST_CASE(a_conflict_ends_without_claims_or_when_one_of_the_nodes_is_gone) {
  claims.kept("bob", bob, other, now);
  now += 60s;
  claimed();
  now += 89s;
  BOOST_TEST(end().empty());
  BOOST_TEST(claims.next_deadline() == now + 1s);
  now += 1s;
  BOOST_TEST(end().size() == 1U);
  BOOST_TEST(claims.next_deadline() == never);
  claims.kept("bob", bob, other, now);
  BOOST_TEST(end(third).empty());
  BOOST_TEST(end(other).size() == 1U);
  claims.kept("bob", bob, other, now);
  BOOST_TEST(end(bob).size() == 1U);
  claims.kept("bob", bob, other, now);
  int over = 0;
  claims.end("carol", [&](const NameClaims::Conflict&) { ++over; });
  BOOST_TEST(over == 0);
  claims.end("bob", [&](const NameClaims::Conflict&) { ++over; });
  BOOST_TEST(over == 1);
}

BOOST_AUTO_TEST_CASE(the_number_of_conflicts_is_bounded) {
  for (int i = 0; i < 1000; ++i) claims.kept("name" + std::to_string(i), bob, other, now += 1ms);
  BOOST_TEST(claims.size() == NameClaims::max_conflicts);
  BOOST_TEST(!claims.kept("name999", bob, other, now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::name_claims_test
