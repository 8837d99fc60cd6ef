#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <string_view>

#include "../base/ascii_case.hpp"
#include "field.hpp"

namespace ilnp::wire {

/// Types of records that a name server of the overlay knows (RFC 1035, section 3.2.2; RFC 3596).
enum class DnsType : std::uint16_t { ns = 2, soa = 6, ptr = 12, aaaa = 28, any = 255 };

/// The result in a reply (RFC 1035, section 4.1.1).
enum class DnsCode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  name_error = 3,
  not_implemented = 4,
  refused = 5
};

///      0                   1                   2                   3
///     +-------------------------------+-+-------+-+-+-+-+-----+-------+
///   0 |              ID               |Q|Opcode |A|T|R|A|  0  | Code  |
///     +-------------------------------+-+-------+-+-+-+-+-----+-------+
///   4 |          Questions            |            Answers            |
///     +-------------------------------+-------------------------------+
///   8 |         Authorities           |          Additional           |   then the question: a name, type, class
///     +-------------------------------+-------------------------------+
///
/// A query to a name server (RFC 1035, section 4.1), with one question.
class DnsQuery {
 public:
  static constexpr std::size_t header_size = 12;
  static constexpr std::size_t max_name = 255;  ///< in a message, octets

  /// Rejects what nobody can answer: no whole header, or a reply. What else is wrong with a query, `problem` says.
  static Parsed<DnsQuery> parse(Bytes message) noexcept {
    if (message.size() < header_size) return Malformed::too_short;
    if ((load<std::uint16_t>(message, 2) & 0x8000) != 0) return Malformed::unknown_type;
    return DnsQuery(message);
  }

  std::uint16_t id() const noexcept { return load<std::uint16_t>(message_, 0); }
  bool recursion_desired() const noexcept { return (load<std::uint16_t>(message_, 2) & 0x0100) != 0; }
  /// `no_error` if there is exactly one question, of class IN, and no name is compressed.
  DnsCode problem() const noexcept { return problem_; }
  /// The whole question, to copy it into a reply; empty if there is a format error. Borrowed from the message.
  Bytes question() const noexcept { return message_.subspan(header_size, question_size_); }
  /// See `DnsType`; there must be no problem.
  std::uint16_t type() const noexcept {
    return load<std::uint16_t>(message_, header_size + question_size_ - 4);
  }

  /// The labels of the name, joined by dots, written to `out`.
  std::string_view name(std::array<char, max_name>& out) const noexcept {
    std::size_t size = 0;
    for (std::size_t at = header_size; load<std::uint8_t>(message_, at) != 0;) {
      const std::size_t label = load<std::uint8_t>(message_, at);
      if (size != 0) out[size++] = '.';
      std::memcpy(out.data() + size, message_.data() + at + 1, label);
      size += label;
      at += 1 + label;
    }
    return {out.data(), size};
  }

 private:
  explicit DnsQuery(Bytes message) noexcept : message_(message), problem_(examine()) {}

  DnsCode examine() noexcept {
    if ((load<std::uint16_t>(message_, 2) & 0x7800) != 0) return DnsCode::not_implemented;
    if (load<std::uint16_t>(message_, 4) != 1) return DnsCode::format_error;
    std::size_t at = header_size;
    for (;;) {
      if (at >= message_.size()) return DnsCode::format_error;
      const std::size_t label = load<std::uint8_t>(message_, at);
      if (label == 0) break;
      at += 1 + label;
      if (label > 63 || at - header_size > max_name - 1) return DnsCode::format_error;
    }
    if (message_.size() - at < 5) return DnsCode::format_error;
    if (load<std::uint16_t>(message_, at + 3) != 1) return DnsCode::not_implemented;  // another class than IN
    question_size_ = at + 5 - header_size;
    return DnsCode::no_error;
  }

  Bytes message_;
  std::size_t question_size_ = 0;
  DnsCode problem_;
};

/// Writes a reply into a buffer of at least `max_size` octets. The name server is an authority for its names.
class DnsReply {
 public:
  static constexpr std::size_t max_size = 512 + 128;  ///< a question, and one record
  static constexpr std::uint32_t time_to_live =
      5;  ///< of names, seconds: a node may come back as another one

  /// With the question of `query`, and no record so far.
  DnsReply(MutableBytes out, const DnsQuery& query, DnsCode code) noexcept : out_(out) {
    const bool authority = code == DnsCode::no_error || code == DnsCode::name_error;
    store(out_, 0, query.id());
    store(out_, 2,
          static_cast<std::uint16_t>(0x8000 | (authority ? 0x0400 : 0) |
                                     (query.recursion_desired() ? 0x0100 : 0) | static_cast<unsigned>(code)));
    std::memset(out_.data() + 4, 0, 8);
    const Bytes question = query.question();
    store(out_, 4, static_cast<std::uint16_t>(question.empty() ? 0 : 1));
    size_ = DnsQuery::header_size;
    put(question);
  }

  /// Answers with the address of the name that was asked for.
  void address(std::uint64_t prefix, std::uint64_t interface) noexcept {
    record(0xc00c, DnsType::aaaa, 16);
    put(prefix);
    put(interface);
  }
  /// Answers that the address belongs to `name` under `domain`; labels are separated by dots.
  void pointer(std::string_view name, std::string_view domain) noexcept {
    record(0xc00c, DnsType::ptr, static_cast<std::uint16_t>(name.size() + domain.size() + 3));
    put_labels(name);
    put_labels(domain);
    put(std::uint8_t{0});
  }
  /// Adds the record of the authority: as the answer, or to say that there is none.
  void authority(std::string_view domain, bool is_answer) noexcept {
    constexpr std::string_view mailbox = "hostmaster";
    store(out_, is_answer ? 6 : 8, std::uint16_t{1});
    put_labels(domain);
    put(std::uint8_t{0});
    fields(DnsType::soa, 1, static_cast<std::uint16_t>(2 * (domain.size() + 2) + mailbox.size() + 1 + 20));
    put_labels(domain);
    put(std::uint8_t{0});
    put_labels(mailbox);
    put_labels(domain);
    put(std::uint8_t{0});
    for (const std::uint32_t value : {1u, 3600u, 600u, 86400u, 1u})
      put(value);  // serial, refresh, retry, expire, minimum
  }

  /// Of the reply so far, octets.
  std::size_t size() const noexcept { return size_; }

  /// Can a reply hold this name?
  static bool fits(std::string_view name, std::string_view domain) noexcept {
    if (name.empty() || name.size() + domain.size() + 3 > DnsQuery::max_name) return false;
    for (std::size_t at = 0; at <= name.size();) {
      const std::size_t end = std::min(name.find('.', at), name.size());
      if (end == at || end - at > 63) return false;
      at = end + 1;
    }
    return true;
  }

 private:
  void record(std::uint16_t name, DnsType type, std::uint16_t size) noexcept {
    store(out_, 6, std::uint16_t{1});
    put(name);
    fields(type, time_to_live, size);
  }
  void fields(DnsType type, std::uint32_t life, std::uint16_t size) noexcept {
    put(static_cast<std::uint16_t>(type));
    put(std::uint16_t{1});
    put(life);
    put(size);
  }
  void put_labels(std::string_view name) noexcept {
    while (!name.empty()) {
      const std::string_view label = name.substr(0, name.find('.'));
      put(static_cast<std::uint8_t>(label.size()));
      put(as_bytes(label));
      name.remove_prefix(std::min(name.size(), label.size() + 1));
    }
  }
  void put(Bytes octets) noexcept {
    if (!octets.empty()) std::memcpy(out_.data() + size_, octets.data(), octets.size());
    size_ += octets.size();
  }
  template <std::unsigned_integral T>
  void put(T value) noexcept {
    store(out_, size_, value);
    size_ += sizeof(T);
  }

  MutableBytes out_;
  std::size_t size_ = 0;
};

}  // namespace ilnp::wire
