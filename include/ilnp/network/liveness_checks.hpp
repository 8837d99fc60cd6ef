#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"

namespace ilnp {

/// Liveness checks (docs/behaviour.md, "Liveness checks"): the nodes of which this one must know whether they are still
/// there. Another node claims their name, they seem to have changed it, somebody has sent a goodbye in their name, or
/// nothing is heard from them. This node solicits, and anything that it hears from such a node ends the check. A node that
/// is not heard in time is gone.
///
/// Whatever strangers send, the number of checks, and of the solicitations that they cost, is limited. One solicitation
/// serves all checks.
class LivenessChecks {
 public:
  static constexpr std::size_t max_checks = 256;  ///< at the same time; no further one begins
  /// A node may be silent for this long. One that has just announced itself repeats that 1.05 s later.
  static constexpr Duration patience = std::chrono::milliseconds(1250);
  /// The least time to reply after the solicitation. So within 1.5 s it is known that a node is gone, whenever this node
  /// has solicited before.
  static constexpr Duration reply_time = std::chrono::milliseconds(430);
  /// The same where many nodes are known, which do not answer at once.
  static constexpr Duration reply_time_of_many = std::chrono::milliseconds(600);
  static constexpr Duration long_patience = std::chrono::seconds(5);  ///< if silence is the only evidence
  /// Nobody answers, or passes on, a solicitation that follows the previous one sooner than this.
  static constexpr Duration spacing = std::chrono::milliseconds(1050);
  static constexpr Duration repeat_wait =
      std::chrono::milliseconds(400);               ///< the first solicitation may have been lost
  static constexpr unsigned max_solicitations = 8;  ///< in a row
  static constexpr Duration solicitation_interval =
      std::chrono::seconds(2);  ///< one solicitation in this time, in the long run

  /// What was sent before the goodbye still arrives; during this time only a discovery message counts.
  static constexpr Duration under_way = std::chrono::milliseconds(200);

  /// Why a node is checked.
  enum class Why : std::uint8_t {
    name_claimed,  ///< another node claims its name
    renamed,       ///< it claims another name than before
    goodbye,       ///< somebody has sent a goodbye in its name
    silence        ///< nothing is heard from it
  };

  /// The check of one node. `begin` sets `since` and what follows.
  struct Check {
    Nid nid;                      ///< the node that must be heard
    Why why{};                    ///< the reason
    Nid claimant;                 ///< of its name
    std::string name;             ///< the claimed name
    TimePoint since = long_ago;   ///< when it began
    TimePoint deadline = never;   ///< when the node counts as gone
    TimePoint ask_at = never;     ///< when to solicit
    bool asked = false;           ///< this node, or another, has solicited
    bool left_to_others = false;  ///< this node has not solicited itself
  };

  /// Starts a check of `nid`. False, and nothing happens, if there is one for the same reason already, or if too many
  /// checks are under way. `solicited_at`: when this node last solicited. `many`: it knows many nodes. `ask`: it has to
  /// solicit itself; otherwise others do.
  bool begin(Check check, TimePoint solicited_at, bool many, TimePoint now, bool ask = true) {
    if (checks_.size() == max_checks || !may_solicit(now)) return false;
    const bool known = any_of(checks_, [&](const Check& other) {
      return other.nid == check.nid && other.why == check.why && other.name == check.name;
    });
    if (known) return false;
    check.ask_at = std::max(now, solicited_at + spacing);
    const Duration reply = many ? reply_time_of_many : reply_time;
    check.deadline =
        check.why == Why::silence ? now + long_patience : std::max(now + patience, check.ask_at + reply);
    check.since = now;
    check.left_to_others = check.asked = !ask;
    if (!ask) check.ask_at = never;
    checks_.push_back(std::move(check));
    return true;
  }

  /// Something was heard from `nid`: a discovery message, or something else. Calls `f(const Check&)` for each check that
  /// ends.
  template <class F>
  void hear(Nid nid, bool discovery, TimePoint now, F&& f) {
    if (checks_.empty()) return;
    const auto ended = [&](const Check& check) {
      return check.nid == nid && (discovery || check.why != Why::goodbye || now - check.since >= under_way);
    };
    take(ended, f);
  }

  /// Calls `solicit()` if it is time, and then `f(const Check&)` for each node that was not heard in time.
  template <class Solicit, class F>
  void poll(TimePoint now, Solicit&& solicit, F&& f) {
    if (now < next_deadline()) return;
    bool any = false;
    for (Check& check : checks_) any |= check.ask_at <= now;
    if (any && may_solicit(now)) {
      budget_full_at_ = std::max(budget_full_at_, now) + solicitation_interval;
      solicit();
      for (Check& check : checks_) {
        if (check.ask_at > now) continue;
        check.ask_at = check.asked ? never : now + repeat_wait;
        check.asked = true;
      }
    } else if (any) {
      // No more solicitations may be sent, and a node that was not asked is not gone.
      checks_.erase_if([&](const Check& check) { return check.ask_at <= now && !check.asked; });
      for (Check& check : checks_)
        if (check.ask_at <= now) check.ask_at = never;
    }
    take([&](const Check& check) { return check.deadline <= now; }, f);
  }

  TimePoint next_deadline() const noexcept {
    TimePoint next = never;
    for (const Check& check : checks_) next = std::min({next, check.ask_at, check.deadline});
    return next;
  }
  std::size_t size() const noexcept { return checks_.size(); }

 private:
  bool may_solicit(TimePoint now) const noexcept {
    return std::max(budget_full_at_, now) - now <= (max_solicitations - 1) * solicitation_interval;
  }

  /// Removes the checks that `which` selects, then passes them to `f`, which may add others.
  template <class Which, class F>
  void take(Which&& which, F&& f) {
    List<Check> taken;
    for (auto at = checks_.begin(); at != checks_.end();) {
      if (which(*at)) {
        taken.push_back(std::move(*at));
        at = checks_.erase(at);
      } else {
        ++at;
      }
    }
    for (const Check& check : taken) f(check);
  }

  List<Check> checks_;
  TimePoint budget_full_at_ = long_ago;  // when earlier solicitations no longer count against the limit
};

}  // namespace ilnp
