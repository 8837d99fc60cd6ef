#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of the stream proxy since its start; all count connections.
struct StreamProxyCounters {
  static constexpr std::string_view layer = "stream_proxy";

  std::uint64_t opened = 0;       ///< by this node, successfully
  std::uint64_t not_opened = 0;   ///< by this node, without success
  std::uint64_t wanted = 0;       ///< by peers, and allowed
  std::uint64_t put_through = 0;  ///< of these: connected
  std::uint64_t refused_not_allowed = 0;
  std::uint64_t refused_too_many = 0;
  std::uint64_t dropped_malformed = 0;  ///< not a request or reply
  std::uint64_t timed_out = 0;          ///< no request or reply in time

  template <class F>
  void for_each(F&& f) const {
    f("opened", opened);
    f("not_opened", not_opened);
    f("wanted", wanted);
    f("put_through", put_through);
    f("refused_not_allowed", refused_not_allowed);
    f("refused_too_many", refused_too_many);
    f("dropped_malformed", dropped_malformed);
    f("timed_out", timed_out);
  }
};

}  // namespace ilnp
