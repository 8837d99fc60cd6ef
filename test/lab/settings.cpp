#include "lab/settings.hpp"

#include <boost/test/unit_test.hpp>

#include "lab/parse.hpp"
#include "support/print.hpp"

namespace ilnp::test::settings_test {

using namespace std::chrono_literals;

const char* const text =
    "run 60s\n"
    "network b delay 20ms\n"
    "node alice in a handoff_time 7s\n"
    "node bob in a-b move_time 20s handoff_time 10s\n"
    "flow alice <-> bob every 10ms size 100\n"
    "at 30s network b delay 40ms\n";

lab::Scenario with(const lab::Settings& settings) { return lab::parse_scenario(text, "x.lab", settings); }

std::string error(const lab::Settings& settings) {
  try {
    with(settings);
  } catch (const lab::ScenarioError& error) {
    return error.what();
  }
  return "nothing is wrong";
}

std::string grid_error(const std::vector<std::string>& written) {
  try {
    lab::SettingGrid grid(written);
  } catch (const lab::ScenarioError& error) {
    return error.what();
  }
  return "nothing is wrong";
}

/// The conditions of the network from the start.
sim::Conditions conditions(const lab::Scenario& scenario, std::uint64_t network) {
  sim::Conditions its;
  for (const lab::Action& action : scenario.actions)
    if (const auto* change = std::get_if<lab::ConditionsChange>(&action.what); change && !action.at)
      if (change->networks.empty() || change->networks.front() == Locator(network)) change->apply(its);
  return its;
}

BOOST_AUTO_TEST_SUITE(scenario_settings)

BOOST_AUTO_TEST_CASE(all_combinations_are_made_in_order) {
  const lab::SettingGrid none({});
  BOOST_TEST(none.size() == 1U);
  BOOST_TEST(none[0].empty());
  const lab::SettingGrid grid({"loss=0,1%", "bob.handoff_time=0,1s,10s"});
  BOOST_TEST(grid.size() == 6U);
  BOOST_TEST(to_text(grid[0]) == "loss=0 bob.handoff_time=0");
  BOOST_TEST(to_text(grid[1]) == "loss=0 bob.handoff_time=1s");
  BOOST_TEST(to_text(grid[5]) == "loss=1% bob.handoff_time=10s");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_setting_is_said) {
  const std::string form = ": expected: KEY=VALUE[,VALUE...] (such as loss=0,1%,5%)";
  BOOST_TEST(grid_error({"loss"}) == "--set loss" + form);
  BOOST_TEST(grid_error({"=1%"}) == "--set =1%" + form);
  BOOST_TEST(grid_error({"loss="}) == "--set loss=: a value is missing");
  BOOST_TEST(grid_error({"loss=1%,,2%"}) == "--set loss=1%,,2%: a value is missing");
  BOOST_TEST(grid_error({"loss=1% delay"}) == "--set loss=1% delay: a value is one word");
  BOOST_TEST(grid_error({"loss=1%,1%"}) == "--set loss=1%,1%: \"1%\" appears twice");
  BOOST_TEST(grid_error({"loss=1%", "loss=2%"}) == "--set loss=2%: \"loss\" is set twice");
  std::string many = "loss=0";
  for (int i = 1; i <= 1000; ++i) many += ',' + std::to_string(i);
  BOOST_TEST(grid_error({many}).ends_with(": more than 1000 combinations"));

  BOOST_TEST(error({{"loss", "5x"}}) ==
             "--set loss=5x: loss: \"5x\" is not a probability (such as 0.25% or 0.0025)");
  BOOST_TEST(error({{"run", "0"}}) == "--set run=0: must be above 0");
  BOOST_TEST(error({{"e.loss", "5%"}}) == "--set e.loss=5%: no node is ever in the network \"e\"");
  BOOST_TEST(error({{"x.loss", "5%"}}) ==
             "--set x.loss=5%: \"x\" is not a locator (0:0:0:a, or a for short)");
  BOOST_TEST(error({{"carol.start", "1s"}}) ==
             "--set carol.start=1s: nothing called \"carol\" has \"start\"");
  BOOST_TEST(error({{"alice.size", "10"}}) == "--set alice.size=10: nothing called \"alice\" has \"size\"");
  BOOST_TEST(error({{"size", "7"}}) == "--set size=7: size: \"7\" is not a whole number from 8 to 1396");
  BOOST_TEST(error({{"nid", "ffff:0:0:9"}})
                 .starts_with("--set nid=ffff:0:0:9: \"nid\" is not a key that can be set (delay, "));
  BOOST_TEST(error({{"run", "20s"}}) == "x.lab:6: at: after the end of the run");
}

BOOST_AUTO_TEST_CASE(settings_replace_what_the_scenario_says) {
  const lab::Scenario plain = with({});
  BOOST_TEST((conditions(plain, 0xa).delay == 100us && conditions(plain, 0xb).delay == 20ms));
  const lab::Scenario all = with({{"delay", "3ms"}, {"handoff_time", "1s"}, {"size", "50"}, {"run", "40s"}});
  BOOST_TEST((conditions(all, 0xa).delay == 3ms && conditions(all, 0xb).delay == 3ms));
  BOOST_TEST((all.nodes[0].config.handoff_time == 1s && all.nodes[1].config.handoff_time == 1s));
  BOOST_TEST((all.flows[0].size == 50U && all.flows[1].size == 50U));
  BOOST_TEST((all.run == 40s && all.flows[0].end == 40s));
  BOOST_TEST(all.actions.size() == plain.actions.size() + 1);

  const lab::Scenario some = with(
      {{"b.delay", "3ms"}, {"0:0:0:a.loss", "1%"}, {"bob.handoff_time", "0"}, {"bob->alice.every", "1s"}});
  BOOST_TEST((conditions(some, 0xa).delay == 100us && conditions(some, 0xb).delay == 3ms));
  BOOST_TEST((conditions(some, 0xa).loss == 0.01 && conditions(some, 0xb).loss == 0));
  BOOST_TEST((some.nodes[0].config.handoff_time == 7s && some.nodes[1].config.handoff_time == 0s));
  BOOST_TEST((some.flows[0].every == 10ms && some.flows[1].every == 1s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::settings_test
