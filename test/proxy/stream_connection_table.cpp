#include "ilnp/proxy/stream_connection_table.hpp"

#include <boost/test/unit_test.hpp>

#include "support/colliding_nids.hpp"

namespace ilnp::test::stream_connection_table_test {

struct Table {
  explicit Table(std::size_t most) : connections(most) {}
  StreamId add(std::uint64_t nid, bool own = false) {
    const StreamId id{++last};
    connections.add(id, {.state = StreamConnection::State::open,
                         .peer = Nid(nid),
                         .own = own,
                         .excess = !own && connections.is_excess(Nid(nid))});
    return id;
  }
  StreamConnectionTable connections;
  std::uint64_t last = 0;
};

BOOST_AUTO_TEST_CASE(connections_of_others_do_not_count_among_the_nodes_own) {
  Table table(8);
  for (int i = 0; i < 6; ++i) table.add(7);
  BOOST_TEST(table.connections.is_excess(Nid(7)));
  BOOST_TEST(!table.connections.is_excess(Nid(8)));
  table.add(8);
  table.add(8);
  BOOST_TEST(table.connections.is_excess(Nid(9)));
  for (int i = 0; i < 8; ++i) {
    BOOST_TEST(table.connections.has_room());
    table.add(7, true);
  }
  BOOST_TEST(!table.connections.has_room());
}

BOOST_AUTO_TEST_CASE(a_place_that_is_free_again_is_had_by_others) {
  Table table(1);
  const StreamId first = table.add(7);
  const StreamId excess = table.add(7);
  BOOST_TEST(table.connections.find(excess)->excess);
  table.connections.erase(excess);
  BOOST_TEST(table.connections.is_excess(Nid(7)));
  table.connections.erase(first);
  table.connections.erase(first);
  BOOST_TEST(!table.connections.is_excess(Nid(7)));
  BOOST_TEST(!table.connections.find(first));
  BOOST_TEST(table.connections.size() == 0u);
}

BOOST_AUTO_TEST_CASE(few_wait_to_be_told_that_they_are_too_many) {
  Table table(1);
  table.add(7);
  for (std::size_t i = 0; i < StreamConnectionTable::max_excess; ++i) {
    BOOST_TEST(table.connections.has_room_for_excess());
    table.add(7);
  }
  BOOST_TEST(!table.connections.has_room_for_excess());
}

BOOST_AUTO_TEST_CASE(nodes_whose_names_fall_together_are_counted_apart) {
  const auto nids = colliding_nids(10'000);
  Table table(nids.size() + 1);
  for (const Nid nid : nids) table.add(nid.value());
  for (int round = 0; round < 10; ++round)
    for (const Nid nid : nids) BOOST_TEST_REQUIRE(!table.connections.is_excess(nid));
  for (std::uint64_t id = 1; id <= nids.size(); ++id) table.connections.erase(StreamId{id});
  BOOST_TEST(table.connections.size() == 0u);
}

}  // namespace ilnp::test::stream_connection_table_test
