#include "ilnp/sctp/stream_table.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/print.hpp"

namespace ilnp::test::stream_table_test {

struct Table {
  SctpStreamState& add() { return streams.add(SctpSocket(), peer, {Nid(2), 80, 50000}, TimePoint{}); }
  SctpPeer peer;
  SctpStreamTable streams;
};

BOOST_AUTO_TEST_CASE(a_stream_is_found_by_its_name_until_it_is_removed) {
  Table table;
  SctpStreamState& first = table.add();
  SctpStreamState& second = table.add();
  const StreamId name = first.id;
  BOOST_TEST(table.streams.find(name) == &first);
  BOOST_TEST(table.streams.find(second.id) == &second);
  BOOST_TEST(!table.streams.find(StreamId{}));
  BOOST_TEST(!table.streams.find(StreamId{~std::uint64_t{0}}));
  BOOST_TEST(table.peer.streams == 2u);
  table.streams.remove(first, TimePoint{} + std::chrono::seconds(1));
  BOOST_TEST(!table.streams.find(name));
  BOOST_TEST(table.streams.size() == 1u);
  BOOST_TEST(table.peer.streams == 1u);
  BOOST_TEST(table.peer.used == TimePoint{} + std::chrono::seconds(1));
}

BOOST_AUTO_TEST_CASE(a_name_never_means_another) {
  Table table;
  std::set<std::uint64_t> names;
  for (int i = 0; i < 1000; ++i) {
    SctpStreamState& stream = table.add();
    BOOST_TEST_REQUIRE(names.insert(stream.id.value).second);
    table.streams.remove(stream, TimePoint{});
  }
  BOOST_TEST(table.streams.size() == 0u);
}

BOOST_AUTO_TEST_CASE(who_goes_through_all_may_remove_each) {
  Table table;
  for (int i = 0; i < 10; ++i) table.add();
  std::size_t seen = 0;
  table.streams.for_each([&](SctpStreamState& stream) {
    if (++seen % 2 == 0) table.streams.remove(stream, TimePoint{});
  });
  BOOST_TEST(seen == 10u);
  BOOST_TEST(table.streams.size() == 5u);
}

}  // namespace ilnp::test::stream_table_test
