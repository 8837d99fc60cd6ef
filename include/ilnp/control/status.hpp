#pragma once

#include <string_view>

#include "../base/stack.hpp"
#include "../network/interfaces.hpp"
#include "../network/known_host.hpp"
#include "../network/move_schedule.hpp"
#include "../network/traffic.hpp"
#include "counter_text.hpp"
#include "json.hpp"
#include "mappings.hpp"
#include "program.hpp"

namespace ilnp {

namespace detail {

/// The state of a network that a node has joined, as its status and its routes show it.
inline std::string_view control_state(const Interface& interface) noexcept {
  return interface.leaving ? "leaving" : interface.passing ? "joining" : "joined";
}

/// How long ago, in seconds; the whole time since the start for `long_ago`.
inline double control_age(TimePoint since, TimePoint start, TimePoint now) noexcept {
  return std::chrono::duration<double>(now - std::max(since, start)).count();
}

/// Calls `f(name, text, value)` for each counter of a node and its program, from the top down; see `counter_text`.
template <class Stack, class F>
void each_control_counter(const Stack& stack, const ControlProgram& program, F&& f) {
  const auto show = [&](std::string_view layer, std::string_view name, std::uint64_t value) {
    const std::string full = counter_name(layer, name);
    f(full, counter_text(full), value);
  };
  if (program.counters) program.counters(show);
  for_each_counter(stack, show);
}

inline void write_traffic(JsonWriter& json, std::string_view name, const Traffic& traffic) {
  json.key(name).open('{').member("packets", traffic.packets).member("octets", traffic.octets).close('}');
}

}  // namespace detail

/// The reply to `status`: who the node is, where it is, and how it fares.
class ControlStatus {
 public:
  /// Writes the members of the reply to `status`.
  template <class Stack, ContextLike Cx>
  static void write(JsonWriter& json, Stack& stack, const ControlProgram& program, Cx& cx) {
    auto& network = network_layer(stack);
    network.settle_traffic();
    const auto age = [&](TimePoint since) { return detail::control_age(since, program.started, cx.now()); };
    json.member("program", program.name).member("version", program.version);
    json.member("name", network.config().host_name).member("nid", to_string(network.local_nid()));
    json.member("duplicate_nid", network.duplicate_nid()).member("uptime", age(long_ago));
    json.key("port");
    program.port != 0 ? json.value(program.port) : json.null();
    write_link(json, lowest_layer(stack), age);
    json.key("locators").open('[');
    for (const Interface& interface : network.interfaces().all()) {
      json.open('{').member("locator", to_string(interface.locator));
      json.member("state", detail::control_state(interface));
      json.member("age", age(interface.joined_at));
      detail::write_traffic(json, "sent", interface.sent);
      detail::write_traffic(json, "received", interface.received);
      json.close('}');
    }
    json.close(']');
    write_moves(json, network, cx.now());
    write_sizes(json, stack, program, cx);
    write_rates(json, program.rates.rates(network.counters(), cx.now()));
    write_drops(json, stack, program);
  }

 private:
  template <class Link, class Age>
  static void write_link(JsonWriter& json, const Link& link, Age&& age) {
    if constexpr (requires { link.link_ready(); }) {
      json.key("link").open('{').member("interface", link.link().name()).member("up", link.link_ready());
      json.key("problem");
      link.link_ready() ? json.null() : json.value(link.link_error().message());
      json.member("age", age(link.link_since())).close('}');
    } else {
      json.member("link", nullptr);
    }
  }

  template <class Network>
  static void write_moves(JsonWriter& json, const Network& network, TimePoint now) {
    const MoveSchedule& schedule = network.schedule();
    const auto in = [&](TimePoint then) {
      return std::chrono::duration<double>(std::max(then - now, Duration::zero())).count();
    };
    json.key("handoff");
    if (schedule.handoff_end() == never) {
      json.null();
    } else {
      json.open('{').member("ends_in", in(schedule.handoff_end())).close('}');
    }
    json.key("moves").open('{');
    const bool cycle = network.config().locators.size() > 1;
    json.member("mode", schedule.suspended() ? "suspended" : cycle ? "automatic" : "none");
    json.member("handoffs", network.counters().handoffs);
    json.key("next");
    if (schedule.next_move() == never) {
      json.null();
    } else {
      json.open('{').member("in", in(schedule.next_move()));
      json.strings("to", schedule.next_set(), [](Locator each) { return to_string(each); }).close('}');
    }
    json.close('}');
  }

  template <class Stack, ContextLike Cx>
  static void write_sizes(JsonWriter& json, Stack& stack, const ControlProgram& program, Cx& cx) {
    const auto& network = network_layer(stack);
    std::size_t hosts = 0;
    std::size_t routes = 0;
    network.hosts().for_each(cx.now(), [&](Nid, const KnownHost&, bool) { ++hosts; });
    network.forwarding().for_each(cx.now(), [&](Locator, Locator, Duration) { ++routes; });
    json.member("hosts", hosts).member("routes", routes).key("mappings");
    if constexpr (MappingStack<Stack>) {
      json.value(stack.mappings());
    } else {
      json.null();
    }
    json.key("streams");
    if (program.streams) {
      std::size_t streams = 0;
      program.streams([&](const ControlStream&) { ++streams; });
      json.value(streams);
    } else {
      json.null();
    }
  }

  static void write_rates(JsonWriter& json, const RateMeter::Rates& rates) {
    json.key("rates").open('{').member("seconds", rates.seconds);
    json.member("received", rates.received).member("sent", rates.sent);
    json.member("delivered", rates.delivered).member("forwarded", rates.forwarded).close('}');
  }

  template <class Stack>
  static void write_drops(JsonWriter& json, const Stack& stack, const ControlProgram& program) {
    json.key("drops").open('[');
    detail::each_control_counter(
        stack, program, [&](const std::string& name, const CounterText* text, std::uint64_t value) {
          if (value == 0 || !text || text->kind == CounterKind::activity) return;
          json.open('{').member("counter", name).member("value", value);
          json.member("kind", to_string(text->kind)).member("meaning", text->meaning).close('}');
        });
    json.close(']');
  }
};

}  // namespace ilnp
