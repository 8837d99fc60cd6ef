#include "ilnp/asio/stp_node.hpp"

#include <memory>

#include "pair.hpp"
#include "support/print.hpp"

namespace ilnp::test::stp_node_test {

using Stack = STP<ILNP<CableEnd>>;

BOOST_AUTO_TEST_CASE(a_datagram_goes_to_the_mailbox_of_its_port) {
  Cable cable;
  boost::asio::io_context io(1);
  Stack stack(named("alice", 0xa), cable.ends[0]);
  std::weak_ptr<const int> life;
  Mailbox one(io.get_executor()), two(io.get_executor());
  int woken = 0;
  {
    StpNode<Stack> node(io, stack);
    BOOST_TEST((node.get_executor() == io.get_executor()));
    BOOST_TEST(!node.start());
    life = node.life();
    node.enter(1, one);
    node.enter(2, two);
    const auto send = [&] {
      node.with([](Stack& each, auto& cx) {
        for (std::uint16_t port = 1; port <= 3; ++port) {
          static_cast<void>(each.bind(port));
          BOOST_TEST(!each.send(1, Nid(0xa), port, as_bytes("x"), cx));
        }
      });
    };
    send();
    run_until(io, [&] { return !one.empty() && !two.empty(); });
    node.leave(1);
    one.take();
    two.take();
    send();
    run_until(io, [&] { return !two.empty(); });
    BOOST_TEST(one.empty());
    two.take();
    two.arrival().async_wait([&](const error_code&) { ++woken; });
    settle(io);
    BOOST_TEST(woken == 0);
    BOOST_TEST(!life.expired());
  }
  settle(io);
  BOOST_TEST(woken == 1);  // it is told that the node has gone
  BOOST_TEST(life.expired());
}

}  // namespace ilnp::test::stp_node_test
