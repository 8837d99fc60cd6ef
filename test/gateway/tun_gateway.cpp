// Two hosts whose kernels the test plays: what one of them sends to its interface comes out of that of the other.

#include "ilnp/gateway/tun_gateway.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>
#include <optional>

#include "asio/pair.hpp"
#include "tun/vectors.hpp"

namespace ilnp::test::tun_gateway_test {

using Stack = Tun<ILNP<CableEnd>>;

/// An interface, as a socket whose other end is the kernel. The test says what fails.
struct PairDevice {
  int native_handle() const noexcept { return device.native_handle(); }
  bool joins_tcp() const noexcept { return true; }
  bool joins_udp() const noexcept { return true; }
  bool exists() const noexcept { return !*deleted; }
  std::size_t read(MutableBytes buffer, error_code& error) {
    if (*deleted) return error = {EBADFD, boost::system::system_category()}, 0;
    if (*failures > 0) return --*failures, error = {EIO, boost::system::system_category()}, 0;
    return device.read(buffer, error);
  }
  error_code write(std::span<const iovec> parts) { return device.write(parts); }

  TunDevice device;
  std::shared_ptr<bool> deleted = std::make_shared<bool>(false);
  std::shared_ptr<int> failures = std::make_shared<int>(0);
};

/// A host: its kernel's end of the interface, and its node.
struct Host {
  using TheNode = Node<Stack, BasicTunSink<PairDevice>::To>;

  static TunConfig config() {
    TunConfig config;
    config.prefix = 0xfd77'1122'3344'0000;  // of the vectors
    config.exposed = {7777};
    return config;
  }

  Host(boost::asio::io_context& io, const char* name, std::uint64_t nid, int cable)
      : stack(config(), named(name, nid), cable), node(io.get_executor(), stack, sink.to()) {
    int ends[2];
    BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    kernel = OwnedSocket(ends[0]);
    PairDevice device{TunDevice(OwnedSocket(ends[1]), "pair", TunDevice::all_offloads)};
    deleted = device.deleted;
    failures = device.failures;
    gateway.emplace(io.get_executor(), node, sink, std::move(device), [this](const error_code&) { ++gone; });
    BOOST_TEST(!node.start());
  }

  void send(const Octets& packet) {
    BOOST_TEST(::send(kernel.native_handle(), packet.data(), packet.size(), 0) ==
               static_cast<ssize_t>(packet.size()));
  }
  /// The next packet for this host, with its virtio header; empty if there is none.
  Octets next() {
    Octets packet(TunDevice::max_read);
    const auto size = ::recv(kernel.native_handle(), packet.data(), packet.size(), 0);
    packet.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return packet;
  }

  Stack stack;
  BasicTunSink<PairDevice> sink;
  TheNode node;
  OwnedSocket kernel;
  std::shared_ptr<bool> deleted;
  std::shared_ptr<int> failures;
  int gone = 0;
  std::optional<TunGateway<TheNode, PairDevice>> gateway;
};

struct Hosts {
  /// What comes out at `to` after `packet` was sent at `from`.
  Octets carry(Host& from, Host& to, const Octets& packet) {
    from.send(packet);
    Octets arrived;
    run_until(io, [&] { return !(arrived = to.next()).empty(); });
    return arrived;
  }

  boost::asio::io_context io;
  Cable cable;
  Host a{io, "alice", 0xa, cable.ends[0]};
  Host b{io, "bob", 0xb, cable.ends[1]};
};

/// A packet as it arrives: the flow label is not carried.
Octets without_flow_label(Octets packet) {
  packet[11] &= std::byte{0xf0};
  packet[12] = packet[13] = std::byte{};
  return packet;
}
/// What of a packet does not depend on who fills in the checksum of its TCP segment.
Octets apart_from_checksum(Octets packet) {
  packet = without_flow_label(std::move(packet));
  std::fill_n(packet.begin(), wire::VirtioNetHeader::size, std::byte{});
  packet[66] = packet[67] = std::byte{};
  return packet;
}

BOOST_FIXTURE_TEST_SUITE(tun_gateway, Hosts)

BOOST_AUTO_TEST_CASE(a_connection_of_two_kernels_passes) {
  Host* const hosts[] = {&a, &b};
  const std::pair<const char*, int> reads[] = {
      {"tcp-00-a-syn", 0}, {"tcp-01-b-synack", 1}, {"tcp-02-a-ack", 0}, {"tcp-03-a-psh-gso", 0},
      {"tcp-04-b-ack", 1}, {"tcp-05-a-psh", 0},    {"tcp-06-b-ack", 1}, {"tcp-07-a-fin", 0},
      {"tcp-08-b-fin", 1}, {"tcp-09-a-ack", 0}};
  for (const auto& [name, who] : reads) {
    const Octets read = tun_vector(name);
    const Octets arrived = carry(*hosts[who], *hosts[1 - who], read);
    BOOST_TEST((apart_from_checksum(arrived) == apart_from_checksum(read)), name);
    // The long one arrives as it was: cut, and joined again.
    if (std::string(name) == "tcp-03-a-psh-gso") BOOST_TEST((arrived == without_flow_label(read)));
  }
  BOOST_TEST(b.gateway->counters().joined_writes == 1u);
  BOOST_TEST(a.gateway->counters().reads == 6u);
  BOOST_TEST(a.gateway->counters().not_written == 0u);
  BOOST_TEST(a.gateway->device().exists());
}

BOOST_AUTO_TEST_CASE(errors_come_out_of_the_interface_of_who_has_sent) {
  Octets read = tun_vector("tcp-00-a-syn");
  read[10 + 24] = std::byte{0x20};  // a destination outside the prefix
  const Octets error = carry(a, a, read);
  BOOST_TEST_REQUIRE(error.size() > 52u);
  BOOST_TEST((error[10 + 6] == std::byte{58}));  // ICMPv6
  BOOST_TEST((error[10 + 40] == std::byte{1}));  // unreachable
  BOOST_TEST((error[10 + 41] == std::byte{}));   // no route
}

BOOST_AUTO_TEST_CASE(many_packets_in_a_row_all_pass) {
  carry(a, b, tun_vector("tcp-00-a-syn"));
  const Octets ack = tun_vector("tcp-02-a-ack");
  constexpr int count = 100;  // more than are read in a turn
  for (int i = 0; i < count; ++i) a.send(ack);
  int arrived = 0;
  run_until(io, [&] {
    while (!b.next().empty()) ++arrived;
    return arrived == count;
  });
}

BOOST_AUTO_TEST_CASE(an_interface_that_is_down_is_tried_again) {
  *a.failures = 2;
  carry(a, b, tun_vector("tcp-00-a-syn"));
  BOOST_TEST(*a.failures == 0);
  BOOST_TEST(a.gone == 0);
}

BOOST_AUTO_TEST_CASE(a_deleted_interface_is_told_once) {
  *a.deleted = true;
  a.send(tun_vector("tcp-00-a-syn"));
  run_until(io, [&] { return a.gone != 0; });
  settle(io);
  BOOST_TEST(a.gone == 1);
  // The node lives on, without an interface.
  b.send(tun_vector("tcp-01-b-synack"));
  run_until(io, [&] { return a.gateway->counters().not_written != 0; });
}

BOOST_AUTO_TEST_CASE(what_is_too_short_for_a_header_is_ignored) {
  a.send(Octets(4));
  carry(a, b, tun_vector("tcp-00-a-syn"));
  BOOST_TEST(a.gateway->counters().reads == 2u);
}

BOOST_AUTO_TEST_CASE(nothing_is_read_any_more_when_the_gateway_has_gone) {
  carry(a, b, tun_vector("tcp-00-a-syn"));
  a.gateway.reset();
  settle(io);
  b.send(tun_vector("tcp-01-b-synack"));
  run_until(io, [&] { return a.sink.counters().not_written != 0; });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::tun_gateway_test
