#include "ilnp/gateway/names/hosts_file.hpp"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkstemp is of POSIX

#include <boost/test/unit_test.hpp>
#include <fstream>

namespace ilnp::test::hosts_file_test {

struct Fixture {
  ~Fixture() { ::unlink(path.c_str()); }
  void write(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  std::string find(std::string_view name) {
    std::string all;
    for (const auto& each : file.find(name)) all += each.to_string() + ' ';
    return all;
  }
  std::string path = "/tmp/hosts-XXXXXX";
  HostsFile file{(::close(::mkstemp(path.data())), path)};
};

BOOST_FIXTURE_TEST_SUITE(hosts_files, Fixture)

BOOST_AUTO_TEST_CASE(names_have_the_addresses_of_their_lines) {
  write(
      "# 192.0.2.9 comment\n"
      "\n"
      "192.0.2.1\thost.test host  # 192.0.2.8 other\r\n"
      "  2001:db8::1 Host.TEST.\n"
      "nonsense host.test\n"
      "192.0.2.3\n"
      "192.0.2.2 second host.test#glued\n"
      "192.0.2.4 last");
  BOOST_TEST(find("host.test") == "2001:db8::1 192.0.2.1 192.0.2.2 ");
  BOOST_TEST(find("HOST") == "192.0.2.1 ");
  BOOST_TEST(find("last") == "192.0.2.4 ");
  for (const char* name : {"comment", "other", "glued", "", "#", "192.0.2.3", "hos", "host.", "host.test.x"})
    BOOST_TEST(find(name) == "", name);
}

BOOST_AUTO_TEST_CASE(it_is_read_only_when_it_has_changed) {
  std::string list;
  for (int i = 0; i < 100'000; ++i) list += "0.0.0.0 blocked" + std::to_string(i) + ".test\n";
  write(list);
  for (int i = 0; i < 100; ++i) BOOST_TEST(find("blocked" + std::to_string(i * 999) + ".test") == "0.0.0.0 ");
  BOOST_TEST(file.times_read() == 1u);
  write("192.0.2.1 host.test\n");
  BOOST_TEST(find("host.test") == "192.0.2.1 ");
  BOOST_TEST(find("blocked1.test") == "");
  BOOST_TEST(file.times_read() == 2u);
}

BOOST_AUTO_TEST_CASE(one_that_is_not_there_or_no_file_names_nothing) {
  write("192.0.2.1 host.test\n");
  BOOST_TEST(find("host.test") == "192.0.2.1 ");
  ::unlink(path.c_str());
  BOOST_TEST(find("host.test") == "");
  HostsFile directory("/tmp");
  BOOST_TEST(directory.find("host.test").empty());
}

BOOST_AUTO_TEST_CASE(a_name_has_so_many_addresses_and_no_more) {
  std::string list;
  for (int i = 0; i < 100; ++i)
    list += "192.0.2." + std::to_string(i) + " host.test\n2001:db8::1 host.test\n";
  write(list);
  BOOST_TEST(file.find("host.test").size() == 2 * HostsFile::max_addresses);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::hosts_file_test
