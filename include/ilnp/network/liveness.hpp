#pragma once

#include "../base/list.hpp"
#include "../base/search.hpp"
#include "liveness_checks.hpp"
#include "name_claims.hpp"
#include "neighbour_table.hpp"
#include "sender.hpp"

namespace ilnp {

/// Which other nodes are still there, and where (docs/behaviour.md, "Liveness checks"). Hears the source of each frame, and
/// decides from that which node keeps a name, whether a locator update was true, and whether a goodbye was genuine.
template <class Policies>
class Liveness {
  using Neighbours = BasicNeighbourTable<typename Policies::Interop>;

 public:
  /// A peer to which this node sends is checked when it has not been heard for this long.
  static constexpr Duration silent_after = std::chrono::seconds(10);
  static constexpr Duration scan_interval = std::chrono::seconds(1);  ///< between two looks for silent peers
  static constexpr std::size_t max_silent = 256;   ///< peers known to be silent; the first gives way
  static constexpr std::size_t max_trials = 1024;  ///< of locator updates
  /// A goodbye starts a check; further ones within this time are ignored.
  static constexpr Duration goodbye_rest = std::chrono::seconds(10);

  Liveness(Reachability& reach, Sender<Policies>& sender, Neighbours& neighbours) noexcept
      : reach_(&reach), sender_(&sender), neighbours_(&neighbours), claims_(3 * reach.config.wait_time) {}

  /// A frame arrived from `source`. Not called for every frame, but for the first of those with the same path.
  template <ContextLike Cx>
  void hear(const Ilv& source, wire::Kind kind, Cx& cx) {
    if (KnownHost* host = reach_->hosts.entry(source.nid)) {
      const bool update = kind == wire::Kind::locator_update;
      if (host->hear(source.locator, update, cx.now())) say_undone(source.nid, *host, cx);
      if (host->trial().open()) trials_at_ = std::min(trials_at_, host->trial().next_deadline());
    }
    const bool discovery = kind == wire::Kind::discovery;
    checks_.hear(source.nid, discovery, cx.now(), [&](const LivenessChecks::Check& check) {
      if (check.why == LivenessChecks::Why::name_claimed)
        keep_name(check.name, check.nid, check.claimant, cx);
    });
    if (!silent_.empty() && silent_.erase_all(source.nid) != 0) {
      ++sender_->counters.peers_heard;
      cx.observe(event::PeerHeard{source.nid, name_of(source.nid)});
    }
  }

  /// `claimant` claims `name`, which means `owner`; for the first time if `fresh`. `asks`: in a solicitation.
  template <ContextLike Cx>
  void contest(std::string_view name, Nid owner, Nid claimant, bool fresh, bool asks, Cx& cx) {
    if (owner == reach_->config.nid) return keep_name(name, owner, claimant, cx);
    const KnownHost* host = reach_->hosts.entry(owner);
    if (!host || !claims_.claimed(name, claimant, fresh, host->heard, cx.now())) return;
    // Where many nodes are known, not all of them solicit at once: the claimant has done so itself.
    const bool ask = !asks || host->used_at != long_ago || !reach_->many();
    if (checks_.begin({owner, LivenessChecks::Why::name_claimed, claimant, std::string(name)},
                      sender_->solicited_at, reach_->many(), cx.now(), ask))
      ++sender_->counters.names_checked;
  }

  /// A node that has a name says that it has another. That is believed if it repeats it.
  template <ContextLike Cx>
  void ask_for_name(Nid nid, Cx& cx) {
    checks_.begin({nid, LivenessChecks::Why::renamed, {}, {}}, sender_->solicited_at, reach_->many(),
                  cx.now());
  }

  /// Somebody says that `nid` has left: it is forgotten if it does not reply.
  template <ContextLike Cx>
  void check(Nid nid, Cx& cx) {
    KnownHost* host = reach_->hosts.find(nid, cx.now());
    if (!host || cx.now() - host->doubted < goodbye_rest) return;
    if (checks_.begin({nid, LivenessChecks::Why::goodbye, {}, {}}, sender_->solicited_at, reach_->many(),
                      cx.now()))
      host->doubted = cx.now();
  }

  /// An update of `nid` is on trial.
  void watch_update(Nid nid, KnownHost& host) {
    if (trials_.size() < max_trials && !contains(trials_, nid))
      trials_.push_back(nid);  // the others are settled when they are heard
    trials_at_ = std::min(trials_at_, host.trial().next_deadline());
  }

  /// This node has sent something to another.
  void sent(TimePoint now) noexcept {
    if (scan_at_ == never) scan_at_ = now + scan_interval;
  }

  template <ContextLike Cx>
  void on_timer(Cx& cx) {
    const TimePoint now = cx.now();
    if (trials_at_ <= now) settle_updates(cx);
    if (scan_at_ <= now) scan(now);
    checks_.poll(
        now, [&] { reach_->solicit(now); }, [&](const LivenessChecks::Check& check) { give_up(check, cx); });
    if (claims_.next_deadline() <= now)
      claims_.end(now, Nid{}, [&](const NameClaims::Conflict& over) { say_over(over, cx); });
  }

  TimePoint next_deadline() const noexcept {
    return std::min({trials_at_, scan_at_, checks_.next_deadline(), claims_.next_deadline()});
  }

  /// Liveness checks that are under way.
  std::size_t checks() const noexcept { return checks_.size(); }
  /// Names that two nodes claim.
  std::size_t conflicts() const noexcept { return claims_.size(); }
  /// Peers that are silent.
  std::size_t silent() const noexcept { return silent_.size(); }
  /// Nodes that are watched because their update is on trial.
  std::size_t trials() const noexcept { return trials_.size(); }

 private:
  static constexpr Duration spread = std::chrono::milliseconds(500);  // where many nodes solicit

  std::string_view name_of(Nid nid) noexcept {
    const KnownHost* host = reach_->hosts.entry(nid);
    return host ? std::string_view(host->name) : std::string_view();
  }

  template <ContextLike Cx>
  void keep_name(std::string_view name, Nid owner, Nid claimant, Cx& cx) {
    if (!claims_.kept(name, owner, claimant, cx.now())) return;
    ++sender_->counters.name_conflicts;
    cx.observe(event::NameConflict{name, owner, claimant});
  }

  /// Has this node solicited since the check began? Where it cannot (a firewall rejects it), silence proves nothing.
  bool asked(const LivenessChecks::Check& check) const noexcept {
    return sender_->solicited_at >= check.since;
  }

  /// The node was not heard.
  template <ContextLike Cx>
  void give_up(const LivenessChecks::Check& check, Cx& cx) {
    switch (check.why) {
      case LivenessChecks::Why::name_claimed:
        if (check.left_to_others) return ask_too(check, cx);
        if (!asked(check) || !reach_->hosts.pass(check.name, check.nid, check.claimant, cx.now())) return;
        ++sender_->counters.names_passed;
        claims_.end(check.name, [&](const NameClaims::Conflict& over) { say_over(over, cx); });
        cx.observe(event::NamesChanged{});
        return cx.observe(event::NamePassed{check.name, check.nid, check.claimant});
      case LivenessChecks::Why::goodbye:
        return asked(check) ? forget(check.nid, cx) : void();
      case LivenessChecks::Why::silence:
        if (silent_.size() == max_silent) silent_.erase(silent_.begin());
        silent_.push_back(check.nid);
        ++sender_->counters.peers_silent;
        return cx.observe(event::PeerSilent{check.nid, name_of(check.nid)});
      case LivenessChecks::Why::renamed:
        return;
    }
  }

  /// Silence after another node's solicitation proves nothing. That may have reached nobody, because of its hop limit, or
  /// because its sender had just been answered. So this node solicits itself, but not at the same time as all the others.
  template <ContextLike Cx>
  void ask_too(const LivenessChecks::Check& check, Cx& cx) {
    const Duration wait(static_cast<Duration::rep>(cx.random(static_cast<std::uint64_t>(spread.count()))));
    checks_.begin({check.nid, check.why, check.claimant, check.name},
                  std::max(sender_->solicited_at, cx.now() - LivenessChecks::spacing + wait), reach_->many(),
                  cx.now());
  }

  template <ContextLike Cx>
  void forget(Nid nid, Cx& cx) {
    const KnownHost* host = reach_->hosts.entry(nid);
    const bool used = host && host->used_at != long_ago;
    const std::string name(name_of(nid));
    reach_->hosts.forget(nid);
    cx.observe(event::NamesChanged{});  // of two names that differ in case, the other is no longer ambiguous
    reach_->correspondents.forget(nid);
    sender_->sessions.forget(nid);
    neighbours_->forget(nid);
    reach_->epoch.bump();
    silent_.erase_all(nid);
    claims_.end(cx.now(), nid, [&](const NameClaims::Conflict& over) { say_over(over, cx); });
    ++sender_->counters.peers_left;
    if (used) cx.observe(event::PeerLeft{nid, name});
  }

  template <ContextLike Cx>
  void say_over(const NameClaims::Conflict& over, Cx& cx) {
    cx.observe(event::NameConflictEnded{over.name, over.owner});
  }

  template <ContextLike Cx>
  void say_undone(Nid nid, const KnownHost& host, Cx& cx) {
    reach_->epoch.bump();
    ++sender_->counters.updates_undone;
    cx.observe(event::UpdateUndone{nid, host.name, host.in_use()});
  }

  template <ContextLike Cx>
  void settle_updates(Cx& cx) {
    trials_at_ = never;
    bool asked = false;
    trials_.erase_if([&](Nid nid) {
      KnownHost* host = reach_->hosts.entry(nid);
      if (!host) return true;
      if (host->settle(cx.now())) say_undone(nid, *host, cx);
      if (host->trial().wants_asking(cx.now()))
        host->trial().asked(asked = asked || reach_->ask(cx.now()), cx.now());
      trials_at_ = std::min(trials_at_, host->trial().next_deadline());
      return !host->trial().open();
    });
  }

  /// Looks for silent peers to which this node sends.
  void scan(TimePoint now) {
    scan_at_ = never;
    reach_->correspondents.for_each_addressed(now, [&](Nid nid, TimePoint since) {
      scan_at_ = now + scan_interval;
      const KnownHost* host = reach_->hosts.entry(nid);
      if (!host || now - std::max(host->heard, since) < silent_after) return;
      if (contains(silent_, nid)) return;
      checks_.begin({nid, LivenessChecks::Why::silence, {}, {}}, sender_->solicited_at, reach_->many(), now);
    });
  }

  Reachability* reach_;
  Sender<Policies>* sender_;
  Neighbours* neighbours_;
  LivenessChecks checks_;
  NameClaims claims_;
  List<Nid> silent_;
  TimePoint scan_at_ = never;
  List<Nid> trials_;  // nodes whose updates are on trial
  TimePoint trials_at_ = never;
};

}  // namespace ilnp
