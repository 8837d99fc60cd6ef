#include "ilnp/base/arena.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "ilnp/base/packet.hpp"

namespace ilnp::test::arena_test {

BOOST_AUTO_TEST_SUITE(arenas)

BOOST_AUTO_TEST_CASE(what_is_taken_stays_until_it_is_cleared) {
  Arena arena;
  std::vector<Bytes> kept;
  for (int i = 0; i < 1000; ++i)
    kept.push_back(arena.copy(as_bytes(std::to_string(i) + std::string(1000, '.'))));
  for (int i = 0; i < 1000; ++i)
    BOOST_TEST(as_text(kept[static_cast<std::size_t>(i)]).starts_with(std::to_string(i) + '.'));
  arena.clear();
  if (ILNP_POISON) {
    for (const Bytes bytes : kept) BOOST_TEST((bytes[0] == std::byte{0xdd} && bytes[999] == std::byte{0xdd}));
  }
  BOOST_TEST(arena.take(1).data() == kept[0].data());  // the same memory again
}

BOOST_AUTO_TEST_CASE(what_is_not_needed_is_given_back) {
  Arena arena;
  const MutableBytes first = arena.take(100);
  BOOST_TEST(arena.shrink(first, 10).size() == 10u);
  BOOST_TEST(arena.take(5).data() == first.data() + 10);
}

BOOST_AUTO_TEST_CASE(it_is_bounded) {
  Arena arena;
  BOOST_TEST(arena.take(Arena::block_octets + 1).data() == nullptr);
  std::size_t taken = 0;
  while (arena.take(Arena::block_octets).data() != nullptr) taken += Arena::block_octets;
  BOOST_TEST(taken == Arena::max_octets);
  BOOST_TEST(arena.take(1).data() == nullptr);
  BOOST_TEST(arena.copy(as_bytes("x")).data() == nullptr);
  arena.clear();
  BOOST_TEST(arena.take(Arena::block_octets).data() != nullptr);
}

BOOST_AUTO_TEST_CASE(a_packet_may_be_written_as_a_whole) {
  std::array<std::byte, 50> room{};
  const MutableBytes space = Packet::space(room, 10);
  BOOST_TEST(space.data() == room.data() + 40);
  std::ranges::copy(as_bytes("whole"), space.begin());
  Packet packet = Packet::written(room, 10, 5);
  BOOST_TEST(as_text(packet.head()) == "whole");
  BOOST_TEST(packet.size() == 5u);
  BOOST_TEST(packet.prepend(40).data() == room.data());  // right in front of it
  BOOST_TEST(packet.head().size() == 45u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::arena_test
