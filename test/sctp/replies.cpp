#include "ilnp/sctp/replies.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::replies_test {

using namespace std::chrono_literals;

struct Stranger {
  /// A packet from port 0xc000 to 80 with these chunks arrives; the replies to it.
  std::vector<Octets> sends(std::string_view chunks, bool sealed = true, std::uint64_t share = 7) {
    Octets packet = hex("c000 0050 12345678 00000000" + std::string(chunks));
    if (sealed) SctpLibrary::seal(packet);
    replies.answer({Nid(1), 99}, share, *wire::SctpPacket::parse(packet), packet, counters, cx);
    std::vector<Octets> found;
    output.take([&](const SctpOutput::Packet& reply) {
      BOOST_TEST(reply.to == Nid(1));
      BOOST_TEST(reply.port == 99);
      found.push_back(octets(reply.octets));
    });
    return found;
  }

  static constexpr std::string_view data = "00030014 00000001 00000000 00000000 01020304";

  Random random{1};
  Context<> cx{TimePoint{} + 1h, random};
  SctpAdmission admission;
  SctpOutput output;
  SctpReplies replies{admission, output};
  SctpCounters counters;
};

BOOST_AUTO_TEST_CASE(a_packet_of_an_unknown_stream_is_answered) {
  Stranger stranger;
  const auto found = stranger.sends(Stranger::data);
  BOOST_TEST_REQUIRE(found.size() == 1u);
  BOOST_TEST(SctpLibrary::instance().is_sealed(found[0]));
  const auto reply = wire::SctpPacket::parse(found[0]);
  BOOST_TEST_REQUIRE(!!reply);
  BOOST_TEST(reply->first_chunk() == wire::SctpPacket::abort);
  BOOST_TEST(reply->header().source_port() == 80);
  BOOST_TEST(reply->header().destination_port() == 0xc000);
}

BOOST_AUTO_TEST_CASE(what_may_not_be_answered_is_not) {
  Stranger stranger;
  BOOST_TEST(stranger.sends("06000004").empty());  // ABORT
  BOOST_TEST(stranger.sends(Stranger::data, false).empty());
  BOOST_TEST(stranger.counters.dropped_bad_checksum == 1u);
}

BOOST_AUTO_TEST_CASE(replies_are_limited) {
  Stranger stranger;
  std::size_t found = 0;
  for (int i = 0; i < 1000; ++i) found += stranger.sends(Stranger::data).size();
  BOOST_TEST(found == SctpAdmission::answers.at_once / SctpAdmission::part);
  BOOST_TEST(stranger.counters.dropped_too_often == 1000 - found);
  BOOST_TEST(stranger.sends(Stranger::data, true, 8).size() == 1u);
}

}  // namespace ilnp::test::replies_test
