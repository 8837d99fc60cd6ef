#pragma once

#include <map>
#include <utility>
#include <vector>

#include "counters.hpp"
#include "header.hpp"
#include "ilnp/base/layer.hpp"
#include "ilnp/network/config.hpp"
#include "ilnp/wire/discovery.hpp"
#include "ilnp/wire/locator_update.hpp"
#include "tables.hpp"

namespace ilnp::test {

/// A model of the reference implementation's network layer, with its defects (docs/interoperability.md lists them), so that what is
/// built here can be tried beside it without it. Models `NetworkLayer`; the network half of `ReferenceNode`.
///
/// Where only the effect of a defect is known, the model has the simplest cause: a handoff is abandoned when an active
/// peer has no route; peers whose entry has expired are left out.
template <Underlay Next>
class ReferenceNetwork {
 public:
  /// The arguments after the configuration go to the underlay.
  template <class... Args>
  explicit ReferenceNetwork(NetworkConfig config, Args&&... args)
      : config_((config.validate(), std::move(config))), next_(std::forward<Args>(args)...) {}

  template <ContextLike Cx>
  error_code start(Cx& cx) {
    for (const Locator locator : config_.locators.front()) {
      if (const error_code error = next_.join(locator)) return error;
      interfaces_.push_back(locator);
      routes_.own(locator);
    }
    solicit(cx);
    schedule_round(cx);
    if (config_.locators.size() > 1) move_at_ = cx.now() + config_.move_time;
    return {};
  }

  /// Lets frames overwrite where this node's own current locators lead, too. The capture of two multihomed nodes shows a
  /// router that such frames did not mislead; what is read of the reference elsewhere says that they can.
  void believe_all() noexcept { believes_all_ = true; }

  /// A solicitation on each interface, now: for tests that know when a round was.
  template <ContextLike Cx>
  void solicit(Cx& cx) {
    for (const Locator interface : interfaces_) discover(interface, interface, true, cx);
    heard_at_ = cx.now();
  }

  template <ContextLike Cx>
  error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    const auto ilv = hosts_.resolve(to, cx.now());
    return ilv ? send(*ilv, next_header, packet, cx) : Errc::unknown_host;
  }
  template <ContextLike Cx>
  error_code send(const Ilv& to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    if (packet.size() > max_payload()) return Errc::message_too_long;
    const auto out = route(to.locator, cx.now());
    if (!out) return Errc::no_route;
    sessions_[to] = cx.now();
    return send_out({*out, config_.nid}, to, *out, next_header, packet, cx);
  }

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, [&](const FrameSource& source, MutableBytes received) {
      receive(source.interface, received, cx, up);
    });
  }

  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&&) {
    if (next_.on_timer(cx)) solicit(cx);
    if (solicit_at_ <= cx.now()) {
      if (cx.now() - heard_at_ >= config_.wait_time) solicit(cx);
      schedule_round(cx);
    }
    if (move_at_ <= cx.now()) begin_handoff(cx);
    if (!pending_.empty() && retry_at_ <= cx.now()) send_updates(cx);
    if (pending_.empty() && leave_at_ <= cx.now()) end_handoff(cx.now());
  }

  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
  }

  TimePoint next_deadline() const noexcept {
    const TimePoint handoff = pending_.empty() ? leave_at_ : retry_at_;
    return std::min({next_.next_deadline(), solicit_at_, move_at_, handoff});
  }

  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    if (const auto ilv = resolve_place(name, cx)) return ilv->nid;
    return Errc::unknown_host;
  }
  /// The oldest place of the host.
  template <ContextLike Cx>
  std::optional<Ilv> resolve_place(std::string_view name, Cx& cx) const {
    return hosts_.resolve(name, cx.now());
  }

  Nid local_nid() const noexcept { return config_.nid; }
  MutableBytes headroom(std::size_t size) { return next_.headroom(wire::IlnpHeader::size + size); }
  std::size_t max_payload() const noexcept { return next_.max_frame() - wire::IlnpHeader::size; }
  std::size_t max_payload(Nid) const noexcept { return max_payload(); }
  std::size_t hosts_known(TimePoint now) const { return hosts_.known(now); }
  std::size_t routes_known() const noexcept { return routes_.size(); }
  const std::vector<Locator>& interfaces() const noexcept { return interfaces_; }
  const ReferenceCounters& counters() const noexcept { return counters_; }
  Next& next_layer() noexcept { return next_; }
  const Next& next_layer() const noexcept { return next_; }

 private:
  static bool contains(const std::vector<Locator>& set, Locator locator) noexcept {
    return std::ranges::find(set, locator) != set.end();
  }

  /// A current interface leads to itself; one that is being left leads wherever its frames last came in.
  std::optional<Locator> route(Locator locator, TimePoint now) const {
    if (!believes_all_ && contains(interfaces_, locator)) return locator;
    return routes_.find(locator, now);
  }

  // ---- receiving: handoff rule, backwards learning, forwarding, delivery ----

  template <ContextLike Cx, class Up>
  void receive(Locator in, MutableBytes frame, Cx& cx, Up& up) {
    if (frame.size() < wire::IlnpHeader::size) return;
    const ReferenceHeader header(frame);
    const MutableBytes payload = frame.subspan(wire::IlnpHeader::size);
    const bool to_all = header.destination.locator == all_nodes_locator;
    const bool to_me = header.destination.nid == config_.nid;
    if ((to_all || to_me) && contains(leaving_, in) && header.destination.locator != in)
      return void(++counters_.handoff_duplicates);
    routes_.learn(header.source.locator, in, cx.now() + config_.backwards_learning_ttl);
    if (to_all) return receive_discovery(in, header, frame, payload, cx);
    if (!to_me) return forward(in, header, frame, cx);
    sessions_[header.source] = cx.now();
    if (header.next_header == static_cast<std::uint8_t>(wire::NextHeader::locator_update))
      return receive_update(in, header, payload, cx);
    up(NetworkSource{header.source, header.destination, in, header.next_header, header.hop_limit}, payload);
  }

  template <ContextLike Cx>
  void forward(Locator in, const ReferenceHeader& header, MutableBytes frame, Cx& cx) {
    if (header.destination.locator == in) return;
    const auto out = route(header.destination.locator, cx.now());
    if (!out) return void(++counters_.no_route);
    if (header.hop_limit == 0) return void(++counters_.hop_limit);
    ++counters_.forwarded;
    if (*out == in) ++counters_.reflected;
    wire::set_hop_limit(frame, static_cast<std::uint8_t>(header.hop_limit - 1));
    static_cast<void>(next_.send(*out, Packet({}, frame), cx));
  }

  template <ContextLike Cx>
  void receive_discovery(Locator in, const ReferenceHeader& header, MutableBytes frame, Bytes payload,
                         Cx& cx) {
    if (header.next_header != static_cast<std::uint8_t>(wire::NextHeader::discovery)) return;
    const auto message = wire::Discovery::parse(payload);
    if (!message) return;
    learn_host(message->host_name(), {message->locator(), message->nid()}, cx);
    if (message->solicitation()) {
      heard_at_ = cx.now();
      for (const Locator interface : interfaces_) discover(interface, in, false, cx);
    }
    if (header.hop_limit == 0) return;
    wire::set_hop_limit(frame, static_cast<std::uint8_t>(header.hop_limit - 1));
    for (const Locator interface : interfaces_)
      if (interface != in) static_cast<void>(next_.send(interface, Packet({}, frame), cx));
  }

  template <ContextLike Cx>
  void receive_update(Locator in, const ReferenceHeader& header, Bytes payload, Cx& cx) {
    if (payload.empty()) return;
    if (payload.front() == std::byte{0}) {
      const auto acknowledged =
          std::erase_if(pending_, [&](const auto& each) { return each.first == header.source; });
      counters_.acknowledged += acknowledged;
      return;
    }
    if (payload.size() % 8 != 1) return;
    std::vector<Locator> locators;
    for (std::size_t at = 1; at < payload.size(); at += 8)
      locators.emplace_back(wire::load<std::uint64_t>(payload, at));
    hosts_.update(header.source, locators, cx.now() + 3 * config_.wait_time);
    if (locators.empty()) return;
    Packet acknowledgement(next_.headroom(wire::IlnpHeader::size + 1), {});
    wire::LocatorUpdateRepr{}.write_to(acknowledgement.prepend(1));
    static_cast<void>(send_out({in, config_.nid}, {locators.front(), header.source.nid}, in,
                               static_cast<std::uint8_t>(wire::NextHeader::locator_update), acknowledgement,
                               cx));
  }

  // ---- sending ----

  template <ContextLike Cx>
  error_code send_out(const Ilv& source, const Ilv& destination, Locator out, std::uint8_t next_header,
                      Packet& packet, Cx& cx) {
    wire::IlnpHeaderRepr{static_cast<std::uint16_t>(packet.size()), next_header, config_.hop_limit, source,
                         destination}
        .write_to(packet.prepend(wire::IlnpHeader::size));
    return next_.send(out, packet, cx);
  }

  /// A solicitation, or an advertisement, that names `named`. The reference hears itself, and so knows itself.
  template <ContextLike Cx>
  void discover(Locator out, Locator named, bool solicitation, Cx& cx) {
    auto& message = messages_[{named, solicitation}];
    if (message.empty()) {
      const wire::DiscoveryRepr repr{config_.nid, named, solicitation, config_.host_name};
      message.resize(repr.size());
      repr.write_to(message);
    }
    learn_host(config_.host_name, {named, config_.nid}, cx);
    Packet packet(next_.headroom(wire::IlnpHeader::size), message);
    static_cast<void>(send_out({out, config_.nid}, {all_nodes_locator, Nid{}}, out,
                               static_cast<std::uint8_t>(wire::NextHeader::discovery), packet, cx));
  }

  template <ContextLike Cx>
  void learn_host(std::string_view name, const Ilv& ilv, Cx& cx) {
    hosts_.learn(name, ilv, cx.now(), cx.now() + 3 * config_.wait_time);
  }

  template <ContextLike Cx>
  void schedule_round(Cx& cx) {
    const Duration half = config_.wait_time / 2;
    solicit_at_ = cx.now() + half +
                  Duration(static_cast<Duration::rep>(cx.random(static_cast<std::uint64_t>(half.count()))));
  }

  // ---- moving ----

  template <ContextLike Cx>
  void begin_handoff(Cx& cx) {
    at_ = (at_ + 1) % config_.locators.size();
    const auto& to = config_.locators[at_];
    move_at_ = never;
    ++counters_.moves;
    std::vector<std::pair<Ilv, Locator>> peers;  // and the old interface that leads to each
    bool abandoned = false;
    for (const auto& [peer, last] : sessions_) {
      if (cx.now() - last >= config_.active_unicast_session_ttl) continue;
      const auto out = route(peer.locator, cx.now());
      if (out) peers.emplace_back(peer, *out);
      abandoned |= !out;
    }
    for (const Locator old : interfaces_)
      if (!contains(to, old)) leaving_.push_back(old);
    const auto before = std::exchange(interfaces_, to);
    for (const Locator locator : to) {
      if (contains(before, locator)) continue;
      static_cast<void>(next_.join(locator));
      routes_.own(locator);
      discover(locator, locator, false, cx);
    }
    if (abandoned) return void(counters_.moving_ended = true);
    pending_ = std::move(peers);
    attempts_ = 0;
    leave_at_ = cx.now() + config_.handoff_time;
    update_.resize(1 + 8 * to.size());
    wire::LocatorUpdateRepr{to}.write_to(update_);
    send_updates(cx);
  }

  template <ContextLike Cx>
  void send_updates(Cx& cx) {
    for (const auto& [peer, interface] : pending_) {
      Packet packet(next_.headroom(wire::IlnpHeader::size), update_);
      ++counters_.updates_sent;
      static_cast<void>(send_out({interface, config_.nid}, peer, interface,
                                 static_cast<std::uint8_t>(wire::NextHeader::locator_update), packet, cx));
    }
    retry_at_ = cx.now() + config_.loc_update_retry_wait_time;
    if (attempts_++ == config_.loc_update_retries) pending_.clear();
  }

  void end_handoff(TimePoint now) {
    for (const Locator locator : leaving_) {
      routes_.forget_interface(locator);
      static_cast<void>(next_.leave(locator));
    }
    leaving_.clear();
    leave_at_ = never;
    if (config_.handoff_time > config_.move_time) return void(counters_.moving_ended = true);
    move_at_ = now + (config_.move_time - config_.handoff_time);
  }

  NetworkConfig config_;
  Next next_;
  std::vector<Locator> interfaces_;
  std::vector<Locator> leaving_;
  bool believes_all_ = false;
  ReferenceRoutes routes_;
  ReferenceHosts hosts_;
  std::map<Ilv, TimePoint> sessions_;
  std::map<std::pair<Locator, bool>, std::vector<std::byte>> messages_;  // outlive the flush
  TimePoint solicit_at_ = never;
  TimePoint heard_at_{};
  std::size_t at_ = 0;
  TimePoint move_at_ = never;
  TimePoint leave_at_ = never;
  TimePoint retry_at_ = never;
  std::vector<std::byte> update_;
  std::vector<std::pair<Ilv, Locator>> pending_;
  unsigned attempts_ = 0;
  ReferenceCounters counters_;
};

}  // namespace ilnp::test
