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
  static constexpr bool packets_return = false;
  struct Habits {
    static constexpr bool below_own(std::uint8_t) noexcept { return false; }
    static constexpr void sent_back() noexcept {}
    static constexpr void hear(std::uint8_t) noexcept {}
    static constexpr void failed() noexcept {}
    static constexpr bool always_forwards() noexcept { return false; }
  };
};

/// Decides whom this node believes; for nodes with keys. `ILNP` owns it (`guard()`); a layer above that seals packets may use it.
///
/// - `admit(header, kind, cx)`: is this packet or message of another node accepted? Asked before anything is learnt from it,
///   once for packets that the flow cache treats alike, and again whenever something has changed. If not, the packet goes no
///   further and is counted as `Drop::refused`. A guard does the same with packets that it handles itself, such as a handshake.
template <class G, class Format>
concept GuardFor = requires(G& guard, const typename Format::Header& header, wire::Kind kind, Context<>& cx) {
  { guard.admit(header, kind, cx) } -> std::same_as<bool>;
};

/// Believes everybody, and costs nothing.
struct NoGuard {
  template <class Header, ContextLike Cx>
  static constexpr bool admit(const Header&, wire::Kind, Cx&) noexcept {
    return true;
  }
};

/// The template arguments of an `ILNP`, for its parts.
template <Underlay N, wire::Format F = wire::Overlay, GuardFor<F> G = NoGuard, class I = FirstImplementation>
struct NetworkPolicies {
  using Next = N;
  using Format = F;
  using Guard = G;
  using Interop = I;
};

}  // namespace ilnp
