#pragma once

#include <bitset>

#include "../random.hpp"
#include "../wire/sctp_header.hpp"
#include "progress.hpp"

namespace ilnp {

/// The streams of one node, apart from what carries their packets: packets and the time go in, packets (`output`) and
/// events (`next_event`) come out. One thread, and the same for all of a process.
class SctpEndpoint {
 public:
  static constexpr Duration orphan_time = std::chrono::seconds(30);
  /// What usrsctp's timers are worth: they fire when they are asked.
  static constexpr Duration busy_tick = std::chrono::milliseconds(10);
  static constexpr Duration idle_tick = std::chrono::milliseconds(50);
  static constexpr Duration idle_after = std::chrono::milliseconds(200);
  static constexpr std::uint16_t first_free_port = 49152;  // RFC 6335, section 6

  /// `mtu`: what fits into a datagram of the transport, octets.
  SctpEndpoint(const SctpConfig& config, std::size_t mtu) : config_(config), mtu_(mtu & ~std::size_t{3}) {}
  SctpEndpoint(const SctpEndpoint&) = delete;
  SctpEndpoint& operator=(const SctpEndpoint&) = delete;
  ~SctpEndpoint() {
    table().for_each([](SctpStreamState& stream) { stream.socket.abort(); });
  }

  // Of the transport.

  void input(Nid from, std::uint16_t port, Bytes packet, TimePoint now) {
    look(now);
    ++counters().packets_received;
    const auto header = wire::SctpHeader::parse(packet);
    if (!header) return void(++counters().dropped_too_short);
    SctpPeer* peer = peers_.find(from, port);
    if (header->first_chunk() == wire::SctpHeader::init && listening_.test(header->destination_port())) {
      if (!peer) peer = peers_.enter(from, port, now);
      if (!peer) return void(++counters().dropped_too_many_peers);
      listen_to(*peer, header->destination_port());
    }
    if (!peer) ++counters().received_stray;
    active(now);
    if (peer) {
      peer->heard = now;
      usrsctp_conninput(peer->address, packet.data(), packet.size(), 0);
    } else {
      const SctpLibrary::Stray stray({from, port, &output_});
      usrsctp_conninput(stray.address(), packet.data(), packet.size(), 0);
    }
    look(now);
  }

  /// Does what is due.
  void on_timer(TimePoint now) {
    SctpLibrary::instance().advance(now);
    look(now);
    if (now < next_sweep_) return;
    next_sweep_ = now + sweep_interval;
    peers_.expire(now);
    table().for_each([&](SctpStreamState& stream) {
      if (now - stream.peer->heard >= config_.silence && !stream.connecting)
        return progress_.fail(stream, errc(boost::system::errc::timed_out), now);
      if (stream.orphaned_until <= now) progress_.reset(stream, now);
    });
  }

  /// `long_ago` if something waits to be told or sent.
  TimePoint next_deadline() const noexcept {
    if (progress_.has_events() || !output_.empty()) return long_ago;
    if (peers_.size() == 0) return never;
    const Duration tick = last_now_ - active_ < idle_after ? busy_tick : idle_tick;
    const auto ticks = last_now_.time_since_epoch() / tick;
    return TimePoint((ticks + 1) * tick);  // the same for all nodes of a process
  }

  SctpOutput& output() noexcept { return output_; }
  SctpPeers& peers() noexcept { return peers_; }

  std::optional<StreamEvent> next_event() { return progress_.next_event(); }

  // Of the user.

  error_code listen(std::uint16_t port) {
    if (port == 0) return Errc::invalid_port;
    if (listening_.test(port)) return Errc::port_in_use;
    listening_.set(port);
    return {};
  }
  void unlisten(std::uint16_t port) {
    listening_.reset(port);
    look(last_now_);
    peers_.for_each([&](SctpPeer& peer) { peer.listeners.erase(port); });
  }

  template <ContextLike Cx>
  result<StreamId> connect(Nid to, std::uint16_t transport_port, std::uint16_t port, Cx& cx) {
    if (port == 0) return Errc::invalid_port;
    if (streams() >= config_.max_streams) return refuse();
    look(cx.now());
    SctpPeer* peer = peers_.enter(to, transport_port, cx.now());
    if (!peer) return ++counters().dropped_too_many_peers, Errc::queue_full;
    peer->last_error.clear();
    error_code error = Errc::port_in_use;
    for (int tries = 0; tries < max_port_tries && error; ++tries) {
      // Nobody is to foresee it, or to be there before.
      const auto local =
          static_cast<std::uint16_t>(first_free_port + Random(cx.secret()).below(65536 - first_free_port));
      auto opened = SctpSocket::open(config_, peer->address, local, mtu_);
      error = opened ? error_code() : opened.error();
      if (error) continue;
      SctpStreamState& stream = progress_.add(std::move(*opened), *peer, {to, port, local}, cx.now());
      stream.connecting = true;
      error = stream.socket.connect(peer->address, port);
      if (!error) return active(cx.now()), stream.id;
      progress_.forget(stream, cx.now());
    }
    return error;
  }

  std::optional<StreamPeer> peer(StreamId id) const noexcept {
    const SctpStreamState* stream = progress_.table().find(id);
    return stream ? std::optional(stream->names) : std::nullopt;
  }

  /// Takes as many of `octets` as there is room for: then fewer, and later the event `writable`. Errors: `would_block`
  /// (none), `broken_pipe` (this direction has ended), `not_connected`.
  result<std::size_t> write(StreamId id, Bytes octets, TimePoint now) {
    SctpStreamState* stream = table().find(id);
    if (!stream) return errc(boost::system::errc::not_connected);
    if (stream->end_wanted || (stream->end_received && !stream->half_closes))
      return errc(boost::system::errc::broken_pipe);
    if (stream->connecting) return stream->write_blocked = true, blocked();
    std::size_t taken = 0;
    while (taken < octets.size()) {
      const Bytes piece = octets.subspan(taken, std::min(octets.size() - taken, piece_size()));
      if (const error_code error = stream->socket.send(piece)) {
        if (!SctpProgress::would_block(error)) return progress_.fail(*stream, error, now), error;
        stream->write_blocked = true;
        break;
      }
      taken += piece.size();
    }
    active(now);
    counters().octets_written += taken;
    if (taken == 0 && !octets.empty()) return blocked();
    return taken;
  }

  /// Gives what has come, into `into`; 0 is the end. Errors: `would_block`, and later the event `readable`; `not_connected`.
  result<std::size_t> read(StreamId id, MutableBytes into, TimePoint now) {
    SctpStreamState* stream = table().find(id);
    if (!stream) return errc(boost::system::errc::not_connected);
    if (into.empty()) return std::size_t{0};
    std::size_t taken = 0;
    while (taken < into.size()) {
      const MutableBytes rest = into.subspan(taken);
      std::size_t size = 0;
      if (!stream->has_staged() && rest.size() >= SctpProgress::min_direct) {
        size = progress_.take(*stream, rest, now);
      } else {
        if (!stream->has_staged()) progress_.stage(*stream, now);
        if (table().find(id)) size = from_staged(*stream, rest);
      }
      taken += size;
      if (!table().find(id))
        return taken != 0 ? result<std::size_t>(taken) : errc(boost::system::errc::not_connected);
      if (size == 0) break;
    }
    active(now);
    counters().octets_read += taken;
    if (taken != 0) return taken;
    if (!stream->end_received) return blocked();
    stream->end_read = true;
    progress_.finish(*stream, now);
    return std::size_t{0};
  }

  /// Ends this direction, after what was written. The other goes on, unless the peer is no node of this kind: SCTP itself ends
  /// both.
  error_code shutdown(StreamId id, TimePoint now) {
    SctpStreamState* stream = table().find(id);
    if (!stream) return errc(boost::system::errc::not_connected);
    stream->end_wanted = true;
    active(now);
    progress_.send_end(*stream, now);
    return {};
  }

  /// Ends both directions at once; what is under way is lost, and the peer is told.
  void reset(StreamId id, TimePoint now) {
    if (SctpStreamState* stream = table().find(id)) progress_.reset(*stream, now);
  }

  /// The user wants no more of it. In order if both directions have ended; else what was written still goes, and the stream is
  /// reset if more comes.
  void close(StreamId id, TimePoint now) {
    SctpStreamState* stream = table().find(id);
    if (!stream) return;
    if (stream->connecting || stream->has_staged()) return reset(id, now);
    stream->orphaned_until = now + orphan_time;
    stream->end_read = stream->end_received;
    static_cast<void>(shutdown(id, now));
    if (table().find(id)) progress_.mark(*stream);
    look(now);
  }

  std::size_t streams() const noexcept { return progress_.table().size(); }
  SctpCounters& counters() noexcept { return progress_.counters(); }
  const SctpCounters& counters() const noexcept { return progress_.counters(); }

 private:
  static constexpr int max_port_tries = 8;
  static constexpr Duration sweep_interval = std::chrono::seconds(1);

  static error_code errc(boost::system::errc::errc_t value) noexcept { return SctpProgress::errc(value); }
  static error_code blocked() noexcept { return errc(boost::system::errc::operation_would_block); }
  /// The octets that a packet carries: a message of as many fills it.
  std::size_t piece_size() const noexcept { return mtu_ - wire::SctpHeader::size - data_header; }
  static constexpr std::size_t data_header = 16;  // RFC 9260, section 3.3.1

  SctpStreamTable& table() noexcept { return progress_.table(); }
  error_code refuse() noexcept { return ++counters().refused_too_many_streams, Errc::queue_full; }
  void active(TimePoint now) noexcept { active_ = last_now_ = now; }

  static std::size_t from_staged(SctpStreamState& stream, MutableBytes into) noexcept {
    const std::size_t size = std::min(into.size(), stream.staged.size() - stream.staged_from);
    if (size != 0) std::memcpy(into.data(), stream.staged.data() + stream.staged_from, size);
    stream.staged_from += size;
    return size;
  }

  // What usrsctp says, in the middle of its work: only noted, and looked at when it is done.

  static void on_listener_event(struct socket*, void* argument, int) {
    auto* const listener = static_cast<SctpListener*>(argument);
    if (!std::exchange(listener->marked, true)) listener->endpoint->marked_.push_back(listener);
  }
  void look(TimePoint now) {
    last_now_ = std::max(last_now_, now);
    while (!marked_.empty()) {
      SctpListener* const listener = marked_.back();
      marked_.pop_back();
      listener->marked = false;
      accept(*listener, now);
    }
    progress_.look_at_marked(now);
  }

  void listen_to(SctpPeer& peer, std::uint16_t port) {
    auto& listener = peer.listeners[port];
    if (listener) return;
    auto opened = SctpSocket::open(config_, peer.address, port, mtu_);
    if (!opened || opened->listen()) return void(peer.listeners.erase(port));
    listener = std::make_unique<SctpListener>(SctpListener{this, std::move(*opened), port, &peer});
    listener->socket.on_event(&SctpEndpoint::on_listener_event, listener.get());
  }

  void accept(SctpListener& listener, TimePoint now) {
    sockaddr_conn from{};
    while (SctpSocket taken = listener.socket.accept(from)) {
      if (streams() >= config_.max_streams) {
        static_cast<void>(refuse());
        taken.abort();
        continue;
      }
      SctpPeer& peer = *listener.peer;
      progress_.accept(std::move(taken), peer, {peer.nid, ntohs(from.sconn_port), listener.port}, now);
    }
  }

  SctpConfig config_;
  std::size_t mtu_;
  SctpOutput output_;
  SctpPeers peers_{output_, config_.max_peers};
  SctpProgress progress_;  // after the peers: its streams refer to them
  std::bitset<65536> listening_;
  std::vector<SctpListener*> marked_;
  TimePoint last_now_ = long_ago;
  TimePoint active_ = long_ago;
  TimePoint next_sweep_ = long_ago;
};

}  // namespace ilnp
