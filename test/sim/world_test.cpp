#include <boost/test/unit_test.hpp>

#include "support/dies.hpp"
#include "support/print.hpp"
#include "talker.hpp"

namespace ilnp::test::world_test {

using sim::World;
using Texts = std::vector<std::string>;

BOOST_AUTO_TEST_SUITE(sim_world)

BOOST_AUTO_TEST_CASE(calls_happen_in_order_of_time_and_then_of_scheduling) {
  World world(1);
  std::string order;
  world.at(TimePoint(2s), [&] { order += 'c'; });
  world.at(TimePoint(1s), [&] { order += 'a'; });
  world.at(TimePoint(1s), [&] { order += 'b'; });
  world.after(3s, [&] {
    order += 'd';
    world.after(0s, [&] { order += 'e'; });
    world.at(TimePoint(1s), [&] { order += 'f'; });  // past: at once
  });
  world.run_until(TimePoint(2s));
  BOOST_TEST(order == "abc");
  BOOST_TEST(world.now() == TimePoint(2s));
  world.run_for(5s);
  BOOST_TEST(order == "abcdef");
  BOOST_TEST(world.now() == TimePoint(7s));
}

BOOST_AUTO_TEST_CASE(every_repeats_until_its_end) {
  World world(1);
  std::vector<TimePoint> times;
  world.every(10ms, TimePoint(1s), TimePoint(1s + 30ms), [&] { times.push_back(world.now()); });
  world.run_for(10s);
  BOOST_TEST((times == std::vector{TimePoint(1s), TimePoint(1s + 10ms), TimePoint(1s + 20ms)}));
}

BOOST_AUTO_TEST_CASE(a_frame_reaches_all_others_of_its_network_after_the_delay) {
  World world(1);
  world.defaults.delay = 5ms;
  Person alice(world, "alice", {a}), bob(world, "bob", {a, b}), carol(world, "carol", {b});
  BOOST_TEST(!alice.say(a, "hello"));
  world.run_for(1s);
  BOOST_TEST(alice.heard.empty());
  BOOST_TEST(carol.heard.empty());
  BOOST_TEST_REQUIRE(bob.heard.size() == 1U);
  BOOST_TEST(bob.heard[0].text == "hello");
  BOOST_TEST(bob.heard[0].on == a);
  BOOST_TEST(bob.heard[0].from == alice.sender());
  BOOST_TEST(bob.heard[0].time == TimePoint(5ms));
}

BOOST_AUTO_TEST_CASE(the_sender_is_the_same_on_all_networks_and_changes_after_a_restart) {
  World world(1);
  Person alice(world, "alice", {a, b}), bob(world, "bob", {a, b});
  static_cast<void>(alice.say(a, "1"));
  static_cast<void>(alice.say(b, "2"));
  world.run_for(1s);
  alice.restart();
  BOOST_TEST(!alice.underlay().join(a));
  static_cast<void>(alice.say(a, "3"));
  world.run_for(1s);
  BOOST_TEST_REQUIRE(bob.heard.size() == 3U);
  BOOST_TEST(bob.heard[0].from == bob.heard[1].from);
  BOOST_TEST(bob.heard[0].from != bob.heard[2].from);
}

BOOST_AUTO_TEST_CASE(sending_needs_membership_a_link_and_a_frame_that_fits) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  BOOST_TEST(alice.say(b, "?") == ilnp::Errc::not_joined);
  BOOST_TEST(alice.say(a, std::string(1441, 'm')) == ilnp::Errc::message_too_long);
  BOOST_TEST(!alice.say(a, std::string(1440, 'm')));
  alice.set_link(false);
  BOOST_TEST(alice.say(a, "down") == make_error_code(boost::system::errc::network_down));
  static_cast<void>(bob.say(a, "not heard"));
  world.run_for(1s);
  BOOST_TEST(alice.heard.empty());
  BOOST_TEST(alice.stack().link_returned == 0);
  alice.set_link(true);
  world.run_for(1s);
  BOOST_TEST(alice.stack().link_returned == 1);
  BOOST_TEST(!alice.say(a, "up"));
  world.run_for(1s);
  BOOST_TEST(bob.texts() == (Texts{std::string(1440, 'm'), "up"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_locator_can_be_refused) {
  World world(1);
  Person alice(world, "alice", {});
  alice.underlay().refuse(a);
  BOOST_TEST(!!alice.underlay().join(a));
  BOOST_TEST(!alice.underlay().join(b));
  alice.underlay().refuse_none();
  BOOST_TEST(!alice.underlay().join(a));
  BOOST_TEST(!alice.underlay().leave(a));
  BOOST_TEST(alice.underlay().leave(a) == ilnp::Errc::not_joined);
}

BOOST_AUTO_TEST_CASE(frames_on_their_way_are_not_heard_after_leaving) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  static_cast<void>(alice.say(a, "too late"));
  BOOST_TEST(!bob.underlay().leave(a));
  world.run_for(1s);
  BOOST_TEST(bob.heard.empty());
  BOOST_TEST(bob.underlay().counters().not_joined == 1U);
}

BOOST_AUTO_TEST_CASE(a_batch_borrows_payloads_until_its_flush) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  std::string text = "borrowed";
  alice.with([&](auto& stack, auto& cx) { static_cast<void>(stack.say(a, text, cx)); });
  text = "changed!";
  world.run_for(1s);
  BOOST_TEST(bob.texts() == Texts{"borrowed"}, boost::test_tools::per_element());
  if (!ILNP_POISON) return;
  BOOST_TEST(test::dies([&] {
    alice.with([&](auto& stack, auto& cx) {
      static_cast<void>(stack.say(a, text, cx));
      text = "too soon";
    });
  }));
}

BOOST_AUTO_TEST_CASE(simultaneous_frames_arrive_in_one_batch_and_may_be_forwarded_by_reference) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  bob.with([](auto& stack, auto&) { stack.echo = true; });
  alice.with([](auto& stack, auto& cx) {
    for (const char* text : {"one", "two", "three"}) static_cast<void>(stack.say(a, text, cx));
  });
  const auto before = world.events();
  world.run_until(TimePoint(100us));
  BOOST_TEST(world.events() == before + 1);
  world.run_for(1s);
  BOOST_TEST(alice.texts() == (Texts{"one", "two", "three"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(timers_fire_at_their_deadline_and_follow_it_when_it_changes) {
  World world(1);
  Person alice(world, "alice", {});
  alice.with([](auto& stack, auto&) { stack.alarm = TimePoint(5s); });
  alice.with([](auto& stack, auto&) { stack.alarm = TimePoint(3s); });
  world.at(TimePoint(2s), [&] { alice.with([](auto& stack, auto&) { stack.alarm = TimePoint(4s); }); });
  world.run_until(TimePoint(10s));
  BOOST_TEST(alice.stack().woken == std::vector{TimePoint(4s)});
  alice.with([](auto& stack, auto&) {
    stack.alarm = TimePoint(1s);  // past: at once
    stack.period = 1s;
  });
  world.run_for(2s);
  BOOST_TEST(
      (alice.stack().woken == std::vector{TimePoint(4s), TimePoint(10s), TimePoint(11s), TimePoint(12s)}));
}

BOOST_AUTO_TEST_CASE(a_crashed_node_hears_nothing_does_nothing_and_forgets) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  bob.with([](auto& stack, auto&) { stack.alarm = TimePoint(5s); });
  static_cast<void>(alice.say(a, "under way"));
  bob.crash();
  BOOST_TEST(!bob.running());
  BOOST_CHECK_THROW(bob.say(a, "dead"), std::logic_error);
  static_cast<void>(alice.say(a, "nobody"));
  world.run_for(1s);
  bob.restart();
  BOOST_TEST(bob.running());
  world.run_for(9s);
  BOOST_TEST(bob.heard.empty());
  BOOST_TEST(bob.stack().woken.empty());
  BOOST_TEST(!bob.underlay().joined(a));
}

BOOST_AUTO_TEST_CASE(taps_see_every_frame_and_checks_follow_every_event) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  world.network(a).conditions.loss = 1;
  Texts seen;
  unsigned checks = 0;
  world.tap([&](const ilnp::sim::SentFrame& frame) {
    BOOST_TEST(frame.network == a);
    BOOST_TEST(world.host(frame.host)->name() == "alice");
    seen.emplace_back(ilnp::as_text(frame.bytes));
  });
  world.after_event([&] { ++checks; });
  world.at(TimePoint(1s), [&] { static_cast<void>(alice.say(a, "lost")); });
  world.run_for(2s);
  BOOST_TEST(seen == Texts{"lost"}, boost::test_tools::per_element());
  BOOST_TEST(bob.heard.empty());
  BOOST_TEST(checks == world.events());
}

BOOST_AUTO_TEST_CASE(taps_see_the_duplicates_that_a_network_makes) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  world.network(a).attachment(bob.id()).duplication = 1;
  int copies = 0;
  world.tap_duplicates([&](const ilnp::sim::SentFrame& frame, ilnp::sim::HostId to) {
    BOOST_TEST(ilnp::as_text(frame.bytes) == "hello");
    BOOST_TEST(to == bob.id());
    ++copies;
  });
  static_cast<void>(alice.say(a, "hello"));
  world.run_for(1s);
  BOOST_TEST(copies == 1);
  BOOST_TEST(bob.heard.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_check_sees_the_active_hosts_and_ends_the_run) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {b});
  std::vector<std::vector<ilnp::sim::HostId>> touched;
  world.after_event([&] { touched.push_back(world.touched()); });
  static_cast<void>(alice.say(a, "1"));
  static_cast<void>(alice.say(a, "2"));
  world.run_for(1s);
  BOOST_TEST((touched == std::vector<std::vector<ilnp::sim::HostId>>{{alice.id()}, {bob.id()}}));
  world.tap([&](const ilnp::sim::SentFrame&) {
    world.violated("this");
    world.violated("that");
  });
  world.after(1500ms, [&] { static_cast<void>(alice.say(a, "3")); });
  BOOST_CHECK_EXCEPTION(world.run_for(9s), ilnp::sim::Violation, [](const ilnp::sim::Violation& violation) {
    return violation.what() == std::string("2.500000000 s: this");
  });
  world.run_for(1s);
}

BOOST_AUTO_TEST_CASE(a_handler_for_another_stack_is_an_error) {
  World world(1);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  bob.on_receive([](const ilnp::DatagramSource&, ilnp::Bytes) {});
  static_cast<void>(alice.say(a, "x"));
  BOOST_CHECK_THROW(world.run_for(1s), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_does_not_advance_is_an_error) {
  struct Stuck : Talker<ilnp::sim::SimUnderlay> {
    using Talker::Talker;
    TimePoint next_deadline() const noexcept { return TimePoint(1s); }
  };
  World world(1);
  ilnp::sim::SimNode<Stuck> stuck(world, "stuck");
  stuck.with([](auto&, auto&) {});
  BOOST_CHECK_THROW(world.run_for(2s), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::world_test
