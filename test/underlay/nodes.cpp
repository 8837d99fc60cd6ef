// Who hears whom: nodes on one host and on several.
#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "ilnp/wire/overlay.hpp"
#include "lab.hpp"
#include "support/print.hpp"

namespace ilnp::test::nodes_test {

static_assert(Underlay<McastUdp>);
static_assert(std::is_nothrow_move_constructible_v<ReceiveBatch> &&
              std::is_nothrow_move_constructible_v<SendQueue>);

BOOST_AUTO_TEST_SUITE(nodes)

BOOST_AUTO_TEST_CASE(on_one_host_hear_each_other_and_never_themselves) {
  const Host host;
  Ethernet ethernet({&host});
  Station one(host), two(host), three(host);
  for (Station* station : {&one, &two, &three}) BOOST_TEST(!station->operator*().join(a));
  for (std::uint32_t i = 0; i < 10; ++i) BOOST_TEST(!one.send(a, numbered(i, 100)));
  one->begin_batch();
  std::vector<Octets> frames;
  for (std::uint32_t i = 10; i < 300; ++i) frames.push_back(numbered(i, 100));
  for (const Octets& frame : frames) BOOST_TEST(!one.send(a, frame));
  one->end_batch(one.cx());
  BOOST_TEST(two.hears(300));
  BOOST_TEST(three.hears(300));
  BOOST_TEST(one.take() == 0U);
  for (std::uint32_t i = 0; i < 300; ++i) BOOST_TEST(two.heard[i].frame == numbered(i, 100));
  const auto counters = one->counters();
  BOOST_TEST(counters.frames_out == 300U);
  BOOST_TEST(counters.frames_in == 0U);
  BOOST_TEST(counters.buffers_out == 10 + 290 / 64 + 1);
  BOOST_TEST(two->counters().frames_in == 300U);
}

BOOST_AUTO_TEST_CASE(have_a_name_that_is_the_same_on_all_locators) {
  const Host host, other;
  Ethernet ethernet({&host, &other});
  Station one(host), two(host), three(other), ear(other);
  for (Station* station : {&one, &two, &three, &ear})
    for (const Locator locator : {a, b}) BOOST_TEST(!(**station).join(locator));
  for (Station* station : {&one, &two, &three})
    for (const Locator locator : {a, b}) BOOST_TEST(!station->send(locator, numbered(1, 50)));
  BOOST_TEST_REQUIRE(ear.hears(6));
  for (std::size_t i = 0; i < 6; ++i) {
    BOOST_TEST(ear.heard[i].sender != 0U);
    BOOST_TEST(ear.heard[i].interface == (i % 2 == 0 ? a : b));
    for (std::size_t j = 0; j < i; ++j)
      BOOST_TEST((ear.heard[i].sender == ear.heard[j].sender) == (i / 2 == j / 2));
    BOOST_TEST((ear.heard[i].host == ear.heard[0].host) == (i < 4));  // one and two are on one machine
  }
}

BOOST_AUTO_TEST_CASE(on_two_hosts_may_send_from_the_same_port) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  for (const Host* host : {&left, &right}) host->set("ipv4/ip_local_port_range", "40000\t40000");
  Station one(left), two(right);
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  BOOST_TEST(!one.send(a, numbered(1, 50)));
  BOOST_TEST(!two.send(a, numbered(2, 50)));
  BOOST_TEST_REQUIRE(one.hears(1));
  BOOST_TEST_REQUIRE(two.hears(1));
  BOOST_TEST(one.heard[0].frame == numbered(2, 50));
  BOOST_TEST(two.heard[0].frame == numbered(1, 50));
  BOOST_TEST(one.take() + two.take() == 0U);
}

BOOST_AUTO_TEST_CASE(with_loopback_off_are_heard_on_other_hosts_only) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  LinkConfig quiet = link();
  quiet.mcast_loop = false;
  Station one(left, quiet), neighbour(left), far(right);
  for (Station* station : {&one, &neighbour, &far}) BOOST_TEST(!(**station).join(a));
  BOOST_TEST(!one.send(a, numbered(1, 50)));
  BOOST_TEST(!far.send(a, numbered(2, 50)));
  BOOST_TEST(one.hears(1));
  BOOST_TEST(neighbour.hears(1));
  BOOST_TEST(far.hears(1));
  BOOST_TEST(neighbour.heard[0].frame == numbered(2, 50));
  BOOST_TEST(neighbour.take() == 0U);
}

// The published configurations of the reference have a buffer_size of 65487.
BOOST_AUTO_TEST_CASE(carry_frames_of_the_largest_size) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  LinkConfig config = link();
  config.buffer_size = LinkConfig::max_buffer_size;
  Station one(left, config), two(right, config);
  for (Station* station : {&one, &two}) BOOST_TEST(!station->operator*().join(a));
  const Octets single = numbered(1, config.buffer_size), queued = numbered(2, config.buffer_size);
  BOOST_TEST(!one.send(a, single));
  one->begin_batch();
  for (int i = 0; i < 2; ++i) BOOST_TEST(!one.send(a, queued));
  one->end_batch(one.cx());
  BOOST_TEST_REQUIRE(two.hears(3));
  BOOST_TEST(two.heard[0].frame == single);
  BOOST_TEST(two.heard[1].frame == queued);
  BOOST_TEST(two.heard[2].frame == queued);
}

// Linux before 6.11 refuses trains there, later ones cut them apart by themselves.
BOOST_AUTO_TEST_CASE(carry_the_same_over_a_device_that_computes_no_checksums) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  left.compute_checksums("eth0");
  Station one(left), two(right);
  for (Station* station : {&one, &two}) BOOST_TEST(!station->operator*().join(a));
  std::vector<Octets> frames;
  for (std::uint32_t i = 0; i < 200; ++i) frames.push_back(numbered(i, 1000));
  for (int round = 0; round < 3; ++round) {
    one->begin_batch();
    for (const Octets& frame : frames) BOOST_TEST(!one.send(a, frame));
    one->end_batch(one.cx());
  }
  BOOST_TEST_REQUIRE(two.hears(600));
  for (std::size_t i = 0; i < 600; ++i) BOOST_TEST(two.heard[i].frame == frames[i % 200]);
  const auto counters = one->counters();
  BOOST_TEST(counters.frames_out == 600U);
  BOOST_TEST(counters.send_errors == 0U);
  BOOST_TEST(counters.gso_refusals <= 1U);
  BOOST_TEST(counters.gso_fallbacks == counters.gso_refusals);
}

BOOST_AUTO_TEST_CASE(of_the_reference_send_from_the_overlay_port) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  Station one(left);
  BOOST_TEST(!one->join(a));
  PlainSocket reference(right, overlay_port);
  reference.join(right, "eth0", prefix.group(a));
  BOOST_TEST(!reference.send(right, "eth0", prefix.group(a), numbered(1, 50)));
  BOOST_TEST(one.hears(1));
  BOOST_TEST(!one.send(a, numbered(2, 60)));
  const auto taken = reference.take(2);  // its own comes back to it
  BOOST_TEST_REQUIRE(taken.size() == 2U);
  BOOST_TEST(taken[1] == numbered(2, 60));
}

BOOST_AUTO_TEST_CASE(on_the_loopback_interface_hear_each_other_if_it_has_a_route) {
  const Host host;
  BOOST_CHECK_EXCEPTION(Station(host, link("lo")), boost::system::system_error, [](const auto& error) {
    return std::string(error.what()).find("mcast_interface lo (it needs: ip -6 route add local") == 0;
  });
  host.ip("-6 route add local ff12::/16 dev lo");
  Station one(host, link("lo")), two(host, link("lo"));
  BOOST_TEST(!one->join(a));
  BOOST_TEST(!two->join(a));
  BOOST_TEST(!one.send(a, numbered(1, 50)));
  BOOST_TEST(two.hears(1));
  BOOST_TEST(one.take() == 0U);
}

BOOST_AUTO_TEST_CASE(get_control_messages_past_a_queue_that_overflows) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  Station sender(left), receiver(right);
  BOOST_TEST(!sender->join(a));
  BOOST_TEST(!receiver->join(a));
  sender->classify(wire::Overlay::classifier);
  receiver->classify(wire::Overlay::classifier);
  Octets discovery = numbered(1, 60), update = numbered(2, 49);
  discovery[6] = std::byte{43};
  update[6] = std::byte{44};
  // Single datagrams, for these fill the buffer soonest.
  std::uint64_t sent = 0;
  for (std::uint32_t i = 0; i < 20000; ++i, ++sent) BOOST_TEST_REQUIRE(!sender.send(a, numbered(i, 1440)));
  BOOST_TEST(!sender.send(a, discovery));
  BOOST_TEST(!receiver.send(a, discovery));
  sender->begin_batch();
  BOOST_TEST(!sender.send(a, update));
  BOOST_TEST(!sender.send(a, update));
  sender->end_batch(sender.cx());
  BOOST_TEST_REQUIRE(eventually([&] { return receiver.take() != 0; }));
  BOOST_TEST(receiver.heard[0].frame == discovery);
  BOOST_TEST(receiver.heard[1].frame == update);
  BOOST_TEST(receiver.heard[2].frame == update);
  BOOST_TEST(receiver->counters().control_in == 3U);
  // What was received and what is counted as lost is what was sent. One's own and control messages are not
  // counted as lost.
  const auto all = [&] { return receiver->counters().frames_in - 3 + receiver->counters().receive_overflow; };
  BOOST_TEST(eventually([&] {
    receiver.take();
    return all() >= sent;
  }));
  BOOST_TEST(all() == sent);
  BOOST_TEST(receiver->counters().receive_overflow > 0U);
  BOOST_TEST(receiver->receive_buffer().granted > 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::nodes_test
