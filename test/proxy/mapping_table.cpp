#include "ilnp/proxy/mapping_table.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::mapping_table_test {

BOOST_AUTO_TEST_CASE(a_mapping_is_of_one_port_and_one_socket) {
  MappingTable table;
  BOOST_TEST(table.add({10001, 0}, {"bob", 80}));
  BOOST_TEST(!table.add({10001, 0}, {"carol", 80}));
  BOOST_TEST(table.add({10001, 1}, {"carol", 81}));
  BOOST_TEST(table.size() == 2);
  BOOST_TEST_REQUIRE(table.find({10001, 0}));
  BOOST_TEST(table.find({10001, 0})->remote.host == "bob");
  BOOST_TEST(table.find({10001, 1})->remote.port == 81);
  BOOST_TEST(!table.find({10001, 2}));
  BOOST_TEST(!table.find({10002, 0}));
  BOOST_TEST(table.first(10001)->remote.host == "bob");
  BOOST_TEST(table.first(10001)->other->remote.host == "carol");
}

BOOST_AUTO_TEST_CASE(what_is_removed_leaves_the_others_of_its_port) {
  MappingTable table;
  for (const auto socket : std::initializer_list<std::uint8_t>{0, 1, 2})
    table.add({80, socket}, {"host", socket});
  BOOST_TEST(table.remove({80, 1}));
  BOOST_TEST(!table.remove({80, 1}));
  BOOST_TEST(table.find({80, 2})->remote.port == 2);
  BOOST_TEST(table.remove({80, 0}));
  BOOST_TEST(table.first(80)->socket == 2);
  BOOST_TEST(table.remove({80, 2}));
  BOOST_TEST(!table.first(80));
  BOOST_TEST(table.size() == 0);
  BOOST_TEST(!table.remove({81, 0}));
}

BOOST_AUTO_TEST_CASE(ports_are_told_in_order) {
  MappingTable table;
  for (const auto port : std::initializer_list<std::uint16_t>{65535, 1, 256, 255})
    table.add({port, 0}, {"bob", 1});
  table.add({1, 1}, {"carol", 1});
  BOOST_TEST((table.ports() == List<std::uint16_t>{1, 255, 256, 65535}));
}

}  // namespace ilnp::test::mapping_table_test
