#pragma once

// What follows the metric of an expectation: `0`, `<= 25`, `< 2%`, `< 30ms`.

#include <algorithm>
#include <map>

#include "scenario.hpp"
#include "words.hpp"

namespace lab {

/// The metric that `word` means. Throws `ScenarioError`.
inline void parse_metric(const Line& line, std::string_view word, Expectation& expected) {
  using Metric = Expectation::Metric;
  static const std::map<std::string, Metric, std::less<>> metrics{{"sent", Metric::sent},
                                                                  {"received", Metric::received},
                                                                  {"lost", Metric::lost},
                                                                  {"duplicated", Metric::duplicated},
                                                                  {"reordered", Metric::reordered},
                                                                  {"refused", Metric::refused},
                                                                  {"gap", Metric::gap},
                                                                  {"handoffs", Metric::handoffs}};
  if (const auto metric = metrics.find(word); metric != metrics.end()) {
    expected.metric = metric->second;
    return;
  }
  for (const Percentile& each : percentiles)
    for (const Metric metric : {Metric::delay, Metric::jitter})
      if (word == (metric == Metric::delay ? "delay_" : "jitter_") + std::string(each.name)) {
        expected.metric = metric;
        expected.percentile = each.percent;
        return;
      }
  line.fail(
      in_quotes(word) +
      " is not a metric (sent, received, lost, duplicated, reordered, refused, gap, delay_p50, delay_p90, "
      "delay_p99, delay_max, jitter_p50, jitter_p90, jitter_p99, jitter_max; and handoffs, of a node)");
}

/// Reads `[<|<=|>|>=|=] VALUE` into `expected`, whose metric is known; `what` is the metric as it was written. Throws
/// `ScenarioError`, also if the expectation can never hold.
inline void parse_comparison(Line& line, const std::string& what, Expectation& expected) {
  using Metric = Expectation::Metric;
  using Relation = Expectation::Relation;
  static const std::map<std::string, Relation, std::less<>> relations{{"=", Relation::equal},
                                                                      {"<", Relation::less},
                                                                      {"<=", Relation::at_most},
                                                                      {">", Relation::more},
                                                                      {">=", Relation::at_least}};
  if (const auto relation = relations.find(line.peek()); relation != relations.end()) {
    expected.relation = relation->second;
    line.word("relation");
  } else if (line.more() && std::string_view("<>=!~").find(line.peek().front()) != std::string_view::npos) {
    line.fail(what + ": " + in_quotes(line.peek()) + " is not a comparison (<, <=, >, >= or =, and a blank)");
  }

  const auto word = line.peek();
  if (!line.more()) line.fail("the value of " + what + " is missing");
  if (expected.of_time()) {
    if (word.ends_with('%')) line.fail(what + ": a time has no percentage (such as " + what + " < 30ms)");
    expected.value = static_cast<double>(duration(line, what).count());
  } else if (word.ends_with('%')) {
    std::string_view unit;
    if (!split_number(word, expected.value, unit) || unit != "%")
      line.fail(what + ": " + in_quotes(word) + " is not a percentage (such as 0.5%)");
    if (expected.metric == Metric::sent || expected.metric == Metric::handoffs)
      line.fail(what +
                ": a percentage of what? Only received, lost, duplicated, reordered and refused have one");
    if (expected.value > 100) line.fail(what + ": " + in_quotes(word) + " is more than 100%");
    expected.percent = true;
    line.word(what);
  } else {
    if (!std::ranges::all_of(word, [](char c) { return c >= '0' && c <= '9'; }))
      line.fail(what + ": " + in_quotes(word) +
                " is neither a whole number nor a percentage (such as 25 or 2.5%)");
    expected.value = static_cast<double>(whole(line, what, 0, std::uint64_t{1} << 50));
  }
  if (expected.relation == Relation::less && expected.value == 0)
    line.fail(what + ": nothing is below 0, so this can never hold");
  if (expected.relation == Relation::more && expected.percent && expected.value == 100 &&
      expected.metric != Metric::duplicated)
    line.fail(what + ": nothing is above 100%, so this can never hold");
}

}  // namespace lab
