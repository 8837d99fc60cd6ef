#include "ilnp/tun/held_reads.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::tun_held_reads_test {

using tun::Known;
using Held = tun::HeldReads::Held;

const TimePoint now{std::chrono::hours(1)};

/// Nodes are known by their identifier: up to 99 nothing is known of them, up to 199 they are there, the others understand.
Known known(Nid nid) {
  return nid.value() < 100 ? Known::nothing : nid.value() < 200 ? Known::there : Known::understands;
}
Held hold(tun::HeldReads& held, std::uint64_t nid, std::string_view text = "x") {
  return held.hold(Nid(nid), {}, octets(text), now, known);
}
std::size_t fill(tun::HeldReads& held, std::uint64_t first) {
  std::size_t count = 0;
  while (hold(held, first + count / tun::HeldReads::max_of_peer) == Held::kept) ++count;
  return count;
}

BOOST_AUTO_TEST_SUITE(tun_held_reads)

BOOST_AUTO_TEST_CASE(so_many_wait_for_one_peer_and_in_all) {
  tun::HeldReads held;
  std::size_t count = 0;
  for (std::uint64_t nid = 1; nid <= 40; ++nid)
    for (int i = 0; i < 5; ++i) count += hold(held, 200 + nid) == Held::kept;
  BOOST_TEST(count == tun::HeldReads::max_reads);
  BOOST_TEST(held.any_for(Nid(201)));
  std::size_t of_first = 0;
  held.release([&](const auto& read) { return read.to == Nid(201) && ++of_first; });
  BOOST_TEST(of_first == tun::HeldReads::max_of_peer);
  BOOST_TEST(!held.any_for(Nid(201)));
}

BOOST_AUTO_TEST_CASE(what_is_released_stays_until_the_batch_ends) {
  tun::HeldReads held;
  std::vector<tun::HeldReads::Read> released;
  for (const char* text : {"one", "two", "three"}) BOOST_TEST((hold(held, 1, text) == Held::kept));
  held.release([&](const auto& read) { return released.push_back(read), true; });
  BOOST_TEST(held.empty());
  BOOST_TEST((hold(held, 2, "another") == Held::kept));  // not in their place
  BOOST_TEST_REQUIRE(released.size() == 3);
  BOOST_TEST(as_text(held.octets(released[0])) == "one");  // the oldest first
  BOOST_TEST(as_text(held.octets(released[2])) == "three");
  held.end_batch();
  for (std::uint64_t nid = 3; nid < 80; ++nid) (void)hold(held, nid);
  std::size_t count = 0;
  held.release([&](const auto&) { return ++count, false; });
  BOOST_TEST(count == tun::HeldReads::max_reads);  // their places are free again
}

BOOST_AUTO_TEST_CASE(the_oldest_read_for_the_least_known_node_gives_way) {
  tun::HeldReads held;
  BOOST_TEST((hold(held, 100) == Held::kept));
  BOOST_TEST((hold(held, 1) == Held::kept));
  BOOST_TEST((hold(held, 200) == Held::kept));
  BOOST_TEST(fill(held, 2) == tun::HeldReads::max_reads - 3);
  BOOST_TEST(!held.any_for(Nid(1)));  // for the last one of `fill`
  BOOST_TEST((hold(held, 150) == Held::in_place_of_another));
  for (std::uint64_t nid = 40; nid < 99; ++nid)
    for (int i = 0; i < 3; ++i) BOOST_TEST((hold(held, nid) == Held::in_place_of_another));
  for (const std::uint64_t nid : {100u, 150u, 200u}) BOOST_TEST(held.any_for(Nid(nid)));
  BOOST_TEST(!held.any_for(Nid(2)));
  std::size_t count = 0;
  held.release([&](const auto& read) { return count += !held.octets(read).empty(), false; });
  BOOST_TEST(count == tun::HeldReads::max_reads);
}

BOOST_AUTO_TEST_CASE(nothing_gives_way_to_a_read_for_a_node_that_is_less_known) {
  tun::HeldReads there;
  BOOST_TEST(fill(there, 100) == tun::HeldReads::max_reads);
  std::size_t of_first = 0;
  there.release([&](const auto& read) { return of_first += read.to == Nid(100), false; });
  BOOST_TEST(of_first ==
             tun::HeldReads::max_of_peer - 1);  // the oldest has gone, for another of the same kind
  BOOST_TEST((hold(there, 1) == Held::refused));
  BOOST_TEST((hold(there, 200) == Held::in_place_of_another));
  tun::HeldReads understood;
  BOOST_TEST(fill(understood, 200) == tun::HeldReads::max_reads);
  BOOST_TEST((hold(understood, 1) == Held::refused));
  BOOST_TEST((hold(understood, 199) == Held::refused));
  BOOST_TEST((hold(understood, 299) == Held::refused));
  BOOST_TEST(understood.any_for(Nid(200)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_held_reads_test
