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
  SctpProgress* progress = nullptr;        ///< hears of it from usrsctp
  StreamId id;                             ///< its name
  SctpSocket socket;                       ///< none once it is aborted
  SctpPeer* peer = nullptr;                ///< not null in a table
  SctpAssociation* association = nullptr;  ///< its entry, which stays for a while after it
  SctpShares::Share share;                 ///< returned when it ends
  StreamPeer names;                        ///< the peer and the ports
  TimePoint orphaned_until =
      never;  ///< nobody reads it any more: it is reset at this time unless the peer has ended it

  bool connecting = false;     ///< this node's handshake is not finished
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
  std::size_t staged_from = 0;  ///< the first that the reader has not got

  /// Whether the reader can have octets without the socket.
  bool has_staged() const noexcept { return staged_from < staged.size(); }
  /// Whether nobody reads it any more.
  bool orphaned() const noexcept { return orphaned_until != never; }
};

}  // namespace ilnp
