#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// What a proxy gateway has done so far, from the start.
struct ProxyGatewayCounters {
  std::uint64_t from_programs = 0;  ///< datagrams that local programs sent
  std::uint64_t not_sent = 0;       ///< of these: not sent into the overlay; reported to `OnError`
  std::uint64_t from_elsewhere =
      0;  ///< datagrams from addresses that are not allowed; dropped, and reported to `OnError`
  std::uint64_t to_programs = 0;  ///< datagrams from the overlay
  std::uint64_t to_itself = 0;    ///< of these: to the gateway's own port; dropped
  std::uint64_t to_nobody = 0;  ///< of these: to a redirected port to which no program has sent yet; dropped
  std::uint64_t not_delivered = 0;  ///< of these: not accepted by the kernel
  /// Buffers (not datagrams: with UDP GRO one may hold 64) of local programs that the kernel dropped, because
  /// they came faster than they were read.
  std::uint64_t local_overflow = 0;

  template <class F>
  void for_each(F&& f) const {
    f(std::string_view("from_programs"), from_programs);
    f(std::string_view("not_sent"), not_sent);
    f(std::string_view("from_elsewhere"), from_elsewhere);
    f(std::string_view("to_programs"), to_programs);
    f(std::string_view("to_itself"), to_itself);
    f(std::string_view("to_nobody"), to_nobody);
    f(std::string_view("not_delivered"), not_delivered);
    f(std::string_view("local_overflow"), local_overflow);
  }
};

}  // namespace ilnp
