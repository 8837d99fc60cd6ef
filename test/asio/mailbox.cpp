#include "ilnp/asio/mailbox.hpp"

#include "pair.hpp"

namespace ilnp::test::mailbox_test {

struct Fixture {
  boost::asio::io_context io;
  Mailbox box{io.get_executor()};
  int woken = 0;

  void put(std::string_view words) { box.put(DatagramSource{Nid(7), 1, 2, {}}, as_bytes(words)); }
  void wait() {
    box.arrival().async_wait([this](const error_code&) { ++woken; });
  }
};

BOOST_FIXTURE_TEST_CASE(in_the_order_in_which_they_came, Fixture) {
  BOOST_TEST(box.empty());
  put("one");
  put("and two");
  BOOST_TEST(box.available() == 3u);
  const Datagram first = box.take();
  BOOST_TEST(text(first.payload) == "one");
  BOOST_TEST(first.source.nid == Nid(7));
  char into[7];
  DatagramSource source{};
  BOOST_TEST(box.take(boost::asio::buffer(into), &source) == 7u);
  BOOST_TEST(std::string(into, 7) == "and two");
  BOOST_TEST(source.nid == Nid(7));
  BOOST_TEST(box.empty());
  BOOST_TEST(box.available() == 0u);
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_counted, Fixture) {
  char into[3];
  put("1234");
  BOOST_TEST(box.take(boost::asio::buffer(into), nullptr) == 3u);
  BOOST_TEST(box.truncated() == 1u);
  put("123");
  BOOST_TEST(box.take(boost::asio::buffer(into), nullptr) == 3u);
  BOOST_TEST(box.truncated() == 1u);
  for (std::size_t i = 0; i < Mailbox::max_waiting + 3; ++i) put("x");
  BOOST_TEST(box.dropped() == 3u);
}

BOOST_FIXTURE_TEST_CASE(each_datagram_wakes_one, Fixture) {
  for (int i = 0; i < 4; ++i) wait();
  put("one");
  settle(io);
  BOOST_TEST(woken == 1);
  box.pass_on();
  settle(io);
  BOOST_TEST(woken == 2);
  box.take();
  box.pass_on();  // nothing is there
  settle(io);
  BOOST_TEST(woken == 2);
  box.cancel();
  settle(io);
  BOOST_TEST(woken == 4);
}

BOOST_FIXTURE_TEST_CASE(memory_is_used_again, Fixture) {
  std::array<char, 1000> into;
  const std::string long_one(1000, 'x');
  put(long_one);
  box.take(boost::asio::buffer(into), nullptr);
  put("short");
  const Datagram datagram = box.take();
  BOOST_TEST(datagram.payload.size() == 5u);
  BOOST_TEST(datagram.payload.capacity() >= 1000u);
}

}  // namespace ilnp::test::mailbox_test
