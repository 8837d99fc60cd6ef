#pragma once

#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "../base/address.hpp"
#include "../base/ascii_case.hpp"
#include "../base/context.hpp"
#include "../wire/dns_message.hpp"

namespace ilnp::tun {

/// The domain of all host names of the overlay.
inline constexpr std::string_view domain = "ilnp";

/// A name server for the names of nodes, `NAME.ilnp`, and for the addresses of a prefix (docs/behaviour.md, "Names of interfaces"). It
/// only answers: no state. `Lookup` has `std::optional<Nid> find(std::string_view name)`, which may only begin to look, and
/// `std::string_view name_of(Nid)`, empty if unknown.
class NameServer {
 public:
  /// The upper 64 bits of the addresses.
  explicit constexpr NameServer(std::uint64_t prefix) noexcept : prefix_(prefix) {}

  /// Writes a reply to `out`, at least `DnsReply::max_size` octets. Returns its size; 0 for what deserves none; `later` if the name
  /// is not known yet, unless this is the `last` attempt.
  template <class Lookup>
  std::size_t answer(Bytes message, MutableBytes out, bool last, Lookup& lookup) const {
    const auto query = wire::DnsQuery::parse(message);
    if (!query) return 0;
    if (query->problem() != wire::DnsCode::no_error)
      return wire::DnsReply(out, *query, query->problem()).size();
    std::array<char, wire::DnsQuery::max_name> buffer;
    const std::string_view name = query->name(buffer);
    if (under(name, domain)) {
      if (name.size() == domain.size()) return about_domain(*query, out);
      const std::string_view host = name.substr(0, name.size() - domain.size() - 1);
      const std::optional<Nid> nid = spelled(host) ? spelled(host) : lookup.find(host);
      if (!nid && !last) return later;
      if (!nid) return nothing(*query, out, wire::DnsCode::name_error, domain);
      // Of other types than AAAA there are none; but a name error would be one for all types.
      if (!asks(*query, wire::DnsType::aaaa)) return nothing(*query, out, wire::DnsCode::no_error, domain);
      wire::DnsReply reply(out, *query, wire::DnsCode::no_error);
      reply.address(prefix_, nid->value());
      return reply.size();
    }
    if (const std::optional<Nid> nid = reverse(name)) {
      const std::string_view host = lookup.name_of(*nid);
      if (!wire::DnsReply::fits(host, domain)) return nothing(*query, out, wire::DnsCode::name_error, domain);
      if (!asks(*query, wire::DnsType::ptr)) return nothing(*query, out, wire::DnsCode::no_error, domain);
      wire::DnsReply reply(out, *query, wire::DnsCode::no_error);
      reply.pointer(host, domain);
      return reply.size();
    }
    return wire::DnsReply(out, *query, wire::DnsCode::refused).size();  // so that it asks another server
  }
  /// What `answer` returns while the name is not known.
  static constexpr std::size_t later = ~std::size_t{};

  /// An identifier written as `0-0-0-a`.
  static std::optional<Nid> spelled(std::string_view host) noexcept {
    std::uint64_t value = 0;
    for (int group = 0; group < 4; ++group) {
      const std::size_t size = group == 3 ? host.size() : host.find('-');
      if (size == host.npos || size == 0 || size > 4) return std::nullopt;
      unsigned digits = 0;
      const auto [end, error] = std::from_chars(host.data(), host.data() + size, digits, 16);
      if (error != std::errc{} || end != host.data() + size) return std::nullopt;
      value = value << 16 | digits;
      host.remove_prefix(group == 3 ? size : size + 1);
    }
    return Nid(value);
  }

 private:
  static bool asks(const wire::DnsQuery& query, wire::DnsType type) noexcept {
    return query.type() == static_cast<std::uint16_t>(type) ||
           query.type() == static_cast<std::uint16_t>(wire::DnsType::any);
  }
  static bool equal(std::string_view one, std::string_view other) noexcept {
    return one.size() == other.size() &&
           std::equal(one.begin(), one.end(), other.begin(),
                      [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
  }
  /// `name` is the domain, or in it.
  static bool under(std::string_view name, std::string_view zone) noexcept {
    if (name.size() < zone.size() || !equal(name.substr(name.size() - zone.size()), zone)) return false;
    return name.size() == zone.size() || name[name.size() - zone.size() - 1] == '.';
  }

  std::size_t about_domain(const wire::DnsQuery& query, MutableBytes out) const noexcept {
    if (!asks(query, wire::DnsType::soa)) return nothing(query, out, wire::DnsCode::no_error, domain);
    wire::DnsReply reply(out, query, wire::DnsCode::no_error);
    reply.authority(domain, true);
    return reply.size();
  }
  static std::size_t nothing(const wire::DnsQuery& query, MutableBytes out, wire::DnsCode code,
                             std::string_view zone) noexcept {
    wire::DnsReply reply(out, query, code);
    reply.authority(zone, false);
    return reply.size();
  }

  /// The identifier of an address under this prefix, from its 32 digits in ip6.arpa (RFC 3596, section 2.5).
  std::optional<Nid> reverse(std::string_view name) const noexcept {
    constexpr std::string_view zone = "ip6.arpa";
    if (name.size() != 32 * 2 + zone.size() || !under(name, zone)) return std::nullopt;
    std::uint64_t halves[2] = {};
    for (int digit = 31; digit >= 0; --digit) {
      unsigned value = 0;
      const char* const at = name.data() + 2 * digit;
      const auto [end, error] = std::from_chars(at, at + 1, value, 16);
      if (error != std::errc{} || end != at + 1 || at[1] != '.') return std::nullopt;
      std::uint64_t& half = halves[digit < 16];
      half = half << 4 | value;
    }
    return halves[0] == prefix_ ? std::optional(Nid(halves[1])) : std::nullopt;
  }

  std::uint64_t prefix_;
};

/// Queries that wait until a name is known. One thread.
class WaitingQueries {
 public:
  static constexpr std::size_t max_queries = 64;                         ///< at a time
  static constexpr std::size_t max_octets = 512;                         ///< of one
  static constexpr Duration patience = std::chrono::milliseconds(1500);  ///< then there is no such name

  /// One of them.
  struct Query {
    std::uint16_t port = 0;                    ///< to which the reply goes
    std::uint16_t size = 0;                    ///< 0: none
    TimePoint until = never;                   ///< the last moment to answer it
    std::array<std::byte, max_octets> octets;  ///< the first `size` of them

    /// As it was asked.
    Bytes message() const noexcept { return Bytes(octets).first(size); }
  };

  bool empty() const noexcept { return count_ == 0; }

  /// Keeps a copy. False if too many wait, or it is too long.
  bool add(Bytes message, std::uint16_t port, TimePoint now) noexcept {
    if (count_ == max_queries || message.size() > max_octets || message.empty()) return false;
    for (Query& query : queries_) {
      if (query.size != 0) continue;
      query.port = port;
      query.size = static_cast<std::uint16_t>(message.size());
      query.until = now + patience;
      std::copy(message.begin(), message.end(), query.octets.begin());
      break;
    }
    ++count_;
    return true;
  }
  /// Calls `f(query)` for each. Those for which it returns true are removed.
  template <class F>
  void for_each(F&& f) {
    for (Query& query : queries_)
      if (query.size != 0 && f(std::as_const(query))) query.size = 0, --count_;
  }

 private:
  std::array<Query, max_queries> queries_;
  std::size_t count_ = 0;
};

}  // namespace ilnp::tun
