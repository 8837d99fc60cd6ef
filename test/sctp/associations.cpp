#include "ilnp/sctp/associations.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "support/print.hpp"

namespace ilnp::test::associations_test {

using namespace std::chrono_literals;

struct Known {
  SctpOutput output;
  SctpAssociations table{output};
  TimePoint now = TimePoint{} + 1h;

  /// As many others as have the same door to begin with, and come from the same port.
  std::vector<SctpRemote> namesakes(std::size_t count) {
    std::vector<SctpRemote> found;
    for (std::uint64_t nid = 1; found.size() < count; ++nid) {
      const SctpRemote remote{Nid(nid), 9899};
      if (table.door_for(remote, 1, 1) == table.door_for({Nid(1), 9899}, 1, 1)) found.push_back(remote);
    }
    return found;
  }
};

BOOST_AUTO_TEST_CASE(an_association_is_found_by_who_and_its_ports) {
  Known known;
  const SctpRemote bob{Nid(2), 9899};
  const auto door = known.table.door_for(bob, 80, 50'000);
  BOOST_TEST_REQUIRE(door.has_value());
  SctpAssociation& added = known.table.add(*door, bob, 80, 50'000);
  BOOST_TEST(added.has_stream());
  const auto found = known.table.find(bob, 80, 50'000);
  BOOST_TEST_REQUIRE(found.has_value());
  BOOST_TEST(found->association == &added);
  BOOST_TEST(found->door == *door);
  BOOST_TEST(!known.table.find(bob, 80, 50'001));
  BOOST_TEST(!known.table.find(bob, 81, 50'000));
  BOOST_TEST(!known.table.find({Nid(2), 9900}, 80, 50'000));
  BOOST_TEST(!known.table.find({Nid(3), 9899}, 80, 50'000));
}

BOOST_AUTO_TEST_CASE(namesakes_get_different_doors_and_not_too_many) {
  Known known;
  std::set<std::size_t> doors;
  const auto remotes = known.namesakes(SctpAssociations::max_tries + 1);
  for (std::size_t i = 0; i < SctpAssociations::max_tries; ++i) {
    const auto door = known.table.door_for(remotes[i], 80, 50'000);
    BOOST_TEST_REQUIRE(door.has_value());
    BOOST_TEST(doors.insert(*door).second);
    known.table.add(*door, remotes[i], 80, 50'000);
  }
  BOOST_TEST(!known.table.door_for(remotes.back(), 80, 50'000));
  BOOST_TEST(known.table.door_for(remotes.back(), 80, 50'001).has_value());
  for (std::size_t i = 0; i < SctpAssociations::max_tries; ++i)
    BOOST_TEST(known.table.find(remotes[i], 80, 50'000)->association->remote == remotes[i]);
}

BOOST_AUTO_TEST_CASE(what_may_be_left_in_the_library_keeps_its_ports_for_a_while) {
  Known known;
  const SctpRemote bob{Nid(2), 9899};
  SctpAssociation& ended = known.table.add(*known.table.door_for(bob, 80, 1), bob, 80, 1);
  SctpAssociation& reset = known.table.add(*known.table.door_for(bob, 80, 2), bob, 80, 2);
  BOOST_TEST(!known.table.free_door_for(bob, 80, 1));
  ended.gone = known.now;
  reset.gone = long_ago;
  BOOST_TEST(
      known.table.free_door_for(bob, 80, 1).has_value());  // of the same node: it may come from there again
  BOOST_TEST(known.table.find(bob, 80, 1).has_value());
  BOOST_TEST(!known.table.find(bob, 80, 2));  // nothing of it is left
  known.table.expire(known.now + 1s);
  BOOST_TEST(known.table.size() == 1u);
  known.table.expire(known.now + SctpAssociations::linger);
  BOOST_TEST(known.table.size() == 0u);
}

BOOST_AUTO_TEST_CASE(what_others_have_ended_leaves_room_for_those_of_the_node) {
  Known known;
  const SctpRemote bob{Nid(2), 9899};
  std::size_t count = 0;
  const auto add = [&] {
    const auto local = static_cast<std::uint16_t>(count >> 16), remote = static_cast<std::uint16_t>(count);
    known.table.add(0, bob, local, remote).gone = known.now;
    ++count;
  };
  while (count < SctpAssociations::max_associations && !known.table.full(false)) add();
  BOOST_TEST(count == SctpAssociations::max_associations / 4 * 3);
  while (count < 2 * SctpAssociations::max_associations && !known.table.full(true)) add();
  BOOST_TEST(count == SctpAssociations::max_associations);
  known.table.expire(known.now + SctpAssociations::linger);
  BOOST_TEST(!known.table.full(false));
}

BOOST_AUTO_TEST_CASE(a_node_has_few_addresses_and_gives_them_back) {
  void* address = nullptr;
  {
    Known known;
    address = known.table.address(3);
    BOOST_TEST(address);
    BOOST_TEST(known.table.address(3) == address);
    BOOST_TEST(known.table.address(4) != address);
  }
  Known again;
  BOOST_TEST(again.table.address(3) != address);
}

}  // namespace ilnp::test::associations_test
