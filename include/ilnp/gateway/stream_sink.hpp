#pragma once

#include "../proxy/stream_proxy_event.hpp"

namespace ilnp {

/// Receives a node's stream events. Created before the node, which gets `to()`. `connect` sets the handler of the events
/// afterwards.
class StreamSink {
 public:
  using Call = void (*)(void*, const StreamProxyEvent&, Bytes);

  struct To {
    StreamSink* sink;
    void operator()(const StreamProxyEvent& event, Bytes octets) const {
      if (sink->call_) sink->call_(sink->taker_, event, octets);
    }
    /// Not packets of an unknown protocol: those are counted as dropped.
    template <class Other>
    requires(!std::same_as<Other, NetworkSource>) void operator()(const Other&, Bytes) const noexcept {}
  };
  To to() noexcept { return {this}; }
  void connect(void* taker, Call call) noexcept {
    taker_ = taker;
    call_ = call;
  }

 private:
  void* taker_ = nullptr;
  Call call_ = nullptr;
};

}  // namespace ilnp
