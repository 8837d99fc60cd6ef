#include "ilnp/proxy/stream_reply.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::stream_reply_test {

using Code = wire::StreamReplyCode;

error_code system_error(boost::system::errc::errc_t value) {
  return {static_cast<int>(value), boost::system::system_category()};
}

BOOST_AUTO_TEST_CASE(every_code_is_an_error_and_back) {
  for (std::uint8_t value = 0; value <= static_cast<std::uint8_t>(Code::failed); ++value) {
    const auto code = static_cast<Code>(value);
    BOOST_TEST(!error_of_reply(code) == (code == Code::connected));
    BOOST_TEST(reply_of_error(error_of_reply(code)) == code);
  }
}

BOOST_AUTO_TEST_CASE(errors_of_the_system_have_a_code) {
  namespace errc = boost::system::errc;
  BOOST_TEST(reply_of_error(system_error(errc::network_unreachable)) == Code::unreachable);
  BOOST_TEST(reply_of_error(system_error(errc::too_many_files_open)) == Code::too_many);
  BOOST_TEST(reply_of_error(system_error(errc::too_many_files_open_in_system)) == Code::too_many);
  BOOST_TEST(reply_of_error(system_error(errc::permission_denied)) == Code::failed);
  BOOST_TEST(reply_of_error(Errc::no_route) == Code::failed);
}

}  // namespace ilnp::test::stream_reply_test
