#include "ilnp/base/bounded_table.hpp"

#include <boost/test/unit_test.hpp>
#include <map>

#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::bounded_table_test {

using namespace std::chrono_literals;

struct Entry {
  int number = 0;
  TimePoint until = never;
  TimePoint used = long_ago;
  TimePoint last_used() const noexcept { return used; }
  bool expired(TimePoint now) const noexcept { return now >= until; }
};

struct Fixture {
  BoundedTable<std::uint64_t, Entry> table{64};
  TimePoint now = TimePoint{} + 1h;

  Entry& add(std::uint64_t key, bool used = false, TimePoint until = never, std::uint64_t sender = 1) {
    return table.insert(key, sender, now) = {static_cast<int>(key), until, used ? now : long_ago};
  }
  /// How many of the `count` keys from `first` on are in the table.
  std::size_t there(std::uint64_t first, std::uint64_t count) {
    std::size_t found = 0;
    for (std::uint64_t key = first; key < first + count; ++key) found += table.find(key) != nullptr;
    return found;
  }
};

/// Puts all keys into one chain.
struct Same {
  std::uint64_t operator()(const HashKey&, std::uint64_t) const noexcept { return 7; }
};

BOOST_FIXTURE_TEST_SUITE(bounded_table, Fixture)

BOOST_AUTO_TEST_CASE(inserted_entries_are_found) {
  BOOST_TEST(table.find(1) == nullptr);
  BOOST_TEST(table.size() == 0U);
  BOOST_TEST(table.capacity() == 64U);
  for (std::uint64_t key = 0; key < 64; ++key) add(key * 1024);
  BOOST_TEST(table.size() == 64U);
  for (std::uint64_t key = 0; key < 64; ++key) {
    BOOST_TEST_REQUIRE(table.find(key * 1024) != nullptr);
    BOOST_TEST(table.find(key * 1024)->number == static_cast<int>(key * 1024));
    BOOST_TEST(std::as_const(table).find(key * 1024) == table.find(key * 1024));
  }
  BOOST_TEST(std::as_const(table).find(5) == nullptr);
}

BOOST_AUTO_TEST_CASE(inserting_an_existing_key_keeps_its_value) {
  Entry& entry = add(1);
  BOOST_TEST(&table.insert(1, 2, now) == &entry);
  BOOST_TEST(entry.number == 1);
  BOOST_TEST(table.size() == 1U);
}

BOOST_AUTO_TEST_CASE(erased_entries_are_gone_and_their_places_are_reused) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key);
  table.erase(20);
  table.erase(20);
  table.erase(1000);
  BOOST_TEST(table.find(20) == nullptr);
  BOOST_TEST(table.size() == 63U);
  add(100);
  BOOST_TEST(table.find(100)->number == 100);
  BOOST_TEST(there(0, 64) == 63U);
}

BOOST_AUTO_TEST_CASE(a_new_entry_has_a_default_value) {
  add(1, true);
  table.erase(1);
  BOOST_TEST(table.insert(2, 1, now).number == 0);
  BOOST_TEST(table.insert(2, 1, now).used == long_ago);
}

BOOST_AUTO_TEST_CASE(the_earliest_entries_stay_and_a_quarter_is_reused_in_turn) {
  for (const bool many_senders : {false, true}) {
    table = BoundedTable<std::uint64_t, Entry>(64);
    for (std::uint64_t key = 0; key < 48; ++key) add(key, false, never, many_senders ? key : 1);
    for (std::uint64_t key = 1000; key < 101'000; ++key) add(key, false, never, many_senders ? key : 1);
    BOOST_TEST(table.size() == 64U);
    BOOST_TEST(there(0, 48) == 48U);
    BOOST_TEST(there(101'000 - 16, 16) == 16U);
  }
}

BOOST_AUTO_TEST_CASE(a_sender_that_floods_the_table_displaces_its_own_entries) {
  for (std::uint64_t key = 1000; key < 1100; ++key) add(key, false, never, 0xbad);
  for (std::uint64_t key = 0; key < 20; ++key) add(key, false, never, key % 4);
  for (std::uint64_t key = 2000; key < 102'000; ++key) add(key, false, never, 0xbad);
  BOOST_TEST(there(0, 20) == 20U);
  for (std::uint64_t key = 20; key < 30; ++key) add(key, false, never, 4);
  for (std::uint64_t key = 2000; key < 102'000; ++key) add(key, false, never, key % 2 ? 0xbad : 0xbae);
  BOOST_TEST(there(0, 30) == 30U);
  BOOST_TEST(table.size() == 64U);
}

BOOST_AUTO_TEST_CASE(entries_in_use_do_not_give_way) {
  for (std::uint64_t key = 0; key < 48; ++key) add(key, true);
  for (std::uint64_t key = 1000; key < 2000; ++key) add(key);
  BOOST_TEST(there(0, 48) == 48U);
  for (std::uint64_t key = 2000; key < 3000; ++key) add(key, false, never, key);  // whoever the senders are
  BOOST_TEST(there(0, 48) == 48U);
  BOOST_TEST(there(3000 - 16, 16) == 16U);
}

BOOST_AUTO_TEST_CASE(a_table_full_of_entries_in_use_still_accepts_new_ones) {
  for (std::uint64_t key = 0; key < 10; ++key) add(key, true, never, 2);
  for (std::uint64_t key = 100; key < 10'000; ++key) add(key, true, never, 1);
  BOOST_TEST(there(0, 10) == 10U);  // of the sender with fewer
  for (std::uint64_t key = 10'000; key < 10'010; ++key) add(key, false, never, key);
  BOOST_TEST(there(10'000, 10) == 10U);
  BOOST_TEST(there(0, 10) == 10U);
  BOOST_TEST(table.size() == 64U);
}

BOOST_AUTO_TEST_CASE(entries_used_again_outlast_entries_used_once) {
  for (std::uint64_t key = 0; key < 10; ++key) add(key, true);
  for (std::uint64_t key = 100; key < 1000; ++key) {
    now += 1ms;
    add(key, true);
    for (std::uint64_t used = 0; used < 10; ++used)
      if (Entry* entry = table.find(used)) entry->used = now;
  }
  BOOST_TEST(there(0, 10) == 10U);
}

BOOST_AUTO_TEST_CASE(expired_entries_make_room) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key, true, now + 1s);
  now += 1s;
  for (std::uint64_t key = 100; key < 164; ++key) add(key, true);
  BOOST_TEST(table.size() == 64U);
  BOOST_TEST(there(0, 64) == 0U);
  BOOST_TEST(there(100, 64) == 64U);
}

BOOST_AUTO_TEST_CASE(no_sender_displaces_one_that_has_as_few_entries) {
  for (std::uint64_t key = 0; key < 64; ++key) BOOST_TEST(table.insert_within_share(key, key % 2, now));
  BOOST_TEST(table.insert_within_share(5, 2, now) == table.find(5));
  for (std::uint64_t key = 100; key < 110; ++key) {
    BOOST_TEST(!table.insert_within_share(1000 + key, 1, now));
    BOOST_TEST(table.insert_within_share(key, 2, now));
  }
  BOOST_TEST(there(100, 10) == 10U);
  BOOST_TEST(there(0, 64) == 54U);
}

BOOST_AUTO_TEST_CASE(a_new_hash_key_finds_the_same_entries) {
  for (std::uint64_t key = 0; key < 100; ++key) add(key);
  const std::size_t before = there(0, 100);
  Random random(3);
  Context<> cx(now, random);
  table.rekey(HashKey(cx));
  BOOST_TEST(there(0, 100) == before);
  for (std::uint64_t key = 0; key < 100; ++key) table.erase(key);
  BOOST_TEST(table.size() == 0U);
}

BOOST_AUTO_TEST_CASE(an_evicted_entry_is_reported_first) {
  for (std::uint64_t key = 0; key < 64; ++key) add(key, false, key == 5 ? now + 1s : never);
  std::vector<std::uint64_t> gone;
  const auto watch = [&](std::uint64_t key, const Entry& entry) {
    if (key < 64) BOOST_TEST(entry.number == static_cast<int>(key));
    BOOST_TEST(table.find(key) == &entry);
    gone.push_back(key);
  };
  table.insert(100, 1, now, watch);
  BOOST_TEST(gone == std::vector<std::uint64_t>{48});  // the first in the last quarter
  now += 1s;
  for (std::uint64_t key = 101; key < 120; ++key) table.insert(key, 1, now, watch);
  BOOST_TEST((std::ranges::find(gone, 5U) != gone.end()));
}

BOOST_AUTO_TEST_CASE(for_each_visits_each_entry_once) {
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
      small.insert(key, key % 3, now);
      BOOST_REQUIRE(small.find(key) != nullptr);
      BOOST_REQUIRE(small.size() <= capacity);
    }
  }
}

BOOST_AUTO_TEST_CASE(colliding_keys_are_distinguished) {
  BoundedTable<std::uint64_t, Entry, Same> same(8);
  for (std::uint64_t key = 0; key < 8; ++key) same.insert(key, 1, now).number = static_cast<int>(key);
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
      large.insert(key, 1, now).number = i;
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
