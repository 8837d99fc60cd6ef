#include "ilnp/wire/sctp_reply.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"

namespace ilnp::test::sctp_reply_test {

/// The answer to a packet with these chunks, from port a1b2 to port 2710, as octets.
std::string answer(std::string_view chunks, std::string_view tag = "12345678") {
  const Octets octets = joined(hex("a1b2 2710" + std::string(tag) + "00000000"), hex(chunks));
  const auto packet = wire::SctpPacket::parse(octets);
  BOOST_TEST_REQUIRE(packet.has_value());
  const auto repr = wire::SctpReplyRepr::to(*packet);
  if (!repr) return {};
  Octets out(wire::SctpReplyRepr::size, std::byte{0xee});
  repr->write_to(out);
  BOOST_TEST(wire::SctpPacket::parse(out).has_value());
  return hex(Bytes(out));
}

BOOST_AUTO_TEST_CASE(an_init_is_refused_with_its_own_tag) {
  BOOST_TEST(answer("01000014 8c1f2e33 0001a000 000affff 7d21e6d0", "00000000") ==
             "2710a1b28c1f2e330000000006000004");
}

BOOST_AUTO_TEST_CASE(other_chunks_are_answered_with_their_tag) {
  const std::string abort = "2710a1b2123456780000000006010004";
  BOOST_TEST(answer("00030011 7d21e6d0 00000000 00000000 61000000") == abort);
  BOOST_TEST(answer("0a000008 01020304") == abort);
  BOOST_TEST(answer("0400000c 00010008 00000001") == abort);
  BOOST_TEST(answer("07000008 7d21e6d0") == abort);
  BOOST_TEST(answer("08000004") == "2710a1b212345678000000000e010004");
}

BOOST_AUTO_TEST_CASE(answers_are_not_answered) {
  for (const char* const chunks :
       {"06000004", "0e000004", "0b000004", "09000008 00010004", "07000008 7d21e6d0 06000004"})
    BOOST_TEST(answer(chunks) == "", chunks);
}

}  // namespace ilnp::test::sctp_reply_test
