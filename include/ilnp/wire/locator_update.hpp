#pragma once

#include <span>

#include "../base/address.hpp"
#include "field.hpp"

namespace ilnp::wire {

///     +---------------+
///   0 |   Type = 1    |  then the complete set of new locators (64 each), preferred first: locator update
///     +---------------+
///   0 |   Type = 0    |  and nothing else: acknowledgement
///     +---------------+
///
/// Locator update and its acknowledgement (docs/wire-formats.md, "Locator update"; the messages of RFC 6743 in another encoding).
class LocatorUpdate {
 public:
  /// Rejects an unknown type, an update without locators or with an incomplete one, and an acknowledgement that is followed
  /// by anything.
  static Parsed<LocatorUpdate> parse(Bytes payload) noexcept {
    if (payload.empty()) return Malformed::too_short;
    const auto type = load<std::uint8_t>(payload, 0);
    if (type > 1) return Malformed::unknown_type;
    const std::size_t rest = payload.size() - 1;
    if (type == 0 ? rest != 0 : rest == 0 || rest % 8 != 0) return Malformed::wrong_length;
    return LocatorUpdate(payload);
  }

  bool acknowledgement() const noexcept { return load<std::uint8_t>(payload_, 0) == 0; }
  /// The number of locators in an update, at least one; 0 for an acknowledgement.
  std::size_t count() const noexcept { return (payload_.size() - 1) / 8; }
  /// The locator at `index` < `count()`; the preferred one is at 0.
  Locator locator(std::size_t index) const noexcept {
    return Locator(load<std::uint64_t>(payload_, 1 + 8 * index));
  }

 private:
  explicit LocatorUpdate(Bytes payload) noexcept : payload_(payload) {}
  Bytes payload_;
};

/// An update with these locators or, without any, an acknowledgement.
struct LocatorUpdateRepr {
  std::span<const Locator> locators;

  std::size_t size() const noexcept { return 1 + 8 * locators.size(); }

  /// Writes `size()` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store<std::uint8_t>(out, 0, locators.empty() ? 0 : 1);
    for (std::size_t index = 0; index < locators.size(); ++index)
      store(out, 1 + 8 * index, locators[index].value());
  }
};

}  // namespace ilnp::wire
