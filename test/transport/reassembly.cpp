#include "ilnp/transport/reassembly.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::reassembly_test {

using namespace std::chrono_literals;

constexpr Nid bob{2}, carol{3};

struct Fixture {
  /// Fragment `index` of a datagram of `whole`, with `stride` octets in each.
  Octets fragment(std::uint32_t number, const Octets& whole, std::size_t stride, std::size_t index,
                  std::uint16_t port = 80) {
    Octets out(wire::FragmentMessage::fragment_header_size);
    wire::FragmentHeaderRepr{port,
                             0,
                             number,
                             static_cast<std::uint16_t>(whole.size()),
                             static_cast<std::uint16_t>(stride),
                             static_cast<std::uint16_t>(index)}
        .write_to(out);
    const Bytes rest = Bytes(whole).subspan(stride * index);
    return joined(std::move(out), octets(rest.first(std::min(stride, rest.size()))));
  }
  Octets add(const Octets& fragment, Nid from = bob, std::uint16_t source_port = 99,
             std::uint64_t sender = 0xd) {
    return octets(reassembly.add(from, sender, source_port, *wire::FragmentMessage::parse(fragment), now,
                                 pool, counters));
  }
  void first_of(Nid from, std::uint32_t number, std::uint64_t sender = 0xd) {
    BOOST_TEST(add(fragment(number, text, 4, 0), from, 99, sender).empty());
  }

  const Octets text = octets(as_bytes("put together"));
  TimePoint now{1h};
  DatagramPool pool;
  FragmentCounters counters;
  Reassembly reassembly;
};

BOOST_FIXTURE_TEST_SUITE(putting_together, Fixture)

BOOST_AUTO_TEST_CASE(fragments_in_any_order_and_with_repetitions) {
  Random random(seed("reassembly"));
  for (std::uint32_t number = 0; number < 300; ++number) {
    const Octets whole = random_octets(random, 2 + random.below(5000));
    const std::size_t stride = std::max(
        (whole.size() + wire::FragmentMessage::max_fragments - 1) / wire::FragmentMessage::max_fragments,
        1 + random.below(whole.size() - 1));
    const std::size_t fragments = (whole.size() + stride - 1) / stride;
    std::vector<std::size_t> order(fragments);
    for (std::size_t i = 0; i < fragments; ++i) order[i] = i;
    for (std::size_t i = fragments; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    for (std::size_t i = 0; i + 1 < fragments; ++i) {
      BOOST_REQUIRE(add(fragment(number, whole, stride, order[i])).empty());
      if (random.below(4) == 0) BOOST_REQUIRE(add(fragment(number, whole, stride, order[i])).empty());
    }
    BOOST_REQUIRE((add(fragment(number, whole, stride, order.back())) == whole));
    pool.end_batch();
  }
  BOOST_TEST(reassembly.size() == 0U);
  BOOST_TEST(counters.dropped_conflict == 0U);
  BOOST_TEST(counters.dropped_duplicate > 0U);
  BOOST_TEST(pool.size() == 1U);  // each batch had ended before the next began
}

BOOST_AUTO_TEST_CASE(datagrams_that_differ_in_anything_are_not_mixed) {
  const Octets other = octets(as_bytes("PUT TOGETHER"));
  add(fragment(1, text, 6, 0));
  BOOST_TEST(add(fragment(1, other, 6, 1), carol).empty());
  BOOST_TEST(add(fragment(2, other, 6, 1)).empty());
  BOOST_TEST(add(fragment(1, other, 6, 1, 81)).empty());
  BOOST_TEST(add(fragment(1, other, 6, 1), bob, 98).empty());
  BOOST_TEST(reassembly.size() == 5U);
  BOOST_TEST(add(fragment(1, text, 6, 1)) == text);
  BOOST_TEST(add(fragment(1, other, 6, 0), carol) == other);
}

BOOST_AUTO_TEST_CASE(conflicting_fragments_end_the_whole_datagram) {
  const Octets other = octets(as_bytes("PUT TOGETHER"));
  first_of(bob, 1);
  BOOST_TEST(add(fragment(1, other, 4, 0)).empty());  // other octets in the same position
  BOOST_TEST(counters.dropped_conflict == 1U);
  BOOST_TEST(reassembly.size() == 0U);
  first_of(bob, 2);
  BOOST_TEST(add(fragment(2, text, 6, 1)).empty());  // another stride: would overlap
  BOOST_TEST(counters.dropped_conflict == 2U);
  first_of(bob, 3);
  BOOST_TEST(add(fragment(3, octets(as_bytes("put together, longer")), 4, 1)).empty());
  BOOST_TEST(counters.dropped_conflict == 3U);
  BOOST_TEST(reassembly.size() == 0U);
}

BOOST_AUTO_TEST_CASE(incomplete_datagrams_are_dropped_in_time) {
  BOOST_TEST(reassembly.next_deadline() == never);
  first_of(bob, 1);
  now += 500ms;
  first_of(bob, 2);
  BOOST_TEST(reassembly.next_deadline() == now + 500ms);
  now += 500ms;
  reassembly.expire(now, pool, counters);
  BOOST_TEST(reassembly.size() == 1U);
  BOOST_TEST(counters.dropped_incomplete == 1U);
  for (std::size_t index = 1; index < 3; ++index)
    add(fragment(1, text, 4, index));  // too late to complete it
  BOOST_TEST(reassembly.size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_node_with_many_incomplete_datagrams_loses_its_own) {
  first_of(carol, 1);
  for (std::uint32_t number = 0; number < 1000; ++number) {
    first_of(bob, number);
    BOOST_REQUIRE(reassembly.size() <= 1 + Reassembly::max_of_one);
  }
  add(fragment(1, text, 4, 1), carol);
  BOOST_TEST(add(fragment(1, text, 4, 2), carol) == text);
}

BOOST_AUTO_TEST_CASE(many_nodes_with_many_incomplete_datagrams_leave_room_for_another) {
  for (std::uint32_t number = 0; number < Reassembly::max_of_one; ++number)
    for (std::uint64_t nid = 100; nid < 120; ++nid) first_of(Nid(nid), number);
  BOOST_TEST(reassembly.size() == Reassembly::max_datagrams);
  first_of(carol, 1);
  for (std::uint64_t nid = 100; nid < 120; ++nid) first_of(Nid(nid), 77);  // these displace each other
  add(fragment(1, text, 4, 1), carol);
  BOOST_TEST(add(fragment(1, text, 4, 2), carol) == text);
  BOOST_TEST(pool.size() <= Reassembly::max_datagrams + 1);
}

BOOST_AUTO_TEST_CASE(a_sender_that_forges_incomplete_datagrams_displaces_its_own) {
  first_of(carol, 1);
  first_of(bob, 1);
  for (std::uint64_t nid = 100; nid < 1100; ++nid) first_of(Nid(nid), 1, 0xbad);
  for (const Nid nid : {bob, carol}) {
    add(fragment(1, text, 4, 1), nid);
    BOOST_TEST(add(fragment(1, text, 4, 2), nid) == text);
  }
}

BOOST_AUTO_TEST_CASE(without_buffers_fragments_are_dropped) {
  while (pool.take() != DatagramPool::none) {
  }
  first_of(bob, 1);
  BOOST_TEST(counters.dropped_no_room == 1U);
  BOOST_TEST(reassembly.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::reassembly_test
