#pragma once

#include <chrono>
#include <cstdint>

#include "../base/context.hpp"
#include "link_monitor.hpp"

namespace ilnp {

/// Reports once when the link becomes unusable and once when it is usable again. If the reason
/// changes (the cable is back, but the address is not ready yet), it reports that only if it lasts.
class LinkReport {
 public:
  static constexpr Duration lasting =
      std::chrono::seconds(3);  ///< another reason is reported once it has lasted so long

  /// Starts with the state of `link`, which it does not report.
  explicit LinkReport(const LinkMonitor& link) noexcept : told_(link.problem()), seen_(link.problem()) {}

  /// `link` has just been checked.
  template <ContextLike Cx>
  void look(const LinkMonitor& link, Cx& cx) {
    const LinkProblem problem = link.problem();
    if (problem != seen_) seen_since_ = cx.now();
    seen_ = problem;
    if (problem == told_) return;
    if (problem == LinkProblem::none) {
      told_ = problem;
      cx.observe(event::LinkUp{link.name()});
    } else if (told_ == LinkProblem::none || cx.now() - seen_since_ >= lasting) {
      if (told_ == LinkProblem::none) ++failures_;
      told_ = problem;
      cx.observe(event::LinkDown{link.name(), problem, link.why(), link.other()});
    }
  }

  /// Since when the link has been in its present state; `long_ago`: from the start.
  TimePoint since() const noexcept { return seen_since_; }
  /// How often the link has become unusable.
  std::uint64_t failures() const noexcept { return failures_; }

 private:
  LinkProblem told_;
  LinkProblem seen_;
  TimePoint seen_since_ = long_ago;
  std::uint64_t failures_ = 0;
};

}  // namespace ilnp
