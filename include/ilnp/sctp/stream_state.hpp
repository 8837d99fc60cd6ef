#pragma once

#include <vector>

#include "../stream.hpp"
#include "associations.hpp"
#include "peers.hpp"
#include "shares.hpp"
#include "socket.hpp"

namespace ilnp {

class SctpProgress;

/// One stream: an association of its own, so that its reader alone decides how fast it flows.
struct SctpStreamState {
  SctpProgress* progress = nullptr;
  StreamId id;
  SctpSocket socket;
  SctpPeer* peer = nullptr;
  SctpAssociation* association = nullptr;
  SctpShares::Share share;
  StreamPeer names;
  TimePoint orphaned_until =
      never;  ///< nobody reads it any more: by then the peer has ended it, or it is reset

  bool connecting = false;
  bool half_closes = false;    ///< the peer carries the end of one direction, as this node does
  bool end_wanted = false;     ///< `shutdown` was called
  bool end_sent = false;       ///< and the end is on its way
  bool end_received = false;   ///< after what is staged
  bool end_read = false;       ///< and the reader knows
  bool write_blocked = false;  ///< has been told that nothing more is taken
  error_code lost;             ///< the association is gone, and why, if the socket does not know better
  bool marked = false;         ///< among those to look at

  /// What was taken from the socket to see what it is: octets that the reader gets first.
  std::vector<std::byte> staged;
  std::size_t staged_from = 0;

  bool has_staged() const noexcept { return staged_from < staged.size(); }
  bool orphaned() const noexcept { return orphaned_until != never; }
};

}  // namespace ilnp
