// Nodes as they run, on sockets and Asio: from program to program through proxy, router and proxy, without an allocation.
#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include "counting_new.hpp"
#include "ilnp/gateway/proxy_gateway.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/stp.hpp"
#include "ilnp/underlay/mcast_udp.hpp"
#include "underlay/lab.hpp"

namespace ilnp::test::whole_nodes_test {

namespace ip = boost::asio::ip;
using namespace std::chrono_literals;
using Router = ILNP<McastUdp>;
using Stack = Proxy<STP<Router>>;

NetworkConfig named(const char* name, std::uint64_t nid, NetworkConfig::LocatorSet locators) {
  return {.nid = Nid(nid), .locators = {std::move(locators)}, .host_name = name};
}

/// All on the loopback interface, in a network of their own.
struct Loopback {
  Loopback() {
    for (const char* command : {"ip link set lo up", "ip -6 route add local ff12::/16 dev lo"})
      if (std::system(command) != 0) throw std::runtime_error(command);
  }
};

/// A program that knows UDP and nothing else, and allocates nothing.
struct Program {
  explicit Program(boost::asio::io_context& io) : socket(io, {ip::address_v4::loopback(), 0}) {
    socket.non_blocking(true);
  }
  std::uint16_t port() const { return socket.local_endpoint().port(); }
  bool send(std::uint16_t to, std::uint32_t number) {
    std::memcpy(octets.data(), &number, sizeof number);
    error_code error;
    socket.send_to(boost::asio::buffer(octets.data(), 200), {ip::address_v4::loopback(), to}, 0, error);
    return !error;
  }
  std::size_t take() {
    std::size_t taken = 0;
    for (error_code error;; ++taken) {
      socket.receive(boost::asio::buffer(octets), 0, error);
      if (error) return taken;
    }
  }
  ip::udp::socket socket;
  std::array<std::byte, 2000> octets{};
};

struct Ignore {
  template <class... What>
  void operator()(const What&...) const {}
};

BOOST_FIXTURE_TEST_CASE(none_from_program_to_program, Loopback) {
  const LinkConfig lo = link("lo");
  boost::asio::io_context io{1};
  Stack alice_stack{named("alice", 1, {a}), lo}, bob_stack{named("bob", 2, {b}), lo};
  Router router_stack{named("router", 3, {a, b}), lo};
  const ip::udp::endpoint any(ip::address_v4::loopback(), 0);
  ProxyGateway<Stack> alice(io.get_executor(), alice_stack, any), bob(io.get_executor(), bob_stack, any);
  Node<Router, Ignore> router(io.get_executor(), router_stack, {});
  Program at_alice(io), at_bob(io);
  BOOST_TEST(!alice_stack.map(at_alice.port(), {"bob", at_bob.port(), false}));
  BOOST_TEST(!bob_stack.map(at_bob.port(), {"alice", at_alice.port(), false}));
  BOOST_TEST(!router.start());
  BOOST_TEST(!alice.start());
  BOOST_TEST(!bob.start());
  const std::uint16_t to_alice = alice.port(), to_bob = bob.port();
  const auto run_until = [&](auto&& happened) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!happened()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io.run_one_for(10ms);
    }
    return true;
  };
  BOOST_TEST_REQUIRE(run_until([&] {
    return bob_stack.next_layer().next_layer().hosts().size() == 2 && at_alice.send(to_alice, 0) &&
           at_bob.take() > 0 && at_bob.send(to_bob, 0);
  }));

  // A burst each way, and all of it arrives before the next.
  std::size_t lost = 0;
  const auto rounds = [&](int count, std::uint32_t burst) {
    for (int round = 0; round < count; ++round) {
      std::size_t at_a = 0, at_b = 0;
      for (std::uint32_t number = 0; number < burst; ++number) {
        at_alice.send(to_alice, number);
        at_bob.send(to_bob, number);
      }
      const bool all = run_until([&] {
        at_a += at_alice.take(), at_b += at_bob.take();
        return at_a >= burst && at_b >= burst;
      });
      lost += !all;
    }
  };
  rounds(20, 64);
  lost = 0;
  const std::size_t before = allocations();
  rounds(200, 64);
  rounds(20, 128);  // more at a time than ever before
  const std::size_t during = allocations() - before;
  BOOST_TEST(during == 0U);
  BOOST_TEST(lost == 0U);
  BOOST_TEST(router_stack.counters().forwarded >= 2 * (200 * 64U + 20 * 128U));
}

}  // namespace ilnp::test::whole_nodes_test

using OwnNetwork = ilnp::test::OwnNetwork;
BOOST_TEST_GLOBAL_FIXTURE(OwnNetwork);
