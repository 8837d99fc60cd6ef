#pragma once

#include <concepts>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/frame_class.hpp"
#include "field.hpp"

namespace ilnp::wire {

/// What a network layer tells apart, whatever the format.
enum class Kind : std::uint8_t {
  packet,          ///< what nodes send for the layers above
  discovery,       ///< a node says where it is, or asks
  locator_update,  ///< a node says that it moves, or acknowledges that
};

/// What all copies of a packet have in common, whichever path they take: octets, and a number for fields that lie elsewhere.
struct Identity {
  Bytes octets;
  std::uint64_t rest;
};

/// What a node keeps for each peer because of the format: nothing.
struct NoSession {};

/// Does a packet belong to the session with the node that it claims to come from?
enum class InSession : std::uint8_t {
  no,    ///< no: it is dropped
  once,  ///< yes, but another packet with the same path may not
  all,   ///< yes, and so do all packets with the same path
};

/// A format that keeps something for each peer. The network layer owns the sessions (`Sessions`, network/sessions.hpp).
///
/// - `Session`: the state, default-constructed when the session begins.
/// - `complete(values, session, cx)`: this node sends a packet or message to the peer. Sets the fields of its header that depend on
///   the session, before `values.size()` is asked.
/// - `belongs(header, session, known, cx)`: a packet or message for this node has arrived from the peer. `known`: its source is one
///   of the locators that this node knows of the peer. Changes the session only if the result is not `InSession::no`.
template <class F>
concept SessionFormat = std::default_initializable<typename F::Session> &&
    requires(typename F::HeaderRepr& values, const typename F::Header& header, typename F::Session& session,
             Context<>& cx) {
  F::complete(values, session, cx);
  { F::belongs(header, session, bool(), cx) } -> std::same_as<InSession>;
};

/// The format of what network layers send each other (docs/design.md, "Policies of the network layer"); `Overlay` is one.
///
/// - `Header`: a checked view of a frame. `parse(frame)` rejects what has no whole header, or the wrong length.
/// - `HeaderRepr{payload_length, next_header, hop_limit, source, destination}`: `write_to` writes `size()` octets, at most
///   `max_header_size`. The size may differ from packet to packet.
/// - `max_payload`: the longest payload that a header can describe.
/// - `set_hop_limit(frame, n)`: rewrites it in a frame that was parsed.
/// - `kind(header)`, and `next_header(kind)` for the messages.
/// - `path(header)`: `path_size` octets; packets that have all of them in common are treated alike (`FlowCache`). Among them are
///   the addresses, the next header and the hop limit.
/// - `identity(header)`: everything that does not change on the path, for the filters of duplicates.
/// - `Discovery`, `DiscoveryRepr`, `LocatorUpdate`, `LocatorUpdateRepr`: the messages.
/// - `Session`: what is kept for each peer: `NoSession`, or what `SessionFormat` says.
/// - `classifier`: which frames are control frames.
template <class F>
concept Format = requires(const typename F::Header& header, const typename F::HeaderRepr& values,
                          const typename F::Discovery& discovery,
                          const typename F::DiscoveryRepr& announcement,
                          const typename F::LocatorUpdate& update, const typename F::LocatorUpdateRepr& move,
                          Bytes bytes, MutableBytes out) {
  requires F::max_header_size >
  0 && F::max_payload > 0 && F::path_size > 0;
  { F::Header::parse(bytes) } -> std::same_as<Parsed<typename F::Header>>;
  { header.next_header() } -> std::same_as<std::uint8_t>;
  { header.hop_limit() } -> std::same_as<std::uint8_t>;
  { header.source() } -> std::same_as<Ilv>;
  { header.destination() } -> std::same_as<Ilv>;
  { header.payload() } -> std::same_as<Bytes>;
  { values.size() } -> std::same_as<std::size_t>;
  values.write_to(out);
  F::set_hop_limit(out, std::uint8_t());
  { F::kind(header) } -> std::same_as<Kind>;
  { F::next_header(Kind()) } -> std::same_as<std::uint8_t>;
  { F::path(header) } -> std::same_as<std::span<const std::byte, F::path_size>>;
  { F::identity(header) } -> std::same_as<Identity>;
  { F::Discovery::parse(bytes) } -> std::same_as<Parsed<typename F::Discovery>>;
  { discovery.nid() } -> std::same_as<Nid>;
  { discovery.locator() } -> std::same_as<Locator>;
  { discovery.solicitation() } -> std::same_as<bool>;
  { discovery.host_name() } -> std::same_as<std::string_view>;
  { announcement.size() } -> std::same_as<std::size_t>;
  announcement.write_to(out);
  { F::LocatorUpdate::parse(bytes) } -> std::same_as<Parsed<typename F::LocatorUpdate>>;
  { update.acknowledgement() } -> std::same_as<bool>;
  { update.count() } -> std::same_as<std::size_t>;
  { update.locator(std::size_t()) } -> std::same_as<Locator>;
  { move.size() } -> std::same_as<std::size_t>;
  move.write_to(out);
  requires std::same_as<typename F::Session, NoSession> || SessionFormat<F>;
  { F::classifier } -> std::convertible_to<FrameClassifier>;
};

}  // namespace ilnp::wire
