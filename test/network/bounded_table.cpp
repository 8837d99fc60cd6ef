#include "ilnp/network/bounded_table.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::bounded_table_test {

using namespace std::chrono_literals;

struct Entry {
  int number = 0;
  TimePoint until = never;
  bool kept = false;
  bool established() const noexcept { return kept; }
  bool expired(TimePoint now) const noexcept { return now >= until; }
};

struct Fixture {
  BoundedTable<std::uint64_t, Entry> table{64};
  TimePoint now = TimePoint{} + 1h;

  Entry* add(std::uint64_t key, bool kept = false, TimePoint until = never) {
    Entry* entry = table.insert(key, now);
    if (entry) *entry = {static_cast<int>(key), until, kept};
    return entry;
  }
};

/// All keys in one chain.
struct Same {
  using is_avalanching = void;
  std::size_t operator()(std::uint64_t) const noexcept { return 7; }
};

BOOST_FIXTURE_TEST_SUITE(bounded_table, Fixture)

BOOST_AUTO_TEST_CASE(what_is_put_in_is_found) {
  BOOST_TEST(table.find(1) == nullptr);
  BOOST_TEST(table.size() == 0U);
  BOOST_TEST(table.capacity() == 64U);
  for (std::uint64_t key = 0; key < 64; ++key) BOOST_TEST(add(key * 1024) != nullptr);
  BOOST_TEST(table.size() == 64U);
  for (std::uint64_t key = 0; key < 64; ++key) {
    BOOST_TEST_REQUIRE(table.find(key * 1024) != nullptr);
    BOOST_TEST(table.find(key * 1024)->number == static_cast<int>(key * 1024));
    BOOST_TEST(std::as_const(table).find(key * 1024) == table.find(key * 1024));
  }
  BOOST_TEST(std::as_const(table).find(5) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_there_is_not_made_anew) {
  Entry* entry = add(1);
  BOOST_TEST(table.insert(1, now) == entry);
  BOOST_TEST(entry->number == 1);
  BOOST_TEST(table.size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_erased_is_gone_and_its_place_is_used_again) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key, true);
  BOOST_TEST(add(100) == nullptr);
  table.erase(20);
  table.erase(20);
  table.erase(1000);
  BOOST_TEST(table.find(20) == nullptr);
  BOOST_TEST(table.size() == 63U);
  BOOST_TEST_REQUIRE(add(100) != nullptr);
  BOOST_TEST(table.find(100)->number == 100);
  BOOST_TEST(table.insert(101, now) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_new_entry_is_a_fresh_one) {
  add(1, true);
  table.erase(1);
  BOOST_TEST(table.insert(2, now)->number == 0);
  BOOST_TEST(!table.insert(2, now)->kept);
}

BOOST_AUTO_TEST_CASE(strangers_turn_over_a_quarter_only) {
  for (std::uint64_t key = 0; key < 48; ++key) add(key);  // heard once, but first
  for (std::uint64_t key = 1000; key < 101'000; ++key) BOOST_REQUIRE(add(key) != nullptr);
  BOOST_TEST(table.size() == 64U);
  for (std::uint64_t key = 0; key < 48; ++key) BOOST_TEST(table.find(key) != nullptr);
  for (std::uint64_t key = 101'000 - 16; key < 101'000; ++key) BOOST_TEST(table.find(key) != nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_established_does_not_give_way) {
  for (std::uint64_t key = 0; key < 56; ++key) add(key, true);  // 8 of them in the last quarter
  for (std::uint64_t key = 1000; key < 2000; ++key) BOOST_REQUIRE(add(key) != nullptr);
  for (std::uint64_t key = 0; key < 56; ++key) BOOST_TEST(table.find(key) != nullptr);
}

BOOST_AUTO_TEST_CASE(a_table_full_of_what_stays_takes_nothing) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key, true);
  for (std::uint64_t key = 100; key < 200; ++key) BOOST_TEST(add(key) == nullptr);
  BOOST_TEST(table.size() == 64U);
}

BOOST_AUTO_TEST_CASE(what_has_expired_makes_room) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key, true, now + 1s);
  BOOST_TEST(add(100) == nullptr);
  now += 1s;
  for (std::uint64_t key = 100; key < 164; ++key) BOOST_TEST(add(key, true) != nullptr);
  BOOST_TEST(table.size() == 64U);
  for (std::uint64_t key = 0; key < 64; ++key) BOOST_TEST(table.find(key) == nullptr);
}

BOOST_AUTO_TEST_CASE(who_gives_way_is_shown_first) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key, false, key == 5 ? now + 1s : never);
  std::vector<std::uint64_t> gone;
  const auto watch = [&](std::uint64_t key, const Entry& entry) {
    if (key < 64) BOOST_TEST(entry.number == static_cast<int>(key));
    BOOST_TEST(table.find(key) == &entry);
    gone.push_back(key);
  };
  table.insert(100, now, watch);
  BOOST_TEST((gone == std::vector<std::uint64_t>{48}));  // the first of the last quarter
  now += 1s;
  for (std::uint64_t key = 101; key < 120; ++key) table.insert(key, now, watch);
  BOOST_TEST((std::ranges::find(gone, 5U) != gone.end()));
}

BOOST_AUTO_TEST_CASE(each_entry_is_shown_once) {
  for (std::uint64_t key = 0; key < 10; ++key) add(key);
  table.erase(3);
  std::vector<std::uint64_t> seen;
  table.for_each([&](std::uint64_t key, Entry& entry) { seen.push_back(key), entry.number = -1; });
  BOOST_TEST((seen == std::vector<std::uint64_t>{0, 1, 2, 4, 5, 6, 7, 8, 9}));
  int sum = 0;
  std::as_const(table).for_each([&](std::uint64_t, const Entry& entry) { sum += entry.number; });
  BOOST_TEST(sum == -9);
}

BOOST_AUTO_TEST_CASE(the_smallest_tables_work) {
  for (const std::size_t capacity : {1U, 2U, 3U, 4U, 5U}) {
    BoundedTable<std::uint64_t, Entry> small(capacity);
    for (std::uint64_t key = 0; key < 100; ++key) {
      BOOST_REQUIRE(small.insert(key, now) != nullptr);
      BOOST_REQUIRE(small.find(key) != nullptr);
      BOOST_REQUIRE(small.size() <= capacity);
    }
  }
}

BOOST_AUTO_TEST_CASE(keys_that_collide_are_told_apart) {
  BoundedTable<std::uint64_t, Entry, Same> same(8);
  for (std::uint64_t key = 0; key < 8; ++key) same.insert(key, now)->number = static_cast<int>(key);
  for (const std::uint64_t key : {3U, 0U, 7U, 5U}) same.erase(key);
  for (std::uint64_t key = 0; key < 8; ++key) {
    const Entry* entry = same.find(key);
    const bool there = key != 3 && key != 0 && key != 7 && key != 5;
    BOOST_TEST((entry != nullptr) == there);
    if (entry) BOOST_TEST(entry->number == static_cast<int>(key));
  }
}

BOOST_AUTO_TEST_CASE(it_agrees_with_a_map) {
  Random random(test::seed("bounded table"));
  std::map<std::uint64_t, int> model;
  BoundedTable<std::uint64_t, Entry> large(300);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t key = random.below(200);
    if (random.below(2)) {
      large.insert(key, now)->number = i;
      model[key] = i;
    } else {
      large.erase(key);
      model.erase(key);
    }
    BOOST_REQUIRE(large.size() == model.size());
    const std::uint64_t other = random.below(200);
    const Entry* entry = large.find(other);
    BOOST_REQUIRE((entry != nullptr) == model.contains(other));
    if (entry) BOOST_REQUIRE(entry->number == model.at(other));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::bounded_table_test
