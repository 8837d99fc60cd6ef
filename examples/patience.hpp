#pragma once

// How long a program that ends waits for what it has written.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace program {

/// The bounds of a wait for a thread that writes.
struct Patience {
  using Clock = std::chrono::steady_clock;

  Clock::duration progress = std::chrono::seconds(1);  ///< without a single octet written
  Clock::duration in_all = std::chrono::seconds(3);

  /// Waits until `done` is true, but not longer than these bounds since `begin`. The thread changes `written` when it has made progress;
  /// it notifies `changed`, and holds the lock while it changes either.
  void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& changed, const bool& done,
            const std::uint64_t& written, Clock::time_point begin) const {
    while (!done && Clock::now() - begin < in_all) {
      const std::uint64_t before = written;
      changed.wait_for(lock, progress, [&] { return done || written != before; });
      if (written == before) break;
    }
  }
};

}  // namespace program
