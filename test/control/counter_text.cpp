#include "ilnp/control/counter_text.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "ilnp/gateway/proxy_gateway_counters.hpp"
#include "ilnp/gateway/stream_gateway_counters.hpp"
#include "ilnp/gateway/tun_sink.hpp"
#include "ilnp/network/counters.hpp"
#include "ilnp/proxy/counters.hpp"
#include "ilnp/proxy/stream_proxy_counters.hpp"
#include "ilnp/sctp/counters.hpp"
#include "ilnp/transport/counters.hpp"
#include "ilnp/transport/fragment_counters.hpp"
#include "ilnp/tun/counters.hpp"
#include "ilnp/underlay/mcast_udp_counters.hpp"

namespace ilnp::test::counter_text_test {

/// The names of all counters of a program, `LAYER.NAME`.
std::set<std::string, std::less<>> all_counters() {
  std::set<std::string, std::less<>> names;
  const auto add = [&](std::string_view layer, const auto& counters) {
    counters.for_each([&](std::string_view name, std::uint64_t) {
      names.insert(std::string(layer).append(".").append(name));
    });
  };
  add(NetworkCounters::layer, NetworkCounters());
  add(TransportCounters::layer, TransportCounters());
  add(FragmentCounters::layer, FragmentCounters());
  add(McastUdpCounters::layer, McastUdpCounters());
  add(ProxyCounters::layer, ProxyCounters());
  add(StreamProxyCounters::layer, StreamProxyCounters());
  add(SctpCounters::layer, SctpCounters());
  add("gateway", ProxyGatewayCounters());
  add(StreamGatewayCounters::layer, StreamGatewayCounters());
  add(TunCounters::layer, TunCounters());
  add(TunDeviceCounters::layer, TunDeviceCounters());
  return names;
}

BOOST_AUTO_TEST_SUITE(counter_texts)

BOOST_AUTO_TEST_CASE(each_counter_has_a_text) {
  for (const std::string& name : all_counters())
    BOOST_TEST(counter_text(name), name << " needs a text in ilnp/control/counter_text.hpp");
}

BOOST_AUTO_TEST_CASE(each_text_is_that_of_a_counter) {
  const auto all = all_counters();
  for (const CounterText& each : ilnp::detail::counter_texts)
    BOOST_TEST(all.contains(each.name), each.name << " is no counter");
  BOOST_TEST(std::is_sorted(ilnp::detail::counter_texts.begin(), ilnp::detail::counter_texts.end(),
                            [](const CounterText& a, const CounterText& b) { return a.name < b.name; }));
}

BOOST_AUTO_TEST_CASE(what_is_dropped_or_refused_is_no_activity) {
  for (const CounterText& each : ilnp::detail::counter_texts) {
    const bool gone =
        each.name.find(".dropped_") != each.name.npos || each.name.find(".refused_") != each.name.npos;
    BOOST_TEST((!gone || each.kind == CounterKind::discard || each.kind == CounterKind::loss), each.name);
  }
}

BOOST_AUTO_TEST_CASE(a_text_begins_with_a_capital_letter_and_ends_without_a_full_stop) {
  for (const CounterText& each : ilnp::detail::counter_texts) {
    BOOST_TEST(((each.meaning.front() >= 'A' && each.meaning.front() <= 'Z') || each.meaning.front() == '1'),
               each.name);
    BOOST_TEST(each.meaning.back() != '.', each.name);
  }
}

BOOST_AUTO_TEST_CASE(a_name_without_a_text) {
  BOOST_TEST(!counter_text("ilnp"));
  BOOST_TEST(!counter_text("ilnp.received_"));
  BOOST_TEST(!counter_text(""));
  BOOST_TEST(!counter_text("zzz.zzz"));
  BOOST_TEST(to_string(counter_text("ilnp.received")->kind) == "activity");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::counter_text_test
