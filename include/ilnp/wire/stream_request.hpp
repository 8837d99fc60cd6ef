#pragma once

#include <string_view>

#include "field.hpp"
#include "utf8.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///   0 |  Version (1)  |  Host length  |             Port              |
///     +---------------+---------------+-------------------------------+
///   4 |  Host: UTF-8, no terminator, as many octets as Host length says
///     +---------------------------------------------------------------+
///
/// The first message on a stream between two stream proxies: the destination that the opener wants (docs/wire-formats.md,
/// "Stream requests"). Without a host (length 0): a port of the node itself. With one: that host, which the node resolves as an
/// exit. The octets of the stream follow.
class StreamRequest {
 public:
  static constexpr std::uint8_t version = 1;  ///< the first octet
  static constexpr std::size_t min_size = 4;
  static constexpr std::size_t max_size = min_size + 255;

  /// The length of the request that begins like this; `min_size` as long as that is unknown.
  static std::size_t size(Bytes start) noexcept {
    return start.size() < min_size ? min_size : min_size + load<std::uint8_t>(start, 1);
  }

  /// `request` has as many octets as `size` says.
  static Parsed<StreamRequest> parse(Bytes request) noexcept {
    if (request.size() < min_size) return Malformed::too_short;
    if (load<std::uint8_t>(request, 0) != version) return Malformed::unknown_type;
    if (request.size() != size(request) || load<std::uint16_t>(request, 2) == 0)
      return Malformed::wrong_length;
    const Bytes host = request.subspan(min_size);
    if (!host.empty() && !is_host_name(host)) return Malformed::bad_host_name;
    return StreamRequest(request);
  }

  std::uint16_t port() const noexcept { return load<std::uint16_t>(request_, 2); }
  /// Empty: the node itself. Borrowed.
  std::string_view host() const noexcept { return as_text(request_.subspan(min_size)); }

 private:
  explicit StreamRequest(Bytes request) noexcept : request_(request) {}
  Bytes request_;
};

struct StreamRequestRepr {
  std::uint16_t port = 0;
  std::string_view host;  ///< at most 255 octets

  std::size_t size() const noexcept { return StreamRequest::min_size + host.size(); }
  /// Writes `size()` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, StreamRequest::version);
    store(out, 1, static_cast<std::uint8_t>(host.size()));
    store(out, 2, port);
    for (std::size_t i = 0; i < host.size(); ++i)
      out[StreamRequest::min_size + i] = static_cast<std::byte>(host[i]);
  }
};

/// The result of a request.
enum class StreamReplyCode : std::uint8_t {
  connected = 0,
  refused = 1,      ///< nothing listens there
  not_allowed = 2,  ///< the port is not exposed, or the node is not an exit
  unknown_host = 3,
  unreachable = 4,
  timed_out = 5,
  too_many = 6,  ///< the node has reached its limit of connections
  failed = 7,    ///< any other failure
};

///     +---------------+---------------+
///   0 |  Version (1)  |     Code      |   then, if the code is 0, the octets of the stream
///     +---------------+---------------+
class StreamReply {
 public:
  static constexpr std::size_t size = 2;

  static Parsed<StreamReply> parse(Bytes answer) noexcept {
    if (answer.size() < size) return Malformed::too_short;
    if (load<std::uint8_t>(answer, 0) != StreamRequest::version) return Malformed::unknown_type;
    return StreamReply(load<std::uint8_t>(answer, 1));
  }

  /// Unknown codes are `failed`.
  StreamReplyCode code() const noexcept {
    return code_ < static_cast<std::uint8_t>(StreamReplyCode::failed) ? static_cast<StreamReplyCode>(code_)
                                                                      : StreamReplyCode::failed;
  }

 private:
  explicit StreamReply(std::uint8_t code) noexcept : code_(code) {}
  std::uint8_t code_;
};

struct StreamReplyRepr {
  StreamReplyCode code = StreamReplyCode::connected;
  /// Writes `StreamReply::size` octets to the front of `out`.
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, StreamRequest::version);
    store(out, 1, static_cast<std::uint8_t>(code));
  }
};

}  // namespace ilnp::wire
