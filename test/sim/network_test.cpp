#include <boost/test/unit_test.hpp>
#include <set>

#include "support/print.hpp"
#include "talker.hpp"

namespace ilnp::test::network_test {

using sim::World;
using Texts = std::vector<std::string>;

/// Sends 1, 2, 3... on network a, one every `period`.
void count(World& world, Person& person, int to, Duration period) {
  for (int number = 1; number <= to; ++number)
    world.after(number * period,
                [&person, number] { static_cast<void>(person.say(a, std::to_string(number))); });
  world.run_for(to * period + 1s);
}

std::string run(std::uint64_t seed) {
  World world(seed);
  auto& faults = world.defaults;
  faults = {.delay = 2ms,
            .jitter = 3ms,
            .loss = 0.1,
            .bursts = {.begin = 0.02, .end = 0.3, .loss = 0.9},
            .duplication = 0.1,
            .reordering = 0.1,
            .reordering_delay = 20ms,
            .bandwidth = 1'000'000,
            .queue_limit = 3000};
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  auto& at_bob = world.network(a).attachment(bob.id());
  at_bob.jitter = 3ms, at_bob.loss = 0.1, at_bob.reordering = 0.1, at_bob.duplication = 0.1;
  at_bob.bandwidth = 300'000, at_bob.queue_limit = 300;
  count(world, alice, 500, 1ms);
  std::string story;
  for (const Person* each : {&alice, &bob, &carol})
    for (const auto& [time, on, from, text] : each->heard) {
      story +=
          std::to_string(time.time_since_epoch().count()) + ' ' + text + ' ' + std::to_string(from) + '\n';
    }
  return story;
}

BOOST_AUTO_TEST_SUITE(sim_network)

BOOST_AUTO_TEST_CASE(one_seed_gives_one_run) {
  const std::string first = run(42);
  BOOST_TEST(first.size() > 1000U);
  BOOST_TEST(first == run(42));
  BOOST_TEST(first != run(43));
}

// The same with every compiler and on every machine. A change to how the simulator draws or computes changes this number.
BOOST_AUTO_TEST_CASE(one_seed_gives_one_run_on_every_machine) {
  std::uint64_t digest = 0;
  for (const char letter : run(42)) digest = mix64(digest + static_cast<unsigned char>(letter));
  BOOST_TEST(digest == 10047937034782296938U);
}

BOOST_AUTO_TEST_CASE(independent_losses_have_the_given_rate_for_each_receiver) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  world.network(a).conditions.loss = 0.2;
  count(world, alice, 5000, 1ms);
  BOOST_TEST(std::abs(static_cast<int>(bob.heard.size()) - 4000) < 150);
  BOOST_TEST(bob.texts() != carol.texts());
  BOOST_TEST(world.network(a).counters().lost + bob.heard.size() + carol.heard.size() == 10'000U);
}

BOOST_AUTO_TEST_CASE(bursts_lose_successive_frames) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  world.network(a).conditions.bursts = {.begin = 0.01, .end = 0.1, .loss = 1};
  count(world, alice, 10'000, 1ms);
  int gaps = 0, lost = 0, last = 0;
  for (const auto& each : bob.heard) {
    const int number = std::stoi(each.text);
    if (number != last + 1) ++gaps, lost += number - last - 1;
    last = number;
  }
  BOOST_TEST(gaps > 50);
  BOOST_TEST(lost > gaps * 7);  // ten in a row on average
  BOOST_TEST(lost < gaps * 13);
}

BOOST_AUTO_TEST_CASE(jitter_keeps_the_order) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  world.network(a).conditions.jitter = 10ms;
  count(world, alice, 1000, 1ms);
  BOOST_TEST_REQUIRE(bob.heard.size() == 1000U);
  std::set<Duration> delays;
  for (int number = 1; number <= 1000; ++number) {
    const auto& each = bob.heard[static_cast<std::size_t>(number - 1)];
    BOOST_TEST_REQUIRE(each.text == std::to_string(number));
    delays.insert(each.time - TimePoint(number * 1ms));
  }
  BOOST_TEST(*delays.begin() >= 100us);
  BOOST_TEST(*delays.rbegin() <= 100us + 10ms);
  BOOST_TEST(delays.size() > 100U);
}

BOOST_AUTO_TEST_CASE(reordering_and_duplication_change_only_order_and_number) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  world.network(a).conditions.reordering = 0.1;
  world.network(a).conditions.reordering_delay = 10ms;
  world.network(a).conditions.duplication = 0.1;
  count(world, alice, 1000, 1ms);
  const auto& counters = world.network(a).counters();
  BOOST_TEST(counters.duplicated > 70U);
  BOOST_TEST(counters.reordered > 70U);
  BOOST_TEST(bob.heard.size() == 1000 + counters.duplicated);
  auto texts = bob.texts();
  BOOST_TEST(std::set<std::string>(texts.begin(), texts.end()).size() == 1000U);
  BOOST_TEST(!std::ranges::is_sorted(texts, {}, [](const std::string& text) { return std::stoi(text); }));
}

BOOST_AUTO_TEST_CASE(bandwidth_spaces_frames_and_a_full_queue_drops) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  world.network(a).conditions.delay = 0ms;
  world.network(a).conditions.bandwidth = 8000;  // an octet every millisecond
  world.network(a).conditions.queue_limit = 30;
  for (int i = 0; i < 5; ++i) static_cast<void>(alice.say(a, "ten octets"));
  world.run_for(1s);
  BOOST_TEST_REQUIRE(bob.heard.size() == 3U);
  BOOST_TEST(bob.heard[0].time == TimePoint(10ms));
  BOOST_TEST(bob.heard[1].time == TimePoint(20ms));
  BOOST_TEST(bob.heard[2].time == TimePoint(30ms));
  BOOST_TEST(world.network(a).counters().queue_full == 2U);
}

BOOST_AUTO_TEST_CASE(partitions_and_cuts_keep_nodes_apart_until_they_heal) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  auto& network = world.network(a);
  network.partition({{alice.id()}, {bob.id(), carol.id()}});
  static_cast<void>(alice.say(a, "1"));
  static_cast<void>(bob.say(a, "2"));
  world.run_for(1s);
  BOOST_TEST(alice.heard.empty());
  BOOST_TEST(bob.heard.empty());
  BOOST_TEST(carol.texts() == Texts{"2"}, boost::test_tools::per_element());
  network.heal();
  network.cut(alice.id(), bob.id());
  static_cast<void>(alice.say(a, "3"));
  static_cast<void>(bob.say(a, "4"));
  world.run_for(1s);
  BOOST_TEST(alice.texts() == Texts{"4"}, boost::test_tools::per_element());
  BOOST_TEST(bob.heard.empty());
  network.mend(alice.id(), bob.id());
  static_cast<void>(alice.say(a, "5"));
  world.run_for(1s);
  BOOST_TEST(bob.texts() == Texts{"5"}, boost::test_tools::per_element());
  BOOST_TEST(carol.texts() == (Texts{"2", "3", "4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(network.counters().cut_off == 4U);
}

BOOST_AUTO_TEST_CASE(an_attachment_has_a_delay_and_a_loss_of_its_own) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  world.network(a).attachment(bob.id()).delay = 7ms;
  world.network(a).attachment(carol.id()).loss = 1;
  static_cast<void>(alice.say(a, "x"));
  world.run_for(1s);
  BOOST_TEST_REQUIRE(bob.heard.size() == 1U);
  BOOST_TEST(bob.heard[0].time == TimePoint(7ms + 100us));
  BOOST_TEST(carol.heard.empty());
}

BOOST_AUTO_TEST_CASE(an_attachment_has_all_the_conditions_that_a_network_has) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  auto& at_bob = world.network(a).attachment(bob.id());
  const auto heard = [&](Person& person) {
    person.heard.clear();
    count(world, alice, 1000, 1ms);
    return person.heard.size();
  };
  at_bob.bursts = {.begin = 0.1, .end = 0.1, .loss = 1};
  BOOST_TEST(std::abs(static_cast<int>(heard(bob)) - 500) < 150);
  at_bob.bursts = {};
  at_bob.duplication = 0.5;
  BOOST_TEST(std::abs(static_cast<int>(heard(bob)) - 1500) < 100);
  at_bob.duplication = 0;
  at_bob.jitter = 20ms;
  BOOST_TEST(heard(bob) == 1000U);
  const auto number = [](const Person::Heard& each) { return std::stoi(each.text); };
  BOOST_TEST(std::ranges::is_sorted(bob.heard, {}, number));
  BOOST_TEST(bob.heard.back().time - carol.heard.back().time > 5ms);
  at_bob.jitter = {};
  at_bob.reordering = 0.1;
  at_bob.reordering_delay = 10ms;
  BOOST_TEST(heard(bob) == 1000U);
  BOOST_TEST(!std::ranges::is_sorted(bob.heard, {}, number));
  at_bob.reordering = 0;
  at_bob.bandwidth = 8000;  // an octet every millisecond: about a third of what arrives
  at_bob.queue_limit = 30;
  BOOST_TEST(heard(bob) > 300U);
  BOOST_TEST(heard(bob) < 500U);
  at_bob.bandwidth = 0;
  BOOST_TEST(carol.heard.size() == 6000U);
}

BOOST_AUTO_TEST_CASE(a_host_also_sends_through_its_own_line) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a});
  world.network(a).conditions.delay = 0ms;
  world.network(a).attachment(alice.id()).bandwidth = 8000;
  static_cast<void>(alice.say(a, "ten octets"));
  static_cast<void>(bob.say(a, "ten octets"));
  world.run_for(1s);
  BOOST_TEST(bob.heard.at(0).time == TimePoint(10ms));
  BOOST_TEST(alice.heard.at(0).time == TimePoint(10ms));  // through its own line
}

BOOST_AUTO_TEST_CASE(a_deaf_or_mute_host_has_a_one_way_link) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  auto& network = world.network(a);
  network.attachment(alice.id()).mute = true;
  network.attachment(bob.id()).deaf = true;
  for (Person* each : {&alice, &bob, &carol}) static_cast<void>(each->say(a, each->name()));
  world.run_for(1s);
  BOOST_TEST(alice.texts() == (Texts{"bob", "carol"}), boost::test_tools::per_element());
  BOOST_TEST(bob.heard.empty());
  BOOST_TEST(carol.texts() == Texts{"bob"}, boost::test_tools::per_element());
  network.heal();
  static_cast<void>(alice.say(a, "healed"));
  world.run_for(1s);
  BOOST_TEST(bob.texts() == Texts{"healed"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ten_thousand_seconds_of_three_nodes_take_a_moment) {
  World world(5);
  Person alice(world, "alice", {a}), bob(world, "bob", {b}), router(world, "router", {a, b});
  std::uint64_t heard = 0;
  router.on_receive([&](const ilnp::FrameSource& from, ilnp::Bytes bytes) {
    router.with([&](auto& stack, auto& cx) {
      static_cast<void>(stack.say(from.interface == a ? b : a, ilnp::as_text(bytes), cx));
    });
  });
  bob.on_receive([&](const ilnp::FrameSource&, ilnp::Bytes) { ++heard; });
  const std::string text(1000, 'm');
  world.every(10ms, TimePoint(), TimePoint(10'000s), [&] { static_cast<void>(alice.say(a, text)); });
  const auto begin = std::chrono::steady_clock::now();
  world.run_until(TimePoint(10'001s));
  const auto took = std::chrono::steady_clock::now() - begin;
  BOOST_TEST(heard == 1'000'000U);
  BOOST_TEST_MESSAGE("10 000 virtual seconds took " << std::chrono::duration<double>(took).count() << " s");
}

BOOST_AUTO_TEST_CASE(chosen_frames_are_lost_and_each_loss_is_reported) {
  World world(3);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  Texts lost;
  world.lose_if([&](const sim::SentFrame& frame, sim::HostId to) {
    return to == bob.id() && as_text(frame.bytes) == "2";
  });
  world.tap_losses([&](const sim::SentFrame& frame, sim::HostId to) {
    BOOST_TEST(frame.host == alice.id());
    lost.push_back(world.host(to)->name() + ' ' + std::string(as_text(frame.bytes)));
  });
  count(world, alice, 3, 1ms);
  BOOST_TEST(bob.texts() == (Texts{"1", "3"}), boost::test_tools::per_element());
  BOOST_TEST(carol.texts() == (Texts{"1", "2", "3"}), boost::test_tools::per_element());
  BOOST_TEST(lost == (Texts{"bob 2"}), boost::test_tools::per_element());
  world.network(a).conditions.loss = 0.5;
  count(world, alice, 100, 1ms);
  BOOST_TEST(lost.size() == world.network(a).counters().lost);
}

BOOST_AUTO_TEST_CASE(each_arrival_is_announced_when_the_frame_is_sent) {
  World world(3);
  Person alice(world, "alice", {a}), bob(world, "bob", {a}), carol(world, "carol", {a});
  Texts announced;
  world.lose_if([&](const sim::SentFrame&, sim::HostId to) { return to == carol.id(); });
  world.tap_arrivals([&](const sim::SentFrame& frame, sim::HostId to, TimePoint when) {
    BOOST_TEST((when - frame.time == 5ms));
    announced.push_back(world.host(to)->name() + ' ' + std::string(as_text(frame.bytes)));
  });
  world.network(a).conditions.delay = 5ms;
  count(world, alice, 2, 10ms);
  BOOST_TEST(announced == (Texts{"bob 1", "bob 2"}), boost::test_tools::per_element());
  world.network(a).conditions.duplication = 1;
  announced.clear();
  count(world, alice, 1, 10ms);
  BOOST_TEST(announced == (Texts{"bob 1", "bob 1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::network_test
