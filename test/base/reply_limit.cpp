#include "ilnp/base/reply_limit.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::reply_limit_test {

using namespace std::chrono_literals;

struct Fixture {
  Fixture() { limit.rekey(HashKey(cx)); }
  unsigned admitted(std::uint64_t from, std::uint64_t count, std::uint64_t sender, bool known = false) {
    unsigned sum = 0;
    for (std::uint64_t nid = from; nid < from + count; ++nid)
      sum += limit.admit(Nid(nid), sender, known, now);
    return sum;
  }

  Random random{1};
  TimePoint now{1h};
  Context<> cx{now, random};
  ReplyLimit limit;
};

BOOST_FIXTURE_TEST_SUITE(reply_limits, Fixture)

BOOST_AUTO_TEST_CASE(one_node_gets_a_few_replies_a_second) {
  for (unsigned i = 0; i < ReplyLimit::max_to_one; ++i) BOOST_TEST(limit.admit(Nid(1), 1, false, now));
  BOOST_TEST(!limit.admit(Nid(1), 1, false, now));
  BOOST_TEST(!limit.admit(Nid(1), 1, true, now + 999ms));
  BOOST_TEST(limit.admit(Nid(1), 2, false, now));  // whoever probes in its name takes nothing from it
  BOOST_TEST(limit.admit(Nid(2), 1, false, now));
  BOOST_TEST(limit.admit(Nid(1), 1, false, now + 1s));
}

BOOST_AUTO_TEST_CASE(one_sender_does_not_take_from_others) {
  BOOST_TEST(admitted(1000, 5000, 0xbad) <= ReplyLimit::max_to_sender);
  BOOST_TEST(admitted(1000, 5000, 0xbad) == 0U);
  BOOST_TEST(admitted(10'000, 100, 0xd) == 100U);
}

BOOST_AUTO_TEST_CASE(many_senders_do_not_take_from_known_nodes) {
  unsigned sum = 0;
  for (std::uint64_t i = 0; i < 20'000; ++i) sum += limit.admit(Nid(1000 + i), 1000 + i, false, now);
  BOOST_TEST(sum == ReplyLimit::max_in_all);
  BOOST_TEST(!limit.admit(Nid(1), 1, false, now));
  BOOST_TEST(limit.admit(Nid(1), 1, true, now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::reply_limit_test
