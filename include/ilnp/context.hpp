#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>

#include "random.hpp"

namespace ilnp {

using Duration = std::chrono::nanoseconds;

/// The clock of the protocol code: it only names a time line. It cannot be read, for time is handed in.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

using TimePoint = Clock::time_point;

/// "No deadline": later than any other time.
inline constexpr TimePoint never = TimePoint::max();

/// Earlier than any other time, and far enough from the end of the scale for a difference not to overflow.
inline constexpr TimePoint long_ago{Duration::min() / 4};

/// Sees nothing, and costs nothing.
struct NoObserver {
  template <class Event>
  constexpr void operator()(const Event&) const noexcept {}
};

/// What a layer may know of the world: the time, randomness (`random` for what merely varies, `secret` for what nobody may
/// foresee), and who wants to see what happens. Handed to each call by reference; a layer never keeps it. The time stands still during one call, and during one batch of frames.
template <class T>
concept ContextLike = requires(T& cx, std::uint64_t bound) {
  { cx.now() } -> std::same_as<TimePoint>;
  { cx.random(bound) } -> std::same_as<std::uint64_t>;
  { cx.secret() } -> std::same_as<std::uint64_t>;
  cx.observe(0);
};

/// The context that shells, simulators and tests use. Refers to `random`, which must outlive it, and copies `observer`.
template <class Observer = NoObserver>
class Context {
 public:
  constexpr Context(TimePoint now, Random& random, Observer observer = {}) noexcept
      : now_(now), random_(&random), observer_(observer) {}

  /// The time of this batch.
  constexpr TimePoint now() const noexcept { return now_; }
  /// Moves the time on; for the owner of the context, between batches.
  constexpr void set_now(TimePoint now) noexcept { now_ = now; }
  /// Uniform in [0, bound).
  constexpr std::uint64_t random(std::uint64_t bound) noexcept { return random_->below(bound); }
  /// 64 bits that nobody foresees: from the system where `Random` was given it as a source, else from its seed.
  constexpr std::uint64_t secret() { return random_->secret(); }
  /// Shows `event` to the observer. Vanishes when there is none.
  template <class Event>
  constexpr void observe(const Event& event) {
    observer_(event);
  }

 private:
  TimePoint now_;
  Random* random_;
  [[no_unique_address]] Observer observer_;
};

}  // namespace ilnp
