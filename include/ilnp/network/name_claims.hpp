#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "../address.hpp"
#include "../context.hpp"

namespace ilnp {

/// The names that a node claims though another one has them, and answers (docs/behaviour.md, "Names"): when such a claim is to be
/// looked into again, and when the conflict is over.
class NameClaims {
 public:
  static constexpr std::size_t max_conflicts = 64;
  /// A name whose owner has answered is not looked into again for this long at first, and
  static constexpr Duration first_rest = std::chrono::seconds(5);
  static constexpr Duration longest_rest = std::chrono::seconds(40);  ///< at most, as the claims go on
  /// Who was heard this recently need not be asked whether it is there, unless the claim is a new one.
  static constexpr Duration recently = std::chrono::seconds(3);

  struct Conflict {
    std::string name;
    Nid owner;
    Nid claimant;                ///< who has claimed it last
    Duration rest{};             ///< between two looks
    TimePoint rests = long_ago;  ///< until then
    TimePoint ends = never;      ///< unless it is claimed again
  };

  /// `life`: a claim that was not repeated for this long is over.
  explicit NameClaims(Duration life) noexcept : life_(life) {}

  /// A node claims the name of another, for the first time or (not `fresh`) once more. True if it is time to see whether the
  /// owner, which was `heard` then, is still there.
  bool claimed(std::string_view name, Nid claimant, bool fresh, TimePoint heard, TimePoint now) {
    Conflict* known = find(name);
    if (!known) return fresh || now - heard >= recently;
    known->claimant = claimant;
    known->ends = now + life_;
    return now >= known->rests && (fresh || now - heard >= recently);
  }

  /// `owner` has answered: it keeps its name, whoever claims it. True if that is news.
  bool kept(std::string_view name, Nid owner, Nid claimant, TimePoint now) {
    Conflict* known = find(name);
    const bool news = !known || known->owner != owner;
    if (!known) {
      if (conflicts_.size() == max_conflicts)
        conflicts_.erase(std::ranges::min_element(conflicts_, {}, &Conflict::ends));
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

  /// Calls `f(const Conflict&)` for each conflict that is over: nobody claims the name of another any more, or `gone`, who did,
  /// or whose it was, is no longer there.
  template <class F>
  void end(TimePoint now, Nid gone, F&& f) {
    std::erase_if(conflicts_, [&](const Conflict& each) {
      const bool over = now >= each.ends || (gone != Nid{} && (each.owner == gone || each.claimant == gone));
      if (over) f(each);
      return over;
    });
  }
  /// The same for one name, which has passed on to another node.
  template <class F>
  void end(std::string_view name, F&& f) {
    std::erase_if(conflicts_, [&](const Conflict& each) {
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
    const auto at = std::ranges::find(conflicts_, name, &Conflict::name);
    return at == conflicts_.end() ? nullptr : &*at;
  }

  Duration life_;
  std::vector<Conflict> conflicts_;
};

}  // namespace ilnp
