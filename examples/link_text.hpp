#pragma once

// What the underlay shows, in words.

#include <ilnp/underlay/events.hpp>
#include <ilnp/underlay/link_config.hpp>
#include <ilnp/underlay/mcast_udp.hpp>
#include <string>
#include <string_view>

#include "text.hpp"

namespace program {

/// Why an interface cannot be used, and what may help.
inline std::string problem_text(ilnp::LinkProblem problem, const boost::system::error_code& why,
                                std::string_view other) {
  using ilnp::LinkProblem;
  switch (problem) {
    case LinkProblem::none:
      return "it works";
    case LinkProblem::gone:
      return "there is no such interface";
    case LinkProblem::renamed:
      return "it is called " + printable_name(other) + " now";
    case LinkProblem::down:
      return "it is down";
    case LinkProblem::no_carrier:
      return "it has no carrier: no cable, or no wireless network";
    case LinkProblem::captured:
      return "it belongs to " + printable_name(other) +
             ", so nothing that arrives on it is heard: set mcast_interface to " + printable_name(other);
    case LinkProblem::small_mtu:
      return "its MTU is below 1280 octets, so it has no IPv6";
    case LinkProblem::no_address:
      return "it has no IPv6 address, or none that is ready";
    case LinkProblem::no_route:
      return "it has no route for IPv6 multicast, or no IPv6 at all";
    case LinkProblem::refused:
      break;
  }
  return why.message();
}

/// What may help against an error of sending.
inline std::string send_hint(const boost::system::error_code& why) {
  namespace errc = boost::system::errc;
  if (why == errc::operation_not_permitted || why == errc::permission_denied)
    return " (a firewall on this host rejects them)";
  if (why == errc::resource_unavailable_try_again || why == errc::no_buffer_space)
    return " (the interface accepts them more slowly than they arrive)";
  if (why == errc::message_size) return " (too long for the interface)";
  return "";
}

inline std::string trains_text(ilnp::TrainsOff why) {
  switch (why) {
    case ilnp::TrainsOff::no:
      return "frames leave in trains";
    case ilnp::TrainsOff::configured:
      return "frames leave one by one: segmentation = off";
    case ilnp::TrainsOff::unsupported:
      return "frames leave one by one: this kernel cannot send trains (UDP GSO)";
    case ilnp::TrainsOff::known_kernel:
      return "frames leave one by one: this kernel is known to corrupt trains (UDP GSO)";
    case ilnp::TrainsOff::corrupted:
      return "frames leave one by one: this kernel corrupts trains (UDP GSO)";
    case ilnp::TrainsOff::refused:
      break;
  }
  return "frames leave one by one: the kernel or the device accepts no trains (UDP GSO)";
}

inline std::string event_text(const ilnp::event::LinkDown& e) {
  return "mcast_interface " + printable_name(e.interface) +
         " cannot be used: " + problem_text(e.problem, e.why, e.other);
}
inline std::string event_text(const ilnp::event::LinkUp& e) {
  return "mcast_interface " + printable_name(e.interface) + " can be used";
}
inline std::string event_text(const ilnp::event::GroupsLost& e) {
  return "the kernel had lost " + std::to_string(e.groups) + " group memberships on " +
         printable_name(e.interface) + "; joined again";
}
inline std::string event_text(const ilnp::event::SendFailing& e) {
  return std::string(e.all ? "frames" : "some frames") + " to " + to_string(e.network) +
         " cannot be sent on " + printable_name(e.interface) + ": " + e.why.message() + send_hint(e.why);
}
inline std::string event_text(const ilnp::event::SendWorks& e) {
  return "frames to " + to_string(e.network) + " are sent on " + printable_name(e.interface) + " again (" +
         std::to_string(e.frames) + " were not sent)";
}
inline std::string event_text(const ilnp::event::TrainsGivenUp& e) { return trains_text(e.why); }

}  // namespace program
