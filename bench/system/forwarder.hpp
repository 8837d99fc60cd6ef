#pragma once

// What the null forwarders have in common: how they are called, their sockets, and what is done with a train.

#include <cstring>

#include "batch.hpp"
#include "sockets.hpp"

namespace bench {

/// Between two groups, as INTERFACE PORT GROUP GROUP LOOP (1 or 0) says.
class Forwarder {
 public:
  explicit Forwarder(char** argv) : sender(group_sender(argv[1], *argv[5] == '1')) {
    const auto port = static_cast<std::uint16_t>(std::atoi(argv[2]));
    for (int i = 0; i < 2; ++i) groups_[i] = address('[' + std::string(argv[3 + i]) + "]:" + argv[2]);
    control = group_receiver(port, port_of(sender), true);
    data = group_receiver(port, port_of(sender), false);
    for (const int socket : {control, data})
      for (const auto& group : groups_) join(socket, group.sin6_addr, argv[1]);
  }

  /// Lowers the hop limit of each frame, and queues the train for the other group.
  void forward(const Train& train, Outgoing& out) const {
    if (train.to == nullptr) return;
    const bool first = std::memcmp(&train.to->ipi6_addr, &groups_[0].sin6_addr, sizeof(in6_addr)) == 0;
    for (std::size_t at = 7; at < train.size; at += train.segment)
      train.data[at] = static_cast<std::byte>(std::to_integer<unsigned>(train.data[at]) - 1);
    out.add(sender, groups_[first ? 1 : 0], train);
  }

  int sender, control, data;

 private:
  sockaddr_in6 groups_[2];
};

}  // namespace bench
