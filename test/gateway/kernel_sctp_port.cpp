#include "ilnp/gateway/kernel_sctp_port.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

namespace ilnp::test::kernel_sctp_port_test {

struct File {
  ~File() { std::filesystem::remove(path); }
  void write(const char* text) const { std::ofstream(path) << text; }
  std::string path =
      std::filesystem::temp_directory_path() / ("ilnp-sctp-port-" + std::to_string(::getpid()));
};

BOOST_AUTO_TEST_SUITE(kernel_sctp_port)

BOOST_AUTO_TEST_CASE(follows_the_setting_that_may_appear_later) {
  const File file;
  KernelSctpPort port(file.path);
  TimePoint now{std::chrono::hours(1)};
  BOOST_TEST(port.read(now) == 0);
  file.write("9899\n");
  BOOST_TEST(port.read(now) == 0);  // looked for once a second
  now += std::chrono::seconds(1);
  BOOST_TEST(port.read(now) == 9899);
  file.write("0\n");
  BOOST_TEST(port.read(now) == 0);
  file.write("10003\n");
  BOOST_TEST(port.read(now) == 10003);
  file.write("what?\n");
  BOOST_TEST(port.read(now) == 0);
  BOOST_TEST(KernelSctpPort("/nowhere/at/all").read(now) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::kernel_sctp_port_test
