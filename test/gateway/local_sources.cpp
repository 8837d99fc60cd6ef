#include "ilnp/gateway/local_sources.hpp"

#include <boost/test/unit_test.hpp>

namespace ilnp::test::local_sources_test {

Endpoint at(const char* address, std::uint16_t port = 1) {
  const boost::asio::ip::udp::endpoint endpoint(boost::asio::ip::make_address(address), port);
  return Endpoint(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

BOOST_AUTO_TEST_CASE(this_host_may_send_and_others_may_not) {
  LocalSources sources;
  const TimePoint now{};
  for (int round = 0; round < 2; ++round) {  // as the kernel says, and from memory
    BOOST_TEST(sources.accepts(at("127.0.0.1"), now));
    BOOST_TEST(sources.accepts(at("127.9.9.9", 7), now));
    BOOST_TEST(sources.accepts(at("::1"), now));
    BOOST_TEST(!sources.accepts(at("192.0.2.1"), now));
    BOOST_TEST(!sources.accepts(at("2001:db8::1"), now));
    BOOST_TEST(!sources.accepts(at("192.0.2.65"), now));  // where 192.0.2.1 is remembered
  }
}

BOOST_AUTO_TEST_CASE(who_is_allowed_may_send) {
  LocalSources sources;
  sources.allow(*AddressRange::parse("192.0.2.0/28"));
  sources.allow(*AddressRange::parse("2001:db8::1"));
  BOOST_TEST(sources.accepts(at("192.0.2.15"), TimePoint{}));
  BOOST_TEST(!sources.accepts(at("192.0.2.16"), TimePoint{}));
  BOOST_TEST(sources.accepts(at("2001:db8::1"), TimePoint{}));
  BOOST_TEST(!sources.accepts(at("2001:db8::2"), TimePoint{}));
}

BOOST_AUTO_TEST_CASE(what_was_refused_is_asked_for_anew_after_a_while) {
  LocalSources sources;
  TimePoint now{};
  BOOST_TEST(!sources.accepts(at("192.0.2.1"), now));
  sources.allow(*AddressRange::parse("192.0.2.1"));
  BOOST_TEST(!sources.accepts(at("192.0.2.1"), now));
  now += LocalSources::remembered_for;
  BOOST_TEST(sources.accepts(at("192.0.2.1"), now));
}

}  // namespace ilnp::test::local_sources_test
