#include "ilnp/sctp/progress.hpp"

#include "two_sockets.hpp"

namespace ilnp::test::progress_test {

namespace errc = boost::system::errc;
using Kind = StreamEvent::Kind;

struct Progress : TwoPlaces {
  SctpStreamState& add() {
    ++port;
    return progress.add(open(here, port), peer, association, {Nid(2), 80, port}, true, {}, now);
  }
  /// The one thing that is told.
  StreamEvent only() {
    const auto event = progress.next_event();
    BOOST_TEST_REQUIRE(event.has_value());
    BOOST_TEST(!progress.has_events());
    return *event;
  }
  TimePoint now = TimePoint{} + std::chrono::hours(1);
  SctpPeer peer;
  SctpAssociation association;
  SctpShares shares{SctpConfig()};
  std::uint16_t port = 40'000;
  SctpProgress progress{shares};
};

BOOST_AUTO_TEST_CASE(what_has_not_come_about_says_why) {
  Progress streams;
  for (const auto& [why, error] : {std::pair(errc::connection_refused, errc::connection_refused),
                                   std::pair(errc::timed_out, errc::timed_out)}) {
    SctpStreamState& stream = streams.add();
    stream.connecting = true;
    const StreamId id = stream.id;
    streams.progress.fail(stream, SctpProgress::errc(why), streams.now);
    const StreamEvent event = streams.only();
    BOOST_TEST((event.stream == id && event.kind == Kind::closed));
    BOOST_TEST(event.error == error);
    BOOST_TEST(!streams.progress.table().find(id));
  }
  BOOST_TEST(streams.progress.counters().connect_refused == 1u);
  BOOST_TEST(streams.progress.counters().connect_timed_out == 1u);

  // The transport's own reason is better than "timed out".
  streams.peer.last_error = Errc::no_route;
  SctpStreamState& stream = streams.add();
  stream.connecting = true;
  streams.progress.fail(stream, SctpProgress::errc(errc::timed_out), streams.now);
  BOOST_TEST(streams.only().error == Errc::no_route);
}

BOOST_AUTO_TEST_CASE(what_is_lost_is_told_as_reset_or_as_silence) {
  Progress streams;
  streams.progress.fail(streams.add(), SctpProgress::errc(errc::connection_aborted), streams.now);
  BOOST_TEST(streams.only().error == errc::timed_out);
  streams.progress.fail(streams.add(), SctpProgress::errc(errc::connection_reset), streams.now);
  BOOST_TEST(streams.only().error == errc::connection_reset);
  BOOST_TEST(streams.progress.counters().peer_lost == 1u);
  BOOST_TEST(streams.progress.counters().reset_by_peer == 1u);
}

BOOST_AUTO_TEST_CASE(nobody_is_told_of_what_nobody_reads) {
  Progress streams;
  SctpStreamState& stream = streams.add();
  stream.orphaned_until = streams.now + std::chrono::seconds(1);
  streams.progress.fail(stream, SctpProgress::errc(errc::connection_reset), streams.now);
  streams.progress.reset(streams.add(), streams.now);
  BOOST_TEST(!streams.progress.has_events());
  BOOST_TEST(streams.progress.counters().reset_here == 1u);
  BOOST_TEST(streams.progress.table().size() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_gone_is_not_looked_at) {
  Progress streams;
  SctpStreamState& first = streams.add();
  SctpStreamState& second = streams.add();
  for (SctpStreamState* each : {&first, &second, &first}) streams.progress.mark(*each);
  streams.progress.forget(first, streams.now);
  streams.progress.look_at_marked(streams.now);
  BOOST_TEST(!second.marked);
  BOOST_TEST(streams.progress.table().size() == 1u);
}

BOOST_AUTO_TEST_CASE(both_ends_make_the_end) {
  Progress streams;
  SctpStreamState& stream = streams.add();
  const StreamId id = stream.id;
  stream.end_sent = true;
  BOOST_TEST(!streams.progress.finish(stream, streams.now));
  stream.end_read = true;
  BOOST_TEST(streams.progress.finish(stream, streams.now));
  const StreamEvent event = streams.only();
  BOOST_TEST((event.stream == id && event.kind == Kind::closed && !event.error));
  BOOST_TEST(streams.progress.counters().ended == 1u);
}

BOOST_AUTO_TEST_CASE(to_block_is_no_failure) {
  for (const int value : {EAGAIN, EWOULDBLOCK, EINPROGRESS})
    BOOST_TEST(SctpProgress::would_block(error_code(value, boost::system::system_category())));
  BOOST_TEST(!SctpProgress::would_block(SctpProgress::errc(errc::connection_reset)));
}

}  // namespace ilnp::test::progress_test
