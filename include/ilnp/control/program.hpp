#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "rate_meter.hpp"

namespace ilnp {

/// A connection of a program, as the control protocol shows it.
struct ControlStream {
  Nid peer;                    ///< the node at the other end
  bool own = false;            ///< a local program has opened it; otherwise the peer
  std::string_view state;      ///< one word
  std::string target;          ///< what it leads to: `bob:22`; empty if unknown
  std::uint64_t sent = 0;      ///< octets into the overlay
  std::uint64_t received = 0;  ///< octets
  TimePoint since = long_ago;  ///< when it was opened
};

/// What a program adds to the replies about its node.
struct ControlProgram {
  /// Called for each counter of the program itself.
  using AddCounter = std::function<void(std::string_view layer, std::string_view name, std::uint64_t value)>;
  /// Called for each connection.
  using AddStream = std::function<void(const ControlStream&)>;

  std::string name;                                 ///< `ilnp-router`
  std::string version;                              ///< shown after the name; may be empty
  TimePoint started = long_ago;                     ///< when the program started
  std::uint16_t port = 0;                           ///< of a proxy: where local programs send; 0: none
  std::function<void(const AddCounter&)> counters;  ///< those of no layer; may be empty
  std::function<void(const AddStream&)> streams;    ///< empty: the program has none
  RateMeter rates;                                  ///< of its packets
};

}  // namespace ilnp
