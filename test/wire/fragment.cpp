#include "ilnp/wire/fragment.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::fragment_test {

using wire::FragmentKind;
using wire::FragmentMessage;
using wire::Malformed;

// Written by hand from the diagram: no other implementation exists to capture from.
const Octets probe = hex("01 000000 12345678");
const Octets reply = hex("02 000000 12345678 9abcdef0");
// The last of three fragments: octets 8 and 9 of 10.
const Octets fragment = hex("03 00 1f90 9abcdef0 00000007 000a 0004 0002 6869");

Octets emitted(const auto& repr, std::size_t size) {
  Octets out(size, std::byte{0xee});
  repr.write_to(out);
  return out;
}
Octets emitted(const FragmentMessage& message) {
  switch (message.kind()) {
    case FragmentKind::probe:
      return emitted(wire::FragmentProbeRepr{message.nonce()}, FragmentMessage::probe_size);
    case FragmentKind::reply:
      return emitted(wire::FragmentReplyRepr{message.nonce(), message.key()}, FragmentMessage::reply_size);
    case FragmentKind::fragment:
      break;
  }
  const wire::FragmentHeaderRepr header{message.destination_port(),
                                        message.key(),
                                        message.datagram(),
                                        static_cast<std::uint16_t>(message.total()),
                                        static_cast<std::uint16_t>(message.stride()),
                                        static_cast<std::uint16_t>(message.index())};
  return test::joined(emitted(header, FragmentMessage::fragment_header_size), test::octets(message.octets()));
}

Octets cut_as(unsigned total, unsigned stride, unsigned index, std::size_t octets) {
  wire::FragmentHeaderRepr header{};
  header.total = static_cast<std::uint16_t>(total);
  header.stride = static_cast<std::uint16_t>(stride);
  header.index = static_cast<std::uint16_t>(index);
  return test::joined(emitted(header, FragmentMessage::fragment_header_size), Octets(octets));
}
bool accepted(const Octets& payload) { return FragmentMessage::parse(payload).has_value(); }

/// Whatever the octets are: refused, or every accessor is within bounds, and writing gives the same octets (apart from
/// zeros).
void check(Octets payload) {
  const auto parsed = FragmentMessage::parse(payload);
  if (!parsed) return;
  if (parsed->kind() == FragmentKind::fragment) {
    BOOST_REQUIRE(parsed->fragments() >= 2U);
    BOOST_REQUIRE(parsed->fragments() <= FragmentMessage::max_fragments);
    BOOST_REQUIRE(parsed->index() < parsed->fragments());
    BOOST_REQUIRE(parsed->total() <= FragmentMessage::max_total);
    BOOST_REQUIRE(!parsed->octets().empty());
    BOOST_REQUIRE(parsed->offset() + parsed->octets().size() <= parsed->total());
    payload[1] = std::byte{0};
  } else {
    payload[1] = payload[2] = payload[3] = std::byte{0};
  }
  BOOST_REQUIRE((emitted(*FragmentMessage::parse(payload)) == payload));
}

BOOST_AUTO_TEST_SUITE(wire_fragment)

BOOST_AUTO_TEST_CASE(reads) {
  BOOST_TEST(FragmentMessage::parse(probe)->kind() == FragmentKind::probe);
  BOOST_TEST(FragmentMessage::parse(probe)->nonce() == 0x12345678U);
  BOOST_TEST(FragmentMessage::parse(reply)->kind() == FragmentKind::reply);
  BOOST_TEST(FragmentMessage::parse(reply)->nonce() == 0x12345678U);
  BOOST_TEST(FragmentMessage::parse(reply)->key() == 0x9abcdef0U);
  const auto message = *FragmentMessage::parse(fragment);
  BOOST_TEST(message.kind() == FragmentKind::fragment);
  BOOST_TEST(message.destination_port() == 8080);
  BOOST_TEST(message.key() == 0x9abcdef0U);
  BOOST_TEST(message.datagram() == 7U);
  BOOST_TEST(message.total() == 10U);
  BOOST_TEST(message.stride() == 4U);
  BOOST_TEST(message.index() == 2U);
  BOOST_TEST(message.offset() == 8U);
  BOOST_TEST(message.fragments() == 3U);
  BOOST_TEST(as_text(message.octets()) == "hi");
}

BOOST_AUTO_TEST_CASE(writes) {
  for (const Octets& message : {probe, reply, fragment})
    BOOST_TEST(emitted(*FragmentMessage::parse(message)) == message);
}

BOOST_AUTO_TEST_CASE(refuses_every_truncation_and_every_extra_octet) {
  for (const Octets& message : {probe, reply, fragment}) {
    for (std::size_t size = 0; size < message.size(); ++size)
      BOOST_TEST(!accepted({message.begin(), message.begin() + static_cast<std::ptrdiff_t>(size)}));
    BOOST_TEST(!accepted(test::joined(message, Octets(1))));
  }
  BOOST_TEST(FragmentMessage::parse(Octets(7)).error() == Malformed::too_short);
  BOOST_TEST(FragmentMessage::parse(test::joined(probe, Octets(1))).error() == Malformed::wrong_length);
}

BOOST_AUTO_TEST_CASE(refuses_every_unknown_kind) {
  for (unsigned kind = 0; kind < 256; ++kind) {
    if (kind >= 1 && kind <= 3) continue;
    Octets message = fragment;
    message[0] = static_cast<std::byte>(kind);
    BOOST_TEST(FragmentMessage::parse(message).error() == Malformed::unknown_type);
  }
}

BOOST_AUTO_TEST_CASE(refuses_fragments_that_do_not_fit_their_datagram) {
  BOOST_TEST(accepted(cut_as(2000, 1000, 0, 1000)));
  BOOST_TEST(accepted(cut_as(2000, 1000, 1, 1000)));
  BOOST_TEST(accepted(cut_as(2001, 1000, 2, 1)));
  BOOST_TEST(!accepted(cut_as(2000, 1000, 2, 0)));       // outside
  BOOST_TEST(!accepted(cut_as(2000, 1000, 65'535, 1)));  // far outside
  BOOST_TEST(!accepted(cut_as(2000, 1000, 1, 999)));     // too few
  BOOST_TEST(!accepted(cut_as(2000, 1000, 1, 1001)));    // too many
  BOOST_TEST(!accepted(cut_as(2001, 1000, 2, 1000)));    // reaches beyond the end
  BOOST_TEST(!accepted(cut_as(1000, 1000, 0, 1000)));    // a single fragment is none
  BOOST_TEST(!accepted(cut_as(0, 0, 0, 0)));
  BOOST_TEST(!accepted(cut_as(2000, 0, 0, 0)));
  BOOST_TEST(accepted(cut_as(256, 1, 255, 1)));          // the largest number of fragments
  BOOST_TEST(!accepted(cut_as(257, 1, 255, 1)));         // one more
  BOOST_TEST(accepted(cut_as(65'507, 256, 255, 227)));   // the longest datagram
  BOOST_TEST(!accepted(cut_as(65'508, 256, 255, 228)));  // one more
}

BOOST_AUTO_TEST_CASE(random_datagrams) {
  Random random(test::seed("fragment"));
  for (int i = 0; i < 100'000; ++i) {
    Octets payload = random.below(2) == 0 ? test::random_octets(random, random.below(60))
                                          : test::mutated(random, random.below(2) == 0 ? fragment : reply);
    if (!payload.empty() && random.below(2) == 0) payload[0] = static_cast<std::byte>(random.below(5));
    check(payload);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::fragment_test
