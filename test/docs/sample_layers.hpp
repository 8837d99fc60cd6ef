#pragma once

#include <zlib.h>

#include <array>
#include <cstring>
#include <ilnp/base/adaptor.hpp>
#include <ilnp/base/arena.hpp>
#include <ilnp/base/stack.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/proxy/proxy.hpp>
#include <ilnp/transport/stp.hpp>
#include <new>
#include <optional>
#include <type_traits>
#include <vector>

// The layers of docs/design.md, "Layers that change what is sent".

using namespace ilnp;

/// Seals payloads: appends 16 octets, a number and a tag. A payload that was changed on the way does not open. This is not a
/// cipher; it shows where one goes.
class Seal {
 public:
  static constexpr std::size_t room = 16;  ///< what a payload grows by, at most

  /// Writes the payload, which is in two parts, into `out`. Returns the number of octets that it takes there.
  std::size_t pack(Bytes front, Bytes rest, MutableBytes out) {
    if (!front.empty()) std::memcpy(out.data(), front.data(), front.size());
    if (!rest.empty()) std::memcpy(out.data() + front.size(), rest.data(), rest.size());
    const std::size_t size = front.size() + rest.size();
    const std::uint64_t number = ++number_;
    mask(out.first(size), number);
    std::memcpy(out.data() + size, &number, 8);
    const std::uint64_t tag = tag_of(out.first(size + 8));
    std::memcpy(out.data() + size + 8, &tag, 8);
    return size + room;
  }

  /// Opens the payload in place. Returns none if it was changed or is incomplete.
  std::optional<MutableBytes> unpack(MutableBytes packed, Arena&) {
    if (packed.size() < room) return std::nullopt;
    const std::size_t size = packed.size() - room;
    std::uint64_t number, tag;
    std::memcpy(&number, packed.data() + size, 8);
    std::memcpy(&tag, packed.data() + size + 8, 8);
    if (tag != tag_of(packed.first(size + 8))) return std::nullopt;
    mask(packed.first(size), number);
    return packed.first(size);
  }

 private:
  static void mask(MutableBytes octets, std::uint64_t number) {
    for (std::size_t at = 0; at < octets.size(); at += 8) {
      const std::uint64_t stream = mix64(number * 0x9e3779b97f4a7c15 + at);
      std::uint64_t word = 0;
      const std::size_t count = std::min<std::size_t>(8, octets.size() - at);
      std::memcpy(&word, octets.data() + at, count);
      word ^= stream;
      std::memcpy(octets.data() + at, &word, count);
    }
  }
  static std::uint64_t tag_of(Bytes octets) {
    std::uint64_t sum = octets.size();
    for (const std::byte octet : octets) sum = mix64(sum ^ static_cast<std::uint64_t>(octet));
    return sum;
  }

  std::uint64_t number_ = 0;
};

/// Compresses payloads (RFC 1951) that become shorter by it. The first octet says whether the rest is compressed.
class Deflate {
 public:
  static constexpr std::size_t room = 1;

  Deflate() {
    if (deflateInit2(&out_, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        inflateInit2(&in_, -15) != Z_OK)
      throw std::bad_alloc();
  }
  Deflate(const Deflate&) = delete;
  Deflate& operator=(const Deflate&) = delete;
  ~Deflate() {
    deflateEnd(&out_);
    inflateEnd(&in_);
  }

  std::size_t pack(Bytes front, Bytes rest, MutableBytes out) {
    const std::size_t size = front.size() + rest.size();
    deflateReset(&out_);
    give(out_, front, out.subspan(1, size));
    deflate(&out_, Z_NO_FLUSH);
    give(out_, rest, out.subspan(1 + out_.total_out, size - out_.total_out));
    const bool shorter = deflate(&out_, Z_FINISH) == Z_STREAM_END && out_.total_out < size;
    out[0] = std::byte(shorter);
    if (shorter) return 1 + out_.total_out;
    if (!front.empty()) std::memcpy(out.data() + 1, front.data(), front.size());
    if (!rest.empty()) std::memcpy(out.data() + 1 + front.size(), rest.data(), rest.size());
    return 1 + size;
  }

  /// A payload that was compressed goes into the arena, from which the layers above borrow it until the batch ends.
  std::optional<MutableBytes> unpack(MutableBytes packed, Arena& arena) {
    if (packed.empty() || packed[0] > std::byte(1)) return std::nullopt;
    if (packed[0] == std::byte(0)) return packed.subspan(1);
    const MutableBytes plain = arena.take(longest);
    if (plain.data() == nullptr) return std::nullopt;
    inflateReset(&in_);
    give(in_, packed.subspan(1), plain);
    const bool whole = inflate(&in_, Z_FINISH) == Z_STREAM_END && in_.avail_in == 0;
    const MutableBytes used = arena.shrink(plain, whole ? in_.total_out : 0);
    return whole ? std::optional(used) : std::nullopt;
  }

 private:
  static constexpr std::size_t longest =
      2048;  // more than a frame holds: what claims to be longer is dropped

  static void give(z_stream& stream, Bytes in, MutableBytes out) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));  // zlib only reads it
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
  }

  z_stream out_{};
  z_stream in_{};
};

/// A layer to insert above a network layer. `Form`, here `Seal` or `Deflate`, changes the payload of each packet.
template <NetworkLayer Next, class Form>
class CodedPackets : public NetworkAdaptor<Next> {
 public:
  using NetworkAdaptor<Next>::NetworkAdaptor;

  std::size_t max_payload(Nid nid = {}) const { return this->next_.max_payload(nid) - Form::room; }

  /// The form also changes the headers of the layers above. They write them here, and `send` reads them from here.
  MutableBytes headroom(std::size_t size) {
    if (size > headers_.size()) headers_.resize(size);
    return MutableBytes(headers_).first(size);
  }

  template <ContextLike Cx>
  error_code send(Nid to, std::uint8_t next_header, Packet& packet, Cx& cx) {
    if (packet.size() > max_payload(to)) return Errc::message_too_long;
    const std::size_t size = packet.size() + Form::room;
    const MutableBytes room = this->next_.headroom(size);  // where the frame leaves from
    const std::size_t used = form_.pack(packet.head(), packet.payload(), Packet::space(room, size));
    Packet coded = Packet::written(room, size, used);
    return this->next_.send(to, next_header, coded, cx);
  }

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    this->next_.feed(from, frame, cx, unpacked(up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    this->next_.on_timer(cx, unpacked(up));
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    this->next_.end_batch(cx);
    arena_.clear();  // last: until here its memory is lent
  }

 private:
  template <class Up>
  auto unpacked(Up& up) {
    const auto unpack = [this, &up](const NetworkSource& source, MutableBytes octets) {
      const auto plain = form_.unpack(octets, arena_);
      if (plain) up(source, *plain);
    };
    return taking<NetworkSource>(unpack, up);
  }

  Form form_;
  Arena arena_;
  std::vector<std::byte> headers_;
};

/// The same above a transport, for the payload of datagrams.
template <PacketTransport Next, class Form>
class CodedDatagrams : public TransportAdaptor<Next> {
 public:
  using TransportAdaptor<Next>::TransportAdaptor;

  std::size_t max_payload(Nid nid = {}) const { return this->next_.max_payload(nid) - Form::room; }

  template <ContextLike Cx>
  error_code send(std::uint16_t source_port, Nid to, std::uint16_t port, Bytes payload, Cx& cx) {
    if (payload.size() > max_payload(to)) return Errc::message_too_long;
    const std::size_t size = payload.size() + Form::room;
    const MutableBytes room = this->next_.headroom(size);
    Packet coded = Packet::written(room, size, form_.pack({}, payload, Packet::space(room, size)));
    return this->next_.send(source_port, to, port, coded, cx);
  }

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    this->next_.feed(from, frame, cx, unpacked(up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    this->next_.on_timer(cx, unpacked(up));
  }
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    this->next_.end_batch(cx);
    arena_.clear();
  }

 private:
  template <class Up>
  auto unpacked(Up& up) {
    const auto unpack = [this, &up](const DatagramSource& source, MutableBytes octets) {
      const auto plain = form_.unpack(octets, arena_);
      if (plain) up(source, *plain);
    };
    return taking<DatagramSource>(unpack, up);
  }

  Form form_;
  Arena arena_;
};

template <class Link, class Form>
using AboveNetwork = Proxy<STP<CodedPackets<ILNP<Link>, Form>>>;
template <class Link, class Form>
using AboveTransport = Proxy<CodedDatagrams<STP<ILNP<Link>>, Form>>;

/// A note has arrived, from this node.
struct Note {
  Nid from;
};

/// A second transport beside STP in the same node: notes from node to node, without ports. It is a layer above STP, takes the
/// packets that are its own, and hands up everything else.
template <TransportLayer Next>
class Notes : public TransportAdaptor<Next> {
 public:
  using TransportAdaptor<Next>::TransportAdaptor;
  static constexpr std::uint8_t protocol = 253;  // RFC 3692: for experiments

  template <ContextLike Cx>
  error_code send_note(Nid to, Bytes text, Cx& cx) {
    auto& network = upper_network_layer(this->next_);
    Packet packet(network.headroom(0), text);
    return network.send(to, protocol, packet, cx);
  }

  /// Calls `up(Note, MutableBytes)` for a note, and otherwise `up` as a transport does.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    this->next_.feed(from, frame, cx, receiver(up));
  }
  template <ContextLike Cx, class Up>
  void on_timer(Cx& cx, Up&& up) {
    this->next_.on_timer(cx, receiver(up));
  }
  std::uint64_t unknown() const { return unknown_; }  ///< packets that no layer takes

 private:
  template <class Up>
  auto receiver(Up& up) {
    const auto receive = [this, &up](const NetworkSource& source, MutableBytes octets) {
      if (source.next_header == protocol) return up(Note{source.source.nid}, octets);
      if (!offer(up, source, octets)) ++unknown_;  // a third transport may be above
    };
    return taking<NetworkSource>(receive, up);
  }

  std::uint64_t unknown_ = 0;
};
