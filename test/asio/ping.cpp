#include "ilnp/asio/ping.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_future.hpp>
#include <ilnp/asio/stp_node.hpp>
#include <memory>

#include "pair.hpp"
#include "support/print.hpp"

namespace ilnp::test::asio_ping_test {

using namespace std::chrono_literals;
using Stack = STP<ILNP<CableEnd>>;

/// Two nodes, one cable.
struct Fixture {
  Fixture() {
    BOOST_TEST(!alice->start());
    BOOST_TEST(!bob->start());
    run_until(io, [&] {
      return alice->with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx).has_value(); });
    });
  }
  void begin(Nid to, std::chrono::steady_clock::duration time_limit = 10s) {
    outcome.reset();
    async_ping(*alice, to, std::nullopt, time_limit,
               boost::asio::bind_cancellation_slot(cancel.slot(), [this](error_code error, PingReply reply) {
                 outcome = {error, reply};
               }));
    BOOST_TEST(!outcome.has_value());  // never within the call
  }
  error_code end() {
    run_until(io, [&] { return outcome.has_value(); });
    return outcome->first;
  }

  boost::asio::io_context io;
  Cable cable;
  Stack at_alice{named("alice", 1), cable.ends[0]};
  Stack at_bob{named("bob", 2), cable.ends[1]};
  std::unique_ptr<StpNode<Stack>> alice = std::make_unique<StpNode<Stack>>(io, at_alice);
  std::unique_ptr<StpNode<Stack>> bob = std::make_unique<StpNode<Stack>>(io, at_bob);
  boost::asio::cancellation_signal cancel;
  std::optional<std::pair<error_code, PingReply>> outcome;
};

BOOST_FIXTURE_TEST_SUITE(asio_ping, Fixture)

BOOST_AUTO_TEST_CASE(a_ping_completes_with_its_reply) {
  begin(Nid(2));
  BOOST_TEST(!end());
  BOOST_TEST(outcome->second.reached);
  BOOST_TEST(outcome->second.replier == (Ilv{Locator(0xa), Nid(2)}));
  BOOST_TEST((outcome->second.round_trip >= 0ns));
  BOOST_TEST(alice->pings().waiting() == 0U);
}

BOOST_AUTO_TEST_CASE(several_at_a_time_complete_with_their_own) {
  std::vector<std::uint64_t> identifiers;
  for (int number = 0; number < 5; ++number)
    async_ping(*alice, Nid(2), std::nullopt, 10s, [&](error_code error, const PingReply& reply) {
      BOOST_TEST(!error);
      identifiers.push_back(reply.identifier);
    });
  BOOST_TEST(alice->pings().waiting() == 5U);
  run_until(io, [&] { return identifiers.size() == 5; });
  BOOST_TEST(std::set(identifiers.begin(), identifiers.end()).size() == 5U);
}

BOOST_AUTO_TEST_CASE(it_ends_without_a_reply) {
  bob->stop();
  begin(Nid(2), 20ms);
  BOOST_TEST(end() == boost::asio::error::timed_out);
  begin(Nid(2));
  settle(io);
  cancel.emit(boost::asio::cancellation_type::terminal);
  BOOST_TEST(end() == boost::asio::error::operation_aborted);
  begin(Nid(3));
  BOOST_TEST(end() == Errc::unknown_host);
  begin(Nid(2));
  alice.reset();
  BOOST_TEST(end() == boost::asio::error::operation_aborted);
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_never_run_is_harmless) {
  bob->stop();
  auto late = async_ping(*alice, Nid(2), std::nullopt, 10s, boost::asio::use_future);
  BOOST_TEST(alice->pings().waiting() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::asio_ping_test
