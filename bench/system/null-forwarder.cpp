// The least that a router on this underlay can do: the same sockets with the same options, the same system calls, and in
// between nothing but to decrement one octet of each frame.
//
//   null-forwarder INTERFACE PORT GROUP GROUP LOOP        (LOOP: 1 or 0)

#include <sys/epoll.h>

#include <iostream>

#include "forwarder.hpp"

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const bench::Forwarder node(argv);
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int socket : {node.control, node.data}) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = socket;
    if (::epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event) != 0) bench::die("epoll_ctl");
  }

  bench::Incoming from_data(32), from_control(8);
  bench::Outgoing out;
  const auto forward = [&](int socket, bench::Incoming& in) {
    const std::size_t received = in.receive(socket);
    for (std::size_t i = 0; i < received; ++i) node.forward(in.train(i), out);
    return received;
  };
  std::cout << "ready" << std::endl;
  for (;;) {
    epoll_event events[2];
    if (::epoll_wait(poll, events, 2, -1) < 0 && errno != EINTR) bench::die("epoll_wait");
    for (std::size_t received = 1; received != 0;) {
      received = forward(node.control, from_control);
      received += forward(node.data, from_data);
      out.flush(node.sender);
    }
  }
}
