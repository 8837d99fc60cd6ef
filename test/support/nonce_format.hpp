#pragma once

#include <optional>

#include "small_format.hpp"

namespace ilnp::test {

/// A format with sessions, in the style of RFC 6744: `Small`, and a nonce that a header may have.
///
///     0 as Small's header | 34 octets of the nonce: 0 or 4 | 35 nonce | payload
///
/// A node draws a nonce for each peer. It is in all locator updates and acknowledgements, and in each packet for a while after the
/// session began or the source locator changed. A peer that has heard it believes no update without it, and no packet from a locator
/// that it does not know.
struct Nonced : Small {
  static constexpr std::size_t min_header_size = 35;
  static constexpr std::size_t max_header_size = 39;
  static constexpr std::size_t path_size = 35;
  static constexpr Duration say_for = std::chrono::seconds(1);

  class Header {
   public:
    static wire::Parsed<Header> parse(Bytes frame) noexcept {
      if (frame.size() < min_header_size) return wire::Malformed::too_short;
      const auto octets = wire::load<std::uint8_t>(frame, 34);
      if (octets != 0 && octets != 4) return wire::Malformed::wrong_length;
      const std::size_t size = min_header_size + octets;
      if (frame.size() < size) return wire::Malformed::too_short;
      if (frame.size() > size + max_payload) return wire::Malformed::wrong_length;
      return Header(frame, size);
    }
    std::uint8_t hop_limit() const noexcept { return wire::load<std::uint8_t>(frame_, 0); }
    std::uint8_t next_header() const noexcept { return wire::load<std::uint8_t>(frame_, 1); }
    Ilv destination() const noexcept { return {Locator(load(frame_, 10)), Nid(load(frame_, 2))}; }
    Ilv source() const noexcept { return {Locator(load(frame_, 26)), Nid(load(frame_, 18))}; }
    std::optional<std::uint32_t> nonce() const noexcept {
      if (size_ == min_header_size) return std::nullopt;
      return wire::load<std::uint32_t>(frame_, min_header_size);
    }
    Bytes payload() const noexcept { return frame_.subspan(size_); }
    Bytes frame() const noexcept { return frame_; }

   private:
    Header(Bytes frame, std::size_t size) noexcept : frame_(frame), size_(size) {}
    Bytes frame_;
    std::size_t size_;
  };

  struct HeaderRepr {
    std::uint16_t payload_length = 0;
    std::uint8_t next_header = 0;
    std::uint8_t hop_limit = 0;
    Ilv source;
    Ilv destination;
    std::optional<std::uint32_t> nonce{};

    std::size_t size() const noexcept { return nonce ? max_header_size : min_header_size; }
    void write_to(MutableBytes out) const noexcept {
      Small::HeaderRepr{payload_length, next_header, hop_limit, source, destination}.write_to(out);
      wire::store<std::uint8_t>(out, 34, nonce ? 4 : 0);
      if (nonce) wire::store(out, min_header_size, *nonce);
    }
  };

  struct Session {
    std::optional<std::uint32_t> own, its;  ///< nonces: what this node says, and what the peer does
    Locator source;                         ///< of the last packet to the peer,
    TimePoint since = long_ago;             ///< and when this node first sent to it from there
  };

  template <ContextLike Cx>
  static void complete(HeaderRepr& values, Session& session, Cx& cx) {
    if (!session.own) session.own = static_cast<std::uint32_t>(cx.secret());
    if (session.source != values.source.locator)
      session.source = values.source.locator, session.since = cx.now();
    if (values.next_header == update_type || cx.now() - session.since < say_for) values.nonce = session.own;
  }

  template <ContextLike Cx>
  static wire::InSession belongs(const Header& header, Session& session, bool known, Cx&) {
    const auto nonce = header.nonce();
    if (session.its && nonce) return *nonce == *session.its ? wire::InSession::once : wire::InSession::no;
    if (kind(header) == wire::Kind::locator_update) return wire::InSession::no;
    if (!nonce) return known ? wire::InSession::all : wire::InSession::no;
    session.its = nonce;
    return wire::InSession::once;
  }

  static wire::Kind kind(const Header& header) noexcept {
    return header.next_header() == discovery_type ? wire::Kind::discovery
           : header.next_header() == update_type  ? wire::Kind::locator_update
                                                  : wire::Kind::packet;
  }
  static std::span<const std::byte, path_size> path(const Header& header) noexcept {
    return header.frame().first<path_size>();
  }
  static wire::Identity identity(const Header& header) noexcept { return {header.frame().subspan(1), 0}; }
};
static_assert(wire::Format<Nonced> && wire::SessionFormat<Nonced>);

}  // namespace ilnp::test
