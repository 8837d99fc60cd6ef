#include "lab/parse.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/print.hpp"

namespace ilnp::test::parse_test {

using namespace std::chrono_literals;
using lab::parse_scenario;

/// What is wrong with a text; nothing if it is a scenario.
std::string error(const std::string& text) {
  try {
    parse_scenario(text, "x.lab");
    return "";
  } catch (const lab::ScenarioError& what) {
    return what.what();
  }
}

/// The third line of a scenario that is good otherwise: what is wrong with it.
std::string error_of_line(const std::string& line) {
  const std::string good =
      error("run 60s\nnode alice in a\n#\nnode bob in b-c\nflow alice -> bob every 10ms\n");
  BOOST_TEST(good == "");
  const std::string text =
      error("run 60s\nnode alice in a,b\nnode bob in b-c\nflow alice -> bob every 10ms\n" + line +
            "\nnode carol in a\n");
  const std::string place = "x.lab:5: ";
  if (text.empty()) return "nothing is wrong";
  BOOST_TEST(text.starts_with(place), text);
  BOOST_TEST(text.find('\n') == text.npos);
  return text.substr(std::min(place.size(), text.size()));
}

BOOST_AUTO_TEST_SUITE(scenario_parser)

BOOST_AUTO_TEST_CASE(a_scenario_becomes_values) {
  const lab::Scenario scenario = parse_scenario(
      "\xef\xbb\xbf# a comment\r\n"
      "title  One that  has it all # and a comment\r\n"
      "run 2min\r\n"
      "\r\n"
      "network all delay 2ms jitter 1.5ms loss 0.25%\r\n"
      "network b,0:0:0:c burst_begin 1% burst_end 0.5 burst_loss 90% duplication 1% reordering 0.5% "
      "reordering_delay 3ms "
      "bandwidth 10Mbit/s queue 30000\r\n"
      "node router in a,b,c start 100ms..200ms nid 0:0:0:77 default_hop_limit 7\n"
      "node mn in a,b-c move_time 20s handoff_time 0 wait_time 10s backwards_learning_ttl 11s\n"
      "node cn in b active_unicast_session_ttl 12s loc_update_retries 5 loc_update_retry_wait_time 500ms\n"
      "\tflow mn <-> cn every 10ms size 100 from 2s until 100s\n"
      "attach cn b delay 1ms loss 1%\n"
      "at 20s..30s move mn to d\n"
      "at 31s crash mn\n"
      "at 32s restart mn\n"
      "at 33s link cn down\n"
      "at 34s link cn up\n"
      "at 35s partition a mn,cn\n"
      "cut a mn -> cn\n"
      "at 37s mend a mn -> cn\n"
      "at 38s heal all\n"
      "at 39s heal a,b\n"
      "at 40s network d bandwidth 0\n"
      "expect lost 0\n"
      "expect mn -> cn gap < 20ms\n"
      "expect mn handoffs >= 1\n"
      "expect lost < 2.5% # of what was sent\n",
      "x.lab");
  BOOST_TEST(scenario.file == "x.lab");
  BOOST_TEST(scenario.title == "One that  has it all");
  BOOST_TEST(scenario.run == 120s);

  BOOST_TEST_REQUIRE(scenario.nodes.size() == 3U);
  const auto& router = scenario.nodes[0];
  BOOST_TEST(router.config.host_name == "router");
  BOOST_TEST(router.config.nid == ilnp::Nid(0x77));
  BOOST_TEST(router.config.hop_limit == 7);
  BOOST_TEST((router.start.first == 100ms && router.start.last == 200ms));
  const auto& mn = scenario.nodes[1].config;
  using Sets = std::vector<std::vector<ilnp::Locator>>;
  BOOST_TEST((mn.locators == Sets{{ilnp::Locator(0xa), ilnp::Locator(0xb)}, {ilnp::Locator(0xc)}}));
  BOOST_TEST(mn.nid == ilnp::Nid(0xffff'0000'0000'0002));
  BOOST_TEST((mn.move_time == 20s && mn.handoff_time == 0s && mn.wait_time == 10s &&
              mn.backwards_learning_ttl == 11s));
  const auto& cn = scenario.nodes[2].config;
  BOOST_TEST((cn.active_unicast_session_ttl == 12s && cn.loc_update_retry_wait_time == 500ms));
  BOOST_TEST(cn.loc_update_retries == 5U);

  BOOST_TEST_REQUIRE(scenario.flows.size() == 2U);
  BOOST_TEST((scenario.flows[0].from == 1 && scenario.flows[0].to == 2));
  BOOST_TEST((scenario.flows[1].from == 2 && scenario.flows[1].to == 1));
  BOOST_TEST((scenario.flows[1].every == 10ms && scenario.flows[1].size == 100));
  BOOST_TEST((scenario.flows[1].begin == 2s && scenario.flows[1].end == 100s));

  BOOST_TEST_REQUIRE(scenario.actions.size() == 14U);
  ilnp::sim::Conditions conditions;
  const auto& all = std::get<lab::ConditionsChange>(scenario.actions[0].what);
  BOOST_TEST(all.networks.empty());
  all.apply(conditions);
  std::get<lab::ConditionsChange>(scenario.actions[1].what).apply(conditions);
  BOOST_TEST((conditions.delay == 2ms && conditions.jitter == 1500us && conditions.reordering_delay == 3ms));
  BOOST_TEST(conditions.loss == 0.0025);
  BOOST_TEST(
      (conditions.bursts.begin == 0.01 && conditions.bursts.end == 0.5 && conditions.bursts.loss == 0.9));
  BOOST_TEST((conditions.duplication == 0.01 && conditions.reordering == 0.005));
  BOOST_TEST((conditions.bandwidth == 10'000'000 && conditions.queue_limit == 30'000));
  const auto& attached = std::get<lab::AttachmentChange>(scenario.actions[2].what);
  BOOST_TEST((attached.node == 2 && attached.conditions.delay == 1ms && attached.conditions.loss == 0.01));
  BOOST_TEST(!scenario.actions[2].at.has_value());
  const auto& move = scenario.actions[3];
  BOOST_TEST((move.at->first == 20s && move.at->last == 30s));
  BOOST_TEST(move.text == "move mn to d");
  BOOST_TEST(std::get<lab::Move>(move.what).to == std::vector{ilnp::Locator(0xd)});
  BOOST_TEST(std::get<lab::Crash>(scenario.actions[4].what).node == 1U);
  BOOST_TEST(std::get<lab::Restart>(scenario.actions[5].what).node == 1U);
  BOOST_TEST(!std::get<lab::LinkChange>(scenario.actions[6].what).up);
  BOOST_TEST(std::get<lab::LinkChange>(scenario.actions[7].what).up);
  BOOST_TEST(std::get<lab::Partition>(scenario.actions[8].what).nodes.size() == 2U);
  BOOST_TEST(!std::get<lab::Cut>(scenario.actions[9].what).mend);
  BOOST_TEST(std::get<lab::Cut>(scenario.actions[10].what).mend);
  BOOST_TEST(std::get<lab::Heal>(scenario.actions[11].what).networks.empty());
  BOOST_TEST(std::get<lab::Heal>(scenario.actions[12].what).networks.size() == 2U);

  BOOST_TEST_REQUIRE(scenario.expectations.size() == 4U);
  BOOST_TEST(scenario.expectations[0].holds(0));
  BOOST_TEST(!scenario.expectations[0].holds(1));
  BOOST_TEST(scenario.expectations[1].text == "mn -> cn gap < 20ms");
  BOOST_TEST((scenario.expectations[1].flow == std::pair<lab::NodeIndex, lab::NodeIndex>(1, 2)));
  BOOST_TEST(scenario.expectations[1].value == 20e6);
  BOOST_TEST(scenario.expectations[2].node == lab::NodeIndex{1});
  BOOST_TEST(!scenario.expectations[0].percent);
  BOOST_TEST(scenario.expectations[3].percent);
  BOOST_TEST(scenario.expectations[3].value == 2.5);
  BOOST_TEST(scenario.expectations[3].holds(2.4));
  BOOST_TEST(!scenario.expectations[3].holds(2.5));
}

BOOST_AUTO_TEST_CASE(every_error_names_file_line_and_what_is_wrong) {
  const struct {
    const char* line;
    const char* error;
  } wrong[] = {
      {"colour red", "\"colour\" is not a statement (title, run, network, attach, node, flow, at, expect)"},
      {"title", "the title is missing"},
      {"run 10s", "there is a run line already"},
      {"node", "the node's name is missing"},
      {"node al/ice in a", "\"al/ice\" is not a name for a node (up to 32 letters, digits, - and _)"},
      {"node .. in a", "\"..\" is not a name for a node (up to 32 letters, digits, - and _)"},
      {"node -x in a", "\"-x\" is not a name for a node (up to 32 letters, digits, - and _)"},
      {"node alice in a", "there is a node \"alice\" already (line 2)"},
      {"node dave", "\"in\" is missing"},
      {"node dave at a", "\"in\" expected, not \"at\""},
      {"node dave in", "the node's networks is missing"},
      {"node dave in a-", "\"\" is not a locator (0:0:0:a, or a for short)"},
      {"node dave in fffff", "\"fffff\" is not a locator (0:0:0:a, or a for short)"},
      {"node dave in 0:0::a", "\"0:0::a\" is not a locator (0:0:0:a, or a for short)"},
      {"node dave in x", "\"x\" is not a locator (0:0:0:a, or a for short)"},
      {"node dave in ff02:0:0:1", "\"ff02:0:0:1\" means all nodes and is not a network"},
      {"node dave in a,b,a", "\"a,b,a\" names a locator twice"},
      {"node dave in a move_time", "move_time is missing"},
      {"node dave in a move_time 10",
       "move_time: \"10\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"node dave in a move_time 10 s",
       "move_time: \"10\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"node dave in a move_time -1s",
       "move_time: \"-1s\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"node dave in a move_time 0", "move_time: must be from 0.01 s to 3650 days"},
      {"node dave in a move_time 11111min", "nothing is wrong"},
      {"node dave in a move_time 99999min", "move_time: \"99999min\" is longer than ten days"},
      {"node dave in a move_time 1s move_time 2s", "\"move_time\" appears twice"},
      {"node dave in a default_hop_limit 256",
       "default_hop_limit: \"256\" is not a whole number from 0 to 255"},
      {"node dave in a default_hop_limit x", "default_hop_limit: \"x\" is not a whole number from 0 to 255"},
      {"node dave in a nid 1:2",
       "\"1:2\" is not an identifier (four groups of up to four hex digits, such as ffff:0:0:a)"},
      {"node dave in a nid ffff:0:0:2", "nid: ffff:0:0:2 is bob's already"},
      {"node dave in a start 2s..1s", "start: \"2s..1s\" ends before it begins"},
      {"node dave in a start 2s..",
       "start: \"\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"flow", "the sender is missing"},
      {"flow alice", "\"->\" is missing"},
      {"flow alice bob", "\"->\" expected, not \"bob\""},
      {"flow alice -> carol every 1s", "no node above this line is called \"carol\""},
      {"flow alice -> alice every 1s", "a flow needs two different nodes"},
      {"flow alice -> bob every 1s", "there is a flow from alice to bob already"},
      {"flow bob -> alice", "\"every\" is missing"},
      {"flow bob -> alice every 0", "every: must be above 0"},
      {"flow bob -> alice every 1s size 7", "size: \"7\" is not a whole number from 8 to 1396"},
      {"flow bob -> alice every 1s size 1397", "size: \"1397\" is not a whole number from 8 to 1396"},
      {"flow bob -> alice every 1s until 61s", "until: after the end of the run"},
      {"flow bob -> alice every 1s from 5s until 5s",
       "the flow ends before it begins (by default it begins after 1 s)"},
      {"flow bob -> alice every 0.0001us", "every: must be above 0"},
      {"network", "the network is missing"},
      {"network a", "conditions are missing (such as: delay 2ms loss 1%)"},
      {"network a colour red",
       "\"colour\" is not known here (delay, jitter, loss, burst_begin, burst_end, burst_loss, duplication, "
       "reordering, reordering_delay, bandwidth, queue)"},
      {"network a loss 101%", "loss: \"101%\" is not a probability (such as 0.25% or 0.0025)"},
      {"network a loss 1.5", "loss: \"1.5\" is not a probability (such as 0.25% or 0.0025)"},
      {"network a loss nan", "loss: \"nan\" is not a probability (such as 0.25% or 0.0025)"},
      {"network a loss 1e-3", "loss: \"1e-3\" is not a probability (such as 0.25% or 0.0025)"},
      {"network a bandwidth 10",
       "bandwidth: \"10\" is not a rate (a number with bit/s, kbit/s, Mbit/s or Gbit/s, such as 10Mbit/s)"},
      {"network a queue -1", "queue: \"-1\" is not a whole number from 0 to 1000000000"},
      {"network e loss 1%", "no node is ever in the network 0:0:0:e"},
      {"attach bob", "the network is missing"},
      {"attach bob b", "conditions are missing (such as: delay 2ms loss 1%)"},
      {"at", "at is missing"},
      {"at soon move bob to c", "at: \"soon\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"at 61s move bob to c", "at: after the end of the run"},
      {"at 50s..61s move bob to c", "at: after the end of the run"},
      {"at 1s", "what happens is missing"},
      {"at 1s flow alice -> bob",
       "\"flow\" is not an action (network, attach, partition, cut, mend, heal, move, crash, restart, "
       "link)"},
      {"at 1s move bob", "\"to\" is missing"},
      {"at 1s move bob to", "where to is missing"},
      {"at 1s move bob to c now", "\"now\" is one word too many"},
      {"move bob to c", "move: when? (at TIME move ...)"},
      {"crash bob", "crash: when? (at TIME crash ...)"},
      {"at 1s crash", "the node is missing"},
      {"at 1s link bob sideways", "\"sideways\" is neither up nor down"},
      {"at 1s partition b alice,dave", "no node above this line is called \"dave\""},
      {"at 1s cut b alice", "\"->\" is missing"},
      {"at 1s heal", "the network is missing"},
      {"expect", "what is expected is missing"},
      {"expect luck 0",
       "\"luck\" is not a metric (sent, received, lost, duplicated, reordered, refused, gap, delay_p50, "
       "delay_p90, "
       "delay_p99, delay_max, jitter_p50, jitter_p90, jitter_p99, jitter_max; and handoffs, of a node)"},
      {"expect lost", "the value of lost is missing"},
      {"expect lost <", "the value of lost is missing"},
      {"expect lost none", "lost: \"none\" is neither a whole number nor a percentage (such as 25 or 2.5%)"},
      {"expect lost 2.5", "lost: \"2.5\" is neither a whole number nor a percentage (such as 25 or 2.5%)"},
      {"expect lost -1", "lost: \"-1\" is neither a whole number nor a percentage (such as 25 or 2.5%)"},
      {"expect lost 9999999999999999999",
       "lost: \"9999999999999999999\" is not a whole number from 0 to 1125899906842624"},
      {"expect lost != 1", "lost: \"!=\" is not a comparison (<, <=, >, >= or =, and a blank)"},
      {"expect lost <2%", "lost: \"<2%\" is not a comparison (<, <=, >, >= or =, and a blank)"},
      {"expect lost < < 2%", "lost: \"<\" is neither a whole number nor a percentage (such as 25 or 2.5%)"},
      {"expect lost < %", "lost: \"%\" is not a percentage (such as 0.5%)"},
      {"expect lost < -1%", "lost: \"-1%\" is not a percentage (such as 0.5%)"},
      {"expect lost < 2%%", "lost: \"2%%\" is not a percentage (such as 0.5%)"},
      {"expect lost < nan%", "lost: \"nan%\" is not a percentage (such as 0.5%)"},
      {"expect lost < 2 %", "\"%\" is one word too many"},
      {"expect lost < 101%", "lost: \"101%\" is more than 100%"},
      {"expect lost < 0%", "lost: nothing is below 0, so this can never hold"},
      {"expect lost < 0", "lost: nothing is below 0, so this can never hold"},
      {"expect received > 100%", "received: nothing is above 100%, so this can never hold"},
      {"expect sent > 50%",
       "sent: a percentage of what? Only received, lost, duplicated, reordered and refused have one"},
      {"expect bob handoffs 5%",
       "handoffs: a percentage of what? Only received, lost, duplicated, reordered and refused have one"},
      {"expect delay 1ms",
       "\"delay\" is not a metric (sent, received, lost, duplicated, reordered, refused, gap, delay_p50, "
       "delay_p90, "
       "delay_p99, delay_max, jitter_p50, jitter_p90, jitter_p99, jitter_max; and handoffs, of a node)"},
      {"expect delay_p99 5", "delay_p99: \"5\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"expect jitter_max < 5%", "jitter_max: a time has no percentage (such as jitter_max < 30ms)"},
      {"expect gap < 5%", "gap: a time has no percentage (such as gap < 30ms)"},
      {"expect gap 10", "gap: \"10\" is not a time (a number with us, ms, s or min, such as 10ms)"},
      {"expect bob -> alice lost 0", "no flow above this line goes from \"bob\" to that node"},
      {"expect handoffs 1",
       "handoffs belong to nodes, all other metrics to flows (such as: expect alice handoffs 3)"},
      {"expect alice lost 1",
       "\"alice\" is not a metric (sent, received, lost, duplicated, reordered, refused, gap, delay_p50, "
       "delay_p90, "
       "delay_p99, delay_max, jitter_p50, jitter_p90, jitter_p99, jitter_max; and handoffs, of a node)"},
      {"\x1b[2J", "\"\\x1b[2J\" is not a statement (title, run, network, attach, node, flow, at, expect)"},
  };
  for (const auto& [line, what] : wrong)
    BOOST_TEST(error_of_line(line) == what, line << ": " << error_of_line(line));
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_said_at_the_end) {
  BOOST_TEST(error("") == "x.lab:1: the run line is missing (such as: run 60s)");
  BOOST_TEST(error("# nothing\nrun 1s\n") == "x.lab:3: there are no nodes");
  BOOST_TEST(error("run 0") == "x.lab:1: run: must be above 0");
  BOOST_TEST(error("node a in a\nnode b in b\nflow a -> b every 1s\n") ==
             "x.lab:3: a run line must come first (such as: run 60s)");
  BOOST_TEST(error("node a in a\nat 1s crash a\n") ==
             "x.lab:2: a run line must come first (such as: run 60s)");
  BOOST_TEST(error("run 1s\nnode a in a\nexpect lost 0") ==
             "x.lab:3: there are expectations for flows, but no flows");
  BOOST_TEST(error("title a\ntitle b") == "x.lab:2: there is a title already");
  BOOST_TEST(error(std::string(2 << 20, '#')) == "x.lab: larger than 1048576 octets");
}

BOOST_AUTO_TEST_CASE(nothing_grows_without_limit) {
  const auto many = [](const std::string& line, int count) {
    std::string text = "run 60s\nnode a in a\nnode b in b\n";
    for (int i = 0; i < count; ++i) {
      std::string each = line;
      if (const auto at = each.find('N'); at != each.npos) each.replace(at, 1, std::to_string(i));
      text += each + "\n";
    }
    return error(text);
  };
  BOOST_TEST(many("node nN in a", 998) == "");
  BOOST_TEST(many("node nN in a", 999) == "x.lab:1002: more than 1000 nodes");
  BOOST_TEST(many("at 1s crash a", 10'000) == "");
  BOOST_TEST(many("at 1s crash a", 10'001) == "x.lab:10004: more than 10000 actions");
  std::string expectations = "flow a -> b every 10ms\n";
  for (int i = 0; i < 1001; ++i) expectations += "expect lost 0\n";
  BOOST_TEST(error("run 60s\nnode a in a\nnode b in b\n" + expectations) ==
             "x.lab:1005: more than 1000 expectations");
  BOOST_TEST(error("run 14400min\nnode a in a\nnode b in b\nflow a -> b every 1us\n") ==
             "x.lab:4: more than 268435456 datagrams");
}

BOOST_AUTO_TEST_CASE(the_scenarios_that_come_along_are_read) {
  const auto folder =
      std::filesystem::path(ILNP_TEST_VECTORS).parent_path().parent_path() / "examples/scenarios";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    std::ostringstream text;
    text << in.rdbuf();
    const lab::Scenario scenario = parse_scenario(text.str(), entry.path().filename().string());
    BOOST_TEST(!scenario.title.empty(), entry.path());
    BOOST_TEST(!scenario.expectations.empty(), entry.path());
    ++count;
  }
  BOOST_TEST(count >= 8);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::parse_test
