#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include <array>
#include <charconv>
#include <cstring>
#include <string_view>

#include "../base/bytes.hpp"
#include "../base/list.hpp"
#include "endpoint.hpp"
#include "segmentation.hpp"
#include "socket.hpp"
#include "trains.hpp"

namespace ilnp {

/// Whether the kernel of that release ("7.1.4-2-amd64") is known to corrupt trains of datagrams (UDP GSO), as 7.0 to 7.1.4 do.
inline bool is_known_to_corrupt_trains(std::string_view release) noexcept {
  std::array<unsigned, 3> version{};
  const char* at = release.data();
  const char* const end = at + release.size();
  for (unsigned& part : version) {
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return false;
    if (next == end || *next != '.') break;
    at = next + 1;
  }
  return version[0] == 7 && (version[1] == 0 || (version[1] == 1 && version[2] <= 4));
}

/// Makes `receiver` accept only what `sender` sends, because others may use the port and send the same. False if that is
/// impossible.
inline bool pair_on_loopback(const OwnedSocket& sender, const OwnedSocket& receiver) noexcept {
  Endpoint from(in6addr_loopback, 0);
  socklen_t size = Endpoint::capacity();
  if (::bind(sender.native_handle(), from.data(), from.size()) != 0 ||
      ::getsockname(sender.native_handle(), from.data(), &size) != 0 ||
      ::connect(receiver.native_handle(), from.data(), from.size()) != 0)
    return false;
  std::byte before;  // it was connected
  while (::recv(receiver.native_handle(), &before, sizeof before, MSG_DONTWAIT | MSG_TRUNC) >= 0) {
  }
  return true;
}

/// Sends a few trains from one socket of this host to another, at `port` (0: any), by `send_message(socket, msghdr)`.
/// False if a datagram arrived changed. True if none did, even if none arrived at all: the loopback interface may be
/// down, or a firewall in the way. Other senders, and other nodes that do the same, do not affect the result.
template <class SendMessage>
bool trains_arrive_whole(SendMessage&& send_message, std::uint16_t port = 0) {
  const OwnedSocket receiver(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  const OwnedSocket sender(::socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  Endpoint to(in6addr_loopback, port);
  (void)set_option(receiver.native_handle(), SOL_SOCKET, SO_REUSEADDR, 1);
  socklen_t size = Endpoint::capacity();
  if (::bind(receiver.native_handle(), to.data(), to.size()) != 0 ||
      ::getsockname(receiver.native_handle(), to.data(), &size) != 0 ||
      !supports_segmentation(sender.native_handle()) || !pair_on_loopback(sender, receiver))
    return true;
  struct Train {
    std::uint8_t count;
    std::uint16_t segment, last;  // octets of each datagram, and of the last
  };
  constexpr std::array<Train, 4> trains{{{5, 1433, 701}, {33, 1200, 1199}, {17, 3, 2}, {2, 1024, 1024}}};
  for (std::size_t number = 0; number < trains.size(); ++number) {
    const Train& train = trains[number];
    // The first octets identify the datagram; the others depend on it and on their position.
    const auto octet = [&](std::size_t index, std::size_t at) {
      return static_cast<std::byte>(at == 0   ? number
                                    : at == 1 ? index
                                              : (number * 31 + index * 7 + at * 13 + at / 256) & 0xff);
    };
    const auto length = [&](std::size_t index) -> std::size_t {
      return index + 1 == train.count ? train.last : train.segment;
    };
    List<std::byte> octets;
    for (std::size_t index = 0; index < train.count; ++index)
      for (std::size_t at = 0; at < length(index); ++at) octets.push_back(octet(index, at));
    // In parts whose ends are not those of datagrams.
    std::array<iovec, 3> parts{
        {{octets.data(), octets.size() / 3},
         {octets.data() + octets.size() / 3, 1},
         {octets.data() + octets.size() / 3 + 1, octets.size() - octets.size() / 3 - 1}}};
    msghdr header{};
    header.msg_name = to.data();
    header.msg_namelen = to.size();
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    SegmentSizeControl control;
    control.attach(header, train.segment);
    if (send_message(sender.native_handle(), header) < 0) return true;
    for (std::size_t left = train.count; left > 0; --left) {
      pollfd waiting{receiver.native_handle(), POLLIN, 0};
      (void)::poll(&waiting, 1, 20);
      std::array<std::byte, 2048> got;
      const ssize_t came = ::recv(receiver.native_handle(), got.data(), got.size(), MSG_DONTWAIT | MSG_TRUNC);
      if (came < 0) break;
      const auto index = came < 2 ? std::size_t{255} : std::to_integer<std::size_t>(got[1]);
      if (index >= train.count || static_cast<std::size_t>(came) != length(index)) return false;
      for (std::size_t at = 0; at < static_cast<std::size_t>(came); ++at)
        if (got[at] != octet(index, at)) return false;
    }
  }
  return true;
}

/// Whether this kernel can be given trains. Tested once in the life of a process, which takes a millisecond.
/// Faults of a single device remain undetected. `port`: see `trains_arrive_whole`; that of the first call applies.
inline TrainsOff train_fault(std::uint16_t port = 0) {
  static const TrainsOff fault = [port] {
    utsname name{};
    if (::uname(&name) == 0 && is_known_to_corrupt_trains(name.release)) return TrainsOff::known_kernel;
    const auto send = [](int socket, const msghdr& header) {
      return ::sendmsg(socket, &header, MSG_DONTWAIT);
    };
    return trains_arrive_whole(send, port) ? TrainsOff::no : TrainsOff::corrupted;
  }();
  return fault;
}

}  // namespace ilnp
