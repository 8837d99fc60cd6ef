#pragma once

// Writes a capture to a file or a pipe, whatever becomes of the disk or the reader.

#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <ilnp/base/bytes.hpp>
#include <ilnp/wire/pcapng.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "output_file.hpp"
#include "patience.hpp"

namespace program {

/// Where a capture goes. Owns the descriptor.
struct CaptureTarget {
  int descriptor = -1;
  std::string path;            ///< `-`: no file
  std::uint64_t max_size = 0;  ///< octets of a file, before the next one begins; 0: no limit
  unsigned files = 2;          ///< that are kept, with a limit
  bool unread = false;  ///< a named pipe that nobody has opened to read; `open_for_reader` waits for that

  CaptureTarget() = default;
  CaptureTarget(CaptureTarget&& other) noexcept
      : descriptor(std::exchange(other.descriptor, -1)),
        path(std::move(other.path)),
        max_size(other.max_size),
        files(other.files),
        unread(other.unread) {}
  CaptureTarget& operator=(CaptureTarget&& other) noexcept {
    std::swap(descriptor, other.descriptor);
    path = std::move(other.path);
    max_size = other.max_size;
    files = other.files;
    unread = other.unread;
    return *this;
  }
  ~CaptureTarget() { close(); }

  /// Creates the file, or empties it. Does not wait: see `unread`. False: see `errno`.
  bool open() {
    close();
    descriptor = open_output_at_once(path, mode);
    unread = descriptor < 0 && has_no_reader(path);
    return descriptor >= 0 || unread;
  }
  /// Opens the pipe as soon as somebody reads it. False: see `errno`.
  bool open_for_reader() {
    descriptor = open_output(path, mode);
    return descriptor >= 0;
  }
  /// `FILE` becomes `FILE.1`, `FILE.1` becomes `FILE.2`, and so on; the oldest is lost. Then creates the next `FILE`.
  /// False, and FILE is as it was, if it cannot be renamed: see `errno`.
  bool rotate() {
    for (unsigned number = files - 1; number > 0; --number)
      if (std::rename(name(number - 1).c_str(), name(number).c_str()) != 0 && number == 1) return false;
    return open();
  }
  bool is_file() const {
    struct stat status {};
    return path != "-" && ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  }

 private:
  static constexpr mode_t mode = S_IRUSR | S_IWUSR;

  std::string name(unsigned number) const { return number == 0 ? path : path + '.' + std::to_string(number); }
  void close() {
    if (descriptor >= 0) ::close(std::exchange(descriptor, -1));
  }
};

/// Writes the blocks of a pcapng capture from a thread of its own, so that a slow disk or an unread pipe never blocks the caller. What
/// does not fit the bounded buffer is refused. After an error nothing more is taken. The destructor writes what is left, within bounds.
class BlockWriter {
  using Clock = std::chrono::steady_clock;

 public:
  static constexpr std::size_t default_limit = 8 << 20;  ///< octets that wait

  /// Throws `std::system_error` if there is no thread.
  explicit BlockWriter(CaptureTarget target, std::size_t limit = default_limit)
      : state_(std::make_shared<State>(std::move(target), limit)),
        thread_([state = state_] { state->run(); }) {}
  BlockWriter(const BlockWriter&) = delete;
  BlockWriter& operator=(const BlockWriter&) = delete;
  ~BlockWriter() { finish(Patience()); }

  /// Takes one block, which consists of these parts; false if there is no room, or after an error. A model of `ilnp::BlockSink`.
  bool put(std::span<const ilnp::Bytes> parts) { return state_->put(parts); }

  /// Why nothing more is written: an `errno`; 0 if all is well.
  int error() const {
    const std::lock_guard lock(state_->mutex);
    return state_->error;
  }

  /// Is the target a named pipe that nobody has opened to read so far?
  bool unread() const {
    const std::lock_guard lock(state_->mutex);
    return state_->unread;
  }

  /// Writes what is left, within these bounds; nothing if nobody has opened the pipe. False if not all of it was written.
  bool finish(Patience patience) {
    if (!thread_.joinable()) return complete_;
    complete_ = state_->finish(patience);
    // A blocking write cannot be cancelled: its thread is abandoned and ends with the process.
    state_->over() ? thread_.join() : thread_.detach();
    return complete_;
  }

 private:
  struct State {
    State(CaptureTarget where, std::size_t most)
        : limit(most), unread(where.unread), target(std::move(where)), file(target.is_file()) {}

    bool put(std::span<const ilnp::Bytes> parts) {
      std::size_t size = 0;
      for (const ilnp::Bytes part : parts) size += part.size();
      const std::lock_guard lock(mutex);
      if (error != 0 || ending || waiting.size() + size > limit) return false;
      const bool idle = waiting.empty();
      for (const ilnp::Bytes part : parts) waiting.insert(waiting.end(), part.begin(), part.end());
      if (idle) wake.notify_one();
      return true;
    }
    bool over() {
      const std::lock_guard lock(mutex);
      return done;
    }
    bool finish(Patience patience) {
      const auto begin = Clock::now();
      std::unique_lock lock(mutex);
      ending = true;
      wake.notify_one();
      if (unread) return false;
      patience.wait(lock, finished, done, progress, begin);
      return done && error == 0;
    }

    /// The thread.
    void run() {
      std::unique_lock lock(mutex);
      if (unread) {
        lock.unlock();
        const int why = target.open_for_reader() ? 0 : errno;
        lock.lock();
        error = why;
        unread = false;
      }
      while (error == 0) {
        wake.wait(lock, [this] { return ending || !waiting.empty(); });
        if (waiting.empty()) break;
        taken.clear();
        std::swap(taken, waiting);
        lock.unlock();
        const int why = write_blocks();
        lock.lock();
        error = why;
      }
      waiting = {};
      done = true;
      finished.notify_all();
    }

    /// Writes the blocks that were taken, each into one file. Returns an `errno`, or 0.
    int write_blocks() {
      std::size_t from = 0, at = 0;
      while (at < taken.size()) {
        const ilnp::Bytes block = ilnp::Bytes(taken).subspan(at);
        const std::uint32_t length = little(block, 4);
        if (file && target.max_size != 0) {
          const auto type = static_cast<ilnp::wire::PcapngBlock>(little(block, 0));
          const bool header = type != ilnp::wire::PcapngBlock::packet;
          if (has_packets && written + (at - from) + length > target.max_size) {
            if (const int why = write_all(ilnp::Bytes(taken).subspan(from, at - from))) return why;
            if (const int why = begin_file()) return why;
            from = at;
          }
          if (header) headers.insert(headers.end(), block.begin(), block.begin() + length);
          has_packets = has_packets || !header;
        }
        at += length;
      }
      return write_all(ilnp::Bytes(taken).subspan(from, at - from));
    }

    /// The next file begins as this one did.
    int begin_file() {
      if (!target.rotate()) return errno;
      written = 0;
      has_packets = false;
      return write_all(headers);
    }

    /// Writes whole blocks. After an error a file ends with the last whole one.
    int write_all(ilnp::Bytes octets) {
      std::size_t at = 0;
      while (at < octets.size()) {
        const ssize_t size = ::write(target.descriptor, octets.data() + at, octets.size() - at);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
          const int why = errno;
          if (file) cut_to_whole_blocks(octets, at);
          return why;
        }
        at += static_cast<std::size_t>(size);
        const std::lock_guard lock(mutex);
        ++progress;
        finished.notify_all();
      }
      written += octets.size();
      return 0;
    }
    void cut_to_whole_blocks(ilnp::Bytes octets, std::size_t size) {
      std::size_t whole = 0;
      while (whole < size && whole + little(octets.subspan(whole), 4) <= size)
        whole += little(octets.subspan(whole), 4);
      static_cast<void>(!::ftruncate(target.descriptor, static_cast<off_t>(written + whole)));
    }
    /// 32 bits of a block, which this program has written.
    static std::uint32_t little(ilnp::Bytes octets, std::size_t at) noexcept {
      std::uint32_t value = 0;
      for (std::size_t i = 4; i-- > 0;) value = value << 8 | std::to_integer<std::uint32_t>(octets[at + i]);
      return value;
    }

    const std::size_t limit;

    std::mutex mutex;
    std::condition_variable wake;
    std::condition_variable finished;
    std::vector<std::byte> waiting;
    std::uint64_t progress = 0;
    int error = 0;
    bool ending = false;
    bool done = false;
    bool unread;

    // Used only by the thread that writes.
    CaptureTarget target;
    const bool file;
    std::vector<std::byte> taken;
    std::vector<std::byte> headers;  // what each file begins with
    std::uint64_t written = 0;       // to this file
    bool has_packets = false;
  };

  std::shared_ptr<State> state_;
  std::thread thread_;
  bool complete_ = true;
};

}  // namespace program
