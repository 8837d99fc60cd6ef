#pragma once

#include <cstring>

#include "../base/address.hpp"
#include "field.hpp"
#include "utf8.hpp"

namespace ilnp::wire {

///     +---------------------------------------------------------------+
///   0 |                    Node identifier (64)                       |
///   8 |                        Locator (64)                           |
///     +---------------+-----------------------------------------------+
///  16 | Solicitation  |  Host name, UTF-8, no terminator, to the end ...
///     +---------------+-----------------------------------------------+
///
/// Discovery: "this node has this name and is here". Solicitation 1 asks every node that hears it to say the same of
/// itself; 0 is an advertisement (docs/wire-formats.md, "Discovery"; the idea is RFC 4861's).
class Discovery {
 public:
  static constexpr std::size_t fixed_size = 17;

  /// Rejects a truncated message, a flag other than 0 and 1, and an invalid host name.
  static Parsed<Discovery> parse(Bytes payload) noexcept {
    if (payload.size() < fixed_size) return Malformed::too_short;
    if (load<std::uint8_t>(payload, 16) > 1) return Malformed::unknown_type;
    if (!is_host_name(payload.subspan(fixed_size))) return Malformed::bad_host_name;
    return Discovery(payload);
  }

  Nid nid() const noexcept { return Nid(load<std::uint64_t>(payload_, 0)); }
  Locator locator() const noexcept { return Locator(load<std::uint64_t>(payload_, 8)); }
  bool solicitation() const noexcept { return load<std::uint8_t>(payload_, 16) == 1; }
  /// Borrowed from the payload.
  std::string_view host_name() const noexcept { return as_text(payload_.subspan(fixed_size)); }

 private:
  explicit Discovery(Bytes payload) noexcept : payload_(payload) {}
  Bytes payload_;
};

struct DiscoveryRepr {
  Nid nid;
  Locator locator;
  bool solicitation = false;
  std::string_view host_name;

  std::size_t size() const noexcept { return Discovery::fixed_size + host_name.size(); }

  /// Writes `size()` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, nid.value());
    store(out, 8, locator.value());
    store<std::uint8_t>(out, 16, solicitation ? 1 : 0);
    if (!host_name.empty())
      std::memcpy(out.data() + Discovery::fixed_size, host_name.data(), host_name.size());
  }
};

}  // namespace ilnp::wire
