#include "ilnp/sctp/listeners.hpp"

#include "two_sockets.hpp"

namespace ilnp::test::listeners_test {

BOOST_AUTO_TEST_CASE(one_socket_listens_to_all_who_knock_at_a_port) {
  TwoPlaces places;
  SctpListeners listeners(places.config, TwoPlaces::mtu);
  const SctpBuffers buffers{65536, 65536};
  BOOST_TEST(listeners.open(places.there, 80, buffers));
  BOOST_TEST(listeners.open(places.there, 80, {32768, 32768}));  // others from now on
  std::vector<SctpSocket> clients, accepted;
  for (std::uint16_t port = 50'000; port < 50'010; ++port) {
    clients.push_back(places.open(places.here, port));
    BOOST_TEST(!clients.back().connect(places.here, 80));
  }
  places.carry();
  std::size_t marked = 0;
  listeners.take_marked([&](SctpListener& listener) {
    ++marked;
    BOOST_TEST(listener.port == 80);
    sockaddr_conn from{};
    while (SctpSocket taken = listener.socket.accept(from)) accepted.push_back(std::move(taken));
  });
  BOOST_TEST(marked == 1u);
  BOOST_TEST(accepted.size() == clients.size());
  listeners.take_marked([&](SctpListener&) { BOOST_ERROR("nobody waits"); });
  for (auto* sockets : {&clients, &accepted})
    for (SctpSocket& each : *sockets) each.abort();
}

BOOST_AUTO_TEST_CASE(a_port_is_closed_and_opened_again) {
  TwoPlaces places;
  SctpListeners listeners(places.config, TwoPlaces::mtu);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(listeners.open(places.there, 80, {65536, 65536}));
    listeners.close(80);
  }
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 80));
  places.carry();
  listeners.take_marked([&](SctpListener&) { BOOST_ERROR("nobody listens"); });
  client.abort();
}

}  // namespace ilnp::test::listeners_test
