// What a tunnel does with each segment: long packets of the kernel are cut, and those of the network are joined; alone, and in a whole
// node. Beside code for the same work that was written by hand, for TCP with a header of 32 octets only, and knows nothing of the
// toolkit.
#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "nodes.hpp"

namespace baseline {

inline std::uint64_t sum(const unsigned char* at, std::size_t size, std::uint64_t start) {
  const auto add = [&](std::uint64_t value) { start += value, start += start < value; };
  std::uint64_t word;
  if (size >= 64) {
    using Two [[gnu::vector_size(16)]] = std::uint64_t;
    Two sums[4]{}, words[4];
    for (; size >= 64; at += 64, size -= 64) {
      std::memcpy(words, at, 64);
      for (int i = 0; i < 4; ++i) sums[i % 2] += words[i] & 0xffffffff, sums[2 + i % 2] += words[i] >> 32;
    }
    const Two all = sums[0] + sums[1] + sums[2] + sums[3];
    add(all[0] + all[1]);
  }
  for (; size >= 8; at += 8, size -= 8) std::memcpy(&word, at, 8), add(word);
  word = 0;
  std::memcpy(&word, at, size);
  add(word);
  return start;
}
inline std::uint16_t fold(std::uint64_t sum) {
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 32) + (sum & 0xffffffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return static_cast<std::uint16_t>((sum >> 16) + (sum & 0xffff));
}
inline std::uint64_t pseudo(std::size_t size) {
  return std::uint64_t{__builtin_bswap16(static_cast<std::uint16_t>(size))} + __builtin_bswap16(6);
}

/// `packet`: an IPv6 header, one of TCP with 32 octets, and payload.
template <class F>
void cut(unsigned char* packet, std::size_t size, std::size_t each, F&& f) {
  unsigned char header[32];
  std::memcpy(header, packet + 40, 32);
  const std::uint64_t addresses = sum(packet + 8, 32, 0);
  const unsigned char flags = header[13];
  std::uint32_t sequence = load32(header + 4);
  for (std::size_t at = 72; at < size; at += each) {
    const std::size_t length = size - at < each ? size - at : each;
    header[13] =
        static_cast<unsigned char>(flags & (at == 72 ? 0xff : 0x7f) & (at + length == size ? 0xff : 0xf6));
    store32(header + 4, sequence);
    sequence += static_cast<std::uint32_t>(length);
    header[16] = header[17] = 0;
    const auto value = static_cast<std::uint16_t>(
        ~fold(sum(packet + at, length, sum(header, 32, addresses + pseudo(32 + length)))));
    std::memcpy(header + 16, &value, 2);
    f(header, packet + at, length);
  }
}

/// Joins segments of one flow.
class Joiner {
 public:
  template <class Out>
  void push(const unsigned char* ip, const unsigned char* rest, std::size_t size, Out&& out) {
    if (fold(sum(rest, size, sum(ip + 8, 32, pseudo(size)))) != 0xffff) return;
    const bool follows =
        count_ != 0 && count_ < 64 && std::memcmp(ip + 8, head_ + 8, 32) == 0 &&
        std::memcmp(ip, head_, 2) == 0 && ip[7] == head_[7] && std::memcmp(rest, head_ + 40, 4) == 0 &&
        load32(rest + 4) == next_ && std::memcmp(rest + 8, head_ + 48, 5) == 0 && rest[13] == head_[53] &&
        std::memcmp(rest + 14, head_ + 54, 2) == 0 && std::memcmp(rest + 18, head_ + 58, 14) == 0 &&
        size - 32 <= each_ && last_ == each_ && octets_ + size <= 65495;
    if (!follows) {
      flush(out);
      std::memcpy(head_, ip, 40);
      std::memcpy(head_ + 40, rest, 32);
      each_ = size - 32, octets_ = 0, next_ = load32(rest + 4);
    }
    parts_[count_++] = {rest + 32, size - 32};
    last_ = size - 32, octets_ += last_, next_ += static_cast<std::uint32_t>(last_);
  }
  template <class Out>
  void flush(Out&& out) {
    if (count_ == 0) return;
    const auto length = __builtin_bswap16(static_cast<std::uint16_t>(32 + octets_));
    std::memcpy(head_ + 4, &length, 2);
    const std::uint16_t partial = fold(sum(head_ + 8, 32, pseudo(32 + octets_)));
    std::memcpy(head_ + 56, &partial, 2);
    out(head_, parts_.data(), count_);
    count_ = 0;
  }

  struct Part {
    const unsigned char* at;
    std::size_t size;
  };

 private:
  unsigned char head_[72];
  std::array<Part, 64> parts_;
  std::size_t count_ = 0, each_ = 0, last_ = 0, octets_ = 0;
  std::uint32_t next_ = 0;
};

/// A node with an interface, in steady state: its packets go to the node that they name, and what comes for it, from anybody and of
/// connections that have begun, is joined.
class Tunnel {
 public:
  Tunnel(Node& node, std::uint64_t nid, std::uint64_t prefix) : node_(node) {
    store64(own_, prefix), store64(own_ + 8, nid);
  }

  void from_host(unsigned char* packet, std::size_t size, std::size_t each, Time now) {
    if (size < 72 || packet[0] >> 4 != 6 || load16(packet + 4) != size - 40) return void(++dropped);
    if (packet[24] == 0xff || std::memcmp(packet + 8, own_, 16) != 0) return void(++dropped);
    const std::uint64_t to = load64(packet + 32);
    if (std::memcmp(packet + 24, own_, 8) != 0 || to == 0 || std::memcmp(packet + 32, own_ + 8, 8) == 0)
      return void(++dropped);
    if (packet[6] == 17) note(load16(packet + 40), now);
    if (to != ready_ || now >= ready_until_) consider(to, now);
    unsigned char head[36] = {0x10, packet[6], static_cast<unsigned char>(packet[0] << 4 | packet[1] >> 4),
                              packet[7]};
    cut(packet, size, each, [&](const unsigned char* header, const unsigned char* rest, std::size_t length) {
      std::memcpy(head + 4, header, 32);
      if (length + 72 > limit_ || node_.send_packet(47, to, head, rest, length, now) != 0) ++dropped;
    });
  }

  template <class Out>
  void from_network(std::uint64_t interface, std::uint64_t sender, unsigned char* frame, std::size_t size,
                    Time now, Out&& out) {
    node_.receive_packet(interface, sender, frame, size, now, [&](const unsigned char* packet, std::size_t) {
      if (packet[6] != 47 || size < 44 || packet[40] != 0x10) return void(++dropped);
      const std::uint64_t from = load64(packet + 16);
      if (from != heard_ || now >= heard_until_) accept(from, now);
      if (!passes(packet[41], packet + 44, size - 44, now)) return void(++dropped);
      unsigned char ip[40];
      ip[0] = static_cast<unsigned char>(0x60 | packet[42] >> 4);
      ip[1] = static_cast<unsigned char>(packet[42] << 4);
      ip[2] = ip[3] = 0;
      store16(ip + 4, static_cast<std::uint16_t>(size - 44));
      ip[6] = packet[41];
      ip[7] = packet[43];
      std::memcpy(ip + 8, own_, 8);
      store64(ip + 16, from);
      std::memcpy(ip + 24, own_, 16);
      joiner_.push(ip, packet + 44, size - 44, out);
      ++delivered;
    });
  }
  template <class Out>
  void flush(Out&& out) {
    joiner_.flush(out);
  }

  std::uint64_t dropped = 0, delivered = 0;

 private:
  [[gnu::noinline]] void consider(std::uint64_t to, Time now) { ready_ = to, ready_until_ = now + hold; }
  [[gnu::noinline]] void accept(std::uint64_t from, Time now) { heard_ = from, heard_until_ = now + hold; }
  void note(std::uint16_t port, Time now) {
    if (now >= turn_) sent_.fill(0), turn_ = now + 60 * second;
    sent_[port / 64] |= std::uint64_t{1} << port % 64;
  }
  bool passes(std::uint8_t next_header, const unsigned char* rest, std::size_t size, Time now) {
    if (next_header == 6) {
      if (size < 20 || rest[12] / 16u * 4u < 20 || rest[12] / 16u * 4u > size) return false;
      return (rest[13] & 0x12) != 2 || exposed(load16(rest + 2));
    }
    return next_header == 17 && size >= 8 &&
           (exposed(load16(rest + 2)) || (now < turn_ && sent_[load16(rest + 2) / 64] != 0));
  }
  bool exposed(std::uint16_t port) const { return exposed_[port / 64] >> port % 64 & 1; }

  Node& node_;
  unsigned char own_[16];
  std::uint64_t ready_ = 0, heard_ = 0;
  Time ready_until_ = long_ago, heard_until_ = long_ago, turn_ = long_ago;
  std::size_t limit_ = 1436;
  std::array<std::uint64_t, 1024> sent_{}, exposed_{};
  Joiner joiner_;
};

}  // namespace baseline

#include "ilnp/tun/joiner.hpp"
#include "ilnp/tun/tun.hpp"

namespace {

constexpr std::size_t segments = 40;

/// A long packet of the kernel, and what it is cut into.
struct Packets {
  explicit Packets(std::size_t payload)
      : each(payload),
        whole(72 + segments * payload),
        parts(segments, std::vector<unsigned char>(32 + payload)) {
    for (std::size_t i = 0; i < whole.size(); ++i) whole[i] = static_cast<unsigned char>(i * 7);
    whole[0] = 0x60;
    const auto length = static_cast<std::uint16_t>(whole.size() - 40);
    whole[4] = static_cast<unsigned char>(length >> 8), whole[5] = static_cast<unsigned char>(length),
    whole[6] = 6;
    whole[52] = 0x80, whole[53] = 0x10;
    std::size_t i = 0;
    baseline::cut(whole.data(), whole.size(), each,
                  [&](const unsigned char* head, const unsigned char* rest, std::size_t size) {
                    std::memcpy(parts[i].data(), head, 32);
                    std::memcpy(parts[i++].data() + 32, rest, size);
                  });
  }
  std::size_t each;
  std::vector<unsigned char> whole;
  std::vector<std::vector<unsigned char>> parts;
  std::uint64_t result = 0;
};

struct CutOurs : Packets {
  using Packets::Packets;
  void run() {
    const ilnp::wire::VirtioNetHeader virtio{1, 4, 72, static_cast<std::uint16_t>(each), 40, 16};
    ilnp::tun::cut(virtio, ilnp::MutableBytes(reinterpret_cast<std::byte*>(whole.data()), whole.size()),
                   [&](ilnp::Bytes head, ilnp::Bytes rest) {
                     result += std::to_integer<unsigned>(head[16]) * 31 +
                               std::to_integer<unsigned>(head[17]) + rest.size();
                   });
    bench::keep(result);
  }
};
struct CutByHand : Packets {
  using Packets::Packets;
  void run() {
    baseline::cut(whole.data(), whole.size(), each,
                  [&](const unsigned char* head, const unsigned char*, std::size_t size) {
                    result += head[16] * 31u + head[17] + size;
                  });
    bench::keep(result);
  }
};
struct JoinOurs : Packets {
  using Packets::Packets;
  ilnp::tun::Joiner joiner;
  void run() {
    const auto out = [&](const auto&, ilnp::Bytes head, auto written) {
      result += std::to_integer<unsigned>(head.back()) + written.size();
    };
    ilnp::ToHost to{};
    std::memcpy(to.ipv6.data(), whole.data(), 40);
    for (const auto& part : parts)
      joiner.push(to, ilnp::Bytes(reinterpret_cast<const std::byte*>(part.data()), part.size()), out);
    joiner.flush(out);
    bench::keep(result);
  }
};
struct JoinByHand : Packets {
  using Packets::Packets;
  baseline::Joiner joiner;
  void run() {
    const auto out = [&](const unsigned char* head, const auto*, std::size_t count) {
      result += head[71] + count;
    };
    for (const auto& part : parts) joiner.push(whole.data(), part.data(), part.size(), out);
    joiner.flush(out);
    bench::keep(result);
  }
};

constexpr std::uint64_t prefix = 0xfd00'0000'0000'0000;

/// The packets of a tunnel between `peer` and this node: a long one to the peer, and frames with the parts of one from there.
struct TunnelPackets : Packets {
  explicit TunnelPackets(std::size_t payload) : Packets(payload), frames(segments) {
    const auto address = [](unsigned char* at, std::uint64_t nid) {
      baseline::store64(at, prefix), baseline::store64(at + 8, nid);
    };
    address(whole.data() + 8, bench::peer), address(whole.data() + 24, bench::self);
    whole[1] = 0, whole[7] = 64;
    std::size_t i = 0;
    baseline::cut(whole.data(), whole.size(), each,
                  [&](const unsigned char* head, const unsigned char* rest, std::size_t size) {
                    auto& frame = frames[i++];
                    frame.resize(76 + size);
                    baseline::store16(frame.data() + 4, static_cast<std::uint16_t>(36 + size));
                    frame[6] = 47;
                    baseline::store64(frame.data() + 8, 0x100);
                    baseline::store64(frame.data() + 16, bench::peer);
                    baseline::store64(frame.data() + 24, bench::first_network);
                    baseline::store64(frame.data() + 32, bench::self);
                    frame[40] = 0x10, frame[41] = 6, frame[43] = 64;
                    std::memcpy(frame.data() + 44, head, 32);
                    std::memcpy(frame.data() + 76, rest, size);
                  });
    address(whole.data() + 8, bench::self), address(whole.data() + 24, bench::peer);
  }
  std::vector<std::vector<unsigned char>> frames;
};

/// A whole node with an interface.
struct TunnelOurs : TunnelPackets, bench::Ours<ilnp::Tun<ilnp::ILNP<bench::MemoryUnderlay>>> {
  explicit TunnelOurs(std::size_t payload) : TunnelPackets(payload), Ours(false, 1, tunnel()) {
    to_host();  // which tells it of the peer
    result = 0;
  }
  static ilnp::TunConfig tunnel() {
    ilnp::TunConfig config;
    config.prefix = prefix;
    return config;
  }
  void from_host() {
    begin();
    const ilnp::wire::VirtioNetHeader virtio{1, 4, 72, static_cast<std::uint16_t>(each), 40, 16};
    stack.from_host(virtio, ilnp::MutableBytes(reinterpret_cast<std::byte*>(whole.data()), whole.size()), cx,
                    [](auto&&...) {});
    result += lowest_layer(stack).queue.count;
    end();
  }
  void to_host() {
    begin();
    const auto out = [&](const auto&, ilnp::Bytes head, auto written) {
      result += std::to_integer<unsigned>(head.back()) + written.size();
    };
    for (auto& frame : frames) {
      frame[7] = 3;
      stack.feed({ilnp::Locator(bench::first_network), 7},
                 ilnp::MutableBytes(reinterpret_cast<std::byte*>(frame.data()), frame.size()), cx,
                 [&]<class Source>(const Source& source, ilnp::MutableBytes rest) {
                   if constexpr (std::is_same_v<Source, ilnp::ToHost>) joiner.push(source, rest, out);
                 });
    }
    joiner.flush(out);
    end();
  }
  ilnp::tun::Joiner joiner;
};
struct TunnelByHand : TunnelPackets, bench::ByHand {
  explicit TunnelByHand(std::size_t payload) : TunnelPackets(payload), ByHand(false, 1) {}
  void from_host() {
    begin();
    tunnel.from_host(whole.data(), whole.size(), each, now);
    result += node.queue.count;
    end();
  }
  void to_host() {
    begin();
    const auto out = [&](const unsigned char* head, const auto*, std::size_t count) {
      result += head[71] + count;
    };
    for (auto& frame : frames) {
      frame[7] = 3;
      tunnel.from_network(bench::first_network, 7, frame.data(), frame.size(), now, out);
    }
    tunnel.flush(out);
    end();
  }
  baseline::Tunnel tunnel{node, bench::self, prefix};
};
template <class Side>
struct FromHost : Side {
  using Side::Side;
  void run() { this->from_host(), bench::keep(this->result); }
};
template <class Side>
struct ToHost : Side {
  using Side::Side;
  void run() { this->to_host(), bench::keep(this->result); }
};

/// Both sides must come to the same.
template <class Ours, class ByHand>
void pair(const std::string& name, std::size_t payload) {
  Ours ours(payload);
  ByHand by_hand(payload);
  ours.run(), by_hand.run();
  if (ours.result != by_hand.result || ours.result == 0) throw std::logic_error(name + ": not the same work");
  bench::add(name + ", " + std::to_string(payload) + " octets", segments, bench::repeat<Ours>(payload),
             bench::repeat<ByHand>(payload));
}

const bool added = [] {
  for (const std::size_t payload : {100u, 1364u}) {
    pair<CutOurs, CutByHand>("cut a long packet", payload);
    pair<JoinOurs, JoinByHand>("join segments", payload);
    pair<FromHost<TunnelOurs>, FromHost<TunnelByHand>>("tunnel, from the host", payload);
    pair<ToHost<TunnelOurs>, ToHost<TunnelByHand>>("tunnel, to the host", payload);
  }
  return true;
}();

}  // namespace
