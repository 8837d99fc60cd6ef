#include "ilnp/proxy/stream_proxy_config.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/refusal.hpp"

namespace ilnp::test::stream_proxy_config_test {

using namespace std::chrono_literals;

template <class Spoil>
std::string error(Spoil&& spoil) {
  return refusal(StreamProxyConfig(), spoil);
}

BOOST_AUTO_TEST_SUITE(stream_proxy_config)

BOOST_AUTO_TEST_CASE(each_value_has_bounds) {
  BOOST_TEST(error([](auto&) {}) == "");
  BOOST_TEST(error([](auto& c) { c.request_time = c.reply_time = 1ns; }) == "");
  BOOST_TEST(error([](auto& c) { c.request_time = c.reply_time = 24h; }) == "");
  BOOST_TEST(error([](auto& c) { c.request_port = 0; }).starts_with("request_port: "));
  BOOST_TEST(error([](auto& c) { c.max_connections = 0; }).starts_with("max_connections: "));
  BOOST_TEST(error([](auto& c) { c.request_time = 0s; }).starts_with("request_time: "));
  BOOST_TEST(error([](auto& c) { c.request_time = 24h + 1ns; }).starts_with("request_time: "));
  BOOST_TEST(error([](auto& c) { c.reply_time = -1ns; }).starts_with("reply_time: "));
  BOOST_TEST(error([](auto& c) { c.reply_time = Duration::max(); }).starts_with("reply_time: "));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::stream_proxy_config_test
