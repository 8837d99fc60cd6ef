#pragma once

#include <algorithm>

#include "../base/address.hpp"
#include "../base/context.hpp"

namespace ilnp {

/// Whether a locator update, which anybody can forge, was true (docs/behaviour.md, "Locator updates"). It is on trial until
/// something is heard from one of the new locators. It was wrong if nothing is, while the node continues to send from the
/// old one. After a wrong update, further ones of that node are accepted only if it has been heard at the new locator, and
/// nowhere else, for a while.
class UpdateTrial {
 public:
  static constexpr Duration patience = std::chrono::seconds(2);  ///< to be heard from a new locator
  static constexpr Duration grace =
      std::chrono::seconds(1);  ///< frames from the old locator do not count yet
  /// An update that follows another one on trial is decided this long after its own time or later.
  static constexpr Duration patience_again = std::chrono::seconds(1);
  static constexpr Duration longest =
      std::chrono::seconds(3);                                ///< but no later than this long after the first
  static constexpr Duration over = std::chrono::seconds(10);  ///< neither proven nor refuted: it stands
  /// This node solicits if nothing has proven the update by then.
  static constexpr Duration ask_after = std::chrono::milliseconds(1050);
  /// If it cannot solicit, it tries again after this time.
  static constexpr Duration ask_again = std::chrono::milliseconds(300);
  static constexpr Duration ask_until = std::chrono::seconds(5);    ///< then it tries no longer
  static constexpr Duration first_rest = std::chrono::seconds(60);  ///< after a wrong update
  /// Each further wrong update doubles that, up to this.
  static constexpr Duration longest_rest = std::chrono::seconds(600);
  /// During that rest a node must be heard at one locator for this long before an update to it is believed.
  static constexpr Duration shown_for = std::chrono::milliseconds(500);

  /// Is an update on trial?
  bool open() const noexcept { return first_ != never; }

  /// An update is believed for now.
  void begin(TimePoint now) noexcept {
    if (!open()) first_ = now, ask_at_ = now + ask_after, old_heard_ = false;
    last_ = now;
  }
  /// The node was heard from a locator of the update.
  void prove() noexcept { first_ = never; }
  /// It was heard from a locator that it should have left. True if that counts.
  bool doubt(TimePoint now) noexcept {
    const bool counts = now - first_ >= grace;
    old_heard_ |= counts;
    return counts;
  }
  /// True if the update was wrong; then the trial is over.
  bool refuted(TimePoint now) noexcept {
    if (!open() || !old_heard_ || now < due()) return false;
    first_ = never;
    rest_ = rest_ == Duration{} || now - rests_until_ >= longest_rest ? first_rest
                                                                      : std::min(2 * rest_, longest_rest);
    rests_until_ = now + rest_;
    shown_since_ = never;
    return true;
  }
  /// Ends a trial without a result.
  void expire(TimePoint now) noexcept {
    if (open() && now - first_ >= over) first_ = never;
  }

  /// Is it time to solicit?
  bool wants_asking(TimePoint now) const noexcept { return open() && ask_at_ <= now; }
  /// The node has solicited, if that was possible.
  void asked(bool possible, TimePoint now) noexcept {
    ask_at_ = possible || now - first_ >= ask_until ? never : now + ask_again;
  }
  TimePoint next_deadline() const noexcept {
    if (!open()) return never;
    return std::min(ask_at_, old_heard_ ? due() : first_ + over);
  }
  /// When to decide, by whether the old locator was heard.
  TimePoint due() const noexcept {
    return std::max(first_ + patience, std::min(last_ + patience_again, first_ + longest));
  }

  /// An update was recently wrong.
  bool wary(TimePoint now) const noexcept { return now < rests_until_; }
  /// While wary: a frame of the node came from `place`.
  void note(Locator place, TimePoint now) noexcept {
    if (place != shown_ || shown_since_ == never) shown_ = place, shown_since_ = now;
    shown_at_ = now;
  }
  /// The node was heard from `place` for long enough, and from nowhere else in between.
  bool shown(Locator place) const noexcept {
    return shown_since_ != never && shown_ == place && shown_at_ - shown_since_ >= shown_for;
  }

 private:
  TimePoint first_ = never;  // the first update on trial,
  TimePoint last_ = never;   // and the last
  TimePoint ask_at_ = never;
  bool old_heard_ = false;
  Duration rest_{};
  TimePoint rests_until_ = long_ago;
  Locator shown_;
  TimePoint shown_since_ = never;
  TimePoint shown_at_ = long_ago;
};

}  // namespace ilnp
