#pragma once

#include <deque>

#include "duplicate_filter.hpp"
#include "forwarder.hpp"
#include "mover.hpp"
#include "reflection_filter.hpp"
#include "run.hpp"

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

  /// Throws `std::invalid_argument` if `config` describes no node. The other arguments go to the underlay.
  template <class... Args>
  explicit ILNP(NetworkConfig config, Args&&... args)
      : node_(std::move(config), std::forward<Args>(args)...),
        neighbours_(3 * node_.config.wait_time),
        discoverer_(node_, neighbours_),
        forwarder_(node_, neighbours_),
        mover_(node_, discoverer_) {}

  ILNP(const ILNP&) = delete;
  ILNP& operator=(const ILNP&) = delete;

  /// Joins the first set of locators and begins to announce itself. Error: the first locator that could not be joined.
  template <ContextLike Cx>
  error_code start(Cx& cx) {
    for (const Locator locator : node_.config.locators.front()) {
      if (const error_code error = node_.next.join(locator)) return error;
      node_.interfaces.add({.locator = locator, .joined_at = cx.now(), .solicit_at = cx.now()});
    }
    node_.rounds.start(cx);
    mover_.start(cx.now());
    return {};
  }

  /// Where the headers of the next packet are best written: those above, of `size` octets, and this layer's.
  MutableBytes headroom(std::size_t size) { return node_.next.headroom(wire::IlnpHeader::size + size); }

  /// Sends `packet` to the node `to`. Errors: `unknown_host`, `no_route`, `message_too_long`, those of the underlay. An unknown
  /// host, or a missing route, is asked for at once; the caller may try again.
  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    if (packet.size() > max_payload()) return Errc::message_too_long;
    if (!sending_.continues(to, node_.ways(), cx.now())) return begin_sending(to, next_header, packet, cx);
    return send_on(sending_, next_header, packet, cx);
  }

  /// A frame came in. Calls `up(const NetworkSource&, Bytes)` if it holds a packet for this node that is not the network
  /// layer's own.
  template <ContextLike Cx, class Up>
  void on_receive(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    node_.next.on_receive(from, frame, cx, [&](FrameSource source, MutableBytes received) {
      receive(source, received, cx, up);
    });
  }

  /// Does what is due. May call `up` for packets that this node sent to itself.
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    end_runs();
    if (node_.next.on_timer(cx)) node_.solicit(cx.now());
    mover_.on_timer(cx);
    discoverer_.on_timer(cx);
    deliver_looped(up);
  }

  /// For the shell: nothing was fed from `since` until now, though something was due; the process was stopped, say. What
  /// comes in next is as old as that.
  template <ContextLike Cx>
  void resumed(TimePoint since, Cx& cx) {
    end_runs();
    forwarder_.resumed(since, cx.now());
    node_.solicit(cx.now());
  }

  TimePoint next_deadline() const noexcept {
    if (!loopback_.empty()) return long_ago;
    return std::min({node_.next.next_deadline(), discoverer_.next_deadline(), mover_.next_deadline()});
  }

  /// Moves to `locators` now, as the schedule would: to the first `NetworkConfig::max_locators` of them, each once. False, and
  /// nothing has changed, if none of them could be joined.
  template <ContextLike Cx>
  bool move_to(std::span<const Locator> locators, Cx& cx) {
    end_runs();
    return mover_.move_to(locators, cx);
  }

  /// The identifier that `name` means. Error: `unknown_host`; then it is asked for.
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, Cx& cx) {
    return known(node_.hosts.resolve(name, cx.now()), cx);
  }
  /// The same, by what it meant before as long as that holds: no look-up then.
  template <ContextLike Cx>
  result<Nid> resolve(std::string_view name, ResolvedName& before, Cx& cx) {
    return known(node_.hosts.resolve(name, before, cx.now()), cx);
  }

  Nid local_nid() const noexcept { return node_.config.nid; }
  /// The most octets that fit behind the network header.
  std::size_t max_payload() const noexcept { return node_.next.max_frame() - wire::IlnpHeader::size; }
  const NetworkConfig& config() const noexcept { return node_.config; }
  const NetworkCounters& counters() const noexcept { return node_.counters; }
  const Interfaces& interfaces() const noexcept { return node_.interfaces; }
  const HostTable& hosts() const noexcept { return node_.hosts; }
  const ForwardingTable& forwarding() const noexcept { return node_.forwarding; }
  const CorrespondentTable& correspondents() const noexcept { return node_.correspondents; }
  Next& next_layer() noexcept { return node_.next; }
  const Next& next_layer() const noexcept { return node_.next; }

 private:
  struct Looped {
    std::uint8_t next_header;
    std::vector<std::byte> payload;
  };

  template <ContextLike Cx>
  result<Nid> known(Nid nid, Cx& cx) {
    if (nid != Nid{}) return nid;
    node_.ask(cx.now());
    return Errc::unknown_host;
  }

  /// Sends to another node than the one before, or after something has changed. Apart from the way of the others, which
  /// then needs neither calls nor memory for what it knows of the packet.
  template <ContextLike Cx>
  BOOST_NOINLINE error_code begin_sending(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    if (to == local_nid()) return loop_back(next_header, packet);
    Host* host = node_.hosts.find(to, cx.now());
    if (!host) return node_.ask(cx.now()), Errc::unknown_host;
    if (!host->way_holds(node_.ways(), cx.now()) && !node_.find_way(to, *host, cx))
      return node_.ask(cx.now()), Errc::no_route;
    sending_ = {to, host->way().locator, host->way().out, node_.ways(), host->way_until()};
    return send_on(sending_, next_header, packet, cx);
  }

  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send_on(const SendingRun& run, std::uint8_t next_header, Packet& packet,
                                       Cx& cx) {
    const error_code error =
        node_.transmit({run.locator, run.to}, {run.out, local_nid()}, run.out, next_header, packet, cx);
    if (node_.correspondents.touch(run.to, true, cx.now())) mover_.meet(run.to, cx.now());
    return error;
  }

  /// What was decided for the packets before may not hold any more.
  void end_runs() noexcept {
    run_.end();
    sending_.end();
  }

  template <ContextLike Cx, class Up>
  void receive(FrameSource from, MutableBytes frame, Cx& cx, Up& up) {
    ++node_.counters.received;
    const auto header = wire::IlnpHeader::parse(frame);
    if (header && run_.continues(*header, from.interface, node_.ways(), cx.now())) {
      if (!run_.out()) return deliver(*header, run_.in(), cx, up);
      return forwarder_.carry(*run_.out(), header->hop_limit(), frame, cx);
    }
    run_.end();
    const Interface* in = node_.interfaces.find(from.interface);
    if (!in) return node_.drop(Drop::not_joined, from.interface, cx);
    if (!header)
      return node_.drop(header.error() == wire::Malformed::too_short ? Drop::too_short : Drop::wrong_length,
                        from.interface, cx);
    const Ilv destination = header->destination();
    if (header->source().nid == local_nid()) return node_.drop(Drop::own_frame, from.interface, cx);
    if (destination.nid == local_nid()) {
      if (is_update(*header)) return end_runs(), mover_.receive(*header, *in, cx);
      const bool learnt = node_.learn(header->source().locator, in->locator, cx);
      if (learnt) run_.begin(*header, *in, node_.ways(), cx.now());
      return deliver(*header, *in, cx, up);
    }
    if (destination == Ilv{all_nodes_locator, Nid{}})
      return end_runs(), discoverer_.receive(from, *header, frame, *in, cx);
    const auto hop = forwarder_.decide(from, *header, *in, cx);
    if (!hop) return;
    if (!is_update(*header) && hop->hop_limit == header->hop_limit())
      run_.begin(*header, *in, node_.ways(), cx.now(), hop->out);
    forwarder_.carry(hop->out, hop->hop_limit, frame, cx);
  }

  static bool is_update(const wire::IlnpHeader& header) noexcept {
    return header.next_header() == static_cast<std::uint8_t>(wire::NextHeader::locator_update);
  }

  /// Hands a packet for this node up, once.
  template <ContextLike Cx, class Up>
  void deliver(const wire::IlnpHeader& header, const Interface& in, Cx& cx, Up& up) {
    const Ilv source = header.source();
    const Ilv destination = header.destination();
    if (!reflections_.admit(header.frame(), in.locator, header.hop_limit(), cx.now()))
      return node_.drop(Drop::reflected, in.locator, cx);
    const bool several =
        node_.interfaces.all().size() > 1 || cx.now() - mover_.left_at() < DuplicateFilter::window;
    if (several && !duplicates_.admit(content_hash(header.frame().subspan(8), header.next_header()), in.slot,
                                      node_.interfaces.slots(), cx.now()))
      return node_.drop(Drop::duplicate, in.locator, cx);
    if (node_.correspondents.touch(source.nid, false, cx.now())) mover_.meet(source.nid, cx.now());
    ++node_.counters.delivered;
    up(NetworkSource{source, destination, in.locator, header.next_header(), header.hop_limit()},
       header.payload());
  }

  error_code loop_back(std::uint8_t next_header, const Packet& packet) {
    if (loopback_.size() == max_loopback) return Errc::queue_full;
    Looped& looped = loopback_.emplace_back(Looped{next_header, {}});
    looped.payload.assign(packet.head().begin(), packet.head().end());
    looped.payload.insert(looped.payload.end(), packet.payload().begin(), packet.payload().end());
    return {};
  }

  template <class Up>
  void deliver_looped(Up& up) {
    const Interface* preferred = node_.interfaces.preferred();
    const Locator here = preferred ? preferred->locator : Locator{};
    const Ilv self{here, local_nid()};
    for (std::size_t waiting = loopback_.size(); waiting > 0; --waiting) {
      const Looped packet = std::move(loopback_.front());
      loopback_.pop_front();
      ++node_.counters.delivered;
      up(NetworkSource{self, self, here, packet.next_header, node_.config.hop_limit}, Bytes(packet.payload));
    }
  }

  LocalNode<Next> node_;
  NeighbourTable neighbours_;
  Discoverer<Next> discoverer_;
  Forwarder<Next> forwarder_;
  Mover<Next> mover_;
  ReflectionFilter reflections_;
  DuplicateFilter duplicates_;
  Run run_;
  SendingRun sending_;
  std::deque<Looped> loopback_;
};

}  // namespace ilnp
