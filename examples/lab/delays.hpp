#pragma once

// How long the datagrams of a flow took.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <ilnp/base/context.hpp>
#include <map>
#include <vector>

namespace lab {

/// When the datagrams of a flow were sent. A regular flow takes next to no memory: only where the interval differs is a time kept.
class SendTimes {
 public:
  explicit SendTimes(ilnp::Duration every = {}) : every_(every) {}

  /// The next datagram, from number 1 on.
  void add(ilnp::TimePoint time) {
    ++count_;
    if (runs_.empty() || time != of(runs_.back(), count_)) runs_.push_back({count_, time});
  }
  std::uint64_t size() const noexcept { return count_; }
  /// Of a number from 1 to `size()`.
  ilnp::TimePoint operator[](std::uint64_t number) const {
    return of(*--std::ranges::upper_bound(runs_, number, {}, &Run::first), number);
  }
  /// Calls `f(first number, its time)` for each run of datagrams at the regular interval.
  template <class F>
  void for_each_run(F&& f) const {
    for (const Run& each : runs_) f(each.first, each.time);
  }

 private:
  struct Run {
    std::uint64_t first;
    ilnp::TimePoint time;
  };
  ilnp::TimePoint of(const Run& run, std::uint64_t number) const {
    return run.time + every_ * static_cast<ilnp::Duration::rep>(number - run.first);
  }

  ilnp::Duration every_;
  std::uint64_t count_ = 0;
  std::vector<Run> runs_;
};

/// Percentiles of times. Times that differ by less than 0.1 % share an entry, so that a long run does not fill the memory. What is
/// reported is a time that was added, at most 0.1 % above the exact percentile.
class Percentiles {
 public:
  /// Negative times count as 0.
  void add(ilnp::Duration time) {
    const auto value = static_cast<std::uint64_t>(std::max<ilnp::Duration::rep>(time.count(), 0));
    Entry& entry = entries_[place_of(value)];
    ++entry.count;
    entry.most = std::max(entry.most, value);
    ++count_;
  }
  void add(const Percentiles& others) {
    for (const auto& [place, other] : others.entries_) {
      Entry& entry = entries_[place];
      entry.count += other.count;
      entry.most = std::max(entry.most, other.most);
    }
    count_ += others.count_;
  }

  bool empty() const noexcept { return count_ == 0; }
  std::uint64_t count() const noexcept { return count_; }
  /// The least time that `percent` of all do not exceed (the nearest rank); 100 is the maximum. 0 if there are none.
  ilnp::Duration at(double percent) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
    std::uint64_t below = 0;
    for (const auto& [place, entry] : entries_)
      if ((below += entry.count) >= std::max<std::uint64_t>(rank, 1))
        return ilnp::Duration(static_cast<ilnp::Duration::rep>(entry.most));
    return {};
  }

 private:
  struct Entry {
    std::uint64_t count = 0;
    std::uint64_t most = 0;
  };
  static constexpr int bits = 10;  // that distinguish times beside the highest one: 1/1024 is below 0.1 %

  static std::uint32_t place_of(std::uint64_t value) noexcept {
    const int shift = std::max(static_cast<int>(std::bit_width(value)) - bits - 1, 0);
    return (static_cast<std::uint32_t>(shift) << bits) + static_cast<std::uint32_t>(value >> shift);
  }

  std::map<std::uint32_t, Entry> entries_;
  std::uint64_t count_ = 0;
};

}  // namespace lab
