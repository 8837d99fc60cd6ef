#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <utility>

#include "../wire/pcap.hpp"
#include "../wire/udp_encapsulation.hpp"
#include "capture.hpp"

namespace ilnp {

/// What a capture looks like.
struct PcapOptions {
  std::uint16_t mcast_port = 10000;  ///< the UDP port in the file: the underlay's
  std::uint16_t user_id = 0;         ///< `U` in the group addresses in the file
  std::uint64_t own_sender = 1;      ///< stands for this node as the sender of outgoing frames
  /// Time since 1970 at `TimePoint{}`; the protocol's clock has no date of its own.
  Duration epoch = Duration::zero();
  /// At most this many octets of each overlay frame go into the file: what follows the headers
  /// rarely matters and takes most of the room. (The checksum covers the whole frame.)
  std::size_t most_octets = wire::UdpEncapsulationRepr::max_frame;
};

/// Receives consecutive octets of a file.
template <class S>
concept ByteSink = std::invocable<S&, Bytes>;

/// A sink for `Capture` that turns frames into a pcap file. It writes Ethernet, IPv6 and UDP headers in front of each, so that
/// the frame looks as on the network and Wireshark can dissect it. The `Output` decides where the octets go: a file, a vector.
///
/// Calls the output up to three times per frame and does not buffer. No allocation. One thread.
template <ByteSink Output>
class PcapWriter {
 public:
  /// Writes the file header at once.
  explicit PcapWriter(Output output, PcapOptions options = {})
      : output_(std::move(output)), options_(options) {
    std::array<std::byte, wire::PcapFileHeaderRepr::size> header;
    wire::PcapFileHeaderRepr{}.write_to(header);
    output_(Bytes(header));
  }

  /// Writes a frame, and before the first one the header of the file.
  void operator()(const CapturedFrame& frame) {
    using Encapsulation = wire::UdpEncapsulationRepr;
    if (frame.size() > Encapsulation::max_frame) {
      ++not_written_;
      return;
    }
    const auto time = std::max(Duration::zero(), frame.time.time_since_epoch() + options_.epoch);
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto microseconds = std::chrono::floor<std::chrono::microseconds>(time - seconds);
    const std::uint64_t sender =
        frame.direction == CapturedFrame::Direction::out ? options_.own_sender : frame.sender;
    const Bytes head = frame.head.first(std::min(frame.head.size(), options_.most_octets));
    const Bytes payload =
        frame.payload.first(std::min(frame.payload.size(), options_.most_octets - head.size()));

    std::array<std::byte, wire::PcapRecordHeaderRepr::size + Encapsulation::size> headers;
    wire::PcapRecordHeaderRepr{static_cast<std::uint32_t>(seconds.count()),
                               static_cast<std::uint32_t>(microseconds.count()),
                               static_cast<std::uint32_t>(Encapsulation::size + head.size() + payload.size()),
                               static_cast<std::uint32_t>(Encapsulation::size + frame.size())}
        .write_to(headers);
    Encapsulation{sender, frame.interface, options_.user_id, options_.mcast_port}.write_to(
        MutableBytes(headers).subspan(wire::PcapRecordHeaderRepr::size), frame.head, frame.payload);
    output_(Bytes(headers));
    if (!head.empty()) output_(head);
    if (!payload.empty()) output_(payload);
    ++written_;
  }

  /// Octets so far.
  std::uint64_t written() const noexcept { return written_; }
  /// Frames that are too long for UDP and left out.
  std::uint64_t not_written() const noexcept { return not_written_; }
  /// Where they go.
  Output& output() noexcept { return output_; }

 private:
  Output output_;
  PcapOptions options_;
  std::uint64_t written_ = 0;
  std::uint64_t not_written_ = 0;
};

}  // namespace ilnp
