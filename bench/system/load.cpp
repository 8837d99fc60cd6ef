// Loads a chain of forwarders or relays, and measures: datagrams go in at one host, and are counted where they come out
// at another. One process does both ends, in two network namespaces, so that it can keep a window: never more than so
// many datagrams under way, which finds the highest rate without loss by itself. Prints one JSON object.
//
//   load --from NETNS --to NETNS --send ADDRESS:PORT --bind ADDRESS:PORT [--receive ADDRESS:PORT] OPTION...
//
//   --join GROUP --interface NAME   the receiver hears this group; the sender sends to groups there
//   --size N          octets of a datagram, 24 at least
//   --frame L:L:NID   each datagram is a frame of the overlay from the first locator to the second, to the node NID
//                     (hexadecimal numbers)
//   --gso 0|1         several datagrams a buffer (default 1)
//   --window N        under way at most; 0: no limit
//   --rate N          datagrams a second at most; 0: no limit
//   --seconds S       how long
//   --watch PID       whose CPU time counts; repeatable
//   --pin CPU         where this process runs
//   --ping N          instead: N round trips, one after the other

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <numeric>
#include <thread>

#include "batch.hpp"
#include "sockets.hpp"

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

struct Options : std::multimap<std::string, std::string> {
  Options(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) emplace(argv[i] + 2, argv[i + 1]);
  }
  std::string text(const std::string& key, const std::string& otherwise = "") const {
    const auto found = find(key);
    return found == end() ? otherwise : found->second;
  }
  double number(const std::string& key, double otherwise) const {
    return count(key) != 0 ? std::stod(text(key)) : otherwise;
  }
};

/// Nanoseconds on a CPU of all threads of the watched processes, the kernel's work for them included.
double cpu_time(const Options& options) {
  double sum = 0;
  const auto [first, last] = options.equal_range("watch");
  for (auto each = first; each != last; ++each) {
    double time = 0;
    std::ifstream("/proc/" + each->second + "/schedstat") >> time;
    sum += time;
  }
  return sum;
}

/// Sockets that this thread opens belong to the host `name` from here on.
void enter(const std::string& name) {
  if (name.empty()) return;
  const int space = ::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) bench::die("host " + name);
  ::close(space);
}

struct Ends {
  int sender, receiver;
  sockaddr_in6 to, back;
};

Ends open_ends(const Options& options) {
  Ends ends{};
  const std::string interface = options.text("interface", "eth0");
  enter(options.text("from"));
  ends.to = bench::address(options.text("send"));
  const bool group = ends.to.sin6_family == AF_INET6 && ends.to.sin6_addr.s6_addr[0] == 0xff;
  if (group) {
    ends.sender = bench::group_sender(interface.c_str(), false);
  } else {
    ends.sender = bench::udp_socket(ends.to.sin6_family);
    if (options.count("bind")) bench::bind_to(ends.sender, bench::address(options.text("bind")));
    bench::set_buffers(ends.sender, 4 << 20, 4 << 20);
  }
  enter(options.text("to"));
  if (options.count("join")) {
    ends.receiver = bench::group_receiver(ntohs(ends.to.sin6_port), 0, false);
    bench::join(ends.receiver, bench::address('[' + options.text("join") + "]:1").sin6_addr,
                interface.c_str());
  } else {
    const auto here = bench::address(options.text("receive"));
    ends.receiver = bench::udp_socket(here.sin6_family);
    bench::bind_to(ends.receiver, here);
    bench::set_buffers(ends.receiver, 4 << 20, 4 << 20);
    bench::set(ends.receiver, IPPROTO_UDP, UDP_GRO, 1, "GRO");
  }
  if (options.count("answer")) ends.back = bench::address(options.text("answer"));
  return ends;
}

void store(std::byte* at, std::uint64_t value, int octets) {
  for (int i = octets - 1; i >= 0; --i, value >>= 8) at[i] = static_cast<std::byte>(value & 0xff);
}

/// One datagram of `size` octets; a frame of the overlay if asked for.
void fill(std::byte* at, std::size_t size, const std::string& frame) {
  std::memset(at, 'x', size);
  if (frame.empty()) return;
  std::uint64_t from, to, nid;
  std::sscanf(frame.c_str(), "%lx:%lx:%lx", &from, &to, &nid);
  store(at, 0, 4);
  store(at + 4, size - 40, 2);
  store(at + 6, 42, 1);  // next header: STP
  store(at + 7, 3, 1);   // hop limit
  store(at + 8, from, 8);
  store(at + 16, 0x5e9de7, 8);
  store(at + 24, to, 8);
  store(at + 32, nid, 8);
  store(at + 40, 7000, 2);
  store(at + 42, 7000, 2);
}

int flow(const Options& options) {
  const Ends ends = open_ends(options);
  const auto size = static_cast<std::size_t>(options.number("size", 84));
  const bool segmentation = options.number("gso", 1) != 0;
  const auto window = static_cast<std::uint64_t>(options.number("window", 0));
  const double rate = options.number("rate", 0);
  const double seconds = options.number("seconds", 1);
  const std::size_t most = std::clamp<std::size_t>(65000 / size, 1, 64);
  const std::size_t per_send = window == 0 ? most : std::clamp<std::size_t>(window / 2, 1, most);

  std::vector<std::byte> octets(size * most);
  for (std::size_t i = 0; i < most; ++i) fill(&octets[i * size], size, options.text("frame"));

  std::atomic<std::uint64_t> received{0}, wrong{0};
  std::atomic<bool> end{false};
  std::thread receiver([&] {
    bench::Incoming in(32);
    in.look_at(64);  // the load is to cost little: lengths are enough
    while (!end) {
      pollfd waiting{ends.receiver, POLLIN, 0};
      ::poll(&waiting, 1, 20);
      while (const std::size_t count = in.receive(ends.receiver, MSG_DONTWAIT | MSG_TRUNC)) {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < count; ++i) {
          const bench::Train train = in.train(i);
          if (train.size % size == 0 && (train.segment == size || train.size == size))
            sum += train.size / size;
          else
            ++wrong;
        }
        received.fetch_add(sum, std::memory_order_release);
      }
    }
  });

  bench::Outgoing out(segmentation);
  std::uint64_t sent = 0, given_up = 0, seen = 0;
  auto begin = Clock::now();
  auto progress = begin;
  double cpu = 0, time = 0;
  std::uint64_t counted = 0, counted_sent = 0;
  const double warm_up = std::min(0.1, seconds / 4);
  bool warm = false;
  for (;;) {
    const double now = seconds_since(begin);
    if (!warm && now >= warm_up) {
      warm = true;
      cpu = cpu_time(options);
      time = seconds_since(begin);
      counted = received;
      counted_sent = sent;
    }
    if (now >= seconds + warm_up) break;
    if (rate > 0 && static_cast<double>(sent) > rate * now) {
      const double ahead = static_cast<double>(sent) / rate - now;
      if (ahead > 100e-6) std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    if (window != 0) {
      const std::uint64_t arrived = received.load(std::memory_order_acquire);
      if (arrived != seen) {
        seen = arrived;
        progress = Clock::now();
      }
      const std::uint64_t gone = arrived + given_up;
      if (sent > gone && sent - gone + per_send > window) {
        if (seconds_since(progress) > 0.05) {  // what has not come by now will not come
          given_up = sent - arrived;
          progress = Clock::now();
        } else {
          ::sched_yield();
        }
        continue;
      }
      if (sent < gone) given_up = sent - arrived;
    }
    const std::size_t burst =
        rate > 0 ? std::clamp<std::size_t>(static_cast<std::size_t>(rate / 10000), 1, per_send) : per_send;
    out.add(ends.sender, ends.to, {octets.data(), burst * size, size, nullptr});
    out.flush(ends.sender);
    sent += burst;
  }
  cpu = cpu_time(options) - cpu;
  time = seconds_since(begin) - time;
  counted = received - counted;
  counted_sent = sent - counted_sent;
  for (int wait = 0; received < sent && wait < 60; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  end = true;
  receiver.join();
  const double packets = static_cast<double>(counted);
  std::cout << "{\"sent\": " << sent << ", \"received\": " << received << ", \"wrong\": " << wrong
            << ", \"send_errors\": " << out.errors << ", \"seconds\": " << time
            << ", \"packets_per_second\": " << packets / time
            << ", \"sent_per_second\": " << static_cast<double>(counted_sent) / time
            << ", \"loss\": " << 1 - static_cast<double>(received) / static_cast<double>(sent)
            << ", \"cpu_ns_per_packet\": " << (packets > 0 ? cpu / packets : 0)
            << ", \"cpu_share\": " << cpu / time / 1e9 << "}" << std::endl;
  return 0;
}

/// The other end answers each datagram from the port that it came to, to `--answer`.
int ping(const Options& options) {
  const Ends ends = open_ends(options);
  const auto size = static_cast<std::size_t>(options.number("size", 64));
  const auto count = static_cast<std::size_t>(options.number("ping", 1000));
  const timeval patience{0, 200'000};
  bench::set(ends.sender, SOL_SOCKET, SO_RCVTIMEO, patience, "timeout");
  bench::set(ends.receiver, SOL_SOCKET, SO_RCVTIMEO, patience, "timeout");
  std::atomic<bool> end{false};
  std::thread echo([&] {
    std::vector<std::byte> octets(65536);
    while (!end) {
      const ssize_t got = ::recv(ends.receiver, octets.data(), octets.size(), 0);
      if (got > 0)
        ::sendto(ends.receiver, octets.data(), static_cast<std::size_t>(got), 0,
                 reinterpret_cast<const sockaddr*>(&ends.back),
                 ends.back.sin6_family == AF_INET ? sizeof(sockaddr_in) : sizeof ends.back);
    }
  });
  std::vector<double> times;
  std::vector<std::byte> octets(65536);
  std::size_t lost = 0;
  for (std::size_t i = 0; i < count + 20; ++i) {
    fill(octets.data(), size, "");
    store(octets.data() + 8, i, 8);  // clear of the octet that a forwarder decrements
    const auto begin = Clock::now();
    ::sendto(ends.sender, octets.data(), size, 0, reinterpret_cast<const sockaddr*>(&ends.to),
             ends.to.sin6_family == AF_INET ? sizeof(sockaddr_in) : sizeof ends.to);
    std::byte want[8];
    store(want, i, 8);
    bool back = false;
    while (!back) {
      const ssize_t got = ::recv(ends.sender, octets.data(), octets.size(), 0);
      if (got < 0) break;
      back = std::memcmp(octets.data() + 8, want, sizeof want) == 0;
    }
    if (!back)
      ++lost;
    else if (i >= 20)
      times.push_back(seconds_since(begin) * 1e6);
  }
  end = true;
  echo.join();
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) {
    return times.empty() ? 0.0
                         : times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::cout << "{\"round_trips\": " << times.size() << ", \"lost\": " << lost << ", \"p50_us\": " << at(0.5)
            << ", \"p99_us\": " << at(0.99) << "}" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options(argc, argv);
  if (options.count("pin")) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(options.number("pin", 0)), &set);
    ::sched_setaffinity(0, sizeof set, &set);
  }
  return options.count("ping") ? ping(options) : flow(options);
}
