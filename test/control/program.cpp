#include "ilnp/control/program.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/control/status.hpp"
#include "support/hand_fed.hpp"

namespace ilnp::test::program_test {

BOOST_AUTO_TEST_SUITE(control_programs)

// A program that sets nothing has no port and no connections, and adds no counters.
BOOST_AUTO_TEST_CASE(a_program_need_not_add_anything) {
  HandFed<ILNP<MemoryUnderlay>> node(node_config(1, "alice", {{a}}));
  node.start();
  ControlProgram program;
  BOOST_TEST(program.port == 0);
  BOOST_TEST((program.started == long_ago));
  std::size_t counters = 0, of_node = 0;
  ilnp::detail::each_control_counter(
      node.stack, program, [&](const std::string&, const CounterText*, std::uint64_t) { ++counters; });
  for_each_counter(node.stack, [&](std::string_view, std::string_view, std::uint64_t) { ++of_node; });
  BOOST_TEST(counters == of_node);
  BOOST_TEST(counters > 0U);
}

BOOST_AUTO_TEST_CASE(the_counters_of_a_program_come_first_and_have_their_meaning) {
  HandFed<ILNP<MemoryUnderlay>> node(node_config(1, "alice", {{a}}));
  node.start();
  ControlProgram program;
  program.counters = [](const ControlProgram::AddCounter& add) {
    add("ilnp", "received", 5);
    add("invented", "by_this_test", 7);
  };
  std::vector<std::pair<std::string, std::uint64_t>> shown;
  bool known = false, unknown = true;
  ilnp::detail::each_control_counter(
      node.stack, program, [&](const std::string& name, const CounterText* text, std::uint64_t value) {
        if (shown.empty()) known = text != nullptr;
        if (shown.size() == 1) unknown = text == nullptr;
        shown.emplace_back(name, value);
      });
  BOOST_TEST_REQUIRE(shown.size() > 2U);
  BOOST_TEST(shown[0].second == 5U);
  BOOST_TEST(shown[1].second == 7U);
  BOOST_TEST(shown[0].first == counter_name("ilnp", "received"));
  BOOST_TEST(known);
  BOOST_TEST(unknown);
}

BOOST_AUTO_TEST_CASE(a_connection_is_described_by_its_owner) {
  ControlProgram program;
  BOOST_TEST(!program.streams);
  program.streams = [](const ControlProgram::AddStream& add) {
    add({.peer = Nid(2), .own = true, .state = "open", .target = "bob:22", .sent = 3, .received = 4});
  };
  std::vector<ControlStream> streams;
  program.streams([&](const ControlStream& stream) { streams.push_back(stream); });
  BOOST_TEST_REQUIRE(streams.size() == 1U);
  BOOST_TEST((streams[0].peer == Nid(2) && streams[0].own && streams[0].state == "open"));
  BOOST_TEST((streams[0].target == "bob:22" && streams[0].sent == 3 && streams[0].received == 4));
  BOOST_TEST((streams[0].since == long_ago));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::program_test
