#pragma once

#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "../posix/receive_batch.hpp"

namespace ilnp {

/// An address of this host at which a datagram arrived, so that a reply can be sent from there. Empty for a socket
/// that is bound to an address: its replies come from there anyway. A value.
struct ArrivalAddress {
  int family = 0;    ///< `AF_INET`, `AF_INET6`, or 0: none
  in_addr v4{};      ///< of `AF_INET`
  in6_pktinfo v6{};  ///< of `AF_INET6`; with the interface if it is link-local

  ArrivalAddress() = default;
  /// Where these datagrams arrived. None if the socket does not receive that with them.
  explicit ArrivalAddress(const ReceivedTrain& train) noexcept {
    if (train.destination_v4 != nullptr) {
      family = AF_INET;
      v4 = train.destination_v4->ipi_spec_dst;
    } else if (train.destination != nullptr && !IN6_IS_ADDR_MULTICAST(&train.destination->ipi6_addr)) {
      family = AF_INET6;
      v6 = *train.destination;
      if (!IN6_IS_ADDR_LINKLOCAL(&v6.ipi6_addr)) v6.ipi6_ifindex = 0;  // any interface will do
    }
  }
};

/// A program that uses a local socket: where it is, and at which of this host's addresses it expects the replies.
struct LocalProgram {
  Endpoint address;        ///< of size 0: none
  ArrivalAddress arrival;  ///< where it sent to
};

/// Where the programs are that use one local socket: each port is where its datagrams came from last, and before that at
/// an address that is the same for all. One thread.
class LocalPrograms {
 public:
  using Address = boost::asio::ip::udp::endpoint;

  /// Of a socket that is bound to `bound`. On a loopback address, or on all addresses, programs are on the loopback address if
  /// nothing else is known; on another address, they are there.
  explicit LocalPrograms(const Address& bound)
      : at_first_(bound.address().is_loopback() || bound.address().is_unspecified() ? loopback_of(bound)
                                                                                    : bound.address()) {}

  /// Remembers where the program at this port is.
  void note(const ReceivedTrain& train) {
    const std::uint16_t port = train.source.port();
    const ArrivalAddress arrival(train);
    if (arrival.family == 0 && train.source == at_first(port)) {
      if (!moved_.empty()) moved_.erase(port);
    } else {
      moved_[port] = {train.source, arrival};
    }
  }
  /// The program at `port`.
  LocalProgram find(std::uint16_t port) const noexcept {
    if (!moved_.empty()) {
      if (const auto found = moved_.find(port); found != moved_.end()) return found->second;
    }
    return {at_first(port), {}};
  }

  /// The loopback address of the same family.
  static boost::asio::ip::address loopback_of(const Address& address) {
    if (address.address().is_v6()) return boost::asio::ip::address_v6::loopback();
    return boost::asio::ip::address_v4::loopback();
  }

 private:
  Endpoint at_first(std::uint16_t port) const noexcept {
    const Address address(at_first_, port);
    return Endpoint(address.data(), static_cast<socklen_t>(address.size()));
  }

  boost::asio::ip::address at_first_;
  std::unordered_map<std::uint16_t, LocalProgram> moved_;  // those that are elsewhere; one a port at most
};

}  // namespace ilnp
