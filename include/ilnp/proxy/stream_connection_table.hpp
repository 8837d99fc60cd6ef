#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "../base/address.hpp"
#include "../base/stream.hpp"

namespace ilnp {

/// A connection of the stream proxy, from the handshake on.
struct StreamConnection {
  /// How far it is.
  enum class State : std::uint8_t {
    connecting,  ///< by this node; `handshake` is the request
    asking,      ///< the request is sent; `handshake` is what has arrived of the reply
    asked,       ///< by a peer; `handshake` is what has arrived of the request
    wanted,      ///< the shell connects it
    open,
  };
  State state;                            ///< how far it is
  Nid peer;                               ///< the node at the other end
  bool own = false;                       ///< this node has opened it
  bool excess = false;                    ///< beyond the peer's limit: it is only told so
  bool plain = false;                     ///< without request and reply
  std::vector<std::byte> handshake = {};  ///< what has arrived of a request or reply
};

/// The connections of a stream proxy, and how many each node has opened. Those of others never keep
/// this node from opening its own, nor do those of one node keep all others from opening theirs.
class StreamConnectionTable {
 public:
  /// The number of excess connections of others that may wait to be told so.
  static constexpr std::size_t max_excess = 64;

  /// At most `most` that this node opens, and again that others open; one node cannot have the last quarter of these.
  explicit StreamConnectionTable(std::size_t most) : most_(most) {}

  StreamConnection* find(StreamId id) noexcept {
    const auto found = connections_.find(id);
    return found != connections_.end() ? &found->second : nullptr;
  }
  /// Adds a connection, and counts it for its peer.
  StreamConnection& add(StreamId id, const StreamConnection& connection) {
    ++count(connection);
    if (is_held(connection)) ++held_[connection.peer];
    return connections_[id] = connection;
  }
  /// Removes a connection. No effect if there is none.
  void erase(StreamId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    --count(found->second);
    if (is_held(found->second))
      if (const auto held = held_.find(found->second.peer); --held->second == 0) held_.erase(held);
    connections_.erase(found);
  }
  std::size_t size() const noexcept { return connections_.size(); }

  /// Whether this node may open one more.
  bool has_room() const noexcept { return own_ < most_; }
  /// Whether one more that `nid` opens is too many.
  bool is_excess(Nid nid) const {
    const auto held = held_.find(nid);
    return others_ >= most_ || (held != held_.end() && held->second >= most_ - most_ / 4);
  }
  /// True if another one beyond the limit may wait for its refusal.
  bool has_room_for_excess() const noexcept { return excess_ < max_excess; }

 private:
  static bool is_held(const StreamConnection& connection) noexcept {
    return !connection.own && !connection.excess;
  }
  std::size_t& count(const StreamConnection& connection) noexcept {
    return connection.own ? own_ : connection.excess ? excess_ : others_;
  }

  std::size_t most_;
  std::unordered_map<StreamId, StreamConnection> connections_;
  std::size_t own_ = 0;
  std::size_t others_ = 0;
  std::size_t excess_ = 0;
  std::map<Nid, std::size_t> held_;  // strangers choose the NIDs, so no hash that they know
};

}  // namespace ilnp
