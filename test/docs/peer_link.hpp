#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <ilnp/base/layer.hpp>
#include <span>
#include <vector>

/// Connects peers whose addresses are known in advance. `Address` is `sockaddr_in6` (UDP) or `sockaddr_un` (UNIX datagrams). A
/// datagram is a locator and a frame; each peer receives it.
template <class Address>
class PeerLink {
 public:
  /// Binds `own`. Throws `boost::system::system_error`.
  PeerLink(const Address& own, std::vector<Address> peers) : peers_(std::move(peers)) {
    const auto* name = reinterpret_cast<const sockaddr*>(&own);
    socket_ = ::socket(name->sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ::bind(socket_, name, sizeof own) != 0)
      throw boost::system::system_error(last_error(), "PeerLink");
  }
  PeerLink(const PeerLink&) = delete;
  PeerLink& operator=(const PeerLink&) = delete;
  ~PeerLink() { ::close(socket_); }

  ilnp::error_code join(ilnp::Locator locator) { return joined_.push_back(locator), ilnp::error_code(); }
  ilnp::error_code leave(ilnp::Locator locator) { return std::erase(joined_, locator), ilnp::error_code(); }

  // It sends at once, which is always correct, so there is nothing to do when a batch ends.
  void begin_batch() {}
  void keep_queued() {}
  template <class Cx>
  void end_batch(Cx&) {}
  ilnp::MutableBytes headroom(std::size_t size) { return ilnp::MutableBytes(room_).first(size); }
  template <class Cx>
  ilnp::error_code send(ilnp::Locator locator, const ilnp::Packet& packet, Cx&) {
    iovec parts[] = {part({reinterpret_cast<const std::byte*>(&locator), sizeof locator}),
                     part(packet.head()), part(packet.payload())};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 3;
    for (Address& peer : peers_) {
      message.msg_name = &peer;
      message.msg_namelen = sizeof peer;
      // If a peer does not run yet, or does not read, that is not an error of this node.
      (void)::sendmsg(socket_, &message, 0);
    }
    return {};
  }

  template <class Cx, class Up>
  void feed(ilnp::FrameSource from, ilnp::MutableBytes frame, Cx&, Up&& up) {
    if (std::ranges::find(joined_, from.interface) != joined_.end()) up(from, frame);
  }
  template <class Cx>
  bool on_timer(Cx&) {
    return false;
  }
  ilnp::TimePoint next_deadline() const { return ilnp::never; }
  std::size_t max_frame() const { return room_.size(); }

  // For `Node`.

  std::span<const int> native_handles() const { return {&socket_, 1}; }
  /// Each frame has a buffer of its own, so all of them stay valid until the batch ends.
  template <class Sink>
  std::size_t receive(Sink&& sink) {
    std::size_t taken = 0;
    for (auto& buffer : buffers_) {
      Address from{};
      socklen_t length = sizeof from;
      const ssize_t size =
          ::recvfrom(socket_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
      drained_ = size < 0;
      if (drained_) break;
      ++taken;
      ilnp::Locator locator;
      if (static_cast<std::size_t>(size) < sizeof locator) continue;
      std::memcpy(&locator, buffer.data(), sizeof locator);
      for (std::size_t peer = 0; peer < peers_.size(); ++peer)  // frames of others are ignored
        if (std::memcmp(&peers_[peer], &from, sizeof from) == 0)
          sink(ilnp::FrameSource{locator, peer + 1},
               ilnp::MutableBytes(buffer).first(static_cast<std::size_t>(size)).subspan(sizeof locator));
    }
    return taken;
  }
  bool drained() const { return drained_; }

 private:
  static iovec part(ilnp::Bytes octets) { return {const_cast<std::byte*>(octets.data()), octets.size()}; }
  static ilnp::error_code last_error() { return {errno, boost::system::system_category()}; }

  int socket_;
  bool drained_ = false;
  std::vector<Address> peers_;
  std::vector<ilnp::Locator> joined_;
  std::array<std::byte, 1440> room_;
  std::vector<std::array<std::byte, 1500>> buffers_{64};
};

static_assert(ilnp::PollableUnderlay<PeerLink<sockaddr_un>> &&
              ilnp::PollableUnderlay<PeerLink<sockaddr_in6>>);
