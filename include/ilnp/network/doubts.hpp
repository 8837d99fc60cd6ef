#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"

namespace ilnp {

/// Nodes of which this one has to know whether they are still there, because another claims their name, because they seem to
/// have another, because somebody has said goodbye for them, or because nothing is heard from them (docs/behaviour.md, "Liveness checks"). This node solicits, and whatever it hears of
/// such a node ends the doubt; if it hears nothing in time, the node is gone.
///
/// Whatever strangers send, the number of doubts, and of the solicitations that they cost, is limited. One solicitation asks
/// all of them.
class Doubts {
 public:
  static constexpr std::size_t max_doubts = 256;
  /// For so long a node may be silent. A node that has just said where it is repeats that 1.05 s later.
  static constexpr Duration patience = std::chrono::milliseconds(1250);
  /// At least, once it was asked. So after 1.5 s it is known that a node is gone, whenever this one has solicited before.
  static constexpr Duration answer_time = std::chrono::milliseconds(430);
  /// The same where many nodes are known, which do not answer at once.
  static constexpr Duration answer_time_of_many = std::chrono::milliseconds(600);
  static constexpr Duration long_patience =
      std::chrono::seconds(5);  ///< where only silence speaks against it
  /// Nobody answers, or passes on, a solicitation sooner than this after the one before.
  static constexpr Duration spacing = std::chrono::milliseconds(1050);
  static constexpr Duration repeat_wait = std::chrono::milliseconds(400);  ///< the first may have been lost
  static constexpr unsigned max_solicitations = 8;                         ///< at once, and
  static constexpr Duration solicitation_interval = std::chrono::seconds(2);  ///< one each, in the long run

  /// After a goodbye what was under way still arrives; only a discovery message counts at once.
  static constexpr Duration under_way = std::chrono::milliseconds(200);

  enum class Why : std::uint8_t { name_claimed, renamed, goodbye, silence };

  struct Doubt {
    Nid nid;
    Why why{};
    Nid claimant;      ///< of its name
    std::string name;  ///< which
    TimePoint since = long_ago;
    TimePoint deadline = never;
    TimePoint ask_at = never;
    bool asked = false;
    bool left_to_others = false;  ///< this node has not asked itself
  };

  /// `nid` is in doubt from now on. False, and nothing happens, if it is for the same reason already, or if enough is going
  /// on. `solicited_at`: when this node has last solicited. `many`: it knows many nodes. `ask`: it has to; else others do.
  bool begin(Doubt doubt, TimePoint solicited_at, bool many, TimePoint now, bool ask = true) {
    if (doubts_.size() == max_doubts || !may_solicit(now)) return false;
    const bool known = std::ranges::any_of(doubts_, [&](const Doubt& other) {
      return other.nid == doubt.nid && other.why == doubt.why && other.name == doubt.name;
    });
    if (known) return false;
    doubt.ask_at = std::max(now, solicited_at + spacing);
    const Duration answer = many ? answer_time_of_many : answer_time;
    doubt.deadline =
        doubt.why == Why::silence ? now + long_patience : std::max(now + patience, doubt.ask_at + answer);
    doubt.since = now;
    doubt.left_to_others = doubt.asked = !ask;
    if (!ask) doubt.ask_at = never;
    doubts_.push_back(std::move(doubt));
    return true;
  }

  /// Something was heard of `nid`, a discovery message or something else. Calls `f(const Doubt&)` for each doubt that this ends.
  template <class F>
  void hear(Nid nid, bool discovery, TimePoint now, F&& f) {
    if (doubts_.empty()) return;
    const auto ended = [&](const Doubt& doubt) {
      return doubt.nid == nid && (discovery || doubt.why != Why::goodbye || now - doubt.since >= under_way);
    };
    take(ended, f);
  }

  /// Calls `solicit()` if it is time to, and then `f(const Doubt&)` for each node of which nothing was heard in time.
  template <class Solicit, class F>
  void poll(TimePoint now, Solicit&& solicit, F&& f) {
    if (now < next_deadline()) return;
    bool any = false;
    for (Doubt& doubt : doubts_) any |= doubt.ask_at <= now;
    if (any && may_solicit(now)) {
      budget_full_at_ = std::max(budget_full_at_, now) + solicitation_interval;
      solicit();
      for (Doubt& doubt : doubts_) {
        if (doubt.ask_at > now) continue;
        doubt.ask_at = doubt.asked ? never : now + repeat_wait;
        doubt.asked = true;
      }
    } else if (any) {
      // There is no asking any more, and who was not asked is not gone.
      std::erase_if(doubts_, [&](const Doubt& doubt) { return doubt.ask_at <= now && !doubt.asked; });
      for (Doubt& doubt : doubts_)
        if (doubt.ask_at <= now) doubt.ask_at = never;
    }
    take([&](const Doubt& doubt) { return doubt.deadline <= now; }, f);
  }

  TimePoint next_deadline() const noexcept {
    TimePoint next = never;
    for (const Doubt& doubt : doubts_) next = std::min({next, doubt.ask_at, doubt.deadline});
    return next;
  }
  std::size_t size() const noexcept { return doubts_.size(); }

 private:
  bool may_solicit(TimePoint now) const noexcept {
    return std::max(budget_full_at_, now) - now <= (max_solicitations - 1) * solicitation_interval;
  }

  /// Removes those that `which` names, and then shows them to `f`, which may add others.
  template <class Which, class F>
  void take(Which&& which, F&& f) {
    std::vector<Doubt> taken;
    for (auto at = doubts_.begin(); at != doubts_.end();) {
      if (which(*at)) {
        taken.push_back(std::move(*at));
        at = doubts_.erase(at);
      } else {
        ++at;
      }
    }
    for (const Doubt& doubt : taken) f(doubt);
  }

  std::vector<Doubt> doubts_;
  TimePoint budget_full_at_ = long_ago;  // when no solicitation will count any more
};

}  // namespace ilnp
