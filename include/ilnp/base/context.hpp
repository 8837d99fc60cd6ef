#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>

#include "random.hpp"

namespace ilnp {

/// A difference of times.
using Duration = std::chrono::nanoseconds;

/// The clock type of the protocol code. It has no now(): time is passed in.
struct Clock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;  ///< it never goes back; while the machine sleeps it goes on
};

/// A time of the protocol code. Only differences have a meaning: where the scale begins depends on who runs the stack.
using TimePoint = Clock::time_point;

/// "No deadline": later than any other time.
inline constexpr TimePoint never = TimePoint::max();

/// Earlier than any other time, yet far enough from the end of the scale that differences do not overflow.
inline constexpr TimePoint long_ago{Duration::min() / 4};

/// Ignores all events, at no cost.
struct NoObserver {
  /// Does nothing.
  template <class Event>
  constexpr void operator()(const Event&) const noexcept {}
};

/// What a layer may know of the world: the time, randomness (`random` for values that only need to vary, `secret` for values
/// that nobody may predict), and an observer. Passed to each call by reference; a layer never keeps it. The time is constant
/// during a call and during a batch of frames.
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
  /// `now`: the time of the first batch.
  constexpr Context(TimePoint now, Random& random, Observer observer = {}) noexcept
      : now_(now), random_(&random), observer_(observer) {}

  /// The time of this batch.
  constexpr TimePoint now() const noexcept { return now_; }
  /// Advances the time. For the owner of the context, between batches.
  constexpr void set_now(TimePoint now) noexcept { now_ = now; }
  /// Uniform in [0, bound).
  constexpr std::uint64_t random(std::uint64_t bound) noexcept { return random_->below(bound); }
  /// 64 unpredictable bits: from the system if `Random` has it as its source, else from the seed.
  constexpr std::uint64_t secret() { return random_->secret(); }
  /// Shows `event` to the observer. Compiles to nothing if there is none.
  template <class Event>
  constexpr void observe(const Event& event) {
    observer_(event);
  }

 private:
  TimePoint now_;
  Random* random_;
  [[no_unique_address]] Observer observer_;
};

/// Does anybody observe what happens in this context? What is kept only to be shown is not kept otherwise.
template <ContextLike Cx>
inline constexpr bool observed = true;
/// Nobody does if the observer ignores all events.
template <>
inline constexpr bool observed<Context<NoObserver>> = false;

}  // namespace ilnp
