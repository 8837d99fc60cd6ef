#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"
#include "../search.hpp"

namespace ilnp {

/// Liveness checks (docs/behaviour.md, "Liveness checks"): the nodes of which this one must know whether they are still
/// there. Another node claims their name, they seem to have changed it, somebody has sent a goodbye in their name, or
/// nothing is heard from them. This node solicits, and anything that it hears from such a node ends the check. A node that
/// is not heard in time is gone.
///
/// Whatever strangers send, the number of checks, and of the solicitations that they cost, is limited. One solicitation
/// serves all checks.
class Doubts {
 public:
  static constexpr std::size_t max_doubts = 256;
  /// A node may be silent for this long. One that has just announced itself repeats that 1.05 s later.
  static constexpr Duration patience = std::chrono::milliseconds(1250);
  /// The least time to reply after the solicitation. So within 1.5 s it is known that a node is gone, whenever this node
  /// has solicited before.
  static constexpr Duration answer_time = std::chrono::milliseconds(430);
  /// The same where many nodes are known, which do not answer at once.
  static constexpr Duration answer_time_of_many = std::chrono::milliseconds(600);
  static constexpr Duration long_patience = std::chrono::seconds(5);  ///< if silence is the only evidence
  /// Nobody answers, or passes on, a solicitation that follows the previous one sooner than this.
  static constexpr Duration spacing = std::chrono::milliseconds(1050);
  static constexpr Duration repeat_wait = std::chrono::milliseconds(400);  ///< the first may have been lost
  static constexpr unsigned max_solicitations = 8;                         ///< in a row, and
  static constexpr Duration solicitation_interval =
      std::chrono::seconds(2);  ///< one in this time, in the long run

  /// What was sent before the goodbye still arrives; during this time only a discovery message counts.
  static constexpr Duration under_way = std::chrono::milliseconds(200);

  enum class Why : std::uint8_t { name_claimed, renamed, goodbye, silence };

  struct Doubt {
    Nid nid;
    Why why{};
    Nid claimant;      ///< of its name
    std::string name;  ///< the claimed name
    TimePoint since = long_ago;
    TimePoint deadline = never;
    TimePoint ask_at = never;
    bool asked = false;
    bool left_to_others = false;  ///< this node has not solicited itself
  };

  /// Starts a check of `nid`. False, and nothing happens, if there is one for the same reason already, or if too many
  /// checks are under way. `solicited_at`: when this node last solicited. `many`: it knows many nodes. `ask`: it has to
  /// solicit itself; otherwise others do.
  bool begin(Doubt doubt, TimePoint solicited_at, bool many, TimePoint now, bool ask = true) {
    if (doubts_.size() == max_doubts || !may_solicit(now)) return false;
    const bool known = any_of(doubts_, [&](const Doubt& other) {
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

  /// Something was heard from `nid`: a discovery message, or something else. Calls `f(const Doubt&)` for each check that
  /// ends.
  template <class F>
  void hear(Nid nid, bool discovery, TimePoint now, F&& f) {
    if (doubts_.empty()) return;
    const auto ended = [&](const Doubt& doubt) {
      return doubt.nid == nid && (discovery || doubt.why != Why::goodbye || now - doubt.since >= under_way);
    };
    take(ended, f);
  }

  /// Calls `solicit()` if it is time, and then `f(const Doubt&)` for each node that was not heard in time.
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
      // No more solicitations may be sent, and a node that was not asked is not gone.
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

  /// Removes the checks that `which` selects, then passes them to `f`, which may add others.
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
  TimePoint budget_full_at_ = long_ago;  // when earlier solicitations no longer count against the limit
};

}  // namespace ilnp
