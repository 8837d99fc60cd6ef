#include "ilnp/gateway/stream_listener.hpp"

#include <memory>

#include <sys/resource.h>

#include "streams.hpp"

namespace ilnp::test::stream_listener_test {

/// While it lives, this process gets no more descriptors.
struct NoDescriptors {
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

struct Fixture {
  Fixture() { listener->start(); }
  std::size_t wait_for(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    std::size_t handlers = 0;
    while (std::chrono::steady_clock::now() < end) handlers += io.run_for(std::chrono::milliseconds(5));
    return handlers;
  }
  boost::asio::io_context io;
  ReserveDescriptor reserve;
  std::vector<tcp::socket> taken;
  int turned_away = 0;
  bool throws = false;  // what is called next
  std::vector<StreamListenerPaused> said;
  std::shared_ptr<StreamListener> listener = std::make_shared<StreamListener>(
      io.get_executor(), tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0), reserve,
      StreamListener::Calls{[this](tcp::socket socket) {
                              if (std::exchange(throws, false)) throw std::runtime_error("taken");
                              taken.push_back(std::move(socket));
                            },
                            [this] { ++turned_away; },
                            [this](const StreamListenerPaused& paused) {
                              said.push_back(paused);
                              if (std::exchange(throws, false)) throw std::runtime_error("paused");
                            }});
  tcp::endpoint at{boost::asio::ip::address_v4::loopback(), listener->port()};
};

BOOST_FIXTURE_TEST_SUITE(stream_listeners, Fixture)

BOOST_AUTO_TEST_CASE(connections_are_taken) {
  tcp::socket one(io), two(io);
  one.connect(at);
  two.connect(at);
  run_until(io, [&] { return taken.size() == 2; });
  BOOST_TEST(said.empty());
  BOOST_CHECK_THROW(std::make_shared<StreamListener>(io.get_executor(), at, reserve, StreamListener::Calls{}),
                    boost::system::system_error);
}

BOOST_AUTO_TEST_CASE(without_any_descriptor_the_port_pauses) {
  tcp::socket one(io, tcp::v4());
  reserve.give();
  {
    const NoDescriptors none;
    one.connect(at);
    run_until(io, [&] { return listener->paused(); });
    // The connection waits, and the port asks for it ten times a second, not all the time.
    BOOST_TEST(wait_for(std::chrono::milliseconds(500)) <= 20u);
    BOOST_TEST(taken.empty());
    BOOST_TEST_REQUIRE(said.size() == 1u);
    BOOST_TEST(said[0].error == boost::asio::error::no_descriptors);
    BOOST_TEST(said[0].port == at.port());
  }
  listener->resume();
  settle(io);
  run_until(io, [&] { return taken.size() == 1; });
  BOOST_TEST_REQUIRE(said.size() == 2u);
  BOOST_TEST(!said[1].error);
  BOOST_TEST(reserve.held());  // again
  BOOST_TEST(!listener->paused());
}

BOOST_AUTO_TEST_CASE(it_takes_connections_after_an_exception) {
  tcp::socket one(io), two(io), three(io, tcp::v4());
  throws = true;
  one.connect(at);
  BOOST_CHECK_THROW(run_until(io, [&] { return !taken.empty(); }), std::runtime_error);
  two.connect(at);
  run_until(io, [&] { return taken.size() == 1; });
  reserve.give();
  {
    const NoDescriptors none;
    throws = true;
    three.connect(at);
    BOOST_CHECK_THROW(run_until(io, [&] { return !throws; }), std::runtime_error);
  }
  run_until(io, [&] { return taken.size() == 2; });
}

BOOST_AUTO_TEST_CASE(with_the_reserve_who_waits_is_turned_away) {
  std::vector<tcp::socket> programs;
  for (int i = 0; i < 3; ++i) programs.emplace_back(io, tcp::v4());
  // As many descriptors as there are now.
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  std::vector<int> all;
  rlimit few = before;
  few.rlim_cur = 256;
  ::setrlimit(RLIMIT_NOFILE, &few);
  for (int next; (next = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) all.push_back(next);
  for (auto& program : programs) {
    program.connect(at);
    BOOST_TEST(ending(io, program) == boost::asio::error::connection_reset);
  }
  BOOST_TEST(turned_away == 3);
  BOOST_TEST(reserve.held());
  BOOST_TEST(said.empty());
  for (const int each : all) ::close(each);
  ::setrlimit(RLIMIT_NOFILE, &before);
  tcp::socket program(io);
  program.connect(at);
  run_until(io, [&] { return taken.size() == 1; });
}

BOOST_AUTO_TEST_CASE(one_that_is_gone_takes_nothing) {
  tcp::socket one(io);
  one.connect(at);
  listener.reset();
  settle(io);
  BOOST_TEST(taken.empty());
  BOOST_TEST(ending(io, one) == boost::asio::error::connection_reset);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stream_listener_test
