#pragma once

#include <optional>

#include "../base/address.hpp"
#include "../base/bounded_table.hpp"

namespace ilnp {

/// The discovery messages of the last second, so that none is passed on, or answered, twice (docs/behaviour.md,
/// "Flooding"). The size of the table bounds the messages that a node passes on in a second. When it is full, only those of
/// a sender with fewer messages than another are remembered and passed on.
class SeenMessages {
 public:
  static constexpr std::size_t max_messages = 4096;            ///< remembered within one window
  static constexpr Duration window = std::chrono::seconds(1);  ///< for which a message is remembered

  /// What to do with a message.
  enum class Pass {
    yes,        ///< it is passed on
    repeated,   ///< it was passed on already
    table_full  ///< it is not passed on, and not remembered
  };

  void rekey(const HashKey& key) {
    key_ = key;
    messages_.rekey(key);
  }

  /// May a message with this hash, which `sender` put on the network with `hop_limit`, be passed on? Only if it is not a
  /// repetition within the last second, or if its hop limit is higher than before. Remembers it.
  Pass pass(std::uint64_t hash, std::uint64_t sender, std::uint8_t hop_limit, TimePoint now) {
    Seen* seen = messages_.insert_within_share(hash, sender, now);
    if (!seen) return Pass::table_full;
    const bool fresh = now - seen->passed_at < window;
    if (fresh && hop_limit <= seen->hop_limit) return Pass::repeated;
    seen->passed_at = now;
    seen->hop_limit = hop_limit;
    return Pass::yes;
  }

  /// Two interfaces on which messages from one locator were heard: the path through `nearer` is shorter, unless they are
  /// `alike`.
  struct Paths {
    Locator nearer;      ///< where a message arrived over the shorter path
    Locator farther;     ///< where it arrived over the longer one
    bool alike = false;  ///< both are of the same length
  };

  /// A message from `locator` was heard on `interface` with `hop_limit`: compares that with the shortest path over which
  /// one arrived within the last second.
  std::optional<Paths> compare(Locator locator, std::uint64_t sender, Locator interface,
                               std::uint8_t hop_limit, TimePoint now) {
    Seen* seen = messages_.insert_within_share(key_(locator.value(), matter_path), sender, now);
    if (!seen) return std::nullopt;
    const Locator before = seen->nearest;
    const bool first = now - seen->heard_at >= window;
    if (!first && interface == before) return std::nullopt;
    if (!first && hop_limit == seen->heard_hop_limit) return Paths{before, interface, true};
    if (!first && hop_limit < seen->heard_hop_limit) return Paths{before, interface};
    if (first) seen->heard_at = now;
    seen->nearest = interface;
    seen->heard_hop_limit = hop_limit;
    return first ? std::nullopt : std::optional(Paths{interface, before});
  }

  /// May a solicitation with this hash, which arrived over this path, be answered? Once a second for each path.
  bool answer(std::uint64_t hash, std::uint64_t path, std::uint64_t sender, TimePoint now) {
    Seen* seen = messages_.insert_within_share(key_(hash, ~path), sender, now);
    if (!seen) return false;
    if (now - seen->passed_at < window) return false;
    seen->passed_at = now;
    return true;
  }

  /// This node has announced on `interface` that it is at `named`.
  void say(Locator interface, Locator named, TimePoint now) {
    messages_.insert(own(interface, named), 0, now).passed_at = now;
  }
  /// When it last announced that, as far as that is remembered.
  TimePoint last_said(Locator interface, Locator named) const noexcept {
    const Seen* seen = messages_.find(own(interface, named));
    return seen ? seen->passed_at : long_ago;
  }

  std::size_t size() const noexcept { return messages_.size(); }

 private:
  struct Seen {
    TimePoint passed_at = long_ago;
    TimePoint heard_at = long_ago;
    Locator nearest{};
    std::uint8_t hop_limit = 0;
    std::uint8_t heard_hop_limit = 0;

    TimePoint last_used() const noexcept { return long_ago; }
    bool expired(TimePoint now) const noexcept { return now - std::max(passed_at, heard_at) >= window; }
  };

  static constexpr std::uint64_t matter_path = 0x7761'7973'7761'7973;

  std::uint64_t own(Locator interface, Locator named) const noexcept {
    return ~key_({interface, Nid(named.value())}, {});
  }

  HashKey key_;
  BoundedTable<std::uint64_t, Seen> messages_{max_messages};
};

}  // namespace ilnp
