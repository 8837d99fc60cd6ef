#include "ilnp/network/config.hpp"

#include <boost/test/unit_test.hpp>
#include <climits>

#include "support/refusal.hpp"

namespace ilnp::test::config_test {

using namespace std::chrono_literals;

NetworkConfig good() {
  NetworkConfig config;
  config.nid = Nid(1);
  config.locators = {{Locator(1), Locator(2)}, {Locator(1)}};
  config.host_name = "alice";
  return config;
}

/// The error of `validate` for a valid configuration after `spoil`.
template <class Spoil>
std::string error(Spoil&& spoil) {
  return refusal(good(), spoil);
}

BOOST_AUTO_TEST_SUITE(network_config)

BOOST_AUTO_TEST_CASE(a_valid_configuration_is_accepted) {
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
  says("locators: a set has 1 to 16 locators", [](auto& c) { c.locators.push_back({}); });
  says("locators: a set has 1 to 16 locators", [](auto& c) {
    c.locators = {{}};
    for (std::uint64_t i = 1; i <= 17; ++i) c.locators[0].emplace_back(i);
  });
  says("locators: 0:0:0:0", [](auto& c) { c.locators[0][0] = Locator{}; });
  says("locators: ff02:0:0:1", [](auto& c) { c.locators[1][0] = all_nodes_locator; });
  says("locators: a set names one twice", [](auto& c) { c.locators[0][1] = Locator(1); });
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

/// Each bound, at its limit and beyond it.
BOOST_AUTO_TEST_CASE(times_and_numbers_have_bounds) {
  const auto bounds = [](const char* key, auto member, Duration least) {
    const auto with = [&](Duration time) { return error([&](auto& config) { config.*member = time; }); };
    BOOST_TEST(with(least) == "");
    BOOST_TEST(with(NetworkConfig::max_time) == "");
    for (const Duration wrong :
         {least - 1ns, NetworkConfig::max_time + 1ns, Duration::max(), Duration::min()})
      BOOST_TEST(with(wrong).starts_with(std::string(key) + ": must be from "), with(wrong));
  };
  using C = NetworkConfig;
  bounds("backwards_learning_ttl", &C::backwards_learning_ttl, C::min_wait_time);
  bounds("active_unicast_session_ttl", &C::active_unicast_session_ttl, C::min_time);
  bounds("move_time", &C::move_time, C::min_wait_time);
  bounds("handoff_time", &C::handoff_time, 0ns);
  bounds("loc_update_retry_wait_time", &C::loc_update_retry_wait_time, C::min_time);
  bounds("wait_time", &C::wait_time, C::min_wait_time);
  BOOST_TEST(error([](auto& config) { config.loc_update_retries = C::max_retries; }) == "");
  for (const unsigned wrong : {C::max_retries + 1, UINT_MAX})
    BOOST_TEST(error([&](auto& config) { config.loc_update_retries = wrong; }) ==
               "loc_update_retries: must be from 0 to 100");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::config_test
