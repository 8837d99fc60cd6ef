#include "ilnp/gateway/names/name_resolver.hpp"

#include "name_server.hpp"

namespace ilnp::test::name_resolver_test {

struct Fixture {
  Fixture() {
    server.silent = {"silent.test"};
    server.known["host.test"] = {boost::asio::ip::make_address("192.0.2.1")};
  }
  /// Looks a name up for `peer`; the outcome comes into `outcomes`.
  result<NameResolver::Id> ask(std::uint64_t peer, const char* name) {
    const std::size_t number = outcomes.size();
    outcomes.emplace_back();
    return resolver.look_up(
        Nid(peer), name, [](const auto&) {},
        [this, number](const error_code& error) { outcomes[number] = error; });
  }
  boost::asio::io_context io;
  NameServer server{io};
  std::vector<std::optional<error_code>> outcomes;
  NameResolver resolver{io.get_executor(), {server.text(), std::chrono::seconds(30), 1}};
};

BOOST_FIXTURE_TEST_SUITE(name_resolvers, Fixture)

BOOST_AUTO_TEST_CASE(a_name_that_is_never_answered_holds_up_no_other) {
  for (int i = 0; i < 10; ++i) BOOST_TEST(ask(1, "silent.test").has_value());
  BOOST_TEST(ask(1, "host.test").has_value());
  run_until(io, [&] { return outcomes.back().has_value(); });
  BOOST_TEST(!*outcomes.back());
  BOOST_TEST(!outcomes.front());
  BOOST_TEST(resolver.size() == 10u);
}

BOOST_AUTO_TEST_CASE(a_peer_has_its_share_and_no_more) {
  std::vector<NameResolver::Id> ids;
  for (std::size_t i = 0; i < NameResolver::max_of_one; ++i) ids.push_back(*ask(1, "silent.test"));
  BOOST_TEST(ask(1, "host.test").error() == Errc::queue_full);
  BOOST_TEST(ask(2, "host.test").has_value());
  resolver.cancel(ids[5]);
  resolver.cancel(ids[5]);
  BOOST_TEST(resolver.count_of(Nid(1)) == NameResolver::max_of_one - 1);
  BOOST_TEST(ask(1, "host.test").has_value());
  run_until(io, [&] { return outcomes.back().has_value(); });
  BOOST_TEST(!*outcomes.back());
  BOOST_TEST(!outcomes[5]);  // it was cancelled
}

BOOST_AUTO_TEST_CASE(the_oldest_of_who_has_most_gives_way) {
  BOOST_TEST(ask(99, "silent.test").has_value());
  std::uint64_t peer = 1;
  while (resolver.size() < NameResolver::max_lookups) {
    if (resolver.count_of(Nid(peer)) == NameResolver::max_of_one) ++peer;
    BOOST_TEST_REQUIRE(ask(peer, "silent.test").has_value());
    if (resolver.size() % 32 == 0) settle(io);  // or the server's queue overflows
  }
  BOOST_TEST(ask(98, "host.test").has_value());
  BOOST_TEST(resolver.size() == NameResolver::max_lookups);
  run_until(io, [&] { return outcomes.back().has_value(); });
  BOOST_TEST(!*outcomes.back());
  BOOST_TEST(!outcomes[0]);  // its peer has only this one
  BOOST_TEST_REQUIRE(outcomes[1].has_value());
  BOOST_TEST(*outcomes[1] == Errc::queue_full);
  BOOST_TEST(!outcomes[2]);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_CASE(one_that_is_destroyed_says_nothing) {
  boost::asio::io_context io;
  NameServer server(io);
  server.silent = {"silent.test"};
  {
    NameResolver resolver(io.get_executor(), {server.text()});
    BOOST_TEST(
        resolver
            .look_up(
                Nid(1), "silent.test", [](const auto&) {}, [](const error_code&) { BOOST_ERROR("told"); })
            .has_value());
    run_until(io, [&] { return !server.asked.empty(); });
  }
  settle(io);
}

}  // namespace ilnp::test::name_resolver_test
