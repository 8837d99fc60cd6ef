#pragma once

#include <boost/config.hpp>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../base/adaptor.hpp"

namespace ilnp {

/// A frame that passed a `Capture`. All views are valid only during the call to the sink.
struct CapturedFrame {
  /// Whether this node has received the frame, or sends it.
  enum class Direction : std::uint8_t { in, out };

  Direction direction;   ///< which way it goes
  TimePoint time;        ///< of the batch that it belongs to
  Locator interface;     ///< the network that it came from or goes to
  std::uint64_t sender;  ///< as in `FrameSource`; 0 for an outgoing frame
  Bytes head;            ///< the headers that the layers wrote; empty for an incoming frame
  Bytes payload;         ///< the rest of the frame

  std::size_t size() const noexcept { return head.size() + payload.size(); }
};

/// Receives each frame that passes a `Capture`. If it has a member `active()`, only while that is true; otherwise a frame then costs no
/// more than the question.
template <class S>
concept FrameSink = std::invocable<S&, const CapturedFrame&>;

/// A layer to insert above an underlay, `ILNP<Capture<McastUdp, PcapWriter<File>>>`: it is an underlay
/// itself, and shows each frame, in and out, to a sink (the idea is that of the packet-capturing devices of
/// smoltcp).
///
/// A frame that comes in is shown when the underlay has taken it, before the layer above sees it; one that
/// goes out, when the underlay has accepted it: within a batch that is before it leaves, and an error of the
/// flush does not show. The sink is called on the node's thread, on the packet path: a slow one slows the
/// node. What it throws passes through. It sees octets, whatever their format.
template <Underlay Next, FrameSink Sink>
class Capture : public UnderlayAdaptor<Next> {
  using UnderlayAdaptor<Next>::next_;

 public:
  /// Owns the sink, and the underlay made of `next`.
  template <class... Args>
  explicit Capture(Sink sink, Args&&... next)
      : UnderlayAdaptor<Next>(std::forward<Args>(next)...), sink_(std::move(sink)) {}

  template <ContextLike Cx>
  BOOST_FORCEINLINE error_code send(Locator locator, const Packet& packet, Cx& cx) {
    const bool shown = active();
    if (shown) keep(packet.head());
    const error_code error = next_.send(locator, packet, cx);
    if (shown && !error) show(Direction::out, {locator, 0}, packet.payload(), cx.now());
    return error;
  }

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, [&](FrameSource source, MutableBytes taken) {
      if (active()) show(Direction::in, source, taken, cx.now());
      up(source, taken);
    });
  }

  /// To change its settings.
  Sink& sink() noexcept { return sink_; }

 private:
  using Direction = CapturedFrame::Direction;

  // Kept out of the path of a stack whose sink is not active.

  /// The head of a packet is the underlay's again once it was sent.
  BOOST_NOINLINE void keep(Bytes head) { head_.assign(head.begin(), head.end()); }
  BOOST_NOINLINE void show(Direction direction, FrameSource source, Bytes payload, TimePoint now) {
    const Bytes head = direction == Direction::out ? Bytes(head_) : Bytes();
    sink_(CapturedFrame{direction, now, source.interface, source.sender, head, payload});
  }

  bool active() const noexcept {
    if constexpr (requires { sink_.active(); }) return sink_.active();
    return true;
  }

  Sink sink_;
  std::vector<std::byte> head_;
};

}  // namespace ilnp
