#pragma once

#include <boost/endian/conversion.hpp>
#include <cstdint>
#include <stdexcept>
#include <type_traits>

#include "../base/bytes.hpp"

/// The formats on the wire; only this folder touches octets. Each header has one format: a diagram, a `View` (`parse` checks
/// it once, then no accessor can fail), and a `Repr` (plain values that `write_to` writes).
namespace ilnp::wire {

/// Reads a big-endian unsigned integer of `sizeof(T)` octets at `offset`. The caller has checked the length.
template <class T>
T load(Bytes bytes, std::size_t offset) noexcept {
  return boost::endian::endian_load<T, sizeof(T), boost::endian::order::big>(
      reinterpret_cast<const unsigned char*>(bytes.data() + offset));
}

/// Writes `value` big-endian at `offset`. The caller has checked the length.
template <class T>
void store(MutableBytes bytes, std::size_t offset, T value) noexcept {
  boost::endian::endian_store<T, sizeof(T), boost::endian::order::big>(
      reinterpret_cast<unsigned char*>(bytes.data() + offset), value);
}

/// Writes `value` little-endian at `offset`. The caller has checked the length.
template <class T>
void store_little(MutableBytes bytes, std::size_t offset, T value) noexcept {
  boost::endian::endian_store<T, sizeof(T), boost::endian::order::little>(
      reinterpret_cast<unsigned char*>(bytes.data() + offset), value);
}

/// Why a parser rejected its input.
enum class Malformed : std::uint8_t {
  too_short,      ///< fewer octets than the fixed part
  wrong_length,   ///< a length field or the number of octets is inconsistent
  unknown_type,   ///< a type or flag that this format does not have
  bad_host_name,  ///< empty, over 255 octets, or not UTF-8
};

/// The result of `parse`: a checked view, or the reason why there is none. What boost::system::result does, for views, which
/// are plain values; it takes a tenth of the time to compile.
template <class View>
class Parsed {
  static_assert(std::is_trivially_copyable_v<View> && std::is_trivially_destructible_v<View>);

 public:
  /// There is a view.
  constexpr Parsed(const View& view) noexcept : view_(view), has_view_(true) {}
  /// There is none, for this reason.
  constexpr Parsed(Malformed reason) noexcept : nothing_(), reason_(reason) {}

  /// True if there is a view.
  constexpr bool has_value() const noexcept { return has_view_; }
  /// True if there is a view.
  constexpr explicit operator bool() const noexcept { return has_view_; }
  /// There must be a view.
  constexpr const View& operator*() const noexcept { return view_; }
  /// There must be a view.
  constexpr const View* operator->() const noexcept { return &view_; }
  /// The view; throws `std::logic_error` if there is none.
  constexpr const View& value() const {
    if (!has_view_) throw std::logic_error("value() of a message that did not parse");
    return view_;
  }
  /// Why there is no view.
  constexpr Malformed error() const noexcept { return reason_; }

 private:
  union {
    View view_;
    char nothing_;
  };
  bool has_view_ = false;
  Malformed reason_{};
};

}  // namespace ilnp::wire
