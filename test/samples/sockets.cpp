// The sample layers on sockets, from program to program: whole, in trains, and without an allocation.
#include <boost/asio/io_context.hpp>
#include <boost/mpl/list.hpp>
#include <boost/test/unit_test.hpp>

#include "allocation/counting_new.hpp"
#include "bursts.hpp"
#include "ilnp/gateway/proxy_gateway.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "underlay/lab.hpp"

namespace ilnp::test::sockets_test {

namespace ip = boost::asio::ip;
using namespace std::chrono_literals;
using Link = McastUdp;
using Plain = Proxy<STP<ILNP<Link>>>;
using Stacks = boost::mpl::list<AboveNetwork<Link, Seal>, AboveNetwork<Link, Deflate>,
                                AboveTransport<Link, Seal>, AboveTransport<Link, Deflate>, Both<Link>, Plain>;

/// All on the loopback interface, in a network of this process.
struct Loopback {
  Loopback() {
    static const bool up = [] {
      for (const char* command : {"ip link set lo up", "ip -6 route add local ff12::/16 dev lo"})
        if (std::system(command) != 0) throw std::runtime_error(command);
      return true;
    }();
    BOOST_TEST(up);
  }
};

/// Two nodes behind gateways, and a program at one of them.
template <class Stack>
struct Pair : Loopback {
  Pair() {
    program.non_blocking(true);
    BOOST_TEST(!alice_stack.map(LocalPort(4000), {"bob", port()}));
    BOOST_TEST(!bob_stack.map(LocalPort(port()), {"alice", 4000}));
    BOOST_TEST(!alice.start());
    BOOST_TEST(!bob.start());
    BOOST_TEST_REQUIRE(run_until([&] {
      return alice.with([](Stack& stack, auto& cx) { return stack.next_layer().resolve("bob", cx); })
                 .has_value() &&
             bob.with([](Stack& stack, auto& cx) { return stack.next_layer().resolve("alice", cx); })
                 .has_value();
    }));
  }
  std::uint16_t port() const { return program.local_endpoint().port(); }

  template <class F>
  bool run_until(F&& happened) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!happened()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io.run_one_for(10ms);
    }
    return true;
  }
  /// Sends them in one batch, and waits until as many have come. What came, in order.
  void burst(const std::vector<std::vector<std::byte>>& datagrams, std::vector<std::uint32_t>* got) {
    alice.with([&](Stack& stack, auto& cx) {
      for (const auto& each : datagrams)
        if (stack.send(LocalPort(4000), each, cx)) ++refused;
    });
    std::size_t taken = 0;
    lost += !run_until([&] {
      for (error_code error;; ++taken) {
        const std::size_t size = program.receive(boost::asio::buffer(buffer), 0, error);
        if (error) return taken >= datagrams.size();
        if (got) got->push_back(number_of(Bytes(buffer).first(size)).value_or(0xffffffff));
      }
    });
  }

  const LinkConfig lo = link("lo");
  boost::asio::io_context io{1};
  const ip::udp::endpoint any{ip::address_v4::loopback(), 0};
  ip::udp::socket program{io, any};
  Stack alice_stack{node_config(1, "alice", {{a}}), lo}, bob_stack{node_config(2, "bob", {{a}}), lo};
  ProxyGateway<Stack> alice{io.get_executor(), alice_stack, any}, bob{io.get_executor(), bob_stack, any};
  std::array<std::byte, 2000> buffer{};
  int lost = 0, refused = 0;
};

BOOST_AUTO_TEST_CASE_TEMPLATE(bursts_arrive_whole_and_in_order, Stack, Stacks) {
  Pair<Stack> pair;
  std::vector<std::uint32_t> got;
  std::uint32_t number = 0;
  for (int burst = 0; burst < 20; ++burst) {
    std::vector<std::vector<std::byte>> datagrams;
    for (int i = 0; i < 100; ++i) datagrams.push_back(datagram(number++));
    pair.burst(datagrams, &got);
  }
  BOOST_TEST(pair.refused == 0);
  BOOST_TEST_REQUIRE(got.size() == 2000u);
  for (std::uint32_t i = 0; i < 2000; ++i) BOOST_TEST_REQUIRE(got[i] == i);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(trains_are_still_trains_and_nothing_is_allocated, Stack, Stacks) {
  Pair<Stack> pair;
  const std::vector<std::vector<std::byte>> datagrams(64, datagram(1000));
  for (int i = 0; i < 20; ++i) pair.burst(datagrams, nullptr);
  const auto before = lowest_layer(pair.alice_stack).counters();
  const std::size_t allocated = allocations();
  for (int i = 0; i < 10; ++i) pair.burst(datagrams, nullptr);
  BOOST_TEST(allocations() == allocated);
  BOOST_TEST(pair.lost == 0);
  BOOST_TEST(pair.refused == 0);
  if (lowest_layer(pair.alice_stack).trains_off() != TrainsOff::no) return;
  const auto after = lowest_layer(pair.alice_stack).counters();
  BOOST_TEST(after.frames_out - before.frames_out >= 640u);
  BOOST_TEST(after.buffers_out - before.buffers_out < 40u);  // one each, and what the node says of itself
}

}  // namespace ilnp::test::sockets_test

using OwnNetwork = ilnp::test::OwnNetwork;
BOOST_TEST_GLOBAL_FIXTURE(OwnNetwork);
