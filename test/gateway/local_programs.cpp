#include "ilnp/gateway/local_programs.hpp"

#include <arpa/inet.h>

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::local_programs_test {

using Address = boost::asio::ip::udp::endpoint;

Endpoint at(const char* address, std::uint16_t port) {
  const Address endpoint(boost::asio::ip::make_address(address), port);
  return Endpoint(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}
LocalPrograms bound_to(const char* address) {
  return LocalPrograms(Address(boost::asio::ip::make_address(address), 10000));
}
void sent(LocalPrograms& programs, const Endpoint& source, const in_pktinfo* arrival = nullptr) {
  programs.note({source, nullptr, {}, 0, false, arrival});
}

BOOST_AUTO_TEST_CASE(where_a_program_is_before_it_has_sent) {
  BOOST_TEST(bound_to("127.0.0.1").find(7).address == at("127.0.0.1", 7));
  BOOST_TEST(bound_to("127.0.0.2").find(7).address == at("127.0.0.1", 7));
  BOOST_TEST(bound_to("0.0.0.0").find(7).address == at("127.0.0.1", 7));
  BOOST_TEST(bound_to("::").find(7).address == at("::1", 7));
  BOOST_TEST(bound_to("192.0.2.1").find(7).address == at("192.0.2.1", 7));
}

BOOST_AUTO_TEST_CASE(a_program_is_where_it_sent_from_last) {
  LocalPrograms programs = bound_to("127.0.0.1");
  sent(programs, at("127.0.0.5", 7));
  BOOST_TEST(programs.find(7).address == at("127.0.0.5", 7));
  BOOST_TEST(programs.find(8).address == at("127.0.0.1", 8));
  sent(programs, at("192.0.2.1", 7));
  BOOST_TEST(programs.find(7).address == at("192.0.2.1", 7));
  BOOST_TEST(programs.find(7).arrival.family == 0);
  sent(programs, at("127.0.0.1", 7));
  BOOST_TEST(programs.find(7).address == at("127.0.0.1", 7));
}

BOOST_AUTO_TEST_CASE(where_a_datagram_arrived_is_where_the_answer_comes_from) {
  LocalPrograms programs = bound_to("0.0.0.0");
  in_pktinfo arrival{};
  arrival.ipi_spec_dst.s_addr = ::inet_addr("127.0.0.7");
  sent(programs, at("127.0.0.1", 7), &arrival);
  const LocalProgram program = programs.find(7);
  BOOST_TEST(program.address == at("127.0.0.1", 7));
  BOOST_TEST(program.arrival.family == AF_INET);
  BOOST_TEST(program.arrival.v4.s_addr == arrival.ipi_spec_dst.s_addr);
}

BOOST_AUTO_TEST_CASE(of_ipv6_the_interface_counts_with_a_link_local_address_only) {
  const Endpoint source = at("2001:db8::2", 7);
  in6_pktinfo arrival{};
  arrival.ipi6_ifindex = 3;
  const auto arrived = [&](const char* address) {
    ::inet_pton(AF_INET6, address, &arrival.ipi6_addr);
    return ArrivalAddress(ReceivedTrain{source, &arrival, {}, 0, false});
  };
  BOOST_TEST(arrived("2001:db8::1").family == AF_INET6);
  BOOST_TEST(arrived("2001:db8::1").v6.ipi6_ifindex == 0u);
  BOOST_TEST(arrived("fe80::1").v6.ipi6_ifindex == 3u);
  BOOST_TEST(arrived("ff02::1").family == 0);
}

}  // namespace ilnp::test::local_programs_test
