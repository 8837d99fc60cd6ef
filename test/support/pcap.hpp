#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include <ilnp/base/address.hpp>
#include <ilnp/base/bytes.hpp>

/// Reads classic pcap files, and the Ethernet, IPv6 and UDP in them. Written apart from the toolkit's own
/// code on purpose: what the toolkit writes is checked against it.
namespace ilnp::test {

struct PcapFrame {
  std::chrono::microseconds time;
  std::vector<std::byte> octets;
};

/// A UDP datagram over IPv6 over Ethernet. Borrows from the frame.
struct UdpDatagram {
  std::array<std::uint8_t, 6> ethernet_destination;
  std::array<std::uint8_t, 6> ethernet_source;
  std::array<std::uint8_t, 16> source;
  std::array<std::uint8_t, 16> destination;
  std::uint8_t hop_limit;
  std::uint16_t source_port;
  std::uint16_t destination_port;
  bool checksum_good;
  Bytes payload;

  /// The locator that a group address ends in.
  Locator group() const noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 8; i < 16; ++i) value = value << 8 | destination[i];
    return Locator(value);
  }
};

inline std::uint8_t octet_at(Bytes bytes, std::size_t at) {
  if (at >= bytes.size()) throw std::runtime_error("the capture is cut off");
  return std::to_integer<std::uint8_t>(bytes[at]);
}

inline std::uint16_t big16(Bytes bytes, std::size_t at) {
  return static_cast<std::uint16_t>(octet_at(bytes, at) << 8 | octet_at(bytes, at + 1));
}

inline std::uint32_t little32(Bytes bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | octet_at(bytes, at + i);
  return value;
}

/// The frames of a classic pcap (microseconds, little-endian, Ethernet). Throws on anything else.
inline std::vector<PcapFrame> parse_pcap(Bytes file) {
  if (little32(file, 0) != 0xa1b2c3d4) throw std::runtime_error("not a classic pcap");
  if (little32(file, 20) != 1) throw std::runtime_error("not an Ethernet capture");
  std::vector<PcapFrame> frames;
  std::size_t at = 24;
  while (at < file.size()) {
    const std::chrono::microseconds time =
        std::chrono::seconds(little32(file, at)) + std::chrono::microseconds(little32(file, at + 4));
    const std::size_t captured = little32(file, at + 8);
    const std::size_t original = little32(file, at + 12);
    if (captured != original) throw std::runtime_error("a frame was captured in part");
    at += 16;
    if (captured > file.size() - at) throw std::runtime_error("the capture is cut off");
    const Bytes octets = file.subspan(at, captured);
    frames.push_back({time, {octets.begin(), octets.end()}});
    at += captured;
  }
  return frames;
}

inline std::vector<PcapFrame> read_pcap(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open " + path.string());
  const std::vector<char> file{std::istreambuf_iterator<char>(in), {}};
  return parse_pcap(std::as_bytes(std::span(file)));
}

/// The Internet checksum (RFC 1071) of a UDP datagram with IPv6's pseudo-header (RFC 8200, section 8.1): 0 if
/// good.
inline std::uint16_t udp_checksum(Bytes addresses, Bytes udp) {
  std::uint64_t sum = 17 + udp.size();
  for (std::size_t i = 0; i < addresses.size(); i += 2) sum += big16(addresses, i);
  for (std::size_t i = 0; i + 1 < udp.size(); i += 2) sum += big16(udp, i);
  if (udp.size() % 2 != 0) sum += static_cast<std::uint64_t>(octet_at(udp, udp.size() - 1)) << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// The datagram in an Ethernet frame; none if the frame holds something else. Throws if lengths do not fit.
inline std::optional<UdpDatagram> udp_datagram(Bytes frame) {
  if (big16(frame, 12) != 0x86dd || octet_at(frame, 14) >> 4 != 6 || octet_at(frame, 20) != 17)
    return std::nullopt;
  const std::size_t length = big16(frame, 18);
  if (frame.size() != 54 + length || length < 8 || big16(frame, 58) != length)
    throw std::runtime_error("a length does not fit the frame");
  UdpDatagram out{};
  for (std::size_t i = 0; i < 6; ++i) {
    out.ethernet_destination[i] = octet_at(frame, i);
    out.ethernet_source[i] = octet_at(frame, 6 + i);
  }
  for (std::size_t i = 0; i < 16; ++i) {
    out.source[i] = octet_at(frame, 22 + i);
    out.destination[i] = octet_at(frame, 38 + i);
  }
  out.hop_limit = octet_at(frame, 21);
  out.source_port = big16(frame, 54);
  out.destination_port = big16(frame, 56);
  out.checksum_good = udp_checksum(frame.subspan(22, 32), frame.subspan(54)) == 0;
  out.payload = frame.subspan(62);
  return out;
}

}  // namespace ilnp::test
