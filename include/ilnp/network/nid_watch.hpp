#pragma once

#include "sender.hpp"

namespace ilnp {

/// Notices another node with this node's identifier (docs/behaviour.md, "Duplicate identifiers"). Frames with the node's
/// own identifier come back often: others forward them to another network that this node has joined, or reflect them. So a
/// frame counts only if this node cannot have sent it: it has the full hop limit; or its source is a locator from which
/// this node has recently sent nothing; or it is a discovery message that this node has not sent.
///
/// Two such frames, at least `apart`, raise the alarm. After the first this node solicits, so that the other node, if it
/// runs this toolkit, notices too. The alarm repeats while it lasts, and ends when nothing has been heard for `patience`.
template <class Policies>
class NidWatch {
  using Format = typename Policies::Format;
  using Header = typename Format::Header;

 public:
  /// For this long after a start or a suspension, what the previous process sent may still be on its way.
  static constexpr Duration quiet = std::chrono::seconds(3);
  /// The least time between the two frames that raise the alarm.
  static constexpr Duration apart = std::chrono::seconds(1);
  /// Between two reports of an alarm that lasts.
  static constexpr Duration repeat = std::chrono::seconds(60);
  /// The alarm ends after this time without such a frame.
  static constexpr Duration patience = std::chrono::seconds(50);
  static constexpr Duration first_gap =
      std::chrono::milliseconds(1100);  ///< between two solicitations; doubled each time
  static constexpr Duration longest_gap = std::chrono::seconds(15);  ///< where the doubling ends

  explicit NidWatch(Reachability& reach, Sender<Policies>& sender) noexcept
      : reach_(&reach), sender_(&sender) {}

  /// The node starts: what an earlier process sent with this identifier raises no alarm.
  void start(TimePoint now) noexcept { quiet_until_ = now + quiet; }
  /// See `ILNP::resumed`.
  void resumed(TimePoint now) noexcept { quiet_until_ = now + quiet; }

  /// A frame with this node's identifier arrived. True if the other node solicits and should hear of this one.
  template <ContextLike Cx>
  bool hear(const Header& header, const Interface& in, Cx& cx) {
    const bool discovery = Format::kind(header) == wire::Kind::discovery;
    const wire::Parsed<typename Format::Discovery> message =
        discovery ? Format::Discovery::parse(header.payload()) : wire::Malformed::unknown_type;
    if (may_be_own(header, message, cx.now())) return false;
    const bool asked = message && message->solicitation();
    if (cx.now() < quiet_until_) {
      probe_at_ = quiet_until_;
      return asked;
    }
    ++sender_->counters.duplicate_nid;
    ++frames_;
    heard_at_ = cx.now();
    locator_ = header.source().locator;
    interface_ = in.locator;
    if (state_ == State::none) {
      state_ = State::suspected;
      since_ = cx.now();
      gap_ = first_gap;
      probe_at_ = std::max(cx.now(), probed_at_ + first_gap);
    } else if (state_ == State::suspected && cx.now() - since_ >= apart) {
      state_ = State::raised;
      repeat_at_ = cx.now() + repeat;
      show(event::DuplicateNid::State::began, cx);
    }
    return asked;
  }

  template <ContextLike Cx>
  void on_timer(Cx& cx) {
    if (cx.now() < next_deadline()) return;
    if (state_ != State::none && cx.now() - heard_at_ >= patience) {
      if (state_ == State::raised) show(event::DuplicateNid::State::ended, cx);
      state_ = State::none;
      frames_ = 0;
      probe_at_ = repeat_at_ = never;
    }
    if (probe_at_ <= cx.now()) {
      reach_->solicit(cx.now());
      probed_at_ = cx.now();
      probe_at_ = state_ == State::none ? never : cx.now() + gap_;
      gap_ = std::min(2 * gap_, longest_gap);
    }
    if (repeat_at_ <= cx.now()) {
      repeat_at_ = cx.now() + repeat;
      show(event::DuplicateNid::State::lasts, cx);
    }
  }

  /// Another node with this node's identifier is heard.
  bool raised() const noexcept { return state_ == State::raised; }

  TimePoint next_deadline() const noexcept {
    return state_ == State::none ? probe_at_ : std::min({probe_at_, repeat_at_, heard_at_ + patience});
  }

 private:
  enum class State { none, suspected, raised };

  /// May this node have sent this, and another have passed it on?
  bool may_be_own(const Header& header, const wire::Parsed<typename Format::Discovery>& message,
                  TimePoint now) const noexcept {
    const Locator source = header.source().locator;
    if (header.hop_limit() >= reach_->config.hop_limit) return false;  // nobody has passed it on
    if (now - reach_->interfaces.last_sent(source) >= OwnMessages::memory) return false;
    if (!message) return true;
    return message->nid() == reach_->config.nid && message->host_name() == reach_->config.host_name &&
           sender_->own_messages.may_have_said(source, message->locator(), message->solicitation(), now);
  }

  template <ContextLike Cx>
  void show(event::DuplicateNid::State state, Cx& cx) const {
    cx.observe(event::DuplicateNid{state, reach_->config.nid, locator_, interface_, frames_});
  }

  Reachability* reach_;
  Sender<Policies>* sender_;
  State state_ = State::none;
  TimePoint quiet_until_ = long_ago;
  TimePoint since_ = long_ago;
  TimePoint heard_at_ = long_ago;
  TimePoint probed_at_ = long_ago;
  TimePoint probe_at_ = never;
  TimePoint repeat_at_ = never;
  Duration gap_ = first_gap;
  std::uint64_t frames_ = 0;
  Locator locator_;
  Locator interface_;
};

}  // namespace ilnp
