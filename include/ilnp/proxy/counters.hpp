#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// Counters of the proxy since its start; they count datagrams unless noted.
struct ProxyCounters {
  static constexpr std::string_view layer = "proxy";

  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;
  std::uint64_t refused_not_mapped = 0;    ///< from a local port without a mapping
  std::uint64_t refused_unknown_host = 0;  ///< the mapping's host is unknown
  std::uint64_t refused_by_transport = 0;  ///< too long, no route, not sent
  std::uint64_t dropped_not_mapped = 0;  ///< arrived for a port that somebody other than the proxy has bound
  std::uint64_t dropped_wrong_host = 0;  ///< not from the mapping's host
  std::uint64_t far_ends_missing = 0;    ///< how often the host of a mapping in use became unknown

  template <class F>
  void for_each(F&& f) const {
    f("sent", sent);
    f("delivered", delivered);
    f("refused_not_mapped", refused_not_mapped);
    f("refused_unknown_host", refused_unknown_host);
    f("refused_by_transport", refused_by_transport);
    f("dropped_not_mapped", dropped_not_mapped);
    f("dropped_wrong_host", dropped_wrong_host);
    f("far_ends_missing", far_ends_missing);
  }
};

}  // namespace ilnp
