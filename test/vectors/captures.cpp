// Every frame that the reference put on the network, read by our parsers and written again by our emitters.
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ilnp/wire/discovery.hpp>
#include <ilnp/wire/ilnp_header.hpp>
#include <ilnp/wire/locator_update.hpp>
#include <ilnp/wire/stp_header.hpp>

#include "support/pcap.hpp"
#include "support/print.hpp"

namespace {

using namespace ilnp;
using Kinds = std::map<std::string, int>;

const std::filesystem::path folder = ILNP_TEST_VECTORS;

constexpr Nid alice{0xffff'0000'0000'000a};
constexpr Nid bob{0xffff'0000'0000'000b};
constexpr Nid router{0xffff'0000'0000'000d};

std::string name_of(Nid nid) {
  return nid == alice ? "alice" : nid == bob ? "bob" : nid == router ? "router" : "?";
}

struct Capture {
  std::string file;
  std::size_t frames;
  std::size_t largest;  // Ethernet frame, octets
  double seconds;
  Kinds kinds;
};

const std::vector<Capture> captures{
    {"a_startup_discovery.pcap",
     24,
     125,
     12.97,
     {{"ADVERT hl=2", 2}, {"ADVERT hl=3", 8}, {"ICMPv6 MLD", 6}, {"SOLICIT hl=2", 3}, {"SOLICIT hl=3", 5}}},
    {"b_datagrams_via_router.pcap", 46, 1502, 3.53, {{"STP hl=2", 23}, {"STP hl=3", 23}}},
    {"c2_locator_update_two_locators.pcap",
     105,
     130,
     10.66,
     {{"ADVERT hl=0", 2},
      {"ADVERT hl=1", 1},
      {"ADVERT hl=2", 8},
      {"ADVERT hl=3", 10},
      {"ICMPv6 MLD", 14},
      {"LOCACK hl=2", 1},
      {"LOCACK hl=3", 2},
      {"LOCUPDATE hl=2", 1},
      {"LOCUPDATE hl=3", 2},
      {"SOLICIT hl=2", 4},
      {"SOLICIT hl=3", 5},
      {"STP hl=2", 17},
      {"STP hl=3", 38}}},
    {"c3_locator_update_retries.pcap",
     46,
     130,
     11.56,
     {{"ADVERT hl=2", 4},
      {"ADVERT hl=3", 8},
      {"ICMPv6 MLD", 15},
      {"LOCUPDATE hl=2", 4},
      {"LOCUPDATE hl=3", 4},
      {"SOLICIT hl=2", 4},
      {"SOLICIT hl=3", 5},
      {"STP hl=2", 1},
      {"STP hl=3", 1}}},
    {"c_mobility_a-b-c.pcap",
     653,
     146,
     26.01,
     {{"ADVERT hl=2", 14},
      {"ADVERT hl=3", 19},
      {"LOCACK hl=2", 2},
      {"LOCACK hl=3", 4},
      {"LOCUPDATE hl=2", 3},
      {"LOCUPDATE hl=3", 4},
      {"SOLICIT hl=2", 8},
      {"SOLICIT hl=3", 7},
      {"STP hl=2", 248},
      {"STP hl=3", 344}}},
    {"d_multihoming_alice_a+c.pcap",
     167,
     125,
     5.07,
     {{"ADVERT hl=0", 40},
      {"ADVERT hl=1", 32},
      {"ADVERT hl=2", 32},
      {"ADVERT hl=3", 27},
      {"SOLICIT hl=0", 4},
      {"SOLICIT hl=1", 2},
      {"SOLICIT hl=2", 6},
      {"SOLICIT hl=3", 6},
      {"STP hl=2", 9},
      {"STP hl=3", 9}}},
};

std::vector<std::byte> written(const wire::IlnpHeader& header, auto&& repr, std::size_t size, Bytes rest) {
  std::vector<std::byte> out(wire::IlnpHeader::size + size);
  wire::IlnpHeaderRepr{static_cast<std::uint16_t>(size + rest.size()), header.next_header(),
                       header.hop_limit(), header.source(), header.destination()}
      .write_to(out);
  repr.write_to(MutableBytes(out).subspan(wire::IlnpHeader::size));
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

std::string check_discovery(const wire::IlnpHeader& header, Locator group) {
  const auto parsed = wire::Discovery::parse(header.payload());
  BOOST_REQUIRE(parsed.has_value());
  const wire::Discovery& message = *parsed;
  BOOST_TEST(header.destination().locator == all_nodes_locator);
  BOOST_TEST(header.destination().nid == Nid{});
  BOOST_TEST(message.nid() == header.source().nid);
  BOOST_TEST(message.host_name() == name_of(message.nid()));
  // As sent, the source locator is the network that the frame is on; an advertisement names the one it
  // answers on.
  if (header.hop_limit() == 3) {
    BOOST_TEST(header.source().locator == group);
    if (message.solicitation()) BOOST_TEST(message.locator() == group);
  } else {
    BOOST_TEST(header.source().locator != Locator{});
  }
  const wire::DiscoveryRepr repr{message.nid(), message.locator(), message.solicitation(),
                                 message.host_name()};
  BOOST_TEST((written(header, repr, repr.size(), {}) ==
              std::vector<std::byte>(header.frame().begin(), header.frame().end())));
  return message.solicitation() ? "SOLICIT" : "ADVERT";
}

std::string check_stp(const wire::IlnpHeader& header) {
  const auto parsed = wire::StpHeader::parse(header.payload());
  BOOST_REQUIRE(parsed.has_value());
  const wire::StpHeader& message = *parsed;
  BOOST_TEST((message.source_port() == 10002 || message.source_port() == 10003));
  BOOST_TEST((message.destination_port() == 10002 || message.destination_port() == 10003));
  const wire::StpHeaderRepr repr{message.source_port(), message.destination_port()};
  BOOST_TEST((written(header, repr, wire::StpHeader::size, message.payload()) ==
              std::vector<std::byte>(header.frame().begin(), header.frame().end())));
  return "STP";
}

std::string check_locator_update(const wire::IlnpHeader& header) {
  const auto parsed = wire::LocatorUpdate::parse(header.payload());
  BOOST_REQUIRE(parsed.has_value());
  const wire::LocatorUpdate& message = *parsed;
  BOOST_TEST(header.source().nid == (message.acknowledgement() ? bob : alice));
  BOOST_TEST(header.destination().nid == (message.acknowledgement() ? alice : bob));
  std::vector<Locator> locators;
  for (std::size_t index = 0; index < message.count(); ++index) locators.push_back(message.locator(index));
  BOOST_TEST(locators.empty() == message.acknowledgement());
  const wire::LocatorUpdateRepr repr{locators};
  BOOST_TEST((written(header, repr, repr.size(), {}) ==
              std::vector<std::byte>(header.frame().begin(), header.frame().end())));
  return message.acknowledgement() ? "LOCACK" : "LOCUPDATE";
}

/// Checks one datagram and returns its kind.
std::string check_datagram(const test::UdpDatagram& udp) {
  const Locator group = udp.group();
  BOOST_TEST(udp.checksum_good);
  BOOST_TEST(udp.hop_limit == 1);
  BOOST_TEST(udp.source_port == 10000);
  BOOST_TEST(udp.destination_port == 10000);
  BOOST_TEST((group.value() >= 0xa && group.value() <= 0xc));
  BOOST_TEST(udp.destination[0] == 0xff);
  BOOST_TEST(udp.destination[1] == 0x12);
  for (std::size_t i = 2; i < 8; ++i) BOOST_TEST(udp.destination[i] == 0);  // captured as user 0
  const auto parsed = wire::IlnpHeader::parse(udp.payload);
  BOOST_REQUIRE(parsed.has_value());
  const wire::IlnpHeader& header = *parsed;
  BOOST_TEST(name_of(header.source().nid) != "?");
  BOOST_TEST((header.source().locator.value() >= 0xa && header.source().locator.value() <= 0xc));
  if (header.hop_limit() == 3) BOOST_TEST(header.source().locator == group);
  std::string kind;
  switch (header.next_header()) {
    case 42:
      kind = check_stp(header);
      break;
    case 43:
      kind = check_discovery(header, group);
      break;
    case 44:
      kind = check_locator_update(header);
      break;
    default:
      BOOST_FAIL("next header " << int{header.next_header()});
  }
  return kind + " hl=" + std::to_string(header.hop_limit());
}

/// The overlay frame in the `number`th frame (from 1) of a capture.
std::vector<std::byte> overlay_frame(const char* file, std::size_t number) {
  const auto frames = test::read_pcap(folder / file);
  const auto udp = test::udp_datagram(frames.at(number - 1).octets);
  BOOST_REQUIRE(udp.has_value());
  return {udp->payload.begin(), udp->payload.end()};
}

/// All STP payloads of a capture that came from `source` with the hop limit 3, in their order.
std::vector<std::string> sent_by(const char* file, Nid source) {
  std::vector<std::string> payloads;
  for (const auto& frame : test::read_pcap(folder / file)) {
    const auto udp = test::udp_datagram(frame.octets);
    if (!udp) continue;
    const auto header = *wire::IlnpHeader::parse(udp->payload);
    if (header.next_header() != 42 || header.hop_limit() != 3 || header.source().nid != source) continue;
    payloads.emplace_back(as_text(wire::StpHeader::parse(header.payload())->payload()));
  }
  return payloads;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(captures_of_the_reference)

BOOST_AUTO_TEST_CASE(every_frame_parses_and_is_written_again_the_same) {
  for (const Capture& capture : captures) {
    BOOST_TEST_CONTEXT(capture.file) {
      const auto frames = test::read_pcap(folder / capture.file);
      BOOST_TEST(frames.size() == capture.frames);
      Kinds kinds;
      std::size_t largest = 0;
      for (std::size_t index = 0; index < frames.size(); ++index) {
        BOOST_TEST_CONTEXT("frame " << index + 1) {
          const Bytes octets = frames[index].octets;
          largest = std::max(largest, octets.size());
          const auto udp = test::udp_datagram(octets);
          ++kinds[udp ? check_datagram(*udp) : "ICMPv6 MLD"];
        }
      }
      BOOST_TEST(largest == capture.largest);
      const auto span = frames.back().time - frames.front().time;
      BOOST_TEST(std::abs(std::chrono::duration<double>(span).count() - capture.seconds) < 0.01);
      for (const auto& [kind, count] : capture.kinds)
        BOOST_TEST(kinds[kind] == count, kind << ": " << kinds[kind]);
      BOOST_TEST(kinds.size() == capture.kinds.size());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_solicitation) {
  const auto frame = overlay_frame("a_startup_discovery.pcap", 5);
  const auto header = *wire::IlnpHeader::parse(frame);
  BOOST_TEST(header.next_header() == 43);
  BOOST_TEST(header.hop_limit() == 3);
  BOOST_TEST((header.source() == Ilv{Locator(0xa), alice}));
  BOOST_TEST((header.destination() == Ilv{all_nodes_locator, Nid{}}));
  const auto message = *wire::Discovery::parse(header.payload());
  BOOST_TEST(message.nid() == alice);
  BOOST_TEST(message.locator() == Locator(0xa));
  BOOST_TEST(message.solicitation());
  BOOST_TEST(message.host_name() == "alice");
}

BOOST_AUTO_TEST_CASE(an_advertisement_on_b_that_answers_on_a) {
  const auto frame = overlay_frame("a_startup_discovery.pcap", 7);
  const auto header = *wire::IlnpHeader::parse(frame);
  BOOST_TEST((header.source() == Ilv{Locator(0xb), router}));
  const auto message = *wire::Discovery::parse(header.payload());
  BOOST_TEST(message.nid() == router);
  BOOST_TEST(message.locator() == Locator(0xa));
  BOOST_TEST(!message.solicitation());
  BOOST_TEST(message.host_name() == "router");
}

BOOST_AUTO_TEST_CASE(a_message_passed_on_differs_in_the_hop_limit_alone) {
  auto sent = overlay_frame("a_startup_discovery.pcap", 5);
  const auto passed_on = overlay_frame("a_startup_discovery.pcap", 8);
  wire::set_hop_limit(sent, 2);
  BOOST_TEST(sent == passed_on);

  sent = overlay_frame("b_datagrams_via_router.pcap", 1);
  wire::set_hop_limit(sent, 2);
  BOOST_TEST(sent == overlay_frame("b_datagrams_via_router.pcap", 2));
}

BOOST_AUTO_TEST_CASE(datagrams) {
  const auto from_alice = sent_by("b_datagrams_via_router.pcap", alice);
  const auto from_bob = sent_by("b_datagrams_via_router.pcap", bob);
  BOOST_REQUIRE(from_alice.size() == 13);  // five, then 0, 256 and 1396 octets, then five requests
  BOOST_REQUIRE(from_bob.size() == 10);
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(from_alice[i] == "alice-to-bob " + std::to_string(i));
    BOOST_TEST(from_bob[i] == "bob-to-alice " + std::to_string(i));
    BOOST_TEST(from_alice[8 + i].size() == 64);
    BOOST_TEST(from_bob[5 + i].size() == 64);
  }
  BOOST_TEST(from_alice[5].empty());
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  BOOST_TEST(from_alice[6] == all);
  BOOST_TEST(from_alice[7] == std::string(1396, 'm'));
}

BOOST_AUTO_TEST_CASE(a_locator_update_and_its_acknowledgement) {
  const auto update_frame = overlay_frame("c_mobility_a-b-c.pcap", 168);
  const auto update_header = *wire::IlnpHeader::parse(update_frame);
  BOOST_TEST((update_header.source() == Ilv{Locator(0xa), alice}));  // on the old locator
  BOOST_TEST((update_header.destination() == Ilv{Locator(0xb), bob}));
  const auto update = *wire::LocatorUpdate::parse(update_header.payload());
  BOOST_TEST(!update.acknowledgement());
  BOOST_REQUIRE(update.count() == 1);
  BOOST_TEST(update.locator(0) == Locator(0xb));

  const auto answer_frame = overlay_frame("c_mobility_a-b-c.pcap", 172);
  const auto answer_header = *wire::IlnpHeader::parse(answer_frame);
  BOOST_TEST((answer_header.source() == Ilv{Locator(0xb), bob}));
  BOOST_TEST((answer_header.destination() == Ilv{Locator(0xb), alice}));  // to the new locator
  const auto answer = *wire::LocatorUpdate::parse(answer_header.payload());
  BOOST_TEST(answer.acknowledgement());
  BOOST_TEST(answer.count() == 0);
}

BOOST_AUTO_TEST_CASE(an_update_with_two_locators) {
  std::vector<Locator> locators;
  for (const auto& frame : test::read_pcap(folder / "c2_locator_update_two_locators.pcap")) {
    const auto udp = test::udp_datagram(frame.octets);
    if (!udp) continue;
    const auto header = *wire::IlnpHeader::parse(udp->payload);
    if (header.next_header() != 44) continue;
    const auto update = *wire::LocatorUpdate::parse(header.payload());
    if (update.count() == 2 && locators.empty()) locators = {update.locator(0), update.locator(1)};
  }
  BOOST_TEST((locators == std::vector{Locator(0xb), Locator(0xc)}));
}

BOOST_AUTO_TEST_CASE(an_update_without_an_answer_is_sent_four_times_a_second_apart) {
  std::vector<std::chrono::microseconds> times;
  for (const auto& frame : test::read_pcap(folder / "c3_locator_update_retries.pcap")) {
    const auto udp = test::udp_datagram(frame.octets);
    if (!udp) continue;
    const auto header = *wire::IlnpHeader::parse(udp->payload);
    if (header.next_header() == 44 && header.hop_limit() == 3) times.push_back(frame.time);
  }
  BOOST_REQUIRE(times.size() == 4);
  for (std::size_t i = 1; i < 4; ++i) {
    const auto gap = times[i] - times[i - 1];
    BOOST_TEST((gap > std::chrono::milliseconds(900) && gap < std::chrono::milliseconds(1100)));
  }
}

BOOST_AUTO_TEST_SUITE_END()
