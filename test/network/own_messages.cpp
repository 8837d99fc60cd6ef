#include "ilnp/network/own_messages.hpp"

#include <boost/test/unit_test.hpp>

#include "support/locators.hpp"

namespace ilnp::test::own_messages_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(own_messages)

BOOST_AUTO_TEST_CASE(sent_messages_are_remembered_for_a_while) {
  OwnMessages messages;
  TimePoint now = TimePoint{} + 1h;
  messages.said(a, b, true, now);
  BOOST_TEST(messages.may_have_said(a, b, true, now));
  BOOST_TEST(!messages.may_have_said(a, b, false, now));
  BOOST_TEST(!messages.may_have_said(b, a, true, now));
  now += OwnMessages::memory - 1ns;
  BOOST_TEST(messages.may_have_said(a, b, true, now));
  now += 1ns;
  BOOST_TEST(!messages.may_have_said(a, b, true, now));
}

BOOST_AUTO_TEST_CASE(in_doubt_a_message_counts_as_sent) {
  OwnMessages messages;
  TimePoint now = TimePoint{} + 1h;
  for (std::uint64_t i = 0; i < 2 * OwnMessages::max_messages; ++i)
    messages.said(Locator(i), Locator(i), false, now);
  for (std::uint64_t i = 0; i < 2 * OwnMessages::max_messages; ++i)
    BOOST_TEST(messages.may_have_said(Locator(i), Locator(i), false, now));
  now += OwnMessages::memory;
  BOOST_TEST(!messages.may_have_said(Locator(1), Locator(1), false, now));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::own_messages_test
