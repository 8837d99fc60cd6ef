#include "lab/results.hpp"

#include <boost/test/unit_test.hpp>

#include "lab/parse.hpp"
#include "support/print.hpp"

namespace ilnp::test::results_test {

using namespace std::chrono_literals;

const lab::Scenario scenario = lab::parse_scenario(
    "run 60s\nnode alice in a\nnode bob in b\nflow alice <-> bob every 10ms\n"
    "expect lost 0\nexpect alice -> bob duplicated <= 1\nexpect gap < 30ms\nexpect bob handoffs 1\n",
    "x.lab");

/// One datagram every 10 ms of the numbers, and all that is expected.
lab::Results good() {
  lab::Results results;
  results.flows.resize(2);
  results.nodes.resize(2);
  for (auto& flow : results.flows) {
    flow.sent = 3;
    for (std::uint64_t number = 1; number <= 3; ++number)
      flow.flow.receive(number, 100, TimePoint(number * 10ms));
  }
  results.nodes[1].handoffs = 1;
  return results;
}

std::string wrong(const lab::Results& results) {
  std::string text;
  for (const auto& verdict : judge(scenario, results))
    if (!verdict.holds) text += verdict.expected->text + " (" + verdict.text + ")";
  BOOST_TEST(as_expected(judge(scenario, results), results) == text.empty());
  return text;
}

BOOST_AUTO_TEST_SUITE(scenario_results)

BOOST_AUTO_TEST_CASE(what_does_not_hold_is_said_with_what_was_measured) {
  auto results = good();
  BOOST_TEST(wrong(results) == "");
  results.flows[1].sent = 5;
  BOOST_TEST(wrong(results) == "lost 0 (bob to alice: 2)");
  results = good();
  results.flows[0].flow.receive(3, 100, TimePoint(31ms));
  BOOST_TEST(wrong(results) == "");
  results.flows[0].flow.receive(2, 100, TimePoint(32ms));
  BOOST_TEST(wrong(results) == "alice -> bob duplicated <= 1 (alice to bob: 2)");
  results = good();
  results.flows[0].sent = 4;
  results.flows[0].flow.receive(4, 100, TimePoint(80ms));
  BOOST_TEST(wrong(results) == "gap < 30ms (alice to bob: 50.000ms)");
  results = good();
  results.nodes[1].handoffs = 0;
  BOOST_TEST(wrong(results) == "bob handoffs 1 (bob: 0)");
}

BOOST_AUTO_TEST_CASE(a_percentage_counts_what_was_sent) {
  const auto judged = [](const std::string& expected, std::uint64_t sent, std::uint64_t lost,
                         std::uint64_t refused) {
    const lab::Scenario asked = lab::parse_scenario(
        "run 60s\nnode alice in a\nnode bob in a\nflow alice -> bob every 10ms\nexpect " + expected, "x.lab");
    lab::Results results;
    results.flows.resize(1);
    results.flows[0].sent = sent;
    if (refused != 0) results.flows[0].refused["no route"] = refused;
    for (std::uint64_t number = lost + 1; number <= sent; ++number)
      results.flows[0].flow.receive(number, 100, TimePoint(number * 10ms));
    const auto verdicts = judge(asked, results);
    return verdicts[0].holds ? "" : verdicts[0].text;
  };
  BOOST_TEST(judged("lost < 2%", 1000, 19, 0) == "");
  BOOST_TEST(judged("lost < 2%", 1000, 20, 0) == "alice to bob: 2%, 20 of 1000");
  BOOST_TEST(judged("lost <= 2%", 1000, 20, 0) == "");
  BOOST_TEST(judged("lost <= 2%", 1000, 21, 0) == "alice to bob: 2.1%, 21 of 1000");
  BOOST_TEST(judged("lost 0.1%", 1000, 1, 0) == "");
  BOOST_TEST(judged("lost = 0.3%", 1000, 3, 0) == "");
  BOOST_TEST(judged("received >= 98%", 50, 1, 0) == "");
  BOOST_TEST(judged("received > 98%", 50, 1, 0) == "alice to bob: 98%, 49 of 50");
  BOOST_TEST(judged("refused < 10%", 90, 0, 9) == "");  // of 99 attempts
  BOOST_TEST(judged("refused < 10%", 90, 0, 10) == "alice to bob: 10%, 10 of 100");
  BOOST_TEST(judged("lost < 0.01%", 3'000'000, 1000, 0) == "alice to bob: 0.03333%, 1000 of 3000000");
  BOOST_TEST(judged("lost < 2%", 0, 0, 5) == "alice to bob: nothing was sent");
  BOOST_TEST(judged("lost 0", 0, 0, 5) == "");
}

BOOST_AUTO_TEST_CASE(times_of_sending_are_remembered_wherever_the_interval_differs) {
  lab::SendTimes times(10ms);
  const std::vector<Duration> sent{1s, 1s + 10ms, 1s + 20ms, 3s, 3s + 10ms, 3s + 25ms, 3s + 35ms};
  for (const Duration each : sent) times.add(TimePoint(each));
  BOOST_TEST(times.size() == sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) BOOST_TEST((times[i + 1] == TimePoint(sent[i])), i);
}

BOOST_AUTO_TEST_CASE(percentiles_are_measured_times) {
  lab::Percentiles times;
  BOOST_TEST((times.empty() && times.at(50) == 0ns));
  for (int i = 1; i <= 100; ++i) times.add(i * 1ms);
  BOOST_TEST(
      (times.at(50) == 50ms && times.at(90) == 90ms && times.at(99) == 99ms && times.at(100) == 100ms));
  BOOST_TEST((times.at(0.5) == 1ms && times.at(50.5) == 51ms));
  lab::Percentiles small;  // below 2048 ns each time has its own entry
  for (int i = 0; i < 2048; ++i) small.add(Duration(i));
  BOOST_TEST((small.at(50) == 1023ns && small.at(100) == 2047ns));
  times.add(small);
  BOOST_TEST(times.count() == 2148U);
  BOOST_TEST((times.at(100) == 100ms));
  // At most 0.1 % above the exact one, and never above the greatest.
  lab::Percentiles dense;
  for (int i = 0; i < 100'000; ++i) dense.add(1s + i * 17us);
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 100.0}) {
    const auto exact =
        static_cast<double>((1s + (static_cast<int>(percent * 1000) - 1) * 17us).count()) / 1.0;
    const auto got = static_cast<double>(dense.at(percent).count()) / 1e3;
    BOOST_TEST((got >= exact && got <= exact * 1.001), percent << ": " << got << " instead of " << exact);
  }
}

BOOST_AUTO_TEST_CASE(delay_counts_the_first_arrival_and_jitter_the_order_of_arrival) {
  lab::FlowResult flow;
  flow.sent_at = lab::SendTimes(10ms);
  for (int i = 0; i < 5; ++i) flow.send(TimePoint(1s + i * 10ms));
  flow.receive(1, 100, TimePoint(1s + 2ms));   // took 2 ms
  flow.receive(3, 100, TimePoint(1s + 25ms));  // 5 ms
  flow.receive(2, 100, TimePoint(1s + 30ms));  // 20 ms
  flow.receive(2, 100, TimePoint(1s + 90ms));  // a duplicate
  flow.receive(5, 100, TimePoint(1s + 96ms));  // 56 ms
  BOOST_TEST(flow.delay.count() == 4U);
  BOOST_TEST((flow.delay.at(50) == 5ms && flow.delay.at(75) == 20ms && flow.delay.at(100) == 56ms));
  BOOST_TEST(flow.jitter.count() == 3U);
  BOOST_TEST((flow.jitter.at(1) == 3ms && flow.jitter.at(50) == 15ms && flow.jitter.at(100) == 36ms));
}

BOOST_AUTO_TEST_CASE(percentiles_can_be_expected) {
  const lab::Scenario asked = lab::parse_scenario(
      "run 60s\nnode alice in a\nnode bob in b\nflow alice -> bob every 10ms\n"
      "expect delay_p50 <= 2ms\nexpect delay_max < 3ms\nexpect jitter_p99 = 1ms\n",
      "x.lab");
  lab::Results results;
  results.flows.resize(1);
  const auto failing = [&] {
    std::string text;
    for (const auto& verdict : judge(asked, results))
      if (!verdict.holds) text += verdict.expected->text + " (" + verdict.text + ") ";
    return text;
  };
  BOOST_TEST(failing() ==
             "delay_p50 <= 2ms (alice to bob: too little was received) delay_max < 3ms (alice to bob: too "
             "little was "
             "received) jitter_p99 = 1ms (alice to bob: too little was received) ");
  auto& flow = results.flows[0];
  for (int i = 0; i < 3; ++i) flow.send(TimePoint(1s + i * 10ms));
  flow.receive(1, 100, TimePoint(1s + 2ms));
  flow.receive(2, 100, TimePoint(1s + 11ms));
  BOOST_TEST(failing() == "");
  flow.receive(3, 100, TimePoint(1s + 24ms));
  BOOST_TEST(failing() ==
             "delay_max < 3ms (alice to bob: 4.000ms) jitter_p99 = 1ms (alice to bob: 3.000ms) ");
}

BOOST_AUTO_TEST_CASE(what_was_never_sent_spoils_a_run) {
  auto results = good();
  results.flows[0].damaged = 1;
  BOOST_TEST(!as_expected(judge(scenario, results), results));
}

BOOST_AUTO_TEST_CASE(lost_datagrams_are_told_in_runs) {
  lab::FlowResult flow;
  flow.sent = 10;
  for (const std::uint64_t number : {2U, 3U, 7U, 9U}) flow.flow.receive(number, 100, TimePoint(1s));
  const auto text = [&](std::size_t most) {
    const lab::LostRuns runs = lost_runs(flow, most);
    std::string out = std::to_string(runs.count) + ":";
    for (const auto [first, last] : runs.first)
      out += ' ' + std::to_string(first) + '-' + std::to_string(last);
    return out;
  };
  BOOST_TEST(text(10) == "4: 1-1 4-6 8-8 10-10");
  BOOST_TEST(text(2) == "4: 1-1 4-6");  // the others are counted only
  BOOST_TEST(flow.lost() == 6U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::results_test
