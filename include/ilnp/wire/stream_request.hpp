#pragma once

#include <string_view>

#include "parsed.hpp"
#include "utf8.hpp"

namespace ilnp::wire {

///      0                   1                   2                   3
///     +---------------+---------------+-------------------------------+
///   0 |  Version (1)  |  Host length  |             Port              |
///     +---------------+---------------+-------------------------------+
///   4 |  Host, in UTF-8, without a terminator: as many octets as its length says
///     +---------------------------------------------------------------+
///
/// The first that goes over a stream between two stream proxies: what the one who opened it wants to be put through to
/// (docs/wire-formats.md, "Stream requests"). No host (length 0): to a port of the node itself. With one: to that host, as the node
/// resolves it; that takes an exit. Then the octets of the stream.
class StreamRequest {
 public:
  static constexpr std::uint8_t version = 1;
  static constexpr std::size_t min_size = 4;
  static constexpr std::size_t max_size = min_size + 255;

  /// How many octets the request that begins so has: `min_size` until that can be known.
  static std::size_t size(Bytes start) noexcept {
    return start.size() < min_size ? min_size : min_size + load<std::uint8_t>(start, 1);
  }

  /// `request`: as many octets as `size` says.
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

/// What became of a request.
enum class StreamAnswerCode : std::uint8_t {
  connected = 0,
  refused = 1,      ///< nobody listens there
  not_allowed = 2,  ///< the port is not exposed, or the node is no exit
  unknown_host = 3,
  unreachable = 4,
  timed_out = 5,
  too_many = 6,  ///< the node has as many connections as it takes
  failed = 7,    ///< something else
};

///     +---------------+---------------+
///   0 |  Version (1)  |     Code      |   then, if the code is 0, the octets of the stream
///     +---------------+---------------+
class StreamAnswer {
 public:
  static constexpr std::size_t size = 2;

  static Parsed<StreamAnswer> parse(Bytes answer) noexcept {
    if (answer.size() < size) return Malformed::too_short;
    if (load<std::uint8_t>(answer, 0) != StreamRequest::version) return Malformed::unknown_type;
    return StreamAnswer(load<std::uint8_t>(answer, 1));
  }

  /// Codes that this version does not know are `failed`.
  StreamAnswerCode code() const noexcept {
    return code_ < static_cast<std::uint8_t>(StreamAnswerCode::failed) ? static_cast<StreamAnswerCode>(code_)
                                                                       : StreamAnswerCode::failed;
  }

 private:
  explicit StreamAnswer(std::uint8_t code) noexcept : code_(code) {}
  std::uint8_t code_;
};

struct StreamAnswerRepr {
  StreamAnswerCode code = StreamAnswerCode::connected;
  void write_to(MutableBytes out) const noexcept {
    store(out, 0, StreamRequest::version);
    store(out, 1, static_cast<std::uint8_t>(code));
  }
};

}  // namespace ilnp::wire
