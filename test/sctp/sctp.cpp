// The stream layer, in virtual time.

#include "ilnp/sctp/sctp.hpp"

#include <unistd.h>
#include <fstream>

#include "peers.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::sctp_test {

static_assert(TransportLayer<Peer::Stack>);

/// Both send `octets` to each other, and end.
void exchange(Pair& pair, std::uint64_t octets, Duration most) {
  pair.bob->listen(port, {.to_send = octets});
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = octets});
  pair.world.run_for(most);
  for (Talk* talk : {&(*pair.alice)[id], &pair.bob->only()}) {
    BOOST_TEST(talk->received == octets);
    BOOST_TEST(talk->wrong == 0);
    BOOST_TEST(talk->got_end);
    BOOST_TEST(talk->closed);
    BOOST_TEST(!talk->error);
  }
  BOOST_TEST(pair.alice->stack().streams() == 0);
  BOOST_TEST(pair.bob->stack().streams() == 0);
}

BOOST_AUTO_TEST_CASE(octets_arrive_in_order_whatever_the_network_does) {
  for (const double loss : {0.0, 0.001, 0.01, 0.05}) {
    for (const double reordering : {0.0, 0.05}) {
      BOOST_TEST_CONTEXT("loss " << loss << ", reordering " << reordering) {
        sim::Conditions conditions;
        conditions.loss = loss;
        conditions.duplication = loss / 10;
        conditions.reordering = reordering;
        Pair pair(conditions);
        exchange(pair, 3'000'000, 20s);
      }
    }
  }
}

/// A transport whose datagrams to any one node are shorter than it says of nodes in general.
template <TransportLayer Next>
struct Narrow : TransportAdaptor<Next> {
  using TransportAdaptor<Next>::TransportAdaptor;
  std::size_t max_payload(Nid nid = {}) const {
    return std::min<std::size_t>(this->next_.max_payload(), nid == Nid{} ? 1396 : 700);
  }
  template <ContextLike Cx>
  error_code send(std::uint16_t source_port, Nid to, std::uint16_t to_port, Bytes payload, Cx& cx) {
    if (payload.size() > max_payload(to)) return ++refused, Errc::message_too_long;
    longest = std::max(longest, payload.size());
    return this->next_.send(source_port, to, to_port, payload, cx);
  }
  int refused = 0;
  std::size_t longest = 0;
};

BOOST_AUTO_TEST_CASE(packets_are_as_long_as_the_transport_takes_to_that_node) {
  using Stack = Sctp<Narrow<STP<ILNP<sim::SimUnderlay>>>>;
  constexpr std::size_t octets = 200'000;
  sim::World world(1);
  const VirtualTime time(world);
  struct End {
    End(sim::World& in, std::uint64_t nid, const std::string& name)
        : node(in, name, SctpConfig{}, node_config(nid, name, {{a}})) {
      node.on_receive([this](const StreamEvent& event, Bytes) { go_on(event.stream); });
      node.start();
    }
    void go_on(StreamId id) {
      node.with([&](Stack& stack, auto& cx) {
        std::vector<std::byte> buffer(10'000);
        while (sent < octets) {
          const auto taken = stack.write(id, Bytes(buffer).first(std::min(buffer.size(), octets - sent)), cx);
          if (!taken) break;
          sent += *taken;
        }
        for (auto got = stack.read(id, buffer, cx); got && *got != 0; got = stack.read(id, buffer, cx))
          received += *got;
      });
    }
    sim::SimNode<Stack> node;
    std::size_t sent = 0, received = 0;
  };
  End alice(world, 1, "alice"), bob(world, 2, "bob");
  bob.node.with([](Stack& stack, auto&) { BOOST_TEST(!stack.listen(port)); });
  world.run_for(5s);
  alice.node.with([](Stack& stack, auto& cx) { BOOST_TEST(stack.connect(Nid(2), port, cx).has_value()); });
  world.run_for(20s);
  for (const End* end : {&alice, &bob}) {
    BOOST_TEST(end->sent == octets);
    BOOST_TEST(end->received == octets);
    BOOST_TEST(end->node.stack().next_layer().refused == 0);
    BOOST_TEST(end->node.stack().next_layer().longest > 650u);
  }
}

BOOST_AUTO_TEST_CASE(one_direction_ends_and_the_other_goes_on) {
  Pair pair;
  // bob ends at once, and goes on reading; alice has not ended when she knows it.
  pair.bob->listen(port, {.to_send = 0});
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 100'000, .end_after = false});
  pair.world.run_for(1s);
  Talk& alice = (*pair.alice)[id];
  Talk& bob = pair.bob->only();
  BOOST_TEST(alice.got_end);
  BOOST_TEST(bob.received == 100'000u);
  BOOST_TEST(!bob.got_end);

  alice.to_send = 5'000'000;
  alice.end_after = true;
  pair.alice->go_on(id);
  pair.world.run_for(5s);
  BOOST_TEST(bob.received == 5'000'000u);
  BOOST_TEST(bob.wrong == 0);
  BOOST_TEST(bob.got_end);
  BOOST_TEST(bob.closed);
  BOOST_TEST(alice.closed);
  BOOST_TEST(!alice.error);
  BOOST_TEST(pair.alice->stack().counters().ended == 1);
}

BOOST_AUTO_TEST_CASE(who_asks_in_vain_is_told_why) {
  Pair pair;
  const auto error = [&](Nid to, Duration within) {
    const StreamId id = pair.alice->connect(to, 81);
    pair.world.run_for(within);
    BOOST_TEST((*pair.alice)[id].closed);
    return (*pair.alice)[id].error;
  };
  BOOST_TEST(error(Nid(2), 100ms) == boost::system::errc::connection_refused);
  BOOST_TEST(error(Nid(3), 10s) == Errc::unknown_host);
  pair.bob->crash();
  BOOST_TEST(error(Nid(2), 10s) == boost::system::errc::timed_out);
  BOOST_TEST(pair.alice->stack().counters().connect_refused == 1);
  BOOST_TEST(pair.alice->stack().counters().connect_timed_out == 2);
  BOOST_TEST(pair.alice->stack().streams() == 0);
}

BOOST_AUTO_TEST_CASE(a_reset_ends_both_directions_at_once) {
  Pair pair;
  pair.bob->listen(port, {.to_send = 100'000'000});
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 1000, .end_after = false});
  pair.world.run_for(10ms);
  pair.alice->reset(id);
  pair.world.run_for(100ms);
  BOOST_TEST(pair.bob->only().closed);
  BOOST_TEST(pair.bob->only().error == boost::system::errc::connection_reset);
  BOOST_TEST(pair.bob->stack().counters().reset_by_peer == 1);
  BOOST_TEST(pair.alice->stack().counters().reset_here == 1);
}

BOOST_AUTO_TEST_CASE(who_closes_and_gets_more_resets) {
  Pair pair;
  pair.bob->listen(port, {.to_send = 0, .end_after = false});
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 1000, .end_after = false});
  pair.world.run_for(100ms);
  pair.alice->close(id);
  pair.world.run_for(100ms);
  Talk& bob = pair.bob->only();
  BOOST_TEST(bob.received == 1000u);  // what was written before still goes
  BOOST_TEST(bob.got_end);
  BOOST_TEST(!bob.closed);
  bob.to_send = 1;
  pair.bob->go_on(StreamId{pair.bob->talks.begin()->first});
  pair.world.run_for(100ms);
  BOOST_TEST(bob.closed);
  BOOST_TEST(bob.error == boost::system::errc::connection_reset);
}

BOOST_AUTO_TEST_CASE(a_closed_stream_that_the_peer_never_ends_is_reset) {
  Pair pair;
  pair.bob->listen(port, {.to_send = 0, .end_after = false});
  const StreamId id = pair.alice->connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(100ms);
  pair.alice->close(id);
  pair.world.run_for(SctpEndpoint::orphan_time - 1s);
  BOOST_TEST(pair.alice->stack().streams() == 1);
  pair.world.run_for(3s);
  BOOST_TEST(pair.alice->stack().streams() == 0);
  BOOST_TEST(pair.bob->only().error == boost::system::errc::connection_reset);
}

BOOST_AUTO_TEST_CASE(a_peer_that_has_died_is_noticed) {
  for (const bool busy : {false, true}) {
    BOOST_TEST_CONTEXT((busy ? "octets under way" : "at rest")) {
      Pair pair;
      pair.bob->listen(port, {.end_after = false});
      const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 1000, .end_after = false});
      pair.world.run_for(10s);
      BOOST_TEST(!(*pair.alice)[id].closed);
      pair.bob->crash();
      const TimePoint died = pair.world.now();
      (*pair.alice)[id].to_send += busy ? 100'000 : 0;
      pair.alice->go_on(id);
      pair.world.run_for(15s);
      BOOST_TEST((*pair.alice)[id].closed);
      BOOST_TEST((*pair.alice)[id].error == boost::system::errc::timed_out);
      BOOST_TEST_MESSAGE("noticed after "
                         << std::chrono::duration<double>((*pair.alice)[id].closed_at - died).count()
                         << " s");
      BOOST_TEST(pair.alice->stack().counters().peer_lost == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_stream_may_rest_for_an_hour) {
  Pair pair;
  pair.bob->listen(port, {.to_send = 0, .end_after = false});
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 1000, .end_after = false});
  pair.world.run_for(3600s);
  BOOST_TEST(!(*pair.alice)[id].closed);
  (*pair.alice)[id].to_send += 1000;
  pair.alice->go_on(id);
  pair.world.run_for(1s);
  BOOST_TEST(pair.bob->only().received == 2000u);
  BOOST_TEST(pair.bob->only().wrong == 0);
}

BOOST_AUTO_TEST_CASE(a_path_may_be_gone_for_some_seconds) {
  Pair pair;
  pair.bob->listen(port);
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 20'000'000});
  pair.world.run_for(3ms);
  pair.world.network(net_a).cut(pair.alice->node().id(), pair.bob->node().id());
  pair.world.run_for(10s);
  pair.world.network(net_a).heal();
  pair.world.run_for(10s);
  BOOST_TEST(pair.bob->only().received == 20'000'000u);
  BOOST_TEST(pair.bob->only().wrong == 0);
  BOOST_TEST((*pair.alice)[id].sent == 20'000'000u);
}

BOOST_AUTO_TEST_CASE(a_peer_that_has_restarted_resets_what_it_does_not_know) {
  Pair pair;
  pair.bob->listen(port, {.end_after = false});
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 1000, .end_after = false});
  pair.world.run_for(1s);
  pair.bob->restart();
  pair.world.run_for(5s);
  BOOST_TEST((*pair.alice)[id].closed);
  BOOST_TEST((*pair.alice)[id].error == boost::system::errc::connection_reset);
  pair.bob->listen(port, {.to_send = 1000});
  const StreamId again = pair.alice->connect(Nid(2), port, {.to_send = 1000});
  pair.world.run_for(1s);
  BOOST_TEST((*pair.alice)[again].received == 1000u);
}

BOOST_AUTO_TEST_CASE(a_move_is_nothing_that_a_stream_sees) {
  for (const bool both : {false, true}) {
    sim::World world(1);
    const VirtualTime time(world);
    Peer alice(world, 1, "alice", {{net_a}});
    Peer router(world, 3, "router", {{net_a, net_b, net_c}});
    Peer bob(world, 2, "bob", {{net_b}});
    world.run_for(1s);
    for (const Locator locator : {net_a, net_b, net_c})
      world.network(locator).conditions.bandwidth = 40'000'000;
    constexpr std::uint64_t octets = 100'000'000;
    bob.listen(port, {.to_send = octets / 10});
    const StreamId id = alice.connect(Nid(2), port, {.to_send = octets});
    for (int moves = 0; moves < 3; ++moves) {
      world.run_for(4s);
      alice.move_to({moves % 2 ? net_a : net_c});
      if (both) bob.move_to({moves % 2 ? net_b : net_a});
    }
    world.run_for(60s);
    BOOST_TEST(bob.only().received == octets);
    BOOST_TEST(bob.only().wrong == 0);
    BOOST_TEST(alice[id].received == octets / 10);
    BOOST_TEST(alice[id].wrong == 0);
    BOOST_TEST(!alice[id].error);
  }
}

BOOST_AUTO_TEST_CASE(a_slow_reader_holds_up_its_writer_and_nobody_else) {
  Pair pair;
  pair.bob->listen(port, {.to_send = 0, .reads = false});
  pair.bob->listen(port + 1);
  const SctpConfig config;
  const StreamId stuck = pair.alice->connect(Nid(2), port, {.to_send = 10'000'000});
  pair.world.run_for(5s);
  const std::uint64_t taken = (*pair.alice)[stuck].sent - (*pair.alice)[stuck].chunk.size();
  BOOST_TEST(taken <= config.send_buffer + config.receive_buffer + 100'000);
  BOOST_TEST(taken >= config.receive_buffer / 2);

  const StreamId other = pair.alice->connect(Nid(2), port + 1, {.to_send = 10'000'000});
  pair.world.run_for(5s);
  BOOST_TEST((*pair.alice)[other].sent == 10'000'000u);
  BOOST_TEST((*pair.alice)[stuck].sent - (*pair.alice)[stuck].chunk.size() == taken);

  for (auto& [id, talk] : pair.bob->talks) {
    talk.reads = true;
    pair.bob->go_on(StreamId{id});
  }
  pair.world.run_for(5s);
  for (auto& [id, talk] : pair.bob->talks) {
    BOOST_TEST(talk.received == 10'000'000u);
    BOOST_TEST(talk.wrong == 0);
  }
}

BOOST_AUTO_TEST_CASE(two_hundred_at_once) {
  sim::Conditions lossy;
  lossy.loss = 0.01;
  Pair pair(lossy);
  pair.bob->listen(port, {.to_send = 20'000});
  std::vector<StreamId> ids;
  for (int i = 0; i < 200; ++i) ids.push_back(pair.alice->connect(Nid(2), port, {.to_send = 20'000}));
  pair.world.run_for(20s);
  BOOST_TEST(pair.bob->talks.size() == 200);
  for (const auto& talks : {pair.alice->talks, pair.bob->talks})
    for (const auto& [id, talk] : talks) {
      BOOST_TEST(talk.received == 20'000u);
      BOOST_TEST(talk.wrong == 0);
      BOOST_TEST(talk.closed);
      BOOST_TEST(!talk.error);
    }
}

long resident_kilobytes() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_ten_thousand) {
  Pair pair;
  pair.bob->listen(port, {.to_send = 1000});
  long before = 0;
  constexpr int at_once = 50;
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < at_once; ++i) pair.alice->connect(Nid(2), port, {.to_send = 1000});
    pair.world.run_for(1s);
    int good = 0;
    for (const auto& [id, talk] : pair.bob->talks)
      good += talk.received == 1000 && talk.closed && !talk.error;
    BOOST_TEST_REQUIRE(good == at_once);
    pair.alice->talks.clear();
    pair.bob->talks.clear();
    if (round == 20) before = resident_kilobytes();  // pools have been filled
  }
  pair.world.run_for(60s);
  BOOST_TEST(pair.alice->stack().streams() == 0);
  BOOST_TEST(pair.bob->stack().streams() == 0);
  BOOST_TEST(SctpLibrary::statistics().sctps_currestab == 0);
  BOOST_TEST(pair.alice->stack().next_deadline() - pair.world.now() > 1s);  // nothing ticks any more
  BOOST_TEST_MESSAGE("resident: " << before << " kB, then " << resident_kilobytes() << " kB");
#ifndef ILNP_SANITIZED  // which keeps what was freed
  BOOST_TEST(resident_kilobytes() - before < 4000);
#endif
}

BOOST_AUTO_TEST_CASE(too_many_streams_are_refused) {
  SctpConfig few;
  few.max_streams = 3;
  Pair pair({}, few);
  pair.bob->listen(port, {.end_after = false});
  for (int i = 0; i < 3; ++i) pair.alice->connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(1s);
  pair.alice->node().with([](Peer::Stack& stack, auto& cx) {
    BOOST_TEST(stack.connect(Nid(2), port, cx).error() == Errc::queue_full);
  });
  sim::World& world = pair.world;
  Peer carol(world, 5, "carol", {{net_a}});
  world.run_for(1s);
  const StreamId one_more = carol.connect(Nid(2), port, {.end_after = false});
  world.run_for(1s);
  BOOST_TEST(carol[one_more].closed);
  BOOST_TEST(carol[one_more].error == boost::system::errc::connection_refused);
  BOOST_TEST(pair.bob->stack().counters().refused_too_many_streams == 1);
  BOOST_TEST(pair.bob->stack().streams() == 3);
}

BOOST_AUTO_TEST_CASE(streams_of_one_peer_keep_nobody_from_his_own) {
  SctpConfig some;
  some.max_streams = 64;
  Pair pair({}, some);
  pair.bob->listen(port, {.end_after = false});
  pair.alice->listen(port, {.end_after = false});
  Peer mallory(pair.world, 5, "mallory", {{net_a}});
  pair.world.run_for(1s);
  for (int i = 0; i < 200; ++i) mallory.connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(1s);
  BOOST_TEST(pair.bob->stack().streams() == 36);
  // Refusals are answered up to a limit; a handshake whose refusal was not answered is tried, and refused, again.
  BOOST_TEST(pair.bob->stack().counters().refused_too_many_streams >= 164u);
  // bob opens his own, and alice comes to him.
  std::vector<StreamId> own, others;
  for (int i = 0; i < 16; ++i) own.push_back(pair.bob->connect(Nid(1), port, {.end_after = false}));
  for (int i = 0; i < 12; ++i) others.push_back(pair.alice->connect(Nid(2), port, {.end_after = false}));
  pair.world.run_for(1s);
  for (const StreamId id : own) BOOST_TEST((*pair.bob)[id].connected);
  for (const StreamId id : others) BOOST_TEST((*pair.alice)[id].connected);
}

BOOST_AUTO_TEST_CASE(a_stream_for_which_there_is_no_memory_is_refused) {
  SctpConfig little;
  little.memory = 11 * SctpShares::cost({SctpShares::min_buffer, SctpShares::min_buffer});
  Pair pair({}, little);
  pair.bob->listen(port, {.end_after = false});
  std::vector<StreamId> streams;
  for (int i = 0; i < 11; ++i) streams.push_back(pair.alice->connect(Nid(2), port, {.end_after = false}));
  pair.alice->node().with([](Peer::Stack& stack, auto& cx) {
    BOOST_TEST(stack.connect(Nid(2), port, cx).error() == Errc::no_stream_memory);
  });
  pair.world.run_for(1s);
  int connected = 0;
  for (const StreamId id : streams) {
    Talk& talk = (*pair.alice)[id];
    connected += talk.connected && !talk.closed;
    if (talk.closed)
      BOOST_TEST((talk.error == boost::system::errc::connection_refused ||
                  talk.error == boost::system::errc::connection_reset));
  }
  BOOST_TEST(connected == 6);  // three quarters of three quarters: alice is one node
  BOOST_TEST(pair.bob->stack().counters().refused_no_memory == 5);
  BOOST_TEST(pair.alice->stack().counters().refused_no_memory == 1);
}

BOOST_AUTO_TEST_CASE(peers_at_rest_make_room_and_others_do_not) {
  SctpConfig one;
  one.max_peers = 1;
  Pair pair({}, one);
  pair.bob->listen(port, {.end_after = false});
  Peer carol(pair.world, 5, "carol", {{net_a}});
  pair.world.run_for(1s);
  const StreamId first = pair.alice->connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(1s);
  const StreamId second = carol.connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(10s);
  BOOST_TEST(carol[second].error == boost::system::errc::connection_reset);
  BOOST_TEST(pair.bob->stack().counters().dropped_too_many_peers > 0);
  pair.alice->reset(first);
  pair.world.run_for(1s);
  const StreamId third = carol.connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(1s);
  BOOST_TEST(carol[third].connected);
}

BOOST_AUTO_TEST_CASE(a_node_reaches_itself) {
  Pair pair;
  pair.alice->listen(port, {.to_send = 50'000});
  pair.alice->connect(Nid(1), port, {.to_send = 50'000});
  pair.world.run_for(5s);
  BOOST_TEST(pair.alice->talks.size() == 2);
  for (const auto& [id, talk] : pair.alice->talks) {
    BOOST_TEST(talk.received == 50'000u);
    BOOST_TEST(talk.closed);
  }
}

BOOST_AUTO_TEST_CASE(ports_that_are_not_listened_on_any_more_refuse) {
  Pair pair;
  pair.bob->listen(port, {.end_after = false});
  const StreamId first = pair.alice->connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(1s);
  pair.bob->node().with([](Peer::Stack& stack, auto&) {
    BOOST_TEST(stack.listen(port) == Errc::port_in_use);
    BOOST_TEST(stack.listen(0) == Errc::invalid_port);
    stack.unlisten(port);
  });
  const StreamId second = pair.alice->connect(Nid(2), port, {.end_after = false});
  pair.world.run_for(1s);
  BOOST_TEST(!(*pair.alice)[first].closed);
  BOOST_TEST((*pair.alice)[second].error == boost::system::errc::connection_refused);
}

BOOST_AUTO_TEST_CASE(datagrams_of_other_ports_pass) {
  Pair pair;
  pair.bob->node().with([](Peer::Stack& stack, auto& cx) {
    BOOST_TEST(!stack.bind(7));
    BOOST_TEST(stack.bind(SctpConfig().port) == Errc::port_in_use);
    stack.unbind(SctpConfig().port);  // has no effect
    BOOST_TEST(stack.bind(SctpConfig().port) == Errc::port_in_use);
    BOOST_TEST(*stack.resolve("alice", cx) == Nid(1));
    BOOST_TEST(stack.max_payload() == 1396u);
  });
  std::string got;
  pair.bob->node().on_receive([&](const DatagramSource& source, Bytes octets) {
    BOOST_TEST(source.port == 8);
    got = as_text(octets);
  });
  pair.alice->node().with([](Peer::Stack& stack, auto& cx) {
    BOOST_TEST(!stack.send(8, Nid(2), 7, as_bytes("a datagram"), cx));
  });
  pair.world.run_for(1s);
  BOOST_TEST(got == "a datagram");
}

BOOST_AUTO_TEST_CASE(rubbish_is_dropped_and_a_stream_goes_on) {
  const std::uint64_t seed_used = seed("rubbish_is_dropped_and_a_stream_goes_on");
  Random random(seed_used);
  Pair pair;
  // What bob has sent, to be sent again with octets changed, beside what is no SCTP packet at all.
  std::vector<Octets> seen;
  pair.world.tap([&](const sim::SentFrame& frame) {
    constexpr std::size_t headers = 40 + 4;
    if (frame.bytes.size() > headers && wire::load<std::uint16_t>(frame.bytes, 40) == SctpConfig().port &&
        seen.size() < 1000)
      seen.push_back(octets(frame.bytes.subspan(headers)));
  });
  Peer mallory(pair.world, 9, "mallory", {{net_a}});
  pair.bob->listen(port, {.to_send = 5'000'000});
  pair.world.run_for(1s);
  const StreamId id = pair.alice->connect(Nid(2), port, {.to_send = 5'000'000});
  for (int i = 0; i < 5000; ++i) {
    pair.world.run_for(200us);
    const Octets packet = i == 0 ? random_octets(random, 100)
                          : random.below(2) == 0 || seen.empty()
                              ? random_octets(random, random.below(200))
                              : mutated(random, seen[random.below(seen.size())]);
    auto& sender = i == 0 || random.below(2) == 0 ? mallory : *pair.alice;
    sender.node().with([&](Peer::Stack& stack, auto& cx) {
      static_cast<void>(stack.send(SctpConfig().port, Nid(2), SctpConfig().port, packet, cx));
    });
  }
  pair.world.run_for(20s);
  BOOST_TEST((*pair.alice)[id].received == 5'000'000u);
  BOOST_TEST((*pair.alice)[id].wrong == 0);
  BOOST_TEST(!(*pair.alice)[id].error);
  BOOST_TEST(pair.bob->stack().counters().dropped_malformed > 0);
  BOOST_TEST(pair.bob->stack().counters().received_stray > 0);
}

BOOST_AUTO_TEST_CASE(a_transport_that_is_too_small_is_refused) {
  sim::World world(1);
  SctpConfig no_port;
  no_port.port = 0;
  BOOST_CHECK_THROW(Peer(world, 1, "alice", {{net_a}}, no_port), std::invalid_argument);
}

BOOST_AUTO_TEST_CASE(counters_have_names) {
  const Pair pair;
  std::size_t names = 0;
  for_each_counter(pair.alice->stack(), [&](std::string_view layer, std::string_view, std::uint64_t) {
    names += layer == "sctp";
  });
  BOOST_TEST(names == sizeof(SctpCounters) / sizeof(std::uint64_t));
}

}  // namespace ilnp::test::sctp_test
