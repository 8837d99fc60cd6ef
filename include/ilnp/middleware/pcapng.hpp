#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../wire/pcapng.hpp"
#include "../wire/udp_encapsulation.hpp"
#include "capture.hpp"

namespace ilnp {

/// What a capture looks like.
struct PcapngOptions {
  std::string program = "ilnp";      ///< that captures
  std::string link;                  ///< the network interface of the host, such as `eth0`
  std::uint16_t mcast_port = 10000;  ///< the UDP port in the file: the underlay's
  std::uint16_t user_id = 0;         ///< `U` in the group addresses in the file
  std::uint64_t own_sender = 1;      ///< stands for this node as the sender of outgoing frames
  /// Time since 1970 at `TimePoint{}`; the protocol's clock has no date of its own.
  Duration epoch = Duration::zero();
};

/// Receives a block as the parts that it consists of, in order. False if there was no room: then nothing of the block was taken.
template <class S>
concept BlockSink = requires(S& sink, std::span<const Bytes> parts) {
  { sink(parts) } -> std::same_as<bool>;
};

/// A sink for `Capture` that turns frames into a pcapng file, with the direction of each frame, and an interface for each network.
/// Like `PcapWriter`, it writes Ethernet, IPv6 and UDP headers in front of each frame.
///
/// The `Output` receives whole blocks. The file tells how many frames it had no room for. No allocation, except when a network is
/// seen for the first time. One thread.
template <BlockSink Output>
class PcapngWriter {
 public:
  /// Frames of further networks are attributed to the last interface.
  static constexpr std::size_t max_interfaces = 64;

  /// Writes the header of the section at once.
  explicit PcapngWriter(Output output, PcapngOptions options = {})
      : output_(std::move(output)), options_(std::move(options)) {
    std::array<std::byte, wire::PcapngSectionRepr::max_size> header;
    const wire::PcapngSectionRepr section{cut(options_.program, wire::PcapngSectionRepr::max_program)};
    section.write_to(header);
    put(Bytes(header).first(section.size()));
  }

  /// Writes a frame, and before it what the file must say first.
  void operator()(const CapturedFrame& frame) {
    using Encapsulation = wire::UdpEncapsulationRepr;
    const std::size_t interface = frame.size() > Encapsulation::max_frame ? none : find(frame.interface);
    if (interface == none) return void(++lost_);
    const bool out = frame.direction == CapturedFrame::Direction::out;
    const auto time = std::max(Duration::zero(), frame.time.time_since_epoch() + options_.epoch);
    const wire::PcapngPacketRepr packet{
        static_cast<std::uint32_t>(interface), static_cast<std::uint64_t>(time.count()),
        static_cast<std::uint32_t>(Encapsulation::size + frame.size()),
        out ? wire::PcapngPacketRepr::Direction::out : wire::PcapngPacketRepr::Direction::in,
        lost_ - lost_told_};

    std::array<std::byte, wire::PcapngPacketRepr::head_size + Encapsulation::size> head;
    packet.write_head(head);
    Encapsulation{out ? options_.own_sender : frame.sender, frame.interface, options_.user_id,
                  options_.mcast_port}
        .write_to(MutableBytes(head).subspan(wire::PcapngPacketRepr::head_size), frame.head, frame.payload);
    std::array<std::byte, 3 + wire::PcapngPacketRepr::tail_size> tail;
    packet.write_tail(tail);
    const Bytes parts[] = {head, frame.head, frame.payload,
                           Bytes(tail).first(packet.padding() + wire::PcapngPacketRepr::tail_size)};
    if (!output_(std::span<const Bytes>(parts))) return void(++lost_);
    lost_told_ = lost_;
    ++written_;
  }

  /// Octets so far.
  std::uint64_t written() const noexcept { return written_; }
  /// Frames for which the output had no room, or that are too long for UDP.
  std::uint64_t lost() const noexcept { return lost_; }
  /// Where they go.
  Output& output() noexcept { return output_; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  static std::string_view cut(std::string_view text, std::size_t most) noexcept {
    return text.substr(0, most);
  }
  bool put(Bytes block) { return output_(std::span<const Bytes>(&block, 1)); }

  /// The number of the interface for a network; `none` if the file has no room for it now.
  std::size_t find(Locator network) {
    if (last_ < interfaces_.size() && interfaces_[last_] == network) return last_;
    for (std::size_t at = 0; at < interfaces_.size(); ++at)
      if (interfaces_[at] == network) return last_ = at;
    if (interfaces_.size() == max_interfaces) return max_interfaces - 1;
    std::string name = to_string(network);
    if (!options_.link.empty()) name = options_.link + ' ' + name;
    const wire::PcapngInterfaceRepr interface { cut(name, wire::PcapngInterfaceRepr::max_name) };
    std::array<std::byte, wire::PcapngInterfaceRepr::max_size> block;
    interface.write_to(block);
    if (!put(Bytes(block).first(interface.size()))) return none;
    interfaces_.push_back(network);
    return last_ = interfaces_.size() - 1;
  }

  Output output_;
  PcapngOptions options_;
  std::vector<Locator> interfaces_;  // by number
  std::size_t last_ = 0;             // the interface of the last frame
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t lost_told_ = 0;
};

}  // namespace ilnp
