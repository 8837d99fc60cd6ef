#pragma once

#include "../address.hpp"
#include "bounded_table.hpp"

namespace ilnp {

/// The discovery messages of the last second, so that none is passed on, or answered, twice (docs/protocol.md, "Flooding").
/// When the table is full nothing more is passed on: its size bounds the messages that a node passes on in a second.
class SeenMessages {
 public:
  static constexpr std::size_t max_messages = 4096;
  static constexpr Duration window = std::chrono::seconds(1);

  enum class Pass { yes, repeated, table_full };

  /// May a message with this hash, heard with `hop_limit`, be passed on? Only if it was not within the last second, or if its hop limit is higher
  /// than it was then. Remembers it.
  Pass pass(std::uint64_t hash, std::uint8_t hop_limit, TimePoint now) {
    Seen* seen = messages_.insert(hash, now);
    if (!seen) return Pass::table_full;
    const bool fresh = now - seen->passed_at < window;
    if (fresh && hop_limit <= seen->hop_limit) return Pass::repeated;
    seen->passed_at = now;
    seen->hop_limit = hop_limit;
    return Pass::yes;
  }

  /// May a solicitation with this hash, heard on `interface`, be answered? Once a second for each interface.
  bool answer(std::uint64_t hash, std::uint64_t interface, TimePoint now) {
    Seen* seen = messages_.insert(mix64(hash + mix64(interface)), now);
    if (!seen) return false;
    if (now - seen->passed_at < window) return false;
    seen->passed_at = now;
    return true;
  }

 private:
  struct Seen {
    TimePoint passed_at = long_ago;
    std::uint8_t hop_limit = 0;

    bool established() const noexcept { return true; }
    bool expired(TimePoint now) const noexcept { return now - passed_at >= window; }
  };

  BoundedTable<std::uint64_t, Seen> messages_{max_messages};
};

}  // namespace ilnp
