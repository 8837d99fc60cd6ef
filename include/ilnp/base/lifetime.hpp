#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bytes.hpp"
#include "list.hpp"

/// 1: memory that was only borrowed is overwritten when its time is over, so that whoever kept it reads 0xdd, and underlays check
/// what they lend and borrow. By default 1 where asserts are on. Must be the same in all sources of a program.
#ifndef ILNP_POISON
#ifdef NDEBUG
#define ILNP_POISON 0
#else
#define ILNP_POISON 1
#endif
#endif

namespace ilnp {

// The checks of docs/design.md, "Lifetimes". Without ILNP_POISON they are empty, and cost nothing.

/// Nobody may read these octets any more.
inline void poison(MutableBytes octets) noexcept {
  if constexpr (ILNP_POISON) std::fill(octets.begin(), octets.end(), std::byte{0xdd});
}

#if ILNP_POISON
namespace detail {
/// Headroom that was taken on this thread, and of which no packet was sent yet.
inline thread_local List<MutableBytes> taken_headroom;

/// A packet in it was sent, could not be sent, or is no more.
inline void give_back_headroom(Bytes room) noexcept {
  taken_headroom.erase_if([&](MutableBytes taken) {
    return room.data() >= taken.data() && room.data() <= taken.data() + taken.size();
  });
}
}  // namespace detail
#endif

/// The frames that an underlay lends in a batch. Checks that they share no memory, and overwrites them when the batch ends.
class LentFrames {
 public:
  LentFrames() {
#if ILNP_POISON
    frames_.reserve(2048);  // what one call to the kernel gives: 32 trains of 64 frames
#endif
  }
  /// `frame` is lent from now on. It must share no memory with one that is lent already.
  void add([[maybe_unused]] MutableBytes frame) {
#if ILNP_POISON
    const std::size_t count = frames_.size();
    for (std::size_t i = count - std::min<std::size_t>(count, 64); i < count; ++i)
      assert(frame.empty() || frames_[i].data() + frames_[i].size() <= frame.data() ||
             frame.data() + frame.size() <= frames_[i].data());
    frames_.push_back(frame);
#endif
  }
  void end() noexcept {
#if ILNP_POISON
    for (const MutableBytes frame : frames_) poison(frame);
    frames_.clear();
#endif
  }

#if ILNP_POISON
 private:
  List<MutableBytes> frames_;
#endif
};

/// The headroom of an underlay: lent for one packet at a time. Asserts that it is not taken again before a packet in it was sent
/// or could not be sent.
class Headroom {
 public:
  Headroom() = default;
  Headroom(const Headroom&) = default;
  Headroom& operator=(const Headroom&) = default;
  ~Headroom() { give_back(); }

  /// Asserts that no packet has it. To be called before `lend`.
  void expect_free() const noexcept {
#if ILNP_POISON
    for ([[maybe_unused]] const MutableBytes taken : detail::taken_headroom)
      assert(taken.data() != lent_.data() && "headroom is taken again before the packet was sent");
#endif
  }
  /// Lends `room` until it is given back. Returns it.
  MutableBytes lend([[maybe_unused]] MutableBytes room) {
#if ILNP_POISON
    poison(room);  // what was written there before, and not sent, is gone
    lent_ = room;
    detail::taken_headroom.push_back(room);
#endif
    return room;
  }
  /// What was lent may be lent again. No effect if nothing is lent.
  void give_back() noexcept {
#if ILNP_POISON
    if (lent_.data() != nullptr) detail::give_back_headroom(lent_);
    lent_ = {};
#endif
  }

#if ILNP_POISON
 private:
  MutableBytes lent_;
#endif
};

/// Octets that an underlay borrows until the batch ends. They belong to the caller, which may use them for something
/// else afterwards, so they are not overwritten. Asserts instead that they do not change while they are borrowed.
class BorrowCheck {
 public:
  BorrowCheck() {
#if ILNP_POISON
    borrowed_.reserve(4096);  // more than a batch has; so nothing is allocated later
#endif
  }
  /// Notes what `octets` are now, to compare when they leave.
  void borrow([[maybe_unused]] Bytes octets) {
#if ILNP_POISON
    if (!octets.empty()) borrowed_.push_back({octets, sum(octets)});
#endif
  }
  /// They leave now, or were copied: from here on their owner may change them.
  void end() noexcept {
#if ILNP_POISON
    for ([[maybe_unused]] const Borrowed& each : borrowed_)
      assert(each.sum == sum(each.octets) && "what was given to `send` changed before it left");
    borrowed_.clear();
#endif
  }

#if ILNP_POISON
 private:
  struct Borrowed {
    Bytes octets;
    std::uint64_t sum;
  };

  static std::uint64_t sum(Bytes octets) noexcept {
    std::uint64_t sum = octets.size();
    for (std::size_t at = 0; at < octets.size(); at += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, octets.data() + at, std::min<std::size_t>(8, octets.size() - at));
      sum = (sum ^ word) * 0x9e3779b97f4a7c15;
      sum ^= sum >> 32;
    }
    return sum;
  }

  List<Borrowed> borrowed_;
#endif
};

}  // namespace ilnp
