#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "../asio/clock.hpp"
#include "../control/program.hpp"
#include "relay_schedule.hpp"
#include "socks_handshakes.hpp"
#include "stream_dial.hpp"
#include "stream_gateway_counters.hpp"
#include "stream_listener.hpp"
#include "stream_relay.hpp"
#include "stream_sink.hpp"
#include "stream_waiting.hpp"

namespace ilnp {

/// A connection that failed, and why.
struct StreamFailure {
  std::string target;  ///< the destination, as text
  error_code error;    ///< why
};

/// Ignores failures, which the counters show in any case. A handler that also takes `StreamListenerPaused` learns of ports that pause.
struct IgnoreStreamFailures {
  void operator()(const StreamFailure&) const noexcept {}
};

/// Connects TCP programs to a stack with a stream proxy. A connection to a local port here goes to a port of another node, and
/// connections of peers go to ports here (`StreamProxy::expose`), or to outside hosts if `exit` is set. Programs see plain
/// TCP: the end of a direction, or a reset, arrives as such. If the destination cannot be reached, they see a reset or a SOCKS
/// error. Destroying the gateway resets all connections, on both sides.
///
/// Refers to the node (anything with a `stack_type` and `with`, such as `Node` and `ProxyGateway`), to the sink of its
/// events, and to `Names`, which resolves the names of outside hosts; all must outlive it. One thread, as for `Node`.
template <class NodeType, class OnFailure = IgnoreStreamFailures, class Names = const NoNames>
requires LocalStreamProxy<StreamProxyOf<typename NodeType::stack_type>>
class StreamGateway {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Relay = StreamRelay<StreamGateway>;  ///< an open connection
  using Dial = StreamDial<Names>;            ///< one that a peer has asked for
  using Counters = StreamGatewayCounters;

  static constexpr auto check_time = std::chrono::seconds(10);  ///< between two checks of the connections
  static constexpr auto silence = std::chrono::seconds(60);     ///< of a program to which data is in flight

  /// `policy`: the outside hosts that peers may connect to.
  StreamGateway(const boost::asio::any_io_executor& executor, NodeType& node, StreamSink& sink,
                OnFailure on_failure = {}, ExitPolicy policy = {})
      : StreamGateway(executor, node, sink, std::move(on_failure), std::move(policy), no_names) {}
  /// The same with names: `names` looks up the outside hosts.
  StreamGateway(const boost::asio::any_io_executor& executor, NodeType& node, StreamSink& sink,
                OnFailure on_failure, ExitPolicy policy, Names& names)
      : executor_(executor),
        node_(node),
        sink_(sink),
        on_failure_(std::move(on_failure)),
        policy_(std::move(policy)),
        names_(names),
        scratch_(64 * 1024),
        schedule_(executor) {
    sink_.connect(this, [](void* self, const StreamProxyEvent& event, Bytes octets) {
      static_cast<StreamGateway*>(self)->on_event(event, octets);
    });
  }
  StreamGateway(const StreamGateway&) = delete;
  StreamGateway& operator=(const StreamGateway&) = delete;
  ~StreamGateway() {
    sink_.connect(nullptr, nullptr);
    alive_.reset();
    // Tells the peers, so that their programs do not wait in vain.
    with([&](auto& stack, auto& cx) {
      for (auto& [id, relay] : relays_) stack.reset(id, cx);
      for (auto& [id, opening] : openings_) stack.reset(id, cx);
      for (auto& [id, dial] : dials_) stack.reset(id, cx);
    });
    for (auto& [id, relayed] : relays_) relayed.worker->stop();
    for (auto& [id, dialled] : dials_) dialled.worker->cancel();
  }

  /// Forwards connections to `local` to `target`. Returns the port. Throws `boost::system::system_error`.
  std::uint16_t listen(const Tcp::endpoint& local, StreamTarget target) {
    return add(local, [this, target = std::move(target)](Tcp::socket socket) {
      open({std::move(socket), target, false});
    });
  }
  /// Programs that connect to `local` name their destination in SOCKS 5: NAME.ilnp is a node of the overlay; everything else is
  /// reached through the node `exit`, if there is one.
  std::uint16_t listen_socks(const Tcp::endpoint& local, std::string exit) {
    const auto handshakes =
        std::make_shared<SocksHandshakes>(while_alive([this](StreamTarget target, Tcp::socket socket) {
          open({std::move(socket), std::move(target), true});
        }));
    return add(local, [this, handshakes, exit = std::move(exit)](Tcp::socket socket) {
      counters_.gave_way += handshakes->begin(std::move(socket), exit);
    });
  }

  std::size_t connections() const noexcept { return relays_.size(); }  ///< open ones
  /// Calls `f(const ControlStream&)` for each connection, from the first attempt on.
  template <class F>
  void for_each_stream(F&& f) {
    const auto add = [&](StreamId id, ControlStream stream) {
      const auto peer = with([&](auto& stack, auto&) { return stack.peer(id); });
      if (peer) stream.peer = peer->nid;
      f(std::as_const(stream));
    };
    for (const auto& [id, opening] : openings_)
      add(id, {{}, true, "opening", opening.name(), 0, 0, opening.since});
    for (const auto& [id, dialled] : dials_) add(id, dialled.shown);
    for (const auto& [id, relayed] : relays_) {
      ControlStream stream = relayed.shown;
      stream.sent = relayed.worker->sent();
      stream.received = relayed.worker->received();
      add(id, std::move(stream));
    }
  }
  const Counters& counters() const noexcept { return counters_; }

  /// For relays, like what follows. As `Node::with`, but with the stream proxy of the stack.
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with([&](auto& stack, auto& cx) { return f(stream_proxy_layer(stack), cx); });
  }
  MutableBytes scratch() noexcept { return scratch_; }  ///< may be used within one call
  /// Called by a relay that has ended.
  void forget(Relay& relay) noexcept {
    relays_.erase(relay.stream());
    resume();
  }

 private:
  /// A relay or a dial, and how it is shown: without its peer, and what the relay counts.
  template <class Worker>
  struct Shown {
    std::shared_ptr<Worker> worker;
    ControlStream shown;
  };

  /// A handler that does nothing once the gateway is gone.
  template <class F>
  auto while_alive(F f) {
    return [alive = std::weak_ptr<const int>(alive_), f = std::move(f)](auto&&... arguments) mutable {
      if (!alive.expired()) f(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  // Local programs.

  std::uint16_t add(const Tcp::endpoint& local, std::function<void(Tcp::socket)> taken) {
    typename StreamListener::Calls calls;
    calls.taken = [this, taken = std::move(taken)](Tcp::socket socket) {
      ++counters_.accepted;
      taken(std::move(socket));
    };
    calls.turned_away = [this] { ++counters_.no_descriptor; };
    calls.paused = [this](const StreamListenerPaused& paused) {
      counters_.paused += !!paused.error;
      if constexpr (requires { on_failure_(paused); }) on_failure_(paused);
    };
    const auto listener = std::make_shared<StreamListener>(executor_, local, reserve_, std::move(calls));
    listener->start();
    listeners_.push_back(listener);
    return listener->port();
  }
  /// A descriptor has become free.
  void resume() {
    for (const auto& listener : listeners_) listener->resume();
  }

  /// Opens a stream as soon as the node is known.
  void open(StreamOpening opening) {
    if (!attempt(opening)) counters_.gave_way += waiting_.add(std::move(opening));
  }
  bool attempt(StreamOpening& opening) {
    if (opening.since == long_ago) opening.since = BootClock::now();
    const StreamTarget& target = opening.target;
    const auto nid = with([&](auto& stack, auto& cx) { return stack.resolve(target.node, cx); });
    if (!nid && nid.error() == Errc::unknown_host) return false;
    const auto id =
        !nid ? result<StreamId>(nid.error())
             : with([&](auto& stack, auto& cx) { return stack.open(*nid, target.port, target.host, cx); });
    if (!id) return fail(std::move(opening), id.error()), true;
    openings_.emplace(*id, std::move(opening));
    return true;
  }

  void fail(StreamOpening opening, const error_code& error) {
    ++counters_.not_opened;
    if (opening.socks) {
      const auto reply = wire::socks5_reply(socks5_reply_of(error));
      error_code ignored;
      opening.socket.non_blocking(true, ignored);
      opening.socket.write_some(boost::asio::buffer(reply), ignored);  // the first few octets: there is room
      opening.socket.close(ignored);
    } else {
      reset_tcp(opening.socket);
    }
    resume();
    on_failure_(StreamFailure{opening.name(), error});
  }

  void opened(StreamId id) {
    auto opening = openings_.extract(id);
    if (opening.empty()) return with([&](auto& stack, auto& cx) { stack.reset(id, cx); });
    if (opening.mapped().socks) {
      const auto reply = wire::socks5_reply(wire::Socks5Reply::succeeded);
      error_code ignored;
      opening.mapped().socket.write_some(boost::asio::buffer(reply), ignored);
    }
    const std::string target = opening.mapped().name();
    begin(id, std::move(opening.mapped().socket), {{}, true, "open", target, 0, 0, opening.mapped().since});
  }

  void begin(StreamId id, Tcp::socket socket, ControlStream shown) {
    const auto relay = std::make_shared<Relay>(*this, std::move(socket), id);
    relays_[id] = {relay, std::move(shown)};
    schedule_.keep_checking(check_time, [this] { return check(); });
    relay->start();
  }

  /// Looks for connections whose program has gone. False if there are none at all.
  bool check() {
    std::vector<std::shared_ptr<Relay>> all;
    for (const auto& [id, relayed] : relays_) all.push_back(relayed.worker);
    for (const auto& relay : all) counters_.vanished += relay->check(silence);
    return !all.empty();
  }

  // Peers.

  void dial(StreamId id, std::uint16_t port, const std::string& host) {
    ++counters_.dialled;
    const auto peer = with([&](auto& stack, auto&) { return stack.peer(id); });
    const auto dial = std::make_shared<Dial>(executor_, policy_, names_);
    const std::string target = (host.empty() ? "this host" : host) + ':' + std::to_string(port);
    dials_[id] = {dial, {{}, false, "connecting", target, 0, 0, BootClock::now()}};
    dial->start(peer ? peer->nid : Nid{}, host, port,
                while_alive([this, id](const error_code& error, Tcp::socket socket) {
                  auto dialled = dials_.extract(id);
                  if (dialled.empty()) return;  // the peer has gone in the meantime
                  if (error) ++counters_.not_reached, resume();
                  with([&](auto& stack, auto& cx) { stack.answer(id, reply_of_error(error), cx); });
                  if (error) return;
                  dialled.mapped().shown.state = "open";
                  begin(id, std::move(socket), std::move(dialled.mapped().shown));
                }));
  }

  void on_event(const StreamProxyEvent& event, Bytes octets) {
    switch (event.kind) {
      case StreamProxyEvent::Kind::wanted:
        return dial(event.stream, event.port, std::string(as_text(octets)));
      case StreamProxyEvent::Kind::opened:
        return opened(event.stream);
      default:
        break;
    }
    if (const auto found = relays_.find(event.stream); found != relays_.end()) {
      const auto relay = found->second.worker;  // it may remove itself
      if (relay->on_event(event)) schedule_.go_on_soon(relay);
      return;
    }
    if (event.kind != StreamProxyEvent::Kind::closed) return;
    if (auto opening = openings_.extract(event.stream); !opening.empty())
      return fail(std::move(opening.mapped()),
                  event.error ? event.error : boost::asio::error::connection_reset);
    if (const auto dialled = dials_.extract(event.stream); !dialled.empty())
      dialled.mapped().worker->cancel();
  }

  static inline const NoNames no_names{};
  boost::asio::any_io_executor executor_;
  NodeType& node_;
  StreamSink& sink_;
  OnFailure on_failure_;
  ExitPolicy policy_;
  Names& names_;
  std::vector<std::byte> scratch_;
  ReserveDescriptor reserve_;
  std::vector<std::shared_ptr<StreamListener>> listeners_;
  StreamWaiting waiting_{executor_,
                         node_.names(),
                         {[this](StreamOpening& opening) { return attempt(opening); },
                          [this](StreamOpening opening) { fail(std::move(opening), Errc::unknown_host); }}};
  std::unordered_map<StreamId, StreamOpening> openings_;
  std::unordered_map<StreamId, Shown<Dial>> dials_;
  std::unordered_map<StreamId, Shown<Relay>> relays_;
  RelaySchedule<Relay> schedule_;
  Counters counters_;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
};

}  // namespace ilnp
