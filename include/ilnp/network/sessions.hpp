#pragma once

#include <utility>

#include "../base/bounded_table.hpp"
#include "../wire/format.hpp"
#include "correspondent_table.hpp"

namespace ilnp {

/// What a node keeps for each peer because of its wire format (`wire::SessionFormat`), such as the nonces of RFC 6744.
///
/// A session begins with the first packet or message that this node sends to a peer, or that the format accepts from it. It ends,
/// like an entry of `CorrespondentTable`, when there was no traffic in either direction for `ttl`, or when the node is forgotten
/// because it has left. What is sent or heard afterwards begins a new one. In a full table sessions with nodes to which this node
/// has sent nothing give way first.
template <wire::Format Format>
class Sessions {
 public:
  using Session = typename Format::Session;  ///< the state of one session: see `wire::SessionFormat`

  static constexpr bool kept = true;  ///< the format needs this class
  /// When the table is full, one gives way to a new one.
  static constexpr std::size_t max_sessions = CorrespondentTable::max_correspondents;

  /// A session without traffic for `ttl` is over.
  explicit Sessions(Duration ttl) noexcept : ttl_(ttl) {}

  void rekey(const HashKey& key) { entries_.rekey(key); }

  /// This node sends a packet or message to `peer`: completes its header.
  template <ContextLike Cx>
  void complete(typename Format::HeaderRepr& values, Nid peer, Cx& cx) {
    Entry& entry = entries_.insert(peer, 0, cx.now());
    if (entry.expired(cx.now())) entry.session = Session();
    entry.sent_at = cx.now();
    entry.expires = cx.now() + ttl_;
    Format::complete(values, entry.session, cx);
  }

  /// A packet or message for this node arrived; `share` and `known`: see `FrameSource` and `wire::SessionFormat`. If it does not
  /// belong to the session, nothing has changed.
  template <ContextLike Cx>
  wire::InSession hear(const typename Format::Header& header, std::uint64_t share, bool known, Cx& cx) {
    const Nid peer = header.source().nid;
    Entry* entry = entries_.find(peer);
    if (entry && entry->expired(cx.now())) *entry = Entry();
    Session fresh;
    const auto result = Format::belongs(header, entry ? entry->session : fresh, known, cx);
    if (result == wire::InSession::no) return result;
    if (!entry) {
      entry = &entries_.insert(peer, share, cx.now());
      entry->session = std::move(fresh);
    }
    entry->expires = cx.now() + ttl_;
    return result;
  }

  /// `peer` is gone for good: its session is over.
  void forget(Nid peer) { entries_.erase(peer); }
  std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    Session session{};
    TimePoint expires = long_ago;
    TimePoint sent_at = long_ago;  ///< by this node

    TimePoint last_used() const noexcept { return sent_at; }
    bool expired(TimePoint now) const noexcept { return now >= expires; }
  };

  Duration ttl_;
  BoundedTable<Nid, Entry> entries_{max_sessions};
};

/// The format keeps nothing: costs neither memory nor time.
template <wire::Format Format>
requires std::same_as<typename Format::Session, wire::NoSession>
class Sessions<Format> {
 public:
  static constexpr bool kept = false;  ///< the format has no sessions

  /// Does nothing.
  explicit Sessions(Duration) noexcept {}
  void rekey(const HashKey&) noexcept {}  ///< does nothing
  void forget(Nid) noexcept {}            ///< does nothing
};

}  // namespace ilnp
