#pragma once

#include <map>

#include "../network/host_table.hpp"
#include "status.hpp"

namespace ilnp {

/// The replies that show the tables of a node.
class ControlTables {
 public:
  /// Writes the known nodes.
  template <class Stack, ContextLike Cx>
  static void hosts(JsonWriter& json, Stack& stack, const ControlProgram& program, Cx& cx) {
    auto& network = network_layer(stack);
    network.settle_traffic();
    std::map<Locator, Locator> routes;  // to one, through another; strangers choose them, so no hash
    network.forwarding().for_each(cx.now(), [&](Locator to, Locator via, Duration) { routes[to] = via; });
    const auto via = [&](Locator to) -> std::optional<Locator> {
      if (network.interfaces().current(to)) return to;
      const auto found = routes.find(to);
      return found == routes.end() ? std::nullopt : std::optional(found->second);
    };
    json.key("hosts").open('[');
    json.open('{').member("name", network.config().host_name).member("nid", to_string(network.local_nid()));
    json.member("this_node", true).strings("locators", network.interfaces().locators(), [](Locator each) {
      return to_string(each);
    });
    json.member("in_use", nullptr).member("next_hop", nullptr).member("heard", nullptr);
    json.member("expires_in", nullptr);
    detail::write_traffic(json, "sent", {});
    detail::write_traffic(json, "received", {});
    json.member("name_conflict", false);
    json.member("nid_conflict", network.duplicate_nid()).close('}');
    network.hosts().for_each(cx.now(), [&](Nid nid, const KnownHost& host, bool owns_name) {
      json.open('{').key("name");
      host.name.empty() ? json.null() : json.value(host.name);
      json.member("nid", to_string(nid)).member("this_node", false).key("locators").open('[');
      host.for_each_present([&](Locator each) { json.value(to_string(each)); });
      json.close(']').key("in_use");
      host.in_use() == Locator{} ? json.null() : json.value(to_string(host.in_use()));
      const auto out = host.in_use() == Locator{} ? std::nullopt : via(host.in_use());
      json.key("next_hop");
      out ? json.value(to_string(*out)) : json.null();
      const TimePoint heard = std::max(host.heard, host.last_confirmed());
      json.key("heard");
      heard < program.started ? json.null() : json.value(seconds(cx.now() - heard));
      json.member("expires_in", seconds(host.expires - cx.now()));
      detail::write_traffic(json, "sent", host.sent);
      detail::write_traffic(json, "received", host.received);
      json.member("name_conflict", !owns_name && !host.name.empty());
      json.member("nid_conflict", false).close('}');
    });
    json.close(']');
  }

  /// Writes which interface leads to which network.
  template <class Stack, ContextLike Cx>
  static void routes(JsonWriter& json, Stack& stack, const ControlProgram& program, Cx& cx) {
    const auto& network = network_layer(stack);
    json.key("routes").open('[');
    const auto add = [&](Locator to, Locator via, std::string_view state, double age) {
      json.open('{').member("locator", to_string(to)).member("interface", to_string(via));
      json.key("state");
      state.empty() ? json.null() : json.value(state);
      json.member("age", age).close('}');
    };
    for (const Interface& each : network.interfaces().all())
      add(each.locator, each.locator, detail::control_state(each),
          detail::control_age(each.joined_at, program.started, cx.now()));
    network.forwarding().for_each(
        cx.now(), [&](Locator to, Locator via, Duration age) { add(to, via, {}, seconds(age)); });
    json.close(']');
  }

  /// Writes all counters with their texts.
  template <class Stack>
  static void counters(JsonWriter& json, const Stack& stack, const ControlProgram& program) {
    json.key("counters").open('[');
    detail::each_control_counter(
        stack, program, [&](const std::string& name, const CounterText* text, std::uint64_t value) {
          json.open('{').member("counter", name).member("value", value);
          json.member("kind", text ? to_string(text->kind) : std::string_view("activity"));
          json.member("meaning", text ? text->meaning : std::string_view()).close('}');
        });
    json.close(']');
  }

  /// Writes the mappings of a proxy.
  template <MappingStack Stack>
  static void mappings(JsonWriter& json, Stack& stack) {
    json.key("mappings").open('[');
    stack.for_each_mapping([&](LocalPort local, const Remote& remote) {
      json.open('{').member("local_port", local.port).member("host", remote.host);
      json.member("remote_port", remote.port).member("any", remote.any).close('}');
    });
    json.close(']');
  }

  /// Writes the connections.
  template <class Stack, ContextLike Cx>
  static void streams(JsonWriter& json, Stack& stack, const ControlProgram& program, Cx& cx) {
    const HostTable& hosts = network_layer(stack).hosts();
    std::map<Nid, std::string> names;
    hosts.for_each(cx.now(), [&](Nid nid, const KnownHost& host, bool) { names[nid] = host.name; });
    json.key("streams").open('[');
    program.streams([&](const ControlStream& stream) {
      const auto name = names.find(stream.peer);
      json.open('{').member("peer", to_string(stream.peer)).key("name");
      name == names.end() || name->second.empty() ? json.null() : json.value(name->second);
      json.member("opened_by", stream.own ? "this node" : "peer").member("state", stream.state);
      json.member("target", stream.target).member("sent", stream.sent).member("received", stream.received);
      json.member("age", detail::control_age(stream.since, program.started, cx.now())).close('}');
    });
    json.close(']');
  }

 private:
  static double seconds(Duration time) noexcept { return std::chrono::duration<double>(time).count(); }
};

}  // namespace ilnp
