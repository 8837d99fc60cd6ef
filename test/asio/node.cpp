// Running a stack: readiness, deadlines, batches, and the end.
#include <fcntl.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime is of POSIX

#include <functional>

#include "ilnp/base/stack.hpp"
#include "pair.hpp"
#include "support/print.hpp"

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

struct Into {
  Received* received;
  void operator()(const DatagramSource& source, Bytes payload) const {
    received->emplace_back(source.port, text(payload));
  }
};
Into into(Received& received) { return {&received}; }

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
    const int batches = lowest_layer((*node)->stack()).batches;
    (*node)->with(
        [&](Stack& stack, auto& cx) { return stack.send(2, source.nid, source.port, as_bytes(answer), cx); });
    BOOST_TEST(lowest_layer((*node)->stack()).batches == batches);  // this one goes on
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

/// Looks at what it got after a call from within.
struct LookLater {
  Node<Stack, LookLater>** node;
  std::vector<std::string>* got;
  void operator()(const DatagramSource&, Bytes payload) const {
    (*node)->with([](Stack&, auto&) {});
    got->push_back(text(payload));
  }
};

BOOST_FIXTURE_TEST_CASE(a_call_from_within_does_not_end_what_is_lent, Nodes) {
  std::vector<std::string> got;
  Node one(io.get_executor(), alice, into(at_alice));
  Node<Stack, LookLater>* self = nullptr;
  Node<Stack, LookLater> two(io.get_executor(), bob, LookLater{&self, &got});
  self = &two;
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  // What a node sends to itself is a layer's own memory; what comes from others, the underlay's.
  two.with([](Stack& stack, auto& cx) { stack.send(1, Nid(0xb), 2, as_bytes("to myself"), cx); });
  run_until(io, [&] { return got.size() == 1; });
  one.with([](Stack& stack, auto& cx) { stack.send(1, Nid(0xb), 2, as_bytes("to another"), cx); });
  run_until(io, [&] { return got.size() == 2; });
  BOOST_TEST((got == std::vector<std::string>{"to myself", "to another"}));
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

/// Runs until `condition` holds, through exceptions; what they said.
template <class Condition>
std::vector<std::string> run_through(boost::asio::io_context& io, Condition&& condition) {
  std::vector<std::string> thrown;
  for (bool done = false; !done;) {
    try {
      run_until(io, condition);
      done = true;
    } catch (const std::runtime_error& error) {
      thrown.emplace_back(error.what());
    }
  }
  return thrown;
}

/// bob, whose `up` is as the test wants it, and alice, who knows him.
struct Listening : Nodes {
  using Up = std::function<void(const std::string&)>;
  struct Call {
    Up* up;
    void operator()(const DatagramSource&, Bytes payload) const { (*up)(text(payload)); }
  };
  std::vector<std::string> heard;
  Up up = [](const std::string&) {};
  Node<Stack, Into> one{io.get_executor(), alice, into(at_alice)};
  Node<Stack, Call> two{io.get_executor(), bob, Call{&up}};

  Listening() {
    bob.bind(2);
    BOOST_TEST(!one.start());
    BOOST_TEST(!two.start());
    run_until(io, [&] {
      return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
    });
    settle(io);
  }
  void say(std::initializer_list<const char*> all) {
    one.with([&](Stack& stack, auto& cx) {
      for (const char* words : all) BOOST_TEST(!stack.send(1, Nid(0xb), 2, as_bytes(words), cx));
    });
  }
};

BOOST_FIXTURE_TEST_CASE(stopping_from_within_the_call, Listening) {
  up = [&](const std::string& words) {
    heard.push_back(words);
    two.stop();
  };
  say({"one", "two", "three"});  // received as one batch
  run_until(io, [&] { return !heard.empty(); });
  settle(io);
  BOOST_TEST(heard.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(stopping_from_within_the_timer, Listening) {
  up = [&](const std::string& words) {
    heard.push_back(words);
    two.stop();
  };
  two.with([](Stack& stack, auto& cx) {
    for (const char* words : {"one", "two"}) BOOST_TEST(!stack.send(1, Nid(0xb), 2, as_bytes(words), cx));
  });
  run_until(io, [&] { return !heard.empty(); });
  settle(io);
  BOOST_TEST(heard.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(what_was_stopped_starts_again, Listening) {
  up = [&](const std::string& words) { heard.push_back(words); };
  two.stop();
  say({"while it rests"});
  settle(io);
  BOOST_TEST(heard.empty());
  BOOST_TEST(!two.start());
  say({"and on"});
  run_until(io, [&] { return heard.size() == 2; });
  BOOST_TEST(heard.back() == "and on");
  BOOST_TEST(bob.next_layer().interfaces().all().size() == 1u);  // it has not joined twice
}

BOOST_FIXTURE_TEST_CASE(stopping_and_starting_from_within_the_call, Listening) {
  up = [&](const std::string& words) {
    heard.push_back(words);
    if (words != "one") return;
    two.stop();
    BOOST_TEST(!two.start());
  };
  say({"one", "two"});
  run_until(io, [&] { return !heard.empty(); });
  say({"three"});
  run_until(io, [&] { return heard.back() == "three"; });
  BOOST_TEST(heard.size() == 2u);  // the rest of the batch belonged to what was stopped
}

BOOST_FIXTURE_TEST_CASE(an_exception_leaves_and_all_goes_on, Listening) {
  up = [&](const std::string& words) {
    heard.push_back(words);
    if (words.starts_with("bad")) throw std::runtime_error(words);
  };
  say({"bad", "good", "bad as well"});
  auto thrown = run_through(io, [&] { return heard.size() == 3; });
  say({"better"});
  for (const auto& late : run_through(io, [&] { return heard.size() == 4; })) thrown.push_back(late);
  BOOST_TEST(thrown == std::vector<std::string>{"bad"});  // the first of the batch
  BOOST_TEST(heard.back() == "better");
}

BOOST_FIXTURE_TEST_CASE(an_exception_out_of_the_timer_leaves_and_all_goes_on, Listening) {
  up = [&](const std::string& words) {
    heard.push_back(words);
    if (words == "bad") throw std::runtime_error(words);
  };
  const auto to_itself = [&](const char* words) {
    two.with([&](Stack& stack, auto& cx) { BOOST_TEST(!stack.send(1, Nid(0xb), 2, as_bytes(words), cx)); });
  };
  to_itself("bad");
  to_itself("good");
  auto thrown = run_through(io, [&] { return heard.size() == 2; });
  to_itself("later");
  for (const auto& late : run_through(io, [&] { return heard.size() == 3; })) thrown.push_back(late);
  BOOST_TEST(thrown == std::vector<std::string>{"bad"});
}

BOOST_FIXTURE_TEST_CASE(an_exception_within_with_ends_the_batch, Listening) {
  up = [&](const std::string& words) { heard.push_back(words); };
  const auto send_and_throw = [](Stack& stack, auto& cx) {
    BOOST_TEST(!stack.send(1, Nid(0xb), 2, as_bytes("sent all the same"), cx));
    throw std::runtime_error("within");
  };
  BOOST_CHECK_THROW(one.with(send_and_throw), std::runtime_error);
  run_until(io, [&] { return heard.size() == 1; });
  say({"next"});
  run_until(io, [&] { return heard.size() == 2; });
}

/// Throws at the end of the first batch that held a datagram.
struct ThrowAtTheEnd {
  int* batches;
  bool held = false;
  void operator()(const DatagramSource&, Bytes) { held = true; }
  void flush() {
    if (std::exchange(held, false) && ++*batches == 1) throw std::runtime_error("at the end");
  }
};

BOOST_FIXTURE_TEST_CASE(an_exception_at_the_end_of_a_batch_leaves_and_all_goes_on, Nodes) {
  int batches = 0;
  Node one(io.get_executor(), alice, into(at_alice));
  Node two(io.get_executor(), bob, ThrowAtTheEnd{&batches});
  bob.bind(2);
  BOOST_TEST(!one.start());
  BOOST_TEST(!two.start());
  run_until(io, [&] {
    return one.with([](Stack& stack, auto& cx) { return stack.resolve("bob", cx); }).has_value();
  });
  const auto say = [&] {
    one.with([](Stack& stack, auto& cx) { BOOST_TEST(!stack.send(1, Nid(0xb), 2, as_bytes("x"), cx)); });
  };
  say();
  BOOST_TEST(run_through(io, [&] { return batches == 1; }).size() <= 1u);
  say();
  run_through(io, [&] { return batches == 2; });
}

BOOST_AUTO_TEST_CASE(a_locator_that_cannot_be_joined_is_an_error_of_start) {
  Cable cable;
  boost::asio::io_context io(1);
  Stack stack(named("alice", 0xa, CableEnd::refused), cable.ends[0]);
  Node node(io.get_executor(), stack, [](const auto&...) {});
  BOOST_TEST(node.start() == Errc::not_joined);
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
