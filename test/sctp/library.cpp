#include "ilnp/sctp/library.hpp"

#include "two_sockets.hpp"

namespace ilnp::test::library_test {

BOOST_AUTO_TEST_CASE(addresses_are_never_used_again) {
  SctpOutput output;
  auto& library = SctpLibrary::instance();
  void* const first = library.enter({Nid(1), 1, &output});
  library.leave(first);
  void* const second = library.enter({Nid(1), 1, &output});
  BOOST_TEST(first != second);
  library.leave(second);
}

BOOST_AUTO_TEST_CASE(packets_go_to_the_node_and_port_of_the_address) {
  TwoPlaces places;
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 80));
  std::size_t packets = 0;
  places.from_here.take([&](const SctpOutput::Packet& packet) {
    ++packets;
    BOOST_TEST((packet.to == Nid(2)));
    BOOST_TEST(packet.port == 1);
  });
  BOOST_TEST(packets == 1u);
  BOOST_TEST(places.from_there.empty());
  client.abort();
}

BOOST_AUTO_TEST_CASE(time_is_what_it_is_told) {
  auto& library = SctpLibrary::instance();
  const TimePoint begin = TimePoint{} + std::chrono::hours(5);
  library.advance(begin);
  TwoPlaces places;
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 80));
  const auto sent = [&] {
    std::size_t packets = 0;
    places.from_here.take([&](const SctpOutput::Packet&) { ++packets; });
    return packets;
  };
  BOOST_TEST(sent() == 1u);
  library.advance(begin + std::chrono::milliseconds(50));
  library.advance(begin + std::chrono::milliseconds(50));
  BOOST_TEST(sent() == 0u);
  for (int i = 6; i < 30; ++i) library.advance(begin + std::chrono::milliseconds(10 * i));
  BOOST_TEST(sent() == 1u);  // once more, after the first retransmission time
  client.abort();
}

BOOST_AUTO_TEST_CASE(strangers_get_an_answer_and_leave_nothing) {
  TwoPlaces places;
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 80));
  std::vector<Octets> sent;
  places.from_here.take([&](const SctpOutput::Packet& packet) { sent.push_back(octets(packet.octets)); });
  BOOST_TEST_REQUIRE(sent.size() == 1u);
  SctpOutput answers;
  {
    const SctpLibrary::Stray stray({Nid(7), 9, &answers});
    usrsctp_conninput(stray.address(), sent.front().data(), sent.front().size(), 0);
  }
  std::size_t aborts = 0;
  answers.take([&](const SctpOutput::Packet& packet) {
    BOOST_TEST((packet.to == Nid(7)));
    BOOST_TEST(std::to_integer<int>(packet.octets[12]) == 6);  // ABORT (RFC 9260, section 3.3.7)
    ++aborts;
  });
  BOOST_TEST(aborts == 1u);
  BOOST_TEST(SctpLibrary::statistics().sctps_currestab == 0u);
  client.abort();
}

}  // namespace ilnp::test::library_test
