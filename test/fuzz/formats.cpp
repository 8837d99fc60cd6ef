// What stands alone: formats on the wire, addresses, the .ini.
#include <cctype>

#include "fuzz.hpp"
#include "ilnp/config/config.hpp"
#include "ilnp/wire/discovery.hpp"
#include "ilnp/wire/fragment.hpp"
#include "ilnp/wire/goodbye.hpp"
#include "ilnp/wire/ilnp_header.hpp"
#include "ilnp/wire/locator_update.hpp"
#include "ilnp/wire/pcap.hpp"
#include "ilnp/wire/ping.hpp"
#include "ilnp/wire/sctp_packet.hpp"
#include "ilnp/wire/socks5.hpp"
#include "ilnp/wire/stp_header.hpp"
#include "ilnp/wire/stream_request.hpp"
#include "ilnp/wire/udp_encapsulation.hpp"
#include "support/pcap.hpp"

namespace ilnp::fuzz {
namespace {

bool equal(Bytes left, Bytes right) { return std::ranges::equal(left, right); }

void ilnp_header(const Octets& frame) {
  const auto header = wire::IlnpHeader::parse(frame);
  if (!header)
    return require(frame.size() < 40 || wire::load<std::uint16_t>(frame, 4) != frame.size() - 40,
                   "a header is refused only if it is short, or its length lies");
  require(header->payload().size() == frame.size() - 40, "the payload is what follows the header");
  Octets again(40);
  wire::IlnpHeaderRepr{static_cast<std::uint16_t>(header->payload().size()), header->next_header(),
                       header->hop_limit(), header->source(), header->destination()}
      .write_to(again);
  require(equal(Bytes(again).subspan(4), Bytes(frame).subspan(4, 36)), "a header is written as it was read");
  Octets lowered = frame;
  wire::set_hop_limit(lowered, static_cast<std::uint8_t>(header->hop_limit() - 1));
  lowered[7] = frame[7];
  require(lowered == frame, "the hop limit is one octet");
}

void stp_header(const Octets& packet) {
  const auto header = wire::StpHeader::parse(packet);
  require(header.has_value() == (packet.size() >= 4), "ports are four octets");
  if (!header) return;
  Octets again(4);
  wire::StpHeaderRepr{header->source_port(), header->destination_port()}.write_to(again);
  require(equal(test::joined(again, test::octets(header->payload())), packet),
          "ports are written as they were read");
}

void discovery(const Octets& payload) {
  const auto message = wire::Discovery::parse(payload);
  if (!message) return;
  require(wire::is_host_name(as_bytes(message->host_name())), "discovery names a host");
  const wire::DiscoveryRepr repr{message->nid(), message->locator(), message->solicitation(),
                                 message->host_name()};
  Octets again(repr.size());
  repr.write_to(again);
  require(again == payload, "discovery is written as it was read");
}

void locator_update(const Octets& payload) {
  const auto message = wire::LocatorUpdate::parse(payload);
  if (!message) return;
  require(message->acknowledgement() == (message->count() == 0), "an update names a locator");
  std::vector<Locator> locators;
  for (std::size_t at = 0; at < message->count(); ++at) locators.push_back(message->locator(at));
  const wire::LocatorUpdateRepr repr{locators};
  Octets again(repr.size());
  repr.write_to(again);
  require(again == payload, "an update is written as it was read");
}

void fragment(const Octets& payload) {
  const auto message = wire::FragmentMessage::parse(payload);
  if (!message) return;
  Octets again;
  switch (message->kind()) {
    case wire::FragmentKind::probe:
      again.resize(wire::FragmentMessage::probe_size);
      wire::FragmentProbeRepr{message->nonce()}.write_to(again);
      break;
    case wire::FragmentKind::reply:
      again.resize(wire::FragmentMessage::reply_size);
      wire::FragmentReplyRepr{message->nonce(), message->key()}.write_to(again);
      break;
    case wire::FragmentKind::fragment:
      require(
          message->offset() + message->octets().size() <= message->total() &&
              message->total() <= wire::FragmentMessage::max_total &&
              message->index() < message->fragments() &&
              message->fragments() <= wire::FragmentMessage::max_fragments && message->fragments() > 1 &&
              (message->octets().size() == message->stride() || message->index() + 1 == message->fragments()),
          "a fragment lies in its datagram");
      again.resize(wire::FragmentMessage::fragment_header_size);
      wire::FragmentHeaderRepr{message->destination_port(),
                               message->key(),
                               message->datagram(),
                               static_cast<std::uint16_t>(message->total()),
                               static_cast<std::uint16_t>(message->stride()),
                               static_cast<std::uint16_t>(message->index())}
          .write_to(again);
      again = test::joined(again, test::octets(message->octets()));
  }
  // The three octets, or the one, after the kind are not looked at.
  const std::size_t from = message->kind() == wire::FragmentKind::fragment ? 2 : 4;
  require(again[0] == payload[0] && equal(Bytes(again).subspan(from), Bytes(payload).subspan(from)),
          "a message about fragments is written as it was read");
}

void goodbye(const Octets& payload) {
  if (!wire::Goodbye::parse(payload)) return;
  Octets again(wire::Goodbye::size);
  wire::GoodbyeRepr{}.write_to(again);
  require(payload.size() == again.size() && again[0] == payload[0], "a goodbye is written as it was read");
}

void ping(const Octets& payload) {
  const auto message = wire::PingMessage::parse(payload);
  const bool right = payload.size() == 36 && (payload[0] == std::byte{4} ||
                                              (payload[0] == std::byte{5} && payload[1] < std::byte{2}));
  require(message.has_value() == right, "a ping has 36 octets, and a reply a code that is known");
  if (!message) return;
  Octets again(wire::PingMessage::size);
  if (message->kind() == wire::PingKind::ping) {
    wire::PingRepr{message->identifier()}.write_to(again);
    return require(equal(Bytes(again).subspan(4, 8), Bytes(payload).subspan(4, 8)),
                   "a ping is written as it was read");
  }
  wire::PingReplyRepr{message->code(),   message->hop_limit(),   message->identifier(),
                      message->source(), message->destination(), message->interface()}
      .write_to(again);
  again[3] = payload[3];
  require(again == payload, "a reply to a ping is written as it was read");
}

/// Another way to the same answer: each character is decoded, and encoded again in the shortest form.
bool utf8_by_code_points(Bytes text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto octet = [&](std::size_t i) { return std::to_integer<std::uint32_t>(text[i]); };
    const std::uint32_t lead = octet(at);
    const std::size_t length = lead < 0x80       ? 1
                               : lead >> 5 == 6  ? 2
                               : lead >> 4 == 14 ? 3
                               : lead >> 3 == 30 ? 4
                                                 : 0;
    if (length == 0 || length > text.size() - at) return false;
    std::uint32_t point = length == 1 ? lead : lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      if (octet(at + i) >> 6 != 2) return false;
      point = point << 6 | (octet(at + i) & 0x3f);
    }
    const std::size_t shortest = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (length != shortest || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    at += length;
  }
  return true;
}

void utf8(const Octets& text) {
  require(wire::is_utf8(text) == utf8_by_code_points(text), "what is UTF-8");
  const bool controls = std::ranges::any_of(
      text, [](std::byte octet) { return octet < std::byte{0x20} || octet == std::byte{0x7f}; });
  require(wire::is_host_name(text) ==
              (!text.empty() && text.size() <= 255 && !controls && utf8_by_code_points(text)),
          "what is a host name");
}

/// What the toolkit writes into a capture file, a parser of its own reads.
void capture(const Octets& octets) {
  Input in(octets);
  const wire::UdpEncapsulationRepr repr{in.number<std::uint64_t>(), Locator(in.number<std::uint64_t>()),
                                        in.number<std::uint16_t>(), in.number<std::uint16_t>()};
  const wire::PcapRecordHeaderRepr times{in.number<std::uint32_t>(), in.octet() * 3906U, 0, 0};
  const Octets head = in.take(in.octet());
  const Octets payload = in.rest();
  Octets around(repr.size);
  repr.write_to(around, head, payload);
  const Octets frame = test::joined(test::joined(around, head), payload);
  Octets file(24), record(16);
  wire::PcapFileHeaderRepr{}.write_to(file);
  const auto length = static_cast<std::uint32_t>(frame.size());
  wire::PcapRecordHeaderRepr{times.seconds, times.microseconds, length, length}.write_to(record);
  const auto frames = test::parse_pcap(test::joined(test::joined(file, record), frame));
  require(frames.size() == 1 && frames[0].octets == frame, "a capture holds the frame");
  const auto time = std::chrono::seconds(times.seconds) + std::chrono::microseconds(times.microseconds);
  require(frames[0].time == time, "a capture holds the time");
  const auto datagram = test::udp_datagram(frames[0].octets);
  require(datagram.has_value() && datagram->checksum_good, "a capture holds a datagram that Wireshark takes");
  require(datagram->group() == repr.group && datagram->source_port == repr.port &&
              equal(datagram->payload, test::joined(head, payload)),
          "a capture holds what was sent");
}

void sctp_header(const Octets& packet) {
  const auto header = wire::SctpHeader::parse(packet);
  require(header.has_value() == (packet.size() >= 16), "an SCTP packet holds a chunk");
  if (!header) return;
  require(header->source_port() == wire::load<std::uint16_t>(packet, 0) &&
              header->destination_port() == wire::load<std::uint16_t>(packet, 2) &&
              header->verification_tag() == wire::load<std::uint32_t>(packet, 4) &&
              header->first_chunk() == wire::load<std::uint8_t>(packet, 12),
          "an SCTP packet is read where its fields are");
}

/// A packet that is taken consists of chunks that lie inside it, one behind the other.
void sctp_packet(const Octets& packet) {
  const auto parsed = wire::SctpPacket::parse(packet);
  if (!parsed) return;
  std::size_t at = wire::SctpHeader::size;
  for (; at < packet.size();) {
    require(at + 4 <= packet.size(), "a chunk has a header");
    const std::size_t length = wire::load<std::uint16_t>(packet, at + 2);
    require(length >= 4 && at + length <= packet.size(), "a chunk lies in its packet");
    at += (length + 3) / 4 * 4;
  }
  require(at == packet.size(), "nothing is left behind the last chunk");
  if (parsed->asks())
    require(parsed->initiate_tag() == wire::load<std::uint32_t>(packet, 16), "an INIT has a tag");
}

/// What comes over a stream: it says how long it is, before all of it is there, and never changes its mind.
template <class View>
bool parses_by_size(const Octets& stream) {
  std::size_t size = View::min_size;
  for (std::size_t come = 0; come <= stream.size() && come < View::min_size; ++come)
    require(View::size(Bytes(stream).first(come)) == View::min_size,
            "as many octets as tell the size are read first");
  if (stream.size() < size) return View::parse(stream).has_value();
  size = View::size(stream);
  require(size >= View::min_size && size <= View::max_size, "a message has a limit");
  for (std::size_t come = View::min_size; come <= stream.size(); ++come)
    require(View::size(Bytes(stream).first(come)) == size, "the size does not depend on what follows");
  const bool parses = View::parse(stream).has_value();
  require(!parses || stream.size() == size, "a message is as long as it says");
  return parses;
}

void socks5_greeting(const Octets& octets) {
  if (!parses_by_size<wire::Socks5Greeting>(octets)) return;
  const auto greeting = *wire::Socks5Greeting::parse(octets);
  const bool open = std::ranges::count(Bytes(octets).subspan(2), std::byte{0}) > 0;
  require(greeting.open() == open && greeting.answer()[0] == std::byte{5} &&
              greeting.answer()[1] == (open ? std::byte{0} : std::byte{255}),
          "a client that offers it goes on without authentication");
}

void socks5_request(const Octets& octets) {
  if (!parses_by_size<wire::Socks5Request>(octets)) return;
  const auto request = *wire::Socks5Request::parse(octets);
  using Type = wire::Socks5Request::Type;
  const std::size_t size = request.address().size();
  require(request.type() == Type::ipv4   ? size == 4
          : request.type() == Type::ipv6 ? size == 16
                                         : size >= 1 && size <= 255,
          "an address is as long as its type says");
  require(request.port() == wire::load<std::uint16_t>(octets, octets.size() - 2), "the port comes last");
}

void stream_request(const Octets& octets) {
  if (!parses_by_size<wire::StreamRequest>(octets)) return;
  const auto request = *wire::StreamRequest::parse(octets);
  require(request.port() != 0 && (request.host().empty() || wire::is_host_name(as_bytes(request.host()))),
          "a stream is asked for to a port of a host");
  const wire::StreamRequestRepr repr{request.port(), request.host()};
  Octets again(repr.size());
  repr.write_to(again);
  require(again == octets, "a request for a stream is written as it was read");
}

void stream_reply(const Octets& octets) {
  const auto answer = wire::StreamReply::parse(octets);
  if (!answer) return;
  Octets again(2);
  wire::StreamReplyRepr{answer->code()}.write_to(again);
  require(octets[1] > std::byte{7} ? again[1] == std::byte{7} : again[1] == octets[1],
          "an answer is written as it was read, or has failed");
}

template <class Address>
void address(std::string_view text, std::size_t groups) {
  const auto parsed = Address::parse(text);
  const auto separators = static_cast<std::size_t>(std::ranges::count(text, ':'));
  const bool digits = std::ranges::all_of(text, [](unsigned char c) { return c == ':' || std::isxdigit(c); });
  require(!parsed || (digits && separators == groups - 1 && text.size() <= 5 * groups - 1),
          "an address is groups of hex digits");
  if (!parsed) return;
  const std::string canonical = to_string(*parsed);
  const auto again = Address::parse(canonical);
  require(again.has_value() && *again == *parsed && to_string(*again) == canonical &&
              canonical.size() <= text.size(),
          "an address has one canonical text, the shortest");
}

/// Texts for the user's terminal.
void require_line(std::string_view text) {
  require(!text.empty() && std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }),
          "what the user is told is one line, without control characters");
}

}  // namespace

void wire_formats(Bytes octets) {
  Input in(octets);
  const auto format = static_cast<Format>(in.octet() % static_cast<std::uint8_t>(Format::count));
  const Octets rest = in.rest();
  switch (format) {
    case Format::ilnp_header:
      return ilnp_header(rest);
    case Format::stp_header:
      return stp_header(rest);
    case Format::discovery:
      return discovery(rest);
    case Format::locator_update:
      return locator_update(rest);
    case Format::utf8:
      return utf8(rest);
    case Format::fragment:
      return fragment(rest);
    case Format::sctp_header:
      return sctp_header(rest);
    case Format::sctp_packet:
      return sctp_packet(rest);
    case Format::socks5_greeting:
      return socks5_greeting(rest);
    case Format::socks5_request:
      return socks5_request(rest);
    case Format::stream_request:
      return stream_request(rest);
    case Format::stream_reply:
      return stream_reply(rest);
    case Format::goodbye:
      return goodbye(rest);
    case Format::ping:
      return ping(rest);
    default:
      return capture(rest);
  }
}

void addresses(Bytes text) {
  address<Locator>(as_text(text), 4);
  address<Nid>(as_text(text), 4);
  address<Ilv>(as_text(text), 8);
}

void configuration(Bytes text) {
  try {
    const Config config = parse_config(as_text(text), "node.ini", {.user_id = 7, .nid = Nid(7)});
    config.network.validate();
    require(config.link.mcast_port != 0 && !config.link.mcast_interface.empty() &&
                config.link.buffer_size >= 45 && config.link.buffer_size <= 65507,
            "a link that can be used");
    require(config.application.wait_time > Duration::zero() && config.application.port != 0,
            "an application that can run");
    for (const auto& warning : config.warnings) require_line(warning);
  } catch (const ConfigError& error) {
    for (std::string_view lines = error.what(); !lines.empty();) {  // one for each mistake
      const auto end = lines.find('\n');
      require_line(std::string(lines.substr(0, end)));
      require(lines.starts_with("node.ini") || lines.starts_with("warning: node.ini"),
              "an error names the file");
      lines.remove_prefix(end == lines.npos ? lines.size() : end + 1);
    }
  }
}

}  // namespace ilnp::fuzz
