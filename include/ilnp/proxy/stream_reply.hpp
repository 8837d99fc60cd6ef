#pragma once

#include <boost/system/errc.hpp>

#include "../base/error.hpp"
#include "../wire/stream_request.hpp"

namespace ilnp {

/// What a reply means to the node that asked.
inline error_code error_of_reply(wire::StreamReplyCode code) noexcept {
  using Code = wire::StreamReplyCode;
  const auto system = [](int value) { return error_code(value, boost::system::system_category()); };
  switch (code) {
    case Code::connected:
      return {};
    case Code::refused:
      return system(boost::system::errc::connection_refused);
    case Code::not_allowed:
      return Errc::not_allowed;
    case Code::unknown_host:
      return Errc::unknown_host;
    case Code::unreachable:
      return system(boost::system::errc::host_unreachable);
    case Code::timed_out:
      return system(boost::system::errc::timed_out);
    case Code::too_many:
      return Errc::queue_full;
    case Code::failed:
      break;
  }
  return system(boost::system::errc::connection_aborted);
}

/// The reply that reports a result to the node that asked.
inline wire::StreamReplyCode reply_of_error(const error_code& error) noexcept {
  using Code = wire::StreamReplyCode;
  if (!error) return Code::connected;
  if (error == boost::system::errc::connection_refused) return Code::refused;
  if (error == Errc::not_allowed) return Code::not_allowed;
  if (error == Errc::unknown_host) return Code::unknown_host;
  if (error == boost::system::errc::timed_out) return Code::timed_out;
  if (error == boost::system::errc::host_unreachable || error == boost::system::errc::network_unreachable)
    return Code::unreachable;
  const bool too_many = error == Errc::queue_full || error == Errc::no_stream_memory ||
                        error == boost::system::errc::too_many_files_open ||
                        error == boost::system::errc::too_many_files_open_in_system;
  return too_many ? Code::too_many : Code::failed;
}

}  // namespace ilnp
