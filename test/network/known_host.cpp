#include "ilnp/network/known_host.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test::host_test {

using namespace std::chrono_literals;

struct Fixture {
  Locator select() {
    const Locator* chosen = host.select([&](Locator l) { return !blocked.contains(l); },
                                        [&](Locator l) { return joined.contains(l); }, here);
    return chosen ? *chosen : Locator{};
  }
  /// This node has chosen a locator of the host, and whether it has to choose again.
  void decide() { host.selected_at = epoch.stamp(); }
  bool stale() const { return host.selected_at < epoch.stamp(); }

  Epoch epoch;
  KnownHost host;
  std::set<Locator> blocked, joined;
  Epoch::Stamp here = 0;
  TimePoint now = TimePoint{} + 1h;
};

BOOST_FIXTURE_TEST_SUITE(hosts, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_known_at_first) {
  BOOST_TEST(select() == Locator{});
  BOOST_TEST(host.places().empty());
  BOOST_TEST(host.in_use() == Locator{});
  BOOST_TEST(host.last_confirmed() == long_ago);
  BOOST_TEST(host.last_used() == long_ago);
  BOOST_TEST(host.expired(now));
}

BOOST_AUTO_TEST_CASE(the_newest_burst_of_confirmations_counts) {
  host.confirm(a, now);
  BOOST_TEST(select() == a);
  now += 10s;
  decide();
  host.confirm(b, now);
  BOOST_TEST(stale());
  BOOST_TEST(select() == b);
  BOOST_TEST(host.in_use() == b);
  BOOST_TEST(*host.in_use_address() == b);
  BOOST_TEST(host.last_confirmed() == now);
  BOOST_TEST((host.has(a) && host.has(b) && !host.has(c)));
}

BOOST_AUTO_TEST_CASE(it_stays_on_the_locator_in_use_while_that_is_in_the_burst) {
  host.confirm(a, now);
  BOOST_TEST(select() == a);
  for (int round = 0; round < 3; ++round) {
    now += 30s;
    host.confirm(b, now);
    now += 500ms;
    host.confirm(a, now);
    BOOST_TEST(select() == a);
  }
}

BOOST_AUTO_TEST_CASE(a_locator_that_this_node_has_joined_comes_first) {
  host.confirm(a, now);
  host.confirm(b, now);
  joined = {b};
  BOOST_TEST(select() == b);
  blocked = {b};
  BOOST_TEST(select() == a);
  blocked = {a, b};
  BOOST_TEST(select() == Locator{});
}

BOOST_AUTO_TEST_CASE(it_does_not_flap_unless_this_node_moves) {
  host.confirm(a, now);
  BOOST_TEST(select() == a);
  host.confirm(b, now);
  joined = {b};
  BOOST_TEST(select() == a);
  ++here;
  BOOST_TEST(select() == b);
}

BOOST_AUTO_TEST_CASE(an_old_locator_is_a_last_resort) {
  host.confirm(a, now);
  now += 10s;
  host.confirm(b, now);
  blocked = {b};
  BOOST_TEST(select() == a);
}

BOOST_AUTO_TEST_CASE(an_update_replaces_what_was_known) {
  host.confirm(a, now);
  select();
  decide();
  host.update(std::vector{c, b}, now);
  BOOST_TEST(stale());
  BOOST_TEST(host.updated_to(std::vector{c, b}));
  BOOST_TEST(!host.updated_to(std::vector{b, c}));
  BOOST_TEST(!host.updated_to(std::vector{c}));
  BOOST_TEST(host.places()[0].locator == c);
  BOOST_TEST(select() == c);
  joined = {a};
  BOOST_TEST(select() == c);  // a is only a last resort
  blocked = {c, b};
  BOOST_TEST(select() == a);
}

BOOST_AUTO_TEST_CASE(an_advertisement_already_on_its_way_does_not_override_an_update) {
  host.confirm(a, now);
  host.update(std::vector{b}, now);
  now += KnownHost::update_wins - 1ns;
  BOOST_TEST(!host.confirm(a, now));
  BOOST_TEST(host.confirm(b, now));
  BOOST_TEST(select() == b);
  now += 1ns;
  BOOST_TEST(host.confirm(a, now));
  BOOST_TEST(!host.updated_to(std::vector{b}));
  now += 2s;
  BOOST_TEST(host.confirm(a, now));
  BOOST_TEST(select() == a);
}

BOOST_AUTO_TEST_CASE(locators_are_bounded_and_the_oldest_gives_way) {
  for (std::uint64_t i = 0; i < 100; ++i) host.confirm(Locator(i + 1), now + i * 1ms);
  BOOST_TEST(host.places().size() == KnownHost::max_locators);
  BOOST_TEST(host.has(Locator(100)));
  BOOST_TEST(!host.has(Locator(1)));
  std::vector<Locator> many;
  for (std::uint64_t i = 0; i < 40; ++i) many.emplace_back(0x1000 + i);
  host.update(many, now + 1s);
  BOOST_TEST(host.places().size() == KnownHost::max_locators);
  BOOST_TEST(host.updated_to(std::span(many).first(KnownHost::max_locators)));
}

BOOST_AUTO_TEST_CASE(it_expires) {
  host.expires = now;
  BOOST_TEST(host.expired(now));
  BOOST_TEST(!host.expired(now - 1ns));
}

BOOST_AUTO_TEST_CASE(two_confirmations_elsewhere_mean_that_it_has_moved) {
  const auto all = [](Locator) { return true; };
  const auto none = [](Locator) { return false; };
  host.confirm(Locator(1), now);
  BOOST_TEST(*host.select(all, none, 0) == Locator(1));
  host.confirm(Locator(2), now + 100ms);
  BOOST_TEST(*host.select(all, none, 0) == Locator(1));  // it may be in both
  host.confirm(Locator(2), now + 500ms);
  BOOST_TEST(*host.select(all, none, 0) == Locator(2));
}

BOOST_AUTO_TEST_CASE(a_place_that_was_left_is_not_one_where_it_is) {
  const auto present = [&] {
    std::set<Locator> found;
    for (const KnownHost::Place& place : host.places())
      if (host.present(place)) found.insert(place.locator);
    return found;
  };
  host.confirm(a, now);
  host.confirm(b, now + 100ms);
  BOOST_TEST((present() == std::set{a, b}));
  host.update(std::vector{c}, now + 1s);
  BOOST_TEST(present() == std::set{c});
  host.confirm(b, now + 10s);
  BOOST_TEST(present() == std::set{b});
  host.confirm(c, now + 20s);
  BOOST_TEST(present() == std::set{c});
}

BOOST_AUTO_TEST_CASE(an_update_is_undone_if_the_node_is_still_heard_from_where_it_was) {
  host.confirm(a, now);
  BOOST_TEST(select() == a);
  host.update(std::vector{b}, now);
  BOOST_TEST(select() == b);
  for (int tenths = 1; tenths < 20; ++tenths) BOOST_TEST(!host.hear(a, false, now + tenths * 100ms));
  BOOST_TEST(select() == b);
  BOOST_TEST(host.hear(a, false, now + 2s));
  BOOST_TEST(select() == a);
  BOOST_TEST(!host.trial().open());
  // And it is not believed again while the node is not heard there.
  now += 2s;
  BOOST_TEST(!host.may_be_at(std::vector{b}, now));
  host.hear(b, false, now + 1s);
  host.hear(a, false, now + 2s);
  host.hear(b, false, now + 3s);
  BOOST_TEST(!host.may_be_at(std::vector{b}, now + 3s));
  host.hear(b, false, now + 3500ms);
  BOOST_TEST(host.may_be_at(std::vector{b}, now + 3500ms));
  BOOST_TEST(host.may_be_at(std::vector{c}, now + 60s));
}

BOOST_AUTO_TEST_CASE(the_timer_also_undoes_an_update) {
  host.confirm(a, now);
  host.update(std::vector{b}, now);
  host.hear(a, false, now + 1100ms);
  BOOST_TEST(!host.settle(now + 1999ms));
  BOOST_TEST(host.trial().next_deadline() <= now + 2s);
  BOOST_TEST(host.settle(now + 2s));
  BOOST_TEST(select() == a);
}

BOOST_AUTO_TEST_CASE(packets_already_on_their_way_and_updates_undo_nothing) {
  host.confirm(a, now);
  host.update(std::vector{b}, now);
  host.hear(a, false, now + 900ms);
  for (int seconds = 1; seconds < 4; ++seconds) host.hear(a, true, now + seconds * 1s);
  BOOST_TEST(!host.settle(now + 5s));
  BOOST_TEST(select() == b);
}

BOOST_AUTO_TEST_CASE(one_frame_from_a_new_locator_proves_an_update) {
  host.confirm(a, now);
  host.update(std::vector{b, c}, now);
  host.hear(c, false, now + 1s);
  BOOST_TEST(!host.trial().open());
  for (int seconds = 1; seconds < 10; ++seconds) BOOST_TEST(!host.hear(a, false, now + seconds * 1s));
  BOOST_TEST(select() == b);
}

BOOST_AUTO_TEST_CASE(the_place_where_it_was_proves_no_other) {
  host.confirm(a, now);
  host.confirm(b, now);
  BOOST_TEST(select() == a);
  host.update(std::vector{c, b}, now);
  BOOST_TEST(select() == c);
  for (int tenths = 1; tenths < 20; ++tenths) BOOST_TEST(!host.hear(b, false, now + tenths * 100ms));
  BOOST_TEST(select() == c);
  BOOST_TEST(host.hear(b, false, now + 2s));
  BOOST_TEST(select() == b);  // where it is heard, rather than where packets went before
}

BOOST_AUTO_TEST_CASE(successive_updates_do_not_postpone_the_decision) {
  host.confirm(a, now);
  BOOST_TEST(select() == a);
  for (int tenths = 0; tenths < 30; ++tenths) {
    host.update(std::vector{tenths % 2 ? b : c}, now + tenths * 100ms);
    BOOST_TEST(!host.hear(a, false, now + tenths * 100ms + 50ms));
  }
  BOOST_TEST(host.hear(a, false, now + 3s));
  BOOST_TEST(select() == a);
}

BOOST_AUTO_TEST_CASE(a_locator_of_an_update_that_two_bursts_omit_is_no_candidate) {
  const auto select = [&] {
    const Locator* locator =
        host.select([](Locator) { return true; }, [](Locator l) { return l == Locator(0xb); }, 1);
    return locator ? *locator : Locator{};
  };
  host.update(std::array{Locator(0xb), Locator(0xc)}, now);
  BOOST_TEST(select() == Locator(0xb));
  for (int round = 0; round < 5; ++round) {  // it is in both, and announces both
    now += 20s;
    host.confirm(Locator(0xc), now);
    host.confirm(Locator(0xb), now);
    BOOST_TEST(select() == Locator(0xb));
  }
  for (int round = 0; round < 3; ++round) {  // it was restarted in one
    now += 20s;
    host.confirm(Locator(0xc), now);
  }
  BOOST_TEST(select() == Locator(0xc));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::host_test
