#include "ilnp/sctp/config.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "support/refusal.hpp"

namespace ilnp::test::sctp_config_test {

using namespace std::chrono_literals;

template <class Spoil>
std::string error(Spoil&& spoil) {
  return refusal(SctpConfig(), spoil);
}

BOOST_AUTO_TEST_SUITE(sctp_config)

BOOST_AUTO_TEST_CASE(each_value_has_bounds) {
  BOOST_TEST(error([](auto&) {}) == "");
  const auto times = [](auto& c, Duration least, Duration first, Duration most) {
    c.min_retransmission_time = least, c.first_retransmission_time = first, c.max_retransmission_time = most;
  };
  BOOST_TEST(error([&](auto& c) { times(c, 1ms, 1ms, 1ms); }) == "");
  BOOST_TEST(error([&](auto& c) { times(c, 1min, 1min, 1min); }) == "");
  BOOST_TEST(error([](auto& c) { c.acknowledgement_delay = 0s, c.heartbeat_interval = 1ms; }) == "");
  BOOST_TEST(error([](auto& c) { c.acknowledgement_delay = 500ms, c.heartbeat_interval = 1min; }) == "");
  BOOST_TEST(error([](auto& c) { c.send_buffer = c.receive_buffer = 4096; }) == "");
  BOOST_TEST(error([](auto& c) { c.send_buffer = c.receive_buffer = 1 << 30; }) == "");
  const auto says = [](const char* what, auto&& spoil) {
    const std::string text = error(spoil);
    BOOST_TEST(text.starts_with(what), "'" << text << "', not '" << what << "'");
  };
  says("sctp port: ", [](auto& c) { c.port = 0; });
  says("sctp retransmission times: ", [&](auto& c) { times(c, 999us, 1ms, 1ms); });
  says("sctp retransmission times: ", [&](auto& c) { times(c, 2ms, 1ms, 3ms); });
  says("sctp retransmission times: ", [&](auto& c) { times(c, 2ms, 4ms, 3ms); });
  says("sctp retransmission times: ", [&](auto& c) { times(c, 1ms, 1ms, 1min + 1ns); });
  says("sctp acknowledgement_delay: ", [](auto& c) { c.acknowledgement_delay = 501ms; });
  says("sctp heartbeat_interval: ", [](auto& c) { c.heartbeat_interval = 0s; });
  says("sctp heartbeat_interval: ", [](auto& c) { c.heartbeat_interval = Duration::max(); });
  says("sctp silence: ", [](auto& c) { c.silence = 0s; });
  says("sctp silence: ", [](auto& c) { c.silence = Duration::max(); });
  says("sctp max_connect_attempts: ", [](auto& c) { c.max_connect_attempts = 0; });
  says("sctp buffers: ", [](auto& c) { c.send_buffer = 4095; });
  says("sctp buffers: ", [](auto& c) { c.receive_buffer = UINT32_MAX; });
  says("sctp limits: ", [](auto& c) { c.max_streams = 0; });
  says("sctp limits: ", [](auto& c) { c.max_peers = 0; });
  says("sctp memory: ", [](auto& c) { c.memory = (1 << 20) - 1; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::sctp_config_test
