#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "../base/error.hpp"

namespace ilnp {

/// The addresses that begin with the same bits, as `ADDRESS[/LENGTH]` names them: one address, or a network. A value.
class AddressRange {
 public:
  /// None if the text is not of that form, or the address has bits beyond LENGTH.
  static std::optional<AddressRange> parse(std::string_view text) {
    const auto slash = text.find('/');
    error_code error;
    const auto address = boost::asio::ip::make_address(std::string(text.substr(0, slash)), error);
    if (error) return std::nullopt;
    const unsigned longest = address.is_v6() ? 128 : 32;
    unsigned length = longest;
    if (slash != text.npos) {
      const std::string_view digits = text.substr(slash + 1);
      const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
      if (wrong != std::errc{} || end != digits.data() + digits.size() || length > longest)
        return std::nullopt;
    }
    const AddressRange range(address, length);
    for (unsigned bit = range.bits_; bit < 128; ++bit)
      if ((range.octets_[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
    return range;
  }

  /// An IPv4 address within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
  bool contains(const boost::asio::ip::address& address) const noexcept {
    const Octets octets = octets_of(address);
    const std::size_t whole = bits_ / 8;
    if (!std::equal(octets.begin(), octets.begin() + whole, octets_.begin())) return false;
    return bits_ % 8 == 0 || ((octets[whole] ^ octets_[whole]) >> (8 - bits_ % 8)) == 0;
  }

 private:
  using Octets = boost::asio::ip::address_v6::bytes_type;

  AddressRange(const boost::asio::ip::address& address, unsigned length)
      : octets_(octets_of(address)), bits_(address.is_v6() ? length : length + 96) {}

  static Octets octets_of(const boost::asio::ip::address& address) noexcept {
    if (address.is_v6()) return address.to_v6().to_bytes();
    Octets octets{};
    octets[10] = octets[11] = 0xff;
    const auto v4 = address.to_v4().to_bytes();
    std::copy(v4.begin(), v4.end(), octets.begin() + 12);
    return octets;
  }

  Octets octets_;
  unsigned bits_;
};

}  // namespace ilnp
