// Running a stack: readiness, deadlines, batches, and the end.
#include <fcntl.h>
#include <time.h>

#include "pair.hpp"

namespace ilnp::test::node_test {

using Stack = STP<ILNP<CableEnd>>;
using Received = std::vector<std::pair<std::uint16_t, std::string>>;

struct Nodes {
  Cable cable;
  boost::asio::io_context io{1};
  Stack alice{named("alice", 0xa), cable.ends[0]};
  Stack bob{named("bob", 0xb), cable.ends[1]};
  Received at_alice, at_bob;
};

auto into(Received& received) {
  return
      [&](const DatagramSource& source, Bytes payload) { received.emplace_back(source.port, text(payload)); };
}

BOOST_FIXTURE_TEST_CASE(datagrams_pass_between_two_nodes, Nodes) {
  Node one(io.get_executor(), alice, into(at_alice));
  Node two(io.get_executor(), bob, into(at_bob));
  alice.bind(1);
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  // The timers run: the nodes hear of each other.
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  const auto error =
      one.with([](Stack& stack, auto& cx) { return stack.send(1, Nid(0xb), 2, as_bytes("hello,"), cx); });
  BOOST_TEST(!error);
  run_until(io, [&] { return !at_bob.empty(); });
  BOOST_TEST((at_bob == Received{{1, "hello,"}}));
  BOOST_TEST(&one.stack() == &alice);
}

/// Answers from within the call, with octets that are gone when the call is over.
struct Answer {
  Node<Stack, Answer>** node;
  void operator()(const DatagramSource& source, Bytes payload) const {
    std::string answer = "re: " + text(payload);
    (*node)->with(
        [&](Stack& stack, auto& cx) { return stack.send(2, source.nid, source.port, as_bytes(answer), cx); });
    answer.assign(answer.size(), '!');
  }
};

BOOST_FIXTURE_TEST_CASE(an_answer_from_within_the_call_is_whole, Nodes) {
  Node one(io.get_executor(), alice, into(at_alice));
  Node<Stack, Answer>* self = nullptr;
  Node<Stack, Answer> two(io.get_executor(), bob, Answer{&self});
  self = &two;
  alice.bind(1);
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  one.with([](Stack& stack, auto& cx) {
    for (const char* words : {"one", "two", "three"}) stack.send(1, Nid(0xb), 2, as_bytes(words), cx);
  });
  run_until(io, [&] { return at_alice.size() == 3; });
  BOOST_TEST((at_alice == Received{{2, "re: one"}, {2, "re: two"}, {2, "re: three"}}));
}

/// Collects until the end of the batch: borrowed octets live as long.
struct Collect {
  std::vector<Bytes>* borrowed;
  std::vector<std::string>* copied;
  void operator()(const DatagramSource&, Bytes payload) const { borrowed->push_back(payload); }
  void flush() const {
    for (const Bytes octets : *borrowed) copied->push_back(text(octets));
    borrowed->clear();
  }
};

BOOST_FIXTURE_TEST_CASE(what_is_borrowed_lives_until_the_end_of_the_batch, Nodes) {
  std::vector<Bytes> borrowed;
  std::vector<std::string> copied;
  Node one(io.get_executor(), alice, into(at_alice));
  Node two(io.get_executor(), bob, Collect{&borrowed, &copied});
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  one.with([](Stack& stack, auto& cx) { stack.send(1, Nid(0xb), 2, as_bytes("lent"), cx); });
  run_until(io, [&] { return !copied.empty(); });
  BOOST_TEST(copied.front() == "lent");
}

BOOST_FIXTURE_TEST_CASE(a_datagram_to_itself_comes_by_the_timer, Nodes) {
  Node one(io.get_executor(), alice, into(at_alice));
  alice.bind(1);
  BOOST_TEST(!one.start());
  one.with([](Stack& stack, auto& cx) { stack.send(1, Nid(0xa), 1, as_bytes("myself"), cx); });
  run_until(io, [&] { return !at_alice.empty(); });
  BOOST_TEST(at_alice.front().second == "myself");
}

BOOST_FIXTURE_TEST_CASE(after_stop_nothing_runs, Nodes) {
  Node one(io.get_executor(), alice, into(at_alice));
  Node two(io.get_executor(), bob, into(at_bob));
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  one.with([](Stack& stack, auto& cx) { stack.send(1, Nid(0xb), 2, as_bytes("too late"), cx); });
  io.restart();
  two.stop();  // the datagram waits at its descriptor, and a handler may be on its way
  one.stop();
  io.run_for(std::chrono::seconds(5));
  BOOST_TEST(io.stopped());  // there was nothing left to wait for
  BOOST_TEST(at_bob.empty());
  for (const int end : cable.ends) BOOST_TEST(::fcntl(end, F_GETFD) >= 0);  // still the underlay's
  two.stop();                                                               // and again does no harm
}

BOOST_FIXTURE_TEST_CASE(stopping_from_within_the_call, Nodes) {
  Node one(io.get_executor(), alice, into(at_alice));
  std::function<void()> stop;
  Node two(io.get_executor(), bob, [&](const DatagramSource&, Bytes payload) {
    at_bob.emplace_back(0, text(payload));
    stop();
  });
  stop = [&] { two.stop(); };
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  for (int i = 0; i < 3; ++i)
    one.with([](Stack& stack, auto& cx) { stack.send(1, Nid(0xb), 2, as_bytes("x"), cx); });
  run_until(io, [&] { return !at_bob.empty(); });
  settle(io);
  BOOST_TEST(at_bob.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_locator_that_cannot_be_joined_is_an_error_of_start) {
  Cable cable;
  boost::asio::io_context io(1);
  Stack stack(named("alice", 0xa, CableEnd::refused), cable.ends[0]);
  Node node(io.get_executor(), stack, [](const auto&...) {});
  BOOST_TEST((node.start() == Errc::not_joined));
  BOOST_TEST(io.run_for(std::chrono::seconds(5)) < 5u);
  BOOST_TEST(io.stopped());
}

BOOST_AUTO_TEST_CASE(seeds_and_secrets_differ) {
  BOOST_TEST(random_seed() != random_seed());
  BOOST_TEST(system_secret() != system_secret());
}

BOOST_AUTO_TEST_CASE(the_clock_goes_on_while_the_machine_sleeps) {
  const auto boot_time = [] {
    timespec time{};
    BOOST_TEST(::clock_gettime(CLOCK_BOOTTIME, &time) == 0);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const auto before = boot_time();
  const Duration now = steady_now().time_since_epoch();
  BOOST_TEST((before <= now && now <= boot_time()));
}

/// The clock of a machine that can be sent to sleep.
struct SleepClock {
  static inline Duration slept{};
  static TimePoint now() noexcept { return steady_now() + slept; }
};

BOOST_FIXTURE_TEST_CASE(after_sleep_what_waited_is_old_and_the_node_asks_again, Nodes) {
  const auto nothing = [](const auto&...) {};
  Node<Stack, decltype(nothing), NoObserver, SleepClock> one(io.get_executor(), alice, nothing);
  Node two(io.get_executor(), bob, into(at_bob));
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  const auto& counters = alice.next_layer().counters();
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  settle(io);
  const auto solicited = counters.solicitations_sent;
  // bob asks; what it says waits while alice sleeps, in the middle of all that it does.
  two.with([&](Stack& stack, auto& cx) {
    network_layer(stack).caught_up(cx);  // for that makes it ask at once
    network_layer(stack).on_timer(cx, nothing);
  });
  SleepClock::slept += std::chrono::seconds(20);
  // The first thing afterwards is that a program sends: by then, bob's place is in doubt.
  BOOST_TEST(!one.with([](Stack& stack, auto& cx) { return stack.send(1, Nid(0xb), 2, as_bytes("x"), cx); }));
  run_until(io, [&] { return counters.solicitations_sent > solicited && !at_bob.empty(); });
  BOOST_TEST(counters.of(Drop::discovery_stale) >= 1U);
  // Nothing is due for long, and nobody sends: sleep is noticed all the same.
  SleepClock::slept += std::chrono::seconds(20);
  const auto again = counters.solicitations_sent;
  run_until(io, [&] { return counters.solicitations_sent > again; });
}

}  // namespace ilnp::test::node_test
