// The path through the layers: what a stack of the toolkit costs a packet, beside a node that does the same work and was
// written by hand.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/stp.hpp"
#include "nodes.hpp"

namespace {

using namespace bench;

/// Receive, to delivery or to forwarding; the memory underlay takes what is forwarded.
struct ReceiveOurs : Ours<STP<ILNP<MemoryUnderlay>>> {
  explicit ReceiveOurs(Load load) : Ours(load.both_networks, 1), frames(load), packets(load.batch) {
    static_cast<void>(stack.bind(port));
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      stack.feed({Locator(first_network), 7}, MutableBytes(reinterpret_cast<std::byte*>(frame), frames.size),
                 cx, [&](const DatagramSource& source, Bytes payload) {
                   sum(source.nid.value(), source.port, source.destination_port, payload.data(),
                       payload.size());
                 });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};
struct ReceiveByHand : ByHand {
  explicit ReceiveByHand(Load load) : ByHand(load.both_networks, 1), frames(load), packets(load.batch) {
    node.bind(port);
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      node.receive(first_network, 7, frame, frames.size, now, [&](auto... what) { sum(what...); });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};

/// Send, to so many peers in turn.
struct SendOurs : Ours<STP<ILNP<MemoryUnderlay>>> {
  explicit SendOurs(Load what) : Ours(false, what.flows), load(what) {}
  void run() {
    begin();
    for (std::size_t i = 0, to = 0; i < load.batch; ++i, to = to + 1 == load.flows ? 0 : to + 1)
      failed +=
          static_cast<bool>(stack.send(port, Nid(peer + to), port, Bytes(payload).first(load.payload), cx));
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<std::byte, 1396> payload{};
  std::size_t failed = 0;
};
struct SendByHand : ByHand {
  explicit SendByHand(Load what) : ByHand(false, what.flows), load(what) {}
  void run() {
    begin();
    for (std::size_t i = 0, to = 0; i < load.batch; ++i, to = to + 1 == load.flows ? 0 : to + 1)
      failed += node.send(port, peer + to, port, payload.data(), load.payload, now) != 0;
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<unsigned char, 1396> payload{};
  std::size_t failed = 0;
};

/// The proxy: what programs send, with so many mappings, each to a host of its own.
struct ProxySendOurs : Ours<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  explicit ProxySendOurs(Load what) : Ours(false, what.flows), load(what) {
    for (std::uint64_t i = 0; i < load.flows; ++i)
      static_cast<void>(stack.map(static_cast<std::uint16_t>(port + i), {host_name(i), port, false}));
  }
  void run() {
    begin();
    for (std::size_t i = 0, from = 0; i < load.batch; ++i, from = from + 1 == load.flows ? 0 : from + 1)
      failed += static_cast<bool>(
          stack.send(static_cast<std::uint16_t>(port + from), Bytes(payload).first(load.payload), cx));
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<std::byte, 1396> payload{};
  std::size_t failed = 0;
};
struct ProxySendByHand : ByHand {
  explicit ProxySendByHand(Load what) : ByHand(false, what.flows), load(what) {
    for (std::uint64_t i = 0; i < load.flows; ++i)
      node.map(static_cast<std::uint16_t>(port + i), host_name(i), port);
  }
  void run() {
    begin();
    for (std::size_t i = 0, from = 0; i < load.batch; ++i, from = from + 1 == load.flows ? 0 : from + 1)
      failed += node.send_from_program(static_cast<std::uint16_t>(port + from), payload.data(), load.payload,
                                       now) != 0;
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<unsigned char, 1396> payload{};
  std::size_t failed = 0;
};

/// The proxy: what comes for a program.
struct ProxyReceiveOurs : Ours<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  explicit ProxyReceiveOurs(Load load) : Ours(load.both_networks, 1), frames(load), packets(load.batch) {
    static_cast<void>(stack.map(port, {host_name(0), port, false}));
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      stack.feed({Locator(first_network), 7}, MutableBytes(reinterpret_cast<std::byte*>(frame), frames.size),
                 cx, [&](std::uint16_t to, Bytes payload) { sum(0, 0, to, payload.data(), payload.size()); });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};
struct ProxyReceiveByHand : ByHand {
  explicit ProxyReceiveByHand(Load load) : ByHand(load.both_networks, 1), frames(load), packets(load.batch) {
    node.map(port, host_name(0), port);
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      node.receive_for_program(first_network, 7, frame, frames.size, now,
                               [&](std::uint16_t to, const unsigned char* payload, std::size_t size) {
                                 sum(0, 0, to, payload, size);
                               });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};

/// Does a side do what it is measured for? Asked once, at the start.
template <class Work, class Count>
void check(const char* what, const Load& load, std::uint64_t expected, Count&& count) {
  Work work(load);
  work.run();
  if (count(work) == expected) return;
  std::fprintf(stderr, "error: %s handles %llu packets of %llu\n", what,
               static_cast<unsigned long long>(count(work)), static_cast<unsigned long long>(expected));
  std::abort();
}

const bool added = [] {
  for (const std::size_t batch : {1u, 64u}) {
    for (const std::size_t payload : {64u, 1396u}) {
      const auto name = [&](const char* what) {
        return what + std::string(", ") + std::to_string(batch) + " x " + std::to_string(payload) + " octets";
      };
      const auto pair = [&]<class A, class B>(const char* what, const Load& load, A*, B*) {
        bench::add(name(what), batch, bench::repeat<A>(load), bench::repeat<B>(load));
      };
      const Load deliver{batch, payload, 1, false, self, first_network};
      const Load multihomed{batch, payload, 1, true, self, first_network};
      const Load many{batch, payload, 64, false, self, first_network};
      const Load forward{batch, payload, 1, true, 0xcafe, second_network};
      const Load forward_many{batch, payload, 64, true, 0xcafe, second_network};
      const auto delivered = [](auto& side) {
        if constexpr (requires { side.node; }) {
          return side.node.counters().datagrams;
        } else {
          return side.stack.counters().delivered;
        }
      };
      const auto forwarded = [](auto& side) {
        if constexpr (requires { side.node; }) {
          return side.node.counters().forwarded;
        } else {
          return network_layer(side.stack).counters().forwarded;
        }
      };
      const auto sent = [](auto& side) {
        if constexpr (requires { side.node; }) {
          return side.node.counters().datagrams_sent;
        } else {
          return side.stack.counters().sent;
        }
      };
      check<ReceiveOurs>("receive, ours", multihomed, batch, delivered);
      check<ReceiveByHand>("receive, by hand", multihomed, batch, delivered);
      check<ReceiveOurs>("forward, ours", forward_many, batch, forwarded);
      check<ReceiveByHand>("forward, by hand", forward_many, batch, forwarded);
      check<ProxySendOurs>("proxy, ours", many, batch, sent);
      check<ProxySendByHand>("proxy, by hand", many, batch,
                             [](auto& side) { return side.node.counters().from_program; });
      check<ProxyReceiveOurs>("proxy, ours", deliver, batch, delivered);
      check<ProxyReceiveByHand>("proxy, by hand", deliver, batch,
                                [](auto& side) { return side.node.counters().to_program; });
      pair("receive", deliver, static_cast<ReceiveOurs*>(nullptr), static_cast<ReceiveByHand*>(nullptr));
      pair("receive in two networks", multihomed, static_cast<ReceiveOurs*>(nullptr),
           static_cast<ReceiveByHand*>(nullptr));
      pair("forward", forward, static_cast<ReceiveOurs*>(nullptr), static_cast<ReceiveByHand*>(nullptr));
      pair("send", deliver, static_cast<SendOurs*>(nullptr), static_cast<SendByHand*>(nullptr));
      pair("proxy, from a program", deliver, static_cast<ProxySendOurs*>(nullptr),
           static_cast<ProxySendByHand*>(nullptr));
      pair("proxy, to a program", deliver, static_cast<ProxyReceiveOurs*>(nullptr),
           static_cast<ProxyReceiveByHand*>(nullptr));
      if (batch == 1) continue;
      pair("receive, 64 flows", many, static_cast<ReceiveOurs*>(nullptr),
           static_cast<ReceiveByHand*>(nullptr));
      pair("forward, 64 flows", forward_many, static_cast<ReceiveOurs*>(nullptr),
           static_cast<ReceiveByHand*>(nullptr));
      pair("send, 64 peers", many, static_cast<SendOurs*>(nullptr), static_cast<SendByHand*>(nullptr));
      pair("proxy, from 64 programs", many, static_cast<ProxySendOurs*>(nullptr),
           static_cast<ProxySendByHand*>(nullptr));
    }
  }
  return true;
}();

}  // namespace
