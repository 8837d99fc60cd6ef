#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <stdexcept>

#include "ilnp/base/frame_class.hpp"
#include "ilnp/posix/socket.hpp"
#include "ilnp/underlay/own_frame_filter.hpp"

namespace ilnp::test {

/// What a program of classic BPF returns for a datagram; 0 if it reads beyond its end, as in the kernel. `packet_type`: that of
/// the kernel, which some programs ask for. Throws `std::logic_error` if the program is not valid.
inline std::uint32_t run_bpf(const BpfProgram& program, Bytes datagram, std::uint32_t packet_type = 0) {
  const auto code = program.instructions();
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < code.size(); ++at) {
    const BpfInstruction& one = code[at];
    switch (one.code) {
      case BPF_LD | BPF_W | BPF_LEN:
        accumulator = static_cast<std::uint32_t>(datagram.size());
        break;
      case BPF_LD | BPF_B | BPF_ABS:
      case BPF_LD | BPF_H | BPF_ABS:
      case BPF_LD | BPF_W | BPF_ABS: {
        if (one.value == static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)) {
          accumulator = packet_type;
          break;
        }
        const std::size_t size = BPF_SIZE(one.code) == BPF_B ? 1 : BPF_SIZE(one.code) == BPF_H ? 2 : 4;
        if (one.value + size > datagram.size()) return 0;
        accumulator = 0;
        for (std::size_t i = 0; i < size; ++i)
          accumulator = accumulator << 8 | std::to_integer<std::uint32_t>(datagram[one.value + i]);
        break;
      }
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == one.value ? one.if_true : one.if_false;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += accumulator >= one.value ? one.if_true : one.if_false;
        break;
      case BPF_RET | BPF_K:
        return one.value;
      default:
        throw std::logic_error("an instruction that is not known here");
    }
  }
  throw std::logic_error("a program that does not return");
}

/// The same by the kernel: does a socket that has this filter receive the datagram?
class FilteredSocket {
 public:
  explicit FilteredSocket(const BpfProgram& program) {
    std::array<int, 2> ends;
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
      throw std::runtime_error("socketpair");
    to_ = OwnedSocket(ends[0]);
    from_ = OwnedSocket(ends[1]);
    if (attach_filter(from_.native_handle(), program)) throw std::runtime_error("filter refused");
  }
  bool passes(Bytes datagram) {
    std::array<std::byte, 2048> buffer;
    if (::send(to_.native_handle(), datagram.data(), datagram.size(), 0) < 0)
      throw std::runtime_error("send");
    return ::recv(from_.native_handle(), buffer.data(), buffer.size(), 0) >= 0;
  }

 private:
  OwnedSocket to_, from_;
};

/// Do the two forms of a classifier, and the kernel, agree about a frame?
class ClassifierCheck {
 public:
  explicit ClassifierCheck(const FrameClassifier& classifier)
      : classifier_(classifier), data_(classifier.bpf(0, all, 0)), control_(classifier.bpf(0, 0, all)) {}

  /// The class that all of them say; nothing if they do not agree.
  std::optional<FrameClass> agreed(Bytes frame) {
    const FrameClass by_function = class_of(Packet({}, frame), classifier_);
    const bool control = by_function == FrameClass::control;
    for (const std::uint32_t at : {0U, 8U, 40U}) {
      std::vector<std::byte> datagram(at, std::byte{0xa5});
      datagram.insert(datagram.end(), frame.begin(), frame.end());
      if (run_bpf(classifier_.bpf(at, 1, 2), datagram) != (control ? 2 : 1)) return std::nullopt;
    }
    if (control_.passes(frame) != control || data_.passes(frame) == control) return std::nullopt;
    return by_function;
  }

 private:
  static constexpr std::uint32_t all = 0xffffffff;
  FrameClassifier classifier_;
  FilteredSocket data_, control_;
};

}  // namespace ilnp::test
