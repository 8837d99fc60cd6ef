#pragma once

#include <bitset>

#include "admission.hpp"
#include "listeners.hpp"
#include "progress.hpp"
#include "replies.hpp"

namespace ilnp {

/// The streams of one node, independent of the transport: packets and the time go in, packets
/// (`output`) and events (`next_event`) come out. One thread, the same for all endpoints of a process.
class SctpEndpoint {
 public:
  static constexpr Duration orphan_time = std::chrono::seconds(30);  ///< from `close` to a reset
  /// The resolution of usrsctp's timers: they fire only when called.
  static constexpr Duration busy_tick = std::chrono::milliseconds(10);
  static constexpr Duration idle_tick = std::chrono::milliseconds(50);    ///< after `idle_after`
  static constexpr Duration idle_after = std::chrono::milliseconds(200);  ///< of no traffic
  static constexpr std::uint16_t first_free_port = 49152;                 ///< RFC 6335, section 6

  /// `mtu`: octets that fit into a datagram of the transport.
  SctpEndpoint(const SctpConfig& config, std::size_t mtu) : config_(config), mtu_(rounded(mtu)) {}
  SctpEndpoint(const SctpEndpoint&) = delete;
  SctpEndpoint& operator=(const SctpEndpoint&) = delete;
  ~SctpEndpoint() {
    table().for_each([](SctpStreamState& stream) { stream.socket.abort(); });
  }

  // For the transport.

  /// Takes a packet from `port` of the transport of `from`. `share`: the sender of its frame, by any NID (`NetworkSource::share`).
  template <ContextLike Cx>
  void input(Nid from, std::uint16_t port, std::uint64_t share, Bytes packet, Cx& cx) {
    const TimePoint now = cx.now();
    look(now);
    ++counters().packets_received;
    const auto parsed = wire::SctpPacket::parse(packet);  // usrsctp trusts what it reads
    if (!parsed) return void(++counters().dropped_malformed);
    const SctpRemote remote{from, port};
    const auto known =
        associations_.find(remote, parsed->header().destination_port(), parsed->header().source_port());
    SctpPeer* const peer = peers_.find(from, port);
    if (peer) peer->heard = now;
    if (known && known->association->has_stream()) {
      // Only useful to end the stream in another node's name: a node that has restarted uses another port.
      if (parsed->asks()) return void(++counters().dropped_stream_exists);
      return take(remote, known->door, packet, now);
    }
    const bool handshake = parsed->asks() || parsed->first_chunk() == wire::SctpPacket::cookie_echo;
    if (handshake && listening_.test(parsed->header().destination_port()))
      return take_handshake(remote, share, *parsed, packet, peer && peer->streams != 0, cx);
    if (known) return take(remote, known->door, packet, now);
    ++counters().received_stray;
    replies_.answer(remote, share, *parsed, packet, counters(), cx);
  }

  /// Does the work that is due.
  void on_timer(TimePoint now) {
    SctpLibrary::instance().advance(now);
    look(now);
    if (now < next_sweep_) return;
    next_sweep_ = now + sweep_interval;
    peers_.expire(now);
    associations_.expire(now);
    table().for_each([&](SctpStreamState& stream) {
      if (now - stream.peer->heard >= config_.silence && !stream.connecting)
        return progress_.fail(stream, errc(boost::system::errc::timed_out), now);
      if (stream.orphaned_until <= now) progress_.reset(stream, now);
    });
  }

  /// `long_ago` if events or packets are waiting.
  TimePoint next_deadline() const noexcept {
    if (progress_.has_events() || !output_.empty()) return long_ago;
    if (peers_.size() == 0) return never;
    const Duration tick = last_now_ - active_ < idle_after ? busy_tick : idle_tick;
    const auto ticks = last_now_.time_since_epoch() / tick;
    return TimePoint((ticks + 1) * tick);  // the same for all nodes of a process
  }

  SctpOutput& output() noexcept { return output_; }  ///< to be sent
  SctpPeers& peers() noexcept { return peers_; }     ///< those with streams, or not long without

  /// The oldest event that was not handed out yet.
  std::optional<StreamEvent> next_event() { return progress_.next_event(); }

  // For the user.

  error_code listen(std::uint16_t port) {
    if (port == 0) return Errc::invalid_port;
    if (listening_.test(port)) return Errc::port_in_use;
    listening_.set(port);
    return {};
  }
  void unlisten(std::uint16_t port) {
    listening_.reset(port);
    look(last_now_);
    listeners_.close(port);
  }

  /// As `Sctp::connect`. `transport_port`: the peer's; `mtu`: octets that fit into a datagram to it.
  template <ContextLike Cx>
  result<StreamId> connect(Nid to, std::uint16_t transport_port, std::uint16_t port, Cx& cx,
                           std::size_t mtu = SIZE_MAX) {
    if (port == 0) return Errc::invalid_port;
    if (const auto refusal = shares_.refusal(to, true)) return count(*refusal);
    look(cx.now());
    SctpPeer* peer = peers_.enter(to, transport_port, cx.now());
    if (!peer || associations_.full(true)) return ++counters().dropped_too_many_peers, Errc::queue_full;
    peer->last_error.clear();
    const SctpRemote remote{to, transport_port};
    const SctpBuffers buffers = shares_.buffers();
    error_code error = Errc::port_in_use;
    for (int tries = 0; tries < max_port_tries && error; ++tries) {
      const auto local = static_cast<std::uint16_t>(first_free_port | cx.secret() % 16384);  // unpredictable
      const auto door = associations_.free_door_for(remote, local, port);
      if (!door) continue;
      void* const address = associations_.address(*door);
      auto opened = SctpSocket::open(config_, address, local, std::min(mtu_, rounded(mtu)));
      error = opened ? opened->resize(buffers.send, buffers.receive) : opened.error();
      if (error) continue;
      SctpAssociation& association = associations_.add(*door, remote, local, port);
      SctpStreamState& stream =
          progress_.add(std::move(*opened), *peer, association, {to, port, local}, true, buffers, cx.now());
      stream.connecting = true;
      error = stream.socket.connect(address, port);
      if (!error) return active(cx.now()), stream.id;
      progress_.forget(stream, cx.now());
    }
    return error;
  }

  /// Limits packets of this stream: smaller than those of others if the path to its peer allows less.
  void limit_packets(StreamId id, std::size_t mtu) noexcept {
    SctpStreamState* stream = rounded(mtu) < mtu_ ? table().find(id) : nullptr;
    if (stream) (void)stream->socket.limit_packets(rounded(mtu));
  }

  std::optional<StreamPeer> peer(StreamId id) const noexcept {
    const SctpStreamState* stream = progress_.table().find(id);
    return stream ? std::optional(stream->names) : std::nullopt;
  }

  /// Accepts as many of `octets` as there is room for. If not all, the event `writable` follows later.
  /// Errors: `would_block` (none accepted), `broken_pipe` (this direction has ended), `not_connected`.
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

  /// Reads what has arrived into `into`; 0 is the end. Errors: `would_block`, and later the event `readable`; `not_connected`.
  result<std::size_t> read(StreamId id, MutableBytes into, TimePoint now) {
    SctpStreamState* stream = table().find(id);
    if (!stream) return errc(boost::system::errc::not_connected);
    active(now);
    return progress_.read(*stream, into, now);
  }

  /// Ends this direction after the written data. The other direction continues, unless
  /// the peer is not a node of this kind: plain SCTP ends both.
  error_code shutdown(StreamId id, TimePoint now) {
    SctpStreamState* stream = table().find(id);
    if (!stream) return errc(boost::system::errc::not_connected);
    stream->end_wanted = true;
    active(now);
    progress_.send_end(*stream, now);
    return {};
  }

  /// Ends both directions at once. Data in flight is lost, and the peer is told.
  void reset(StreamId id, TimePoint now) {
    if (SctpStreamState* stream = table().find(id)) progress_.reset(*stream, now);
  }

  /// The user is done with the stream. If both directions have ended, it closes in order.
  /// Otherwise written data is still sent, and the stream is reset if more arrives.
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
  /// The octets that fill one packet as a message.
  static constexpr std::size_t rounded(std::size_t mtu) noexcept { return mtu & ~std::size_t{3}; }
  std::size_t piece_size() const noexcept { return mtu_ - wire::SctpHeader::size - data_header; }
  static constexpr std::size_t data_header = 16;  // RFC 9260, section 3.3.1

  SctpStreamTable& table() noexcept { return progress_.table(); }
  error_code count(SctpShares::Refusal refusal) noexcept {
    const bool memory = refusal == SctpShares::Refusal::memory;
    ++(memory ? counters().refused_no_memory : counters().refused_too_many_streams);
    return memory ? Errc::no_stream_memory : Errc::queue_full;
  }
  void active(TimePoint now) noexcept { active_ = last_now_ = now; }

  /// Gives usrsctp a packet, and handles the results.
  void take(const SctpRemote& remote, std::size_t door, Bytes packet, TimePoint now) {
    active(now);
    if (peers_.size() == 0) SctpLibrary::instance().advance(now);  // nobody else does
    const SctpAssociations::Sender sender(associations_, remote);
    usrsctp_conninput(associations_.address(door), packet.data(), packet.size(), 0);
    look(now);
  }

  /// A packet of a stream that does not exist yet. What cannot succeed is refused before it costs anything.
  void take_handshake(const SctpRemote& remote, std::uint64_t share, const wire::SctpPacket& parsed,
                      Bytes packet, bool known, auto& cx) {
    const wire::SctpHeader& header = parsed.header();
    if (!admission_.allows(remote.nid, share, parsed, known, cx)) return void(++counters().dropped_too_often);
    const auto door = associations_.door_for(remote, header.destination_port(), header.source_port());
    const auto refusal = shares_.refusal(remote.nid, false);
    if (refusal) static_cast<void>(count(*refusal));
    if (refusal || !door || associations_.full(false))
      return replies_.answer(remote, share, parsed, packet, counters(), cx);
    if (listeners_.open(associations_.address(*door), header.destination_port(), shares_.buffers()))
      take(remote, *door, packet, cx.now());
  }

  void look(TimePoint now) {
    last_now_ = std::max(last_now_, now);
    listeners_.take_marked([&](SctpListener& listener) { accept(listener, now); });
    progress_.look_at_marked(now);
  }

  /// All waiting streams belong to the peer whose packet is being read.
  void accept(SctpListener& listener, TimePoint now) {
    sockaddr_conn from{};
    while (SctpSocket taken = listener.socket.accept(from)) {
      const SctpRemote* const remote = associations_.sender();
      const std::uint16_t port = ntohs(from.sconn_port);
      const auto door = remote ? associations_.door_let_in(*remote, listener.port, port) : std::nullopt;
      const SctpBuffers buffers = shares_.buffers();
      SctpPeer* peer = nullptr;
      if (const auto refusal = remote ? shares_.refusal(remote->nid, false) : std::nullopt) {
        static_cast<void>(count(*refusal));
      } else if (door && !taken.resize(buffers.send, buffers.receive)) {
        peer = peers_.enter(remote->nid, remote->port, now, false);
        if (!peer) ++counters().dropped_too_many_peers;
      }
      if (!peer) {
        taken.abort();
        continue;
      }
      SctpAssociation& association = associations_.add(*door, *remote, listener.port, port);
      progress_.accept(std::move(taken), *peer, association, {peer->nid, port, listener.port}, buffers, now);
    }
  }

  SctpConfig config_;
  std::size_t mtu_;
  SctpOutput output_;
  SctpShares shares_{config_};
  SctpAdmission admission_;
  SctpReplies replies_{admission_, output_};
  SctpPeers peers_{config_.max_peers};
  SctpAssociations associations_{output_};
  SctpListeners listeners_{config_, mtu_};
  SctpProgress progress_{shares_};  // last: its streams refer to the others
  std::bitset<65536> listening_;
  TimePoint last_now_ = long_ago;
  TimePoint active_ = long_ago;
  TimePoint next_sweep_ = long_ago;
};

}  // namespace ilnp
