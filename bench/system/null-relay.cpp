// The least that a relay of datagrams can do: what comes in at one side goes out at the other, in batches, and back.
//
//   null-relay SIDE SIDE
//
// A side is BIND,PEER (plain UDP to one peer) or INTERFACE,PORT,JOINED-GROUP,OTHER-GROUP,LOOP (multicast, with the
// sockets of the toolkit's underlay; LOOP is 1 or 0).

#include <sys/epoll.h>

#include <iostream>
#include <sstream>

#include "batch.hpp"
#include "sockets.hpp"

namespace {

struct Side {
  int sender;
  std::vector<int> receivers;
  sockaddr_in6 peer;
};

Side open_side(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) words.push_back(word);
  Side side{};
  if (words.size() == 2) {
    const auto here = bench::address(words[0]);
    side.peer = bench::address(words[1]);
    side.sender = bench::udp_socket(here.sin6_family);
    bench::bind_to(side.sender, here);
    bench::set(side.sender, IPPROTO_UDP, UDP_GRO, 1, "GRO");
    bench::set_buffers(side.sender, 4 << 20, 4 << 20);
    side.receivers = {side.sender};
  } else if (words.size() == 5) {
    const char* interface = words[0].c_str();
    const auto port = static_cast<std::uint16_t>(std::stoi(words[1]));
    side.peer = bench::address('[' + words[3] + "]:" + words[1]);
    side.sender = bench::group_sender(interface, words[4] == "1");
    const std::uint16_t own_port = bench::port_of(side.sender);
    for (const bool control : {true, false}) {
      side.receivers.push_back(bench::group_receiver(port, own_port, control));
      bench::join(side.receivers.back(), bench::address('[' + words[2] + "]:0").sin6_addr, interface);
    }
  } else {
    bench::die("side " + text);
  }
  return side;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const Side sides[2] = {open_side(argv[1]), open_side(argv[2])};
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (std::uint32_t i = 0; i < 2; ++i) {
    for (const int socket : sides[i].receivers) {
      epoll_event event{EPOLLIN, {}};
      event.data.u32 = i;
      if (::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) != 0) bench::die("epoll_ctl");
    }
  }
  bench::Incoming in(32);
  bench::Outgoing out;
  std::cout << "ready" << std::endl;
  for (;;) {
    epoll_event events[4];
    const int ready = ::epoll_wait(poll, events, 4, -1);
    if (ready < 0 && errno != EINTR) bench::die("epoll_wait");
    for (int i = 0; i < ready; ++i) {
      const Side& from = sides[events[i].data.u32];
      const Side& to = sides[1 - events[i].data.u32];
      for (const int socket : from.receivers) {
        const std::size_t received = in.receive(socket);
        for (std::size_t k = 0; k < received; ++k) out.add(to.sender, to.peer, in.train(k));
        out.flush(to.sender);
      }
    }
  }
}
