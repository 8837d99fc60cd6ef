#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "../base/stack.hpp"
#include "../network/interfaces.hpp"
#include "../network/move_schedule.hpp"
#include "words.hpp"

namespace ilnp {

/// Handoffs on request. Each function returns what is wrong; empty if the handoff has begun. From then on the node moves only on
/// request, until `resume`.
class ControlMoves {
 public:
  /// `text`: `0:0:0:a,0:0:0:b`.
  template <class Network, ContextLike Cx>
  static std::string move(Network& network, std::string_view text, Cx& cx) {
    std::vector<Locator> to;
    while (true) {
      const auto comma = text.find(',');
      Locator locator;
      if (std::string wrong = parse(text.substr(0, comma), locator); !wrong.empty()) return wrong;
      if (contains(to, locator)) return to_string(locator) + " is named twice";
      to.push_back(locator);
      if (comma == text.npos) return go(network, to, cx);
      text.remove_prefix(comma + 1);
    }
  }

  /// Begins a handoff that adds a network. Returns what was wrong, empty if nothing.
  template <class Network, ContextLike Cx>
  static std::string join(Network& network, std::string_view text, Cx& cx) {
    const std::vector<Locator> present = staying(network.interfaces());
    Locator locator;
    if (std::string wrong = parse(text, locator); !wrong.empty()) return wrong;
    if (contains(present, locator)) return to_string(locator) + " is joined already";
    if (present.size() >= NetworkConfig::max_locators) return too_many();
    if (!network.join(locator, cx)) return to_string(locator) + " could not be joined; the log says why";
    network.suspend_moves();
    return {};
  }

  /// Begins a handoff that gives up a network. Returns what was wrong, empty if nothing.
  template <class Network, ContextLike Cx>
  static std::string leave(Network& network, std::string_view text, Cx& cx) {
    std::vector<Locator> to = staying(network.interfaces());
    Locator locator;
    if (std::string wrong = parse(text, locator); !wrong.empty()) return wrong;
    if (std::erase(to, locator) == 0) return to_string(locator) + " is not joined";
    if (to.empty()) return to_string(locator) + " is the only locator; use move to go elsewhere";
    return go(network, to, cx);
  }

  /// Resumes the configured cycle.
  template <class Network, ContextLike Cx>
  static std::string resume(Network& network, Cx& cx) {
    return network.resume_moves(cx) ? std::string() : none_joined;
  }

  /// The locators of a node, without those that it is leaving.
  static std::vector<Locator> staying(const Interfaces& interfaces) {
    std::vector<Locator> found;
    for (const Interface& each : interfaces.all())
      if (!each.leaving) found.push_back(each.locator);
    return found;
  }

 private:
  static constexpr const char* none_joined = "none of these locators could be joined; the log says why";

  static std::string parse(std::string_view text, Locator& locator) {
    const auto parsed = Locator::parse(text);
    if (!parsed) return ControlWords::quoted(text) + " is not a locator (four groups of hex digits: 0:0:0:a)";
    if (*parsed == Locator{} || *parsed == all_nodes_locator) return to_string(*parsed) + " cannot be joined";
    locator = *parsed;
    return {};
  }

  static std::string too_many() {
    return "a node has at most " + std::to_string(NetworkConfig::max_locators) + " locators";
  }

  template <class Network, ContextLike Cx>
  static std::string go(Network& network, std::span<const Locator> to, Cx& cx) {
    if (to.size() > NetworkConfig::max_locators) return too_many();
    if (!network.move_to(to, cx)) return none_joined;
    network.suspend_moves();
    return {};
  }
};

}  // namespace ilnp
