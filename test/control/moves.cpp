#include "ilnp/control/moves.hpp"

#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::moves_test {

struct Node : HandFed<ILNP<MemoryUnderlay>> {
  Node() : HandFed(node_config(1, "alice", {{a}, {b}})) { start(); }
  std::string move(std::string_view text) { return ControlMoves::move(stack, text, cx); }
  std::string join(std::string_view text) { return ControlMoves::join(stack, text, cx); }
  std::string leave(std::string_view text) { return ControlMoves::leave(stack, text, cx); }
  /// Where it stays.
  std::vector<Locator> at() { return ControlMoves::staying(stack.interfaces()); }
};
using Locators = std::vector<Locator>;

BOOST_AUTO_TEST_SUITE(control_moves)

BOOST_FIXTURE_TEST_CASE(a_move_goes_to_all_that_are_named, Node) {
  BOOST_TEST(move("0:0:0:b,0:0:0:c") == "");
  BOOST_TEST((at() == Locators{b, c}));
  BOOST_TEST(stack.interfaces().joined(a));  // until the handoff ends
  BOOST_TEST(stack.schedule().suspended());
}

BOOST_FIXTURE_TEST_CASE(the_cycle_resumes_where_it_was, Node) {
  BOOST_TEST(move("0:0:0:c") == "");
  BOOST_TEST(ControlMoves::resume(stack, cx) == "");
  BOOST_TEST((at() == Locators{a}));
  BOOST_TEST(!stack.schedule().suspended());
}

BOOST_FIXTURE_TEST_CASE(joining_adds_one_network_to_stay_in, Node) {
  BOOST_TEST(join("0:0:0:c") == "");
  BOOST_TEST((at() == Locators{a, c}));
  BOOST_TEST(stack.schedule().suspended());
  const Interface* joined = stack.interfaces().find(c);
  BOOST_TEST_REQUIRE(joined);
  BOOST_TEST(!joined->passing);  // so it forwards at once
  const auto solicitations = stack.counters().solicitations_sent;
  run(1s);
  BOOST_TEST(stack.counters().solicitations_sent ==
             solicitations + 2);  // so the networks learn of each other
  BOOST_TEST(join("0:0:0:c") == "0:0:0:c is joined already");
}

BOOST_FIXTURE_TEST_CASE(leaving_gives_up_one_network_but_not_the_last, Node) {
  BOOST_TEST(leave("0:0:0:c") == "0:0:0:c is not joined");
  BOOST_TEST(leave("0:0:0:a") == "0:0:0:a is the only locator; use move to go elsewhere");
  BOOST_TEST(!stack.schedule().suspended());
  BOOST_TEST(join("0:0:0:c") == "");
  BOOST_TEST(leave("0:0:0:a") == "");
  BOOST_TEST((at() == Locators{c}));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_locator_is_refused_and_changes_nothing, Node) {
  for (const char* text : {"", "a", "0:0:0", "0:0:0:c,", ",0:0:0:c", "0:0:0:c;0:0:0:d"})
    for (const std::string& wrong : {move(text), join(text), leave(text)})
      BOOST_TEST(wrong.ends_with(" is not a locator (four groups of hex digits: 0:0:0:a)"), text);
  for (const char* text : {"0:0:0:0", "ff02:0:0:1"}) {
    BOOST_TEST(move(text) == std::string(text) + " cannot be joined");
    BOOST_TEST(join(text) == std::string(text) + " cannot be joined");
  }
  BOOST_TEST(move("0:0:0:c,0:0:0:c") == "0:0:0:c is named twice");
  BOOST_TEST((at() == Locators{a}));
  BOOST_TEST(!stack.schedule().suspended());
}

BOOST_FIXTURE_TEST_CASE(a_node_has_a_limited_number_of_locators, Node) {
  std::string all = "0:0:0:1";
  for (std::size_t i = 2; i <= NetworkConfig::max_locators; ++i) all += "," + to_string(Locator(i));
  BOOST_TEST(move(all + ",0:0:0:ffff") == "a node has at most 16 locators");
  BOOST_TEST(move(all) == "");
  BOOST_TEST(join("0:0:0:ffff") == "a node has at most 16 locators");
  BOOST_TEST(at().size() == NetworkConfig::max_locators);
}

BOOST_FIXTURE_TEST_CASE(a_network_that_the_underlay_cannot_join_is_an_error, Node) {
  underlay().join_error = Errc::queue_full;
  BOOST_TEST(join("0:0:0:c") == "0:0:0:c could not be joined; the log says why");
  BOOST_TEST(move("0:0:0:c") == "none of these locators could be joined; the log says why");
  BOOST_TEST((at() == Locators{a}));
  BOOST_TEST(!stack.schedule().suspended());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::moves_test
