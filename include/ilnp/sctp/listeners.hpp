#pragma once

#include <map>
#include <memory>
#include <vector>

#include "associations.hpp"
#include "shares.hpp"
#include "socket.hpp"

namespace ilnp {

class SctpListeners;

/// Waits for streams to one port at one door.
struct SctpListener {
  SctpListeners* listeners;  ///< its owner
  SctpSocket socket;         ///< listens
  std::uint16_t port;        ///< SCTP's, at this node
  SctpBuffers buffers;       ///< of the streams that it accepts
  bool marked = false;       ///< listed for inspection
};

/// The listening sockets of a node: one per port and door, created at the first handshake there.
class SctpListeners {
 public:
  /// `mtu`: octets that fit into a datagram of the transport.
  SctpListeners(const SctpConfig& config, std::size_t mtu) : config_(config), mtu_(mtu) {}
  SctpListeners(const SctpListeners&) = delete;
  SctpListeners& operator=(const SctpListeners&) = delete;

  /// Ensures that a socket listens on `port` behind `address` and accepts streams with these buffers. False if usrsctp refuses.
  bool open(void* address, std::uint16_t port, const SctpBuffers& buffers) {
    auto& listener = table_[{port, address}];
    if (!listener) {
      auto opened = SctpSocket::open(config_, address, port, mtu_);
      if (!opened || opened->listen()) return table_.erase({port, address}), false;
      listener = std::make_unique<SctpListener>(SctpListener{this, std::move(*opened), port, {}});
      listener->socket.on_event(&SctpListeners::on_event, listener.get());
    }
    if (listener->buffers == buffers) return true;
    listener->buffers = buffers;
    return !listener->socket.resize(buffers.send, buffers.receive);
  }
  /// Closes the sockets of `port` at all doors. Accepted streams stay.
  void close(std::uint16_t port) {
    std::erase_if(marked_, [&](const SctpListener* each) { return each->port == port; });
    std::erase_if(table_, [&](const auto& each) { return each.first.first == port; });
  }

  /// Calls `f(SctpListener&)` for each at which a stream may wait.
  template <class F>
  void take_marked(F&& f) {
    while (!marked_.empty()) {
      SctpListener* const listener = marked_.back();
      marked_.pop_back();
      listener->marked = false;
      f(*listener);
    }
  }

 private:
  /// A notification from inside usrsctp: only noted, and handled when usrsctp is done.
  static void on_event(struct socket*, void* argument, int) {
    auto* const listener = static_cast<SctpListener*>(argument);
    if (!std::exchange(listener->marked, true)) listener->listeners->marked_.push_back(listener);
  }

  SctpConfig config_;
  std::size_t mtu_;
  std::map<std::pair<std::uint16_t, void*>, std::unique_ptr<SctpListener>> table_;
  std::vector<SctpListener*> marked_;
};

}  // namespace ilnp
