// What the batched system calls send and receive, beside plain sockets.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iterator>
#include <span>

#include "lab.hpp"
#include "support/dies.hpp"
#include "support/print.hpp"

namespace ilnp::test::batches_test {

void push(SendQueue& queue, const Endpoint& to, std::span<const Octets> all) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Bytes octets = all[i];
    const std::size_t head = std::min<std::size_t>(octets.size(), i % 3 * 20);
    queue.push(to, octets.first(head), octets.subspan(head));
  }
  queue.flush();
}

/// Calls `each` with 50 at a time: so many fit the smallest receive buffer that a system is likely to allow.
template <class Each>
void in_portions(const std::vector<Octets>& all, Each&& each) {
  for (std::span<const Octets> rest = all; !rest.empty();
       rest = rest.subspan(std::min<std::size_t>(rest.size(), 50)))
    each(rest.first(std::min<std::size_t>(rest.size(), 50)));
}

/// A bound socket, and one to send from, on the loopback address of this namespace.
struct Sockets {
  Host host;
  OwnedSocket to, from;
  Endpoint address;

  Sockets() {
    const auto visit = host.visit();
    to = OwnedSocket::udp(AF_INET);
    from = OwnedSocket::udp(AF_INET);
    const Endpoint any = Endpoint::loopback(0);
    BOOST_TEST_REQUIRE(::bind(to.native_handle(), any.data(), any.size()) == 0);
    address = Endpoint::loopback(ilnp::detail::local_port(to.native_handle()));
    (void)set_receive_buffer(to.native_handle(), 8 << 20);
  }

  SendQueue queue() const { return SendQueue(from.native_handle()); }

  std::vector<Octets> take(ReceiveBatch& batch) const {
    std::vector<Octets> all;
    while (batch.receive(to.native_handle(), [&](const ReceivedTrain& train) {
      BOOST_TEST(!train.truncated);
      std::size_t count = 0;
      train.for_each([&](MutableBytes datagram) {
        all.push_back(octets(datagram));
        ++count;
      });
      BOOST_TEST(train.count() == count);
      BOOST_TEST(train.source.family() == AF_INET);
    }) != 0) {
    }
    return all;
  }

  /// Sends all, and gives what came.
  std::vector<Octets> exchange(SendQueue& queue, ReceiveBatch& batch, const std::vector<Octets>& all) const {
    std::vector<Octets> taken;
    in_portions(all, [&](std::span<const Octets> portion) {
      push(queue, address, portion);
      std::ranges::move(take(batch), std::back_inserter(taken));
    });
    return taken;
  }
};

/// Sizes that make trains, ends of trains, lone datagrams and empty ones.
std::vector<Octets> mixture() {
  std::vector<Octets> all;
  Random random(7);
  const auto add = [&](std::size_t times, std::size_t size) {
    for (; times != 0; --times) all.push_back(random_octets(random, size));
  };
  add(200, 84);
  add(1, 0);
  add(2, 0);
  add(1, 83);
  add(1, 84);
  add(130, 1440);
  add(1, 1);
  add(3, 1440);
  add(70, 1);
  add(50, 1400);
  for (int i = 0; i < 200; ++i) add(1, random.below(1441));
  return all;
}

BOOST_FIXTURE_TEST_SUITE(batches, Sockets)

BOOST_AUTO_TEST_CASE(carry_the_same_octets_with_and_without_trains) {
  const auto all = mixture();
  ReceiveBatch batch;
  for (const bool trains_in : {false, true}) {
    if (trains_in) BOOST_TEST(enable_receive_coalescing(to.native_handle()));
    for (const bool trains_out : {false, true}) {
      SendQueue sending = queue();
      sending.set_coalescing(trains_out);
      BOOST_TEST(exchange(sending, batch, all) == all, "trains in: " << trains_in << ", out: " << trains_out);
      BOOST_TEST(sending.counters().datagrams == all.size());
      BOOST_TEST(sending.counters().errors == 0U);
      BOOST_TEST((sending.counters().buffers < all.size()) == trains_out);
    }
    std::vector<Octets> taken;
    for (const Octets& one : all) {
      BOOST_TEST(::sendto(from.native_handle(), one.data(), one.size(), 0, address.data(), address.size()) >=
                 0);
      std::ranges::move(take(batch), std::back_inserter(taken));
    }
    BOOST_TEST(taken == all, "trains in: " << trains_in << ", plain out");
  }
}

BOOST_AUTO_TEST_CASE(of_trains_reach_a_plain_receiver) {
  const auto all = mixture();
  SendQueue sending = queue();
  in_portions(all, [&](std::span<const Octets> portion) {
    push(sending, address, portion);
    for (const Octets& one : portion) {
      Octets buffer(2000);
      const auto size = ::recv(to.native_handle(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      BOOST_TEST_REQUIRE(size == static_cast<ssize_t>(one.size()));
      buffer.resize(one.size());
      BOOST_TEST(buffer == one);
    }
  });
}

BOOST_AUTO_TEST_CASE(without_a_head_leave_from_where_they_lie) {
  SendQueue sending = queue();
  Octets head(4, std::byte{1}), payload(4, std::byte{2});
  sending.push(address, {}, payload);
  sending.push(address, head, payload);
  head.assign(4, std::byte{3});  // a head is copied at once
  ReceiveBatch batch;
  BOOST_TEST(take(batch).empty());
  sending.flush();
  BOOST_TEST(sending.empty());
  BOOST_TEST((take(batch) == std::vector<Octets>{hex("02020202"), hex("01010101 02020202")}));
}

BOOST_AUTO_TEST_CASE(must_not_change_before_they_leave) {
  if (!ILNP_POISON) return;
  SendQueue sending = queue();
  Octets head(4, std::byte{1}), payload(4, std::byte{2});
  for (const bool with_head : {false, true}) {
    BOOST_TEST(dies([&] {
      sending.push(address, with_head ? Bytes(head) : Bytes(), payload);
      payload[3] = std::byte{4};
      sending.flush();
    }));
    BOOST_TEST(dies([&] {
      sending.push(address, with_head ? Bytes(head) : Bytes(), payload);
      payload[3] = std::byte{4};
      sending.keep();
    }));
  }
}

BOOST_AUTO_TEST_CASE(may_change_once_they_are_kept) {
  SendQueue sending = queue();
  ReceiveBatch batch;
  Octets first(4, std::byte{1}), second(4, std::byte{2}), third(4, std::byte{3});
  sending.push(address, {}, first);
  sending.keep();
  first.assign(4, std::byte{9});
  sending.push(address, first, second);
  sending.push(address, {}, second);
  sending.keep();
  sending.keep();
  second.assign(4, std::byte{9});
  sending.push(address, {}, third);
  BOOST_TEST(take(batch).empty());  // that does not make them leave
  sending.flush();
  BOOST_TEST((take(batch) == std::vector<Octets>{hex("01010101"), hex("09090909 02020202"), hex("02020202"),
                                                 hex("03030303")}));
  // What there is no room for leaves at once.
  Octets large(60'000, std::byte{5});
  std::vector<Octets> all;
  for (int i = 0; i < 5; ++i) {
    sending.push(address, {}, large, true);
    sending.keep();
    BOOST_TEST(sending.empty() == (i == 4));
    large[0] = std::byte(6 + i);
  }
  sending.flush();
  std::size_t taken = 0;
  ReceiveBatch large_batch(32);
  for (const Octets& one : take(large_batch))
    BOOST_TEST((one[0] == std::byte(taken++ == 0 ? 5 : 5 + taken - 1)));
  BOOST_TEST(taken == 5u);
}

BOOST_AUTO_TEST_CASE(have_headroom_one_at_a_time) {
  if (!ILNP_POISON) return;
  SendQueue sending = queue();
  BOOST_TEST(dies([&] {
    (void)sending.headroom(8);
    (void)sending.headroom(8);
  }));
  BOOST_TEST(dies([&] {
    (void)sending.headroom(8);
    sending.keep();  // would copy over it
  }));
  const MutableBytes first = sending.headroom(8);
  std::ranges::fill(first, std::byte{1});
  sending.push(address, first, {});
  const MutableBytes second = sending.headroom(8);
  std::ranges::fill(second, std::byte{2});
  BOOST_TEST((first[0] == std::byte{1}));  // until it has left
  sending.flush();
  BOOST_TEST((first[0] == std::byte{0xdd}));
  const MutableBytes third = sending.headroom(8);
  std::ranges::fill(third, std::byte{3});
  BOOST_TEST(!sending.send(address, third, {}));
  BOOST_TEST((third[0] == std::byte{0xdd}));
  (void)sending.headroom(8);
  SendQueue moved = std::move(sending);
  BOOST_TEST(dies([&] { (void)moved.headroom(8); }));
}

BOOST_AUTO_TEST_CASE(may_have_a_head_that_was_written_where_it_lies) {
  SendQueue sending = queue();
  const Octets payload(4, std::byte{2});
  for (std::uint8_t number = 1; number <= 3; ++number) {
    const MutableBytes room = sending.headroom(8);
    std::ranges::fill(room, std::byte{number});
    sending.push(address, room.last(4), payload);  // it needed less than it had asked for
  }
  sending.flush();
  ReceiveBatch batch;
  BOOST_TEST((take(batch) == std::vector<Octets>{hex("01010101 02020202"), hex("02020202 02020202"),
                                                 hex("03030303 02020202")}));
}

BOOST_AUTO_TEST_CASE(leave_by_themselves_when_full) {
  SendQueue sending = queue();
  ReceiveBatch batch;
  const Octets head(100, std::byte{1}), payload(100, std::byte{2});
  // The arena, pieces and messages each come to their limit: one more than fits sends what was there.
  const auto fills = [&](std::size_t limit, const std::function<void()>& push_one) {
    for (std::size_t i = 0; i < limit; ++i) push_one();
    BOOST_TEST(take(batch).empty());
    push_one();
    BOOST_TEST(take(batch).size() == limit);
    sending.flush();
    BOOST_TEST(take(batch).size() == 1U);
  };
  fills(SendQueue::arena_octets / 100, [&] { sending.push(address, head, {}); });
  fills(SendQueue::max_parts - 1, [&] { sending.push(address, {}, Bytes(payload).first(9)); });
  fills(SendQueue::max_messages, [&] { sending.push(address, {}, payload, true); });
  BOOST_TEST(sending.counters().errors == 0U);
}

BOOST_AUTO_TEST_CASE(keep_the_order_between_addresses) {
  const auto visit = host.visit();
  const PlainSocket second(host);
  SendQueue sending = queue();
  const Endpoint other = Endpoint::loopback(ilnp::detail::local_port(to.native_handle()));
  Octets first = numbered(1, 30), next = numbered(2, 30);
  sending.push(address, {}, first);
  sending.push(Endpoint::loopback(9), {}, next);
  sending.push(other, {}, next);
  sending.flush();
  BOOST_TEST(sending.counters().buffers == 3U);
  ReceiveBatch batch;
  BOOST_TEST((take(batch) == std::vector<Octets>{first, next}));
}

BOOST_AUTO_TEST_CASE(gather_neighbours_in_memory_as_one_piece) {
  // More datagrams than pieces would be allowed: they leave at once only if they count as one.
  SendQueue sending = queue();
  const auto buffer = numbered(1, 64 * 100);
  for (std::size_t i = 0; i < 64; ++i) sending.push(address, {}, Bytes(buffer).subspan(i * 100, 100));
  sending.flush();
  BOOST_TEST(sending.counters().buffers == 1U);
  (void)enable_receive_coalescing(to.native_handle());
  ReceiveBatch batch;
  Octets all;
  for (const Octets& one : take(batch)) all.insert(all.end(), one.begin(), one.end());
  BOOST_TEST(all == buffer);
}

BOOST_AUTO_TEST_CASE(that_are_refused_for_their_size_go_singly_and_shorter_ones_stay_trains) {
  host.ip("link set lo mtu 1500");
  SendQueue sending = queue();
  ReceiveBatch batch;
  std::vector<Octets> all;
  for (std::uint32_t i = 0; i < 10; ++i) all.push_back(numbered(i, 2000));
  BOOST_TEST(exchange(sending, batch, all) == all);
  BOOST_TEST(sending.counters().refusals == 1U);
  BOOST_TEST(sending.counters().fallbacks == 0U);
  push(sending, address, all);
  BOOST_TEST(sending.counters().refusals == 1U);
  BOOST_TEST(sending.counters().buffers == 20U);
  BOOST_TEST(take(batch) == all);
  for (Octets& one : all) one.resize(1000);
  push(sending, address, all);
  BOOST_TEST(sending.counters().buffers == 21U);
  BOOST_TEST(take(batch) == all);
  for (Octets& one : all) one.resize(2000);
  host.ip("link set lo mtu 65536");
  sending.forget_refusals();
  push(sending, address, all);
  BOOST_TEST(sending.counters().buffers == 22U);
  BOOST_TEST(take(batch) == all);
  BOOST_TEST(sending.counters().errors == 0U);
}

BOOST_AUTO_TEST_CASE(that_are_refused_altogether_go_singly_for_good) {
  // Without a checksum, Linux makes no trains.
  BOOST_TEST(!set_option(from.native_handle(), SOL_SOCKET, SO_NO_CHECK, 1));
  SendQueue sending = queue();
  ReceiveBatch batch;
  const auto all = mixture();
  for (int round = 0; round < 2; ++round) {
    BOOST_TEST(exchange(sending, batch, all) == all);
  }
  BOOST_TEST(sending.counters().fallbacks == 1U);
  BOOST_TEST(sending.counters().errors == 0U);
  BOOST_TEST(sending.counters().buffers == sending.counters().datagrams);
  sending.forget_refusals();
  sending.set_coalescing(true);
  push(sending, address, all);
  BOOST_TEST(sending.counters().buffers == sending.counters().datagrams);
}

BOOST_AUTO_TEST_CASE(go_singly_if_that_is_wanted) {
  SendQueue sending(from.native_handle(), Segmentation::off);
  ReceiveBatch batch;
  const auto all = mixture();
  BOOST_TEST(exchange(sending, batch, all) == all);
  sending.forget_refusals();
  sending.set_coalescing(true);
  BOOST_TEST(exchange(sending, batch, all) == all);
  BOOST_TEST(sending.counters().buffers == 2 * all.size());
  BOOST_TEST(sending.counters().fallbacks == 0U);
  BOOST_TEST(sending.trains_off() == TrainsOff::configured);
}

BOOST_AUTO_TEST_CASE(that_cannot_be_sent_are_counted_and_the_rest_leaves) {
  SendQueue sending = queue();
  const Octets payload = numbered(1, 50);
  sending.push(address, {}, payload);
  sending.push(Endpoint(in6addr_loopback, 9), {}, payload);  // the wrong family
  sending.push(Endpoint(in6addr_loopback, 9), {}, payload);
  sending.push(address, {}, payload);
  sending.flush();
  ReceiveBatch batch;
  BOOST_TEST(take(batch).size() == 2U);
  BOOST_TEST(sending.counters().errors == 2U);
  BOOST_TEST(sending.last_error().failed());
  BOOST_TEST(sending.send(Endpoint(in6addr_loopback, 9), {}, payload).failed());
  BOOST_TEST(!sending.send(address, payload, payload));
  const auto taken = take(batch);
  BOOST_TEST_REQUIRE(taken.size() == 1U);
  BOOST_TEST(taken[0].size() == 100U);
}

BOOST_AUTO_TEST_CASE(take_no_more_than_their_capacity_at_once) {
  SendQueue sending = queue();
  sending.set_coalescing(false);
  const Octets payload = numbered(1, 50);
  for (int i = 0; i < 10; ++i) sending.push(address, {}, payload);
  sending.flush();
  ReceiveBatch batch(4);
  std::size_t calls = 0;
  const auto count = [&](const ReceivedTrain&) { ++calls; };
  BOOST_TEST(batch.capacity() == 4U);
  BOOST_TEST(batch.receive(to.native_handle(), count) == 4U);
  BOOST_TEST(batch.receive(to.native_handle(), count) == 4U);
  BOOST_TEST(batch.receive(to.native_handle(), count) == 2U);
  BOOST_TEST(batch.receive(to.native_handle(), count) == 0U);
  BOOST_TEST(calls == 10U);
}

BOOST_AUTO_TEST_CASE(say_what_a_full_socket_has_dropped) {
  (void)set_receive_buffer(to.native_handle(), 10000);
  BOOST_TEST(dropped_buffers(to.native_handle()) == 0U);
  SendQueue sending = queue();
  sending.set_coalescing(false);
  const Octets payload = numbered(1, 1000);
  for (int i = 0; i < 200; ++i) sending.push(address, {}, payload);
  sending.flush();
  ReceiveBatch batch;
  const std::size_t taken = take(batch).size();
  BOOST_TEST(taken < 200U);
  BOOST_TEST(dropped_buffers(to.native_handle()) == 200 - taken);
}

BOOST_AUTO_TEST_SUITE_END()

// The same over multicast, between hosts and on one: trains and single datagrams, plain sockets and
// underlays, on one port and group.
BOOST_AUTO_TEST_CASE(trains_and_single_frames_meet_in_one_group) {
  const Host left, right;
  Ethernet ethernet({&left, &right});
  Station sender(left), near(left), far(right);
  PlainSocket plain_near(left, overlay_port, true), plain_far(right, overlay_port, true);
  (void)set_receive_buffer(plain_near.handle(), 8 << 20);
  (void)set_receive_buffer(plain_far.handle(), 8 << 20);
  plain_near.join(left, "eth0", prefix.group(a));
  plain_far.join(right, "eth0", prefix.group(a));
  for (Station* station : {&sender, &near, &far}) BOOST_TEST(!(**station).join(a));
  PlainSocket plain(right);
  auto all = mixture();
  for (Octets& one : all)
    if (one.size() > 6) one[6] = std::byte{42};
  const auto frames = [](const Station& station) {
    std::vector<Octets> heard;
    for (const Heard& one : station.heard) heard.push_back(one.frame);
    return heard;
  };
  in_portions(all, [&](std::span<const Octets> portion) {
    const std::vector<Octets> sent(portion.begin(), portion.end());
    near.heard.clear();
    far.heard.clear();
    sender->begin_batch();
    for (const Octets& one : sent) BOOST_TEST(!sender.send(a, one));
    sender->end_batch(sender.cx());
    BOOST_TEST(near.hears(sent.size()));
    BOOST_TEST(far.hears(sent.size()));
    BOOST_TEST(frames(near) == sent);
    BOOST_TEST(frames(far) == sent);
    BOOST_TEST(plain_near.take(sent.size()) == sent);
    BOOST_TEST(plain_far.take(sent.size()) == sent);
  });
  BOOST_TEST(near->counters().buffers_in < all.size());
  for (const Octets& one : all) {
    BOOST_TEST(!plain.send(right, "eth0", prefix.group(a), one));
    sender.take();
  }
  BOOST_TEST(sender.hears(all.size()));
  BOOST_TEST(frames(sender) == all);
}

BOOST_AUTO_TEST_CASE(an_underlay_forwards_from_where_the_frame_lies) {
  const Host left, middle, right;
  Ethernet ethernet({&left, &middle, &right});
  Station sender(left), router(middle), receiver(right);
  BOOST_TEST(!sender->join(a));
  BOOST_TEST(!router->join(a));
  BOOST_TEST(!router->join(b));
  BOOST_TEST(!receiver->join(b));
  std::vector<Octets> all;
  for (std::uint32_t i = 0; i < 128; ++i) all.push_back(numbered(i, 500));
  sender->begin_batch();
  for (const Octets& one : all) BOOST_TEST(!sender.send(a, one));
  sender->end_batch(sender.cx());
  std::size_t forwarded = 0;
  BOOST_TEST(eventually([&] {
    router->begin_batch();
    router->receive([&](FrameSource from, MutableBytes frame) {
      router->feed(from, frame, router.cx(), [&](FrameSource, MutableBytes up) {
        up[7] = std::byte{9};
        BOOST_TEST(!router.send(b, up));
        ++forwarded;
      });
    });
    router->end_batch(router.cx());
    return forwarded == all.size();
  }));
  BOOST_TEST(receiver.hears(all.size()));
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i][7] = std::byte{9};
    BOOST_TEST(receiver.heard[i].frame == all[i]);
  }
  BOOST_TEST(router->counters().buffers_out == 2U);
}

}  // namespace ilnp::test::batches_test
