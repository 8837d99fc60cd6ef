// Ending a stream in order; reading, writing and connecting are tested with the streams themselves.
#include "ilnp/sctp/asio/stream_operations.hpp"

#include <boost/asio/write.hpp>

#include "nodes.hpp"

namespace ilnp::test::stream_operations_test {

namespace beast = boost::beast;

BOOST_AUTO_TEST_CASE(both_ends_are_ended_in_order) {
  Connected pair;
  std::vector<error_code> ended;
  const auto note = [&](error_code error) { ended.push_back(error); };
  pair.run([&]() -> asio::awaitable<void> {  // what nobody has read does no harm
    co_await asio::async_write(pair.there, asio::buffer("unread", 6), use_awaitable);
  });
  async_teardown(beast::role_type::client, pair.here, note);
  settle(pair.io);
  BOOST_TEST(ended.empty());  // the server says first that it has ended
  async_teardown(beast::role_type::server, pair.there, note);
  run_until(pair.io, [&] { return ended.size() == 2; });
  BOOST_TEST(ended == std::vector<error_code>(2));
  BOOST_TEST(!pair.here.is_open());
  BOOST_TEST(!pair.there.is_open());
  run_until(pair.io, [&] { return pair.alices.streams() == 0 && pair.bobs.streams() == 0; });
  for (const Stack* each : {&pair.alices, &pair.bobs})
    BOOST_TEST(each->counters().reset_by_peer + each->counters().reset_here == 0u);
}

BOOST_AUTO_TEST_CASE(what_waits_for_the_end_is_cancelled_with_the_stream) {
  Connected pair;
  error_code error, waited;
  bool done = false;
  async_teardown(beast::role_type::client, pair.here, [&](error_code how) {
    waited = how;
    done = true;
  });
  settle(pair.io);
  BOOST_TEST(!done);
  pair.here = Stream(pair.alice);
  settle(pair.io);
  BOOST_TEST(waited == asio::error::operation_aborted);
  teardown(beast::role_type::server, pair.there, error);  // without waiting
  BOOST_TEST(!pair.there.is_open());
}

}  // namespace ilnp::test::stream_operations_test
