#pragma once

#include <array>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"

namespace ilnp {

/// The discovery messages that a node has recently sent, for as long as others may pass them on, to recognise messages with
/// its identifier that it has not sent. Of fixed size; if an entry is displaced before its time, all messages count as sent
/// for that time.
class OwnMessages {
 public:
  static constexpr std::size_t max_messages = 512;  ///< places; a power of two
  /// Longer than any frame is on its way, whatever its hop limit.
  static constexpr Duration memory = std::chrono::seconds(5);

  OwnMessages() : sets_(max_messages / 2) {}

  /// This node announces on `out` that it is at `named`.
  void said(Locator out, Locator named, bool solicitation, TimePoint now) noexcept {
    const std::uint64_t key = hash(out, named, solicitation);
    auto& [first, second] = sets_[key % sets_.size()];
    Message& message = first.key == key ? first : second.key == key || second.at < first.at ? second : first;
    if (message.key != key && now - message.at < memory) forgot_at_ = now;
    message = {key, now};
  }

  /// May it have announced that within `memory`?
  bool may_have_said(Locator out, Locator named, bool solicitation, TimePoint now) const noexcept {
    if (now - forgot_at_ < memory) return true;
    const std::uint64_t key = hash(out, named, solicitation);
    for (const Message& message : sets_[key % sets_.size()])
      if (message.key == key && now - message.at < memory) return true;
    return false;
  }

 private:
  struct Message {
    std::uint64_t key = 0;
    TimePoint at = long_ago;
  };

  static std::uint64_t hash(Locator out, Locator named, bool solicitation) noexcept {
    return mix64(mix64(mix64(out.value()) + named.value()) + solicitation);
  }

  List<std::array<Message, 2>> sets_;
  TimePoint forgot_at_ = long_ago;
};

}  // namespace ilnp
