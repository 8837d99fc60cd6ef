// What a service manager is told, at sockets of both kinds.
#include "service_manager.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <string>

namespace ilnp::test::service_manager_test {

using program::ServiceManager;
using namespace std::chrono_literals;

/// A socket for messages; `name` as in NOTIFY_SOCKET.
struct Receiver {
  explicit Receiver(std::string text) : name(std::move(text)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof address.sun_path);
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    BOOST_REQUIRE(::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  }
  ~Receiver() {
    ::close(socket);
    if (name[0] == '/') ::unlink(name.c_str());
  }
  std::string next() const {
    std::string text(1000, '\0');
    const ssize_t size = ::recv(socket, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "nothing" : text.substr(0, static_cast<std::size_t>(size));
  }
  std::string name;
  int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

const std::string suffix = "ilnp-service-manager-test-" + std::to_string(::getpid());

BOOST_AUTO_TEST_SUITE(a_service_manager)

BOOST_AUTO_TEST_CASE(is_told_at_a_path_and_at_an_abstract_name) {
  for (const std::string& name : {"/tmp/" + suffix, "@" + suffix}) {
    const Receiver receiver(name);
    const ServiceManager manager(name.c_str());
    BOOST_TEST(manager.listens());
    BOOST_TEST(manager.tell("READY=1\nSTATUS=fine"));
    BOOST_TEST(receiver.next() == "READY=1\nSTATUS=fine");
    BOOST_TEST(receiver.next() == "nothing");
  }
}

BOOST_AUTO_TEST_CASE(is_not_needed) {
  const std::string long_name = "/" + std::string(200, 'x');
  for (const char* name :
       {static_cast<const char*>(nullptr), "", "/", "@", "relative", "vsock:2:1", long_name.c_str()}) {
    const ServiceManager manager(name);
    BOOST_TEST(!manager.listens());
    BOOST_TEST(!manager.tell("READY=1"));
  }
  const ServiceManager gone(("/tmp/" + suffix).c_str());
  BOOST_TEST(gone.listens());
  BOOST_TEST(!gone.tell("READY=1"));
}

BOOST_AUTO_TEST_CASE(that_does_not_read_blocks_nothing) {
  const Receiver receiver("@" + suffix);
  const ServiceManager manager(receiver.name.c_str());
  int told = 0;
  while (told < 100'000 && manager.tell("WATCHDOG=1")) ++told;
  BOOST_TEST(told > 0);
  BOOST_TEST(told < 100'000);
  receiver.next();
  BOOST_TEST(manager.tell("WATCHDOG=1"));
}

BOOST_AUTO_TEST_CASE(says_how_often_it_wants_a_sign_of_life) {
  const std::string self = std::to_string(::getpid());
  BOOST_TEST((ServiceManager::watchdog("2000000", nullptr) == 2s));
  BOOST_TEST((ServiceManager::watchdog("2000000", self.c_str()) == 2s));
  BOOST_TEST(!ServiceManager::watchdog("2000000", "1"));
  for (const char* period : {static_cast<const char*>(nullptr), "", "0", "-1", "1s", "99999999999999999999"})
    BOOST_TEST(!ServiceManager::watchdog(period, nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::service_manager_test
