// The least that a router on this underlay can do: the same sockets with the same options, the same system calls, and in
// between nothing but to decrement one octet of each frame.
//
//   null-forwarder INTERFACE PORT GROUP GROUP LOOP        (LOOP: 1 or 0)

#include <sys/epoll.h>

#include <iostream>

#include "batch.hpp"
#include "sockets.hpp"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const char* interface = argv[1];
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  sockaddr_in6 groups[2];
  for (int i = 0; i < 2; ++i) groups[i] = bench::address('[' + std::string(argv[3 + i]) + "]:" + argv[2]);

  const int sender = bench::group_sender(interface, *argv[5] == '1');
  const std::uint16_t own_port = bench::port_of(sender);
  const int control = bench::group_receiver(port, own_port, true);
  const int data = bench::group_receiver(port, own_port, false);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int socket : {control, data}) {
    for (const auto& group : groups) bench::join(socket, group.sin6_addr, interface);
    epoll_event event{EPOLLIN, {}};
    event.data.fd = socket;
    if (::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) != 0) bench::die("epoll_ctl");
  }

  bench::Incoming from_data(32), from_control(8);
  bench::Outgoing out;
  const auto forward = [&](int socket, bench::Incoming& in) {
    const std::size_t received = in.receive(socket);
    for (std::size_t i = 0; i < received; ++i) {
      const bench::Train train = in.train(i);
      if (train.to == nullptr) continue;
      const bool first = std::memcmp(&train.to->ipi6_addr, &groups[0].sin6_addr, sizeof(in6_addr)) == 0;
      for (std::size_t at = 7; at < train.size; at += train.segment)  // the hop limit of each
        train.data[at] = static_cast<std::byte>(std::to_integer<unsigned>(train.data[at]) - 1);
      out.add(sender, groups[first ? 1 : 0], train);
    }
    return received;
  };
  std::cout << "ready" << std::endl;
  for (;;) {
    epoll_event events[2];
    if (::epoll_wait(poll, events, 2, -1) < 0 && errno != EINTR) bench::die("epoll_wait");
    for (std::size_t received = 1; received != 0;) {
      received = forward(control, from_control);
      received += forward(data, from_data);
      out.flush(sender);
    }
  }
}
