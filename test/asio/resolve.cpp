#include "ilnp/asio/resolve.hpp"

#include <map>
#include <memory>

#include "pair.hpp"
#include "support/print.hpp"

namespace ilnp::test::resolve_test {

/// What the operation sees of a socket.
struct Socket {
  explicit Socket(const boost::asio::any_io_executor& on) : executor(on) {}
  bool usable() const { return open; }
  NameEvent& names() { return event; }
  result<Nid> resolve(std::string_view name) {
    ++looked;
    if (error) return error;
    const auto found = known.find(name);
    return found == known.end() ? result<Nid>(Errc::unknown_host) : found->second;
  }
  boost::asio::any_io_executor executor;
  bool open = true;
  unsigned cancels = 0;
  NameEvent event;
  std::map<std::string, Nid, std::less<>> known;
  error_code error;
  int looked = 0;
};

struct Fixture {
  boost::asio::io_context io;
  std::shared_ptr<Socket> socket = std::make_shared<Socket>(io.get_executor());
  std::optional<std::pair<error_code, Nid>> outcome;

  void begin(std::string name) {
    outcome.reset();
    async_operation<void(error_code, Nid)>(
        io.get_executor(), Resolve<Socket>(socket, std::move(name)),
        [this](error_code error, Nid nid) { outcome = std::pair(error, nid); });
    settle(io);
  }
};

BOOST_FIXTURE_TEST_CASE(one_look_at_the_beginning_and_one_for_each_event, Fixture) {
  begin("bob");
  BOOST_TEST(socket->looked == 1);
  socket->event.raise();
  settle(io);
  BOOST_TEST(socket->looked == 2);
  BOOST_TEST(!outcome.has_value());
  socket->known["bob"] = Nid(0xb);
  socket->event.raise();
  settle(io);
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST(!outcome->first);
  BOOST_TEST(outcome->second == Nid(0xb));
  BOOST_TEST(socket->event.waiting() == 0u);
  begin("bob");
  BOOST_TEST(outcome.has_value());
}

BOOST_FIXTURE_TEST_CASE(how_it_ends_otherwise, Fixture) {
  begin("bob");
  ++socket->cancels;
  socket->event.raise();
  settle(io);
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST(outcome->first == boost::asio::error::operation_aborted);
  begin("bob");
  socket->open = false;
  socket->event.raise();
  settle(io);
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST(outcome->first == boost::asio::error::operation_aborted);
  socket->open = true;
  socket->error = Errc::no_route;
  begin("bob");
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST(outcome->first == Errc::no_route);
  socket = nullptr;
  begin("bob");
  BOOST_TEST_REQUIRE(outcome.has_value());
  BOOST_TEST(outcome->first == boost::asio::error::bad_descriptor);
}

// A solicitation may be lost.
BOOST_FIXTURE_TEST_CASE(it_is_asked_for_again, Fixture) {
  begin("bob");
  run_until(io, [&] { return socket->looked == 2; });
  BOOST_TEST(!outcome.has_value());
}

}  // namespace ilnp::test::resolve_test
