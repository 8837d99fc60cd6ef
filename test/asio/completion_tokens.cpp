// Executors and completion tokens of nodes and sockets, as users of Asio expect them.
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <thread>

#include "ilnp/asio/stp_socket.hpp"
#include "pair.hpp"

namespace ilnp::test::completion_tokens_test {

namespace asio = boost::asio;

using Stack = STP<ILNP<CableEnd>>;
using PlainNode = StpNode<Stack>;
using PlainSocket = StpSocket<PlainNode>;

// What generic code looks for.
static_assert(std::is_same_v<PlainNode::executor_type, asio::any_io_executor>);
static_assert(std::is_same_v<PlainSocket::executor_type, asio::any_io_executor>);
static_assert(std::is_same_v<decltype(std::declval<const PlainSocket&>().get_executor()),
                             const asio::any_io_executor&>);
static_assert(std::is_nothrow_move_constructible_v<PlainSocket>);
static_assert(std::is_nothrow_move_assignable_v<PlainSocket>);
static_assert(!std::is_copy_constructible_v<PlainSocket>);
static_assert(!std::is_move_constructible_v<PlainNode>);

// Another executor, everywhere.
using Direct = asio::io_context::executor_type;
using DirectNode = PlainNode::rebind_executor<Direct>::other;
static_assert(std::is_same_v<DirectNode, StpNode<Stack, NoObserver, Direct>>);
static_assert(std::is_same_v<StpSocket<DirectNode>::executor_type, Direct>);
static_assert(std::is_same_v<PlainSocket::rebind_executor<Direct>::other, StpSocket<PlainNode, Direct>>);
using PlainUp = void (*)(const DatagramSource&, Bytes);
static_assert(std::is_same_v<Node<Stack, PlainUp>::rebind_executor<Direct>::other::executor_type, Direct>);

// A socket of any executor can become one whose executor is erased, and not the other way.
static_assert(std::is_constructible_v<StpSocket<DirectNode, asio::any_io_executor>, StpSocket<DirectNode>>);
static_assert(!std::is_constructible_v<StpSocket<DirectNode>, StpSocket<DirectNode, asio::any_io_executor>>);

// Default tokens.
using CoroutineNode = asio::use_awaitable_t<>::as_default_on_t<PlainNode>;
using DeferringNode = asio::deferred_t::as_default_on_t<PlainNode>;
static_assert(std::is_same_v<DefaultToken<StpSocket<CoroutineNode>::executor_type>, asio::use_awaitable_t<>>);
template <class Socket>
concept HasDefault = requires(Socket& socket, DatagramSource& source, char (&octets)[1]) {
  socket.async_receive();
  socket.async_receive(asio::buffer(octets));
  socket.async_receive_from(asio::buffer(octets), source);
  socket.async_send_to(asio::buffer(octets), Nid(1), 1);
  socket.async_send_to(Bytes(), Nid(1), 1);
  socket.async_resolve("bob");
};
static_assert(HasDefault<StpSocket<CoroutineNode>>);
static_assert(HasDefault<StpSocket<DeferringNode>>);

// What an operation gives back is what the token says.
static_assert(std::is_same_v<decltype(std::declval<PlainSocket&>().async_receive(asio::use_future)),
                             std::future<Datagram>>);
static_assert(std::is_same_v<decltype(std::declval<StpSocket<CoroutineNode>&>().async_receive()),
                             asio::awaitable<Datagram>>);
static_assert(std::is_same_v<decltype(std::declval<StpSocket<CoroutineNode>&>().async_resolve("bob")),
                             asio::awaitable<Nid>>);

/// Two nodes of one type, on an executor of the test's.
template <class NodeType>
struct Pair {
  Cable cable;
  Stack alices{named("alice", 0xa), cable.ends[0]};
  Stack bobs{named("bob", 0xb), cable.ends[1]};
  NodeType alice, bob;

  template <class Executor>
  explicit Pair(const Executor& executor) : alice(executor, alices), bob(executor, bobs) {
    BOOST_TEST(!alice.start());
    BOOST_TEST(!bob.start());
  }
};

/// Sends back one datagram, by the default token.
asio::awaitable<void> echo(StpSocket<CoroutineNode>& socket) {
  char octets[100];
  DatagramSource from{};
  const std::size_t size = co_await socket.async_receive_from(asio::buffer(octets), from);
  co_await socket.async_send_to(asio::buffer(octets, size), from.nid, from.port);
}

BOOST_AUTO_TEST_CASE(a_coroutine_with_a_default_token) {
  asio::io_context io(1);
  Pair<CoroutineNode> pair(io.get_executor());
  StpSocket one(pair.alice, 1000), two(pair.bob, 7);
  std::string answer;
  co_spawn(io, echo(two), asio::detached);
  co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        const Nid bob = co_await one.async_resolve("bob");
        co_await one.async_send_to(as_bytes("by default"), bob, 7);
        answer = text((co_await one.async_receive()).payload);
      },
      asio::detached);
  run_until(io, [&] { return !answer.empty(); });
  BOOST_TEST(answer == "by default");
}

BOOST_AUTO_TEST_CASE(as_default_on_a_socket) {
  asio::io_context io(1);
  Pair<PlainNode> pair(io.get_executor());
  PlainSocket plain(pair.bob, 7);
  auto socket = asio::use_awaitable_t<>::as_default_on(std::move(plain));
  static_assert(HasDefault<decltype(socket)>);
  BOOST_TEST(socket.port() == 7);
  BOOST_TEST(!plain.is_open());  // NOLINT(bugprone-use-after-move): stated
  bool done = false;
  co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        BOOST_TEST(co_await socket.async_resolve("alice") == Nid(0xa));
        done = true;
      },
      asio::detached);
  run_until(io, [&] { return done; });
}

BOOST_AUTO_TEST_CASE(deferred_by_default_and_by_name) {
  asio::io_context io(1);
  Pair<DeferringNode> pair(io.get_executor());
  StpSocket socket(pair.alice, 1000);
  Nid found{}, again{};
  auto operation = socket.async_resolve("bob");
  auto then = socket.async_resolve(
      "bob", asio::deferred([](error_code, Nid nid) { return asio::deferred.values(nid); }));
  run_until(io, [&] {
    return pair.alice.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  BOOST_TEST(found == Nid{});  // nothing has begun
  std::move(operation)([&](error_code, Nid nid) { found = nid; });
  std::move(then)([&](Nid nid) { again = nid; });
  run_until(io, [&] { return found != Nid{} && again != Nid{}; });
  BOOST_TEST(found == Nid(0xb));
  BOOST_TEST(again == Nid(0xb));
}

BOOST_AUTO_TEST_CASE(the_executor_of_a_context_without_erasure) {
  asio::io_context io(1);
  Pair<DirectNode> pair(io.get_executor());
  StpSocket one(pair.alice, 1000);
  StpSocket<DirectNode, asio::any_io_executor> erased(StpSocket(pair.bob, 7));
  std::string got;
  erased.async_receive([&](error_code, const Datagram& datagram) { got = text(datagram.payload); });
  one.async_resolve("bob",
                    [&](error_code, Nid nid) { BOOST_TEST(!one.send_to(as_bytes("direct"), nid, 7)); });
  run_until(io, [&] { return !got.empty(); });
  BOOST_TEST(got == "direct");
}

BOOST_AUTO_TEST_CASE(a_strand_on_several_threads) {
  asio::thread_pool pool(4);
  using Strand = asio::strand<asio::thread_pool::executor_type>;
  using StrandNode = StpNode<Stack, NoObserver, Strand>;
  const Strand strand = asio::make_strand(pool);
  std::promise<std::string> got;
  auto future = got.get_future();
  // All of the nodes' life is on the strand.
  std::unique_ptr<Pair<StrandNode>> pair;
  std::unique_ptr<StpSocket<StrandNode>> one, two;
  asio::post(strand, asio::use_future([&] {
               pair = std::make_unique<Pair<StrandNode>>(strand);
               one = std::make_unique<StpSocket<StrandNode>>(pair->alice, 1000);
               two = std::make_unique<StpSocket<StrandNode>>(pair->bob, 7);
             }))
      .get();
  co_spawn(
      strand,
      [&]() -> asio::awaitable<void> {
        const Nid bob = co_await one->async_resolve("bob", asio::use_awaitable);
        std::string all;
        for (int i = 0; i < 100; ++i) {
          BOOST_TEST(!one->send_to(as_bytes(std::to_string(i)), bob, 7));
          const Datagram datagram = co_await two->async_receive(asio::use_awaitable);
          BOOST_TEST(strand.running_in_this_thread());
          all = text(datagram.payload);
        }
        got.set_value(all);
      },
      asio::detached);
  BOOST_TEST(future.get() == "99");
  asio::post(strand, asio::use_future([&] {
               two.reset();
               one.reset();
               pair.reset();
             }))
      .get();
  pool.join();
}

/// An executor of the user's own: another one, counted.
template <class Inner>
struct Counting {
  Inner inner;
  int* calls;

  template <class F>
  void execute(F&& f) const {
    ++*calls;
    inner.execute(std::forward<F>(f));
  }
  template <class Property>
  requires asio::can_require_v<Inner, Property>
  auto require(const Property& property) const { return of(asio::require(inner, property)); }
  template <class Property>
  requires asio::can_prefer_v<Inner, Property>
  auto prefer(const Property& property) const { return of(asio::prefer(inner, property)); }
  template <class Property>
  requires asio::can_query_v<Inner, Property>
  decltype(auto) query(const Property& property) const noexcept { return asio::query(inner, property); }
  template <class Other>
  Counting<Other> of(Other other) const {
    return {other, calls};
  }
  friend bool operator==(const Counting& a, const Counting& b) noexcept { return a.inner == b.inner; }
};

BOOST_AUTO_TEST_CASE(a_handler_is_called_on_its_own_executor_and_the_node_works_on_its_own) {
  asio::io_context io(1), other(1);
  Pair<PlainNode> pair(io.get_executor());
  StpSocket one(pair.alice, 1000), two(pair.bob, 7);
  std::thread::id where;
  std::optional<error_code> resolved;
  two.async_receive(
      asio::bind_executor(other, [&](error_code, const Datagram&) { where = std::this_thread::get_id(); }));
  one.async_resolve("bob", [&](error_code error, Nid nid) {
    resolved = error;
    BOOST_TEST(!one.send_to(as_bytes("elsewhere"), nid, 7));
  });
  // The node hands the datagram over, and waits for nobody: `other` does not run.
  run_until(io, [&] { return resolved && two.available() == 0 && pair.bobs.counters().delivered == 1; });
  settle(io);
  BOOST_TEST((where == std::thread::id{}));
  std::thread thread([&] { other.run(); });  // it has had work to do all the time
  const auto id = thread.get_id();
  thread.join();
  BOOST_TEST((where == id));
}

BOOST_AUTO_TEST_CASE(an_executor_of_ones_own) {
  asio::io_context io(1);
  int calls = 0;
  using Own = Counting<asio::io_context::executor_type>;
  const Own executor{io.get_executor(), &calls};
  Pair<PlainNode::rebind_executor<Own>::other> pair(executor);
  StpSocket one(pair.alice, 1000);
  Nid found{};
  one.async_resolve("bob", [&](error_code, Nid nid) { found = nid; });
  run_until(io, [&] { return found == Nid(0xb); });
  BOOST_TEST(calls > 0);
  BOOST_TEST((one.get_executor() == executor));
}

}  // namespace ilnp::test::completion_tokens_test
