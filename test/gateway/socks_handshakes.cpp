#include "ilnp/gateway/socks_handshakes.hpp"

#include <list>

#include "streams.hpp"

namespace ilnp::test::socks_handshakes_test {

const char* const asks_for_bob = "0501000501000308626f622e696c6e700050";

struct Fixture {
  /// A program that has connected; true in `gave_way` if another gave way for it.
  tcp::socket& begin() {
    TcpPair pair(io);
    gave_way = handshakes->begin(std::move(pair.there), "");
    return programs.emplace_back(std::move(pair.here));
  }
  boost::asio::io_context io;
  std::list<tcp::socket> programs;
  std::vector<std::string> wanted;
  bool gave_way = false;
  std::optional<SocksHandshakes> handshakes{
      std::in_place, [this](const StreamTarget& target, tcp::socket) { wanted.push_back(target.node); }};
};

BOOST_FIXTURE_TEST_SUITE(handshakes_of_socks, Fixture)

BOOST_AUTO_TEST_CASE(who_has_said_where_to_or_has_gone_counts_no_more) {
  auto& one = begin();
  auto& two = begin();
  BOOST_TEST(handshakes->size() == 2u);
  boost::asio::write(one, boost::asio::buffer(hex(asks_for_bob)));
  run_until(io, [&] { return wanted.size() == 1; });
  BOOST_TEST(wanted[0] == "bob");
  BOOST_TEST(handshakes->size() == 1u);
  two.close();
  run_until(io, [&] { return handshakes->size() == 0; });
}

BOOST_AUTO_TEST_CASE(the_oldest_gives_way) {
  for (std::size_t i = 0; i < SocksHandshakes::max_handshakes; ++i) {
    begin();
    BOOST_TEST(!gave_way);
  }
  auto& newest = begin();
  BOOST_TEST(gave_way);
  BOOST_TEST(handshakes->size() == SocksHandshakes::max_handshakes);
  BOOST_TEST(ending(io, programs.front()) == boost::asio::error::connection_reset);
  boost::asio::write(newest, boost::asio::buffer(hex(asks_for_bob)));
  run_until(io, [&] { return wanted.size() == 1; });
  BOOST_TEST(handshakes->size() == SocksHandshakes::max_handshakes - 1);
}

BOOST_AUTO_TEST_CASE(without_the_table_nobody_is_told) {
  auto& one = begin();
  handshakes.reset();
  boost::asio::write(one, boost::asio::buffer(hex(asks_for_bob)));
  settle(io);
  BOOST_TEST(wanted.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::socks_handshakes_test
