// Control requests that are none.
#include "node.hpp"

namespace ilnp::test::control_test {

std::string answer(Node& node, std::string_view request) {
  return ControlProtocol::answer(node.stack, request, 9999, node.cx);
}

/// The answer says what was wrong, and nothing has changed.
void refuse(Node& node, std::string_view request, std::string_view what) {
  const auto mappings = node.stack.mappings();
  const std::string list = answer(node, "list");
  node.only({}, [&] {
    const std::string text = answer(node, request);
    BOOST_TEST(text.starts_with("error: "), text);
    BOOST_TEST((text.find(what) != text.npos), text);
    BOOST_TEST(text.size() < 400U);
    BOOST_TEST((text.find('\n') == text.npos));
  });
  BOOST_TEST(node.stack.mappings() == mappings);
  BOOST_TEST(answer(node, "list") == list);
}

BOOST_AUTO_TEST_SUITE(control)

BOOST_AUTO_TEST_CASE(of_too_few_or_too_many_words) {
  Node node;
  refuse(node, "", "empty request");
  refuse(node, " \t\r\n ", "empty request");
  refuse(node, std::string_view("\0\0", 2), "empty request");
  refuse(node, "10001", "1 word;");
  refuse(node, "10001 bob", "2 words");
  refuse(node, "10001 bob 10001 10001", "unexpected word '10001'");
  refuse(node, "10001 bob 10001 any any", "unexpected word 'any'");
  refuse(node, "10001 bob 10001 replace maybe", "unexpected word 'maybe'");
  refuse(node, "10001 bob 10001 any replace now", "6 words");
}

BOOST_AUTO_TEST_CASE(with_ports_that_are_none) {
  Node node;
  for (const char* port :
       {"0", "70000", "65536", "-1", "+1", "1.5", "0x10", "ten", "99999999999999999999", "1e3"}) {
    const std::string text = port;
    refuse(node, text + " bob 10001", "local port '" + text + "' is not a number from 1 to 65535");
    refuse(node, "10001 bob " + text, "remote port '" + text + "' is not a number from 1 to 65535");
    refuse(node, "remove " + text, "local port '" + text + "' is not a number from 1 to 65535");
    refuse(node, "list " + text, "first port '" + text + "' is not a number from 1 to 65535");
  }
}

BOOST_AUTO_TEST_CASE(with_a_port_that_is_mapped_or_not) {
  Node node;
  refuse(node, "4000 bob 10001",
         "local port 4000 is already mapped; remove that mapping first, or replace it");
  refuse(node, "9999 bob 10001", "local port 9999 is the proxy's own");
  refuse(node, "remove 4001", "local port 4001 is not mapped");
}

BOOST_AUTO_TEST_CASE(with_a_host_name_that_is_none) {
  Node node;
  refuse(node, "10001 \xff 10001", "not a host name");
  refuse(node, "10001 " + std::string(256, 'x') + " 10001", "not a host name");
  refuse(node, "4000 \xff 10001 replace", "not a host name");  // and the mapping of 4000 stays
}

BOOST_AUTO_TEST_CASE(of_64_kibibytes) {
  Node node;
  const std::string blanks(65'536, ' ');
  const std::string word(65'536, 'x');
  std::string words;
  while (words.size() < 65'536) words += "10001 ";
  refuse(node, blanks, "empty request");
  refuse(node, word, "1 word");
  refuse(node, words, "6 words");
  refuse(node, word + " bob 10001", "local port 'xxx");
  refuse(node, "10001 bob " + word, "remote port 'xxx");
  refuse(node, "10001 " + word + " 10001", "not a host name");
  refuse(node, "10001 bob 10001 " + word, "unexpected word 'xxx");
}

BOOST_AUTO_TEST_CASE(of_binary_octets) {
  Node node;
  Random random(seed("control"));
  for (int i = 0; i < 20'000; ++i) {
    const Octets octets = random_octets(random, random.below(100));
    const std::string text = answer(node, as_text(octets));
    BOOST_REQUIRE(text.starts_with("error: "));
    for (const char each : text) BOOST_REQUIRE((each >= ' ' && each <= '~'));
  }
  BOOST_TEST(node.stack.mappings() == 1U);
  node.works();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::control_test
