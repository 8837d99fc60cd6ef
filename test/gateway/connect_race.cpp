#include "ilnp/gateway/connect_race.hpp"

#include <memory>

#include "streams.hpp"
#include "support/print.hpp"

namespace ilnp::test::connect_race_test {

using Clock = std::chrono::steady_clock;

/// An address that answers nothing: a listener whose queue is full.
struct Dead {
  explicit Dead(boost::asio::io_context& io) : acceptor(io) {
    acceptor.open(tcp::v4());
    acceptor.bind({boost::asio::ip::address_v4::loopback(), 0});
    acceptor.listen(0);
    for (int i = 0; i < 2; ++i) {
      fill.emplace_back(io, tcp::v4()).non_blocking(true);
      const tcp::endpoint at = acceptor.local_endpoint();
      static_cast<void>(::connect(fill.back().native_handle(), at.data(), static_cast<socklen_t>(at.size())));
    }
  }
  tcp::endpoint endpoint() const { return acceptor.local_endpoint(); }
  tcp::acceptor acceptor;
  std::vector<tcp::socket> fill;
};

struct Fixture {
  std::shared_ptr<ConnectRace> race() {
    return std::make_shared<ConnectRace>(io.get_executor(), [this](error_code error, tcp::socket socket) {
      BOOST_TEST(!outcome);
      outcome = error;
      if (!error) winner = socket.remote_endpoint();
    });
  }
  tcp::endpoint closed() {
    return tcp::acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)).local_endpoint();
  }
  void finish() {
    run_until(io, [&] { return outcome.has_value(); });
  }
  boost::asio::io_context io;
  tcp::acceptor v4{io, {boost::asio::ip::address_v4::loopback(), 0}};
  tcp::acceptor v6{io, {boost::asio::ip::address_v6::loopback(), 0}};
  std::optional<error_code> outcome;
  tcp::endpoint winner;
};

BOOST_FIXTURE_TEST_SUITE(races, Fixture)

BOOST_AUTO_TEST_CASE(a_dead_address_costs_a_quarter_of_a_second) {
  const Dead dead(io);
  const auto began = Clock::now();
  const auto running = race();
  const tcp::endpoint all[] = {dead.endpoint(), v4.local_endpoint()};
  running->add(all);
  running->no_more();
  finish();
  BOOST_TEST(!*outcome);
  BOOST_TEST(winner == v4.local_endpoint());
  BOOST_TEST(Clock::now() - began >= ConnectRace::attempt_delay);
  BOOST_TEST(Clock::now() - began < std::chrono::seconds(5));  // the time limit of a dial is 10 s
}

BOOST_AUTO_TEST_CASE(families_take_turns) {
  const Dead first(io), second(io), third(io);
  const auto began = Clock::now();
  const auto running = race();
  const tcp::endpoint all[] = {first.endpoint(), second.endpoint(), third.endpoint(), v6.local_endpoint()};
  running->add(all);
  running->no_more();
  finish();
  BOOST_TEST(winner == v6.local_endpoint());
  BOOST_TEST(Clock::now() - began >= ConnectRace::attempt_delay);
}

BOOST_AUTO_TEST_CASE(the_next_begins_at_once_when_one_fails) {
  const auto running = race();
  const std::vector<tcp::endpoint> all(ConnectRace::max_attempts - 1, closed());
  running->add(all);
  running->add(std::vector{v4.local_endpoint()});
  finish();
  BOOST_TEST(!*outcome);
  BOOST_TEST(winner == v4.local_endpoint());
}

BOOST_AUTO_TEST_CASE(addresses_may_come_late) {
  const auto running = race();
  running->add(std::vector{closed()});
  settle(io);
  BOOST_TEST(!outcome);
  running->add(std::vector{v4.local_endpoint()});
  finish();
  BOOST_TEST(winner == v4.local_endpoint());
}

BOOST_AUTO_TEST_CASE(if_all_fail_the_most_telling_error_remains) {
  const auto running = race();
  const auto unreachable = tcp::endpoint(boost::asio::ip::make_address("255.255.255.255"), 1);
  running->add(std::vector{closed(), unreachable});
  settle(io);
  BOOST_TEST(!outcome);
  running->no_more();
  finish();
  BOOST_TEST(*outcome == boost::asio::error::connection_refused);
}

BOOST_AUTO_TEST_CASE(attempts_are_bounded) {
  const auto running = race();
  running->add(std::vector<tcp::endpoint>(ConnectRace::max_attempts, closed()));
  running->add(std::vector{v4.local_endpoint()});
  finish();
  BOOST_TEST(*outcome == boost::asio::error::connection_refused);
}

BOOST_AUTO_TEST_CASE(one_that_is_cancelled_says_nothing) {
  const Dead dead(io);
  const auto running = race();
  running->add(std::vector{dead.endpoint(), v4.local_endpoint()});
  running->cancel();
  settle(io);
  BOOST_TEST(!outcome);
  BOOST_TEST(io.poll() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::connect_race_test
