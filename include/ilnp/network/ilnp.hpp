#pragma once

#include <deque>

#include "../layer.hpp"
#include "../wire/discovery.hpp"
#include "../wire/ilnp_header.hpp"
#include "../wire/locator_update.hpp"
#include "content_hash.hpp"
#include "correspondent_table.hpp"
#include "counters.hpp"
#include "discovery_rounds.hpp"
#include "duplicate_filter.hpp"
#include "events.hpp"
#include "forwarding_table.hpp"
#include "host_table.hpp"
#include "locator_updates.hpp"
#include "move_schedule.hpp"
#include "reflection_filter.hpp"
#include "seen_messages.hpp"

namespace ilnp {

/// The network layer (RFC 6740; docs/protocol.md): carries packets between nodes that are named by their identifier, wherever
/// they are; finds them, forwards for others, and moves from network to network without losing a packet.
///
/// A pure state machine: `start` once, then feed it frames (`on_receive`) and time (`on_timer` at `next_deadline()`). One
/// thread. Does not move in memory. Models `NetworkLayer`.
template <Underlay Next>
class ILNP {
 public:
  static constexpr std::size_t max_loopback = 64;  ///< packets to itself that wait
  static constexpr Duration retry_wait =
      std::chrono::milliseconds(200);  ///< before an announcement that could not be sent
  static constexpr Duration repeat_wait =
      std::chrono::milliseconds(1200);  ///< between two announcements of a move
  static constexpr Duration update_delay =
      std::chrono::milliseconds(100);  ///< at the most, behind the advertisement

  /// Throws `std::invalid_argument` if `config` describes no node. The other arguments go to the underlay.
  template <class... Args>
  explicit ILNP(NetworkConfig config, Args&&... args)
      : config_((config.validate(), std::move(config))),
        next_(std::forward<Args>(args)...),
        forwarding_(config_.backwards_learning_ttl, 3 * config_.wait_time),
        hosts_(config_.nid, config_.host_name, 3 * config_.wait_time),
        correspondents_(config_.active_unicast_session_ttl),
        neighbours_(3 * config_.wait_time),
        election_(config_.nid, neighbours_),
        updates_(config_.loc_update_retries, config_.loc_update_retry_wait_time),
        rounds_(config_.wait_time, config_.backwards_learning_ttl / 3),
        schedule_(config_) {}

  ILNP(const ILNP&) = delete;
  ILNP& operator=(const ILNP&) = delete;

  /// Joins the first set of locators and begins to announce itself. Error: the first locator that could not be joined.
  template <ContextLike Cx>
  error_code start(Cx& cx) {
    for (const Locator locator : config_.locators.front()) {
      if (const error_code error = next_.join(locator)) return error;
      interfaces_.add({.locator = locator, .joined_at = cx.now(), .solicit_at = cx.now()});
    }
    rounds_.start(cx);
    schedule_.start(cx.now());
    return {};
  }

  /// Sends `packet` to the node `to`. Errors: `unknown_host`, `no_route`, `message_too_long`, those of the underlay. An unknown
  /// host, or a missing route, is asked for at once; the caller may try again.
  template <ContextLike Cx>
  error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    if (packet.size() > max_payload()) return Errc::message_too_long;
    if (to == config_.nid) return loop_back(next_header, packet);
    Host* host = hosts_.find(to, cx.now());
    if (!host) return ask(cx.now()), Errc::unknown_host;
    const Locator* locator = locate(to, *host, cx);
    const auto out = locator ? route(*locator, cx.now()) : std::nullopt;
    if (!out) return ask(cx.now()), Errc::no_route;
    if (correspondents_.touch(to, true, cx.now())) tell_newcomer(to, cx.now());
    return transmit({*locator, to}, {*out, config_.nid}, *out, next_header, packet, cx);
  }

  /// A frame came in. Calls `up(const NetworkSource&, Bytes)` if it holds a packet for this node that is not the network layer's own.
  template <ContextLike Cx, class Up>
  void on_receive(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.on_receive(from, frame, cx,
                     [&](FrameSource source, MutableBytes received) { receive(source, received, cx, up); });
  }

  /// Does what is due. May call `up` for packets that this node sent to itself.
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    if (next_.on_timer(cx)) solicit(cx.now());
    for (std::size_t waiting = loopback_.size(); waiting > 0; --waiting) {
      const Looped packet = std::move(loopback_.front());
      loopback_.pop_front();
      const Locator here = interfaces_.all().empty() ? Locator{} : interfaces_.all().front().locator;
      const Ilv self{here, config_.nid};
      ++counters_.delivered;
      up(NetworkSource{self, self, here, packet.next_header, config_.hop_limit}, Bytes(packet.payload));
    }
    if (rounds_.round_due(cx)) solicit(cx.now());
    if (rounds_.refresh_due(cx.now())) refresh(cx.now());
    move(cx);
    announce(cx);
    send_updates(cx);
  }

  TimePoint next_deadline() const noexcept {
    if (!loopback_.empty()) return long_ago;
    TimePoint next = std::min({next_.next_deadline(), rounds_.next_deadline(), schedule_.next_move(),
                               schedule_.handoff_end(), updates_.next_deadline()});
    for (const Interface& interface : interfaces_.all())
      next = std::min({next, interface.solicit_at, interface.advertise_at});
    return next;
  }

  /// Moves to `locators` now, as the schedule would. False if none of them could be joined; then nothing has changed.
  template <ContextLike Cx>
  bool move_to(std::span<const Locator> locators, Cx& cx) {
    if (handing_off()) end_handoff(cx);
    return begin_handoff(locators, cx);
  }

  /// The identifier that `name` means. Error: `unknown_host`; then it is asked for.
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    const Nid nid = hosts_.resolve(name, cx.now());
    if (nid != Nid{}) return nid;
    ask(cx.now());
    return Errc::unknown_host;
  }

  Nid local_nid() const noexcept { return config_.nid; }
  /// The most octets that fit behind the network header.
  std::size_t max_payload() const noexcept { return next_.max_frame() - wire::IlnpHeader::size; }
  const NetworkConfig& config() const noexcept { return config_; }
  const NetworkCounters& counters() const noexcept { return counters_; }
  const Interfaces& interfaces() const noexcept { return interfaces_; }
  const HostTable& hosts() const noexcept { return hosts_; }
  const ForwardingTable& forwarding() const noexcept { return forwarding_; }
  const CorrespondentTable& correspondents() const noexcept { return correspondents_; }
  Next& next_layer() noexcept { return next_; }
  const Next& next_layer() const noexcept { return next_; }

 private:
  struct Looped {
    std::uint8_t next_header;
    std::vector<std::byte> payload;
  };

  template <ContextLike Cx>
  void drop(Drop reason, Locator interface, Cx& cx) {
    ++counters_.dropped[static_cast<std::size_t>(reason)];
    cx.observe(event::Dropped{reason, interface});
  }

  // ---- receiving ----------------------------------------------------------------------------------------------------

  template <ContextLike Cx, class Up>
  void receive(FrameSource from, MutableBytes frame, Cx& cx, Up& up) {
    ++counters_.received;
    const Interface* in = interfaces_.find(from.interface);
    if (!in) return drop(Drop::not_joined, from.interface, cx);
    const auto header = wire::IlnpHeader::parse(frame);
    if (!header)
      return drop(header.error() == wire::Malformed::too_short ? Drop::too_short : Drop::wrong_length,
                  from.interface, cx);
    const Ilv source = header->source();
    const Ilv destination = header->destination();
    if (source.nid == config_.nid) return drop(Drop::own_frame, from.interface, cx);
    if (destination.nid == config_.nid) return receive_local(*header, *in, cx, up);
    if (destination.nid == Nid{} && destination.locator == all_nodes_locator) {
      if (header->next_header() != static_cast<std::uint8_t>(wire::NextHeader::discovery))
        return drop(Drop::unknown_destination, from.interface, cx);
      return receive_discovery(from, *header, frame, *in, cx);
    }
    forward(from, *header, frame, *in, cx);
  }

  template <ContextLike Cx, class Up>
  void receive_local(const wire::IlnpHeader& header, const Interface& in, Cx& cx, Up& up) {
    if (header.next_header() == static_cast<std::uint8_t>(wire::NextHeader::locator_update))
      return receive_update(header, in, cx);
    const Ilv source = header.source();
    const Ilv destination = header.destination();
    learn(source.locator, in.locator, cx);
    if (destination.locator != in.locator &&
        !reflections_.admit({source, destination}, in.locator, header.hop_limit(), cx.now()))
      return drop(Drop::reflected, in.locator, cx);
    // A copy of what came in on an interface that has just been left may still be under way.
    const bool several = interfaces_.all().size() > 1 || cx.now() - left_at_ < DuplicateFilter::window;
    if (several && !duplicates_.admit(content_hash(header.frame().subspan(8), header.next_header()), in.slot,
                                      interfaces_.slots(), cx.now()))
      return drop(Drop::duplicate, in.locator, cx);
    if (correspondents_.touch(source.nid, false, cx.now())) tell_newcomer(source.nid, cx.now());
    ++counters_.delivered;
    up(NetworkSource{source, destination, in.locator, header.next_header(), header.hop_limit()},
       header.payload());
  }

  template <ContextLike Cx>
  void receive_update(const wire::IlnpHeader& header, const Interface& in, Cx& cx) {
    const auto message = wire::LocatorUpdate::parse(header.payload());
    if (!message) return drop(Drop::update_malformed, in.locator, cx);
    const Ilv source = header.source();
    learn(source.locator, in.locator, cx);
    if (message->acknowledgement()) {
      if (!updates_.acknowledge(source.nid, header.destination().locator))
        return drop(Drop::acknowledgement_unexpected, in.locator, cx);
      ++counters_.acknowledgements_received;
      return cx.observe(event::UpdateAcknowledged{source.nid});
    }
    if (!correspondents_.active(source.nid, cx.now())) return drop(Drop::update_unexpected, in.locator, cx);
    std::vector<Locator> locators(std::min(message->count(), Host::max_locators));
    for (std::size_t at = 0; at < locators.size(); ++at) locators[at] = message->locator(at);
    Host* host = hosts_.touch(source.nid, cx.now());
    if (!host) return drop(Drop::table_full, in.locator, cx);
    if (!host->updated_to(locators)) {
      if (!correspondents_.admit_change(source.nid, cx.now()))
        return drop(Drop::update_too_often, in.locator, cx);
      host->update(locators, cx.now());
    }
    host->used = true;
    ++counters_.updates_received;
    // The acknowledgement leaves where the update came in, for a router to carry it to the new place: that proves the new path. Its
    // source is what the update was addressed to, if that is ours: by that the sender may know it.
    const Locator addressed = header.destination().locator;
    const Locator own = interfaces_.joined(addressed) ? addressed : in.locator;
    if (send_control({locators.front(), source.nid}, own, in.locator, wire::NextHeader::locator_update, {},
                     cx))
      ++counters_.acknowledgements_sent;
  }

  template <ContextLike Cx>
  void receive_discovery(FrameSource from, const wire::IlnpHeader& header, MutableBytes frame,
                         const Interface& in, Cx& cx) {
    const auto message = wire::Discovery::parse(header.payload());
    if (!message)
      return drop(message.error() == wire::Malformed::bad_host_name ? Drop::discovery_bad_name
                                                                    : Drop::discovery_malformed,
                  in.locator, cx);
    ++counters_.discovery_received;
    const Ilv source = header.source();
    learn(source.locator, in.locator, cx);
    if (source.locator == in.locator && message->nid() == source.nid)
      neighbours_.hear(from.sender, source.nid, in, cx.now());
    if (message->nid() != config_.nid) learn_host(*message, source, in, cx);
    const std::uint64_t hash =
        content_hash(header.payload(), mix64(source.locator.value()) ^ source.nid.value());
    if (message->solicitation()) {
      rounds_.heard(cx.now());
      if (seen_.answer(hash, in.locator.value(), cx.now())) answer(in, cx);
    }
    pass_on(hash, header, frame, in, cx);
  }

  template <ContextLike Cx>
  void learn_host(const wire::Discovery& message, const Ilv& source, const Interface& in, Cx& cx) {
    const Nid nid = message.nid();
    Host* host = hosts_.touch(nid, cx.now());
    if (!host) return drop(Drop::table_full, in.locator, cx);
    const Nid owner = hosts_.claim(nid, *host, message.host_name(), cx.now());
    if (owner != nid) cx.observe(event::NameConflict{message.host_name(), owner, nid});
    bool believed = host->confirm(message.locator(), cx.now());
    // What a node itself has sent tells where it is as well.
    if (source.nid == nid && source.locator != message.locator())
      believed &= host->confirm(source.locator, cx.now());
    if (!believed) drop(Drop::update_contradicted, in.locator, cx);
  }

  template <ContextLike Cx>
  void answer(const Interface& in, Cx& cx) {
    // A place that is being left is not advertised any more.
    const Locator named =
        in.leaving && interfaces_.preferred() ? interfaces_.preferred()->locator : in.locator;
    for (std::size_t at = 0; at < interfaces_.all().size(); ++at) {
      Interface& out = interfaces_.all()[at];
      advertise(out, named, false, cx);
    }
  }

  template <ContextLike Cx>
  void pass_on(std::uint64_t hash, const wire::IlnpHeader& header, MutableBytes frame, const Interface& in,
               Cx& cx) {
    if (interfaces_.all().size() < 2) return;
    const std::uint8_t hop_limit = header.hop_limit();
    if (hop_limit == 0) return drop(Drop::hop_limit, in.locator, cx);
    switch (seen_.pass(hash, hop_limit, cx.now())) {
      case SeenMessages::Pass::repeated:
        return drop(Drop::discovery_repeated, in.locator, cx);
      case SeenMessages::Pass::table_full:
        return drop(Drop::table_full, in.locator, cx);
      case SeenMessages::Pass::yes:
        break;
    }
    const Locator origin = header.source().locator;
    wire::set_hop_limit(frame, static_cast<std::uint8_t>(hop_limit - 1));
    for (const Interface& out : interfaces_.all()) {
      if (out.locator == in.locator || out.locator == origin) continue;
      if (next_.send(out.locator, Packet(frame), cx)) {
        drop(Drop::send_failed, out.locator, cx);
      } else {
        ++counters_.discovery_passed_on;
      }
    }
  }

  // ---- forwarding ---------------------------------------------------------------------------------------------------

  template <ContextLike Cx>
  void forward(FrameSource from, const wire::IlnpHeader& header, MutableBytes frame, const Interface& in,
               Cx& cx) {
    const Ilv source = header.source();
    const Locator to = header.destination().locator;
    learn(source.locator, in.locator, cx);
    if (interfaces_.all().size() == 1) return drop(Drop::overheard, in.locator, cx);
    if (header.next_header() == static_cast<std::uint8_t>(wire::NextHeader::locator_update))
      watch_move(header, cx.now());
    const Flow flow{source, header.destination()};
    const auto out = route(to, cx.now());
    if (!out && to != in.locator) return drop(Drop::no_route, in.locator, cx);
    if (to == in.locator || *out == in.locator) {
      // On its way already, put there by its sender or by another node that carries.
      if (source.locator != in.locator)
        election_.overhear(flow, in.locator, from.sender, header.hop_limit(), passing(in), cx.now());
      return drop(Drop::overheard, in.locator, cx);
    }
    if (*out == source.locator) return drop(Drop::reflected, in.locator, cx);
    if (header.hop_limit() == 0) return drop(Drop::hop_limit, in.locator, cx);
    const Interface* to_interface = interfaces_.find(*out);
    const bool in_handoff = passing(in) || (to_interface && passing(*to_interface));
    switch (election_.decide(flow, in.locator, *out, header.hop_limit(), in_handoff, cx.now())) {
      case CarrierElection::Verdict::copy:
        return drop(Drop::reflected, in.locator, cx);
      case CarrierElection::Verdict::another:
        return drop(Drop::another_carries, in.locator, cx);
      case CarrierElection::Verdict::carry:
        break;
    }
    wire::set_hop_limit(frame, static_cast<std::uint8_t>(header.hop_limit() - 1));
    if (next_.send(*out, Packet(frame), cx)) return drop(Drop::send_failed, *out, cx);
    ++counters_.forwarded;
  }

  static bool passing(const Interface& interface) noexcept { return interface.leaving || interface.passing; }

  /// Another node's locator update, overheard: who is on the move does not stay to carry.
  void watch_move(const wire::IlnpHeader& header, TimePoint now) {
    const auto message = wire::LocatorUpdate::parse(header.payload());
    if (!message || message->acknowledgement()) return;
    neighbours_.moves(
        header.source().nid,
        [&](Locator locator) {
          for (std::size_t at = 0; at < message->count(); ++at)
            if (message->locator(at) == locator) return true;
          return false;
        },
        now);
  }

  template <ContextLike Cx>
  void learn(Locator locator, Locator interface, Cx& cx) {
    if (!forwarding_.learn(locator, interface, interfaces_, cx.now())) drop(Drop::table_full, interface, cx);
  }

  /// The interface that leads to `locator`: itself if this node is there; while it is leaving, another way if there is one.
  std::optional<Locator> route(Locator locator, TimePoint now, bool use = true) {
    const Interface* own = interfaces_.find(locator);
    if (own && !own->leaving) return locator;
    const auto found = forwarding_.find(locator, now, use);
    if (!found || (own && !interfaces_.current(found->interface)))
      return own ? std::optional(locator) : std::nullopt;
    if (found->wants_probe) ask(now);
    return found->interface;
  }

  /// The locator of `host` to send to, chosen anew when something has changed.
  template <ContextLike Cx>
  const Locator* locate(Nid nid, Host& host, Cx& cx) {
    const std::uint64_t state =
        std::uint64_t{1} + host.changes() + interfaces_.generation() + forwarding_.generation();
    host.used = true;
    if (host.expires - cx.now() < hosts_.life() / 3) ask(cx.now());
    if (host.selected_at == state && route(host.in_use(), cx.now(), false)) return host.in_use_address();
    const Locator before = host.in_use();
    const Locator* locator = host.select([&](Locator l) { return route(l, cx.now(), false).has_value(); },
                                         [&](Locator l) { return interfaces_.current(l); });
    host.selected_at = state;
    if (locator && before != Locator{} && before != *locator)
      cx.observe(event::PeerMoved{nid, before, *locator});
    return locator;
  }

  // ---- sending ------------------------------------------------------------------------------------------------------

  template <ContextLike Cx>
  error_code transmit(const Ilv& destination, const Ilv& source, Locator out, std::uint8_t next_header,
                      Packet& packet, Cx& cx) {
    const std::size_t size = packet.size();
    wire::IlnpHeaderRepr{static_cast<std::uint16_t>(size), next_header, config_.hop_limit, source,
                         destination}
        .emit(packet.prepend(wire::IlnpHeader::size));
    if (const error_code error = next_.send(out, packet, cx)) return error;
    if (Interface* interface = interfaces_.find(source.locator)) interface->last_sent = cx.now();
    ++counters_.sent;
    cx.observe(event::PacketSent{source, destination, out, next_header, size});
    return {};
  }

  /// A control message of this node's own; true if it was sent. Its payload is copied: it does not outlive the call.
  template <ContextLike Cx>
  bool send_control(const Ilv& destination, Locator own, Locator out, wire::NextHeader next_header,
                    std::span<const Locator> locators, Cx& cx) {
    const wire::LocatorUpdateRepr message{locators};
    Packet packet{Bytes{}};
    message.emit(packet.prepend(message.size()));
    const bool sent =
        !transmit(destination, {own, config_.nid}, out, static_cast<std::uint8_t>(next_header), packet, cx);
    if (!sent) drop(Drop::send_failed, out, cx);
    return sent;
  }

  template <ContextLike Cx>
  bool advertise(Interface& out, Locator named, bool solicitation, Cx& cx) {
    const wire::DiscoveryRepr message{config_.nid, named, solicitation, config_.host_name};
    Packet packet{Bytes{}};
    message.emit(packet.prepend(message.size()));
    if (transmit({all_nodes_locator, Nid{}}, {out.locator, config_.nid}, out.locator,
                 static_cast<std::uint8_t>(wire::NextHeader::discovery), packet, cx)) {
      drop(Drop::send_failed, out.locator, cx);
      return false;
    }
    ++(solicitation ? counters_.solicitations_sent : counters_.advertisements_sent);
    return true;
  }

  error_code loop_back(std::uint8_t next_header, const Packet& packet) {
    if (loopback_.size() == max_loopback) return Errc::queue_full;
    Looped& looped = loopback_.emplace_back(Looped{next_header, {}});
    looped.payload.assign(packet.head().begin(), packet.head().end());
    looped.payload.insert(looped.payload.end(), packet.payload().begin(), packet.payload().end());
    return {};
  }

  // ---- discovery ----------------------------------------------------------------------------------------------------

  /// A solicitation on each interface, as soon as possible.
  void solicit(TimePoint now) {
    for (Interface& interface : interfaces_.all())
      if (!interface.leaving) interface.solicit_at = std::min(interface.solicit_at, now);
  }

  /// Something is not known, or about to be forgotten: asks, but not too often.
  void ask(TimePoint now) {
    if (rounds_.ask(now)) solicit(now);
  }

  /// Reminds the routers of an endpoint that would otherwise only listen.
  void refresh(TimePoint now) {
    if (now - correspondents_.last_traffic() >= 3 * config_.wait_time) return;
    const bool due = std::ranges::any_of(interfaces_.all(), [&](const Interface& i) {
      return !i.leaving && now - i.last_sent >= rounds_.refresh();
    });
    if (!due) return;
    for (Interface& interface : interfaces_.all())
      if (!interface.leaving) interface.advertise_at = std::min(interface.advertise_at, now);
  }

  template <ContextLike Cx>
  void announce(Cx& cx) {
    const TimePoint now = cx.now();
    for (std::size_t at = 0; at < interfaces_.all().size(); ++at) {
      Interface& interface = interfaces_.all()[at];
      if (interface.advertise_at <= now) {
        const bool sent = advertise(interface, interface.locator, false, cx);
        if (sent && interface.announcements > 0) --interface.announcements;
        interface.advertise_at = !sent                         ? now + retry_wait
                                 : interface.announcements > 0 ? now + repeat_wait
                                                               : never;
      }
      if (interface.solicit_at <= now)
        interface.solicit_at = advertise(interface, interface.locator, true, cx) ? never : now + retry_wait;
    }
  }

  // ---- moving -------------------------------------------------------------------------------------------------------

  bool handing_off() const noexcept { return schedule_.handoff_end() != never; }

  template <ContextLike Cx>
  void move(Cx& cx) {
    const bool moving = schedule_.next_move() <= cx.now();
    if (handing_off() && (moving || schedule_.handoff_end() <= cx.now())) end_handoff(cx);
    if (!moving) return;
    schedule_.tried(begin_handoff(schedule_.next_set(), cx), cx.now());
  }

  /// Joins what is new among `locators`, announces it, tells the correspondents. False, and nothing has changed, if the node would be
  /// in none of them.
  template <ContextLike Cx>
  bool begin_handoff(std::span<const Locator> locators, Cx& cx) {
    std::vector<Locator> from;
    for (const Interface& interface : interfaces_.all()) from.push_back(interface.locator);
    std::vector<Locator> to;
    error_code why;
    for (const Locator locator : locators) {
      if (!interfaces_.joined(locator))
        if (const error_code error = next_.join(locator)) {
          why = error;
          continue;
        }
      to.push_back(locator);
    }
    if (to.empty()) {
      cx.observe(event::HandoffUndone{locators, why});
      return false;
    }
    const auto in_set = [](const std::vector<Locator>& set, Locator l) {
      return std::ranges::find(set, l) != set.end();
    };
    if (from == to) return true;
    for (Interface& interface : interfaces_.all()) interface.leaving = !in_set(to, interface.locator);
    for (const Locator locator : to)
      if (!in_set(from, locator))
        interfaces_.add({.locator = locator,
                         .passing = true,
                         .announcements = 2,
                         .joined_at = cx.now(),
                         .advertise_at = cx.now()});
    interfaces_.prefer(to);
    schedule_.begin_handoff(cx.now());
    ++counters_.handoffs;
    cx.observe(event::HandoffBegan{from, to});
    announce(cx);
    updates_.begin(to);
    const TimePoint due = cx.now() + std::min<Duration>(update_delay, config_.handoff_time / 8);
    for (const Nid peer : correspondents_.all_active(cx.now())) updates_.add(peer, due);
    if (config_.handoff_time == Duration::zero()) {
      send_updates(cx);
      end_handoff(cx);
      announce(cx);
    }
    return true;
  }

  /// Leaves what was being left, and forgets what was learnt there.
  template <ContextLike Cx>
  void end_handoff(Cx& cx) {
    schedule_.end_handoff();
    const Interface* preferred = interfaces_.preferred();
    const auto instead = preferred ? std::optional(preferred->locator) : std::nullopt;
    std::vector<Locator> left;
    for (const Interface& interface : interfaces_.all())
      if (interface.leaving) left.push_back(interface.locator);
    bool guessed = false;
    for (const Locator locator : left) {
      guessed |= forwarding_.forget(locator, instead, cx.now());
      next_.leave(locator);
      interfaces_.remove(locator);
      left_at_ = cx.now();
    }
    std::vector<Locator> joined;
    for (Interface& interface : interfaces_.all()) {
      joined.push_back(interface.locator);
      interface.passing = false;
      if (left.empty()) continue;
      // Once more, now that there is only this place to be known.
      interface.announcements = std::max(interface.announcements, 1);
      interface.advertise_at = cx.now();
      if (guessed) interface.solicit_at = cx.now();
    }
    cx.observe(event::HandoffEnded{joined});
  }

  /// There is traffic with a node that was not told of the move that is going on.
  void tell_newcomer(Nid peer, TimePoint now) {
    if (handing_off()) updates_.add(peer, now);
  }

  template <ContextLike Cx>
  void send_updates(Cx& cx) {
    updates_.poll(
        cx.now(),
        [&](Nid peer, unsigned attempt) {
          Host* host = hosts_.find(peer, cx.now());
          const Locator* locator = host ? locate(peer, *host, cx) : nullptr;
          const auto out = locator ? update_interface(*locator, cx.now()) : std::nullopt;
          if (!out) return;
          if (!send_control({*locator, peer}, *out, *out, wire::NextHeader::locator_update,
                            updates_.locators(), cx))
            return;
          ++counters_.updates_sent;
          cx.observe(event::UpdateSent{peer, static_cast<int>(attempt)});
        },
        [&](Nid peer) { cx.observe(event::UpdateGivenUp{peer}); });
  }

  /// Where an update to `locator` leaves: the old interface, by which the correspondent knows this node; once it has been left, the way there.
  std::optional<Locator> update_interface(Locator locator, TimePoint now) {
    const Interface* old = interfaces_.find(locator);
    if (old && old->leaving) return locator;
    const auto found = forwarding_.find(locator, now, false);
    if (found) {
      const Interface* learnt = interfaces_.find(found->interface);
      if (learnt && learnt->leaving) return found->interface;
    }
    for (const Interface& interface : interfaces_.all())
      if (interface.leaving) return interface.locator;
    return route(locator, now);
  }

  NetworkConfig config_;
  Next next_;
  Interfaces interfaces_;
  ForwardingTable forwarding_;
  HostTable hosts_;
  CorrespondentTable correspondents_;
  NeighbourTable neighbours_;
  CarrierElection election_;
  ReflectionFilter reflections_;
  DuplicateFilter duplicates_;
  SeenMessages seen_;
  LocatorUpdates updates_;
  DiscoveryRounds rounds_;
  MoveSchedule schedule_;
  NetworkCounters counters_;
  std::deque<Looped> loopback_;
  TimePoint left_at_ = long_ago;  ///< when an interface was last left
};

}  // namespace ilnp
