#pragma once

#include "../proxy/stream_proxy_event.hpp"

namespace ilnp {

/// Receives a node's stream events. Created before the node, which gets `to()`. `connect` sets the handler of the events
/// afterwards.
class StreamSink {
 public:
  /// A handler: its object, the event, and the octets that come with it.
  using Call = void (*)(void*, const StreamProxyEvent&, Bytes);

  /// What a node calls. Refers to the sink.
  struct To {
    StreamSink* sink;  ///< must outlive the node
    /// Hands an event to the handler; without one, it is lost.
    void operator()(const StreamProxyEvent& event, Bytes octets) const {
      if (sink->call_) sink->call_(sink->taker_, event, octets);
    }
    /// Not packets of an unknown protocol: those are counted as dropped.
    template <class Other>
    requires(!std::same_as<Other, NetworkSource>) void operator()(const Other&, Bytes) const noexcept {}
  };
  /// For the node.
  To to() noexcept { return {this}; }
  /// Sets the handler, called as `call(taker, event, octets)`; null: none.
  void connect(void* taker, Call call) noexcept {
    taker_ = taker;
    call_ = call;
  }

 private:
  void* taker_ = nullptr;
  Call call_ = nullptr;
};

}  // namespace ilnp
