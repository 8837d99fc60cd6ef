#include "ilnp/network/packet_memory.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::packet_memory_test {

using Kind = PacketMemory::Seen::Kind;

constexpr std::uint64_t source = 1, carrier = 2, other = 3;

struct Fixture {
  auto see(std::uint64_t hash, std::uint64_t sender = source, std::uint8_t hop_limit = 3,
           bool awaited = true) {
    return packets.see(hash, sender, hop_limit, awaited, now);
  }
  bool hear(std::uint64_t hash, std::uint8_t hop_limit = 2, bool any_way = false) {
    return packets.hear(hash, carrier, hop_limit, any_way, now).has_value();
  }
  PacketMemory packets;
  PacketMemory::Step now = 1000;
};

BOOST_FIXTURE_TEST_SUITE(packet_memory, Fixture)

BOOST_AUTO_TEST_CASE(a_copy_is_heard_once) {
  BOOST_TEST(see(5).kind == Kind::fresh);
  BOOST_TEST(hear(5));
  BOOST_TEST(!hear(5));
  BOOST_TEST(!hear(6));
}

BOOST_AUTO_TEST_CASE(a_copy_that_comes_first_counts_once) {
  BOOST_TEST(!hear(5));
  const auto seen = see(5);
  BOOST_TEST(seen.kind == Kind::carried);
  BOOST_TEST(seen.carrier == carrier);
  BOOST_TEST(seen.carrier_hop_limit == 2);
  BOOST_TEST(see(5).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(one_with_too_few_hops_does_not_count) {
  see(5);
  BOOST_TEST(!hear(5, 1));
  BOOST_TEST(hear(5, 1, true));
  BOOST_TEST(!hear(6, 1));
  BOOST_TEST(see(6).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(equal_packets_are_told_by_their_number) {
  for (int i = 0; i < 3; ++i) see(5);
  ++now;
  see(5);
  for (int i = 0; i < 4; ++i) BOOST_TEST(hear(5));
  BOOST_TEST(!hear(5));
}

BOOST_AUTO_TEST_CASE(from_another_sender_or_with_another_hop_limit_it_is_a_copy) {
  see(5);
  BOOST_TEST(see(5, other).kind == Kind::copy);
  BOOST_TEST(see(5, source, 2).kind == Kind::copy);
  now += PacketMemory::memory + 1;
  BOOST_TEST(see(5, other).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(after_its_time_it_is_not_waited_for) {
  see(5);
  now += CarryAccount::patience + 1;
  BOOST_TEST(!hear(5));
  hear(6);
  now += CarryAccount::patience + 1;
  BOOST_TEST(see(6).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(what_is_waited_for_does_not_give_way) {
  constexpr std::uint64_t each = PacketMemory::max_packets / 4;  // hashes of one set
  for (std::uint64_t i = 0; i < 4; ++i) BOOST_TEST(see(1 + i * each).kind == Kind::fresh);
  BOOST_TEST(see(1 + 4 * each).kind == Kind::unnoted);
  for (std::uint64_t i = 100; i < 1000; ++i) hear(1 + i * each);
  for (std::uint64_t i = 0; i < 4; ++i) BOOST_TEST(hear(1 + i * each));
  BOOST_TEST(see(1 + 4 * each).kind == Kind::fresh);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::packet_memory_test
