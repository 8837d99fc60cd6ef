#pragma once

#include <boost/test/unit_test.hpp>
#include <vector>

#include "ilnp/sctp/library.hpp"
#include "ilnp/sctp/output.hpp"
#include "ilnp/sctp/socket.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test {

/// Room for two sockets of usrsctp's that have only each other: `here` is bound to the other's address, and so is `there`.
struct TwoPlaces {
  static constexpr std::size_t mtu = 1396;

  TwoPlaces() = default;
  TwoPlaces(const TwoPlaces&) = delete;
  TwoPlaces& operator=(const TwoPlaces&) = delete;
  ~TwoPlaces() {
    SctpLibrary::instance().leave(here);
    SctpLibrary::instance().leave(there);
  }

  SctpSocket open(void* address, std::uint16_t port) const {
    auto opened = SctpSocket::open(config, address, port, mtu);
    BOOST_TEST_REQUIRE(opened.has_value());
    return std::move(*opened);
  }
  /// Carries packets until there are none; how many.
  std::size_t carry() {
    std::size_t packets = 0;
    for (bool more = true; more;) {
      more = false;
      for (auto [from, to] : {std::pair(&from_here, there), std::pair(&from_there, here)}) {
        std::vector<Octets> sent;
        from->take([&](const SctpOutput::Packet& packet) { sent.push_back(octets(packet.octets)); });
        for (const Octets& each : sent) usrsctp_conninput(to, each.data(), each.size(), 0);
        packets += sent.size();
        more = more || !sent.empty();
      }
    }
    return packets;
  }

  SctpConfig config;
  SctpOutput from_here, from_there;
  void* const here = SctpLibrary::instance().enter({&from_here, &TwoPlaces::send});
  void* const there = SctpLibrary::instance().enter({&from_there, &TwoPlaces::send});

 private:
  static bool send(void* owner, Bytes packet) {
    return static_cast<SctpOutput*>(owner)->push(Nid(2), 1, packet);
  }
};

}  // namespace ilnp::test
