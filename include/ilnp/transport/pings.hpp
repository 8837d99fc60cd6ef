#pragma once

#include <algorithm>

#include "../base/layer.hpp"
#include "../base/list.hpp"
#include "../base/ping_reply.hpp"
#include "../wire/ping.hpp"

namespace ilnp {

/// The pings that this node has sent, and the replies to them. A new one replaces the oldest; nothing expires, because nothing
/// waits. One thread.
class Pings {
 public:
  static constexpr std::size_t max_pings = 64;  ///< the latest, whose replies are accepted

  /// `identifier` is unpredictable: a node that does not see the ping cannot forge a reply.
  void add(std::uint64_t identifier, Nid to, std::uint8_t hop_limit, TimePoint now) {
    Ping& ping = pings_.size() < max_pings ? pings_.emplace_back() : pings_[next_];
    next_ = (next_ + 1) % max_pings;
    ping = {to, now, false, {}};
    ping.reply.identifier = identifier;
    ping.reply.sent_hops = hop_limit;
  }

  /// The reply that `message`, which arrived from `source`, is; null if nothing was asked, or was answered already.
  const PingReply* receive(const NetworkSource& source, const wire::PingMessage& message,
                           TimePoint now) noexcept {
    Ping* const ping = find(message.identifier());
    const bool reached = message.code() == wire::PingCode::reached;
    if (!ping || ping->answered || (reached && source.source.nid != ping->to)) return nullptr;
    ping->answered = true;
    ping->reply = {message.identifier(), reached,
                   source.source,        now - ping->sent_at,
                   message.source(),     message.destination(),
                   message.interface(),  ping->reply.sent_hops,
                   message.hop_limit(),  source.destination.locator,
                   source.interface,     source.hop_limit};
    return &ping->reply;
  }

  /// The reply to a ping; null if there is none so far. Valid until the next `add`.
  const PingReply* reply(std::uint64_t identifier) const noexcept {
    const Ping* const ping = const_cast<Pings*>(this)->find(identifier);
    return ping && ping->answered ? &ping->reply : nullptr;
  }

 private:
  struct Ping {
    Nid to;
    TimePoint sent_at;
    bool answered = false;
    PingReply reply;
  };

  Ping* find(std::uint64_t identifier) noexcept {
    const auto at = std::find_if(pings_.begin(), pings_.end(), [identifier](const Ping& each) {
      return each.reply.identifier == identifier;
    });
    return at == pings_.end() ? nullptr : &*at;
  }

  List<Ping> pings_;
  std::size_t next_ = 0;
};

}  // namespace ilnp
