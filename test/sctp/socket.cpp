#include "ilnp/sctp/socket.hpp"

#include "two_sockets.hpp"

namespace ilnp::test::socket_test {

namespace errc = boost::system::errc;

/// Two that are connected, and what they say of that taken.
struct Connected : TwoPlaces {
  Connected() {
    BOOST_TEST(!listener.listen());
    BOOST_TEST(!client.connect(here, 80));
    carry();
    sockaddr_conn from{};
    server = listener.accept(from);
    BOOST_TEST_REQUIRE(!!server);
    BOOST_TEST(ntohs(from.sconn_port) == 50'000);
    next(client);
    next(server);
    carry();
  }
  /// What comes that is no notification.
  SctpSocket::Received next(SctpSocket& socket) {
    while (true) {
      const auto received = socket.receive(buffer);
      if (received.error || !received.notification) return received;
    }
  }
  std::string_view text(const SctpSocket::Received& received) {
    return as_text(Bytes(buffer).first(received.size));
  }

  SctpSocket listener = open(there, 80);
  SctpSocket client = open(here, 50'000);
  SctpSocket server;
  Octets buffer = Octets(100'000);
};

BOOST_AUTO_TEST_CASE(a_message_is_whole_and_has_its_protocol) {
  Connected pair;
  BOOST_TEST(!pair.client.send(as_bytes("first")));
  BOOST_TEST(!pair.client.send(as_bytes("second"), SctpSocket::end_protocol));
  pair.carry();
  auto received = pair.next(pair.server);
  BOOST_TEST(pair.text(received) == "first");
  BOOST_TEST(received.protocol == 0u);
  received = pair.next(pair.server);
  BOOST_TEST(pair.text(received) == "second");
  BOOST_TEST(received.protocol == SctpSocket::end_protocol);
  BOOST_TEST(pair.next(pair.server).error == errc::operation_would_block);
}

BOOST_AUTO_TEST_CASE(nobody_listens) {
  TwoPlaces places;
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 81));
  places.carry();
  Octets buffer(1000);
  auto received = client.receive(buffer);
  while (received.notification) received = client.receive(buffer);
  BOOST_TEST(received.error == errc::connection_refused);
}

BOOST_AUTO_TEST_CASE(a_port_is_bound_once_at_each_address) {
  TwoPlaces places;
  const SctpSocket first = places.open(places.here, 80);
  BOOST_TEST(SctpSocket::open(places.config, places.here, 80, TwoPlaces::mtu).error() ==
             errc::address_in_use);
  const SctpSocket elsewhere = places.open(places.there, 80);
}

BOOST_AUTO_TEST_CASE(a_full_buffer_takes_nothing) {
  Connected pair;
  const Octets message(1000);
  std::size_t taken = 0;
  BOOST_TEST(pair.client.writable());
  while (!pair.client.send(message)) taken += message.size();
  BOOST_TEST(taken >= pair.config.send_buffer / 2);
  BOOST_TEST(!pair.client.writable());
  // It goes on as the reader reads.
  std::size_t got = 0;
  for (int i = 0; i < 1000 && got < taken; ++i) {
    pair.carry();
    SctpLibrary::instance().advance(TimePoint{} + std::chrono::hours(2) + std::chrono::milliseconds(20) * i);
    const auto received = pair.next(pair.server);
    if (!received.error) got += received.size;
  }
  BOOST_TEST(got == taken);
  BOOST_TEST(pair.client.writable());
}

BOOST_AUTO_TEST_CASE(closed_in_order_or_aborted) {
  Connected pair;
  pair.client.shutdown();
  pair.carry();
  const auto end = pair.next(pair.server);
  BOOST_TEST(!end.error);
  BOOST_TEST(end.size == 0u);

  Connected other;
  other.client.abort();
  BOOST_TEST(!other.client);
  other.client.abort();  // has no effect
  other.carry();
  BOOST_TEST(other.next(other.server).error == errc::connection_reset);
}

BOOST_AUTO_TEST_CASE(one_of_nothing_is_false) {
  SctpSocket none;
  BOOST_TEST(!none);
  TwoPlaces places;
  none = places.open(places.here, 80);
  BOOST_TEST(!!none);
  const SctpSocket moved = std::move(none);
  BOOST_TEST(!!moved);
}

}  // namespace ilnp::test::socket_test
