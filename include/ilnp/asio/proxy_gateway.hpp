#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "../proxy/local_port.hpp"
#include "../underlay/receive_batch.hpp"
#include "kernel_sctp_port.hpp"
#include "local_socket.hpp"
#include "node.hpp"

namespace ilnp {

/// A datagram of a local program that was not carried, and why.
struct LocalError {
  LocalPort local_port;  ///< the program's; of a redirected port, that
  std::size_t size;      ///< octets
  error_code error;
};

/// Ignores errors; they are counted anyway.
struct IgnoreLocalErrors {
  void operator()(const LocalError&) const noexcept {}
};

/// Ignores what a stack hands up besides datagrams.
struct IgnoreOthers {
  template <class What>
  void operator()(const What&, Bytes) const noexcept {}
};

/// Puts local programs in touch with a proxy stack: what arrives on a local UDP socket goes into the
/// overlay, selected by the port that it came from, and what the overlay brings goes to the programs' ports
/// on the loopback address, from that socket. There is one such socket, and more on request:
///
/// - `listen_for(host, address)`: one that belongs to a host. What arrives there goes to that host, and the programs get from
///   there what comes from it: so they tell several peers apart as UDP does, by address and port.
/// - `redirect(port)`: one at `port`, for programs whose own port nobody knows beforehand. What arrives there, from
///   whatever port, goes by the mapping of `port`, and what comes for `port` goes to the program that sent last.
///
/// Refers to the stack, which must outlive it. `OnError` is called for each local datagram that is not
/// carried, and must not block. `Others` is called with what the stack hands up besides datagrams. One thread, as for `Node`.
template <class Stack, class OnError = IgnoreLocalErrors, class Observer = NoObserver,
          class Others = IgnoreOthers>
class ProxyGateway {
 public:
  static constexpr int local_buffer_octets = LocalSocket::buffer_octets;
  static constexpr std::size_t max_sockets = 64;  ///< of all kinds

  struct Counters {
    std::uint64_t from_programs = 0;  ///< datagrams that local programs sent
    std::uint64_t not_carried = 0;    ///< of these: not sent into the overlay, and said to `OnError`
    std::uint64_t to_programs = 0;    ///< datagrams from the overlay
    std::uint64_t to_itself = 0;      ///< of these: to a port of the gateway's own, and dropped
    std::uint64_t to_nobody = 0;  ///< of these: to a redirected port where nobody has sent yet, and dropped
    std::uint64_t not_delivered = 0;  ///< of these: not taken by the kernel
    /// Buffers (not datagrams: with UDP GRO one may hold 64) of local programs that the kernel dropped, because
    /// they came faster than they were read.
    std::uint64_t local_overflow = 0;

    template <class F>
    void for_each(F&& f) const {
      f(std::string_view("from_programs"), from_programs);
      f(std::string_view("not_carried"), not_carried);
      f(std::string_view("to_programs"), to_programs);
      f(std::string_view("to_itself"), to_itself);
      f(std::string_view("to_nobody"), to_nobody);
      f(std::string_view("not_delivered"), not_delivered);
      f(std::string_view("local_overflow"), local_overflow);
    }
  };

  /// Binds the first local socket to `address`; port 0 takes any free one. Throws `boost::system::system_error`.
  ProxyGateway(const boost::asio::any_io_executor& executor, Stack& stack,
               const boost::asio::ip::udp::endpoint& address, OnError on_error = {}, Observer observer = {},
               Others others = {})
      : executor_(executor),
        loopback_(LocalSocket::loopback_of(address)),
        on_error_(std::move(on_error)),
        others_(std::move(others)),
        node_(executor, stack, Deliver{this}, std::move(observer)) {
    add_socket(address);
  }

  /// The port that local programs send to.
  std::uint16_t port() const noexcept { return sockets_.front().socket.address().port(); }

  /// From here on mappings to `host` belong to a socket of their own at `address`, which is of the family of the first
  /// socket. The address that it got. Throws `boost::system::system_error`: the address is taken, `host_in_use`, `invalid_host_name`,
  /// `too_many_sockets`.
  boost::asio::ip::udp::endpoint listen_for(const std::string& host,
                                            const boost::asio::ip::udp::endpoint& address) {
    const auto bound = open(address);
    const auto index = static_cast<std::uint8_t>(sockets_.size() - 1);
    if (const error_code error =
            node_.with([&](Stack& stack, auto&) { return stack.use_socket(host, index); })) {
      sockets_.pop_back();
      throw boost::system::system_error(error, "host \"" + host + '"');
    }
    watch(sockets_.back());
    return bound;
  }

  /// From here on `port` of the first socket's address is redirected. Throws `boost::system::system_error`: the port is
  /// taken, `invalid_port`, `too_many_sockets`.
  void redirect(std::uint16_t port) {
    if (port == 0) throw boost::system::system_error(make_error_code(Errc::invalid_port), "redirect");
    open({sockets_.front().socket.address().address(), port});
    sockets_.back().redirected = port;
    any_redirected_ = true;
    watch(sockets_.back());
  }

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
        : socket(executor, address) {}
    LocalSocket socket;
    std::uint16_t redirected = 0;  ///< the port, if it is for that
    Endpoint latest;               ///< who sent there last
  };

  /// What the stack hands up.
  struct Deliver {
    ProxyGateway* gateway;
    void operator()(LocalPort to, Bytes payload) { gateway->deliver(to, payload); }
    template <class Other>
    void operator()(const Other& other, Bytes payload) {
      gateway->others_(other, payload);
    }
    void flush() noexcept { gateway->flush(); }
  };

  boost::asio::ip::udp::endpoint open(const boost::asio::ip::udp::endpoint& address) {
    if (sockets_.size() == max_sockets)
      throw boost::system::system_error(make_error_code(Errc::too_many_sockets), "a further socket");
    return add_socket(address).address();
  }

  /// Its datagrams leave as frames do: one by one, if the underlay was told so.
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
          on_readable(local);
          if (!alive.expired()) watch(local);
        });
  }

  void on_readable(Local& local) {
    constexpr int max_batches = 4;  // then the others have their turn
    const auto index = static_cast<std::uint8_t>(index_of(local));
    for (int batch = 0; batch < max_batches; ++batch) {
      const std::size_t received = node_.with([&](Stack& stack, auto& cx) {
        return received_.receive(local.socket.handle(), [&](const ReceivedTrain& train) {
          if (local.redirected != 0) local.latest = train.source;
          const LocalPort from =
              local.redirected != 0 ? LocalPort(local.redirected) : LocalPort(train.source.port(), index);
          train.for_each([&](Bytes payload) { carry(stack, local, from, payload, cx); });
        });
      });
      if (received < received_.capacity()) break;
    }
  }

  std::size_t index_of(const Local& local) const noexcept {
    std::size_t index = 0;
    while (&sockets_[index] != &local) ++index;
    return index;
  }

  template <class Cx>
  void carry(Stack& stack, const Local& local, LocalPort from, Bytes payload, Cx& cx) {
    ++counters_.from_programs;
    const error_code error = local.redirected != 0 ? stack.send_at_any_socket(from.port, payload, cx)
                                                   : stack.send(from, payload, cx);
    if (!error) return;
    ++counters_.not_carried;
    on_error_(LocalError{from, payload.size(), error});
  }

  void deliver(LocalPort to, Bytes payload) {
    ++counters_.to_programs;
    if (any_redirected_) {
      for (Local& local : sockets_)
        if (local.redirected == to.port) return answer(local, payload);
    }
    for (const Local& local : sockets_)  // would come back to a socket of ours, and leave again, for ever
      if (local.socket.receives_at(to.port)) return void(++counters_.to_itself);
    assert(to.socket < sockets_.size());
    push(sockets_[to.socket], loopback_at(to.port), payload);
  }
  void answer(Local& local, Bytes payload) {
    if (local.latest.size() == 0) return void(++counters_.to_nobody);
    push(local, local.latest, payload);
  }
  void push(Local& local, const Endpoint& to, Bytes payload) {
    if (!looked_) sctp_port_ = kernel_sctp_.read(steady_now()), looked_ = true;
    const bool alone = sctp_port_ != 0 && to.port() == sctp_port_;
    local.socket.to_send().push(to, {}, payload, alone);
  }
  void flush() noexcept {
    looked_ = false;
    for (Local& local : sockets_)
      if (!local.socket.to_send().empty()) local.socket.to_send().flush();
  }

  Endpoint loopback_at(std::uint16_t port) const noexcept {
    return LocalSocket::to_endpoint({loopback_, port});
  }

  boost::asio::any_io_executor executor_;
  boost::asio::ip::address loopback_;
  std::deque<Local> sockets_;
  bool any_redirected_ = false;
  ReceiveBatch received_;  // of whichever socket is read: what came in is gone before the next is
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
