// The gateway between local programs and a proxy stack: two hosts at one cable, with real UDP sockets on loopback.
#include <functional>
#include <ilnp/gateway/proxy_gateway.hpp>
#include <ilnp/proxy/proxy.hpp>

#include "asio/pair.hpp"
#include "support/print.hpp"

namespace ilnp::test::proxy_gateway_test {

namespace ip = boost::asio::ip;
using Stack = Proxy<STP<ILNP<CableEnd>>>;
using Errors = std::vector<LocalError>;

struct Keep {
  Errors* errors;
  void operator()(const LocalError& error) const { errors->push_back(error); }
};
using Gateway = ProxyGateway<Stack, Keep>;

/// A program that knows UDP and nothing else.
struct Program {
  explicit Program(boost::asio::io_context& io, const ip::address& at = ip::address_v4::loopback())
      : socket(io, ip::udp::endpoint(at, 0)) {
    socket.non_blocking(true);
  }
  std::uint16_t port() const { return socket.local_endpoint().port(); }
  void send(const Gateway& to, const std::string& payload) {
    socket.send_to(boost::asio::buffer(payload), {socket.local_endpoint().address(), to.port()});
  }
  std::optional<std::string> receive() {
    std::string text(70'000, '\0');
    error_code error;
    const std::size_t size = socket.receive_from(boost::asio::buffer(text), from, 0, error);
    if (error) return std::nullopt;
    text.resize(size);
    return text;
  }
  ip::udp::socket socket;
  ip::udp::endpoint from;
};

/// A UDP port that is free, and is not handed out to anybody else soon.
std::uint16_t unused_port(boost::asio::io_context& io) { return Program(io).port(); }

struct Hosts {
  Cable cable;
  boost::asio::io_context io{1};
  Stack alice_stack{named("alice", 0xa), cable.ends[0]};
  Stack bob_stack{named("bob", 0xb), cable.ends[1]};
  Errors errors;
  ip::udp::endpoint any{ip::address_v4::loopback(), 0};
  Gateway alice{io.get_executor(), alice_stack, any, Keep{&errors}};
  Gateway bob{io.get_executor(), bob_stack, any, Keep{&errors}};
  Program at_alice{io}, at_bob{io};

  Hosts() {
    BOOST_TEST(!alice_stack.map(at_alice.port(), {"bob", at_bob.port(), false}));
    BOOST_TEST(!bob_stack.map(at_bob.port(), {"alice", at_alice.port(), false}));
    BOOST_TEST(!alice.start());
    BOOST_TEST(!bob.start());
    const auto knows = [](Gateway& gateway, const char* name) {
      return gateway.with([&](Stack& stack, auto& cx) { return stack.next_layer().resolve(name, cx); })
          .has_value();
    };
    run_until(io, [&] { return knows(alice, "bob") && knows(bob, "alice"); });
  }

  std::string receive(Program& program) {
    std::optional<std::string> got;
    run_until(io, [&] { return (got = program.receive()).has_value(); });
    return *got;
  }
};

BOOST_FIXTURE_TEST_CASE(hello_world, Hosts) {
  at_alice.send(alice, "hello,");
  BOOST_TEST(receive(at_bob) == "hello,");
  BOOST_TEST(at_bob.from.port() == bob.port());  // an answer to the sender goes back into the overlay
  at_bob.send(bob, "world");
  BOOST_TEST(receive(at_alice) == "world");
  BOOST_TEST(alice.counters().from_programs == 1u);
  BOOST_TEST(alice.counters().to_programs == 1u);
  BOOST_TEST(alice.counters().not_sent == 0u);
  BOOST_TEST(errors.empty());
}

BOOST_FIXTURE_TEST_CASE(every_size_that_fits_arrives_whole, Hosts) {
  for (const std::size_t size : {0u, 1u, 3u, 4u, 1000u, 1395u, 1396u}) {
    std::string payload(size, '\0');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7);
    at_alice.send(alice, payload);
    BOOST_TEST(receive(at_bob) == payload);
  }
}

BOOST_FIXTURE_TEST_CASE(what_does_not_fit_is_said_and_everything_goes_on, Hosts) {
  for (const std::size_t size : {1397u, 1441u, 9000u, 65507u}) {
    errors.clear();
    at_alice.send(alice, std::string(size, 'x'));
    run_until(io, [&] { return !errors.empty(); });
    BOOST_TEST(errors.front().error == Errc::message_too_long);
    BOOST_TEST(errors.front().size == size);
    BOOST_TEST(errors.front().local_port == at_alice.port());
    at_alice.send(alice, "and on");
    BOOST_TEST(receive(at_bob) == "and on");
  }
  BOOST_TEST(alice.counters().not_sent == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_port_without_a_mapping, Hosts) {
  Program stranger(io);
  stranger.send(alice, "who am I?");
  run_until(io, [&] { return !errors.empty(); });
  BOOST_TEST(errors.front().error == Errc::not_mapped);
  BOOST_TEST(errors.front().local_port == stranger.port());
}

BOOST_FIXTURE_TEST_CASE(an_unknown_host, Hosts) {
  Program other(io);
  BOOST_TEST(!alice.with([&](Stack& stack, auto&) { return stack.map(other.port(), {"carol", 1, false}); }));
  other.send(alice, "carol?");
  run_until(io, [&] { return !errors.empty(); });
  BOOST_TEST(errors.front().error == Errc::unknown_host);
}

BOOST_FIXTURE_TEST_CASE(a_hundred_at_once_arrive_in_order, Hosts) {
  constexpr int count = 90;  // what a receive buffer of the default size holds
  for (int i = 0; i < count; ++i) at_alice.send(alice, std::to_string(i));
  for (int i = 0; i < count; ++i) BOOST_TEST(receive(at_bob) == std::to_string(i));
}

BOOST_FIXTURE_TEST_CASE(a_mapping_to_the_gateway_itself_makes_no_loop, Hosts) {
  Program other(io);
  alice.with([&](Stack& stack, auto&) { BOOST_TEST(!stack.map(other.port(), {"bob", bob.port(), false})); });
  bob.with([&](Stack& stack, auto&) { BOOST_TEST(!stack.map(bob.port(), {"alice", other.port(), false})); });
  other.send(alice, "round and round");
  run_until(io, [&] { return bob.counters().to_itself == 1; });
  settle(io);
  BOOST_TEST(bob.counters().from_programs == 0u);
}

BOOST_FIXTURE_TEST_CASE(nobody_at_the_local_port_is_no_harm, Hosts) {
  at_bob.socket.close();
  for (int i = 0; i < 3; ++i) {
    at_alice.send(alice, "anybody?");
    run_until(io, [&] { return bob.counters().to_programs == static_cast<std::uint64_t>(i) + 1; });
  }
  settle(io);
  Program again(io);
  bob.with([&](Stack& stack, auto&) {
    BOOST_TEST(!stack.map(again.port(), {"alice", at_alice.port(), false}));
  });
  again.send(bob, "still there");
  BOOST_TEST(receive(at_alice).size() > 0u);
}

BOOST_FIXTURE_TEST_CASE(after_stop_nothing_is_sent, Hosts) {
  at_alice.send(alice, "too late");
  alice.stop();
  bob.stop();
  settle(io);
  BOOST_TEST(io.stopped());
  BOOST_TEST(alice.counters().from_programs == 0u);
  BOOST_TEST(!at_bob.receive().has_value());
}

BOOST_FIXTURE_TEST_CASE(a_port_in_use_is_an_error_that_names_it, Hosts) {
  const ip::udp::endpoint taken(ip::address_v4::loopback(), alice.port());
  BOOST_CHECK_EXCEPTION(
      Gateway(io.get_executor(), alice_stack, taken, Keep{&errors}), boost::system::system_error,
      [&](const auto& error) {
        return std::string(error.what()).find("127.0.0.1:" + std::to_string(alice.port())) !=
               std::string::npos;
      });
}

BOOST_FIXTURE_TEST_CASE(a_redirected_port_takes_programs_from_any_port_and_answers_the_latest, Hosts) {
  const std::uint16_t port = unused_port(io);
  alice.redirect(port);
  alice.with([&](Stack& stack, auto&) { BOOST_TEST(!stack.map(port, {"bob", at_bob.port(), false})); });
  bob.with([&](Stack& stack, auto&) { BOOST_TEST(!stack.replace(at_bob.port(), {"alice", port, false})); });
  at_bob.send(bob, "too early");
  run_until(io, [&] { return alice.counters().to_nobody == 1; });
  Program one(io), two(io);
  for (Program* program : {&one, &two, &one}) {
    const std::string request = "from " + std::to_string(program->port());
    program->socket.send_to(boost::asio::buffer(request), {ip::address_v4::loopback(), port});
    BOOST_TEST(receive(at_bob) == request);
    at_bob.send(bob, "to " + request);
    BOOST_TEST(receive(*program) == "to " + request);
    BOOST_TEST(program->from.port() == port);  // from where it was sent to: the program may have connected
  }
  BOOST_TEST(!two.receive().has_value());
  BOOST_TEST(alice.counters().from_programs == 3u);
  BOOST_TEST(alice.counters().to_programs == 4u);
  BOOST_TEST(errors.empty());
}

BOOST_FIXTURE_TEST_CASE(a_redirected_port_without_a_mapping, Hosts) {
  const std::uint16_t port = unused_port(io);
  alice.redirect(port);
  at_alice.socket.send_to(boost::asio::buffer("?", 1), {ip::address_v4::loopback(), port});
  run_until(io, [&] { return !errors.empty(); });
  BOOST_TEST(errors.front().error == Errc::not_mapped);
  BOOST_TEST(errors.front().local_port == port);
}

BOOST_FIXTURE_TEST_CASE(a_port_that_cannot_be_redirected, Hosts) {
  const auto says = [](const char* word) {
    return [word](const auto& error) { return std::string(error.what()).find(word) != std::string::npos; };
  };
  BOOST_CHECK_EXCEPTION(alice.redirect(alice.port()), boost::system::system_error, says("127.0.0.1:"));
  BOOST_CHECK_EXCEPTION(alice.redirect(0), boost::system::system_error, says("not a port"));
  std::size_t sockets = 1;
  for (; sockets < Gateway::max_sockets; ++sockets) alice.redirect(unused_port(io));
  BOOST_CHECK_EXCEPTION(alice.redirect(unused_port(io)), boost::system::system_error, says("too many"));
  at_alice.send(alice, "goes on");
  BOOST_TEST(receive(at_bob) == "goes on");
}

BOOST_FIXTURE_TEST_CASE(a_host_with_a_socket_of_its_own, Hosts) {
  // bob and alice herself are the two peers; one program of alice's speaks with both from one port, and tells them
  // apart by where their datagrams come from.
  Program here(io), there(io);
  const auto for_bob = alice.listen_for("bob", any);
  const auto for_alice = alice.listen_for("alice", any);
  alice.with([&](Stack& stack, auto&) {
    BOOST_TEST(!stack.map(here.port(), {"bob", at_bob.port(), false}));
    BOOST_TEST(!stack.map(here.port(), {"alice", there.port(), false}));
    BOOST_TEST(stack.map(here.port(), {"bob", 1, false}) == Errc::port_in_use);
    BOOST_TEST(!stack.map(there.port(), {"alice", here.port(), false}));
  });
  bob.with([&](Stack& stack, auto&) {
    BOOST_TEST(!stack.replace(at_bob.port(), {"alice", here.port(), false}));
  });
  here.socket.send_to(boost::asio::buffer("bob?", 4), for_bob);
  BOOST_TEST(receive(at_bob) == "bob?");
  here.socket.send_to(boost::asio::buffer("alice?", 6), for_alice);
  BOOST_TEST(receive(there) == "alice?");
  BOOST_TEST(there.from == for_alice);
  at_bob.send(bob, "I am bob");
  BOOST_TEST(receive(here) == "I am bob");
  BOOST_TEST(here.from == for_bob);
  there.socket.send_to(boost::asio::buffer("I am alice", 10), for_alice);
  BOOST_TEST(receive(here) == "I am alice");
  BOOST_TEST(here.from == for_alice);
  // At the first socket the port has no mapping: what would it mean?
  here.send(alice, "whom?");
  run_until(io, [&] { return !errors.empty(); });
  BOOST_TEST(errors.front().error == Errc::not_mapped);
}

BOOST_FIXTURE_TEST_CASE(a_socket_that_a_host_cannot_have, Hosts) {
  const auto is = [](const error_code& expected) {
    return [expected](const boost::system::system_error& error) { return error.code() == expected; };
  };
  const ip::udp::endpoint taken(ip::address_v4::loopback(), alice.port());
  BOOST_CHECK_EXCEPTION(alice.listen_for("bob", taken), boost::system::system_error,
                        is(boost::asio::error::address_in_use));
  BOOST_CHECK_EXCEPTION(alice.listen_for("", any), boost::system::system_error, is(Errc::invalid_host_name));
  alice.listen_for("bob", any);
  BOOST_CHECK_EXCEPTION(alice.listen_for("bob", any), boost::system::system_error, is(Errc::host_in_use));
}

BOOST_FIXTURE_TEST_CASE(answers_go_to_the_address_that_a_program_sends_from, Hosts) {
  Program elsewhere(io, ip::make_address("127.0.0.5"));
  alice.with([&](Stack& stack, auto&) {
    BOOST_TEST(!stack.map(elsewhere.port(), {"bob", at_bob.port(), false}));
  });
  bob.with([&](Stack& stack, auto&) {
    BOOST_TEST(!stack.replace(at_bob.port(), {"alice", elsewhere.port(), false}));
  });
  elsewhere.socket.send_to(boost::asio::buffer("here", 4), {ip::address_v4::loopback(), alice.port()});
  BOOST_TEST(receive(at_bob) == "here");
  at_bob.send(bob, "there");
  BOOST_TEST(receive(elsewhere) == "there");
}

BOOST_AUTO_TEST_CASE(on_all_addresses_answers_come_from_where_the_program_sends_to) {
  for (const char* all : {"0.0.0.0", "::"}) {
    const bool v6 = ip::make_address(all).is_v6();
    Cable cable;
    boost::asio::io_context io(1);
    std::optional<Program> one, two;
    try {
      one.emplace(io, v6 ? ip::make_address("::1") : ip::make_address("127.0.0.1"));
      two.emplace(io, v6 ? ip::make_address("::1") : ip::make_address("127.0.0.3"));
    } catch (const boost::system::system_error&) {
      continue;  // a machine without IPv6
    }
    Stack stack(named("alice", 0xa), cable.ends[0]);
    Errors errors;
    Gateway gateway(io.get_executor(), stack, {ip::make_address(all), 0}, Keep{&errors});
    BOOST_TEST(!stack.map(one->port(), {"alice", two->port(), false}));  // a node may talk to itself
    BOOST_TEST(!stack.map(two->port(), {"alice", one->port(), false}));
    BOOST_TEST(!gateway.start());
    // Connected, as many programs are, they take answers only from there.
    const ip::udp::endpoint at_one(ip::make_address(v6 ? "::1" : "127.0.0.2"), gateway.port());
    const ip::udp::endpoint at_two(ip::make_address(v6 ? "::1" : "127.0.0.4"), gateway.port());
    two->socket.connect(at_two);
    two->socket.send(boost::asio::buffer("at first", 8));
    std::optional<std::string> got;
    run_until(io, [&] { return (got = one->receive()).has_value(); });  // on the loopback address
    one->socket.connect(at_one);
    one->socket.send(boost::asio::buffer("question", 8));
    run_until(io, [&] { return (got = two->receive()).has_value(); });
    BOOST_TEST(*got == "question");
    BOOST_TEST(two->from == at_two);
    two->socket.send(boost::asio::buffer("answer", 6));
    run_until(io, [&] { return (got = one->receive()).has_value(); });
    BOOST_TEST(*got == "answer");
    BOOST_TEST(one->from == at_one);
    BOOST_TEST(gateway.counters().from_elsewhere == 0u);
    BOOST_TEST(errors.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_redirected_port_on_all_addresses) {
  Cable cable;
  boost::asio::io_context io(1);
  Stack stack(named("alice", 0xa), cable.ends[0]);
  Errors errors;
  Gateway gateway(io.get_executor(), stack, {ip::address_v4::any(), 0}, Keep{&errors});
  const std::uint16_t port = unused_port(io);
  gateway.redirect(port);
  Program one(io), two(io);
  BOOST_TEST(!stack.map(port, {"alice", two.port(), false}));
  BOOST_TEST(!stack.map(two.port(), {"alice", port, false}));
  BOOST_TEST(!gateway.start());
  one.socket.connect({ip::make_address("127.0.0.9"), port});
  one.socket.send(boost::asio::buffer("question", 8));
  std::optional<std::string> got;
  run_until(io, [&] { return (got = two.receive()).has_value(); });
  two.socket.send_to(boost::asio::buffer("answer", 6), {ip::address_v4::loopback(), gateway.port()});
  run_until(io, [&] { return (got = one.receive()).has_value(); });
  BOOST_TEST(*got == "answer");
}

/// Does as the test wants with each error.
struct Act {
  std::function<void()>* act;
  void operator()(const LocalError&) const { (*act)(); }
};

struct Acting {
  Cable cable;
  boost::asio::io_context io{1};
  Stack stack{named("alice", 0xa), cable.ends[0]};
  std::function<void()> act = [] {};
  ProxyGateway<Stack, Act> gateway{io.get_executor(), stack, {ip::address_v4::loopback(), 0}, Act{&act}};
  Program program{io};
  int errors = 0;

  Acting() { BOOST_TEST(!gateway.start()); }
  void send(int count) {  // which is not mapped
    for (int i = 0; i < count; ++i)
      program.socket.send_to(boost::asio::buffer("x", 1), {ip::address_v4::loopback(), gateway.port()});
  }
};

BOOST_FIXTURE_TEST_CASE(stopped_from_within_a_call_it_sends_no_more, Acting) {
  act = [&] {
    ++errors;
    gateway.stop();
  };
  send(3);
  run_until(io, [&] { return errors != 0; });
  settle(io);
  BOOST_TEST(errors == 1);
  BOOST_TEST(!gateway.start());  // and goes on
  send(1);
  run_until(io, [&] { return errors == 2; });
}

BOOST_FIXTURE_TEST_CASE(an_exception_leaves_and_it_goes_on, Acting) {
  act = [&] {
    ++errors;
    throw std::runtime_error("no");
  };
  send(1);
  BOOST_CHECK_THROW(run_until(io, [&] { return errors == 2; }), std::runtime_error);
  BOOST_TEST(errors == 1);
  send(1);
  BOOST_CHECK_THROW(run_until(io, [&] { return errors == 3; }), std::runtime_error);
  BOOST_TEST(errors == 2);
}

BOOST_AUTO_TEST_CASE(programs_that_speak_ipv6) {
  Cable cable;
  boost::asio::io_context io(1);
  {
    error_code error;
    ip::udp::socket probe(io, ip::udp::v6());
    probe.bind({ip::address_v6::loopback(), 0}, error);
    if (error) return;  // a machine without it
  }
  Stack stack(named("alice", 0xa), cable.ends[0]);
  Errors errors;
  Gateway gateway(io.get_executor(), stack, {ip::address_v6::loopback(), 0}, Keep{&errors});
  Program one(io, ip::address_v6::loopback()), two(io, ip::address_v6::loopback());
  BOOST_TEST(!stack.map(one.port(), {"alice", two.port(), false}));  // a node may talk to itself
  BOOST_TEST(!stack.map(two.port(), {"alice", one.port(), false}));
  BOOST_TEST(!gateway.start());
  one.send(gateway, "by IPv6");
  std::optional<std::string> got;
  run_until(io, [&] { return (got = two.receive()).has_value(); });
  BOOST_TEST(*got == "by IPv6");
}

}  // namespace ilnp::test::proxy_gateway_test
