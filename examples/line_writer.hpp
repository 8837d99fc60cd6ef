#pragma once

// Everything that a running node prints goes through here. It never blocks the node and never ends it.

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "patience.hpp"
#include "text.hpp"

namespace program {

/// A source of lines that appear without a call, such as counts of repeated lines. The writer's thread asks it.
class LineSource {
 public:
  virtual ~LineSource() = default;
  /// Whether lines are pending.
  virtual bool pending() = 0;
  /// The lines that are due; `all`: everything that is left.
  virtual std::string due(bool all) = 0;
  /// The line that reports lines that were dropped.
  virtual std::string gap(std::uint64_t lines) { return timestamp() + ' ' + gap_text(lines); }

  static std::string gap_text(std::uint64_t lines) {
    return std::to_string(lines) + " lines dropped: they could not be written in time";
  }
};

/// Writes lines from a thread of its own, so that a slow terminal, an unread pipe or a full disk never blocks the caller. Lines that do not
/// fit the bounded buffer are dropped and counted, and a line says so as soon as writing is possible again. A failed write is repeated
/// every `retry_period`. The destructor writes what is left, within bounds, as long as somebody reads it. Without a thread (the system may
/// have none left) the caller writes, and only as much as can be written at once.
///
/// The descriptor's flags stay unchanged: others share it and would be surprised by `O_NONBLOCK`.
class LineWriter {
  using Clock = std::chrono::steady_clock;

 public:
  static constexpr std::size_t default_limit = 1 << 20;  ///< octets that wait
  static constexpr auto retry_period = std::chrono::seconds(1);

  /// How dropped lines are reported.
  enum class Gaps { told, counted };

  explicit LineWriter(int descriptor, std::size_t limit = default_limit, Gaps gaps = Gaps::told)
      : state_(std::make_shared<State>(descriptor, limit, gaps)) {
    try {
      thread_ = std::thread([state = state_] { state->run(); });
    } catch (const std::system_error&) {
      state_->threaded = false;
    }
  }
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() { finish(); }

  /// Writes `line` and a line end.
  void operator()(std::string_view line) { state_->add(line); }

  /// Adds a source. It is shared with the thread, which may outlive this object.
  void ask(std::shared_ptr<LineSource> source) {
    const std::lock_guard lock(state_->mutex);
    state_->source = std::move(source);
  }
  /// Announces that the source has pending lines.
  void wake() {
    if (state_->threaded) state_->notify();
  }

  /// Writes what is left, within these bounds. Nothing is written afterwards.
  void finish(Patience patience) {
    if (!std::exchange(finished_, true)) state_->finish(patience);
    if (!thread_.joinable()) return;
    // A blocking write cannot be cancelled: its thread is abandoned and ends with the process.
    state_->over() ? thread_.join() : thread_.detach();
  }

  void finish() { finish(Patience()); }

  struct Losses {
    std::uint64_t lines = 0;  ///< not written
    int error = 0;            ///< why the last write failed, if one did
  };
  /// What was lost so far; after `finish`, in all.
  Losses losses() const {
    const std::lock_guard lock(state_->mutex);
    return {state_->lost, state_->error};
  }

 private:
  struct State {
    State(int file, std::size_t size, Gaps what) : descriptor(file), limit(size), gaps(what) {}

    void add(std::string_view line) {
      std::unique_lock lock(mutex);
      if (!threaded && source) waiting += source->due(false);
      if (waiting.size() + line.size() >= limit || ending) {
        ++dropped;
        ++lost;
      } else {
        waiting.append(line) += '\n';
      }
      if (!threaded) return write_at_once(lock, 0);
      lock.unlock();
      wake.notify_one();
    }
    void notify() {
      {
        const std::lock_guard lock(mutex);
        looked_at = false;
      }
      wake.notify_one();
    }
    bool over() {
      const std::lock_guard lock(mutex);
      return done;
    }

    /// The thread.
    void run() {
      std::unique_lock lock(mutex);
      while (true) {
        const bool last = ending;
        if (const auto asked = source) {
          looked_at = true;
          lock.unlock();
          const std::string lines = asked->due(last);
          const bool more = asked->pending();
          lock.lock();
          waiting += lines;  // bounded by the source
          if (more) looked_at = false;
        }
        if (take()) {
          lock.unlock();
          while (write_some(1000)) {
          }
          lock.lock();
          if (gave_up) break;
          continue;
        }
        if (last) break;
        const auto work = [this] { return ending || !waiting.empty() || dropped != 0; };
        if (source && !looked_at) {
          wake.wait_for(lock, std::chrono::seconds(1), work);
        } else {
          wake.wait(lock, [&] { return work() || !looked_at; });
        }
      }
      done = true;
      finished.notify_all();
    }

    /// Waits until the thread is done, or does its work.
    void finish(Patience patience) {
      const auto begin = Clock::now();
      std::unique_lock lock(mutex);
      ending = true;
      wake.notify_one();
      if (!threaded) {
        if (source) waiting += source->due(true);
        while ((take() || at < taken.size()) && Clock::now() - begin < patience.in_all) {
          const std::uint64_t before = progress;
          write_at_once(
              lock, static_cast<int>(
                        std::chrono::duration_cast<std::chrono::milliseconds>(patience.progress).count()));
          if (progress == before) break;
        }
        done = true;
      }
      patience.wait(lock, finished, done, progress, begin);
      abandoned = true;
      lost += static_cast<std::uint64_t>(std::count(waiting.begin(), waiting.end(), '\n'));
      if (threaded && !done) {
        lost += in_hand;
      } else {
        lost += static_cast<std::uint64_t>(
            std::count(taken.begin() + static_cast<std::ptrdiff_t>(at), taken.end(), '\n'));
      }
    }

    /// Takes the waiting lines in hand, and the report of dropped ones. Needs the lock.
    bool take() {
      if (at < taken.size()) return false;
      at = 0;
      taken = std::exchange(waiting, {});
      if (const auto count = std::exchange(dropped, 0); count != 0 && gaps == Gaps::told)
        taken += (source ? source->gap(count) : timestamp() + ' ' + LineSource::gap_text(count)) + '\n';
      in_hand = static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), '\n'));
      return !taken.empty();
    }

    /// Without a thread: writes what can be written within `timeout` milliseconds.
    void write_at_once(std::unique_lock<std::mutex>& lock, int timeout) {
      if (Clock::now() < retry_at && !ending) return;
      while (at < taken.size() || take()) {
        lock.unlock();
        const bool more = write_some(timeout);
        lock.lock();
        if (!more && at < taken.size()) return;
      }
    }

    /// Writes some of what is in hand; false if there is no more to write, or that is not possible now.
    bool write_some(int timeout) {
      if (at >= taken.size()) return false;
      pollfd ready{descriptor, POLLOUT, 0};
      const int polled = ::poll(&ready, 1, timeout);
      if (polled == 0 || (polled < 0 && errno == EINTR)) return threaded && !given_up();
      // A pipe that is ready takes this much without blocking. Whole lines: others may write into it, too.
      std::string_view chunk = std::string_view(taken).substr(at, PIPE_BUF);
      if (const auto end = chunk.rfind('\n'); end != chunk.npos) chunk = chunk.substr(0, end + 1);
      const ssize_t written = ::write(descriptor, chunk.data(), chunk.size());
      if (written > 0) {
        at += static_cast<std::size_t>(written);
        const std::lock_guard lock(mutex);
        ++progress;
        in_hand -= static_cast<std::uint64_t>(std::count(chunk.begin(), chunk.begin() + written, '\n'));
        finished.notify_all();
        return at < taken.size() && !abandoned;
      }
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) return threaded && !given_up();
      std::unique_lock lock(mutex);
      error = errno;
      retry_at = Clock::now() + retry_period;
      if (!threaded) return false;
      wake.wait_for(lock, retry_period, [this] { return ending; });
      if (!std::exchange(last_try, ending)) return true;  // once more when it ends: there may be room again
      gave_up = true;
      return false;
    }
    bool given_up() {
      const std::lock_guard lock(mutex);
      if (abandoned) gave_up = true;
      return abandoned;
    }

    const int descriptor;
    const std::size_t limit;
    const Gaps gaps;
    bool threaded = true;

    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable finished;
    std::shared_ptr<LineSource> source;
    std::string waiting;
    std::uint64_t dropped = 0;  // since the last line that said so
    std::uint64_t lost = 0;     // in all
    std::uint64_t in_hand = 0;  // lines taken, and not written yet
    std::uint64_t progress = 0;
    int error = 0;
    bool looked_at = true;  // the source has nothing more
    bool ending = false;
    bool abandoned = false;
    bool done = false;

    // Used only by the thread that writes.
    std::string taken;
    std::size_t at = 0;
    Clock::time_point retry_at{};
    bool last_try = false;
    bool gave_up = false;
  };

  std::shared_ptr<State> state_;
  std::thread thread_;
  bool finished_ = false;
};

}  // namespace program
