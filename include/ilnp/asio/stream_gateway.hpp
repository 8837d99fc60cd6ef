#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/any_io_executor.hpp>
#include <list>
#include <string>
#include <unordered_map>

#include "socks_server.hpp"
#include "stream_dial.hpp"
#include "stream_gateway_counters.hpp"
#include "stream_sink.hpp"

namespace ilnp {

/// A connection that did not come about, and why.
struct StreamFailure {
  std::string target;
  error_code error;
};

/// Ignores them; they are counted anyway.
struct IgnoreStreamFailures {
  void operator()(const StreamFailure&) const noexcept {}
};

/// Puts TCP programs in touch with a stack that has a stream proxy: what connects to a local port here goes to a port of another
/// node, and what peers want here (`StreamProxy::expose`, and hosts outside if `exit` is set) is connected to. It looks to the
/// programs as TCP does: an end is an end, a reset a reset; what cannot be reached is a reset, or the SOCKS reply that says so.
/// Destroying it resets all connections, on both sides.
///
/// Refers to the node (anything with `with`, such as `Node` and `ProxyGateway`) and to the sink of its events; both must outlive
/// it. One thread, as for `Node`.
template <class NodeType, class OnFailure = IgnoreStreamFailures>
class StreamGateway {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Relay = StreamRelay<StreamGateway>;

  static constexpr auto dial_time = std::chrono::seconds(10);  ///< for what a peer wants to answer
  static constexpr auto resolve_time =
      std::chrono::seconds(3);  ///< for a name of the overlay to become known
  static constexpr std::size_t max_handshakes =
      256;  ///< programs that have not yet said where they want to go

  using Counters = StreamGatewayCounters;

  StreamGateway(const boost::asio::any_io_executor& executor, NodeType& node, StreamSink& sink,
                OnFailure on_failure = {})
      : executor_(executor),
        node_(node),
        sink_(sink),
        on_failure_(std::move(on_failure)),
        scratch_(64 * 1024) {
    sink_.connect(this, [](void* self, const StreamProxyEvent& event, Bytes octets) {
      static_cast<StreamGateway*>(self)->on_event(event, octets);
    });
    reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }
  StreamGateway(const StreamGateway&) = delete;
  StreamGateway& operator=(const StreamGateway&) = delete;
  ~StreamGateway() {
    sink_.connect(nullptr, nullptr);
    alive_.reset();
    // Peers are told, so that their programs do not wait for what will not come.
    with([&](auto& stack, auto& cx) {
      for (auto& [id, relay] : relays_) stack.reset(id, cx);
      for (auto& [id, opening] : openings_) stack.reset(id, cx);
      for (auto& [id, dial] : dials_) stack.reset(id, cx);
    });
    for (auto& [id, relay] : relays_) relay->stop();
    for (auto& [id, dial] : dials_) dial->cancel();
    if (reserve_ >= 0) ::close(reserve_);
  }

  /// What connects to `local` goes to `target`. Gives the port. Throws `boost::system::system_error`.
  std::uint16_t listen(const Tcp::endpoint& local, StreamTarget target) {
    return add({Tcp::acceptor(executor_), std::move(target), false}, local);
  }
  /// What connects to `local` says in SOCKS 5 where it goes: NAME.ilnp is a node of the overlay; everything else goes through
  /// the node `exit`, if there is one.
  std::uint16_t listen_socks(const Tcp::endpoint& local, std::string exit) {
    return add({Tcp::acceptor(executor_), {.node = std::move(exit)}, true}, local);
  }

  std::size_t connections() const noexcept { return relays_.size(); }
  const Counters& counters() const noexcept { return counters_; }

  // Of the relays.

  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with([&](auto& stack, auto& cx) { return f(stream_proxy(stack), cx); });
  }
  MutableBytes scratch() noexcept { return scratch_; }
  void forget(Relay& relay) noexcept { relays_.erase(relay.stream()); }

 private:
  struct Door {
    Tcp::acceptor acceptor;
    StreamTarget target;  ///< of SOCKS: the exit
    bool socks;
  };
  /// What a local program has asked for, until it is put through.
  struct Opening {
    Tcp::socket socket;
    std::string target;
    bool socks;
  };

  /// A handler that does nothing once the gateway is gone.
  template <class F>
  auto while_alive(F f) {
    return [alive = std::weak_ptr<const int>(alive_), f = std::move(f)](auto&&... arguments) mutable {
      if (!alive.expired()) f(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  // Local programs.

  std::uint16_t add(Door door, const Tcp::endpoint& local) {
    error_code error;
    door.acceptor.open(local.protocol());
    door.acceptor.set_option(Tcp::acceptor::reuse_address(true));
    door.acceptor.bind(local, error);
    if (!error) door.acceptor.listen(1024, error);
    if (error) throw boost::system::system_error(error, "port " + std::to_string(local.port()));
    door.acceptor.non_blocking(true);
    const std::uint16_t port = door.acceptor.local_endpoint().port();
    accept(doors_.emplace_back(std::move(door)));
    return port;
  }

  void accept(Door& door) {
    door.acceptor.async_accept(while_alive([this, &door](const error_code& error, Tcp::socket socket) {
      if (error == boost::asio::error::operation_aborted) return;
      if (!error) enter(door, std::move(socket));
      if (error == boost::asio::error::no_descriptors) turn_away(door);
      accept(door);
    }));
  }
  /// No descriptor is left: the reserve takes the one who waits, to tell him.
  void turn_away(Door& door) {
    ++counters_.no_descriptor;
    ::close(std::exchange(reserve_, -1));
    {
      error_code ignored;
      Tcp::socket socket(executor_);
      door.acceptor.accept(socket, ignored);
      if (!ignored) reset_tcp(socket);
    }
    reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

  void enter(Door& door, Tcp::socket socket) {
    ++counters_.accepted;
    if (!door.socks)
      return resolve(door.target, std::move(socket), false, std::chrono::steady_clock::now() + resolve_time);
    if (handshakes_.use_count() > static_cast<long>(max_handshakes)) return reset_tcp(socket);
    auto asked = while_alive([this, counted = handshakes_](StreamTarget target, Tcp::socket from) {
      resolve(std::move(target), std::move(from), true, std::chrono::steady_clock::now() + resolve_time);
    });
    std::make_shared<SocksServer<decltype(asked)>>(std::move(socket), door.target.node, std::move(asked))
        ->start();
  }

  /// Asks until the node is known.
  void resolve(StreamTarget target, Tcp::socket socket, bool socks,
               std::chrono::steady_clock::time_point until) {
    const auto nid = with([&](auto& stack, auto& cx) { return stack.resolve(target.node, cx); });
    if (!nid && nid.error() == Errc::unknown_host && std::chrono::steady_clock::now() < until) {
      auto timer = std::make_unique<boost::asio::steady_timer>(executor_, std::chrono::milliseconds(20));
      auto& waiting = *timer;
      return waiting.async_wait(
          while_alive([this, timer = std::move(timer), target = std::move(target), socket = std::move(socket),
                       socks, until](const error_code&) mutable {
            resolve(std::move(target), std::move(socket), socks, until);
          }));
    }
    const auto id =
        !nid ? result<StreamId>(nid.error())
             : with([&](auto& stack, auto& cx) { return stack.open(*nid, target.port, target.host, cx); });
    Opening opening{std::move(socket), name_of(target), socks};
    if (!id) return fail(std::move(opening), id.error());
    openings_.emplace(*id, std::move(opening));
  }

  static std::string name_of(const StreamTarget& target) {
    std::string text = target.node + ':' + std::to_string(target.port);
    return target.host.empty() ? text
                               : target.host + ':' + std::to_string(target.port) + " through " + target.node;
  }

  void fail(Opening opening, const error_code& error) {
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
    on_failure_(StreamFailure{std::move(opening.target), error});
  }

  void opened(StreamId id) {
    auto opening = openings_.extract(id);
    if (opening.empty()) return with([&](auto& stack, auto& cx) { stack.reset(id, cx); });
    if (opening.mapped().socks) {
      const auto reply = wire::socks5_reply(wire::Socks5Reply::succeeded);
      error_code ignored;
      opening.mapped().socket.write_some(boost::asio::buffer(reply), ignored);
    }
    begin(id, std::move(opening.mapped().socket));
  }

  void begin(StreamId id, Tcp::socket socket) {
    const auto relay = std::make_shared<Relay>(*this, std::move(socket), id);
    relays_[id] = relay;
    relay->start();
  }

  // Peers.

  void dial(StreamId id, std::uint16_t port, std::string host) {
    ++counters_.dialled;
    const auto dial = std::make_shared<StreamDial>(executor_);
    dials_[id] = dial;
    dial->start(std::move(host), port, while_alive([this, id](error_code error, Tcp::socket socket) {
                  if (dials_.erase(id) == 0) return;  // the peer has gone meanwhile
                  if (error) ++counters_.not_reached;
                  with([&](auto& stack, auto& cx) { stack.answer(id, answer_of_error(error), cx); });
                  if (!error) begin(id, std::move(socket));
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
      const auto relay = found->second;  // it may take its leave
      if (relay->on_event(event)) go_on_soon(relay);
      return;
    }
    if (event.kind != StreamProxyEvent::Kind::closed) return;
    if (auto opening = openings_.extract(event.stream); !opening.empty())
      return fail(std::move(opening.mapped()),
                  event.error ? event.error : boost::asio::error::connection_reset);
    if (const auto dial = dials_.extract(event.stream); !dial.empty()) dial.mapped()->cancel();
  }

  /// Octets are moved when all that has come at once was heard: then many leave together, where each packet would be a write and an
  /// acknowledgement of its own.
  void go_on_soon(const std::shared_ptr<Relay>& relay) {
    if (due_.empty())
      boost::asio::post(executor_, while_alive([this] {
                          for (const auto& each : std::exchange(due_, {})) each->go_on();
                        }));
    due_.push_back(relay);
  }

  /// The layer of the stack that lets through.
  template <class Layer>
  static auto& stream_proxy(Layer& layer) noexcept {
    if constexpr (requires { layer.expose(std::uint16_t{}); }) {
      return layer;
    } else {
      return stream_proxy(layer.next_layer());
    }
  }

  boost::asio::any_io_executor executor_;
  NodeType& node_;
  StreamSink& sink_;
  OnFailure on_failure_;
  std::vector<std::byte> scratch_;
  int reserve_ = -1;
  std::list<Door> doors_;
  std::unordered_map<StreamId, Opening> openings_;
  std::unordered_map<StreamId, std::shared_ptr<StreamDial>> dials_;
  std::unordered_map<StreamId, std::shared_ptr<Relay>> relays_;
  std::vector<std::shared_ptr<Relay>> due_;
  Counters counters_;
  std::shared_ptr<const int> alive_ = std::make_shared<const int>();
  std::shared_ptr<const int> handshakes_ = std::make_shared<const int>();
};

}  // namespace ilnp
