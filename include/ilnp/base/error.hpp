#pragma once

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>
#include <string>

namespace ilnp {

using boost::system::error_code;

/// Errors that the toolkit returns to its user. Bad input from the network is never one of these: it is dropped and
/// counted (see `Counters` of each layer). Errors of the operating system have `boost::system::system_category`.
enum class Errc {
  no_route = 1,       ///< no interface leads to any locator of the destination
  unknown_host,       ///< no node with this host name (or identifier) has been heard of
  message_too_long,   ///< the payload does not fit one frame, and cannot be sent in fragments either
  not_joined,         ///< the locator to send on is not an interface of this node
  port_in_use,        ///< the port is already bound or mapped
  port_not_bound,     ///< the port to send from is not bound
  not_mapped,         ///< the local port has no mapping
  invalid_port,       ///< a port outside 1 to 65535
  invalid_host_name,  ///< empty, over 255 octets, not UTF-8, or with control characters
  invalid_address,    ///< not four (or eight) groups of up to four hex digits
  queue_full,         ///< a bounded queue has no room
  host_in_use,        ///< the host already has a local socket of its own
  too_many_sockets,   ///< the limit for local sockets is reached
  not_allowed,        ///< the other node, or the policy of an exit, does not allow it
  no_stream_memory,   ///< the memory for streams is used up
};

/// The text of every `Errc`. Thread-safe; allocates only the text.
class ErrorCategory final : public boost::system::error_category {
 public:
  /// "ilnp".
  const char* name() const noexcept override { return "ilnp"; }
  /// One line for the user, without a full stop.
  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::no_route:
        return "no route to the destination's locator";
      case Errc::unknown_host:
        return "unknown host";
      case Errc::message_too_long:
        return "message too long";
      case Errc::not_joined:
        return "not joined to that locator";
      case Errc::port_in_use:
        return "port in use";
      case Errc::port_not_bound:
        return "port not bound";
      case Errc::not_mapped:
        return "no mapping for that local port";
      case Errc::invalid_port:
        return "not a port (1 to 65535)";
      case Errc::invalid_host_name:
        return "not a host name (1 to 255 octets of UTF-8 without control characters)";
      case Errc::invalid_address:
        return "not four groups of up to four hex digits";
      case Errc::queue_full:
        return "queue full";
      case Errc::too_many_sockets:
        return "too many local sockets";
      case Errc::host_in_use:
        return "the host already has a socket of its own";
      case Errc::not_allowed:
        return "not allowed";
      case Errc::no_stream_memory:
        return "no memory left for another stream";
    }
    return "unknown error";
  }
};

/// The category of every `Errc`. One object per process.
inline const ErrorCategory& error_category() noexcept {
  static constinit const ErrorCategory category{};
  return category;
}

/// Makes `Errc` convertible to `error_code`.
inline error_code make_error_code(Errc error) noexcept { return {static_cast<int>(error), error_category()}; }

}  // namespace ilnp

template <>
struct boost::system::is_error_code_enum<ilnp::Errc> : std::true_type {};
