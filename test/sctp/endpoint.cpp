// The streams of a node apart from what carries their packets.

#include "ilnp/sctp/endpoint.hpp"

#include "joined.hpp"
#include "support/print.hpp"

namespace ilnp::test::endpoint_test {

using Kind = StreamEvent::Kind;

BOOST_AUTO_TEST_CASE(an_endpoint_at_rest_wants_nothing) {
  Joined pair;
  BOOST_TEST(pair.alice.next_deadline() == never);
  BOOST_TEST(!pair.alice.next_event());
  BOOST_TEST(!pair.bob.listen(80));
  BOOST_TEST(pair.bob.next_deadline() == never);
  pair.connect(80);
  BOOST_TEST(pair.alice.next_deadline() == long_ago);  // there is something to be sent
  pair.carry();
  while (pair.alice.next_event()) {
  }
  BOOST_TEST(pair.alice.next_deadline() - pair.cx.now() <= SctpEndpoint::busy_tick);
  pair.run_for(1s);
  BOOST_TEST(pair.alice.next_deadline() - pair.cx.now() > 0s);
  BOOST_TEST(pair.alice.next_deadline() - pair.cx.now() <= SctpEndpoint::idle_tick);
}

BOOST_AUTO_TEST_CASE(octets_go_both_ways) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  BOOST_TEST(*pair.alice.write(here, as_bytes("from alice"), pair.cx.now()) == 10u);
  BOOST_TEST(*pair.bob.write(there, as_bytes("from bob"), pair.cx.now()) == 8u);
  pair.run_for(10ms);
  BOOST_TEST(Joined::take(pair.alices, Kind::readable).size() == 1u);
  BOOST_TEST(Joined::read(pair.alice, here, pair.cx.now()) == "from bob");
  BOOST_TEST(Joined::read(pair.bob, there, pair.cx.now(), 4) == "from");  // piece by piece
  BOOST_TEST(Joined::read(pair.bob, there, pair.cx.now()) == " alice");
  BOOST_TEST(pair.bob.counters().octets_read == 10u);
  BOOST_TEST(pair.alice.peer(here)->port == 80);
  BOOST_TEST(pair.bob.peer(there)->local_port == 80);
}

BOOST_AUTO_TEST_CASE(names_that_mean_nothing_have_errors) {
  Joined pair;
  std::array<std::byte, 10> some{};
  const StreamId nobody{12345};
  namespace errc = boost::system::errc;
  BOOST_TEST(pair.alice.write(nobody, some, pair.cx.now()).error() == errc::not_connected);
  BOOST_TEST(pair.alice.read(nobody, some, pair.cx.now()).error() == errc::not_connected);
  BOOST_TEST(pair.alice.shutdown(nobody, pair.cx.now()) == errc::not_connected);
  BOOST_TEST(!pair.alice.peer(nobody));
  pair.alice.reset(nobody, pair.cx.now());
  pair.alice.close(nobody, pair.cx.now());
  BOOST_TEST(pair.alice.connect(Nid(2), Joined::transport_port, 0, pair.cx).error() == Errc::invalid_port);
}

BOOST_AUTO_TEST_CASE(a_full_stream_would_block_and_says_when_not) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  const Octets much(1 << 20);
  std::size_t written = 0;
  for (int i = 0; i < 20; ++i) {
    const auto taken = pair.alice.write(here, much, pair.cx.now());
    if (taken) written += *taken;
    pair.run_for(10ms);
  }
  const SctpConfig config;
  BOOST_TEST(written <= config.send_buffer + config.receive_buffer + 100'000);
  BOOST_TEST(pair.alice.write(here, much, pair.cx.now()).error() ==
             boost::system::errc::operation_would_block);
  pair.alices.clear();
  std::size_t read = 0;
  for (int i = 0; i < 100; ++i) {
    read += Joined::read(pair.bob, there, pair.cx.now(), 100'000).size();
    pair.run_for(10ms);
  }
  BOOST_TEST(read == written);
  BOOST_TEST(!Joined::take(pair.alices, Kind::writable).empty());
}

BOOST_AUTO_TEST_CASE(packets_of_strangers_are_counted) {
  Joined pair;
  pair.bob.input(Nid(9), 1, 0, hex("0102030405"), pair.cx);
  BOOST_TEST(pair.bob.counters().dropped_malformed == 1u);
  pair.connect(80);  // bob does not listen
  pair.run_for(10ms);
  BOOST_TEST(pair.bob.counters().received_stray == 1u);
  const auto closed = Joined::take(pair.alices, Kind::closed);
  BOOST_TEST_REQUIRE(closed.size() == 1u);
  BOOST_TEST(closed.front().error == boost::system::errc::connection_refused);
  BOOST_TEST(pair.bob.peers().size() == 0u);
}

/// A packet for bob, from the port of alice's stream, and the other way round; the checksum is right.
struct Forger {
  Forger(Joined& joined, StreamId stream) : pair(joined), local(joined.alice.peer(stream)->local_port) {}

  static Octets sealed(std::uint16_t from, std::uint16_t to, std::string_view tag, std::string_view chunks) {
    Octets packet = test::joined(hex("0000 0000" + std::string(tag) + "00000000"), hex(chunks));
    wire::store(packet, 0, from);
    wire::store(packet, 2, to);
    SctpLibrary::seal(packet);
    return packet;
  }
  void to_bob(std::string_view chunks, std::string_view tag = "00000000") {
    pair.bob.input(Nid(1), Joined::transport_port, 0, sealed(local, 80, tag, chunks), pair.cx);
  }
  void to_alice(std::string_view chunks, std::string_view tag = "00000000") {
    pair.alice.input(Nid(2), Joined::transport_port, 0, sealed(80, local, tag, chunks), pair.cx);
  }
  /// The stream is there, in both directions.
  void check(StreamId here, StreamId there) {
    pair.run_for(100ms);
    BOOST_TEST(*pair.alice.write(here, as_bytes("ping"), pair.cx.now()) == 4u);
    BOOST_TEST(*pair.bob.write(there, as_bytes("pong"), pair.cx.now()) == 4u);
    pair.run_for(100ms);
    BOOST_TEST(Joined::read(pair.bob, there, pair.cx.now()) == "ping");
    BOOST_TEST(Joined::read(pair.alice, here, pair.cx.now()) == "pong");
  }

  Joined& pair;
  std::uint16_t local;
};

BOOST_AUTO_TEST_CASE(a_parameter_without_length_is_not_walked_for_ever) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  Forger forger(pair, here);
  for (const char* const type : {"c00f", "0000", "8008"}) {
    const std::string init = "01000018 8c1f2e33 0001a000 000affff 7d21e6d0" + std::string(type) + "0000";
    forger.to_bob(init);
    forger.to_alice(init);
  }
  BOOST_TEST(pair.alice.counters().dropped_malformed == 3u);
  BOOST_TEST(pair.bob.counters().dropped_malformed == 3u);
  forger.check(here, there);
}

BOOST_AUTO_TEST_CASE(an_init_does_nothing_to_a_stream_that_there_is) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  Forger forger(pair, here);
  forger.to_bob("01000014 8c1f2e33 0001a000 000affff 7d21e6d0");
  forger.to_alice("01000014 8c1f2e33 0001a000 000affff 7d21e6d0");
  forger.to_bob("01000014 8c1f2e33 00000000 000affff 7d21e6d0");                    // a window of nothing
  forger.to_bob("01000014 8c1f2e33 0001a000 00000000 7d21e6d0");                    // no streams
  forger.to_bob("0100001c 8c1f2e33 0001a000 000affff 7d21e6d0 80030005 80000000");  // chunks, without AUTH
  forger.to_bob("06000004");
  forger.to_bob("06010004", "00000001");
  forger.to_alice("08000004");
  forger.to_alice("0e000004");
  forger.to_alice("02000024 8c1f2e33 00000000 000affff 7d21e6d0 00070010 01020304 05060708 090a0b0c");
  BOOST_TEST(pair.bob.counters().dropped_stream_exists >= 2u);
  BOOST_TEST(pair.alice.counters().dropped_stream_exists == 1u);
  forger.check(here, there);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_of_everything_costs_next_to_nothing) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto [here, there] = pair.stream(80);
  Forger forger(pair, here);
  std::string blocks;
  for (int i = 0; i < 300; ++i) blocks += "0001ffff";
  forger.to_bob("030004c0 7d21e6d0 0001a000 012c0000" + blocks);
  BOOST_TEST(pair.bob.counters().dropped_malformed == 1u);
  forger.check(here, there);
}

BOOST_AUTO_TEST_CASE(a_stranger_leaves_nothing_and_does_not_go_unanswered) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  std::size_t answers = 0;
  for (std::uint64_t nid = 100; nid < 300; ++nid) {
    const Octets init = Forger::sealed(static_cast<std::uint16_t>(nid), 80, "00000000",
                                       "01000014 8c1f2e33 0001a000 000affff 7d21e6d0");
    pair.bob.input(Nid(nid), Joined::transport_port, 0, init, pair.cx);
    pair.bob.output().take([&](const SctpOutput::Packet& packet) {
      BOOST_TEST(packet.to == Nid(nid));
      BOOST_TEST(wire::SctpPacket::parse(packet.octets)->first_chunk() == wire::SctpPacket::init_ack);
      ++answers;
    });
  }
  BOOST_TEST(answers == 200u);
  BOOST_TEST(pair.bob.peers().size() == 0u);
  BOOST_TEST(pair.bob.streams() == 0u);
  const auto [here, there] = pair.stream(80);
  Forger(pair, here).check(here, there);
}

BOOST_AUTO_TEST_CASE(a_sender_of_cookies_under_many_names_keeps_no_newcomer_out) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  std::uint64_t nid = 1'000;
  const Octets cookie = Forger::sealed(50'000, 80, "8c1f2e33", "0a000008 01020304");
  const auto knock = [&] { pair.bob.input(Nid(++nid), Joined::transport_port, 77, cookie, pair.cx); };
  for (const TimePoint end = pair.cx.now() + 1s; pair.cx.now() < end; pair.cx.set_now(pair.cx.now() + 71us))
    knock();
  for (int i = 0; i < 600; ++i) knock();  // and what may have become free is gone
  pair.bob.output().take([](const SctpOutput::Packet&) {});
  BOOST_TEST(pair.bob.counters().dropped_too_often > 10'000u);
  pair.connect(80);
  pair.carry();  // at once: nothing is sent again
  BOOST_TEST(pair.bob.streams() == 1u);
}

BOOST_AUTO_TEST_CASE(streams_from_the_same_port_of_different_nodes_are_told_apart) {
  // alice, under two names: her packets come from either, and from the same port.
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  std::vector<StreamId> here, there;
  for (std::uint64_t name : {std::uint64_t{1}, std::uint64_t{17}}) {
    SctpEndpoint alice(SctpConfig(), Joined::mtu);
    // The same random numbers, and so the same port.
    Random random{7};
    Context<> cx(pair.cx.now(), random);
    const auto id = alice.connect(Nid(2), Joined::transport_port, 80, cx);
    BOOST_TEST_REQUIRE(id.has_value());
    for (bool more = true; more;) {
      more = false;
      std::vector<Octets> packets;
      alice.output().take(
          [&](const SctpOutput::Packet& packet) { packets.push_back(octets(packet.octets)); });
      for (const Octets& each : packets) pair.bob.input(Nid(name), Joined::transport_port, 0, each, cx);
      more = !packets.empty();
      packets.clear();
      pair.bob.output().take([&](const SctpOutput::Packet& packet) {
        if (packet.to == Nid(name)) packets.push_back(octets(packet.octets));
      });
      for (const Octets& each : packets) alice.input(Nid(2), Joined::transport_port, 0, each, cx);
    }
    while (const auto event = pair.bob.next_event())
      if (event->kind == Kind::accepted) there.push_back(event->stream);
    BOOST_TEST_REQUIRE(there.size() == (name == 1 ? 1u : 2u));
    BOOST_TEST(pair.bob.peer(there.back())->nid == Nid(name));
    if (name == 1) continue;
    BOOST_TEST(pair.bob.peer(there[0])->port == pair.bob.peer(there[1])->port);
  }
}

BOOST_AUTO_TEST_CASE(a_second_cookie_does_not_take_the_place_of_a_stream_that_still_has_octets) {
  Joined pair;
  BOOST_TEST(!pair.bob.listen(80));
  const auto packets_of = [&](SctpEndpoint& from) {
    std::vector<Octets> sent;
    from.output().take([&](const SctpOutput::Packet& packet) { sent.push_back(octets(packet.octets)); });
    return sent;
  };
  const auto to_bob = [&](const Octets& packet) {
    pair.bob.input(Nid(1), Joined::transport_port, 0, packet, pair.cx);
    while (const auto event = pair.bob.next_event()) pair.bobs.push_back(*event);
  };

  // Two INITs from the same ports; of the second one the cookie is kept.
  const StreamId here = pair.connect(80);
  const Octets init = packets_of(pair.alice).at(0);
  Octets other_init = init;
  wire::store(other_init, 16, std::uint32_t{0x12345678});
  SctpLibrary::seal(other_init);
  to_bob(init);
  const Octets answer = packets_of(pair.bob).at(0);
  to_bob(other_init);
  const Octets other_answer = packets_of(pair.bob).at(0);
  Octets echo;
  for (std::size_t at = 32; at + 4 <= other_answer.size() && echo.empty();) {
    const std::size_t length = wire::load<std::uint16_t>(other_answer, at + 2);
    const std::size_t padded = (length + 3) & ~std::size_t{3};
    if (wire::load<std::uint16_t>(other_answer, at) == 7) {  // a state cookie
      echo.resize(12 + padded);
      std::copy_n(init.begin(), 4, echo.begin());
      std::copy_n(other_answer.begin() + 16, 4, echo.begin() + 4);
      std::copy_n(other_answer.begin() + static_cast<std::ptrdiff_t>(at), length, echo.begin() + 12);
      wire::store(echo, 12, std::uint16_t{0x0a00});
      SctpLibrary::seal(echo);
    }
    at += padded;
  }
  BOOST_TEST_REQUIRE(!echo.empty());

  // The first stream: octets that nobody has read, and a reset that is therefore not looked at yet.
  pair.alice.input(Nid(2), Joined::transport_port, 0, answer, pair.cx);
  pair.carry();
  while (const auto event = pair.bob.next_event()) pair.bobs.push_back(*event);
  const auto accepted = Joined::take(pair.bobs, Kind::accepted);
  BOOST_TEST_REQUIRE(accepted.size() == 1u);
  BOOST_TEST(*pair.alice.write(here, as_bytes("hello"), pair.cx.now()) == 5u);
  pair.carry();
  pair.alice.reset(here, pair.cx.now());
  pair.carry();
  BOOST_TEST(pair.bob.streams() == 1u);

  to_bob(echo);
  BOOST_TEST(Joined::take(pair.bobs, Kind::accepted).empty());
  BOOST_TEST(pair.bob.streams() == 1u);
  BOOST_TEST(Joined::read(pair.bob, accepted.front().stream, pair.cx.now()) == "hello");
  pair.run_for(3s);
  BOOST_TEST(Joined::read(pair.bob, accepted.front().stream, pair.cx.now()).empty());
  pair.run_for(2 * SctpAssociations::linger);
  BOOST_TEST(pair.bob.streams() == 0u);
  pair.alices.clear();
  const auto [again, there] = pair.stream(80);
  Forger(pair, again).check(again, there);
}

}  // namespace ilnp::test::endpoint_test
