#pragma once

#include "../base/layer.hpp"
#include "../wire/format.hpp"
#include "../wire/overlay.hpp"

namespace ilnp {

// What is known of others besides their messages: which programs they are (the interoperation policy), and whether they are to be
// believed (the guard).

/// There may be nodes of the first implementation (docs/interoperability.md). They put packets back on the network that they came
/// from, and never yield to another forwarder. The default interoperation policy of `ILNP`.
struct FirstImplementation {
  /// A packet that is heard on the network of its source may have been put there again by another node. Therefore all of them are
  /// examined, and a copy with a lower hop limit may be the one to forward.
  static constexpr bool packets_return = true;

  /// What is known of the habits of a neighbour.
  class Habits {
   public:
    /// Is `hop_limit` lower than that of its own frames?
    bool below_own(std::uint8_t hop_limit) const noexcept { return hop_limit < hop_limit_; }
    /// It has sent back what looks like a frame of its own, as only nodes of the first implementation do.
    void sent_back() noexcept { always_forwards_ = true; }
    /// A frame of its own has arrived.
    void hear(std::uint8_t hop_limit) noexcept { hop_limit_ = hop_limit; }
    /// It has not forwarded a packet. A node of the first implementation would have.
    void failed() noexcept { always_forwards_ = false; }
    /// It never yields.
    bool always_forwards() const noexcept { return always_forwards_; }

   private:
    bool always_forwards_ = false;
    std::uint8_t hop_limit_ = 0;  // of its own frames
  };
};

/// All nodes run this toolkit. What exists only because of others is left out, and costs neither memory nor time.
/// Not for networks that nodes of the first implementation join: there programs would receive packets twice.
struct NoInterop {
  static constexpr bool packets_return = false;  ///< nobody puts packets back
  /// What all nodes do. See `FirstImplementation::Habits`.
  struct Habits {
    static constexpr bool below_own(std::uint8_t) noexcept { return false; }  ///< never
    static constexpr void sent_back() noexcept {}                             ///< does nothing
    static constexpr void hear(std::uint8_t) noexcept {}                      ///< does nothing
    static constexpr void failed() noexcept {}                                ///< does nothing
    static constexpr bool always_forwards() noexcept { return false; }        ///< never
  };
};

/// What a guard says of a packet or message for this node.
enum class Opened : std::uint8_t {
  yes,      ///< it is genuine
  refused,  ///< it is dropped, and counted as `Drop::refused`
  taken,    ///< it was the guard's own, and goes no further
};

/// Decides whom this node believes, and seals what it sends; for nodes with keys. `ILNP` owns it (`guard()`). A guard derives from
/// `NoGuard`, and declares what it changes. Whatever it returns, no member has a deduced return type.
///
/// Before this node learns anything from a frame, its own identifier in it included:
/// - `admit(from, header, kind, cx)`: is a packet or message accepted? Asked once for packets that the flow cache treats alike, and
///   again whenever something has changed. If not, it is counted as `Drop::refused`.
/// - `open(from, header, payload, network, cx)`: the same for each packet or message for this node, before `admit`. Undoes in place
///   what `seal` has done, and reduces `payload` to what was sealed.
///
/// - `believes(source, message, cx)`: asked about each discovery message that was admitted. If not, this node passes the message on,
///   but learns no route, node, place or name from it, and does not answer.
///
/// When this node sends:
/// - `seal(to, next_header, packet, cx)`: a packet or message of this node to another. May put up to `overhead(to)` octets in front
///   (`Packet::prepend`), replace the packet by one in memory of its own (with room for the headers below it; borrowed until
///   `end_batch`), change the next header, or return an error, which the caller of `send` gets. Must not send.
/// - `sign(header, message, cx)`: a discovery message of this node. May fill in what the format leaves free in its header.
/// - `max_overhead`, octets, and `overhead(nid)`, the same for packets to that node.
///
/// These five are used only if `each_packet` is true. The rest is its own life:
/// - `start(network, cx)`, `resumed(since, cx)`, `end_batch(cx)`, `on_timer(network, cx)` at `next_deadline()`: as the network layer's.
/// - `for_each_table(f)`: as `ILNP`'s. What it keeps for each peer lies in tables of its own.
/// - `counters()`, if it has any: shown with those of the layers (`for_each_counter`).
///
/// `network` is the `ILNP` itself. In `on_timer` and `open` a guard sends its own packets through it (`headroom`, `send`, `send_to`);
/// they pass `seal` too.
template <class G, class Format>
concept GuardFor = requires(G& guard, const G& shown, const typename Format::Header& header, FrameSource from,
                            const typename Format::Discovery& discovery, const Ilv& source, wire::Kind kind,
                            Nid to, std::uint8_t& next_header, MutableBytes& payload, Packet& packet,
                            Bytes message, TimePoint since, detail::AnyUp any, Context<>& cx) {
  { G::each_packet } -> std::convertible_to<bool>;
  { G::max_overhead } -> std::convertible_to<std::size_t>;
  { shown.overhead(to) } -> std::same_as<std::size_t>;
  { guard.admit(from, header, kind, cx) } -> std::same_as<bool>;
  { guard.open(from, header, payload, any, cx) } -> std::same_as<Opened>;
  { guard.seal(to, next_header, packet, cx) } -> std::same_as<error_code>;
  { guard.believes(source, discovery, cx) } -> std::same_as<bool>;
  guard.sign(payload, message, cx);
  guard.start(any, cx);
  guard.resumed(since, cx);
  guard.end_batch(cx);
  guard.on_timer(any, cx);
  { shown.next_deadline() } -> std::same_as<TimePoint>;
  shown.for_each_table(any);
};

/// Believes everybody, seals nothing, and costs nothing.
struct NoGuard {
  static constexpr bool each_packet = false;      ///< it looks at no packet
  static constexpr std::size_t max_overhead = 0;  ///< it adds nothing to packets

  /// Adds nothing to packets to any node.
  static constexpr std::size_t overhead(Nid) noexcept { return 0; }
  /// Admits everything.
  template <class Header, ContextLike Cx>
  static constexpr bool admit(FrameSource, const Header&, wire::Kind, Cx&) noexcept {
    return true;
  }
  /// Leaves the payload as it is.
  template <class Header, class Network, ContextLike Cx>
  static constexpr Opened open(FrameSource, const Header&, MutableBytes&, Network&, Cx&) noexcept {
    return Opened::yes;
  }
  /// Believes everybody.
  template <class Message, ContextLike Cx>
  static constexpr bool believes(const Ilv&, const Message&, Cx&) noexcept {
    return true;
  }
  /// Leaves the packet as it is.
  template <ContextLike Cx>
  static error_code seal(Nid, std::uint8_t&, Packet&, Cx&) noexcept {
    return {};
  }
  /// Does nothing.
  template <ContextLike Cx>
  static constexpr void sign(MutableBytes, Bytes, Cx&) noexcept {}
  /// Does nothing.
  template <class Network, ContextLike Cx>
  static constexpr void start(const Network&, Cx&) noexcept {}
  /// Does nothing.
  template <ContextLike Cx>
  static constexpr void resumed(TimePoint, Cx&) noexcept {}
  /// Does nothing.
  template <ContextLike Cx>
  static constexpr void end_batch(Cx&) noexcept {}
  /// Does nothing.
  template <class Network, ContextLike Cx>
  static constexpr void on_timer(Network&, Cx&) noexcept {}
  static constexpr TimePoint next_deadline() noexcept { return never; }  ///< it has nothing to do
  /// Has no tables.
  template <class F>
  static constexpr void for_each_table(F&&) noexcept {}
};

/// The template arguments of an `ILNP`, for its parts.
template <Underlay N, wire::Format F = wire::Overlay, GuardFor<F> G = NoGuard, class I = FirstImplementation>
struct NetworkPolicies {
  using Next = N;     ///< the underlay
  using Format = F;   ///< of headers and messages
  using Guard = G;    ///< whom the node believes
  using Interop = I;  ///< which other programs there are
};

}  // namespace ilnp
