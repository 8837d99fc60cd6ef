#include "ilnp/network/seen_messages.hpp"

#include <boost/test/unit_test.hpp>

#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::seen_messages_test {

using namespace std::chrono_literals;
using Pass = SeenMessages::Pass;

struct Fixture {
  SeenMessages seen;
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(messages_seen, Fixture)

BOOST_AUTO_TEST_CASE(a_message_is_passed_on_once_a_second) {
  BOOST_TEST(seen.pass(1, 0xd, 3, now) == Pass::yes);
  BOOST_TEST(seen.pass(1, 0xd, 3, now) == Pass::repeated);
  BOOST_TEST(seen.pass(2, 0xd, 3, now) == Pass::yes);
  BOOST_TEST(seen.pass(1, 0xd, 3, now + 999ms) == Pass::repeated);
  BOOST_TEST(seen.pass(1, 0xd, 3, now + 1s) == Pass::yes);
}

BOOST_AUTO_TEST_CASE(a_higher_hop_limit_is_a_shorter_path) {
  const auto compare = [&](std::uint64_t hash, Locator interface, std::uint8_t hop_limit) {
    const auto paths = seen.compare(Locator(hash), 0xd, interface, hop_limit, now);
    if (!paths) return std::string();
    return to_string(paths->nearer) + (paths->alike ? " as " : " ") + to_string(paths->farther);
  };
  BOOST_TEST(compare(1, a, 2) == "");
  BOOST_TEST(compare(1, b, 2) == "0:0:0:a as 0:0:0:b");
  BOOST_TEST(compare(1, b, 3) == "0:0:0:b 0:0:0:a");
  BOOST_TEST(compare(1, b, 2) == "");  // on the same interface
  BOOST_TEST(compare(1, c, 1) == "0:0:0:b 0:0:0:c");
  BOOST_TEST(compare(2, a, 1) == "");  // another message
  now += 999ms;
  BOOST_TEST(compare(1, a, 2) == "0:0:0:b 0:0:0:a");
  now += 1ms;
  BOOST_TEST(compare(1, a, 2) == "");
  BOOST_TEST(seen.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_message_is_passed_on_again_with_a_higher_hop_limit) {
  BOOST_TEST(seen.pass(1, 0xd, 1, now) == Pass::yes);
  BOOST_TEST(seen.pass(1, 0xd, 2, now) == Pass::yes);
  BOOST_TEST(seen.pass(1, 0xd, 1, now) == Pass::repeated);
  BOOST_TEST(seen.pass(1, 0xd, 2, now) == Pass::repeated);
}

BOOST_AUTO_TEST_CASE(a_message_is_answered_once_a_second_on_each_interface) {
  BOOST_TEST(seen.answer(1, 0xa, 0xd, now));
  BOOST_TEST(!seen.answer(1, 0xa, 0xd, now));
  BOOST_TEST(seen.answer(1, 0xb, 0xd, now));
  BOOST_TEST(seen.answer(2, 0xa, 0xd, now));
  BOOST_TEST(seen.pass(1, 0xd, 3, now) == Pass::yes);  // a different kind of entry
  BOOST_TEST(seen.answer(1, 0xa, 0xd, now + 1s));
}

BOOST_AUTO_TEST_CASE(own_announcements_are_remembered) {
  const Locator a{0xa}, b{0xb};
  BOOST_TEST(seen.last_said(a, b) == long_ago);
  seen.say(a, b, now);
  seen.say(b, b, now + 500ms);
  BOOST_TEST(seen.last_said(a, b) == now);
  BOOST_TEST(seen.last_said(b, b) == now + 500ms);
  BOOST_TEST(seen.last_said(b, a) == long_ago);
}

BOOST_AUTO_TEST_CASE(a_full_table_passes_nothing_on_for_the_rest_of_the_second) {
  for (std::uint64_t i = 0; i < SeenMessages::max_messages; ++i)
    BOOST_REQUIRE((seen.pass(i * 7919, 0xd, 3, now) == Pass::yes));
  BOOST_TEST(seen.pass(1, 0xd, 3, now) == Pass::table_full);
  BOOST_TEST(!seen.answer(1, 0xa, 0xd, now));
  BOOST_TEST(seen.pass(1, 0xd, 3, now + 1s) == Pass::yes);
}

BOOST_AUTO_TEST_CASE(a_sender_that_fills_the_table_does_not_keep_others_out) {
  for (std::uint64_t i = 0; i < 2 * SeenMessages::max_messages; ++i) seen.pass(i * 7919, 0xbad, 3, now);
  for (std::uint64_t i = 1; i <= 100; ++i) BOOST_TEST(seen.pass(i, 0xd, 3, now) == Pass::yes);
  BOOST_TEST(seen.pass(101, 0xbad, 3, now) == Pass::table_full);
  for (std::uint64_t i = 1; i <= 100; ++i) BOOST_TEST(seen.pass(i, 0xd, 3, now) == Pass::repeated);
}

BOOST_AUTO_TEST_CASE(many_senders_do_not_pass_more_than_the_table_holds) {
  std::size_t passed = 0;
  for (std::uint64_t i = 0; i < 4 * SeenMessages::max_messages; ++i)
    passed += seen.pass(i * 7919, 0x1000 + i, 3, now) == Pass::yes;
  BOOST_TEST(passed == SeenMessages::max_messages);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::seen_messages_test
