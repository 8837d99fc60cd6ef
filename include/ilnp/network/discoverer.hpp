#pragma once

#include "../base/content_hash.hpp"
#include "../base/search.hpp"
#include "liveness.hpp"
#include "neighbour_table.hpp"
#include "seen_messages.hpp"
#include "sender.hpp"

namespace ilnp {

/// Discovery (docs/behaviour.md, "Discovery"): learns from every message that it hears, answers solicitations, passes
/// messages on to the other networks, and announces where this node is.
template <class Policies>
class Discoverer {
  using Format = typename Policies::Format;
  using Header = typename Format::Header;
  using Neighbours = BasicNeighbourTable<typename Policies::Interop>;

 public:
  static constexpr Duration retry_wait =
      std::chrono::milliseconds(200);  ///< before a failed message is sent again
  static constexpr Duration repeat_wait =
      std::chrono::milliseconds(1200);  ///< between the two announcements of a move

  static constexpr Duration longest_spread =
      std::chrono::milliseconds(500);  ///< of the answers, where many nodes are known: a millisecond for each
  static_assert(LivenessChecks::reply_time_of_many > longest_spread,
                "a node that answers in time must not count as gone");

  Discoverer(Reachability& reach, Sender<Policies>& sender, Neighbours& neighbours,
             Liveness<Policies>& liveness) noexcept
      : reach_(&reach), sender_(&sender), neighbours_(&neighbours), liveness_(&liveness) {}

  void rekey(const HashKey& key) { seen_.rekey(key); }

  /// A packet for all nodes arrived. `frame` is passed on unchanged except for its hop limit.
  template <ContextLike Cx>
  void receive(FrameSource from, const Header& header, MutableBytes frame, const Interface& in, Cx& cx) {
    if (Format::kind(header) != wire::Kind::discovery)
      return sender_->drop(Drop::unknown_destination, in.locator, cx);
    const auto message = Format::Discovery::parse(header.payload());
    if (!message || message->nid() == Nid{})
      return sender_->drop(message.error() == wire::Malformed::bad_host_name ? Drop::discovery_bad_name
                                                                             : Drop::discovery_malformed,
                           in.locator, cx);
    ++sender_->counters.discovery_received;
    const Ilv source = header.source();
    const std::uint64_t hash = content_hash(header.payload(), reach_->key, reach_->key(source));
    if (!sender_->guard.believes(source, *message, cx)) return pass_on(hash, header, frame, from, cx);
    reach_->learn(source.locator, from, cx.now());
    if (source.locator == in.locator && message->nid() == source.nid)
      neighbours_->hear(from.sender, source.nid, header.hop_limit(), in, cx.now(), from.share());
    if (message->nid() != reach_->config.nid) learn_host(*message, source, from, cx);
    if (reach_->interfaces.all().size() > 1)
      if (const auto paths =
              seen_.compare(source.locator, from.share(), in.locator, header.hop_limit(), cx.now())) {
        if (paths->alike)
          reach_->forwarding.alike(source.locator, paths->nearer, paths->farther, cx.now());
        else
          reach_->forwarding.prefer(source.locator, paths->nearer, paths->farther, reach_->interfaces,
                                    cx.now());
      }
    if (message->solicitation()) {
      reach_->rounds.heard(cx.now());
      if (!reach_->many()) {
        if (seen_.answer(hash, in.locator.value(), from.share(), cx.now())) answer(in, cx);
      } else if (seen_.answer(reach_->key(message->nid().value()), 0, from.share(), cx.now())) {
        answer_later(cx);  // one answer for all copies of a solicitation, whichever paths they take
      }
    }
    pass_on(hash, header, frame, from, cx);
  }

  /// Another node with this node's identifier has solicited: announces that this one is there.
  void answer_namesake(TimePoint now) { advertise_everywhere(now); }

  /// Does what is due: rounds, reminders, announcements.
  template <ContextLike Cx>
  void on_timer(Cx& cx) {
    if (reach_->rounds.round_due(cx)) reach_->solicit(cx.now());
    if (reach_->rounds.refresh_due(cx.now())) refresh(cx.now());
    announce(cx);
  }

  /// Sends the advertisements and solicitations that are due. What cannot be sent (the link is down or not ready) is
  /// retried.
  template <ContextLike Cx>
  void announce(Cx& cx) {
    const TimePoint now = cx.now();
    const TimePoint again = may_say_again();
    for (Interface& interface : reach_->interfaces.all()) {
      if (interface.advertise_at <= now && interface.announcements == 0)
        interface.advertise_at = std::max(interface.advertise_at, again);
      if (interface.advertise_at <= now) {
        const bool sent = advertise(interface, interface.locator, cx);
        if (sent && interface.announcements > 0) --interface.announcements;
        interface.advertise_at = !sent                         ? now + retry_wait
                                 : interface.announcements > 0 ? now + repeat_wait
                                                               : never;
      }
      if (interface.solicit_at <= now) {
        const bool sent = sender_->announce(interface.locator, interface.locator, true, cx);
        interface.solicit_at = sent ? never : now + retry_wait;
      }
    }
  }

  TimePoint next_deadline() const noexcept {
    TimePoint next = reach_->rounds.next_deadline();
    for (const Interface& interface : reach_->interfaces.all())
      next = std::min({next, interface.solicit_at, interface.advertise_at});
    return next;
  }

  /// The messages of the last second, for `for_each_table`.
  const SeenMessages& seen() const noexcept { return seen_; }

 private:
  static constexpr Duration slack = std::chrono::milliseconds(50);

  template <ContextLike Cx>
  bool advertise(Interface& out, Locator named, Cx& cx) {
    if (!sender_->announce(out.locator, named, false, cx)) return false;
    seen_.say(out.locator, named, cx.now());
    return true;
  }

  template <ContextLike Cx>
  void learn_host(const typename Format::Discovery& message, const Ilv& source, FrameSource from, Cx& cx) {
    const Nid nid = message.nid();
    const Epoch::Stamp names = reach_->hosts.changed();
    KnownHost* host = &reach_->hosts.touch(nid, from.share(), cx.now());
    host->heard = cx.now();
    const auto claimed = reach_->hosts.claim(nid, *host, message.host_name(), cx.now());
    if (reach_->hosts.changed() != names) cx.observe(event::NamesChanged{});
    if (claimed.unsure) {
      liveness_->ask_for_name(nid, cx);
    } else if (claimed.owner != nid) {
      liveness_->contest(message.host_name(), claimed.owner, nid, claimed.fresh, message.solicitation(), cx);
    }
    bool believed = host->confirm(message.locator(), cx.now());
    // The source of a message that a node itself has sent shows where it is, too.
    if (source.nid == nid && source.locator != message.locator())
      believed &= host->confirm(source.locator, cx.now());
    if (!believed) sender_->drop(Drop::update_contradicted, from.interface, cx);
  }

  /// Announces on every interface that this node is at the one on which the solicitation arrived.
  template <ContextLike Cx>
  void answer(const Interface& in, Cx& cx) {
    // A locator that is being left is no longer advertised, neither in the message nor as its source.
    const Interface* preferred = reach_->interfaces.preferred();
    const Locator named = in.leaving && preferred ? preferred->locator : in.locator;
    // What nobody would pass on yet is sent later, and on all interfaces at once, so that nobody believes that this node
    // moves between them.
    const bool said = any_of(reach_->interfaces.all(), [&](const Interface& out) {
      return !out.leaving && cx.now() - seen_.last_said(out.locator, named) < SeenMessages::window;
    });
    if (said) return advertise_everywhere(cx.now());
    for (Interface& out : reach_->interfaces.all())
      if (!out.leaving) advertise(out, named, cx);
  }

  /// The same after a random time, so that many nodes do not answer at once, and that one answer serves all nodes that ask
  /// in the meantime.
  template <ContextLike Cx>
  void answer_later(Cx& cx) {
    const Duration spread = std::min<Duration>(
        longest_spread, std::chrono::milliseconds(static_cast<std::int64_t>(reach_->hosts.size())));
    const auto wait = cx.random(static_cast<std::uint64_t>(spread.count()) + 1);
    advertise_everywhere(cx.now() + Duration(static_cast<Duration::rep>(wait)));
  }

  /// Announces on each interface that this node is there, at `due` or a little later.
  void advertise_everywhere(TimePoint due) {
    due = std::max(due, may_say_again());
    for (Interface& out : reach_->interfaces.all())
      if (!out.leaving) out.advertise_at = std::min(out.advertise_at, due);
  }

  /// The earliest time at which an announcement on each interface is useful: nobody passes on the same octets twice within
  /// a second, so a node that asks just after they were sent would not get them.
  TimePoint may_say_again() const noexcept {
    TimePoint last = long_ago;
    for (const Interface& out : reach_->interfaces.all())
      if (!out.leaving) last = std::max(last, seen_.last_said(out.locator, out.locator));
    return last + SeenMessages::window + slack;
  }

  template <ContextLike Cx>
  void pass_on(std::uint64_t hash, const Header& header, MutableBytes frame, FrameSource from, Cx& cx) {
    if (reach_->interfaces.all().size() < 2) return;
    const Locator in = from.interface;
    const std::uint8_t hop_limit = header.hop_limit();
    if (hop_limit == 0) return sender_->drop(Drop::hop_limit, in, cx);
    switch (seen_.pass(hash, from.share(), hop_limit, cx.now())) {
      case SeenMessages::Pass::repeated:
        return sender_->drop(Drop::discovery_repeated, in, cx);
      case SeenMessages::Pass::table_full:
        return sender_->drop(Drop::table_full, in, cx);
      case SeenMessages::Pass::yes:
        break;
    }
    const Locator origin = header.source().locator;
    Format::set_hop_limit(frame, static_cast<std::uint8_t>(hop_limit - 1));
    for (const Interface& out : reach_->interfaces.all()) {
      if (out.locator == in || out.locator == origin) continue;
      if (sender_->next.send(out.locator, Packet({}, frame), cx)) {
        sender_->drop(Drop::send_failed, out.locator, cx);
      } else {
        ++sender_->counters.discovery_passed_on;
      }
    }
  }

  /// Reminds the routers of an endpoint that would otherwise only listen. On all interfaces at once, so that nobody
  /// believes that this node moves between them.
  void refresh(TimePoint now) {
    if (now - reach_->correspondents.last_traffic() >= 3 * reach_->config.wait_time) return;
    const bool due = any_of(reach_->interfaces.all(), [&](const Interface& interface) {
      return !interface.leaving && now - interface.last_sent >= reach_->rounds.refresh();
    });
    if (!due) return;
    for (Interface& interface : reach_->interfaces.all())
      if (!interface.leaving) interface.advertise_at = std::min(interface.advertise_at, now);
  }

  Reachability* reach_;
  Sender<Policies>* sender_;
  Neighbours* neighbours_;
  Liveness<Policies>* liveness_;
  SeenMessages seen_;
};

}  // namespace ilnp
