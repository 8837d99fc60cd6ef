#include "ilnp/wire/sctp_packet.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::sctp_packet_test {

using wire::Malformed;
using wire::SctpPacket;

/// The chunks after a common header with a tag.
Octets packet(std::string_view chunks, std::string_view tag = "12345678") {
  return test::joined(hex("a1b2 2710" + std::string(tag) + "00000000"), hex(chunks));
}
bool taken(std::string_view chunks, std::string_view tag = "12345678") {
  return SctpPacket::parse(packet(chunks, tag)).has_value();
}
bool init_taken(std::string_view parameters) {
  const std::size_t size = 20 + hex(parameters).size();
  std::string chunk = "0100" +
                      hex(Octets{static_cast<std::byte>(size >> 8), static_cast<std::byte>(size & 255)}) +
                      "8c1f2e33 0001a000 000affff 7d21e6d0" + std::string(parameters);
  for (std::size_t padded = size; padded % 4 != 0; ++padded) chunk += "00";
  return taken(chunk, "00000000");
}

/// What the SCTP of the Linux kernel and usrsctp send in the course of an association.
const char* const good[] = {
    "02000028 8c1f2e33 0001a000 000affff 7d21e6d0 00070014 0102030405060708 090a0b0c0d0e0f10",  // INIT ACK
    "0a000010 0102030405060708 090a0b0c",                                                       // COOKIE ECHO
    "0a000008 01020304 00030011 7d21e6d0 00000000 00000000 61000000",  // with the first octets
    "0b000004",                                                        // COOKIE ACK
    "0b000004 03000010 7d21e6d0 0001a000 00000000",
    "00030011 7d21e6d0 00000000 00000000 61000000",  // DATA of one octet
    "00070014 7d21e6d0 00000000 00000000 61626364",  // unordered, and complete
    "00020014 7d21e6d0 00000000 00000000 61626364",  // the first fragment of a message
    "03000010 7d21e6d0 0001a000 00000000",           // SACK
    "0300001c 7d21e6d0 0001a000 00020001 00020003 00050005 7d21e6d0",
    "0400000c 00010008 00000001",  // HEARTBEAT
    "0500000b 00010007 00000100",  // HEARTBEAT ACK
    "06000004",                    // ABORT
    "0600000e 000c000a 627965210000 0000",
    "07000008 7d21e6d0",                                      // SHUTDOWN
    "08000004",                                               // SHUTDOWN ACK
    "0e010004",                                               // SHUTDOWN COMPLETE
    "09000016 00030008 00000001 0001000a 00050000 00000000",  // ERROR
    "84000008 00000000 03000010 7d21e6d0 0001a000 00000000",  // padding (RFC 4820)
};

BOOST_AUTO_TEST_CASE(packets_of_common_implementations_are_accepted) {
  for (const char* const chunks : good) BOOST_TEST(taken(chunks), chunks);
  // INITs of the Linux kernel, without and with AUTH and a list of addresses, and of usrsctp.
  BOOST_TEST(init_taken("00050008 7f000001 000c0006 00050000 80000004 c0000004 80080005 c0000000"));
  BOOST_TEST(
      init_taken("00060014 fe800000000000000000000000000001 000c0008 00060005 80000004 c0000004 80020024"
                 "0001020304050607 08090a0b0c0d0e0f 1011121314151617 18191a1b1c1d1e1f 80040008 00030001"
                 "80030006 80c10000 c0060008 00000000"));
  BOOST_TEST(init_taken("80080004 c0060008 494c4e50"));
  BOOST_TEST(init_taken("80010008 00000001 c1230004 9abc0005 61"));  // unknown ones, as RFC 9260 requires
}

BOOST_AUTO_TEST_CASE(an_init_contains_its_tag) {
  const Octets octets = packet("01000014 8c1f2e33 0001a000 000affff 7d21e6d0", "00000000");
  const auto parsed = SctpPacket::parse(octets);
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed->asks());
  BOOST_TEST(parsed->initiate_tag() == 0x8c1f2e33u);
  BOOST_TEST(parsed->header().source_port() == 0xa1b2);
}

BOOST_AUTO_TEST_CASE(a_parameter_with_a_wrong_length_is_refused) {
  for (const char* const type : {"c00f", "0000", "8008", "0005", "8002", "c006", "000c"})
    for (const char* const length : {"0000", "0001", "0003", "0009", "7fff", "ffff"})
      BOOST_TEST(!init_taken(std::string(type) + length + "00000000"), type << length);
  BOOST_TEST(!init_taken("0005"));  // half a header
  BOOST_TEST(!taken("02000020 8c1f2e33 0001a000 000affff 7d21e6d0 00070008 01020304 80080000"));
  BOOST_TEST(!taken("02000020 8c1f2e33 0001a000 000affff 7d21e6d0 00070008 01020304 00080000"));
}

BOOST_AUTO_TEST_CASE(a_parameter_has_the_length_of_its_type) {
  BOOST_TEST(!init_taken("00050004"));
  BOOST_TEST(!init_taken("0005000c 7f000001 00000000"));
  BOOST_TEST(!init_taken("00060008 00000000"));
  BOOST_TEST(!init_taken("80020004"));
  BOOST_TEST(!init_taken("80040004"));
  BOOST_TEST(!init_taken("c0060004"));
  BOOST_TEST(!init_taken("c0000008 00000000"));
}

BOOST_AUTO_TEST_CASE(parameters_that_do_not_belong_into_a_handshake_are_refused) {
  BOOST_TEST(!init_taken("000b0008 61000000"));                    // host name
  BOOST_TEST(!init_taken("c0010010 00000001 00050008 7f000001"));  // adds an address
  BOOST_TEST(!init_taken("c0040010 00000001 00050008 7f000001"));  // sets the primary one
  BOOST_TEST(!init_taken("c0070004"));                             // disables restarts, for NAT
  BOOST_TEST(!init_taken("00070008 01020304"));                    // a cookie, before there was one
  std::string many;
  for (std::size_t i = 0; i <= wire::SctpParameter::max_count; ++i) many += "90000004";
  BOOST_TEST(!init_taken(many));
}

BOOST_AUTO_TEST_CASE(a_handshake_offers_the_minimum) {
  const char* const wrong[] = {
      "01000014 00000000 0001a000 000affff 7d21e6d0",  // no tag
      "01000014 8c1f2e33 000005db 000affff 7d21e6d0",  // a window of 1499
      "01000014 8c1f2e33 0001a000 0000ffff 7d21e6d0",  // no streams
      "01000014 8c1f2e33 0001a000 000a0000 7d21e6d0",          "01000010 8c1f2e33 0001a000 000affff",
      "01000014 8c1f2e33 0001a000 000affff 7d21e6d0 0b000004",  // not alone
      "0b000004 01000014 8c1f2e33 0001a000 000affff 7d21e6d0",
  };
  for (const char* const chunks : wrong) {
    BOOST_TEST(!taken(chunks, "00000000"), chunks);
    std::string answer(chunks);
    answer.replace(answer.find("0100001"), 2, "02");
    BOOST_TEST(!taken(answer), answer);
  }
  BOOST_TEST(!taken("01000014 8c1f2e33 0001a000 000affff 7d21e6d0",
                    "00000001"));                                      // an INIT with a tag in the header
  BOOST_TEST(!taken("02000014 8c1f2e33 0001a000 000affff 7d21e6d0"));  // an INIT ACK without a cookie
  BOOST_TEST(!taken("02000024 8c1f2e33 0001a000 000affff 7d21e6d0 00070008 01020304 00070008 01020304"));
}

BOOST_AUTO_TEST_CASE(a_chunk_has_the_length_of_its_type) {
  const char* const wrong[] = {
      "00030010 7d21e6d0 00000000 00000000",                    // DATA without octets
      "00030008 7d21e6d0",                                      //
      "00060014 7d21e6d0 00000000 00000000 61626364",           // an unordered fragment
      "0300000c 7d21e6d0 0001a000",                             // SACK
      "03000010 7d21e6d0 0001a000 00010000",                    // a missing block
      "03000014 7d21e6d0 0001a000 00000000 00000000",           // an unannounced block
      "03000014 7d21e6d0 0001a000 00010000 00030002",           // the end before the start
      "03000014 7d21e6d0 0001a000 00010000 00000002",           // no block begins at 0
      "03000018 7d21e6d0 0001a000 00020000 00020004 00030005",  // overlapping
      "03000014 7d21e6d0 0001a000 00010000 00020401",           // farther ahead than any sender goes
      "04000004",                                               // HEARTBEAT without its information
      "04000008 00010000",                                      //
      "04000008 00020004",                                      //
      "0400000c 00010004 00010004",                             // twice
      "05000008 00010008",                                      //
      "06000008 000c0003",                                      // a cause that is too short
      "06000008 000c0008",                                      //
      "06000008 00b00004",                                      // of NAT
      "09000008 00080004",                                      // an ERROR about nothing
      "09000008 00030004",                                      //
      "07000004",                                               // SHUTDOWN
      "0700000c 7d21e6d0 00000000",                             //
      "08000008 00000000",                                      // SHUTDOWN ACK
      "0a000004",                                               // COOKIE ECHO without a cookie
      "03000010 7d21e6d0 0001a000 00000000 0a000008 01020304",  // and not first
      "0b000008 00000000",                                      // COOKIE ACK
      "0e000008 00000000",                                      // SHUTDOWN COMPLETE
      "0e000004 0e000004",                                      //
      "00030011 7d21e6d0 00000000 00000000 61000000 0b000004",  // after DATA
  };
  for (const char* const chunks : wrong) BOOST_TEST(!taken(chunks), chunks);
}

BOOST_AUTO_TEST_CASE(chunks_fill_the_packet) {
  for (const char* const wrong :
       {"0b000000", "0b000003", "0b000005", "0b00ffff", "0b000004 00", "0b000004 0b00"})
    BOOST_TEST(!taken(wrong), wrong);
  BOOST_TEST(SctpPacket::parse(packet("")).error() == Malformed::too_short);
  std::string many;
  for (std::size_t i = 0; i <= SctpPacket::max_control_chunks; ++i) many += "0b000004";
  BOOST_TEST(!taken(many));
  BOOST_TEST(taken(many.substr(8)));
  BOOST_TEST(!taken("0400000c 00010008 00000001 0400000c 00010008 00000001 0400000c 00010008 00000001"));
}

BOOST_AUTO_TEST_CASE(extensions_that_no_node_offers_are_refused) {
  for (const char* const type : {"0c", "0d", "0f", "10", "40", "80", "81", "82", "c0", "c1", "c2"}) {
    const Octets octets = packet(std::string(type) + "000008 00000000");
    BOOST_TEST(SctpPacket::parse(octets).error() == Malformed::unknown_type, type);
  }
  BOOST_TEST(taken("90000008 00000000"));  // may be skipped
}

BOOST_AUTO_TEST_CASE(truncations_that_split_a_chunk_are_refused) {
  for (const char* const chunks : good) {
    const Octets whole = packet(chunks);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      const auto parsed = SctpPacket::parse(cut);
      BOOST_TEST((!parsed || size % 4 == 0));
    }
  }
}

BOOST_AUTO_TEST_CASE(random_packets_are_parsed_within_their_bounds) {
  Random random(seed("sctp_packet"));
  for (int i = 0; i < 20'000; ++i) {
    const Octets octets = mutated(random, packet(good[random.below(std::size(good))]));
    const auto parsed = SctpPacket::parse(octets);
    if (parsed) BOOST_REQUIRE(octets.size() >= 16);
  }
}

}  // namespace ilnp::test::sctp_packet_test
