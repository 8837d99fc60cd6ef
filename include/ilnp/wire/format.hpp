#pragma once

#include <concepts>

#include "../base/address.hpp"
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

/// The format of what network layers send each other (docs/design.md, "Policies of the network layer"); `Overlay` is one.
///
/// - `Header`: a checked view of a frame. `parse(frame)` rejects what has no whole header, or the wrong length.
/// - `HeaderRepr{payload_length, next_header, hop_limit, source, destination}`: `write_to` writes `header_size` octets.
/// - `max_payload`: the longest payload that a header can describe.
/// - `set_hop_limit(frame, n)`: rewrites it in a frame that was parsed.
/// - `kind(header)`, and `next_header(kind)` for the messages.
/// - `path(header)`: `path_size` octets; packets that have all of them in common are treated alike (`FlowCache`). Among them are
///   the addresses, the next header and the hop limit.
/// - `identity(header)`: everything that does not change on the path, for the filters of duplicates.
/// - `Discovery`, `DiscoveryRepr`, `LocatorUpdate`, `LocatorUpdateRepr`: the messages.
/// - `Session`: what is kept for each peer. So far it must be empty.
/// - `classifier`: which frames are control frames.
template <class F>
concept Format = requires(const typename F::Header& header, const typename F::HeaderRepr& values,
                          const typename F::Discovery& discovery,
                          const typename F::DiscoveryRepr& announcement,
                          const typename F::LocatorUpdate& update, const typename F::LocatorUpdateRepr& move,
                          Bytes bytes, MutableBytes out) {
  requires F::header_size >
  0 && F::max_payload > 0 && F::path_size > 0;
  { F::Header::parse(bytes) } -> std::same_as<Parsed<typename F::Header>>;
  { header.next_header() } -> std::same_as<std::uint8_t>;
  { header.hop_limit() } -> std::same_as<std::uint8_t>;
  { header.source() } -> std::same_as<Ilv>;
  { header.destination() } -> std::same_as<Ilv>;
  { header.payload() } -> std::same_as<Bytes>;
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
  requires std::is_empty_v<typename F::Session>;
  { F::classifier } -> std::convertible_to<FrameClassifier>;
};

}  // namespace ilnp::wire
