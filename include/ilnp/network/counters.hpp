#pragma once

#include <string>

#include "drop.hpp"

namespace ilnp {

/// What the network layer has done since the start. All count packets unless stated otherwise.
struct NetworkCounters {
  static constexpr std::string_view layer = "ilnp";

  std::uint64_t received = 0;   ///< frames from the underlay
  std::uint64_t delivered = 0;  ///< packets handed to the layer above
  std::uint64_t forwarded = 0;  ///< packets forwarded for others, without discovery
  std::uint64_t sent = 0;       ///< this node's own packets, with control messages
  std::uint64_t discovery_received = 0;
  std::uint64_t discovery_passed_on = 0;  ///< once for each interface
  std::uint64_t solicitations_sent = 0;
  std::uint64_t advertisements_sent = 0;
  std::uint64_t updates_sent = 0;
  std::uint64_t updates_received = 0;  ///< accepted
  std::uint64_t acknowledgements_sent = 0;
  std::uint64_t acknowledgements_received = 0;  ///< accepted
  std::uint64_t handoffs = 0;                   ///< started
  std::uint64_t duplicate_nid = 0;              ///< frames of another node that has this node's identifier
  std::uint64_t updates_undone = 0;             ///< of other nodes: the updates were wrong
  std::uint64_t names_checked = 0;              ///< claims to a name that another node has
  std::uint64_t names_passed = 0;               ///< from a silent node to another
  std::uint64_t name_conflicts = 0;             ///< started
  std::uint64_t peers_silent = 0;               ///< how often a peer fell silent
  std::uint64_t peers_heard = 0;                ///< how often such a peer was heard again
  std::uint64_t peers_left = 0;                 ///< forgotten after a goodbye
  std::uint64_t expired_answered = 0;  ///< replies to pings that were dropped because of their hop limit
  std::array<std::uint64_t, drop_reasons> dropped{};  ///< by reason: see `of`

  /// How many were dropped for this reason.
  std::uint64_t of(Drop reason) const noexcept { return dropped[static_cast<std::size_t>(reason)]; }

  /// Calls `f(name, value)` for each counter; dropped packets have names of the form `dropped_REASON`.
  template <class F>
  void for_each(F&& f) const {
    f("received", received);
    f("delivered", delivered);
    f("forwarded", forwarded);
    f("sent", sent);
    f("discovery_received", discovery_received);
    f("discovery_passed_on", discovery_passed_on);
    f("solicitations_sent", solicitations_sent);
    f("advertisements_sent", advertisements_sent);
    f("updates_sent", updates_sent);
    f("updates_received", updates_received);
    f("acknowledgements_sent", acknowledgements_sent);
    f("acknowledgements_received", acknowledgements_received);
    f("handoffs", handoffs);
    f("duplicate_nid", duplicate_nid);
    f("updates_undone", updates_undone);
    f("names_checked", names_checked);
    f("names_passed", names_passed);
    f("name_conflicts", name_conflicts);
    f("peers_silent", peers_silent);
    f("peers_heard", peers_heard);
    f("peers_left", peers_left);
    f("expired_answered", expired_answered);
    for (std::size_t reason = 0; reason < drop_reasons; ++reason)
      f("dropped_" + std::string(to_string(static_cast<Drop>(reason))), dropped[reason]);
  }
};

}  // namespace ilnp
