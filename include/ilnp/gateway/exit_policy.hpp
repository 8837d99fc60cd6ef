#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "local_routes.hpp"

namespace ilnp {

/// IPv4 in IPv6 (`::ffff:192.0.2.1`) as the IPv4 address that it is; any other address unchanged.
inline boost::asio::ip::address plain_address(const boost::asio::ip::address& address) {
  namespace ip = boost::asio::ip;
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? ip::address(ip::make_address_v4(ip::v4_mapped, address.to_v6()))
             : address;
}

/// A range of addresses, and one port or all.
struct ExitRule {
  boost::asio::ip::address network;  ///< the first address
  unsigned length = 0;               ///< bits that count
  std::uint16_t port = 0;            ///< 0: all

  /// From `ADDRESS[/LENGTH][:PORT]`; an IPv6 address with a port is in brackets: `[fd00::]/8:80`, `[fd00::/8]:80`. None if the
  /// text has another form, or the address has bits beyond LENGTH.
  static std::optional<ExitRule> parse(std::string_view text) {
    ExitRule rule;
    std::string_view address = text, rest, length;
    if (text.starts_with('[')) {
      const auto end = text.find(']');
      if (end == text.npos) return std::nullopt;
      address = text.substr(1, end - 1);
      rest = text.substr(end + 1);
      if (address.find(':') == address.npos) return std::nullopt;
    } else if (std::ranges::count(text, ':') == 1) {
      address = text.substr(0, text.find(':'));
      rest = text.substr(text.find(':'));
    }
    const bool behind = rest.starts_with('/');
    if (behind) {
      length = rest.substr(1, rest.find(':') - 1);
      rest = rest.substr(std::min(rest.size(), length.size() + 1));
    }
    if (const auto slash = address.find('/'); slash != address.npos) {
      if (behind) return std::nullopt;
      length = address.substr(slash + 1);
      address = address.substr(0, slash);
      if (length.empty()) return std::nullopt;
    } else if (behind && length.empty()) {
      return std::nullopt;
    }
    error_code error;
    rule.network = boost::asio::ip::make_address(address, error);
    if (error) return std::nullopt;
    const unsigned longest = rule.network.is_v4() ? 32 : 128;
    rule.length = longest;
    if (!length.empty() && !number(length, 0, longest, rule.length)) return std::nullopt;
    unsigned port = 0;
    if (!rest.empty() && (rest[0] != ':' || !number(rest.substr(1), 1, 65535, port))) return std::nullopt;
    rule.port = static_cast<std::uint16_t>(port);
    if (!rule.is_whole()) return std::nullopt;
    if (rule.network.is_v6() && rule.network.to_v6().is_v4_mapped()) {  // then all of the first 96 bits count
      rule.network = plain_address(rule.network);
      rule.length -= 96;
    }
    return rule;
  }

  /// Whether `address` and the port `to` are within. IPv4 in IPv6 is not recognized: pass `plain_address`.
  bool covers(const boost::asio::ip::address& address, std::uint16_t to) const {
    if (address.is_v4() != network.is_v4() || (port != 0 && port != to)) return false;
    return address.is_v4() ? alike(address.to_v4().to_bytes(), network.to_v4().to_bytes())
                           : alike(address.to_v6().to_bytes(), network.to_v6().to_bytes());
  }

 private:
  static bool number(std::string_view text, unsigned lowest, unsigned highest, unsigned& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= lowest && value <= highest;
  }
  template <class Octets>
  bool alike(const Octets& one, const Octets& other) const noexcept {
    for (unsigned bit = 0; bit < length; ++bit)
      if (((one[bit / 8] ^ other[bit / 8]) >> (7 - bit % 8)) & 1) return false;
    return true;
  }
  /// No bit is set beyond the length.
  bool is_whole() const {
    const auto none_beyond = [this](const auto& octets) {
      for (unsigned bit = length; bit < 8 * octets.size(); ++bit)
        if ((octets[bit / 8] >> (7 - bit % 8)) & 1) return false;
      return true;
    };
    return network.is_v4() ? none_beyond(network.to_v4().to_bytes())
                           : none_beyond(network.to_v6().to_bytes());
  }
};

/// Where an exit connects to: to the Internet, but not to this host, to link-local addresses or to private networks,
/// unless a rule allows it. Hosts on this host's own link that have public addresses are treated like any others.
class ExitPolicy {
 public:
  /// Connections to there are allowed from now on.
  void allow(const ExitRule& rule) { rules_.push_back(rule); }

  /// Error: `not_allowed`; the system's, if it cannot tell whether the address is one of this host.
  error_code check(const boost::asio::ip::tcp::endpoint& to) {
    const boost::asio::ip::address address = plain_address(to.address());
    if (std::ranges::any_of(rules_, [&](const ExitRule& rule) { return rule.covers(address, to.port()); }))
      return {};
    if (!is_public(address)) return Errc::not_allowed;
    const auto reach = routes_.reach(address);
    if (!reach) return reach.error();
    return *reach == LocalRoutes::Reach::here ? make_error_code(Errc::not_allowed) : error_code();
  }

  /// Whether an address is public, by its digits alone. An address that embeds an IPv4 address, to which a translator or a tunnel
  /// would lead, is judged by that one.
  static bool is_public(const boost::asio::ip::address& given) {
    namespace ip = boost::asio::ip;
    const ip::address address = plain_address(given);
    static const std::vector<ExitRule> kept =
        rules({"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
               "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4",
               "240.0.0.0/4",  // here, private, shared, link, protocols, benchmarks, multicast, reserved
               "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2001::/32", "fc00::/7", "fe80::/10",
               "fec0::/10", "ff00::/8"});
    if (std::ranges::any_of(kept, [&](const ExitRule& rule) { return rule.covers(address, 0); }))
      return false;
    if (address.is_v4()) return true;
    static const ExitRule translated = *ExitRule::parse("64:ff9b::/96");  // RFC 6052
    static const ExitRule tunnelled = *ExitRule::parse("2002::/16");      // RFC 3056
    const auto octets = address.to_v6().to_bytes();
    const auto inside = [&](std::size_t at) {
      return ip::address_v4({octets[at], octets[at + 1], octets[at + 2], octets[at + 3]});
    };
    const bool isatap = (octets[8] == 0x00 || octets[8] == 0x02) && octets[9] == 0x00 && octets[10] == 0x5e &&
                        octets[11] == 0xfe;  // RFC 5214: of any network
    if (isatap && !is_public(inside(12))) return false;
    if (translated.covers(address, 0)) return is_public(inside(12));
    if (tunnelled.covers(address, 0)) return is_public(inside(2));
    return true;
  }

 private:
  static std::vector<ExitRule> rules(std::initializer_list<std::string_view> texts) {
    std::vector<ExitRule> all;
    for (const auto& text : texts) all.push_back(*ExitRule::parse(text));
    return all;
  }

  std::vector<ExitRule> rules_;
  LocalRoutes routes_;
};

}  // namespace ilnp
