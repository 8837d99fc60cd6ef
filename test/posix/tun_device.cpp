// The device of a TUN front end. What needs root and /dev/net/tun happens in a network namespace of its own, which goes with its thread.

#include "ilnp/posix/tun_device.hpp"

#include <sched.h>

#include <boost/test/execution_monitor.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace ilnp::test::tun_device_test {

namespace {

constexpr std::array<std::byte, 16> own_address{
    std::byte{0xfd}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, std::byte{0xa}};  // fd00::a

/// Runs `f` on a thread in an empty network namespace; not without the rights for it.
void in_namespace(const std::function<void()>& f) {
  bool can = ::access("/dev/net/tun", R_OK | W_OK) == 0;
  std::thread([&] {
    can = can && ::unshare(CLONE_NEWNET) == 0;
    try {
      if (can) f();
    } catch (const boost::execution_aborted&) {
    }  // by BOOST_REQUIRE, which has reported it
  }).join();
  if (!can) BOOST_TEST_MESSAGE("skipped: needs root and /dev/net/tun");
}

/// What the attempt to create a device says.
std::string failure(const std::string& name) {
  try {
    TunDevice({.interface = name, .address = own_address});
  } catch (const boost::system::system_error& error) {
    return error.what();
  }
  return {};
}

/// An interface: its flags and its MTU.
std::pair<int, int> state(const std::string& name) {
  const OwnedSocket socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  if (::ioctl(socket.native_handle(), SIOCGIFFLAGS, &request) != 0) return {0, 0};
  const int flags = request.ifr_flags;
  ::ioctl(socket.native_handle(), SIOCGIFMTU, &request);
  return {flags, request.ifr_mtu};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tun_device)

BOOST_AUTO_TEST_CASE(a_name_that_no_interface_can_have_is_refused) {
  for (const char* name : {"", "a/b", ".", "..", "of-sixteen-chars"})
    BOOST_TEST(failure(name).find("not a name of one") != std::string::npos, name);
}

BOOST_AUTO_TEST_CASE(reads_and_writes_whole_packets) {
  int ends[2];
  BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
  const OwnedSocket kernel(ends[0]);
  TunDevice device(OwnedSocket(ends[1]), "pair", TunDevice::all_offloads);
  std::vector<std::byte> buffer(TunDevice::max_read);
  error_code error;
  BOOST_TEST((device.read(buffer, error) == 0u && error.value() == EAGAIN));

  char one[] = "head", other[] = "rest";
  const iovec parts[] = {{one, 4}, {other, 4}};
  BOOST_TEST(!device.write(parts));
  char got[16];
  BOOST_REQUIRE(::recv(ends[0], got, sizeof got, 0) == 8);
  BOOST_TEST(std::string(got, 8) == "headrest");
  BOOST_REQUIRE(::send(ends[0], "packet", 6, 0) == 6);
  BOOST_TEST(device.read(buffer, error) == 6u);
  BOOST_TEST(!error);
  BOOST_TEST(device.exists());
  BOOST_TEST((device.joins_tcp() && device.joins_udp()));
}

BOOST_AUTO_TEST_CASE(creates_an_interface_that_is_up_and_silent_and_goes_with_it) {
  in_namespace([] {
    {
      TunDevice device({.interface = "t%d", .address = own_address, .mtu = 1436});
      BOOST_TEST(device.name() == "t0");
      const auto [flags, mtu] = state("t0");
      BOOST_TEST((flags & (IFF_UP | IFF_NOARP | IFF_MULTICAST)) == (IFF_UP | IFF_NOARP));
      BOOST_TEST(mtu == 1436);
      BOOST_TEST(device.joins_tcp());
      std::vector<std::byte> buffer(TunDevice::max_read);
      error_code error;
      BOOST_TEST((device.read(buffer, error) == 0u && error.value() == EAGAIN));  // it says nothing by itself

      // A packet to a neighbour in its network arrives, whole.
      const OwnedSocket socket = OwnedSocket::udp(AF_INET6);
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_port = htons(9);
      auto peer = own_address;
      peer[15] = std::byte{0xb};
      std::memcpy(&to.sin6_addr, peer.data(), peer.size());
      BOOST_REQUIRE(
          ::sendto(socket.native_handle(), "hello", 5, 0, reinterpret_cast<sockaddr*>(&to), sizeof to) == 5);
      BOOST_TEST(device.read(buffer, error) == 10u + 40 + 8 + 5);

      BOOST_TEST(failure("t0").find("interface t0 is in use by another program") != std::string::npos);
      BOOST_TEST(device.exists());
    }
    BOOST_TEST(state("t0").second == 0);
  });
}

BOOST_AUTO_TEST_CASE(leaves_all_long_packets_to_the_kernel_if_asked) {
  in_namespace([] {
    TunDevice device({.interface = "t0", .address = own_address, .offload = false});
    BOOST_TEST(device.offloads() == 0u);
    BOOST_TEST((!device.joins_tcp() && !device.joins_udp()));
  });
}

BOOST_AUTO_TEST_CASE(notices_that_it_was_deleted) {
  in_namespace([] {
    TunDevice device({.interface = "t0", .address = own_address});
    BOOST_REQUIRE(::system("ip link del t0") == 0);
    BOOST_TEST(!device.exists());
    std::vector<std::byte> buffer(TunDevice::max_read);
    error_code error;
    BOOST_TEST((device.read(buffer, error) == 0u && error.value() == EBADFD));
  });
}

BOOST_AUTO_TEST_CASE(takes_a_persistent_interface_and_replaces_the_address_of_an_earlier_run) {
  in_namespace([] {
    BOOST_REQUIRE(::system("ip tuntap add dev t0 mode tun && ip addr add fd00::b/64 dev t0 && "
                           "ip addr add fd01::b/64 dev t0") == 0);
    { TunDevice device({.interface = "t0", .address = own_address, .mtu = 1400}); }
    BOOST_TEST(state("t0").second == 1400);
    BOOST_TEST(::system("ip -6 addr show dev t0 | grep -q fd00::a/64") == 0);
    BOOST_TEST(::system("ip -6 addr show dev t0 | grep -q fd00::b") != 0);
    BOOST_TEST(::system("ip -6 addr show dev t0 | grep -q fd01::b/64") == 0);  // not ours
  });
}

BOOST_AUTO_TEST_CASE(refuses_an_interface_of_several_queues) {
  in_namespace([] {
    BOOST_REQUIRE(::system("ip tuntap add dev t0 mode tun multi_queue") == 0);
    BOOST_TEST(failure("t0").find("ip link del t0") != std::string::npos);
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_device_test
