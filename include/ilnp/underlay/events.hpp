#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../base/address.hpp"
#include "../posix/trains.hpp"

namespace ilnp {

/// Why a network interface cannot be used.
enum class LinkProblem : std::uint8_t {
  none,
  gone,        ///< there is no interface of that name
  renamed,     ///< the interface exists under another name
  down,        ///< it is switched off
  no_carrier,  ///< no cable, or no wireless network
  captured,    ///< it is a port of a bridge, a bond or a VRF: what arrives on it does not reach this program
  small_mtu,   ///< below 1280 octets, so it has no IPv6 (RFC 8200, section 5)
  no_address,  ///< none to send from, or not yet: the kernel first looks whether another host has it (RFC 4862, 5.4)
  no_route,  ///< none for multicast
  refused,   ///< something else; the error says what
};

}  // namespace ilnp

/// Events that the multicast underlay shows through `cx.observe(event)`. All views are valid only during the call.
namespace ilnp::event {

/// The interface cannot be used; or, if it already could not, now for another reason that has lasted a while.
struct LinkDown {
  std::string_view interface;     ///< the configured name
  LinkProblem problem;            ///< what is wrong
  boost::system::error_code why;  ///< the same as an error code
  std::string_view other;         ///< its new name (`renamed`), or what it belongs to (`captured`)
};

/// The interface can be used again, or for the first time.
struct LinkUp {
  std::string_view interface;  ///< the configured name
};

/// The kernel had lost this node's membership of `groups` groups; the node has joined them again.
struct GroupsLost {
  std::string_view interface;  ///< the configured name
  std::size_t groups;          ///< how many were joined again
};

/// The interface is fine, but all or some frames to `network` could not be sent for a while.
struct SendFailing {
  std::string_view interface;     ///< the configured name
  Locator network;                ///< to which frames could not be sent
  boost::system::error_code why;  ///< of the last
  std::uint64_t frames;           ///< not sent so far
  bool all;                       ///< it is so for all networks of this node
};

/// Frames to `network` are sent again.
struct SendWorks {
  std::string_view interface;  ///< the configured name
  Locator network;             ///< to which frames could not be sent before
  std::uint64_t frames;        ///< not sent in the meantime
};

/// From now on frames leave one by one.
struct TrainsGivenUp {
  std::string_view interface;  ///< the configured name
  TrainsOff why;               ///< why frames leave one by one
};

}  // namespace ilnp::event
