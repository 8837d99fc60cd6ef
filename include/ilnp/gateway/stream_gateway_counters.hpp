#pragma once

#include <cstdint>
#include <string_view>

namespace ilnp {

/// What a stream gateway has done so far, from the start.
struct StreamGatewayCounters {
  static constexpr std::string_view layer = "streams";

  std::uint64_t accepted = 0;       ///< connections of local programs
  std::uint64_t not_opened = 0;     ///< of these: not connected; reported to `OnFailure`
  std::uint64_t dialled = 0;        ///< connections that peers requested
  std::uint64_t not_reached = 0;    ///< of these: failed
  std::uint64_t no_descriptor = 0;  ///< turned away because the process has no descriptor left
  std::uint64_t paused = 0;         ///< times that a listening port paused because it could not accept
  std::uint64_t gave_way =
      0;  ///< programs dropped because too many had named no destination or waited for a node
  std::uint64_t vanished = 0;  ///< connections whose program had gone
  template <class F>
  void for_each(F&& f) const {
    f(std::string_view("accepted"), accepted);
    f(std::string_view("not_opened"), not_opened);
    f(std::string_view("dialled"), dialled);
    f(std::string_view("not_reached"), not_reached);
    f(std::string_view("no_descriptor"), no_descriptor);
    f(std::string_view("paused"), paused);
    f(std::string_view("gave_way"), gave_way);
    f(std::string_view("vanished"), vanished);
  }
};

}  // namespace ilnp
