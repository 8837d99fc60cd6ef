#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "asio/pair.hpp"
#include "ilnp/sctp/asio/sctp_acceptor.hpp"
#include "ilnp/sctp/sctp.hpp"
#include "relay.hpp"
#include "support/print.hpp"

namespace ilnp::test {

namespace asio = boost::asio;
using asio::use_awaitable;

using Stack = Sctp<STP<ILNP<RelayedLink>>>;
using StreamNode = SctpNode<Stack>;
using Stream = SctpStream<StreamNode>;
using Acceptor = SctpAcceptor<StreamNode>;

/// Two nodes with streams on real sockets, and a relay between them that loses datagrams.
struct Nodes {
  explicit Nodes(double loss = 0) : relay(io, loss, 1) {
    BOOST_TEST_REQUIRE(!alice.start());
    BOOST_TEST_REQUIRE(!bob.start());
  }
  asio::io_context io;
  LossyRelay relay;
  Stack alices{SctpConfig(), named("alice", 1), &io, relay.address(0)};
  Stack bobs{SctpConfig(), named("bob", 2), &io, relay.address(1)};
  StreamNode alice{io.get_executor(), alices};
  StreamNode bob{io.get_executor(), bobs};

  /// Runs a coroutine to its end.
  template <class F>
  void run(F f) {
    bool done = false;
    asio::co_spawn(io, std::move(f), [&](const std::exception_ptr& error) {
      done = true;
      if (error) std::rethrow_exception(error);
    });
    run_until(io, [&] { return done; });
  }
  /// Runs one beside the others.
  template <class F>
  void beside(F f) {
    asio::co_spawn(io, std::move(f), asio::detached);
  }
};

/// The same, with one stream.
struct Connected : Nodes {
  explicit Connected(double loss = 0) : Nodes(loss) {
    run([this]() -> asio::awaitable<void> {
      asio::co_spawn(
          io, [this]() -> asio::awaitable<void> { there = co_await acceptor.async_accept(use_awaitable); },
          asio::detached);
      co_await here.async_connect("bob", 80, use_awaitable);
    });
    run_until(io, [&] { return there.is_open(); });
  }
  Acceptor acceptor{bob, 80};
  Stream here{alice};
  Stream there{bob};
};

}  // namespace ilnp::test
