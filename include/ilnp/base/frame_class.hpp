#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet.hpp"

namespace ilnp {

/// Control messages have a receive socket, and so a queue, of their own. Otherwise they would be lost when data overflows.
enum class FrameClass : std::uint8_t { data, control };

/// An instruction of classic BPF, the language of socket filters: laid out as the kernel's `sock_filter`, but known without its
/// headers.
struct BpfInstruction {
  std::uint16_t code = 0;     ///< the operation: BPF_LD and so on (linux/filter.h)
  std::uint8_t if_true = 0;   ///< instructions that a jump skips if its condition holds, and
  std::uint8_t if_false = 0;  ///< if it does not
  std::uint32_t value = 0;    ///< the operand
};

/// A program of classic BPF, of at most `max_size` instructions.
class BpfProgram {
 public:
  static constexpr std::size_t max_size = 64;  ///< instructions

  /// Appends an instruction. The others here do so too. There must be room.
  constexpr BpfProgram& add(unsigned code, std::uint32_t value, std::uint8_t if_true = 0,
                            std::uint8_t if_false = 0) noexcept {
    assert(size_ < max_size);
    instructions_[size_++] = {static_cast<std::uint16_t>(code), if_true, if_false, value};
    return *this;
  }

  // What classifiers are made of. The accumulator holds what was loaded last.

  constexpr BpfProgram& load_size() noexcept { return add(0x80, 0); }  ///< octets of the whole datagram
  /// Loads the octet at this offset.
  constexpr BpfProgram& load_octet(std::uint32_t at) noexcept { return add(0x30, at); }
  /// Loads two octets, big-endian.
  constexpr BpfProgram& load_two_octets(std::uint32_t at) noexcept { return add(0x28, at); }
  /// Loads four octets, big-endian.
  constexpr BpfProgram& load_word(std::uint32_t at) noexcept { return add(0x20, at); }
  /// Skips so many instructions, depending on whether what was loaded equals `value`.
  constexpr BpfProgram& jump_if_equal(std::uint32_t value, std::uint8_t if_true,
                                      std::uint8_t if_false) noexcept {
    return add(0x15, value, if_true, if_false);
  }
  /// The same, depending on whether it is at least `value`.
  constexpr BpfProgram& jump_if_at_least(std::uint32_t value, std::uint8_t if_true,
                                         std::uint8_t if_false) noexcept {
    return add(0x35, value, if_true, if_false);
  }
  /// Ends the program with this result: how many octets of the datagram are kept; 0 discards it.
  constexpr BpfProgram& result(std::uint32_t value) noexcept { return add(0x06, value); }
  /// Appends the instructions of another program.
  constexpr BpfProgram& append(const BpfProgram& other) noexcept {
    for (const BpfInstruction& each : other.instructions())
      add(each.code, each.value, each.if_true, each.if_false);
    return *this;
  }

  /// Valid until the program changes.
  constexpr std::span<const BpfInstruction> instructions() const noexcept {
    return std::span(instructions_).first(size_);
  }

 private:
  std::array<BpfInstruction, max_size> instructions_{};
  std::size_t size_ = 0;
};

/// Tells the class of a frame. The wire format provides it (`wire::Overlay::classifier`), and the network layer hands it to the
/// underlay (`ClassifyingUnderlay`), which knows nothing of the format. A frame that is too short to tell is data.
struct FrameClassifier {
  static constexpr std::size_t max_octets =
      128;  ///< from the beginning of a frame, that a classifier may look at

  /// So many octets at the beginning of a frame decide; at most `max_octets`.
  std::size_t octets;
  /// The class of a frame that begins with `start`: `octets` octets or, if the frame is shorter, all of it.
  FrameClass (*of)(Bytes start) noexcept;
  /// The same for the kernel: a program that returns `data` or `control` for a datagram whose frame begins at octet `at`. It
  /// ends with a `result` on each path, and reads only octets that are there: otherwise the kernel drops the datagram.
  BpfProgram (*bpf)(std::uint32_t at, std::uint32_t data, std::uint32_t control) noexcept;
};

/// For an underlay without a classifier.
inline constexpr FrameClassifier all_data{
    0, [](Bytes) noexcept { return FrameClass::data; },
    [](std::uint32_t, std::uint32_t data, std::uint32_t) noexcept { return BpfProgram().result(data); }};

/// The class of a frame that is about to be sent.
inline FrameClass class_of(const Packet& packet, const FrameClassifier& classifier) noexcept {
  const Bytes head = packet.head();
  const Bytes payload = packet.payload();
  const std::size_t wanted = packet.size() < classifier.octets ? packet.size() : classifier.octets;
  if (head.size() >= wanted) return classifier.of(head.first(wanted));
  if (head.empty()) return classifier.of(payload.first(wanted));
  std::array<std::byte, FrameClassifier::max_octets> start;
  std::memcpy(start.data(), head.data(), head.size());
  std::memcpy(start.data() + head.size(), payload.data(), wanted - head.size());
  return classifier.of(Bytes(start).first(wanted));
}

}  // namespace ilnp
