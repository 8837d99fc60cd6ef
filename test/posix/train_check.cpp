#include "ilnp/posix/train_check.hpp"

#include <boost/test/unit_test.hpp>

#include "underlay/lab.hpp"

namespace ilnp::test::train_check_test {

BOOST_AUTO_TEST_SUITE(train_check)

BOOST_AUTO_TEST_CASE(knows_the_kernels_that_corrupt_trains) {
  for (const char* release : {"7.0", "7.0.0", "7.0.12-1-amd64", "7.1", "7.1.0-rc3", "7.1.4", "7.1.4-2-arm64"})
    BOOST_TEST(is_known_to_corrupt_trains(release), release);
  for (const char* release :
       {"6.1.0-13-amd64", "6.18.44", "7.1.5", "7.1.14", "7.2.0-rc1", "7.10.1", "8.0.0", "70.0", "", "x"})
    BOOST_TEST(!is_known_to_corrupt_trains(release), release);
}

int send(int socket, const msghdr& header) {
  return static_cast<int>(::sendmsg(socket, &header, MSG_DONTWAIT));
}

BOOST_AUTO_TEST_CASE(finds_trains_that_come_out_wrong) {
  const Host host;
  const auto visit = host.visit();
  BOOST_TEST(trains_arrive_whole(send));
  BOOST_TEST(trains_arrive_whole(send, overlay_port));
  // An octet changed far back in a train.
  BOOST_TEST(!trains_arrive_whole([](int socket, const msghdr& header) {
    auto* octets = static_cast<std::byte*>(header.msg_iov[2].iov_base);
    octets[header.msg_iov[2].iov_len - 1] ^= std::byte{1};
    return send(socket, header);
  }));
  const PlainSocket node(host, overlay_port, true);
  BOOST_TEST(!trains_arrive_whole(
      [](int socket, const msghdr& header) {
        *static_cast<std::byte*>(header.msg_iov[1].iov_base) ^= std::byte{1};
        return send(socket, header);
      },
      overlay_port));
  // Cut in other places.
  BOOST_TEST(!trains_arrive_whole([](int socket, const msghdr& header) {
    std::uint16_t segment = 0;
    std::memcpy(&segment, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof segment);
    --segment;
    std::memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), &segment, sizeof segment);
    return send(socket, header);
  }));
  // The same piece twice.
  BOOST_TEST(!trains_arrive_whole([](int socket, const msghdr& header) {
    std::memmove(header.msg_iov[2].iov_base, header.msg_iov[0].iov_base, header.msg_iov[2].iov_len);
    return send(socket, header);
  }));
}

BOOST_AUTO_TEST_CASE(blames_the_kernel_for_nothing_that_others_send) {
  const Host host;
  const auto visit = host.visit();
  constexpr int processes = 4;
  for (int round = 0; round < 40; ++round) {
    std::array<int, 2> gate;
    BOOST_TEST_REQUIRE(::pipe(gate.data()) == 0);
    std::vector<pid_t> all;
    for (int i = 0; i < processes; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        char octet;
        ::close(gate[1]);
        (void)!::read(gate[0], &octet, 1);  // until it is closed, for all at once
        ::_exit(trains_arrive_whole(send, overlay_port) ? 0 : 1);
      }
      all.push_back(child);
    }
    ::close(gate[0]);
    ::close(gate[1]);
    for (const pid_t each : all) {
      int status = -1;
      ::waitpid(each, &status, 0);
      BOOST_TEST(status == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(holds_nothing_against_trains_that_do_not_come_out) {
  BOOST_TEST(trains_arrive_whole([](int, const msghdr&) { return -1; }));
  BOOST_TEST(trains_arrive_whole([](int, const msghdr&) { return 0; }));
  const Host host;
  host.ip("link set lo down");
  const auto visit = host.visit();
  BOOST_TEST(trains_arrive_whole(send));
}

BOOST_AUTO_TEST_CASE(trusts_this_kernel_or_says_why_not) {
  utsname name{};
  BOOST_TEST(::uname(&name) == 0);
  BOOST_TEST((train_fault() == TrainsOff::known_kernel) == is_known_to_corrupt_trains(name.release));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::train_check_test
