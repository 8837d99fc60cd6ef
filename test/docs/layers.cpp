// The code in docs/design.md, compiled and run.
#include <boost/test/unit_test.hpp>
#include <ilnp/base/adaptor.hpp>
#include <ilnp/base/stack.hpp>
#include <ilnp/middleware/pcap.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/transport/stp.hpp>
#include <set>
#include <string>
#include <vector>

#include "package/consumer/cable.hpp"
#include "support/octet_sink.hpp"
#include "support/pcap.hpp"

using namespace ilnp;

/// A layer to insert above an underlay: accepts only every `n`th frame.
template <Underlay Next>
struct EveryNth : UnderlayAdaptor<Next> {
  explicit EveryNth(unsigned n, auto&&... next)
      : UnderlayAdaptor<Next>(std::forward<decltype(next)>(next)...), n_(n) {}
  void feed(FrameSource from, MutableBytes frame, auto& cx, auto&& up) {
    this->next_.feed(from, frame, cx, [&](FrameSource source, MutableBytes taken) {
      if (++received_ % n_ == 0) up(source, taken);  // last: it may send
    });
  }
  unsigned n_, received_ = 0;
};

/// An observer that counts drops by reason and ignores all other events.
struct DropCounts {
  std::array<int, drop_reasons>* counts;

  void operator()(const event::Dropped& dropped) const {
    ++(*counts)[static_cast<std::size_t>(dropped.reason)];
  }
  template <class Event>
  void operator()(const Event&) const {}
};

/// A guard that accepts what members send, and nothing else.
struct MembersOnly : NoGuard {
  std::set<Nid> members;

  template <class Header, ContextLike Cx>
  bool admit(FrameSource, const Header& header, wire::Kind, Cx&) const {
    return members.contains(header.source().nid);
  }
};

BOOST_AUTO_TEST_SUITE(code_in_the_documents)

BOOST_AUTO_TEST_CASE(a_layer_of_ones_own) {
  using Stack = STP<ILNP<EveryNth<Cable>>>;
  static_assert(Underlay<EveryNth<Cable>>);

  Cable::Frames out, in;
  const NetworkConfig config{.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"};
  Stack stack(config, 3u, out, in);  // each layer takes its own arguments, and hands the rest down
  static_assert(std::is_same_v<decltype(lowest_layer(stack)), Cable&>);

  Random random(1);
  Context cx(TimePoint{}, random);
  BOOST_TEST(!stack.next_layer().start(cx));
  std::vector<std::byte> frame(40);
  for (int i = 0; i < 9; ++i) stack.feed({Locator(0xa), 1}, frame, cx, [](const auto&, Bytes) {});
  BOOST_TEST(stack.next_layer().counters().received == 3u);
}

BOOST_AUTO_TEST_CASE(an_observer_of_ones_own) {
  Cable::Frames out, in;
  ILNP<Cable> node({.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"}, out, in);

  Random random(1);
  std::array<int, drop_reasons> counts{};
  Context cx(TimePoint{}, random, DropCounts{&counts});
  BOOST_TEST(!node.start(cx));
  std::vector<std::byte> too_short(7);
  node.feed({Locator(0xa), 1}, too_short, cx, [](const auto&, Bytes) {});
  BOOST_TEST(counts[static_cast<std::size_t>(Drop::too_short)] == 1);
}

BOOST_AUTO_TEST_CASE(a_guard_of_ones_own) {
  Cable::Frames out, in;
  using Node = ILNP<Cable, wire::Overlay, MembersOnly>;
  Node node({.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"}, out, in);
  Random random(1);
  Context cx(TimePoint{}, random);
  BOOST_TEST(!node.start(cx));
  node.guard().members = {Nid(2)};
  int heard = 0;
  for (const std::uint64_t source : {2U, 3U}) {
    std::vector<std::byte> frame(40);
    wire::IlnpHeaderRepr{0, 253, 1, {Locator(0xa), Nid(source)}, {Locator(0xa), Nid(1)}}.write_to(frame);
    node.feed({Locator(0xa), source}, frame, cx, [&](const auto&, Bytes) { ++heard; });
  }
  BOOST_TEST(heard == 1);
  BOOST_TEST(node.counters().of(Drop::refused) == 1u);
}

BOOST_AUTO_TEST_CASE(a_capture) {
  Cable::Frames out, in;
  std::string file;
  const auto append = [&](Bytes octets) { file += as_text(octets); };

  using Writer = PcapWriter<decltype(append)>;
  using Node = ILNP<Capture<Cable, Writer>>;
  Node node({.nid = Nid(1), .locators = {{Locator(0xa)}}, .host_name = "alice"}, Writer(append), out, in);

  Random random(1);
  Context cx(TimePoint{}, random);
  BOOST_TEST(!node.start(cx));
  node.on_timer(cx, [](const auto&, Bytes) {});  // the first solicitation
  BOOST_TEST(out.size() == 1u);
  BOOST_TEST(test::parse_pcap(as_bytes(file)).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
