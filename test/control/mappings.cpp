#include "ilnp/control/mappings.hpp"

#include <boost/test/unit_test.hpp>

#include "support/hand_fed.hpp"
#include "support/print.hpp"

namespace ilnp::test::mappings_test {

struct Node : HandFed<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  Node() : HandFed(node_config(1, "alice", {{a}})) {}

  static std::vector<std::string_view> words(std::string_view text) { return ControlWords::split(text, 10); }
  std::string map(std::string_view text) {
    request = text;
    unexpected = {};
    return ControlMappings::map(stack, words(request), 10000, unexpected);
  }
  std::string unmap(std::string_view text) { return ControlMappings::unmap(stack, words(text)); }
  /// `PORT HOST PORT [any]; ...`
  std::string mapped() {
    std::string all;
    stack.for_each_mapping([&](LocalPort local, const Remote& remote) {
      all += std::to_string(local.port) + ' ' + remote.host + ' ' + std::to_string(remote.port) +
             (remote.any ? " any; " : "; ");
    });
    return all;
  }
  std::string request;
  std::string_view unexpected;  ///< of the request
};

static_assert(MappingStack<Proxy<STP<ILNP<MemoryUnderlay>>>>);
static_assert(!MappingStack<STP<ILNP<MemoryUnderlay>>>);

BOOST_AUTO_TEST_SUITE(control_mappings)

BOOST_FIXTURE_TEST_CASE(a_mapping_is_made_with_its_options_in_any_order, Node) {
  BOOST_TEST(map("1 bob 2") == "");
  BOOST_TEST(map("3 bob 4 any") == "");
  BOOST_TEST(mapped() == "1 bob 2; 3 bob 4 any; ");
  BOOST_TEST(map("1 bob 5 any replace") == "");
  BOOST_TEST(map("3 bob 6 replace any") == "");
  BOOST_TEST(mapped() == "1 bob 5 any; 3 bob 6 any; ");
}

BOOST_FIXTURE_TEST_CASE(a_mapping_is_replaced_only_on_request, Node) {
  BOOST_TEST(map("1 bob 2") == "");
  BOOST_TEST(map("1 carol 3") == "local port 1 is already mapped; remove that mapping first, or replace it");
  BOOST_TEST(mapped() == "1 bob 2; ");
  BOOST_TEST(map("1 carol 3 replace") == "");
  BOOST_TEST(mapped() == "1 carol 3; ");
}

BOOST_FIXTURE_TEST_CASE(what_is_wrong_with_a_mapping_is_said_and_nothing_changes, Node) {
  BOOST_TEST(map("0 bob 2") == ControlWords::bad_port("local", "0"));
  BOOST_TEST(map("1 bob 65536") == ControlWords::bad_port("remote", "65536"));
  BOOST_TEST(map("10000 bob 2") == "local port 10000 is the proxy's own");
  BOOST_TEST(map("1 " + std::string(300, 'x') + " 2").starts_with("'xxx"));
  BOOST_TEST(unexpected.empty());
  for (const char* word : {"some", "any any", "replace any replace"}) {
    BOOST_TEST(map("1 bob 2 " + std::string(word)) == "unexpected word", word);
    BOOST_TEST((unexpected == "some" || unexpected == "any" || unexpected == "replace"), word);
  }
  BOOST_TEST(mapped() == "");
}

BOOST_FIXTURE_TEST_CASE(all_mappings_of_a_port_are_removed_or_the_one_to_a_host, Node) {
  BOOST_TEST(!stack.use_socket("carol", 1));
  BOOST_TEST(map("1 bob 2") == "");
  BOOST_TEST(map("1 carol 3") == "");  // at a socket of its own
  BOOST_TEST(unmap("1 dave") == "local port 1 is not mapped to 'dave'");
  BOOST_TEST(unmap("1 bob") == "");
  BOOST_TEST(mapped() == "1 carol 3; ");
  BOOST_TEST(map("1 bob 2") == "");
  BOOST_TEST(unmap("1") == "");
  BOOST_TEST(mapped() == "");
  BOOST_TEST(unmap("1") == "local port 1 is not mapped");
  BOOST_TEST(unmap("x") == ControlWords::bad_port("local", "x"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::mappings_test
