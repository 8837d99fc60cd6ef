#include "ilnp/gateway/stream_waiting.hpp"

#include <set>

#include "streams.hpp"
#include "support/print.hpp"

namespace ilnp::test::stream_waiting_test {

struct Fixture {
  bool add(std::string node) {
    return waiting->add({tcp::socket(io), {.node = std::move(node), .port = 80}, false});
  }
  /// What the network layer says of them.
  void learn(std::set<std::string> names) {
    known = std::move(names);
    changed.raise();
  }
  boost::asio::io_context io;
  NameEvent changed;
  std::set<std::string> known, throwing;
  std::vector<std::string> opened, failed;
  std::optional<StreamWaiting> waiting{
      std::in_place, io.get_executor(), changed,
      StreamWaiting::Calls{[this](StreamOpening& opening) {
                             if (throwing.contains(opening.target.node)) throw std::runtime_error("attempt");
                             if (!known.contains(opening.target.node)) return false;
                             opened.push_back(opening.name());
                             return true;
                           },
                           [this](const StreamOpening& opening) { failed.push_back(opening.target.node); }}};
};

BOOST_FIXTURE_TEST_SUITE(streams_that_wait, Fixture)

BOOST_AUTO_TEST_CASE(each_goes_on_as_soon_as_its_node_is_known) {
  add("bob");
  add("carol");
  settle(io);
  learn({"carol"});
  settle(io);  // at once
  BOOST_TEST_REQUIRE(opened.size() == 1u);
  BOOST_TEST(opened[0] == "carol:80");
  BOOST_TEST(waiting->size() == 1u);
  learn({"bob"});
  settle(io);
  BOOST_TEST(opened.size() == 2u);
  BOOST_TEST(waiting->size() == 0u);
  settle(io);
  add("bob");  // after a time with nobody
  learn({"bob"});
  run_until(io, [&] { return opened.size() == 3; });
  BOOST_TEST(failed.empty());
}

BOOST_AUTO_TEST_CASE(not_for_ever) {
  add("nobody");
  run_until(io, [&] { return failed.size() == 1; });
  BOOST_TEST(waiting->size() == 0u);
}

BOOST_AUTO_TEST_CASE(one_that_throws_holds_up_no_other) {
  add("alice");
  add("bob");
  add("carol");
  throwing = {"bob"};
  learn({});
  BOOST_CHECK_THROW(run_until(io, [] { return false; }), std::runtime_error);
  learn({"alice", "carol"});
  run_until(io, [&] { return opened.size() == 2; });
  BOOST_TEST(waiting->size() == 0u);
}

BOOST_AUTO_TEST_CASE(the_oldest_gives_way) {
  for (std::size_t i = 0; i < StreamWaiting::max_waiting; ++i) BOOST_TEST(!add(std::to_string(i)));
  BOOST_TEST(add("one more"));
  BOOST_TEST(waiting->size() == StreamWaiting::max_waiting);
  BOOST_TEST(failed == std::vector<std::string>{"0"});
}

BOOST_AUTO_TEST_CASE(one_that_is_destroyed_says_nothing) {
  add("bob");
  waiting.reset();
  learn({"bob"});
  settle(io);
  BOOST_TEST(io.poll() == 0u);
  BOOST_TEST(opened.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stream_waiting_test
