#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../address.hpp"

namespace ilnp {

/// Why a network interface cannot be used.
enum class LinkProblem : std::uint8_t {
  none,
  gone,        ///< there is no interface of that name
  renamed,     ///< the interface that had it is there, under another name
  down,        ///< it is switched off
  no_carrier,  ///< no cable, or no wireless network
  captured,    ///< it is a port of a bridge, a bond, a VRF: nothing that comes in on it reaches this program
  small_mtu,   ///< below 1280 octets, so that it has no IPv6 (RFC 8200, section 5)
  no_address,  ///< none to send from, or not yet: the kernel first looks whether another host has it (RFC 4862, 5.4)
  no_route,  ///< none for multicast
  refused,   ///< something else; the error says what
};

/// Why frames leave one by one, and not in trains (UDP GSO).
enum class TrainsOff : std::uint8_t {
  no,            ///< they leave in trains
  configured,    ///< so it was wanted
  unsupported,   ///< the kernel cannot
  known_kernel,  ///< this kernel is known to corrupt trains
  corrupted,     ///< a train was tried on the loopback interface, and came out wrong
  refused,       ///< the kernel or the device takes none
};

}  // namespace ilnp

/// What the multicast underlay shows through `cx.observe(event)`. All views are valid during the call only.
namespace ilnp::event {

/// The interface cannot be used, or, if it could not be before, now for another reason, which has lasted a while.
struct LinkDown {
  std::string_view interface;
  LinkProblem problem;
  boost::system::error_code why;
  std::string_view other;  ///< what it is called now (`renamed`), or belongs to (`captured`)
};

/// It can be used again, or for the first time.
struct LinkUp {
  std::string_view interface;
};

/// The kernel had lost this node's membership of so many groups; it has joined them again.
struct GroupsLost {
  std::string_view interface;
  std::size_t groups;
};

/// The interface is fine, but frames to `network` have not been sent for a while: all, or some of them.
struct SendFailing {
  std::string_view interface;
  Locator network;
  boost::system::error_code why;  ///< of the last
  std::uint64_t frames;           ///< not sent so far
  bool all;
};

/// They are sent again.
struct SendWorks {
  std::string_view interface;
  Locator network;
  std::uint64_t frames;  ///< not sent meanwhile
};

/// From here on frames leave one by one.
struct TrainsGivenUp {
  std::string_view interface;
  TrainsOff why;
};

}  // namespace ilnp::event
