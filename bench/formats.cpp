// Parse and emit of each format, beside the same by hand.
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "harness.hpp"

namespace baseline {

using Octet = unsigned char;

inline std::uint64_t load64(const Octet* from) {
  std::uint64_t value;
  std::memcpy(&value, from, 8);
  return __builtin_bswap64(value);
}
inline std::uint16_t load16(const Octet* from) {
  std::uint16_t value;
  std::memcpy(&value, from, 2);
  return __builtin_bswap16(value);
}
inline void store64(Octet* to, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, 8);
}
inline void store32(Octet* to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, 4);
}
inline void store16(Octet* to, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(to, &value, 2);
}

/// 1 to 255 octets of UTF-8 without control characters.
inline bool is_host_name(const Octet* name, std::size_t size) {
  if (size == 0 || size > 255) return false;
  for (std::size_t at = 0; at < size;) {
    const unsigned lead = name[at];
    if (lead < 0x80) {
      if (lead < 0x20 || lead == 0x7f) return false;
      ++at;
      continue;
    }
    const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length == 0 || size - at < length) return false;
    for (std::size_t next = 1; next < length; ++next)
      if ((name[at + next] & 0xc0) != 0x80) return false;
    const unsigned second = name[at + 1];
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second >= 0xa0) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second >= 0x90))
      return false;
    at += length;
  }
  return true;
}

}  // namespace baseline

#include "ilnp/wire/discovery.hpp"
#include "ilnp/wire/ilnp_header.hpp"
#include "ilnp/wire/locator_update.hpp"
#include "ilnp/wire/pcap.hpp"
#include "ilnp/wire/stp_header.hpp"
#include "ilnp/wire/udp_encapsulation.hpp"

namespace {

using namespace ilnp;
using baseline::Octet;

/// Octets that both sides read or write. What is in them is unknown to the compiler each time.
struct Buffer {
  explicit Buffer(std::size_t length) : size(length) {}
  Bytes bytes() const { return std::as_bytes(std::span(octets).first(size)); }
  MutableBytes out() { return std::as_writable_bytes(std::span(octets)); }
  std::array<Octet, 1500> octets{};
  std::size_t size;
};

template <class Work>
struct Case {
  explicit Case(std::size_t size) : buffer(size) { Work::prepare(buffer); }
  void run() {
    Octet* octets = buffer.octets.data();
    bench::keep(octets);
    bench::keep(buffer.size);
    std::uint64_t sum = Work::once(buffer);
    bench::keep(sum);
  }
  Buffer buffer;
};

struct Unprepared {
  static void prepare(Buffer&) {}
};

struct HeaderPrepared {
  static void prepare(Buffer& buffer) {
    wire::IlnpHeaderRepr{
        static_cast<std::uint16_t>(buffer.size - 40), 42, 3, {Locator(1), Nid(2)}, {Locator(3), Nid(4)}}
        .write_to(buffer.out());
  }
};
struct ParseHeader : HeaderPrepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto header = wire::IlnpHeader::parse(buffer.bytes());
    if (!header) return 0;
    const Ilv source = header->source(), destination = header->destination();
    return source.locator.value() + source.nid.value() + destination.locator.value() +
           destination.nid.value() + header->next_header() + header->hop_limit() + header->payload().size();
  }
};
struct ParseHeaderByHand : HeaderPrepared {
  static std::uint64_t once(Buffer& buffer) {
    const Octet* at = buffer.octets.data();
    if (buffer.size < 40 || baseline::load16(at + 4) != buffer.size - 40) return 0;
    return baseline::load64(at + 8) + baseline::load64(at + 16) + baseline::load64(at + 24) +
           baseline::load64(at + 32) + at[6] + at[7] + (buffer.size - 40);
  }
};
struct EmitHeader : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const std::uint64_t any = buffer.size;
    wire::IlnpHeaderRepr{
        static_cast<std::uint16_t>(any), 42, 3, {Locator(any), Nid(any)}, {Locator(any), Nid(any)}}
        .write_to(buffer.out());
    return any;
  }
};
struct EmitHeaderByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const std::uint64_t any = buffer.size;
    Octet* at = buffer.octets.data();
    baseline::store64(at, std::uint64_t{static_cast<std::uint16_t>(any)} << 16 | 42 << 8 | 3);
    baseline::store64(at + 8, any);
    baseline::store64(at + 16, any);
    baseline::store64(at + 24, any);
    baseline::store64(at + 32, any);
    return any;
  }
};

struct ParsePorts : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto header = wire::StpHeader::parse(buffer.bytes());
    return header ? header->source_port() + 3u * header->destination_port() + header->payload().size() : 0;
  }
};
struct ParsePortsByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const Octet* at = buffer.octets.data();
    return buffer.size < 4 ? 0 : baseline::load16(at) + 3u * baseline::load16(at + 2) + (buffer.size - 4);
  }
};
struct EmitPorts : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto any = static_cast<std::uint16_t>(buffer.size);
    wire::StpHeaderRepr{any, any}.write_to(buffer.out());
    return any;
  }
};
struct EmitPortsByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto any = static_cast<std::uint16_t>(buffer.size);
    baseline::store32(buffer.octets.data(), std::uint32_t{any} << 16 | any);
    return any;
  }
};

constexpr std::string_view host = "a-host.of-some-length.example";

struct DiscoveryPrepared {
  static void prepare(Buffer& buffer) {
    const wire::DiscoveryRepr message{Nid(1), Locator(2), true, host};
    message.write_to(buffer.out());
    buffer.size = message.size();
  }
};
struct ParseDiscovery : DiscoveryPrepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto message = wire::Discovery::parse(buffer.bytes());
    if (!message) return 0;
    return message->nid().value() + message->locator().value() + message->solicitation() +
           message->host_name().size();
  }
};
struct ParseDiscoveryByHand : DiscoveryPrepared {
  static std::uint64_t once(Buffer& buffer) {
    const Octet* at = buffer.octets.data();
    if (buffer.size < 17 || at[16] > 1 || !baseline::is_host_name(at + 17, buffer.size - 17)) return 0;
    return baseline::load64(at) + baseline::load64(at + 8) + (at[16] == 1) + (buffer.size - 17);
  }
};
struct EmitDiscovery : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    std::string_view name = host;
    bench::keep(name);
    wire::DiscoveryRepr{Nid(buffer.size), Locator(buffer.size), true, name}.write_to(buffer.out());
    return buffer.size;
  }
};
struct EmitDiscoveryByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    std::string_view name = host;
    bench::keep(name);
    Octet* at = buffer.octets.data();
    baseline::store64(at, buffer.size);
    baseline::store64(at + 8, buffer.size);
    at[16] = 1;
    std::memcpy(at + 17, name.data(), name.size());
    return buffer.size;
  }
};

constexpr std::array<Locator, 3> moved_to{Locator(1), Locator(2), Locator(3)};

struct UpdatePrepared {
  static void prepare(Buffer& buffer) {
    const wire::LocatorUpdateRepr message{moved_to};
    message.write_to(buffer.out());
    buffer.size = message.size();
  }
};
struct ParseUpdate : UpdatePrepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto message = wire::LocatorUpdate::parse(buffer.bytes());
    if (!message) return 0;
    std::uint64_t sum = message->acknowledgement();
    for (std::size_t i = 0; i < message->count(); ++i) sum += message->locator(i).value();
    return sum;
  }
};
struct ParseUpdateByHand : UpdatePrepared {
  static std::uint64_t once(Buffer& buffer) {
    const Octet* at = buffer.octets.data();
    if (buffer.size == 0 || at[0] > 1) return 0;
    const std::size_t rest = buffer.size - 1;
    if (at[0] == 0 ? rest != 0 : rest == 0 || rest % 8 != 0) return 0;
    std::uint64_t sum = at[0] == 0;
    for (std::size_t i = 0; i < rest / 8; ++i) sum += baseline::load64(at + 1 + 8 * i);
    return sum;
  }
};
struct EmitUpdate : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    std::span<const Locator> locators(moved_to);
    bench::keep(locators);
    wire::LocatorUpdateRepr{locators}.write_to(buffer.out());
    return buffer.size;
  }
};
struct EmitUpdateByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    static constexpr std::array<std::uint64_t, 3> all{1, 2, 3};
    std::span<const std::uint64_t> locators(all);
    bench::keep(locators);
    Octet* at = buffer.octets.data();
    at[0] = locators.empty() ? 0 : 1;
    for (std::size_t i = 0; i < locators.size(); ++i) baseline::store64(at + 1 + 8 * i, locators[i]);
    return buffer.size;
  }
};
struct EmitAcknowledgement : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    wire::LocatorUpdateRepr{}.write_to(buffer.out());
    return buffer.size;
  }
};
struct EmitAcknowledgementByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    buffer.octets[0] = 0;
    return buffer.size;
  }
};

struct EmitRecord : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto any = static_cast<std::uint32_t>(buffer.size);
    wire::PcapRecordHeaderRepr{any, any, any, any}.write_to(buffer.out());
    return any;
  }
};
struct EmitRecordByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const auto any = static_cast<std::uint32_t>(buffer.size);
    const std::uint32_t words[4] = {any, any, any, any};
    std::memcpy(buffer.octets.data(), words, sizeof words);
    return any;
  }
};

/// The headers of a captured frame, with the checksum over all of it.
struct EmitEncapsulation : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    const Bytes frame = buffer.bytes();
    wire::UdpEncapsulationRepr{7, Locator(8), 9, 10}.write_to(MutableBytes(headers), frame.first(40),
                                                              frame.subspan(40));
    bench::keep(headers);
    return buffer.size;
  }
  static inline std::array<std::byte, 64> headers;
};
struct EmitEncapsulationByHand : Unprepared {
  static std::uint64_t once(Buffer& buffer) {
    Octet* at = headers.data();
    const auto length = static_cast<std::uint16_t>(8 + buffer.size);
    baseline::store16(at, 0x3333);
    baseline::store32(at + 2, 8);
    baseline::store16(at + 6, 0x0200);
    baseline::store32(at + 8, 7);
    baseline::store16(at + 12, 0x86dd);
    baseline::store32(at + 14, 0x60000000);
    baseline::store16(at + 18, length);
    baseline::store16(at + 20, 17 << 8 | 1);
    baseline::store64(at + 22, 0xfe80000000000000);
    baseline::store64(at + 30, 7);
    baseline::store64(at + 38, 0xff12000000000000 | 9 << 16);
    baseline::store64(at + 46, 8);
    baseline::store32(at + 54, 10 << 16 | 10);
    baseline::store16(at + 58, length);
    baseline::store16(at + 60, 0);
    std::uint64_t sum = 17 + std::uint64_t{length};
    sum += words(at + 22, 38) + words(buffer.octets.data(), buffer.size);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    const auto folded = static_cast<std::uint16_t>(~sum);
    baseline::store16(at + 60, folded == 0 ? std::uint16_t{0xffff} : folded);
    bench::keep(headers);
    return buffer.size;
  }
  static std::uint64_t words(const Octet* at, std::size_t size) {
    std::uint64_t sum = 0;
    for (; size >= 2; size -= 2, at += 2) sum += baseline::load16(at);
    return size ? sum + (std::uint64_t{*at} << 8) : sum;
  }
  static inline std::array<Octet, 64> headers;
};

template <class Ours, class ByHand>
void pair(const std::string& name, std::size_t size) {
  bench::add(name, 1, bench::repeat<Case<Ours>>(size), bench::repeat<Case<ByHand>>(size));
}

const bool added = [] {
  for (const std::size_t payload : {64u, 1396u}) {
    const std::string octets = ", " + std::to_string(payload) + " octets";
    pair<ParseHeader, ParseHeaderByHand>("parse network header" + octets, 44 + payload);
    pair<ParsePorts, ParsePortsByHand>("parse transport header" + octets, 4 + payload);
    pair<EmitEncapsulation, EmitEncapsulationByHand>("emit capture's headers" + octets, 44 + payload);
  }
  pair<EmitHeader, EmitHeaderByHand>("emit network header", 64);
  pair<EmitPorts, EmitPortsByHand>("emit transport header", 64);
  pair<ParseDiscovery, ParseDiscoveryByHand>("parse discovery", 64);
  pair<EmitDiscovery, EmitDiscoveryByHand>("emit discovery", 64);
  pair<ParseUpdate, ParseUpdateByHand>("parse locator update", 64);
  pair<EmitUpdate, EmitUpdateByHand>("emit locator update", 64);
  pair<EmitAcknowledgement, EmitAcknowledgementByHand>("emit acknowledgement", 64);
  pair<EmitRecord, EmitRecordByHand>("emit capture's record header", 64);
  return true;
}();

}  // namespace
