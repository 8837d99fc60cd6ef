#include "ilnp/wire/format.hpp"

#include <boost/test/unit_test.hpp>

#include "ilnp/base/random.hpp"
#include "ilnp/wire/overlay.hpp"
#include "support/bpf.hpp"
#include "support/locators.hpp"
#include "support/nonce_format.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"
#include "support/small_format.hpp"

namespace ilnp::test::wire_format_test {

struct NotAFormat : wire::Overlay {
  struct Session {
    int nonce;
  };
};
static_assert(wire::Format<wire::Overlay> && !wire::Format<NotAFormat> && !wire::Format<int>);

/// What any format promises.
template <wire::Format F>
void check() {
  using Header = typename F::Header;
  const Ilv from{a, Nid(1)}, to{b, Nid(2)};
  const typename F::HeaderRepr values{5, 42, 3, from, to};
  BOOST_TEST(values.size() <= F::max_header_size);
  Octets frame(values.size() + 5, std::byte{0xee});
  values.write_to(frame);
  const auto header = Header::parse(frame);
  BOOST_TEST_REQUIRE(!!header);
  BOOST_TEST(header->next_header() == 42);
  BOOST_TEST(header->hop_limit() == 3);
  BOOST_TEST(header->source() == from);
  BOOST_TEST(header->destination() == to);
  BOOST_TEST(octets(header->payload()) == Octets(5, std::byte{0xee}));
  BOOST_TEST((F::kind(*header) == wire::Kind::packet));
  for (std::size_t size = 0; size < values.size(); ++size)
    BOOST_TEST(!Header::parse(Bytes(frame).first(size)));

  // On the way the hop limit changes: then the path is another, and the identity is the same.
  const auto identity = [&](const Octets& of) {
    const wire::Identity all = F::identity(*Header::parse(of));
    return std::pair(octets(all.octets), all.rest);
  };
  const auto path = [&](const Octets& of) { return octets(Bytes(F::path(*Header::parse(of)))); };
  Octets later = frame;
  F::set_hop_limit(later, 2);
  BOOST_TEST(Header::parse(later)->hop_limit() == 2);
  BOOST_TEST((identity(later) == identity(frame)));
  BOOST_TEST(path(later) != path(frame));
  // Whatever else is different makes another packet.
  for (const auto& other :
       {typename F::HeaderRepr{5, 41, 3, from, to}, typename F::HeaderRepr{5, 42, 3, to, to},
        typename F::HeaderRepr{5, 42, 3, from, from}}) {
    Octets another = frame;
    other.write_to(another);
    BOOST_TEST((identity(another) != identity(frame)));
    BOOST_TEST(path(another) != path(frame));
  }
  Octets payload = frame;
  payload.back() = std::byte{1};
  BOOST_TEST((identity(payload) != identity(frame)));
  BOOST_TEST(path(payload) == path(frame));

  for (const bool asks : {true, false}) {
    const typename F::DiscoveryRepr message{Nid(7), c, asks, "alice"};
    Octets out(message.size());
    message.write_to(out);
    const auto parsed = F::Discovery::parse(out);
    BOOST_TEST_REQUIRE(!!parsed);
    BOOST_TEST((parsed->nid() == Nid(7) && parsed->locator() == c && parsed->solicitation() == asks &&
                parsed->host_name() == "alice"));
  }
  const std::vector<Locator> both{b, a};
  for (std::size_t count = 0; count <= 2; ++count) {
    const typename F::LocatorUpdateRepr message{std::span(both).first(count)};
    Octets out(message.size());
    message.write_to(out);
    const auto parsed = F::LocatorUpdate::parse(out);
    BOOST_TEST_REQUIRE(!!parsed);
    BOOST_TEST(parsed->acknowledgement() == (count == 0));
    BOOST_TEST(parsed->count() == count);
    for (std::size_t at = 0; at < count; ++at) BOOST_TEST(parsed->locator(at) == both[at]);
  }

  ClassifierCheck classes(F::classifier);
  for (const wire::Kind kind : {wire::Kind::discovery, wire::Kind::locator_update}) {
    typename F::HeaderRepr{5, F::next_header(kind), 3, from, to}.write_to(frame);
    BOOST_TEST((F::kind(*Header::parse(frame)) == kind));
    BOOST_TEST((classes.agreed(frame) == FrameClass::control));
  }
  Random random(seed("formats"));
  for (int i = 0; i < 2000; ++i) {
    Octets any(random() % 64);
    for (std::byte& each : any) each = static_cast<std::byte>(random() % 4);
    BOOST_TEST_REQUIRE(classes.agreed(any).has_value());
  }
}

BOOST_AUTO_TEST_SUITE(wire_formats)

BOOST_AUTO_TEST_CASE(the_overlay_keeps_the_promises_of_a_format) { check<wire::Overlay>(); }
BOOST_AUTO_TEST_CASE(so_does_another) { check<Small>(); }
BOOST_AUTO_TEST_CASE(so_does_one_with_sessions) { check<Nonced>(); }

BOOST_AUTO_TEST_CASE(the_size_of_a_header_may_depend_on_the_packet) {
  Nonced::HeaderRepr values{5, 42, 3, {a, Nid(1)}, {b, Nid(2)}};
  for (const bool nonce : {false, true}) {
    if (nonce) values.nonce = 0xc0ffee42;
    Octets frame(values.size() + 5, std::byte{0xee});
    values.write_to(frame);
    const auto header = Nonced::Header::parse(frame);
    BOOST_TEST_REQUIRE(!!header);
    BOOST_TEST(header->payload().size() == 5U);
    BOOST_TEST(header->nonce().has_value() == nonce);
    for (std::size_t size = 0; size < values.size(); ++size)
      BOOST_TEST(!Nonced::Header::parse(Bytes(frame).first(size)));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::wire_format_test
