#include "ilnp/gateway/control_reply.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include "asio/pair.hpp"

namespace ilnp::test::control_reply_test {

BOOST_AUTO_TEST_CASE(what_is_said_instead_of_a_long_answer_can_wait) {
  boost::asio::io_context io;
  ControlReplies replies(io.get_executor());
  int ends[2];
  BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
  const OwnedSocket client(ends[0]);
  OwnedSocket proxy(ends[1]);
  while (::send(proxy.native_handle(), "x", 1, MSG_DONTWAIT) == 1) {
  }
  replies.send(std::move(proxy), std::string(std::size_t{4} << 20, 'a') + "the end of the real answer");
  std::string last;
  run_until(io, [&] {
    std::array<char, 256> octets;
    for (ssize_t size;
         (size = ::recv(client.native_handle(), octets.data(), octets.size(), MSG_DONTWAIT)) > 0;)
      last.assign(octets.data(), static_cast<std::size_t>(size));
    return last.size() > 1;
  });
  BOOST_TEST(last == "error: reply too long");
}

}  // namespace ilnp::test::control_reply_test
