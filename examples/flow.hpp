#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ostream>
#include <vector>

namespace program {

/// The numbered datagrams of one sender, as the receiver sees them. `Time` is a time of the receiver's clock, which may be virtual.
template <class Time = std::chrono::steady_clock::time_point>
class Flow {
 public:
  /// Higher numbers are not believed, since remembering each one takes a bit.
  static constexpr std::uint64_t max_number = 1 << 28;
  /// Nor, by default, are numbers further ahead of the first than this plus what `believed_for_each` adds, so that one datagram cannot take
  /// all the memory.
  static constexpr std::uint64_t max_jump = 1 << 22;
  /// Additional numbers for each datagram that has arrived.
  static constexpr std::uint64_t believed_for_each = 64;

  explicit Flow(std::uint64_t most_ahead = max_jump) : most_ahead_(most_ahead) {}

  void receive(std::uint64_t number, std::size_t octets, Time now) {
    if (number > max_number) return;
    // A receiver that starts late has missed the earlier ones.
    if (received_ == 0) begin_ = number - std::min(number, most_ahead_);
    if (number < begin_ || number - begin_ > 2 * most_ahead_ + believed_for_each * received_) return;
    const std::size_t at = number - begin_;
    if (at >= seen_.size()) seen_.resize(std::max<std::size_t>(at + 1, seen_.size() * 2));
    if (seen_[at]) {
      ++duplicated_;
      return;
    }
    seen_[at] = true;
    if (number < highest_) ++reordered_;
    highest_ = std::max(highest_, number);
    octets_ += octets;
    if (received_++ == 0) {
      first_ = now;
    } else {
      longest_gap_ = std::max(longest_gap_, now - last_);
    }
    last_ = now;
  }

  bool seen(std::uint64_t number) const {
    return number >= begin_ && number - begin_ < seen_.size() && seen_[number - begin_];
  }
  std::uint64_t highest() const noexcept { return highest_; }
  std::uint64_t received() const noexcept { return received_; }  ///< each counted once
  std::uint64_t duplicated() const noexcept { return duplicated_; }
  std::uint64_t reordered() const noexcept { return reordered_; }
  typename Time::duration longest_gap() const noexcept { return longest_gap_; }

  /// All numbers up to the highest received count as sent: losses beyond it are unknown here.
  friend std::ostream& operator<<(std::ostream& out, const Flow& flow) {
    const double seconds = std::chrono::duration<double>(flow.last_ - flow.first_).count();
    const auto rate =
        static_cast<std::uint64_t>(seconds > 0 ? static_cast<double>(flow.octets_) / seconds : 0);
    const auto gap = std::chrono::duration_cast<std::chrono::microseconds>(flow.longest_gap_).count();
    return out << flow.received_ << " datagrams, lost " << flow.highest_ - flow.received_ << ", duplicated "
               << flow.duplicated_ << ", reordered " << flow.reordered_ << ", " << flow.octets_ << " bytes, "
               << rate << " bytes/s, longest gap " << static_cast<double>(gap) / 1000 << " ms";
  }

 private:
  std::uint64_t most_ahead_;
  std::uint64_t begin_ = 0;  // the number of the first of `seen_`
  std::vector<bool> seen_;
  std::uint64_t highest_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t duplicated_ = 0;
  std::uint64_t reordered_ = 0;
  std::uint64_t octets_ = 0;
  Time first_{};
  Time last_{};
  typename Time::duration longest_gap_{};
};

}  // namespace program
