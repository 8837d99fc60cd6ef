#pragma once

#include <cassert>
#include <concepts>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../asio/node.hpp"
#include "../posix/receive_batch.hpp"
#include "../proxy/local_port.hpp"
#include "kernel_sctp_port.hpp"
#include "local_programs.hpp"
#include "local_socket.hpp"
#include "local_sources.hpp"
#include "proxy_gateway_counters.hpp"

namespace ilnp {

/// A datagram of a local program that was not forwarded, and why: `not_allowed` if it came from another host.
struct LocalError {
  LocalPort local_port;  ///< the program's, or the redirected port
  std::size_t size;      ///< octets
  error_code error;      ///< why
  Endpoint source{};     ///< the sender
};

/// Ignores errors; they are counted anyway.
struct IgnoreLocalErrors {
  void operator()(const LocalError&) const noexcept {}
};

/// Ignores what a stack hands up besides datagrams; not packets of an unknown protocol, which are counted as dropped.
struct IgnoreOthers {
  template <class What>
  requires(!std::same_as<What, NetworkSource>) void operator()(const What&, Bytes) const noexcept {}
};

/// Connects local programs to a proxy stack. Datagrams that arrive on a local UDP socket go into the overlay; the
/// port that they come from selects the mapping. Datagrams from the overlay go to the programs' ports, at the address from which
/// each last sent (`LocalPrograms`), from the address to which it sent. There is one such socket, and more on request:
///
/// - `listen_for(host, address)`: a socket for one host. Datagrams that arrive there go to that host, and those
///   from the host come from there. So a program distinguishes several peers as in UDP, by address and port.
/// - `redirect(port)`: a socket at `port`, for programs whose own port is not known in advance. Datagrams that arrive there,
///   from any port, use the mapping of `port`, and those for `port` go to the program that sent last.
///
/// Datagrams from other hosts are dropped unless they are allowed.
///
/// Refers to the stack, which must outlive it. `OnError` is called for each local datagram that is not forwarded,
/// and must not block. `Others` is called with everything else that the stack hands up; if it has a `flush()`, that is called at the
/// end of each batch. One thread, as for `Node`.
template <LocalProxy Stack, class OnError = IgnoreLocalErrors, class Observer = NoObserver,
          class Others = IgnoreOthers>
requires RunnableStack<Stack>
class ProxyGateway {
 public:
  static constexpr int local_buffer_octets = LocalSocket::buffer_octets;  ///< of each local socket
  static constexpr std::size_t max_sockets = 64;                          ///< of all kinds

  using Counters = ProxyGatewayCounters;
  using stack_type = Stack;
  using executor_type = boost::asio::any_io_executor;

  /// Binds the first local socket to `address`; port 0 takes any free one. Throws `boost::system::system_error`.
  ProxyGateway(const boost::asio::any_io_executor& executor, Stack& stack,
               const boost::asio::ip::udp::endpoint& address, OnError on_error = {}, Observer observer = {},
               Others others = {})
      : executor_(executor),
        on_error_(std::move(on_error)),
        others_(std::move(others)),
        node_(executor, stack, Deliver{this}, std::move(observer)) {
    add_socket(address);
  }

  /// The port to which local programs send.
  std::uint16_t port() const noexcept { return sockets_.front().socket.address().port(); }

  /// From now on mappings to `host` belong to a socket of their own at `address`, which has the address family of the
  /// first socket. Returns its address. Throws `boost::system::system_error`: the address is taken, `host_in_use`,
  /// `invalid_host_name`, `too_many_sockets`.
  boost::asio::ip::udp::endpoint listen_for(const std::string& host,
                                            const boost::asio::ip::udp::endpoint& address) {
    auto bound = open(address);
    const auto index = static_cast<std::uint8_t>(sockets_.size() - 1);
    if (const error_code error =
            node_.with([&](Stack& stack, auto&) { return stack.use_socket(host, index); })) {
      sockets_.pop_back();
      throw boost::system::system_error(error, "host \"" + host + '"');
    }
    watch(sockets_.back());
    return bound;
  }

  /// From now on `port` of the first socket's address is redirected. Throws `boost::system::system_error`: the port is
  /// taken, `invalid_port`, `too_many_sockets`.
  void redirect(std::uint16_t port) {
    if (port == 0) throw boost::system::system_error(make_error_code(Errc::invalid_port), "redirect");
    open({sockets_.front().socket.address().address(), port});
    sockets_.back().redirected = port;
    any_redirected_ = true;
    watch(sockets_.back());
  }

  /// From now on datagrams from these addresses are accepted too.
  void allow_from(const AddressRange& range) { sources_.allow(range); }

  /// Starts the node, and begins to read the local sockets. Error: as `Node::start`.
  error_code start() {
    stop();
    const error_code error = node_.start();
    if (!error) {
      alive_ = std::make_shared<const int>();
      for (Local& local : sockets_) watch(local);
    }
    return error;
  }

  /// Ends both; mappings stay.
  void stop() noexcept {
    node_.stop();
    alive_.reset();
    error_code ignored;
    for (Local& local : sockets_) local.socket.socket().cancel(ignored);
  }

  /// As `Node::with`.
  template <class F>
  decltype(auto) with(F&& f) {
    return node_.with(std::forward<F>(f));
  }
  NameEvent& names() noexcept { return node_.names(); }
  /// For `async_ping`.
  PingEvent& pings() noexcept { return node_.pings(); }
  const executor_type& get_executor() const noexcept { return node_.get_executor(); }

  Counters counters() const noexcept {
    Counters counters = counters_;
    for (const Local& local : sockets_) {
      counters.not_delivered += local.socket.not_delivered();
      counters.local_overflow += local.socket.overflow();
    }
    return counters;
  }

 private:
  /// A socket, and what it is for.
  struct Local {
    Local(const boost::asio::any_io_executor& executor, const boost::asio::ip::udp::endpoint& address)
        : socket(executor, address), programs(address) {}
    LocalSocket socket;
    LocalPrograms programs;
    std::uint16_t redirected = 0;  ///< the port, if it is for that
    LocalProgram latest;           ///< the program that last sent there
  };

  /// What the stack hands up.
  struct Deliver {
    ProxyGateway* gateway;
    void operator()(LocalPort to, MutableBytes payload) { gateway->deliver(to, payload); }
    template <class Other>
    requires Takes<Others, Other>
    void operator()(const Other& other, MutableBytes payload) { gateway->others_(other, payload); }
    void flush() {
      gateway->flush();
      if constexpr (requires { gateway->others_.flush(); }) gateway->others_.flush();
    }
  };

  boost::asio::ip::udp::endpoint open(const boost::asio::ip::udp::endpoint& address) {
    if (sockets_.size() == max_sockets)
      throw boost::system::system_error(make_error_code(Errc::too_many_sockets), "another local socket");
    return add_socket(address).address();
  }

  /// Its datagrams leave one by one if the underlay's frames do.
  LocalSocket& add_socket(const boost::asio::ip::udp::endpoint& address) {
    LocalSocket& socket = sockets_.emplace_back(executor_, address).socket;
    if constexpr (requires { lowest_layer(node_.stack()).trains_off(); })
      if (lowest_layer(node_.stack()).trains_off() == TrainsOff::configured)
        socket.to_send().set_coalescing(false);
    return socket;
  }

  /// Reads it from now on, if the gateway runs.
  void watch(Local& local) {
    if (!alive_) return;
    local.socket.socket().async_wait(
        boost::asio::ip::udp::socket::wait_read,
        [this, &local, alive = std::weak_ptr<const int>(alive_)](const error_code& error) {
          if (error || alive.expired()) return;
          const WatchAgain again{*this, local, alive};
          on_readable(local);
        });
  }
  struct WatchAgain {  // even if something was thrown
    ProxyGateway& gateway;
    Local& local;
    const std::weak_ptr<const int>& alive;
    ~WatchAgain() {
      if (!alive.expired()) gateway.watch(local);
    }
  };

  void on_readable(Local& local) {
    constexpr int max_batches = 4;  // then the others have their turn
    const std::weak_ptr<const int> alive = alive_;
    for (int batch = 0; batch < max_batches && !alive.expired(); ++batch) {
      const std::size_t received = node_.with([&](Stack& stack, auto& cx) {
        return received_.receive(local.socket.handle(), [&](const ReceivedTrain& train) {
          if (!alive.expired()) take(stack, local, train, cx);
        });
      });
      if (received < received_.capacity()) break;
    }
  }

  template <class Cx>
  void take(Stack& stack, Local& local, const ReceivedTrain& train, Cx& cx) {
    const bool redirected = local.redirected != 0;
    const LocalPort from = redirected
                               ? LocalPort(local.redirected)
                               : LocalPort(train.source.port(), static_cast<std::uint8_t>(index_of(local)));
    if (!local.socket.is_loopback() && !sources_.accepts(train.source, cx.now())) {
      counters_.from_elsewhere += train.count();
      return on_error_(
          LocalError{from, train.octets.size(), make_error_code(Errc::not_allowed), train.source});
    }
    if (redirected) {
      local.latest = {train.source, ArrivalAddress(train)};
    } else {
      local.programs.note(train);
    }
    train.for_each([&](Bytes payload) {
      if (alive_) send_up(stack, local, from, payload, train.source, cx);
    });
  }

  std::size_t index_of(const Local& local) const noexcept {
    std::size_t index = 0;
    while (&sockets_[index] != &local) ++index;
    return index;
  }

  template <class Cx>
  void send_up(Stack& stack, const Local& local, LocalPort from, Bytes payload, const Endpoint& source,
               Cx& cx) {
    ++counters_.from_programs;
    const error_code error = local.redirected != 0 ? stack.send_at_any_socket(from.port, payload, cx)
                                                   : stack.send(from, payload, cx);
    if (!error) return;
    ++counters_.not_sent;
    on_error_(LocalError{from, payload.size(), error, source});
  }

  void deliver(LocalPort to, Bytes payload) {
    ++counters_.to_programs;
    if (any_redirected_) {
      for (Local& local : sockets_)
        if (local.redirected == to.port) return answer(local, payload);
    }
    assert(to.socket < sockets_.size());
    const LocalProgram program = sockets_[to.socket].programs.find(to.port);
    for (const Local& local : sockets_)  // would come back to a socket of ours, and leave again, for ever
      if (local.socket.receives_at(program.address)) return void(++counters_.to_itself);
    push(sockets_[to.socket], program, payload);
  }
  void answer(Local& local, Bytes payload) {
    if (local.latest.address.size() == 0) return void(++counters_.to_nobody);
    push(local, local.latest, payload);
  }
  void push(Local& local, const LocalProgram& to, Bytes payload) {
    if (!looked_) sctp_port_ = kernel_sctp_.read(steady_now()), looked_ = true;
    local.socket.send(to, payload, sctp_port_ != 0 && to.address.port() == sctp_port_);
  }
  void flush() noexcept {
    looked_ = false;
    for (Local& local : sockets_)
      if (!local.socket.to_send().empty()) local.socket.to_send().flush();
  }

  boost::asio::any_io_executor executor_;
  std::deque<Local> sockets_;
  LocalSources sources_;
  bool any_redirected_ = false;
  ReceiveBatch received_;  // for all sockets: it is empty again before the next one is read
  OnError on_error_;
  Others others_;
  Node<Stack, Deliver, Observer> node_;
  Counters counters_;
  KernelSctpPort kernel_sctp_;
  std::uint16_t sctp_port_ = 0;
  bool looked_ = false;  // within this batch
  std::shared_ptr<const int> alive_;
};

}  // namespace ilnp
