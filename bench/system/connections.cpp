// TCP connections through whatever carries them: octets one way and the other, and small requests with their answers.
//
//   connections serve ADDRESS:PORT                says "ready" and goes on
//   connections ask ADDRESS:PORT OCTETS PINGS     a server that is reached there; prints JSON and ends
//
// A connection begins with what is wanted of it: a letter, and 8 octets of a number. No end of one direction is waited for:
// not all that carries connections can carry that.

#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>

#include "sockets.hpp"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t request = 64;  // octets, and as many for the answer
constexpr std::size_t piece = 256 * 1024;

struct Wanted {
  enum : char { upload = 'u', download = 'd', answers = 'a' };
  char what;
  std::uint64_t count;
};
constexpr std::size_t head = 1 + sizeof(std::uint64_t);

/// False at the end of the connection.
bool get(int socket, char* to, std::size_t size) {
  while (size != 0) {
    const ssize_t got = ::recv(socket, to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}
bool put(int socket, const char* from, std::size_t size) {
  while (size != 0) {
    const ssize_t sent = ::send(socket, from, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    from += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

bool move(int socket, std::uint64_t count, bool outwards) {
  std::vector<char> buffer(piece);
  while (count != 0) {
    const std::size_t size = std::min<std::uint64_t>(count, buffer.size());
    if (outwards ? !put(socket, buffer.data(), size) : !get(socket, buffer.data(), size)) return false;
    count -= size;
  }
  return true;
}

void set_up(int socket) { bench::set(socket, IPPROTO_TCP, TCP_NODELAY, 1, "no delay"); }

int tcp_socket(const sockaddr_in6& to) {
  const int socket = ::socket(to.sin6_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (socket < 0) bench::die("socket");
  return socket;
}

void serve_one(int socket) {
  set_up(socket);
  char text[head];
  if (get(socket, text, head)) {
    Wanted wanted{text[0], 0};
    std::memcpy(&wanted.count, text + 1, sizeof wanted.count);
    char answer[request]{};
    if (wanted.what == Wanted::upload && move(socket, wanted.count, false)) put(socket, answer, 1);
    if (wanted.what == Wanted::download) move(socket, wanted.count, true);
    if (wanted.what == Wanted::answers)
      while (get(socket, answer, request) && put(socket, answer, request)) {
      }
    // The client closes first, so that nothing is cut off.
    while (get(socket, answer, 1)) {
    }
  }
  ::close(socket);
}

int serve(const std::string& at) {
  const auto here = bench::address(at);
  const int listener = tcp_socket(here);
  bench::set(listener, SOL_SOCKET, SO_REUSEADDR, 1, "reuse");
  bench::bind_to(listener, here);
  if (::listen(listener, 64) != 0) bench::die("listen");
  std::cout << "ready" << std::endl;
  while (true) {
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) bench::die("accept");
    std::thread(serve_one, socket).detach();
  }
}

/// A connection of which `wanted` is wanted.
int open(const std::string& to, Wanted wanted) {
  const auto name = bench::address(to);
  const int socket = tcp_socket(name);
  const socklen_t size = name.sin6_family == AF_INET ? sizeof(sockaddr_in) : sizeof name;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&name), size) != 0) bench::die("connect to " + to);
  set_up(socket);
  char text[head]{wanted.what};
  std::memcpy(text + 1, &wanted.count, sizeof wanted.count);
  if (!put(socket, text, head)) bench::die("write");
  return socket;
}

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void answered(int socket) {
  char text[request]{};
  if (!put(socket, text, request) || !get(socket, text, request)) {
    std::cerr << "connections: no answer\n";
    std::exit(1);
  }
}

/// Octets a second from here to there, or back.
double rate(const std::string& to, std::uint64_t octets, bool up) {
  const auto begin = Clock::now();
  const int socket = open(to, {up ? Wanted::upload : Wanted::download, octets});
  char done;
  if (up ? !move(socket, octets, true) || !get(socket, &done, 1) : !move(socket, octets, false)) {
    std::cerr << "connections: it ended early\n";
    std::exit(1);
  }
  const double seconds = seconds_since(begin);
  ::close(socket);
  return static_cast<double>(octets) / seconds;
}

double microseconds(std::vector<double>& seconds, double share) {
  std::sort(seconds.begin(), seconds.end());
  return 1e6 * seconds[static_cast<std::size_t>(share * static_cast<double>(seconds.size() - 1))];
}

int ask(const std::string& to, std::uint64_t octets, std::size_t pings) {
  std::vector<double> answers, first_answers;
  {
    const int socket = open(to, {Wanted::answers, 0});
    for (std::size_t i = 0; i < pings; ++i) {
      const auto begin = Clock::now();
      answered(socket);
      if (i >= pings / 10) answers.push_back(seconds_since(begin));  // the first few find the way
    }
    ::close(socket);
  }
  for (std::size_t i = 0; i < std::max<std::size_t>(pings / 20, 3); ++i) {
    const auto begin = Clock::now();
    const int socket = open(to, {Wanted::answers, 0});
    answered(socket);
    first_answers.push_back(seconds_since(begin));
    ::close(socket);
  }
  std::cout << "{\"up_mb_s\": " << rate(to, octets, true) / 1e6
            << ", \"down_mb_s\": " << rate(to, octets, false) / 1e6
            << ", \"p50_us\": " << microseconds(answers, 0.5)
            << ", \"p99_us\": " << microseconds(answers, 0.99)
            << ", \"first_us\": " << microseconds(first_answers, 0.5) << "}" << std::endl;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "serve" && argc == 3) return serve(argv[2]);
  if (what == "ask" && argc == 5)
    return ask(argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoul(argv[4], nullptr, 10));
  std::cerr << "connections serve ADDRESS:PORT | ask ADDRESS:PORT OCTETS PINGS\n";
  return 2;
}
