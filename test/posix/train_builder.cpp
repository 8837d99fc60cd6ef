#include "ilnp/posix/train_builder.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::train_builder_test {

using Sizes = std::vector<std::size_t>;

struct Trains {
  void push(std::size_t size, bool alone = false, std::size_t head = 0) {
    builder.push(to, Bytes(heads).first(head), Bytes(payload).first(size), alone, longest,
                 [this] { flush(); });
  }
  void flush() {
    ++flushes;
    builder.prepare();
    for (std::size_t i = 0; i < builder.size(); ++i) sent.push_back(builder[i].count);
    builder.clear();
  }
  /// How many datagrams each message holds.
  Sizes counts() {
    sent.clear();
    flush();
    return std::exchange(sent, {});
  }
  /// The octets of the message.
  Octets gathered(std::size_t index) {
    Octets all;
    const msghdr& header = builder.headers()[index].msg_hdr;
    for (std::size_t i = 0; i < header.msg_iovlen; ++i) {
      const auto* const begin = static_cast<const std::byte*>(header.msg_iov[i].iov_base);
      all.insert(all.end(), begin, begin + header.msg_iov[i].iov_len);
    }
    return all;
  }

  TrainBuilder builder;
  Endpoint to = Endpoint::loopback(1000);
  std::size_t longest = TrainBuilder::max_train_octets;
  Octets payload = Octets(TrainBuilder::max_train_octets, std::byte{2}), heads = Octets(64, std::byte{1});
  int flushes = 0;
  Sizes sent;
};

BOOST_AUTO_TEST_SUITE(train_builder)

BOOST_AUTO_TEST_CASE(neighbours_of_equal_size_share_a_message) {
  Trains trains;
  for (const std::size_t size : Sizes{100, 100, 60, 60, 100})
    trains.push(size);  // the shorter one is the last
  BOOST_TEST(trains.counts() == (Sizes{3, 1, 1}), boost::test_tools::per_element());
  for (std::size_t i = 0; i < TrainBuilder::max_train + 1; ++i) trains.push(8);
  BOOST_TEST(trains.counts() == (Sizes{TrainBuilder::max_train, 1}), boost::test_tools::per_element());
  for (int i = 0; i < 3; ++i) trains.push(30'000);
  BOOST_TEST(trains.counts() == (Sizes{2, 1}), boost::test_tools::per_element());
  BOOST_TEST(trains.counts().empty());
}

BOOST_AUTO_TEST_CASE(others_have_messages_of_their_own) {
  Trains trains;
  trains.push(8), trains.push(8, true), trains.push(8), trains.push(0), trains.push(0);
  BOOST_TEST(trains.counts() == Sizes(5, 1), boost::test_tools::per_element());
  trains.push(8);
  trains.to = Endpoint::loopback(1001);
  trains.push(8);
  BOOST_TEST(trains.counts() == Sizes(2, 1), boost::test_tools::per_element());
  trains.longest = 7;
  trains.push(8), trains.push(8), trains.push(7), trains.push(7);
  BOOST_TEST(trains.counts() == (Sizes{1, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(heads_and_payloads_lie_in_one_piece) {
  Trains trains;
  trains.push(3, false, 2), trains.push(3, false, 2);
  BOOST_TEST((trains.gathered(0) == hex("0101020202 0101020202")));
  BOOST_TEST(trains.builder.headers()[0].msg_hdr.msg_iovlen == 1u);
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_no_longer_borrowed) {
  Trains trains;
  trains.push(4, true), trains.push(4, true);
  BOOST_TEST(trains.builder.keep());
  trains.payload.assign(trains.payload.size(), std::byte{9});
  BOOST_TEST((trains.gathered(0) == hex("02020202")));
  trains.push(1, true);
  BOOST_TEST((trains.gathered(2) == hex("09")));
  // There is not room for everything.
  trains.flush();
  for (std::size_t i = 0; i < 5; ++i) trains.push(60'000);
  BOOST_TEST(!trains.builder.keep());
}

BOOST_AUTO_TEST_CASE(where_there_is_no_room_it_has_the_messages_sent) {
  Trains trains;
  for (std::size_t i = 0; i <= TrainBuilder::max_messages; ++i) trains.push(8, true);
  BOOST_TEST(trains.flushes == 1);
  BOOST_TEST(trains.builder.size() == 1u);
  trains.flush();
  for (std::size_t i = 0; i <= TrainBuilder::arena_octets / 60'000; ++i) trains.push(60'000 - 64, false, 64);
  BOOST_TEST(trains.flushes == 3);
  static_cast<void>(trains.builder.headroom(TrainBuilder::max_head, [&] { trains.flush(); }));
  BOOST_TEST(trains.flushes == 3);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::train_builder_test
