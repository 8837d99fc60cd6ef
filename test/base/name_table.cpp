#include "ilnp/base/name_table.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::name_table_test {

BOOST_AUTO_TEST_SUITE(name_tables)

BOOST_AUTO_TEST_CASE(values_are_found_by_their_names) {
  NameTable<int> table;
  BOOST_TEST(table.find("0") == nullptr);
  for (int i = 0; i < 1000; ++i) table.insert(std::to_string(i)) = i;
  table.rekey(HashKey::from([word = std::uint64_t{1}]() mutable { return word *= 0x9e3779b97f4a7c15; }));
  BOOST_TEST(table.size() == 1000u);
  for (int i = 0; i < 1000; ++i) BOOST_TEST(*table.find(std::to_string(i)) == i);
  BOOST_TEST(table.insert("7") == 7);  // the same entry
  BOOST_TEST(table.find("1000") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_erased_name_leaves_nothing) {
  NameTable<int> table;
  table.insert("alice") = 1;
  table.insert("bob") = 2;
  table.erase("alice");
  table.erase("alice");
  BOOST_TEST(table.find("alice") == nullptr);
  BOOST_TEST(table.size() == 1u);
  BOOST_TEST(table.insert("carol") == 0);
  BOOST_TEST(*table.find("bob") == 2);
}

BOOST_AUTO_TEST_CASE(names_come_in_the_order_of_insertion) {
  NameTable<int> table;
  for (const char* name : {"c", "a", "b"}) table.insert(name);
  std::string names;
  table.for_each([&](const std::string& name, int) { names += name; });
  BOOST_TEST(names == "cab");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::name_table_test
