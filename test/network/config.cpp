#include "ilnp/network/config.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::config_test {

using namespace std::chrono_literals;

NetworkConfig good() {
  NetworkConfig config;
  config.nid = Nid(1);
  config.locators = {{Locator(1), Locator(2)}, {Locator(1)}};
  config.host_name = "alice";
  return config;
}

/// What `validate` says of a good configuration after `spoil`.
template <class Spoil>
std::string error(Spoil&& spoil) {
  NetworkConfig config = good();
  spoil(config);
  try {
    config.validate();
    return {};
  } catch (const std::invalid_argument& refused) {
    return refused.what();
  }
}

BOOST_AUTO_TEST_SUITE(network_config)

BOOST_AUTO_TEST_CASE(a_good_one_is_accepted) {
  BOOST_TEST(error([](auto&) {}).empty());
  BOOST_TEST(error([](auto& config) { config.handoff_time = 0s; }).empty());
  BOOST_TEST(error([](auto& config) { config.handoff_time = 60s; }).empty());  // longer than between moves
  BOOST_TEST(error([](auto& config) { config.hop_limit = 0; }).empty());
  BOOST_TEST(error([](auto& config) { config.loc_update_retries = 0; }).empty());
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named) {
  const auto says = [](const char* what, auto&& spoil) {
    const std::string text = error(spoil);
    BOOST_TEST(text.starts_with(what), "'" << text << "', not '" << what << "'");
  };
  says("nid: 0:0:0:0", [](auto& c) { c.nid = Nid{}; });
  says("locators: none", [](auto& c) { c.locators.clear(); });
  says("locators: a set holds 1 to 16", [](auto& c) { c.locators.push_back({}); });
  says("locators: a set holds 1 to 16", [](auto& c) {
    c.locators = {{}};
    for (std::uint64_t i = 1; i <= 17; ++i) c.locators[0].push_back(Locator(i));
  });
  says("locators: ff02:0:0:1", [](auto& c) { c.locators[1][0] = all_nodes_locator; });
  says("locators: one stands twice", [](auto& c) { c.locators[0][1] = Locator(1); });
  says("hostname: 1 to 255", [](auto& c) { c.host_name.clear(); });
  says("hostname: 1 to 255", [](auto& c) { c.host_name = "\xff"; });
  says("hostname: 1 to 255", [](auto& c) { c.host_name.assign(256, 'x'); });
  says("backwards_learning_ttl: ", [](auto& c) { c.backwards_learning_ttl = 0s; });
  says("active_unicast_session_ttl: ", [](auto& c) { c.active_unicast_session_ttl = -1s; });
  says("move_time: ", [](auto& c) { c.move_time = 0s; });
  says("handoff_time: ", [](auto& c) { c.handoff_time = -1ns; });
  says("loc_update_retry_wait_time: ", [](auto& c) { c.loc_update_retry_wait_time = 0s; });
  says("wait_time: ", [](auto& c) { c.wait_time = 0s; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::config_test
