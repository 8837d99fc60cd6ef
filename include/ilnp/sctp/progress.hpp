#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>

#include "counters.hpp"
#include "stream_table.hpp"

namespace ilnp {

/// The progress of streams: takes data and notifications from usrsctp, moves streams from
/// state to state, and tells their users. One per node.
class SctpProgress {
 public:
  /// Returns the shares of streams that end to `shares`, which must outlive it.
  explicit SctpProgress(SctpShares& shares) : shares_(shares) {}
  SctpProgress(const SctpProgress&) = delete;
  SctpProgress& operator=(const SctpProgress&) = delete;

  /// The streams that exist.
  SctpStreamTable& table() noexcept { return table_; }
  /// For reading.
  const SctpStreamTable& table() const noexcept { return table_; }
  SctpCounters& counters() noexcept { return counters_; }
  const SctpCounters& counters() const noexcept { return counters_; }

  /// The oldest event that was not handed out yet.
  std::optional<StreamEvent> next_event() {
    if (events_.empty()) return std::nullopt;
    const StreamEvent event = events_.front();
    events_.pop_front();
    return event;
  }
  /// Whether `next_event` has one.
  bool has_events() const noexcept { return !events_.empty(); }

  /// `own`: this node opens it.
  SctpStreamState& add(SctpSocket socket, SctpPeer& peer, SctpAssociation& association, StreamPeer names,
                       bool own, const SctpBuffers& buffers, TimePoint now) {
    SctpStreamState& stream = table_.add(std::move(socket), peer, names, now);
    stream.progress = this;
    stream.association = &association;
    stream.share = shares_.take(peer.nid, own, buffers);
    stream.socket.on_event(&SctpProgress::on_event, &stream);
    return stream;
  }
  /// A stream that a peer has opened.
  void accept(SctpSocket socket, SctpPeer& peer, SctpAssociation& association, StreamPeer names,
              const SctpBuffers& buffers, TimePoint now) {
    SctpStreamState& stream = add(std::move(socket), peer, association, names, false, buffers, now);
    ++counters_.accepted;
    tell(stream, StreamEvent::Kind::accepted);
    mark(stream);  // data that arrived before the socket was watched
  }

  /// Lists the stream for inspection when usrsctp is done: nothing may be called from inside it.
  void mark(SctpStreamState& stream) {
    if (!std::exchange(stream.marked, true)) marked_.push_back(&stream);
  }
  /// Handles what usrsctp has for the listed streams. Call it when usrsctp is done.
  void look_at_marked(TimePoint now) {
    while (!marked_.empty()) {
      SctpStreamState* const stream = marked_.front();
      marked_.pop_front();
      stream->marked = false;
      look_at(*stream, now);
    }
  }

  /// For the reader: available data; 0 is the end.
  result<std::size_t> read(SctpStreamState& stream, MutableBytes into, TimePoint now) {
    const StreamId id = stream.id;
    std::size_t taken = 0;
    while (taken < into.size()) {
      const MutableBytes rest = into.subspan(taken);
      std::size_t size = 0;
      if (!stream.has_staged() && rest.size() >= min_direct) {
        size = pull(stream, rest, now, false);
      } else {
        if (!stream.has_staged()) stage(stream, now);
        if (table_.find(id)) size = from_staged(stream, rest);
      }
      taken += size;
      if (size == 0 || !table_.find(id)) break;
    }
    counters_.octets_read += taken;
    if (taken != 0 || into.empty()) return taken;
    if (!table_.find(id)) return errc(boost::system::errc::not_connected);
    if (!stream.end_received) return errc(boost::system::errc::operation_would_block);
    stream.end_read = true;
    finish(stream, now);
    return std::size_t{0};
  }

  /// Ends this node's direction, as soon as there is room.
  void send_end(SctpStreamState& stream, TimePoint now) {
    if (stream.end_sent || stream.connecting) return;
    if (stream.half_closes) {
      static constexpr std::byte end[1]{};
      if (const error_code error = stream.socket.send(end, SctpSocket::end_protocol)) {
        if (would_block(error)) stream.write_blocked = true;
        return;  // for any other error, the socket knows more
      }
    } else {
      stream.socket.shutdown();
    }
    stream.end_sent = true;
    finish(stream, now);
  }

  /// If both directions have ended and the reader knows, the socket closes once the peer
  /// has everything. Returns true then; the stream is gone.
  bool finish(SctpStreamState& stream, TimePoint now) {
    if (!stream.end_read || !stream.end_sent) return false;
    ++counters_.ended;
    tell(stream, StreamEvent::Kind::closed);
    // Unread data, such as a notification, would turn the close into an abort.
    for (int most = 64; most > 0; --most) {
      const auto received = stream.socket.receive(scratch_);
      if (received.error || received.size == 0) break;
    }
    forget(stream, now);
    return true;
  }

  /// Ends both directions at once and tells the peer.
  void reset(SctpStreamState& stream, TimePoint now) {
    ++counters_.reset_here;
    stream.socket.abort();
    forget(stream, now);
  }

  /// The stream has ended, or was never established.
  void fail(SctpStreamState& stream, error_code error, TimePoint now) {
    if (stream.connecting) {
      const bool refused = error == boost::system::errc::connection_refused;
      ++(refused ? counters_.connect_refused : counters_.connect_timed_out);
      if (!refused && stream.peer->last_error) error = stream.peer->last_error;
    } else {
      // The library has abandoned it.
      if (error == boost::system::errc::connection_aborted) error = errc(boost::system::errc::timed_out);
      ++(error == boost::system::errc::timed_out ? counters_.peer_lost : counters_.reset_by_peer);
    }
    tell(stream, StreamEvent::Kind::closed, error);
    stream.socket.abort();
    forget(stream, now);
  }

  /// No stream was established, and nobody must be told.
  void forget(SctpStreamState& stream, TimePoint now) {
    if (stream.marked) std::erase(marked_, &stream);
    shares_.give_back(stream.peer->nid, stream.share);
    table_.remove(stream, now);
  }

  /// The system's error of this number, as usrsctp returns it.
  static error_code errc(boost::system::errc::errc_t value) noexcept {
    return {static_cast<int>(value), boost::system::system_category()};
  }
  /// Whether usrsctp means that it can be tried again later.
  static bool would_block(const error_code& error) noexcept {
    return error.value() == EAGAIN || error.value() == EWOULDBLOCK || error.value() == EINPROGRESS;
  }

 private:
  /// Taken at a time for a reader that has not asked: a packet, or most of a long message. The rest waits in the socket.
  static constexpr std::size_t max_message = 8 * 1024;

  static constexpr std::size_t min_direct = 512;  // large enough for a notification

  /// Stages octets from which the reader takes parts.
  void stage(SctpStreamState& stream, TimePoint now, bool tells = false) {
    const std::size_t size = pull(stream, scratch_, now, tells);
    if (size == 0) return;
    stream.staged.assign(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(size));
    stream.staged_from = 0;
  }
  static std::size_t from_staged(SctpStreamState& stream, MutableBytes into) noexcept {
    const std::size_t size = std::min(into.size(), stream.staged.size() - stream.staged_from);
    if (size != 0) std::memcpy(into.data(), stream.staged.data() + stream.staged_from, size);
    stream.staged_from += size;
    return size;
  }

  /// Called by usrsctp when there is something to handle.
  static void on_event(struct socket*, void* argument, int) {
    auto* const stream = static_cast<SctpStreamState*>(argument);
    stream->progress->mark(*stream);
  }

  void tell(const SctpStreamState& stream, StreamEvent::Kind kind, error_code error = {}) {
    if (!stream.orphaned()) events_.push_back({stream.id, kind, error});
  }

  void look_at(SctpStreamState& stream, TimePoint now) {
    const StreamId id = stream.id;
    if (!stream.has_staged()) stage(stream, now, true);
    if (!table_.find(id) || stream.connecting || !stream.write_blocked || !stream.socket.writable()) return;
    stream.write_blocked = false;
    if (stream.end_wanted) {
      send_end(stream, now);
    } else {
      tell(stream, StreamEvent::Kind::writable);
    }
  }

  /// Receives from the socket until there is data, or nothing more; returns the number of octets.
  /// Handles notifications. `tells`: the reader does not know yet. The stream may be gone afterwards.
  std::size_t pull(SctpStreamState& stream, MutableBytes into, TimePoint now, bool tells) {
    while (true) {
      const auto received = stream.socket.receive(into);
      if (received.error) {
        const bool nothing = would_block(received.error) || received.error.value() == ENOTCONN;
        if (!nothing || stream.lost) fail(stream, nothing ? stream.lost : received.error, now);
        return 0;
      }
      if (stream.lost && received.size == 0) return fail(stream, stream.lost, now), 0;
      if (received.notification) {
        if (!note(stream, Bytes(into).first(received.size), now)) return 0;
        continue;
      }
      if (stream.end_received) {
        if (received.size != 0) reset(stream, now);  // data after the end
        return 0;
      }
      if (received.size == 0 || (received.protocol == SctpSocket::end_protocol && stream.half_closes)) {
        if (!end(stream, tells, now) || received.size == 0) return 0;
        continue;
      }
      if (stream.orphaned()) return reset(stream, now), 0;
      if (tells) tell(stream, StreamEvent::Kind::readable);
      return received.size;
    }
  }

  /// The peer's direction has ended. False if the stream is gone.
  bool end(SctpStreamState& stream, bool tells, TimePoint now) {
    if (std::exchange(stream.end_received, true)) return true;
    if (stream.orphaned()) stream.end_read = true;
    if (tells) tell(stream, StreamEvent::Kind::readable);
    return !finish(stream, now);
  }

  /// False if the stream is gone.
  bool note(SctpStreamState& stream, Bytes octets, TimePoint now) {
    sctp_notification what{};
    std::memcpy(&what, octets.data(), std::min(octets.size(), sizeof what));
    switch (what.sn_header.sn_type) {
      case SCTP_ADAPTATION_INDICATION:
        stream.half_closes = what.sn_adaptation_event.sai_adaptation_ind == SctpSocket::adaptation;
        return true;
      case SCTP_SHUTDOWN_EVENT:
        return end(stream, true, now);  // preceding octets have been taken
      case SCTP_ASSOC_CHANGE:
        return change(stream, what.sn_assoc_change, now);
      default:
        return true;
    }
  }

  bool change(SctpStreamState& stream, const sctp_assoc_change& change, TimePoint now) {
    switch (change.sac_state) {
      case SCTP_COMM_UP:
        if (std::exchange(stream.connecting, false)) {
          ++counters_.connected;
          tell(stream, StreamEvent::Kind::connected);
        }
        return true;
      case SCTP_SHUTDOWN_COMP:
        return end(stream, true, now);
      case SCTP_RESTART:  // the peer has restarted and does not know this stream
        return fail(stream, errc(boost::system::errc::connection_reset), now), false;
      default:  // lost, or never established; the next receive says why
        stream.lost = errc(stream.connecting ? boost::system::errc::connection_refused
                                             : boost::system::errc::connection_reset);
        return true;
    }
  }

  SctpShares& shares_;
  SctpStreamTable table_;
  SctpCounters counters_;
  std::deque<StreamEvent> events_;
  std::deque<SctpStreamState*> marked_;
  std::vector<std::byte> scratch_ = std::vector<std::byte>(max_message);
};

}  // namespace ilnp
