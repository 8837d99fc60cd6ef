#pragma once

#include "../base/list.hpp"
#include "../base/search.hpp"
#include "discoverer.hpp"
#include "locator_updates.hpp"
#include "move_schedule.hpp"

namespace ilnp {

/// Moves this node from network to network (docs/behaviour.md, "Moves"), tells its correspondents, and handles their
/// updates. A move is made or undone whatever the correspondents do.
template <class Policies>
class Mover {
  using Format = typename Policies::Format;
  using Header = typename Format::Header;

 public:
  /// The longest time from an advertisement, which the routers need first, to the update.
  static constexpr Duration update_delay = std::chrono::milliseconds(100);

  Mover(Reachability& reach, Sender<Policies>& sender, Discoverer<Policies>& discoverer,
        Liveness<Policies>& liveness) noexcept
      : reach_(&reach),
        sender_(&sender),
        discoverer_(&discoverer),
        liveness_(&liveness),
        updates_(reach.config.loc_update_retries, reach.config.loc_update_retry_wait_time),
        schedule_(reach.config) {}

  /// The node has joined the first set of locators.
  void start(TimePoint now) noexcept { schedule_.start(now); }
  void rekey(const HashKey& key) { updates_.rekey(key); }

  template <ContextLike Cx>
  void on_timer(Cx& cx) {
    const bool moving = schedule_.next_move() <= cx.now();
    if (handing_off() && (moving || schedule_.handoff_end() <= cx.now())) end_handoff(cx);
    if (moving) schedule_.tried(begin_handoff(schedule_.next_set(), cx), cx.now());
    send_updates(cx);
  }

  TimePoint next_deadline() const noexcept {
    return std::min({schedule_.next_move(), schedule_.handoff_end(), updates_.next_deadline()});
  }

  /// Moves to `locators` now: the first `NetworkConfig::max_locators` of them, each once. False, and nothing has changed,
  /// if none could be joined.
  template <ContextLike Cx>
  bool move_to(std::span<const Locator> locators, Cx& cx) {
    if (handing_off()) end_handoff(cx);
    return begin_handoff(locators, cx);
  }

  /// See `NetworkParts::join`.
  template <ContextLike Cx>
  bool join(Locator locator, Cx& cx) {
    if (handing_off()) end_handoff(cx);
    const List<Locator> from = reach_->interfaces.locators();
    if (const error_code error = join_underlay(locator)) {
      cx.observe(event::HandoffUndone{std::span(&locator, 1), error});
      return false;
    }
    List<Locator> to = from;
    to.push_back(locator);
    hand_off(from, to, cx);
    for (Interface& interface : reach_->interfaces.all()) interface.passing = false;
    reach_->solicit(cx.now());
    return true;
  }

  /// See `NetworkParts::suspend_moves`.
  void suspend() noexcept { schedule_.suspend(); }
  /// See `NetworkParts::resume_moves`.
  template <ContextLike Cx>
  bool resume(Cx& cx) {
    if (!schedule_.suspended()) return true;
    if (!move_to(schedule_.current_set(), cx)) return false;
    schedule_.resume(cx.now());
    return true;
  }
  /// When this node moves, and whether it is in handoff.
  const MoveSchedule& schedule() const noexcept { return schedule_; }

  /// There is traffic with `peer` again: during a handoff it is told as well.
  void meet(Nid peer, TimePoint now) {
    if (handing_off()) updates_.add(peer, now);
  }

  /// The correspondents that the last move concerns, for `for_each_table`.
  const LocatorUpdates& updates() const noexcept { return updates_; }

  /// A locator update or an acknowledgement for this node; `payload`: as the guard has opened it.
  template <ContextLike Cx>
  void receive(FrameSource from, const Header& header, Bytes payload, const Interface& in, Cx& cx) {
    const auto message = Format::LocatorUpdate::parse(payload);
    if (!message) return sender_->drop(Drop::update_malformed, in.locator, cx);
    const Ilv source = header.source();
    reach_->learn(source.locator, from, cx.now());
    if (message->acknowledgement()) {
      if (!updates_.acknowledge(source.nid, header.destination().locator))
        return sender_->drop(Drop::acknowledgement_unexpected, in.locator, cx);
      ++sender_->counters.acknowledgements_received;
      return cx.observe(event::UpdateAcknowledged{source.nid});
    }
    if (!reach_->correspondents.active(source.nid, cx.now()))
      return sender_->drop(Drop::update_unexpected, in.locator, cx);
    List<Locator> locators(std::min(message->count(), KnownHost::max_locators));
    for (std::size_t at = 0; at < locators.size(); ++at) locators[at] = message->locator(at);
    KnownHost* host = &reach_->hosts.touch(source.nid, from.share(), cx.now());
    if (!host->updated_to(locators)) {
      if (!host->may_be_at(locators, cx.now())) return sender_->drop(Drop::update_unproven, in.locator, cx);
      if (!reach_->correspondents.admit_change(source.nid, cx.now()))
        return sender_->drop(Drop::update_too_often, in.locator, cx);
      host->update(locators, cx.now());
      if (host->trial().open()) liveness_->watch_update(source.nid, *host);
    }
    ++sender_->counters.updates_received;
    // The acknowledgement leaves where the update arrived, so that a router forwards it to the new location: that proves
    // the new path. Its source is the destination of the update, if that is a locator of this node: the sender may know the
    // node by it.
    const Locator addressed = header.destination().locator;
    const Locator own = reach_->interfaces.joined(addressed) ? addressed : in.locator;
    sender_->say_moved({locators.front(), source.nid}, own, in.locator, {}, cx);
  }

 private:
  bool handing_off() const noexcept { return schedule_.handoff_end() != never; }

  static bool among(const List<Locator>& set, Locator locator) noexcept { return contains(set, locator); }

  /// Joins the new locators, announces them, and tells the correspondents.
  template <ContextLike Cx>
  bool begin_handoff(std::span<const Locator> locators, Cx& cx) {
    const List<Locator> from = reach_->interfaces.locators();
    List<Locator> to;
    error_code why;
    for (const Locator locator : locators) {
      if (among(to, locator) || to.size() == NetworkConfig::max_locators) continue;
      if (const error_code error = among(from, locator) ? error_code{} : join_underlay(locator)) {
        why = error;
      } else {
        to.push_back(locator);
      }
    }
    if (to.empty()) {
      cx.observe(event::HandoffUndone{locators, why});
      return false;
    }
    if (from != to) hand_off(from, to, cx);
    return true;
  }

  error_code join_underlay(Locator locator) {
    return locator == all_nodes_locator ? Errc::invalid_address : sender_->next.join(locator);
  }

  /// The underlay has joined all of `to`.
  template <ContextLike Cx>
  void hand_off(const List<Locator>& from, const List<Locator>& to, Cx& cx) {
    Interfaces& interfaces = reach_->interfaces;
    for (Interface& interface : interfaces.all()) {
      if (among(to, interface.locator)) continue;
      // Anything still announced there would keep correspondents at a location that is being left.
      interface.leaving = true;
      interface.announcements = 0;
      interface.advertise_at = interface.solicit_at = never;
    }
    for (const Locator locator : to)
      if (!among(from, locator))
        interfaces.add({.locator = locator,
                        .passing = true,
                        .announcements = 2,
                        .joined_at = cx.now(),
                        .advertise_at = cx.now()});
    interfaces.prefer(to);
    schedule_.begin_handoff(cx.now());
    ++sender_->counters.handoffs;
    cx.observe(event::HandoffBegan{from, to});
    discoverer_->announce(cx);
    updates_.begin(to);
    const TimePoint due = cx.now() + std::min<Duration>(update_delay, reach_->config.handoff_time / 8);
    for (const Nid peer : reach_->correspondents.all_active(cx.now())) updates_.add(peer, due);
    if (reach_->config.handoff_time == Duration::zero()) {
      send_updates(cx);
      end_handoff(cx);
      discoverer_->announce(cx);
    }
  }

  /// Leaves the old locators, and forgets what was learnt there.
  template <ContextLike Cx>
  void end_handoff(Cx& cx) {
    schedule_.end_handoff();
    Interfaces& interfaces = reach_->interfaces;
    const Interface* preferred = interfaces.preferred();
    const auto instead = preferred ? std::optional(preferred->locator) : std::nullopt;
    bool left = false;
    bool guessed = false;
    for (const Locator locator : interfaces.locators()) {
      if (!interfaces.find(locator)->leaving) continue;
      guessed |= reach_->forwarding.forget(locator, instead, cx.now());
      sender_->next.leave(locator);
      interfaces.remove(locator, cx.now());
      left = true;
    }
    for (Interface& interface : interfaces.all()) {
      interface.passing = false;
      if (!left) continue;
      // Announces again, now that this is the only location.
      interface.announcements = 2;
      interface.advertise_at = cx.now();
      if (guessed) interface.solicit_at = cx.now();
    }
    cx.observe(event::HandoffEnded{interfaces.locators()});
  }

  template <ContextLike Cx>
  void send_updates(Cx& cx) {
    updates_.poll(
        cx.now(),
        [&](Nid peer, unsigned attempt) {
          KnownHost* host = reach_->hosts.find(peer, cx.now());
          const Locator* locator = host ? reach_->locate(peer, *host, cx) : nullptr;
          const auto out = locator ? update_interface(*locator, cx.now()) : std::nullopt;
          if (out && sender_->say_moved({*locator, peer}, *out, *out, updates_.locators(), cx))
            cx.observe(event::UpdateSent{peer, static_cast<int>(attempt)});
        },
        [&](Nid peer) { cx.observe(event::UpdateGivenUp{peer}); });
  }

  /// The interface through which an update to `locator` leaves: the old one, by which the correspondent knows this node;
  /// once it has been left, the one that leads there.
  std::optional<Locator> update_interface(Locator locator, TimePoint now) {
    const Interface* old = reach_->interfaces.find(locator);
    if (old && old->leaving) return locator;
    if (const auto found = reach_->forwarding.find(locator, now, false)) {
      const Interface* learnt = reach_->interfaces.find(found->interface);
      if (learnt && learnt->leaving) return found->interface;
    }
    for (const Interface& interface : reach_->interfaces.all())
      if (interface.leaving) return interface.locator;
    return reach_->route(locator, now);
  }

  Reachability* reach_;
  Sender<Policies>* sender_;
  Discoverer<Policies>* discoverer_;
  Liveness<Policies>* liveness_;
  LocatorUpdates updates_;
  MoveSchedule schedule_;
};

}  // namespace ilnp
