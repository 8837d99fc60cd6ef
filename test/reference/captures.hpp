#pragma once

#include <filesystem>
#include <optional>

#include "scene.hpp"
#include "support/pcap.hpp"

namespace ilnp::test {

using Lines = std::vector<std::string>;

/// A frame of the overlay in one of the captures of the reference (test/vectors).
struct Captured {
  TimePoint time;
  std::string who;
  Octets frame;
  std::string line;
};

inline std::string name_of(std::uint8_t mac) { return mac == 0xa ? "alice" : mac == 0xb ? "bob" : "router"; }

inline std::vector<Captured> captured(const std::string& file) {
  std::vector<Captured> all;
  std::optional<std::chrono::microseconds> first;
  for (const PcapFrame& frame : read_pcap(std::filesystem::path(ILNP_TEST_VECTORS) / file)) {
    if (!first) first = frame.time;
    const auto datagram = udp_datagram(frame.octets);
    if (!datagram) continue;  // MLD
    const std::string who = name_of(datagram->ethernet_source[5]);
    all.push_back({TimePoint(frame.time - *first), who, octets(datagram->payload),
                   who + " on " + to_string(datagram->group()) + ": " + hex(datagram->payload)});
  }
  return all;
}

inline Lines lines_of(const std::vector<Captured>& capture) {
  Lines lines;
  for (const Captured& each : capture) lines.push_back(each.line);
  return lines;
}

inline Lines of(std::string_view who, const Lines& lines) {
  Lines own;
  for (const auto& line : lines)
    if (line.starts_with(std::string(who) + ' ')) own.push_back(line);
  return own;
}

}  // namespace ilnp::test
