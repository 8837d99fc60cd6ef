#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../wire/utf8.hpp"

namespace ilnp {

/// The parameters of the network layer at start-up. The defaults are those of docs/configuration.md.
struct NetworkConfig {
  /// The locators that a node has joined at the same time, the preferred one first.
  using LocatorSet = std::vector<Locator>;

  Nid nid;  ///< the identifier of this node
  std::vector<LocatorSet>
      locators;           ///< a cycle: the node starts in the first set, then moves to the next, and so on
  std::string host_name;  ///< name under which others find this node: 1 to 255 octets of UTF-8
  std::uint8_t hop_limit = 3;                                  ///< of packets that this node sends
  Duration backwards_learning_ttl = std::chrono::seconds(30);  ///< lifetime of a route without frames
  /// Without traffic for this long a node is no longer a correspondent.
  Duration active_unicast_session_ttl = std::chrono::seconds(30);
  Duration move_time = std::chrono::seconds(20);  ///< from the start of one handoff to the start of the next
  Duration handoff_time = std::chrono::seconds(10);  ///< how long both old and new locators are joined
  unsigned loc_update_retries = 3;                   ///< of an update that is not acknowledged
  Duration loc_update_retry_wait_time = std::chrono::seconds(1);  ///< between two of them
  Duration wait_time = std::chrono::seconds(30);                  ///< between rounds of discovery

  static constexpr std::size_t max_locators = 16;  ///< in one set
  /// Times in this range work; others would wake the node incessantly, or overflow.
  static constexpr Duration min_time = std::chrono::milliseconds(1);
  /// The upper end of that range.
  static constexpr Duration max_time = std::chrono::hours(24 * 3650);
  /// A shorter time is of no use: each of these sends messages, which others answer.
  static constexpr Duration min_wait_time = std::chrono::milliseconds(10);
  static constexpr unsigned max_retries = 100;  ///< upper limit of `loc_update_retries`

  /// Throws `std::invalid_argument` with a text for the user if this does not describe a node.
  void validate() const {
    const auto check = [](bool ok, const char* what) {
      if (!ok) throw std::invalid_argument(what);
    };
    check(nid != Nid{}, "nid: 0:0:0:0 is not a node identifier");
    check(!locators.empty(), "locators: none");
    for (const auto& set : locators) {
      check(!set.empty() && set.size() <= max_locators, "locators: a set has 1 to 16 locators");
      for (std::size_t i = 0; i < set.size(); ++i) {
        check(set[i] != Locator{}, "locators: 0:0:0:0 is not a locator");
        check(set[i] != all_nodes_locator, "locators: ff02:0:0:1 means all nodes, and cannot be joined");
        for (std::size_t j = 0; j < i; ++j) check(set[i] != set[j], "locators: a set names one twice");
      }
    }
    check(wire::is_host_name(as_bytes(host_name)),
          "hostname: 1 to 255 octets of UTF-8, no control characters");
    check(backwards_learning_ttl >= min_wait_time && backwards_learning_ttl <= max_time,
          "backwards_learning_ttl: must be from 0.01 s to 3650 days");
    check(active_unicast_session_ttl >= min_time && active_unicast_session_ttl <= max_time,
          "active_unicast_session_ttl: must be from 0.001 s to 3650 days");
    check(move_time >= min_wait_time && move_time <= max_time, "move_time: must be from 0.01 s to 3650 days");
    check(handoff_time >= Duration::zero() && handoff_time <= max_time,
          "handoff_time: must be from 0 s to 3650 days");
    check(loc_update_retries <= max_retries, "loc_update_retries: must be from 0 to 100");
    check(loc_update_retry_wait_time >= min_time && loc_update_retry_wait_time <= max_time,
          "loc_update_retry_wait_time: must be from 0.001 s to 3650 days");
    check(wait_time >= min_wait_time && wait_time <= max_time, "wait_time: must be from 0.01 s to 3650 days");
  }
};

}  // namespace ilnp
