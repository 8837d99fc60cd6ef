// Octets between a TCP connection and a stream; the stream is in memory.

#include "ilnp/gateway/stream_relay.hpp"

#include <memory>

#include "streams.hpp"

namespace ilnp::test::stream_relay_test {

using Kind = StreamProxyEvent::Kind;

struct Gateway {
  using Relay = StreamRelay<Gateway>;

  Gateway() : program(io) {
    relay = std::make_shared<Relay>(*this, std::move(program.there), id);
    relay->start();
    settle(io);
  }
  template <class F>
  auto with(F&& f) {
    return f(stack, cx);
  }
  MutableBytes scratch() { return buffer; }
  void forget(Relay&) {
    ++forgotten;
    relay.reset();
  }
  void tell(Kind kind, error_code error = {}) {
    if (relay->on_event({id, kind, error})) relay->go_on();
    settle(io);
  }
  MemoryStreams::Stream& stream() { return stack.streams[id.value]; }
  void write(std::string_view text) {
    boost::asio::write(program.here, boost::asio::buffer(text));
    settle(io);
  }

  boost::asio::io_context io;
  Random random{1};
  Context<> cx{TimePoint{}, random};
  MemoryStreams stack;
  Octets buffer = Octets(1000);
  TcpPair program;
  StreamId id{1};
  std::shared_ptr<Relay> relay;
  int forgotten = 0;
};

BOOST_AUTO_TEST_CASE(octets_go_both_ways_and_each_has_its_end) {
  Gateway gateway;
  gateway.write("to the overlay");
  run_until(gateway.io, [&] { return as_text(gateway.stream().written) == "to the overlay"; });
  gateway.program.here.shutdown(tcp::socket::shutdown_send);
  run_until(gateway.io, [&] { return gateway.stream().shut_down; });

  gateway.stream().to_read = octets("to the program");
  gateway.tell(Kind::readable);
  error_code error;
  BOOST_TEST(come(gateway.program.here, error) == "to the program");
  BOOST_TEST(error == boost::asio::error::would_block);
  gateway.stream().ends = true;
  gateway.tell(Kind::readable);
  BOOST_TEST(ending(gateway.io, gateway.program.here) == boost::asio::error::eof);
  BOOST_TEST(gateway.forgotten == 0);
  gateway.tell(Kind::closed);
  BOOST_TEST(gateway.forgotten == 1);
  BOOST_TEST(!gateway.stream().reset);
}

BOOST_AUTO_TEST_CASE(a_stream_that_takes_nothing_holds_up_the_program) {
  Gateway gateway;
  gateway.stream().room = 10;
  gateway.program.here.non_blocking(true);
  const std::string much(1 << 20, 'x');
  std::size_t written = 0;
  error_code error;
  for (int quiet = 0; quiet < 3;) {
    const std::size_t size = gateway.program.here.write_some(boost::asio::buffer(much), error);
    written += size;
    quiet = size == 0 ? quiet + 1 : 0;
    settle(gateway.io);
  }
  BOOST_TEST(gateway.stream().written.size() == 10u);
  // With room there is, all of it comes, in order and once.
  gateway.stream().room = 100'000'000;
  gateway.tell(Kind::writable);
  run_until(gateway.io, [&] { return gateway.stream().written.size() >= written; });
  BOOST_TEST(gateway.stream().written.size() == written);
}

BOOST_AUTO_TEST_CASE(a_program_that_does_not_read_holds_up_the_stream) {
  Gateway gateway;
  constexpr std::size_t much = 20'000'000;
  gateway.stream().to_read = Octets(much, std::byte{7});
  gateway.tell(Kind::readable);
  for (int i = 0; i < 100; ++i) settle(gateway.io);
  BOOST_TEST(gateway.stream().taken < much);
  std::size_t got = 0;
  error_code error;
  run_until(gateway.io, [&] { return (got += come(gateway.program.here, error).size()) >= much; });
  BOOST_TEST(got == much);
}

BOOST_AUTO_TEST_CASE(a_reset_is_one_on_the_other_side) {
  Gateway of_program;
  reset_tcp(of_program.program.here);
  run_until(of_program.io, [&] { return of_program.forgotten == 1; });
  BOOST_TEST(of_program.stream().reset);

  Gateway of_stream;
  of_stream.tell(Kind::closed, boost::asio::error::connection_reset);
  BOOST_TEST(of_stream.forgotten == 1);
  BOOST_TEST(ending(of_stream.io, of_stream.program.here) == boost::asio::error::connection_reset);
}

BOOST_AUTO_TEST_CASE(a_program_that_has_ended_and_goes_is_noticed) {
  Gateway gateway;
  gateway.program.here.shutdown(tcp::socket::shutdown_send);
  run_until(gateway.io, [&] { return gateway.stream().shut_down; });
  reset_tcp(gateway.program.here);
  run_until(gateway.io, [&] { return gateway.forgotten == 1; });
  BOOST_TEST(gateway.stream().reset);
}

BOOST_AUTO_TEST_CASE(a_program_that_goes_while_it_is_held_up_is_noticed) {
  Gateway gateway;
  gateway.stream().room = 10;
  gateway.write(std::string(100, 'x'));
  run_until(gateway.io, [&] { return gateway.stream().room == 0; });
  settle(gateway.io);
  reset_tcp(gateway.program.here);
  run_until(gateway.io, [&] { return gateway.forgotten == 1; });
  BOOST_TEST(gateway.stream().reset);
}

BOOST_AUTO_TEST_CASE(urgent_octets_stay_in_their_place) {
  Gateway gateway;
  gateway.write("before");
  for (int i = 0; i < 3; ++i)
    gateway.program.here.send(boost::asio::buffer("!?", 2), tcp::socket::message_out_of_band);
  settle(gateway.io);
  gateway.write("and more");
  run_until(gateway.io, [&] { return as_text(gateway.stream().written) == "before!?!?!?and more"; });
  BOOST_TEST(gateway.forgotten == 0);
}

BOOST_AUTO_TEST_CASE(a_program_that_answers_is_not_taken_for_gone) {
  Gateway gateway;
  BOOST_TEST(!gateway.relay->check(std::chrono::milliseconds(0)));
  gateway.stream().to_read = Octets(20'000'000, std::byte{7});
  gateway.tell(Kind::readable);  // it does not read, and the window closes
  for (int i = 0; i < 100; ++i) settle(gateway.io);
  BOOST_TEST(!gateway.relay->check(std::chrono::minutes(1)));
  BOOST_TEST(gateway.forgotten == 0);
}

BOOST_AUTO_TEST_CASE(one_that_is_stopped_says_nothing_to_its_gateway) {
  Gateway gateway;
  const auto relay = gateway.relay;
  relay->stop();
  settle(gateway.io);
  BOOST_TEST(gateway.forgotten == 0);
  BOOST_TEST(ending(gateway.io, gateway.program.here) == boost::asio::error::connection_reset);
}

}  // namespace ilnp::test::stream_relay_test
