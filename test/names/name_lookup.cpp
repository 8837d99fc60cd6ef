#include "ilnp/gateway/names/name_lookup.hpp"

#include <memory>
#include <set>

#include <fcntl.h>
#include <sys/resource.h>

#include "name_server.hpp"
#include "support/print.hpp"

namespace ilnp::test::name_lookup_test {

struct Lookup {
  Lookup(boost::asio::io_context& io, const std::string& name, const NameServer& server, int tries = 3)
      : lookup(std::make_shared<NameLookup>(io.get_executor())) {
    const NameLookupConfig config{server.text(), std::chrono::milliseconds(100), tries};
    lookup->start(
        name, config,
        [this](const NameLookup::Addresses& addresses) {
          BOOST_TEST(!outcome);
          for (const auto& each : addresses) found.insert(each.to_string());
        },
        [this](const error_code& error) {
          BOOST_TEST(!outcome);
          outcome = error;
        });
    BOOST_TEST(!outcome);
  }
  std::shared_ptr<NameLookup> lookup;
  std::set<std::string> found;
  std::optional<error_code> outcome;
};

std::size_t descriptors() {
  std::size_t count = 0;
  for (int each = 0; each < 1024; ++each) count += ::fcntl(each, F_GETFD) >= 0;
  return count;
}

struct Fixture {
  boost::asio::io_context io;
  NameServer server{io};
  void finish(Lookup& lookup) {
    run_until(io, [&] { return lookup.outcome.has_value(); });
  }
};

BOOST_FIXTURE_TEST_SUITE(name_lookups, Fixture)

BOOST_AUTO_TEST_CASE(both_families_are_found) {
  server.known["host.test"] = {boost::asio::ip::make_address("192.0.2.1"),
                               boost::asio::ip::make_address("192.0.2.2"),
                               boost::asio::ip::make_address("2001:db8::1")};
  server.known["host4.test"] = {boost::asio::ip::make_address("192.0.2.4")};
  for (const char* name : {"host.test", "host.test."}) {
    Lookup lookup(io, name, server);
    finish(lookup);
    BOOST_TEST(!*lookup.outcome);
    BOOST_TEST((lookup.found == std::set<std::string>{"192.0.2.1", "192.0.2.2", "2001:db8::1"}));
  }
  Lookup only_v4(io, "host4.test", server);
  finish(only_v4);
  BOOST_TEST(!*only_v4.outcome);
  BOOST_TEST(only_v4.found == std::set<std::string>{"192.0.2.4"});
}

BOOST_AUTO_TEST_CASE(what_does_not_exist_and_what_is_not_answered) {
  server.silent = {"silent.test"};
  Lookup nothing(io, "nothing.test", server), silent(io, "silent.test", server, 1);
  finish(nothing);
  BOOST_TEST(*nothing.outcome == Errc::unknown_host);
  finish(silent);
  BOOST_TEST(*silent.outcome == boost::asio::error::timed_out);
}

BOOST_AUTO_TEST_CASE(a_server_that_does_not_answer_for_one_family_does_not_hold_up_the_other) {
  server.known["host.test"] = {boost::asio::ip::make_address("192.0.2.1")};
  server.silent_types = {28};
  Lookup lookup(io, "host.test", server);
  run_until(io, [&] { return !lookup.found.empty(); });
  BOOST_TEST(!lookup.outcome);
  finish(lookup);
  BOOST_TEST(!*lookup.outcome);
}

BOOST_AUTO_TEST_CASE(localhost_is_asked_of_nobody) {
  for (const char* name : {"localhost", "LocalHost.", "a.localhost"}) {
    Lookup lookup(io, name, server);
    finish(lookup);
    BOOST_TEST(!*lookup.outcome, name);
    for (const auto& address : lookup.found)
      BOOST_TEST(boost::asio::ip::make_address(address).is_loopback(), address);
  }
  BOOST_TEST(server.asked.empty());
}

BOOST_AUTO_TEST_CASE(one_that_is_abandoned_leaves_nothing) {
  server.silent = {"silent.test"};
  const std::size_t before = descriptors();
  for (const bool destroy : {false, true}) {
    Lookup lookup(io, "silent.test", server);
    run_until(io, [&] { return server.asked.size() >= 2; });
    BOOST_TEST(descriptors() > before);
    destroy ? lookup.lookup.reset() : lookup.lookup->cancel();
    BOOST_TEST(descriptors() == before);
    settle(io);
    BOOST_TEST(!lookup.outcome);
    server.asked.clear();
  }
}

BOOST_AUTO_TEST_CASE(without_a_descriptor_it_fails_at_once) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  ::setrlimit(RLIMIT_NOFILE, &none);
  Lookup lookup(io, "host.test", server);
  finish(lookup);
  ::setrlimit(RLIMIT_NOFILE, &before);
  BOOST_TEST(!!*lookup.outcome);
}

BOOST_AUTO_TEST_CASE(odd_names_do_no_harm) {
  for (const std::string& name :
       {std::string(255, 'x'), std::string("a..b"), std::string("."), std::string("\\"), std::string("a b"),
        std::string("127.1"), std::string("\xc3\xa4.test")}) {
    Lookup lookup(io, name, server, 1);
    finish(lookup);
    BOOST_TEST(!!*lookup.outcome, name);
  }
}

BOOST_AUTO_TEST_CASE(a_name_that_is_written_with_escapes_is_asked_of_nobody) {
  for (const char* name :
       {"bob.iln\\p", "bob.\\105lnp", "bob\\.ilnp", "bob.ilnp\\.", "bob/ilnp", "bob ilnp", ""}) {
    Lookup lookup(io, name, server, 1);
    finish(lookup);
    BOOST_TEST(*lookup.outcome == Errc::unknown_host, name);
  }
  BOOST_TEST(server.asked.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::name_lookup_test
