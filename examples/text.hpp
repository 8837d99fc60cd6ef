#pragma once

// Text for people: the time of day, what may go to a terminal, and lines that hold nobody up.

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace program {

/// The time of day, local, to a microsecond: `2026-01-31 12:00:00.000000`.
inline std::string timestamp(std::chrono::system_clock::time_point time = std::chrono::system_clock::now()) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = microseconds / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%06d", static_cast<int>(microseconds % 1'000'000));
  return text;
}

/// Text from the network, fit for a terminal: without control characters.
inline std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

/// Writes lines from a thread of its own: a slow terminal, pipe or disk never holds up the node. What does not fit the bounded
/// buffer is dropped, and the number of dropped lines is said. The destructor writes what is left, but waits no longer than a second
/// for somebody to read it.
class LineWriter {
 public:
  explicit LineWriter(int descriptor, std::size_t limit = 1 << 20)
      : descriptor_(descriptor), limit_(limit), thread_([this] { write_all(); }) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  /// Writes `line` and a line end.
  void operator()(std::string_view line) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() + line.size() > limit_) {
        ++dropped_;
        return;
      }
      if (dropped_ != 0) waiting_ += "(" + std::to_string(std::exchange(dropped_, 0)) + " lines dropped)\n";
      waiting_.append(line) += '\n';
    }
    wake_.notify_one();
  }

 private:
  void write_all() {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::string text = std::exchange(waiting_, {});
      lock.unlock();
      if (!write(text)) return;
    }
  }

  /// False if nobody will ever read it.
  bool write(std::string_view text) {
    while (!text.empty()) {
      pollfd ready{descriptor_, POLLOUT, 0};
      const int count = ::poll(&ready, 1, 1000);
      if (count == 0) {
        const std::lock_guard lock(mutex_);
        if (ending_) return false;
        continue;
      }
      // A pipe that is ready takes this much without blocking.
      const ssize_t written = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
      if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  const int descriptor_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

/// Lets the same text through once a second, or once a `period`.
class RateLimit {
 public:
  explicit RateLimit(std::chrono::steady_clock::duration period = std::chrono::seconds(1))
      : period_(period) {}

  /// How many were held back since it was let through last; none: hold this one back too.
  std::optional<std::uint64_t> operator()(const std::string& reason) {
    const auto now = std::chrono::steady_clock::now();
    if (reasons_.size() >= 1000) reasons_.clear();
    auto [entry, fresh] = reasons_.try_emplace(reason, State{now, 0});
    if (!fresh && now - entry->second.last < period_) {
      ++entry->second.held_back;
      return std::nullopt;
    }
    entry->second.last = now;
    return std::exchange(entry->second.held_back, 0);
  }

 private:
  struct State {
    std::chrono::steady_clock::time_point last;
    std::uint64_t held_back;
  };
  std::chrono::steady_clock::duration period_;
  std::map<std::string, State> reasons_;
};

}  // namespace program
