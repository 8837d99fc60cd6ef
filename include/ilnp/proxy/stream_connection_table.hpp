#pragma once

#include <map>
#include <unordered_map>

#include "../stream.hpp"
#include "stream_connection.hpp"

namespace ilnp {

/// The connections of a stream proxy, and who has opened how many: those that others open never keep this node from opening its
/// own, nor those of one node all others from theirs.
class StreamConnectionTable {
 public:
  /// Of connections that others open, and that are one too many, so many wait to be told so.
  static constexpr std::size_t max_excess = 64;

  /// `most` that this node opens, and again that others open, of which one node cannot have the last quarter.
  explicit StreamConnectionTable(std::size_t most) : most_(most) {}

  StreamConnection* find(StreamId id) noexcept {
    const auto found = connections_.find(id);
    return found != connections_.end() ? &found->second : nullptr;
  }
  StreamConnection& add(StreamId id, const StreamConnection& connection) {
    ++count(connection);
    if (is_held(connection)) ++held_[connection.peer];
    return connections_[id] = connection;
  }
  void erase(StreamId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    --count(found->second);
    if (is_held(found->second))
      if (const auto held = held_.find(found->second.peer); --held->second == 0) held_.erase(held);
    connections_.erase(found);
  }
  std::size_t size() const noexcept { return connections_.size(); }

  /// This node may open one more.
  bool has_room() const noexcept { return own_ < most_; }
  /// One more that `nid` opens is too many.
  bool is_excess(Nid nid) const {
    const auto held = held_.find(nid);
    return others_ >= most_ || (held != held_.end() && held->second >= most_ - most_ / 4);
  }
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
  std::map<Nid, std::size_t> held_;  // strangers choose the NIDs: no hash that they know
};

}  // namespace ilnp
