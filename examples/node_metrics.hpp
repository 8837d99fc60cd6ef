#pragma once

// What a node measures, and its state, as metrics. docs/monitoring.md lists all.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ilnp/asio/clock.hpp>
#include <ilnp/base/ping_reply.hpp>
#include <ilnp/base/stack.hpp>
#include <ilnp/control/counter_text.hpp>
#include <ilnp/network/events.hpp>
#include <ilnp/network/host_table.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "metrics_text.hpp"
#include "process_metrics.hpp"
#include "text.hpp"

namespace program {

/// How long things take, as the events of a node show it.
class Durations {
 public:
  static constexpr std::size_t max_updates =
      1024;  ///< that wait for an acknowledgement; others are not measured

  void operator()(const ilnp::event::HandoffBegan&, ilnp::TimePoint now) { began_ = now; }
  void operator()(const ilnp::event::HandoffEnded&, ilnp::TimePoint now) {
    if (began_ != ilnp::never) handoffs_.observe(seconds(now - std::exchange(began_, ilnp::never)));
  }
  /// Only updates that were sent once count: of two, nobody knows which one was acknowledged.
  void operator()(const ilnp::event::UpdateSent& e, ilnp::TimePoint now) {
    updates_.erase(e.peer);
    if (e.attempt == 1 && updates_.size() < max_updates) updates_.emplace(e.peer, now);
  }
  void operator()(const ilnp::event::UpdateAcknowledged& e, ilnp::TimePoint now) {
    const auto sent = updates_.find(e.peer);
    if (sent == updates_.end()) return;
    round_trips_.observe(seconds(now - sent->second));
    updates_.erase(sent);
  }
  void operator()(const ilnp::event::UpdateGivenUp& e, ilnp::TimePoint) { updates_.erase(e.peer); }

  void operator()(const ilnp::event::PingAnswered& e, ilnp::TimePoint) {
    if (e.reply.reached) pings_.observe(seconds(e.reply.round_trip));
  }

  const Histogram& handoffs() const noexcept { return handoffs_; }
  const Histogram& round_trips() const noexcept { return round_trips_; }
  const Histogram& pings() const noexcept { return pings_; }

 private:
  static double seconds(ilnp::Duration time) { return std::chrono::duration<double>(time).count(); }

  ilnp::TimePoint began_ = ilnp::never;
  std::map<ilnp::Nid, ilnp::TimePoint> updates_;
  Histogram handoffs_{0.001, 0.01, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60};
  static Histogram round_trip() {
    return Histogram{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                     0.025,  0.05,    0.1,    0.25,  0.5,    1,     2.5};
  }
  Histogram round_trips_ = round_trip();
  Histogram pings_ = round_trip();
};

/// The metric of the counter `NAME` of a layer, without `_total`: `ilnp_LAYER_NAME`, in bytes if it counts octets.
inline std::string counter_metric(std::string_view layer, std::string_view name) {
  constexpr std::string_view octets = "octets_";
  if (name.starts_with(layer) && name.substr(layer.size()).starts_with('_'))
    name.remove_prefix(layer.size() + 1);
  std::string text = "ilnp_";
  text.append(layer == "ilnp" ? "network" : layer).append("_");
  if (!name.starts_with(octets)) return text.append(name);
  return text.append(name.substr(octets.size())).append("_bytes");
}

inline void add_counter(MetricsText& metrics, std::string_view layer, std::string_view name,
                        std::uint64_t value) {
  const ilnp::CounterText* text = ilnp::counter_text(ilnp::counter_name(layer, name));
  metrics.counter(counter_metric(layer, name), text ? text->meaning : "A counter of this layer", value);
}
/// Adds the counters of a stack.
template <class Stack>
void add_counters(MetricsText& metrics, const Stack& stack) {
  ilnp::for_each_counter(stack, [&](std::string_view layer, std::string_view name, std::uint64_t value) {
    add_counter(metrics, layer, name, value);
  });
}
/// Adds the nodes that this one uses, those that it has used last; at most `most`, as strangers can make many.
inline void add_hosts(MetricsText& metrics, const ilnp::HostTable& hosts, ilnp::TimePoint now,
                      std::size_t most) {
  struct Row {
    ilnp::TimePoint used;
    ilnp::Nid nid;
    const ilnp::KnownHost* host;
  };
  std::vector<Row> rows;
  std::uint64_t known = 0;
  hosts.for_each(now, [&](ilnp::Nid nid, const ilnp::KnownHost& host, bool) {
    ++known;
    if (host.used_at != ilnp::long_ago) rows.push_back({host.used_at, nid, &host});
  });
  metrics.gauge("ilnp_hosts_known", "Other nodes that this node knows", known);
  const auto newest = [](const Row& a, const Row& b) {
    return a.used != b.used ? a.used > b.used : a.nid < b.nid;
  };
  const auto shown = static_cast<std::ptrdiff_t>(std::min(most, rows.size()));
  std::partial_sort(rows.begin(), rows.begin() + shown, rows.end(), newest);
  rows.resize(static_cast<std::size_t>(shown));
  metrics.begin_gauge("ilnp_host_silence_seconds",
                      "Seconds since a node was last heard, for the 64 nodes that this one used last");
  for (const Row& row : rows)
    metrics.sample(std::chrono::duration<double>(now - row.host->heard).count(),
                   {{"host", printable_name(row.host->name)}, {"nid", to_string(row.nid)}});
  metrics.begin_info("ilnp_host",
                     "Locator to which packets to a node go, for the 64 nodes that this one used last");
  for (const Row& row : rows)
    metrics.sample(1U, {{"host", printable_name(row.host->name)},
                        {"nid", to_string(row.nid)},
                        {"locator", to_string(row.host->in_use())}});
}

/// Adds the state of a node.
template <class Stack>
void add_state(MetricsText& metrics, Stack& stack, const Durations& durations) {
  static constexpr std::size_t max_hosts = 64;
  const auto& network = network_layer(stack);
  metrics.info(
      "ilnp_node", "Name and identifier of this node",
      {{"host", printable_name(network.config().host_name)}, {"nid", to_string(network.local_nid())}});
  const auto& underlay = lowest_layer(stack);
  metrics.begin_gauge("ilnp_link_up", "Whether the network interface can be used");
  metrics.sample(unsigned{underlay.link_ready()}, {{"interface", underlay.link().name()}});
  bool leaving = false;
  metrics.begin_gauge("ilnp_locator_joined",
                      "A network that this node has joined: 1, or 0 while the node leaves it");
  for (const auto& interface : network.interfaces().all()) {
    metrics.sample(unsigned{!interface.leaving}, {{"locator", to_string(interface.locator)}});
    leaving |= interface.leaving;
  }
  metrics.gauge("ilnp_handoff_in_progress",
                "Whether the node is in its old networks as well as in the new ones", unsigned{leaving});
  metrics.histogram("ilnp_handoff_duration_seconds", "Time from the beginning of a handoff to its end",
                    durations.handoffs());
  metrics.histogram("ilnp_update_round_trip_seconds",
                    "Time from a locator update to its acknowledgement, if it was sent only once",
                    durations.round_trips());
  metrics.histogram("ilnp_ping_round_trip_seconds",
                    "Time from a ping of this node to the reply of its destination", durations.pings());
  add_hosts(metrics, network.hosts(), ilnp::BootClock::now(), max_hosts);
  metrics.begin_gauge("ilnp_table_entries", "Entries of each table of the network layer");
  network.for_each_table([&](std::string_view name, std::size_t size, std::size_t) {
    metrics.sample(size, {{"table", name}});
  });
  metrics.begin_gauge("ilnp_table_limit", "Limit of each table of the network layer");
  network.for_each_table([&](std::string_view name, std::size_t, std::size_t limit) {
    metrics.sample(limit, {{"table", name}});
  });
  if constexpr (requires { stack.for_each_mapping([](auto, const auto&) {}); }) {
    std::uint64_t mappings = 0;
    stack.for_each_mapping([&](auto, const auto&) { ++mappings; });
    metrics.gauge("ilnp_proxy_mappings", "Mappings of local ports", mappings);
  }
}

}  // namespace program
