#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <ilnp/base/layer.hpp>
#include <ilnp/wire/field.hpp>
#include <span>
#include <utility>
#include <vector>

namespace tutorial {

using namespace ilnp;

/// A link between two nodes over a stream of octets: a serial line, a TCP connection, a socket pair. Before each frame it sends 10
/// octets: the length of the frame and the locator. The descriptor is the caller's, does not block, and must outlive the link.
/// A program that uses it must ignore SIGPIPE.
class StreamLink {
 public:
  static constexpr std::size_t header = 10, longest = 1440, max_queued = 1 << 20;

  explicit StreamLink(int descriptor) : descriptor_(descriptor) {}

  error_code join(Locator locator) { return joined_.push_back(locator), error_code(); }
  error_code leave(Locator locator) { return std::erase(joined_, locator), error_code(); }
  std::size_t max_frame() const { return longest; }
  MutableBytes headroom(std::size_t size) { return MutableBytes(room_).first(size); }

  void begin_batch() {}
  void keep_queued() {}  // `send` has copied everything
  error_code send(Locator locator, const Packet& packet, auto&) {
    const std::size_t at = out_.size(), size = packet.size();
    if (at + header + size > max_queued) return Errc::queue_full;
    out_.resize(at + header);
    wire::store(MutableBytes(out_), at, static_cast<std::uint16_t>(size));
    wire::store(MutableBytes(out_), at + 2, locator.value());
    out_.insert(out_.end(), packet.head().begin(), packet.head().end());
    out_.insert(out_.end(), packet.payload().begin(), packet.payload().end());
    return {};
  }
  void end_batch(auto& cx) {
    const ssize_t written = out_.empty() ? 0 : ::write(descriptor_, out_.data(), out_.size());
    if (written > 0) out_.erase(out_.begin(), out_.begin() + written);
    again_ = out_.empty() ? never : cx.now() + std::chrono::milliseconds(5);
  }
  bool on_timer(auto&) { return false; }  // `end_batch` follows, and writes the rest
  TimePoint next_deadline() const { return again_; }

  void feed(FrameSource from, MutableBytes frame, auto&, auto&& up) {
    if (std::ranges::find(joined_, from.interface) != joined_.end()) up(from, frame);
  }

  std::span<const int> native_handles() const { return {&descriptor_, 1}; }
  bool drained() const { return false; }
  /// Throws `boost::system::system_error` if the other end has closed the stream, or sends something else.
  std::size_t receive(auto&& sink) {
    std::copy(in_.data() + taken_, in_.data() + filled_, in_.data());  // the batch that borrowed it has ended
    filled_ -= std::exchange(taken_, 0);
    const ssize_t count = ::read(descriptor_, in_.data() + filled_, in_.size() - filled_);
    if (count == 0) throw boost::system::system_error(boost::asio::error::eof, "StreamLink");
    if (count > 0) filled_ += static_cast<std::size_t>(count);
    std::size_t frames = 0;
    for (; filled_ - taken_ >= header; ++frames) {
      const std::size_t size = wire::load<std::uint16_t>(in_, taken_);
      if (size > longest) throw boost::system::system_error(boost::asio::error::message_size, "StreamLink");
      if (filled_ - taken_ < header + size) break;
      const Locator locator(wire::load<std::uint64_t>(in_, taken_ + 2));
      sink(FrameSource{locator, 1}, MutableBytes(in_).subspan(taken_ + header, size));
      taken_ += header + size;
    }
    return frames;
  }

 private:
  int descriptor_;
  std::vector<Locator> joined_;
  std::array<std::byte, longest> room_;
  std::vector<std::byte> out_, in_ = std::vector<std::byte>(1 << 16);
  std::size_t taken_ = 0, filled_ = 0;  // of `in_`
  TimePoint again_ = never;
};

static_assert(PollableUnderlay<StreamLink>);

}  // namespace tutorial
