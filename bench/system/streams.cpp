// Moves octets over one stream as fast as it can, and says how fast that was; both ends lose datagrams that they receive, if told
// so. The same SCTP library with the same settings, two ways:
//
//   streams bare  send|receive INTERFACE LOSS SECONDS [PEER]   usrsctp on a UDP socket: receives and sends datagram by datagram
//   streams stack send|receive INTERFACE LOSS SECONDS          the toolkit: Sctp<STP<ILNP<McastUdp>>>
//   streams slow  send|receive INTERFACE LOSS SECONDS          the same, with the times of RFC 9260
//
// The receiver prints "MB/s" and a number, and ends.

#include <poll.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <ilnp/asio.hpp>
#include <ilnp/ilnp.hpp>
#include <ilnp/sctp/sctp.hpp>
#include <iostream>

#include "sockets.hpp"

namespace {

using namespace ilnp;

constexpr std::uint16_t udp_port = 10001;
constexpr std::uint16_t stream_port = 80;
constexpr std::size_t datagram = 1396;  // what the toolkit's transport carries

struct Options {
  bool sends;
  std::string interface;
  double loss;
  double seconds;
  std::string peer;
  SctpConfig streams{};
};

/// Decides which datagrams are lost.
class Loss {
 public:
  explicit Loss(double share) : bound_(static_cast<std::uint64_t>(share * 0x1p32)) {}
  bool operator()() { return bound_ != 0 && (random_() >> 32) < bound_; }

 private:
  std::uint64_t bound_;
  Random random_{random_seed()};
};

/// What the receiver counts, from the first octet on; the first fifth of the time is for the window to open.
class Meter {
 public:
  explicit Meter(double seconds) : seconds_(seconds) {}
  /// True when the time is over; then it has been said.
  bool count(std::size_t octets, TimePoint now) {
    if (first_ == never) first_ = now;
    const double time = std::chrono::duration<double>(now - first_).count();
    if (time > seconds_ / 5) {
      if (from_ == never) from_ = now;
      octets_ += octets;
    }
    if (time < seconds_ || said_) return said_;
    said_ = true;
    std::cout << "MB/s "
              << static_cast<double>(octets_) / 1e6 / std::chrono::duration<double>(now - from_).count()
              << std::endl;
    return true;
  }

 private:
  double seconds_;
  TimePoint first_ = never, from_ = never;
  std::uint64_t octets_ = 0;
  bool said_ = false;
};

// usrsctp alone

int bare_socket = -1;
sockaddr_in6 bare_peer{};

int bare_output(void*, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
  return ::sendto(bare_socket, packet, size, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&bare_peer),
                  sizeof bare_peer) < 0
             ? errno
             : 0;
}

int run_bare(const Options& options) {
  bare_socket = bench::udp_socket(AF_INET6);
  bench::set_buffers(bare_socket, 4 << 20, 4 << 20);
  sockaddr_in6 here{};
  here.sin6_family = AF_INET6;
  here.sin6_port = htons(udp_port);
  if (::bind(bare_socket, reinterpret_cast<sockaddr*>(&here), sizeof here) != 0) bench::die("bind");
  bare_peer = bench::address("[" + options.peer + "]:" + std::to_string(udp_port));

  usrsctp_init_nothreads(0, bare_output, nullptr);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_pr_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  void* const name = &bare_peer;
  usrsctp_register_address(name);
  SctpSocket listener, stream;
  const auto open = [&](std::uint16_t port) {
    return SctpSocket::open(options.streams, name, port, datagram).value();
  };
  if (options.sends) {
    stream = open(stream_port + 1);
    if (stream.connect(name, stream_port)) return 1;
  } else {
    listener = open(stream_port);
    if (listener.listen()) return 1;
  }
  Loss loses(options.loss);
  Meter meter(options.seconds);
  std::vector<std::byte> buffer(64 * 1024);
  const Bytes piece = Bytes(buffer).first((datagram & ~std::size_t{3}) - 28);
  auto last = steady_now();
  std::cout << "ready" << std::endl;
  while (true) {
    pollfd readable{bare_socket, POLLIN, 0};
    ::poll(&readable, 1, 10);
    for (int i = 0; i < 64; ++i) {
      const ssize_t size = ::recv(bare_socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0) break;
      if (!loses()) usrsctp_conninput(name, buffer.data(), static_cast<std::size_t>(size), 0);
    }
    const auto now = steady_now();
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - last);
    if (elapsed.count() >= 10) {
      last += elapsed;
      usrsctp_handle_timers(static_cast<std::uint32_t>(elapsed.count()));
    }
    if (options.sends) {
      while (!stream.send(piece)) {
      }
      continue;
    }
    sockaddr_conn from{};
    if (!stream) stream = listener.accept(from);
    while (stream) {
      const auto received = stream.receive(buffer);
      if (received.error) break;
      if (!received.notification && meter.count(received.size, steady_now())) return 0;
    }
  }
}

// The toolkit

/// A layer to insert above an underlay: loses frames that come in.
template <Underlay Next>
class Lossy : public UnderlayAdaptor<Next> {
 public:
  template <class... Args>
  explicit Lossy(double share, Args&&... next)
      : UnderlayAdaptor<Next>(std::forward<Args>(next)...), loses_(share) {}

  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx& cx, Up&& up) {
    this->next_.feed(from, frame, cx, [&](FrameSource source, MutableBytes taken) {
      if (!loses_()) up(source, taken);
    });
  }

 private:
  Loss loses_;
};

using Stack = Sctp<STP<ILNP<Lossy<McastUdp>>>>;

/// Writes as much, or reads as much, as can be, whenever there is an event.
struct Talker {
  struct Up {
    Talker* talker;
    void operator()(const StreamEvent& event, Bytes) const { talker->on_event(event); }
    void operator()(const DatagramSource&, Bytes) const {}
  };

  Talker(boost::asio::io_context& loop, Stack& stack, const Options& how)
      : io(loop), options(how), meter(how.seconds), node(loop.get_executor(), stack, Up{this}) {}

  void on_event(const StreamEvent& event) {
    node.with([&](Stack& stack, auto& cx) {
      if (event.kind == StreamEvent::Kind::closed) return io.stop();
      if (options.sends) {
        while (const auto taken = stack.write(event.stream, buffer, cx))
          if (*taken < buffer.size()) break;
        return;
      }
      while (const auto size = stack.read(event.stream, buffer, cx))
        if (*size == 0 || meter.count(*size, cx.now())) return io.stop();
    });
  }

  boost::asio::io_context& io;
  Options options;
  Meter meter;
  std::vector<std::byte> buffer = std::vector<std::byte>(64 * 1024);
  Node<Stack, Up> node;
};

int run_stack(const Options& options) {
  NetworkConfig network;
  network.nid = Nid(options.sends ? 1 : 2);
  network.host_name = options.sends ? "sender" : "receiver";
  network.locators = {{Locator(0xa)}};
  LinkConfig link;
  link.mcast_port = 10000;
  link.mcast_interface = options.interface;
  boost::asio::io_context io(1);
  Stack stack(options.streams, network, options.loss, link);
  Talker talker(io, stack, options);
  if (const error_code error = talker.node.start()) throw boost::system::system_error(error, "start");
  talker.node.with([](Stack& all, auto&) { return all.listen(stream_port); });
  std::cout << "ready" << std::endl;
  if (options.sends) {
    while (!talker.node.with([](Stack& all, auto& cx) { return all.resolve("receiver", cx); }))
      io.run_one_for(std::chrono::milliseconds(10));
    static_cast<void>(
        talker.node.with([](Stack& all, auto& cx) { return all.connect(Nid(2), stream_port, cx); }));
  }
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 6) {
    std::cerr << "streams bare|stack|slow send|receive INTERFACE LOSS SECONDS [PEER]\n";
    return 2;
  }
  Options options{argv[2] == std::string("send"), argv[3], std::stod(argv[4]), std::stod(argv[5]),
                  argc > 6 ? argv[6] : ""};
  if (argv[1] == std::string("slow")) {
    options.streams.min_retransmission_time = options.streams.first_retransmission_time =
        std::chrono::seconds(1);
    options.streams.acknowledgement_delay = std::chrono::milliseconds(200);
  }
  return argv[1] == std::string("bare") ? run_bare(options) : run_stack(options);
} catch (const std::exception& error) {
  std::cerr << "streams: " << error.what() << std::endl;
  return 1;
}
