#pragma once

#include <bitset>
#include <ilnp/base/bounded_table.hpp>
#include <ilnp/base/layer.hpp>
#include <ilnp/wire/field.hpp>

namespace tutorial {

using namespace ilnp;

/// A transport for positions or readings, of which only the newest is of interest: like STP, but a datagram that arrives after a
/// newer one of the same node is dropped. Its header has 8 octets: the ports, and a number that the sender increments.
template <NetworkLayer Next>
class Latest {
 public:
  static constexpr std::uint8_t protocol = 254;  // RFC 3692: for experiments
  static constexpr std::size_t header = 8;

  struct Counters {
    static constexpr std::string_view layer = "latest";
    std::uint64_t delivered = 0, dropped_old = 0, dropped_not_bound = 0, dropped_unknown = 0;
    void for_each(auto&& f) const {
      f("delivered", delivered), f("dropped_old", dropped_old);
      f("dropped_not_bound", dropped_not_bound), f("dropped_unknown", dropped_unknown);
    }
  };

  explicit Latest(auto&&... args) : next_(std::forward<decltype(args)>(args)...) {}
  error_code bind(std::uint16_t port) {
    if (port == 0 || bound_.test(port)) return port == 0 ? Errc::invalid_port : Errc::port_in_use;
    return bound_.set(port), error_code();
  }
  void unbind(std::uint16_t port) { bound_.reset(port); }

  error_code send(std::uint16_t source_port, Nid to, std::uint16_t port, Bytes payload, auto& cx) {
    if (payload.size() > max_payload(to)) return Errc::message_too_long;
    Packet packet(next_.headroom(header), payload);
    const MutableBytes front = packet.prepend(header);
    wire::store(front, 0, source_port), wire::store(front, 2, port), wire::store(front, 4, ++number_);
    return next_.send(to, protocol, packet, cx);
  }

  void feed(FrameSource from, MutableBytes frame, auto& cx, auto&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  void on_timer(auto& cx, auto&& up) { next_.on_timer(cx, receiver(cx, up)); }
  void end_batch(auto& cx) { next_.end_batch(cx); }
  TimePoint next_deadline() const { return next_.next_deadline(); }
  result<Nid> resolve(std::string_view name, auto& cx) { return next_.resolve(name, cx); }
  std::size_t max_payload(Nid nid = {}) const { return next_.max_payload(nid) - header; }
  const Counters& counters() const { return counters_; }
  Next& next_layer() { return next_; }
  const Next& next_layer() const { return next_; }

 private:
  struct Last {
    std::uint32_t number = 0;
    TimePoint at = long_ago;
    TimePoint last_used() const { return long_ago; }
    bool expired(TimePoint now) const { return now - at > std::chrono::seconds(2); }  // it may have restarted
  };

  auto receiver(auto& cx, auto& up) {
    return taking<NetworkSource>([&](auto& from, auto packet) { receive(from, packet, cx, up); }, up);
  }
  void receive(const NetworkSource& source, MutableBytes packet, auto& cx, auto& up) {
    if (source.next_header != protocol || packet.size() < header) {
      if (!offer(up, source, packet)) ++counters_.dropped_unknown;
      return;
    }
    const auto from = wire::load<std::uint16_t>(packet, 0), port = wire::load<std::uint16_t>(packet, 2);
    const auto number = wire::load<std::uint32_t>(packet, 4);
    if (!bound_.test(port)) return void(++counters_.dropped_not_bound);
    if (heard_.size() == 0) heard_.rekey(HashKey(cx));
    Last& last = heard_.insert(source.source.nid, source.share, cx.now());
    const bool newer = static_cast<std::int32_t>(number - last.number) > 0;
    if (!newer && !last.expired(cx.now())) return void(++counters_.dropped_old);
    last = {number, cx.now()};
    ++counters_.delivered;
    up(DatagramSource{source.source.nid, from, port, source}, packet.subspan(header));
  }

  Next next_;
  std::bitset<65536> bound_;
  std::uint32_t number_ = 0;
  BoundedTable<Nid, Last> heard_{1024};
  Counters counters_;
};

}  // namespace tutorial
