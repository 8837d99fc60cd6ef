#include "ilnp/network/packet_memory.hpp"

#include <boost/test/unit_test.hpp>

#include "support/print.hpp"

namespace ilnp::test::packet_memory_test {

using Kind = PacketMemory::Seen::Kind;

constexpr std::uint64_t source = 1, forwarder = 2, other = 3;

struct Fixture {
  auto see(std::uint64_t hash, std::uint64_t sender = source, std::uint8_t hop_limit = 3,
           bool awaited = true) {
    return packets.see({.hash = hash, .sender = sender, .hop_limit = hop_limit, .awaited = awaited}, now);
  }
  auto lesser(std::uint64_t hash, std::uint64_t sender = other, std::uint8_t hop_limit = 3,
              bool last_hop = false) {
    return packets.see(
        {.hash = hash, .sender = sender, .hop_limit = hop_limit, .lesser = true, .last_hop = last_hop}, now);
  }
  bool hear(std::uint64_t hash, std::uint8_t hop_limit = 2, bool any_hop_limit = false) {
    return packets.hear(hash, forwarder, hop_limit, any_hop_limit, true, now).has_value();
  }
  PacketMemory packets;
  PacketMemory::Step now = 1000;
};

BOOST_FIXTURE_TEST_SUITE(packet_memory, Fixture)

BOOST_AUTO_TEST_CASE(a_forwarded_packet_counts_once) {
  BOOST_TEST(see(5).kind == Kind::fresh);
  BOOST_TEST(hear(5));
  BOOST_TEST(!hear(5));
  BOOST_TEST(!hear(6));
}

BOOST_AUTO_TEST_CASE(a_packet_overheard_first_counts_once) {
  BOOST_TEST(!hear(5));
  const auto seen = see(5);
  BOOST_TEST(seen.kind == Kind::forwarded);
  BOOST_TEST(seen.forwarder == forwarder);
  BOOST_TEST(seen.forwarder_hop_limit == 2);
  BOOST_TEST(see(5).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(a_packet_with_too_few_hops_does_not_count) {
  see(5);
  BOOST_TEST(!hear(5, 1));
  BOOST_TEST(hear(5, 1, true));
  BOOST_TEST(!hear(6, 1));
  BOOST_TEST(see(6).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(identical_packets_are_distinguished_by_their_number) {
  for (int i = 0; i < 3; ++i) see(5);
  ++now;
  see(5);
  for (int i = 0; i < 4; ++i) BOOST_TEST(hear(5));
  BOOST_TEST(!hear(5));
}

BOOST_AUTO_TEST_CASE(from_another_sender_or_with_another_hop_limit_it_is_a_duplicate) {
  see(5);
  BOOST_TEST(lesser(5).kind == Kind::duplicate);
  BOOST_TEST(lesser(5, source, 2).kind == Kind::duplicate);
  now += PacketMemory::memory + 1;
  BOOST_TEST(see(5, other).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(the_hop_limit_of_a_packet_is_remembered) {
  see(5);
  hear(6);
  BOOST_TEST(packets.has_seen(5, 3, now));
  BOOST_TEST(!packets.has_seen(5, 2, now));
  BOOST_TEST(!packets.has_seen(6, 2, now));
  BOOST_TEST(!packets.has_seen(5, 3, now + PacketMemory::memory + 1));
}

BOOST_AUTO_TEST_CASE(a_packet_is_not_waited_for_after_its_time) {
  see(5);
  now += ForwardingAccount::max_patience + 1;
  BOOST_TEST(!hear(5));
  hear(6);
  now += ForwardingAccount::max_patience + 1;
  BOOST_TEST(see(6).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(packets_that_are_waited_for_do_not_give_way) {
  constexpr std::uint64_t each = PacketMemory::max_packets / 8;  // hashes in the same set
  for (std::uint64_t i = 0; i < 8; ++i) BOOST_TEST(see(1 + i * each).kind == Kind::fresh);
  BOOST_TEST(see(1 + 8 * each).kind == Kind::unnoted);
  for (std::uint64_t i = 100; i < 1000; ++i) hear(1 + i * each);
  for (std::uint64_t i = 0; i < 8; ++i) BOOST_TEST(hear(1 + i * each));
  BOOST_TEST(see(1 + 8 * each).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(of_the_other_packets_the_oldest_gives_way) {
  constexpr std::uint64_t each = PacketMemory::max_packets / 8;
  for (std::uint64_t i = 0; i < 12; ++i) see(1 + i * each, source, 3, false);
  for (std::uint64_t i = 4; i < 12; ++i) BOOST_TEST(lesser(1 + i * each).kind == Kind::duplicate);
  BOOST_TEST(lesser(1).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(an_overheard_packet_outside_the_sample_is_not_kept) {
  packets.hear(5, forwarder, 2, false, false, now);
  BOOST_TEST(see(5).kind == Kind::fresh);
}

BOOST_AUTO_TEST_CASE(among_too_many_packets_a_sample_is_waited_for_and_found) {
  Random random(1);
  unsigned waited = 0, found = 0;
  for (int steps = 0; steps < 40; ++steps, ++now) {
    for (int i = 0; i < 100'000 / 8; ++i) {
      const std::uint64_t hash = random();
      hear(hash);  // first
      if (!packets.sampled(hash, now)) continue;
      ++waited;
      found += see(hash).kind == Kind::forwarded;
    }
  }
  BOOST_TEST(waited > 40'000);
  BOOST_TEST(found >= waited - waited / 1000);
}

// Another sends what a program sends over and over again.
BOOST_AUTO_TEST_CASE(over_the_best_path_it_is_a_duplicate_only_of_a_detour) {
  see(5, other);
  BOOST_TEST(see(5).kind == Kind::unnoted);
  BOOST_TEST(lesser(6).kind == Kind::fresh);
  BOOST_TEST(lesser(6).kind == Kind::fresh);
  BOOST_TEST(see(6).kind == Kind::duplicate);
  BOOST_TEST(see(6).kind == Kind::duplicate);
  BOOST_TEST(see(6).kind == Kind::unnoted);
}

BOOST_AUTO_TEST_CASE(over_the_best_path_it_may_get_farther_than_over_a_detour) {
  lesser(5, other, 2);
  BOOST_TEST(see(5, source, 3).kind == Kind::unnoted);
  lesser(6, other, 2, true);
  BOOST_TEST(packets.see({.hash = 6, .sender = source, .hop_limit = 3, .last_hop = true}, now).kind ==
             Kind::duplicate);
}

BOOST_AUTO_TEST_CASE(identical_packets_in_bursts_have_as_many_duplicates) {
  for (int burst = 0; burst < 50; ++burst, now += burst % 2 ? 1u : 0u) {
    for (int i = 0; i < 1000; ++i) see(5);
    for (int i = 0; i < 1000; ++i) BOOST_REQUIRE((lesser(5, other, 3).kind == Kind::duplicate));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::packet_memory_test
