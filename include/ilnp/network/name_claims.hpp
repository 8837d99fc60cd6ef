#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"

namespace ilnp {

/// Names that a node claims although another one holds them and has replied (docs/behaviour.md, "Names"): when such a claim
/// starts another check, and when the conflict is over.
class NameClaims {
 public:
  static constexpr std::size_t max_conflicts = 64;  ///< the one that would end first gives way
  /// After the owner has replied, a claim starts no check for this long at first.
  static constexpr Duration first_rest = std::chrono::seconds(5);
  static constexpr Duration longest_rest = std::chrono::seconds(40);  ///< the most, if claims go on
  /// An owner heard this recently need not be checked, unless the claim is new.
  static constexpr Duration recently = std::chrono::seconds(3);

  /// A name that one node holds and another claims.
  struct Conflict {
    std::string name;            ///< what both are called
    Nid owner;                   ///< the node that holds it
    Nid claimant;                ///< the latest claimant
    Duration rest{};             ///< without checks
    TimePoint rests = long_ago;  ///< until when there is no check
    TimePoint ends = never;      ///< unless it is claimed again
  };

  /// `life`: a claim that has not been repeated for this long is over.
  explicit NameClaims(Duration life) noexcept : life_(life) {}

  /// A node claims the name of another, for the first time or (not `fresh`) again. True if it is time to check whether the
  /// owner, last `heard` at that time, is still there.
  bool claimed(std::string_view name, Nid claimant, bool fresh, TimePoint heard, TimePoint now) {
    Conflict* known = find(name);
    if (!known) return fresh || now - heard >= recently;
    known->claimant = claimant;
    known->ends = now + life_;
    return now >= known->rests && (fresh || now - heard >= recently);
  }

  /// `owner` has replied: it keeps its name, whoever claims it. True if the conflict is new.
  bool kept(std::string_view name, Nid owner, Nid claimant, TimePoint now) {
    Conflict* known = find(name);
    const bool news = !known || known->owner != owner;
    if (!known) {
      if (conflicts_.size() == max_conflicts) conflicts_.erase(least_by(conflicts_, &Conflict::ends));
      known = &conflicts_.emplace_back();
      known->name = name;
    }
    known->owner = owner;
    known->claimant = claimant;
    known->rest = news ? first_rest : std::min(2 * known->rest, longest_rest);
    known->rests = now + known->rest;
    known->ends = now + life_;
    return news;
  }

  /// Calls `f(const Conflict&)` for each conflict that is over: nobody claims the other's name any more, or the owner or
  /// the claimant is `gone`.
  template <class F>
  void end(TimePoint now, Nid gone, F&& f) {
    conflicts_.erase_if([&](const Conflict& each) {
      const bool over = now >= each.ends || (gone != Nid{} && (each.owner == gone || each.claimant == gone));
      if (over) f(each);
      return over;
    });
  }
  /// The same for one name, which has passed to another node.
  template <class F>
  void end(std::string_view name, F&& f) {
    conflicts_.erase_if([&](const Conflict& each) {
      if (each.name != name) return false;
      f(each);
      return true;
    });
  }

  TimePoint next_deadline() const noexcept {
    TimePoint next = never;
    for (const Conflict& each : conflicts_) next = std::min(next, each.ends);
    return next;
  }
  std::size_t size() const noexcept { return conflicts_.size(); }

 private:
  Conflict* find(std::string_view name) noexcept {
    const auto at = find_by(conflicts_, &Conflict::name, name);
    return at == conflicts_.end() ? nullptr : &*at;
  }

  Duration life_;
  List<Conflict> conflicts_;
};

}  // namespace ilnp
