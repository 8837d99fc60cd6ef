// The least that a TUN interface over this underlay can do: reads of the device are cut into segments, their checksums are
// filled in, and they leave in trains; what arrives is verified, joined, and written. One peer, and no way to lose it.
//
//   null-tun INTERFACE PORT JOINED-GROUP OTHER-GROUP LOOP OWN PEER [NAME]     (LOOP: 1 or 0; OWN, PEER: IPv6 addresses)
//
// Makes the device NAME (tun0) and says "ready": MTU, address and route are for the caller to set. When it ends it prints how
// many segments were joined into how many writes.

#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>

#include "batch.hpp"
#include "sockets.hpp"

namespace {

// <linux/virtio_net.h> is no C++.
struct VirtioNetHeader {
  std::uint8_t flags, gso_type;
  std::uint16_t hdr_len, gso_size, csum_start, csum_offset;
};
static_assert(sizeof(VirtioNetHeader) == 10);

constexpr std::size_t virtio = sizeof(VirtioNetHeader);
constexpr std::size_t ipv6 = 40, frame_header = 40, tun_header = 4;
constexpr std::uint8_t needs_csum = 1, gso_tcp = 4, gso_udp = 5, gso_ecn = 0x80;
constexpr std::uint8_t tcp = 6, udp = 17, next_header = 47;
constexpr std::uint8_t fin = 1, psh = 8, ack = 16, cwr = 128;
constexpr std::size_t reads = 8, read_size = 65536 + virtio;
constexpr std::size_t max_train = 64, max_octets = 65000;

unsigned octet(const std::byte* at) { return std::to_integer<unsigned>(*at); }
std::uint16_t get16(const std::byte* at) {
  return static_cast<std::uint16_t>(octet(at) << 8 | octet(at + 1));
}
std::uint32_t get32(const std::byte* at) { return std::uint32_t{get16(at)} << 16 | get16(at + 2); }
void put16(std::byte* at, std::size_t value) {
  at[0] = static_cast<std::byte>(value >> 8);
  at[1] = static_cast<std::byte>(value);
}
void put32(std::byte* at, std::uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

/// One's complement sum in the machine's order, of which the octets are those of the right sum when it is stored as it is.
std::uint64_t add(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t sum = a + b;
  return sum + (sum < b ? 1 : 0);
}
std::uint64_t sum(const std::byte* data, std::size_t size) {
  std::uint64_t sums[4]{};
  std::uint64_t words[4];
  for (; size >= sizeof words; data += sizeof words, size -= sizeof words) {
    std::memcpy(words, data, sizeof words);
    for (std::size_t i = 0; i < 4; ++i) sums[i] = add(sums[i], words[i]);
  }
  std::uint64_t tail[4]{};
  if (size != 0) std::memcpy(tail, data, size);
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < 4; ++i) all = add(all, add(sums[i], tail[i]));
  return all;
}
std::uint16_t fold(std::uint64_t value) {
  value = (value & 0xffffffff) + (value >> 32);
  value = (value & 0xffff) + (value >> 16 & 0xffff) + (value >> 32);
  value = (value & 0xffff) + (value >> 16);
  return static_cast<std::uint16_t>((value & 0xffff) + (value >> 16));
}
void store(std::byte* at, std::uint16_t value) { std::memcpy(at, &value, sizeof value); }

std::uint64_t in_order(std::uint32_t value) {
  const std::uint32_t swapped = htonl(value);
  return swapped;
}

/// Segments on their way out: a head each, made here, and octets of a read; trains of equal ones.
class Trains {
 public:
  Trains(int socket, const sockaddr_in6& to) : socket_(socket), to_(to) {}

  std::byte* head() {
    if (segments_ == heads_.size()) flush();
    return heads_[segments_].data();
  }
  /// What was written at `head`, and octets that stay until `flush`.
  void add(std::size_t head_size, const std::byte* data, std::size_t size) {
    const std::size_t whole = head_size + size;
    const bool joins = count_ != 0 && count_ < max_train && whole <= size_of_each_ && closed_ == 0 &&
                       octets_ + whole <= max_octets;
    if (!joins) begin(whole);
    parts_[part_++] = {heads_[segments_++].data(), head_size};
    messages_[message_ - 1].msg_hdr.msg_iovlen += size != 0 ? 2 : 1;
    if (size != 0) parts_[part_++] = {const_cast<std::byte*>(data), size};
    octets_ += whole;
    if (whole < size_of_each_) closed_ = 1;
    if (++count_ == 2) segmented(messages_[message_ - 1].msg_hdr);
  }
  void flush() {
    for (std::size_t at = 0; at < message_;) {
      const int sent = ::sendmmsg(socket_, &messages_[at], static_cast<unsigned>(message_ - at), 0);
      at += sent > 0 ? static_cast<std::size_t>(sent) : errno == EINTR ? 0 : 1;
    }
    segments_ = message_ = part_ = count_ = 0;
  }

 private:
  void begin(std::size_t whole) {
    msghdr& header = messages_[message_].msg_hdr;
    header = {};
    header.msg_name = &to_;
    header.msg_namelen = sizeof to_;
    header.msg_iov = &parts_[part_];
    header.msg_control = controls_[message_++].octets;
    count_ = octets_ = closed_ = 0;
    size_of_each_ = whole;
  }
  void segmented(msghdr& header) {
    header.msg_controllen = sizeof(Control);
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = IPPROTO_UDP;
    item->cmsg_type = UDP_SEGMENT;
    item->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(size_of_each_);
    std::memcpy(CMSG_DATA(item), &size, sizeof size);
  }

  struct Control {
    alignas(cmsghdr) std::byte octets[CMSG_SPACE(sizeof(std::uint16_t))];
  };
  static constexpr std::size_t most = 1024;
  int socket_;
  sockaddr_in6 to_;
  std::size_t segments_ = 0, message_ = 0, part_ = 0, count_ = 0, octets_ = 0, size_of_each_ = 0, closed_ = 0;
  std::vector<std::array<std::byte, 128>> heads_{most};
  std::vector<mmsghdr> messages_{most};
  std::vector<Control> controls_{most};
  std::vector<iovec> parts_{2 * most};
};

/// The packets of a batch, joined where they continue one another.
class Joiner {
 public:
  Joiner(int device, const in6_addr& own, const in6_addr& peer) : device_(device) {
    std::memcpy(addresses_, &peer, sizeof peer);
    std::memcpy(addresses_ + sizeof peer, &own, sizeof own);
    address_sum_ = sum(addresses_, sizeof addresses_);
  }

  /// A packet: protocol, traffic class and hop limit, and what followed the IPv6 header.
  void push(unsigned protocol, unsigned traffic_class, unsigned hop_limit, const std::byte* data,
            std::size_t size) {
    const bool is_tcp = protocol == tcp && size >= 20, is_udp = protocol == udp && size >= 8;
    const std::size_t header = is_tcp ? (octet(data + 12) >> 4) * 4 : 8;
    if (!is_tcp && !is_udp) return alone(protocol, traffic_class, hop_limit, data, size);
    Item* item = find(protocol, get32(data));
    const bool candidate = header <= size && size > header &&
                           (!is_tcp || (header >= 20 && (octet(data + 13) & ~unsigned{psh}) == ack)) &&
                           verified(protocol, data, size);
    const std::size_t payload = size - std::min(header, size);
    if (item != nullptr && candidate && continues(*item, traffic_class, hop_limit, data, header, payload)) {
      item->parts.push_back({const_cast<std::byte*>(data) + header, payload});
      item->octets += payload;
      item->sequence += static_cast<std::uint32_t>(payload);
      const bool last = is_tcp && (octet(data + 13) & psh) != 0;
      if (last) item->head[10 + ipv6 + 13] |= std::byte{psh};
      if (last || payload < item->gso_size) write(*item);
      return;
    }
    if (item != nullptr) write(*item);
    if (!candidate) return alone(protocol, traffic_class, hop_limit, data, size);
    if (open_ == items_.size())
      write(*std::min_element(items_.begin(), items_.end(), [](auto& a, auto& b) { return a.age < b.age; }));
    Item& fresh =
        *std::find_if(items_.begin(), items_.end(), [](const Item& each) { return each.octets == 0; });
    ++open_;
    fresh.age = ++age_;
    fresh.protocol = protocol;
    fresh.ports = get32(data);
    fresh.header = header;
    fresh.gso_size = fresh.octets = payload;
    fresh.sequence = is_tcp ? get32(data + 4) + static_cast<std::uint32_t>(payload) : 0;
    begin(fresh.head.data() + virtio, protocol, traffic_class, hop_limit);
    std::memcpy(fresh.head.data() + virtio + ipv6, data, header);
    fresh.parts.clear();
    fresh.parts.push_back({});
    fresh.parts.push_back({const_cast<std::byte*>(data) + header, payload});
    if (is_tcp && (octet(data + 13) & psh) != 0) write(fresh);
  }

  void flush() {
    while (open_ != 0) {
      Item* oldest = nullptr;
      for (Item& item : items_)
        if (item.octets != 0 && (oldest == nullptr || item.age < oldest->age)) oldest = &item;
      write(*oldest);
    }
  }

  std::uint64_t joined_writes = 0, joined_segments = 0, writes = 0, errors = 0;

 private:
  struct Item {
    std::uint64_t age = 0;
    unsigned protocol = 0;
    std::uint32_t ports = 0, sequence = 0;
    std::size_t header = 0, gso_size = 0, octets = 0;
    std::array<std::byte, virtio + ipv6 + 60> head;
    std::vector<iovec> parts;
  };

  Item* find(unsigned protocol, std::uint32_t ports) {
    for (Item& item : items_)
      if (item.octets != 0 && item.ports == ports && item.protocol == protocol) return &item;
    return nullptr;
  }
  std::uint64_t pseudo(unsigned protocol, std::size_t size) const {
    return add(address_sum_, add(in_order(static_cast<std::uint32_t>(size)), in_order(protocol)));
  }
  bool verified(unsigned protocol, const std::byte* data, std::size_t size) const {
    return fold(add(pseudo(protocol, size), sum(data, size))) == 0xffff;
  }
  bool continues(const Item& item, unsigned traffic_class, unsigned hop_limit, const std::byte* data,
                 std::size_t header, std::size_t payload) const {
    const std::byte* ip = item.head.data() + virtio;
    const std::byte* first = ip + ipv6;
    if (header != item.header || payload > item.gso_size || item.octets + header + payload > 65535 - ipv6 ||
        hop_limit != octet(ip + 7) || traffic_class != (get16(ip) >> 4 & 0xff))
      return false;
    if (item.protocol == udp) return item.parts.size() < 64;
    return get32(data + 4) == item.sequence && std::memcmp(data + 8, first + 8, 5) == 0 &&
           std::memcmp(data + 14, first + 14, 2) == 0 && std::memcmp(data + 18, first + 18, header - 18) == 0;
  }
  void begin(std::byte* ip, unsigned protocol, unsigned traffic_class, unsigned hop_limit) const {
    put32(ip, 6u << 28 | traffic_class << 20);
    ip[6] = static_cast<std::byte>(protocol);
    ip[7] = static_cast<std::byte>(hop_limit);
    std::memcpy(ip + 8, addresses_, sizeof addresses_);
  }
  void alone(unsigned protocol, unsigned traffic_class, unsigned hop_limit, const std::byte* data,
             std::size_t size) {
    std::byte head[virtio + ipv6]{};
    begin(head + virtio, protocol, traffic_class, hop_limit);
    put16(head + virtio + 4, size);
    const iovec parts[2] = {{head, sizeof head}, {const_cast<std::byte*>(data), size}};
    put(parts, 2);
  }
  void write(Item& item) {
    const std::size_t size = item.header + item.octets, segments = item.parts.size() - 1;
    std::byte* ip = item.head.data() + virtio;
    put16(ip + 4, size);
    VirtioNetHeader header{};
    if (segments > 1) {
      const std::size_t offset = item.protocol == tcp ? 16 : 6;
      header = {needs_csum,
                item.protocol == tcp ? gso_tcp : gso_udp,
                static_cast<std::uint16_t>(ipv6 + item.header),
                static_cast<std::uint16_t>(item.gso_size),
                static_cast<std::uint16_t>(ipv6),
                static_cast<std::uint16_t>(offset)};
      if (item.protocol == udp) put16(ip + ipv6 + 4, size);
      store(ip + ipv6 + offset, fold(pseudo(item.protocol, size)));
      ++joined_writes;
      joined_segments += segments;
    }
    std::memcpy(item.head.data(), &header, sizeof header);
    item.parts[0] = {item.head.data(), virtio + ipv6 + item.header};
    put(item.parts.data(), item.parts.size());
    item.octets = 0;
    --open_;
  }
  void put(const iovec* parts, std::size_t count) {
    ++writes;
    if (::writev(device_, parts, static_cast<int>(count)) < 0) ++errors;
  }

  int device_;
  std::byte addresses_[32];
  std::uint64_t address_sum_, age_ = 0;
  std::size_t open_ = 0;
  std::array<Item, 8> items_;
};

/// Cuts what was read into segments.
void cut(std::byte* data, std::size_t size, std::uint64_t address_sum, Trains& out) {
  VirtioNetHeader info;
  std::memcpy(&info, data, sizeof info);
  std::byte* ip = data + virtio;
  if (size < virtio + ipv6 || octet(ip) >> 4 != 6 || octet(ip + 24) == 0xff) return;
  const unsigned protocol = octet(ip + 6);
  std::byte* transport = ip + ipv6;
  const std::size_t length = size - virtio - ipv6;
  const auto begin = [&](std::byte* head, std::size_t payload) {
    std::memset(head, 0, frame_header);
    put16(head + 4, tun_header + payload);
    head[6] = std::byte{next_header};
    head[7] = std::byte{3};
    head[frame_header] = std::byte{0x10};
    head[frame_header + 1] = static_cast<std::byte>(protocol);
    head[frame_header + 2] = static_cast<std::byte>(get16(ip) >> 4);
    head[frame_header + 3] = ip[7];
    return head + frame_header + tun_header;
  };
  if (info.gso_type == 0) {
    if ((info.flags & needs_csum) != 0) {
      const std::size_t start = info.csum_start - ipv6;
      const auto value = static_cast<std::uint16_t>(~fold(sum(transport + start, length - start)));
      store(transport + start + info.csum_offset,
            value == 0 && protocol == udp ? std::uint16_t{0xffff} : value);
    }
    begin(out.head(), length);
    out.add(frame_header + tun_header, transport, length);
    return;
  }
  const bool is_tcp = (info.gso_type & ~unsigned{gso_ecn}) == gso_tcp;
  const std::size_t header = is_tcp ? (octet(transport + 12) >> 4) * 4 : 8, check = is_tcp ? 16 : 6;
  const std::uint32_t sequence = is_tcp ? get32(transport + 4) : 0;
  for (std::size_t at = header; at < length;) {
    const std::size_t step = std::min<std::size_t>(info.gso_size, length - at);
    std::byte* to = begin(out.head(), header + step);
    std::memcpy(to, transport, header);
    if (is_tcp) {
      put32(to + 4, sequence + static_cast<std::uint32_t>(at - header));
      if (at + step < length) to[13] &= ~std::byte{fin | psh};
      if (at != header) to[13] &= ~std::byte{cwr};
    } else {
      put16(to + 4, header + step);
    }
    put16(to + check, 0);
    std::uint64_t all =
        add(address_sum, add(in_order(static_cast<std::uint32_t>(header + step)), in_order(protocol)));
    all = add(all, add(sum(to, header), sum(transport + at, step)));
    const auto value = static_cast<std::uint16_t>(~fold(all));
    store(to + check, value == 0 && !is_tcp ? std::uint16_t{0xffff} : value);
    out.add(frame_header + tun_header + header, transport + at, step);
    at += step;
  }
}

int open_device(const char* name) {
  const int device = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (device < 0) bench::die("/dev/net/tun");
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
  if (::ioctl(device, TUNSETIFF, &request) != 0) bench::die(name);
  int value = static_cast<int>(virtio);
  if (::ioctl(device, TUNSETVNETHDRSZ, &value) != 0) bench::die("header size");
  value = 1;
  if (::ioctl(device, TUNSETVNETLE, &value) != 0) bench::die("little-endian headers");
  for (const unsigned long offloads : {0x67ul, 0x07ul, 0ul})  // with USO, which is newer; with TSO; without
    if (::ioctl(device, TUNSETOFFLOAD, offloads) == 0) return device;
  bench::die("offloads");
}

volatile std::sig_atomic_t ended = 0;

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8 && argc != 9) return 2;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const int sender = bench::group_sender(argv[1], *argv[5] == '1');
  const int control = bench::group_receiver(port, bench::port_of(sender), true);
  const int received = bench::group_receiver(port, bench::port_of(sender), false);
  for (const int socket : {control, received})
    bench::join(socket, bench::address('[' + std::string(argv[3]) + "]:0").sin6_addr, argv[1]);
  const auto own = bench::address('[' + std::string(argv[6]) + "]:0").sin6_addr;
  const auto peer = bench::address('[' + std::string(argv[7]) + "]:0").sin6_addr;
  const int device = open_device(argc == 9 ? argv[8] : "tun0");
  const std::uint64_t address_sum = add(sum(reinterpret_cast<const std::byte*>(&own), sizeof own),
                                        sum(reinterpret_cast<const std::byte*>(&peer), sizeof peer));
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int each : {device, control, received}) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = each;
    if (::epoll_ctl(poll, EPOLL_CTL_ADD, each, &event) != 0) bench::die("epoll_ctl");
  }
  struct sigaction action {};
  action.sa_handler = [](int) { ended = 1; };
  for (const int signal : {SIGTERM, SIGINT}) ::sigaction(signal, &action, nullptr);

  const auto buffers = std::make_unique_for_overwrite<std::byte[]>(reads * read_size);
  Trains out(sender, bench::address('[' + std::string(argv[4]) + "]:" + argv[2]));
  Joiner joiner(device, own, peer);
  bench::Incoming from_control(8), in(32);
  const auto from_device = [&] {
    for (int turn = 0; turn < 4; ++turn) {
      std::size_t used = 0;
      for (; used < reads; ++used) {
        std::byte* buffer = buffers.get() + used * read_size;
        const ssize_t got = ::read(device, buffer, read_size);
        if (got < 0) break;
        cut(buffer, static_cast<std::size_t>(got), address_sum, out);
      }
      out.flush();
      if (used < reads) return;
    }
  };
  const auto from_network = [&](int socket, bench::Incoming& batch) {
    const std::size_t count = batch.receive(socket);
    for (std::size_t i = 0; i < count; ++i) {
      const bench::Train train = batch.train(i);
      for (std::size_t at = 0; at < train.size; at += train.segment) {
        const std::size_t size = std::min(train.segment, train.size - at);
        const std::byte* frame = train.data + at;
        if (size < frame_header + tun_header || octet(frame + 6) != next_header ||
            get16(frame + 4) + frame_header != size || octet(frame + frame_header) != 0x10)
          continue;
        const std::byte* head = frame + frame_header;
        joiner.push(octet(head + 1), octet(head + 2), octet(head + 3), head + tun_header,
                    size - frame_header - tun_header);
      }
    }
    joiner.flush();
  };

  std::cout << "ready" << std::endl;
  while (ended == 0) {
    epoll_event events[3];
    const int ready = ::epoll_wait(poll, events, 3, -1);
    if (ready < 0 && errno != EINTR) bench::die("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      if (events[i].data.fd == device) from_device();
      if (events[i].data.fd == control) from_network(control, from_control);
      if (events[i].data.fd == received) from_network(received, in);
    }
  }
  std::cout << "joined " << joiner.joined_segments << " segments in " << joiner.joined_writes << " writes of "
            << joiner.writes << ", errors " << joiner.errors << std::endl;
}
