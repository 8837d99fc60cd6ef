#pragma once

// --pcap: the frames that a program sends and receives, for Wireshark.

#include <unistd.h>

#include <cstring>
#include <ilnp/asio/clock.hpp>
#include <ilnp/middleware/pcapng.hpp>
#include <ilnp/underlay/link_config.hpp>
#include <ilnp/underlay/mcast_udp.hpp>
#include <optional>
#include <string>

#include "block_writer.hpp"
#include "command_line.hpp"
#include "log.hpp"

namespace program {

inline void add_capture_options(CommandLine& line) {
  line.add_options()  //
      ("pcap", options::value<std::string>()->value_name("FILE"),
       "write each frame that is sent or received to FILE (pcapng), for Wireshark; - is standard output, and "
       "messages then go to standard error")  //
      ("pcap-size", options::value<std::string>()->value_name("MIB"),
       "with --pcap: when FILE has this many MiB, rename it to FILE.1, and begin a new one")  //
      ("pcap-files", options::value<std::string>()->value_name("COUNT"),
       "with --pcap-size: keep this many files in all, up to FILE.COUNT-1 (default: 2)");
}

/// Where --pcap leads. Call it before the program prints anything: with `-`, its output goes to standard error from now on.
inline std::optional<CaptureTarget> capture_target(const CommandLine& line) {
  for (const char* option : {"pcap-size", "pcap-files"})
    if (line.has(option) && !line.has("pcap"))
      throw UsageError(std::string("--") + option + " without --pcap");
  if (!line.has("pcap")) return std::nullopt;
  if (line.has("pcap-files") && !line.has("pcap-size")) throw UsageError("--pcap-files without --pcap-size");
  CaptureTarget target;
  target.path = line.value("pcap");
  target.max_size = number(line, "pcap-size", 0, 1, 1 << 20) << 20;
  target.files = static_cast<unsigned>(number(line, "pcap-files", 2, 2, 1000));
  if (target.path == "-") {
    if (line.has("pcap-size")) throw UsageError("--pcap-size: standard output does not change its name");
    if (::isatty(STDOUT_FILENO))
      throw UsageError("--pcap -: standard output is a terminal; use a pipe, such as | wireshark -k -i -");
    target.descriptor = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (target.descriptor < 0 || ::dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
      throw boost::system::system_error(errno, boost::system::system_category(), "--pcap -");
  }
  return target;
}

/// The frames of a node, written to a file. Must outlive the stack. The error of a disk or a pipe is reported once, and ends the capture;
/// frames for which there is no room are left out, and counted.
class FrameCapture {
 public:
  /// Captures nothing without a target. Throws if its file cannot be created.
  FrameCapture(std::optional<CaptureTarget> target, const char* program, const ilnp::LinkConfig& link,
               Log& log)
      : log_(&log) {
    if (!target) return;
    what_ = "--pcap " + target->path;
    if (target->descriptor < 0 && !target->open())
      throw boost::system::system_error(errno, boost::system::system_category(), what_);
    if (target->unread)
      log("note: " + what_ + ": waiting for a reader of this pipe; up to " +
          std::to_string(BlockWriter::default_limit >> 20) + " MiB of frames wait too");
    writer_.emplace(std::move(*target));
    const auto epoch =
        std::chrono::duration_cast<ilnp::Duration>(std::chrono::system_clock::now().time_since_epoch()) -
        ilnp::BootClock::now().time_since_epoch();
    frames_.emplace(Blocks{&*writer_},
                    ilnp::PcapngOptions{std::string(program) + " " ILNP_VERSION, link.mcast_interface,
                                        link.mcast_port, link.user_id, 1, epoch});
  }
  FrameCapture(const FrameCapture&) = delete;
  FrameCapture& operator=(const FrameCapture&) = delete;
  ~FrameCapture() {
    if (!writer_) return;
    const bool complete = writer_->finish({});
    if (const int error = writer_->error(); error != 0) {
      if (!failed_) report(error);
    } else if (!complete) {
      (*log_)(what_ + (writer_->unread() ? ": the capture is missing: nobody has read it"
                                         : ": the end of the capture is missing: nobody reads it"));
    }
    if (!failed_ && frames_->lost() != 0)
      (*log_)(what_ + ": " + std::to_string(frames_->lost()) + " frames are missing, " +
              std::to_string(frames_->written()) + " were captured");
  }

  /// Shows frames to the capture, if there is one.
  class Sink {
   public:
    explicit Sink(FrameCapture* capture) : capture_(capture) {}
    bool active() const noexcept { return capture_ != nullptr; }
    void operator()(const ilnp::CapturedFrame& frame) const { capture_->take(frame); }

   private:
    FrameCapture* capture_;
  };
  Sink sink() { return Sink(writer_ ? this : nullptr); }

 private:
  struct Blocks {
    BlockWriter* writer;
    bool operator()(std::span<const ilnp::Bytes> parts) const { return writer->put(parts); }
  };

  [[gnu::noinline]] void take(const ilnp::CapturedFrame& frame) {
    if (failed_) return;
    const std::uint64_t lost = frames_->lost();
    (*frames_)(frame);
    if (frames_->lost() == lost) return;
    if (const int error = writer_->error(); error != 0) {
      report(error);
    } else if (lost == 0) {
      (*log_)(what_ + ": frames are missing in the capture, because " +
              (writer_->unread() ? "nobody reads it" : "it cannot be written fast enough"));
    }
  }
  void report(int error) {
    failed_ = true;
    (*log_)(what_ + ": the capture has ended: " + std::strerror(error));
  }

  Log* log_;
  std::string what_;
  std::optional<BlockWriter> writer_;
  std::optional<ilnp::PcapngWriter<Blocks>> frames_;
  bool failed_ = false;
};

/// The underlay of a program that can capture.
using Link = ilnp::Capture<ilnp::McastUdp, FrameCapture::Sink>;

}  // namespace program
