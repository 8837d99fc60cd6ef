#include "ilnp/sctp/library.hpp"

#include "support/print.hpp"
#include "two_sockets.hpp"

namespace ilnp::test::library_test {

BOOST_AUTO_TEST_CASE(addresses_are_never_used_again) {
  SctpOutput output;
  auto& library = SctpLibrary::instance();
  void* const first = library.enter({&output, nullptr});
  library.leave(first);
  void* const second = library.enter({&output, nullptr});
  BOOST_TEST(first != second);
  library.leave(second);
}

BOOST_AUTO_TEST_CASE(packets_go_to_the_owner_of_the_address) {
  TwoPlaces places;
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 80));
  std::size_t packets = 0;
  places.from_here.take([&](const SctpOutput::Packet& packet) {
    ++packets;
    BOOST_TEST(packet.to == Nid(2));
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

BOOST_AUTO_TEST_CASE(a_checksum_covers_the_packet) {
  TwoPlaces places;
  SctpSocket client = places.open(places.here, 50'000);
  BOOST_TEST(!client.connect(places.here, 80));
  auto& library = SctpLibrary::instance();
  Octets sent;
  places.from_here.take([&](const SctpOutput::Packet& packet) { sent = octets(packet.octets); });
  BOOST_TEST_REQUIRE(!sent.empty());
  BOOST_TEST(library.is_sealed(sent));  // by usrsctp
  sent.back() ^= std::byte{1};
  BOOST_TEST(!library.is_sealed(sent));
  SctpLibrary::seal(sent);
  BOOST_TEST(library.is_sealed(sent));
  client.abort();
}

}  // namespace ilnp::test::library_test
