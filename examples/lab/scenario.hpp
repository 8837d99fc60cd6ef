#pragma once

// A scenario as plain values. docs/testing.md explains them.

#include <ilnp/network/config.hpp>
#include <ilnp/sim/conditions.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lab {

using NodeIndex = std::size_t;  ///< in `Scenario::nodes`

/// A time, or a range from which the seed selects one.
struct Moment {
  ilnp::Duration first{};
  ilnp::Duration last{};
};

struct NodeSpec {
  ilnp::NetworkConfig config;  ///< the name of the node is its host name
  Moment start;
};

/// Numbered datagrams from one node to another.
struct FlowSpec {
  NodeIndex from;
  NodeIndex to;
  ilnp::Duration every{};
  std::size_t size = 1396;
  ilnp::Duration begin = std::chrono::seconds(1);
  ilnp::Duration end{};
};

/// New conditions of a network; those that are not set stay unchanged.
struct ConditionsChange {
  std::vector<ilnp::Locator> networks;  ///< none: all of them
  std::optional<ilnp::Duration> delay, jitter, reordering_delay;
  std::optional<double> loss, burst_begin, burst_end, burst_loss, duplication, reordering;
  std::optional<std::uint64_t> bandwidth, queue;

  void apply(ilnp::sim::Conditions& to) const {
    const auto set = [](auto& field, const auto& value) {
      if (value) field = static_cast<std::remove_reference_t<decltype(field)>>(*value);
    };
    set(to.delay, delay), set(to.jitter, jitter), set(to.reordering_delay, reordering_delay);
    set(to.loss, loss), set(to.duplication, duplication), set(to.reordering, reordering);
    set(to.bursts.begin, burst_begin), set(to.bursts.end, burst_end), set(to.bursts.loss, burst_loss);
    set(to.bandwidth, bandwidth), set(to.queue_limit, queue);
  }
};

/// Additional conditions of one node at one network.
struct AttachmentChange {
  NodeIndex node;
  ConditionsChange conditions;  ///< of one network
};

struct Move {
  NodeIndex node;
  std::vector<ilnp::Locator> to;
};
struct Crash {
  NodeIndex node;
};
struct Restart {
  NodeIndex node;
};
struct LinkChange {
  NodeIndex node;
  bool up;
};
/// These nodes and the others cannot hear each other.
struct Partition {
  ilnp::Locator network;
  std::vector<NodeIndex> nodes;
};
/// `to` no longer hears `from`, or hears it again.
struct Cut {
  ilnp::Locator network;
  NodeIndex from;
  NodeIndex to;
  bool mend;
};
/// Ends the partition and all cuts.
struct Heal {
  std::vector<ilnp::Locator> networks;  ///< none: all of them
};

/// Something that happens at some time.
struct Action {
  std::optional<Moment> at;  ///< none: applies from the start
  std::string text;          ///< as it was written
  std::variant<ConditionsChange, AttachmentChange, Move, Crash, Restart, LinkChange, Partition, Cut, Heal>
      what;
};

/// The percentiles of delay and jitter that are shown and can be expected.
struct Percentile {
  const char* name;
  double percent;
};
inline constexpr Percentile percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"max", 100}};

/// An expected result.
struct Expectation {
  enum class Metric { sent, received, lost, duplicated, reordered, refused, gap, delay, jitter, handoffs };
  enum class Relation { equal, less, at_most, more, at_least };

  std::string text;  ///< as it was written
  Metric metric{};
  double percentile = 0;  ///< delay, jitter: which one
  Relation relation = Relation::equal;
  bool percent = false;  ///< of the datagrams sent; `refused`: of the attempts to send
  double value = 0;      ///< a number, or nanoseconds, or percent
  std::optional<std::pair<NodeIndex, NodeIndex>> flow;  ///< none: each of them
  std::optional<NodeIndex> node;                        ///< handoffs: whose

  /// The value is a time.
  bool of_time() const noexcept {
    return metric == Metric::gap || metric == Metric::delay || metric == Metric::jitter;
  }
  bool holds(double measured) const noexcept {
    switch (relation) {
      case Relation::equal:
        return measured == value;
      case Relation::less:
        return measured < value;
      case Relation::at_most:
        return measured <= value;
      case Relation::more:
        return measured > value;
      case Relation::at_least:
        return measured >= value;
    }
    return false;
  }
};

struct Scenario {
  static constexpr std::size_t max_nodes = 1000;
  static constexpr std::size_t max_flows = 1000;
  static constexpr std::size_t max_actions = 10'000;
  static constexpr std::size_t max_expectations = 1000;
  static constexpr std::uint64_t max_datagrams = 1 << 28;  ///< of one flow

  std::string file;
  std::string title;     ///< as it stands in the file
  ilnp::Duration run{};  ///< how long datagrams are sent
  std::vector<NodeSpec> nodes;
  std::vector<FlowSpec> flows;
  std::vector<Action> actions;
  std::vector<Expectation> expectations;
};

}  // namespace lab
