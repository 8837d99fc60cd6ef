#pragma once

#include <array>
#include <bitset>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../base/arena.hpp"
#include "../base/stream.hpp"
#include "stream_connection_table.hpp"
#include "stream_handshake.hpp"
#include "stream_proxy_config.hpp"
#include "stream_proxy_counters.hpp"
#include "stream_proxy_event.hpp"
#include "stream_reply.hpp"

namespace ilnp {

/// The stream proxy as a layer (docs/behaviour.md, "Stream proxies"): connects programs that know nothing of the overlay to those
/// of another node. It handles requests, permissions and results; the programs' sockets belong to the shell. Datagrams pass, so a
/// `Proxy` may stand on top. One thread.
template <StreamTransport Next>
class StreamProxy : public detail::LayerOverStreams<Next> {
  using detail::LayerOverStreams<Next>::next_;

 public:
  /// Throws `std::invalid_argument` if `config` is invalid or the port for requests is
  /// taken. The other arguments go to the layers below.
  template <class... Args>
  explicit StreamProxy(const StreamProxyConfig& config, Args&&... args)
      : detail::LayerOverStreams<Next>(std::forward<Args>(args)...), config_((config.validate(), config)) {
    if (const error_code error = next_.listen(config_.request_port))
      throw std::invalid_argument("port " + std::to_string(config_.request_port) +
                                  " of requests: " + error.message());
  }

  /// Lets peers reach `port` of this host, by request and by a stream directly to that port. Error: `invalid_port`.
  error_code expose(std::uint16_t port) {
    if (port == 0) return Errc::invalid_port;
    if (!exposed_.test(port) && port != config_.request_port)
      if (const error_code error = next_.listen(port)) return error;
    exposed_.set(port);
    return {};
  }

  /// Opens a connection to `port` of the node `to`, or of `host` as `to` resolves it. The event `opened` or `closed` reports the
  /// result. Errors: `queue_full` (too many connections), `invalid_host_name`, `not_allowed` (a host, in
  /// plain mode), those of the streams.
  template <ContextLike Cx>
  result<StreamId> open(Nid to, std::uint16_t port, std::string_view host, Cx& cx) {
    if (!connections_.has_room()) return ++counters_.refused_too_many, Errc::queue_full;
    if (config_.plain && !host.empty()) return Errc::not_allowed;
    if (!host.empty() && !wire::is_host_name(as_bytes(host))) return Errc::invalid_host_name;
    const auto id = next_.connect(to, config_.plain ? port : config_.request_port, cx);
    if (!id) return id.error();
    StreamConnection& connection =
        enter(*id, {.state = State::connecting, .peer = to, .own = true, .plain = config_.plain}, cx.now());
    connection.handshake.resize(wire::StreamRequestRepr{port, host}.size());
    wire::StreamRequestRepr{port, host}.write_to(connection.handshake);
    return id;
  }

  /// The result of a connection that was `wanted`. Any result but `connected` ends it.
  template <ContextLike Cx>
  void answer(StreamId id, wire::StreamReplyCode code, Cx& cx) {
    StreamConnection* const found = connections_.find(id);
    if (!found || found->state != State::wanted) return;
    const bool good = code == wire::StreamReplyCode::connected;
    counters_.put_through += good;
    if (found->plain) {
      if (good) return void(found->state = State::open);
      connections_.erase(id);
      return next_.reset(id, cx);
    }
    say(id, code, cx);
    if (good) return void(found->state = State::open);
    connections_.erase(id);
    next_.close(id, cx);
  }

  /// As for a stream; `write`, `read`, `shutdown` and `peer` of established connections are the streams'.
  template <ContextLike Cx>
  void reset(StreamId id, Cx& cx) {
    connections_.erase(id);
    next_.reset(id, cx);
  }

  /// Calls `up(const StreamProxyEvent&, MutableBytes)`, and passes on everything that does not belong to streams.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, receiver(cx, up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    next_.on_timer(cx, receiver(cx, up));
    expire(asked_, cx, up);
    expire(asking_, cx, up);
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
    hosts_.clear();
  }
  TimePoint next_deadline() const noexcept {
    TimePoint deadline = next_.next_deadline();
    if (!asked_.empty()) deadline = std::min(deadline, asked_.front().second);
    if (!asking_.empty()) deadline = std::min(deadline, asking_.front().second);
    return deadline;
  }

  /// How many there are, in both directions.
  std::size_t connections() const noexcept { return connections_.size(); }
  /// As it was constructed.
  const StreamProxyConfig& config() const noexcept { return config_; }
  const StreamProxyCounters& counters() const noexcept { return counters_; }

 private:
  using Kind = StreamProxyEvent::Kind;

  using State = StreamConnection::State;
  using Deadlines = std::deque<std::pair<StreamId, TimePoint>>;  // all with the same duration, hence in order

  StreamConnection& enter(StreamId id, const StreamConnection& connection, TimePoint now) {
    if (connection.own) {
      asking_.emplace_back(id, now + config_.reply_time);
    } else {
      asked_.emplace_back(id, now + config_.request_time);
    }
    return connections_.add(id, connection);
  }

  template <class Cx, class Up>
  auto receiver(Cx& cx, Up& up) {
    return taking<StreamEvent>(
        [this, &cx, &up](const StreamEvent& event, MutableBytes) { on_event(event, cx, up); }, up);
  }

  template <class Cx, class Up>
  void on_event(const StreamEvent& event, Cx& cx, Up& up) {
    if (event.kind == StreamEvent::Kind::accepted) return accept(event.stream, cx, up);
    StreamConnection* const found = connections_.find(event.stream);
    if (!found) return;
    StreamConnection& connection = *found;
    const bool open = connection.state == State::open;
    switch (event.kind) {
      case StreamEvent::Kind::accepted:
        return;
      case StreamEvent::Kind::connected:
        if (connection.plain) return put_through(event.stream, connection, up);
        static_cast<void>(next_.write(event.stream, connection.handshake, cx));  // the first: there is room
        connection.handshake.clear();
        connection.state = State::asking;
        return;
      case StreamEvent::Kind::readable:
        if (open) return up(StreamProxyEvent{event.stream, Kind::readable, {}}, MutableBytes());
        if (connection.state == State::asked) return hear_request(event.stream, connection, cx, up);
        if (connection.state == State::asking) return hear_reply(event.stream, connection, cx, up);
        return;
      case StreamEvent::Kind::writable:
        if (open) up(StreamProxyEvent{event.stream, Kind::writable, {}}, MutableBytes());
        return;
      case StreamEvent::Kind::closed:
        return end(event.stream, event.error, up);
    }
  }

  template <class Cx, class Up>
  void accept(StreamId id, Cx& cx, Up& up) {
    const auto names = next_.peer(id);
    if (!names) return;
    const bool plain = names->local_port != config_.request_port;
    const bool excess = connections_.is_excess(names->nid);
    if (excess && (plain || !connections_.has_room_for_excess()))
      return ++counters_.refused_too_many, next_.reset(id, cx);
    if (plain && !admits(names->nid, cx)) return ++counters_.refused_not_allowed, next_.reset(id, cx);
    StreamConnection& connection =
        enter(id, {.state = State::asked, .peer = names->nid, .excess = excess, .plain = plain}, cx.now());
    if (plain) return want(id, connection, names->local_port, {}, up);
    hear_request(id, connection, cx, up);
  }

  /// May this node connect to here? A name means whom it means now.
  template <class Cx>
  bool admits(Nid peer, Cx& cx) {
    return config_.allowed.empty() || means_one_of(config_.allowed, peer, next_, cx);
  }

  template <class Cx>
  void say(StreamId id, wire::StreamReplyCode code, Cx& cx) {
    std::array<std::byte, wire::StreamReply::size> octets;
    wire::StreamReplyRepr{code}.write_to(octets);
    static_cast<void>(next_.write(id, octets, cx));  // the first that is written: there is room
  }

  template <class Up>
  void want(StreamId id, StreamConnection& connection, std::uint16_t port, MutableBytes host, Up& up) {
    ++counters_.wanted;
    connection.state = State::wanted;
    up(StreamProxyEvent{id, Kind::wanted, {}, port}, host);
  }
  template <class Up>
  void put_through(StreamId id, StreamConnection& connection, Up& up) {
    ++counters_.opened;
    connection.state = State::open;
    up(StreamProxyEvent{id, Kind::opened, {}}, MutableBytes());
  }
  template <class Up>
  void end(StreamId id, error_code error, Up& up) {
    const StreamConnection* const found = connections_.find(id);
    if (!found) return;
    const State state = found->state;
    connections_.erase(id);
    counters_.not_opened += state == State::connecting || state == State::asking;
    if (state != State::asked) up(StreamProxyEvent{id, Kind::closed, error}, MutableBytes());
  }

  template <class Cx, class Up>
  void hear_request(StreamId id, StreamConnection& connection, Cx& cx, Up& up) {
    const auto come = gather_handshake(next_, id, connection.handshake, wire::StreamRequest::size, cx);
    if (come == Handshake::ended) return drop_malformed(id, {}, cx, up);
    if (come == Handshake::waits) return;
    const std::vector<std::byte> octets = std::move(connection.handshake);
    const auto request = wire::StreamRequest::parse(octets);
    if (!request) return drop_malformed(id, {}, cx, up);
    connection.state = State::wanted;
    if (connection.excess)
      return ++counters_.refused_too_many, answer(id, wire::StreamReplyCode::too_many, cx);
    const bool here = request->host().empty();
    if ((here ? exposed_.test(request->port()) : config_.exit) && admits(connection.peer, cx))
      return want(id, connection, request->port(), hosts_.copy(as_bytes(request->host())), up);
    ++counters_.refused_not_allowed;
    answer(id, wire::StreamReplyCode::not_allowed, cx);
  }

  template <class Cx, class Up>
  void hear_reply(StreamId id, StreamConnection& connection, Cx& cx, Up& up) {
    const error_code aborted = error_of_reply(wire::StreamReplyCode::failed);
    const auto size = [](Bytes) { return wire::StreamReply::size; };
    const auto come = gather_handshake(next_, id, connection.handshake, size, cx);
    if (come == Handshake::ended) return drop_malformed(id, aborted, cx, up);
    if (come == Handshake::waits) return;
    const auto parsed = wire::StreamReply::parse(connection.handshake);
    if (!parsed) return drop_malformed(id, aborted, cx, up);
    connection.handshake = {};
    if (parsed->code() == wire::StreamReplyCode::connected) return put_through(id, connection, up);
    next_.close(id, cx);
    end(id, error_of_reply(parsed->code()), up);
  }

  template <class Cx, class Up>
  void drop_malformed(StreamId id, error_code error, Cx& cx, Up& up) {
    ++counters_.dropped_malformed;
    next_.reset(id, cx);
    end(id, error, up);
  }

  /// Ends those whose handshake takes too long. The shell ends `wanted` ones.
  template <class Cx, class Up>
  void expire(Deadlines& deadlines, Cx& cx, Up& up) {
    while (!deadlines.empty() && deadlines.front().second <= cx.now()) {
      const StreamId id = deadlines.front().first;
      deadlines.pop_front();
      const StreamConnection* const found = connections_.find(id);
      if (!found || found->state == State::open || found->state == State::wanted) continue;
      ++counters_.timed_out;
      next_.reset(id, cx);
      end(id, error_of_reply(wire::StreamReplyCode::timed_out), up);
    }
  }

  StreamProxyConfig config_;
  std::bitset<65536> exposed_;
  Arena hosts_;  // of requests, until the batch ends
  StreamConnectionTable connections_{config_.max_connections};
  Deadlines asking_;
  Deadlines asked_;
  StreamProxyCounters counters_;
};

}  // namespace ilnp
