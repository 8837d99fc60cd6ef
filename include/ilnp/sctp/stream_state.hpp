#pragma once

#include <vector>

#include "../base/stream.hpp"
#include "associations.hpp"
#include "peers.hpp"
#include "shares.hpp"
#include "socket.hpp"

namespace ilnp {

class SctpProgress;

/// One stream: an association of its own, so that only its reader determines its pace.
struct SctpStreamState {
  SctpProgress* progress = nullptr;
  StreamId id;
  SctpSocket socket;
  SctpPeer* peer = nullptr;
  SctpAssociation* association = nullptr;
  SctpShares::Share share;
  StreamPeer names;
  TimePoint orphaned_until =
      never;  ///< nobody reads it any more: it is reset at this time unless the peer has ended it

  bool connecting = false;
  bool half_closes = false;    ///< the peer can end one direction, as this node can
  bool end_wanted = false;     ///< `shutdown` was called
  bool end_sent = false;       ///< the end has been sent
  bool end_received = false;   ///< the end follows the staged octets
  bool end_read = false;       ///< the reader knows
  bool write_blocked = false;  ///< a write was told that nothing more is accepted
  error_code lost;             ///< why the association is gone, unless the socket knows better
  bool marked = false;         ///< listed for inspection

  /// Octets that were taken from the socket to examine them; the reader gets them first.
  std::vector<std::byte> staged;
  std::size_t staged_from = 0;

  bool has_staged() const noexcept { return staged_from < staged.size(); }
  bool orphaned() const noexcept { return orphaned_until != never; }
};

}  // namespace ilnp
