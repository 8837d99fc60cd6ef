#include "ilnp/gateway/hosts_file_writer.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ilnp::test::hosts_file_writer_test {

struct Fixture {
  static std::string made() {
    std::string path = "/tmp/ilnp-hosts-XXXXXX";
    const int file = ::mkstemp(path.data());
    BOOST_TEST_REQUIRE(file >= 0);
    ::close(file);
    return path;
  }
  ~Fixture() { ::unlink(path.c_str()); }

  void set(const std::string& text) { std::ofstream(path, std::ios::trunc) << text; }
  std::string text() const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  ino_t inode() const {
    struct stat status {};
    ::stat(path.c_str(), &status);
    return status.st_ino;
  }

  const std::string path = made();
  HostsFileWriter writer{path, "ilnp0"};
};

BOOST_FIXTURE_TEST_SUITE(hosts_file_writers, Fixture)

BOOST_AUTO_TEST_CASE(names_come_and_go_and_other_lines_stay_as_they_are) {
  const std::string others =
      "127.0.0.1 localhost # ilnp\n\n  ::1\tlocalhost ip6-localhost\n# ilnp ilnp0 is a comment\n";
  set(others);
  const ino_t before = inode();
  BOOST_TEST(writer.write({{"fd00::b", "bob.ilnp"}, {"fd00::a", "alice.ilnp"}}) == error_code());
  BOOST_TEST(text() == others + "fd00::b bob.ilnp # ilnp ilnp0\nfd00::a alice.ilnp # ilnp ilnp0\n");
  set(text() + "192.0.2.1 later\n");  // somebody else's
  BOOST_TEST(writer.write({{"fd00::c", "carol.ilnp"}}) == error_code());
  BOOST_TEST(text() == others + "192.0.2.1 later\nfd00::c carol.ilnp # ilnp ilnp0\n");
  BOOST_TEST(!writer.clear());
  BOOST_TEST(text() == others + "192.0.2.1 later\n");
  BOOST_TEST(inode() == before);  // it may be a mount of its own
}

BOOST_AUTO_TEST_CASE(writers_with_other_marks_do_not_disturb_each_other) {
  HostsFileWriter other(path, "ilnp1");
  BOOST_TEST(writer.write({{"fd00::b", "bob.ilnp"}}) == error_code());
  BOOST_TEST(other.write({{"fd01::b", "bob.ilnp"}}) == error_code());
  BOOST_TEST(!writer.clear());
  BOOST_TEST(text() == "fd01::b bob.ilnp # ilnp ilnp1\n");
}

BOOST_AUTO_TEST_CASE(a_last_line_without_an_end_is_not_joined_to) {
  set("127.0.0.1 localhost");
  BOOST_TEST(!writer.clear());
  BOOST_TEST(text() == "127.0.0.1 localhost");
  BOOST_TEST(writer.write({{"fd00::b", "bob.ilnp"}}) == error_code());
  BOOST_TEST(text() == "127.0.0.1 localhost\nfd00::b bob.ilnp # ilnp ilnp0\n");
}

BOOST_AUTO_TEST_CASE(an_unchanged_file_is_not_written) {
  BOOST_TEST(writer.write({{"fd00::b", "bob.ilnp"}}) == error_code());
  const timespec past[2] = {{1, 0}, {1, 0}};
  ::utimensat(AT_FDCWD, path.c_str(), past, 0);
  BOOST_TEST(writer.write({{"fd00::b", "bob.ilnp"}}) == error_code());
  struct stat status {};
  ::stat(path.c_str(), &status);
  BOOST_TEST(status.st_mtim.tv_sec == 1);
}

BOOST_AUTO_TEST_CASE(names_that_no_file_can_hold_are_left_out) {
  const std::string label(63, 'a');
  for (const std::string& name : std::vector<std::string>{"bob.ilnp",
                                                          "b\xc3\xb6"
                                                          "b.ilnp",
                                                          label + ".ilnp", "a.b.ilnp"})
    BOOST_TEST(HostsFileWriter::fits(name), name);
  for (const std::string& name :
       std::vector<std::string>{"", "two words.ilnp", "b#b.ilnp", "b\nb.ilnp", "b\x7f.ilnp", ".ilnp",
                                "a..ilnp", label + "a.ilnp", std::string(254, '.')})
    BOOST_TEST(!HostsFileWriter::fits(name), name);
  BOOST_TEST(writer.write({{"fd00::1", "x\n192.0.2.1 bank.example"},
                           {"fd00::b", "bob.ilnp"},
                           {"fd00::c", "BOB.ilnp"}}) == error_code());
  BOOST_TEST(text() == "fd00::b bob.ilnp # ilnp ilnp0\n");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_written_is_an_error_and_stays_as_it_is) {
  set(std::string(HostsFileWriter::max_octets + HostsFileWriter::max_names * 512 + 1, '\n'));
  BOOST_TEST(writer.write({{"fd00::b", "bob.ilnp"}}) == make_error_code(Errc::message_too_long));
  HostsFileWriter missing("/nowhere/hosts", "ilnp0"), folder("/tmp", "ilnp0"), device("/dev/null", "ilnp0"),
      full("/dev/full", "ilnp0");
  BOOST_TEST(missing.write({}).value() == ENOENT);
  BOOST_TEST(folder.write({}).value() == EISDIR);
  BOOST_TEST(device.write({}).value() == EINVAL);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::hosts_file_writer_test
