#pragma once

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>

#include "../base/list.hpp"
#include "socket.hpp"

namespace ilnp {

/// Asks the kernel about network interfaces and receives their changes (rtnetlink(7)), in the
/// network namespace where it was created. Where such sockets are not allowed it knows nothing,
/// and each result says so. Does not block. Allocates at construction. Movable; one thread.
class Netlink {
 public:
  Netlink() : asking_(open(0)), hearing_(open(RTMGRP_LINK | RTMGRP_IPV6_IFADDR)) {
    buffer_.resize_for_overwrite(buffer_octets);
  }

  /// A descriptor that is readable when there may be news; -1 if there will be none.
  int native_handle() const noexcept { return hearing_.native_handle(); }

  /// What the kernel says about an interface.
  struct Link {
    std::string name;         ///< such as `eth0`
    std::uint32_t mtu = 0;    ///< octets
    unsigned master = 0;      ///< the index of the interface that it is a port of; 0 if none
    std::string master_kind;  ///< `bridge`, `vrf`, ...
  };

  /// The interface of that index; none if it does not exist or cannot be determined.
  std::optional<Link> link(unsigned index) {
    struct {
      nlmsghdr header;
      ifinfomsg body;
      nlattr attribute;
      std::uint32_t mask;
    } request{};
    request.header = head(sizeof request, RTM_GETLINK, 0);
    request.body.ifi_index = static_cast<int>(index);
    request.attribute = {NLA_HDRLEN + sizeof request.mask, IFLA_EXT_MASK};
    request.mask = skip_statistics;
    std::optional<Link> found;
    (void)ask(&request, sizeof request, [&](const nlmsghdr& message) {
      if (message.nlmsg_type != RTM_NEWLINK) return;
      found.emplace();
      for_each_attribute<ifinfomsg>(message, [&](const rtattr& attribute) { read(attribute, *found); });
    });
    return found;
  }

  /// Calls `each(in6_addr)` for each multicast group that the interface of that index receives for this host. True if these are
  /// all.
  template <class Each>
  bool for_each_group(unsigned index, Each&& each) {
    struct {
      nlmsghdr header;
      ifaddrmsg body;
    } request{};
    request.header = head(sizeof request, RTM_GETMULTICAST, NLM_F_DUMP);
    request.body.ifa_family = AF_INET6;
    request.body.ifa_index = index;
    return ask(&request, sizeof request, [&](const nlmsghdr& message) {
      if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifaddrmsg))) return;
      const auto& body = *static_cast<const ifaddrmsg*>(NLMSG_DATA(&message));
      if (body.ifa_family != AF_INET6 || body.ifa_index != index) return;
      for_each_attribute<ifaddrmsg>(message, [&](const rtattr& attribute) {
        if (attribute.rta_type != IFA_MULTICAST || RTA_PAYLOAD(&attribute) != sizeof(in6_addr)) return;
        in6_addr group;
        std::memcpy(&group, RTA_DATA(&attribute), sizeof group);
        each(group);
      });
    });
  }

  /// Reads the news. True if any concern an interface of that index or name (or if some were lost).
  bool changed(unsigned index, const std::string& name) {
    bool any = false;
    for (ssize_t size; hearing_.native_handle() >= 0 && (size = receive(hearing_)) != 0;) {
      if (size < 0) {
        any = true;
        continue;
      }
      for_each_message(static_cast<std::size_t>(size), [&](const nlmsghdr& message) {
        if (message.nlmsg_len < NLMSG_LENGTH(sizeof(ifaddrmsg))) return false;
        if (message.nlmsg_type == RTM_NEWADDR || message.nlmsg_type == RTM_DELADDR) {
          any |= static_cast<const ifaddrmsg*>(NLMSG_DATA(&message))->ifa_index == index;
        } else if (message.nlmsg_len >= NLMSG_LENGTH(sizeof(ifinfomsg))) {
          any |=
              static_cast<unsigned>(static_cast<const ifinfomsg*>(NLMSG_DATA(&message))->ifi_index) == index;
          for_each_attribute<ifinfomsg>(message, [&](const rtattr& attribute) {
            any |= attribute.rta_type == IFLA_IFNAME && text(attribute) == name;
          });
        }
        return false;
      });
    }
    return any;
  }

 private:
  static constexpr std::uint32_t skip_statistics = 1 << 3;  // RTEXT_FILTER_SKIP_STATS
  static constexpr std::size_t buffer_octets = 32768;       // the kernel's own messages are not longer

  static OwnedSocket open(std::uint32_t groups) {
    OwnedSocket socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    if (::bind(socket.native_handle(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      return OwnedSocket();
    (void)set_option(socket.native_handle(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);  // one interface only
    return socket;
  }

  nlmsghdr head(std::size_t size, std::uint16_t type, std::uint16_t flags) noexcept {
    return {static_cast<std::uint32_t>(size), type, static_cast<std::uint16_t>(NLM_F_REQUEST | flags),
            ++sequence_, 0};
  }

  /// The number of octets received; 0: nothing more; -1: something was lost.
  ssize_t receive(const OwnedSocket& socket) noexcept {
    for (;;) {
      const ssize_t size =
          ::recv(socket.native_handle(), buffer_.data(), buffer_octets, MSG_DONTWAIT | MSG_TRUNC);
      if (size > static_cast<ssize_t>(buffer_octets)) return -1;
      if (size >= 0) return size;
      if (errno == ENOBUFS) return -1;
      if (errno != EINTR) return 0;
    }
  }

  /// Sends a request and calls `each(message)` for the replies, which the kernel gives at once. True if they are complete.
  template <class Each>
  bool ask(const void* request, std::size_t size, Each&& each) {
    if (::send(asking_.native_handle(), request, size, MSG_DONTWAIT) < 0) return false;
    const bool dump = (static_cast<const nlmsghdr*>(request)->nlmsg_flags & NLM_F_DUMP) != 0;
    for (;;) {
      const ssize_t received = receive(asking_);
      if (received <= 0) return false;
      bool failed = false;
      bool done = false;
      for_each_message(static_cast<std::size_t>(received), [&](const nlmsghdr& message) {
        if (message.nlmsg_seq != sequence_) return false;  // reply to an abandoned request
        failed |= message.nlmsg_type == NLMSG_ERROR || (message.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        done |= message.nlmsg_type == NLMSG_DONE || message.nlmsg_type == NLMSG_ERROR || !dump;
        if (message.nlmsg_type >= NLMSG_MIN_TYPE) each(message);
        return done;
      });
      if (done) return !failed;
    }
  }

  /// Stops when `each` returns true.
  template <class Each>
  void for_each_message(std::size_t size, Each&& each) const {
    auto left = static_cast<unsigned>(size);
    for (auto* at = reinterpret_cast<const nlmsghdr*>(buffer_.data()); NLMSG_OK(at, left);
         at = NLMSG_NEXT(at, left))
      if (each(*at)) return;
  }

  template <class Body, class Each>
  static void for_each_attribute(const nlmsghdr& message, Each&& each) {
    if (message.nlmsg_len < NLMSG_SPACE(sizeof(Body))) return;
    auto* at = reinterpret_cast<const rtattr*>(static_cast<const std::byte*>(NLMSG_DATA(&message)) +
                                               NLMSG_ALIGN(sizeof(Body)));
    auto left = static_cast<unsigned>(message.nlmsg_len - NLMSG_SPACE(sizeof(Body)));
    for (; RTA_OK(at, left); at = RTA_NEXT(at, left)) each(*at);
  }

  static std::string text(const rtattr& attribute) {
    const auto* octets = static_cast<const char*>(RTA_DATA(&attribute));
    return {octets, ::strnlen(octets, RTA_PAYLOAD(&attribute))};
  }

  static std::uint32_t number(const rtattr& attribute) noexcept {
    std::uint32_t value = 0;
    if (RTA_PAYLOAD(&attribute) == sizeof value) std::memcpy(&value, RTA_DATA(&attribute), sizeof value);
    return value;
  }

  static void read(const rtattr& attribute, Link& link) {
    switch (attribute.rta_type & NLA_TYPE_MASK) {
      case IFLA_IFNAME:
        link.name = text(attribute);
        break;
      case IFLA_MTU:
        link.mtu = number(attribute);
        break;
      case IFLA_MASTER:
        link.master = number(attribute);
        break;
      case IFLA_LINKINFO: {
        auto left = static_cast<unsigned>(RTA_PAYLOAD(&attribute));
        for (auto* at = static_cast<const rtattr*>(RTA_DATA(&attribute)); RTA_OK(at, left);
             at = RTA_NEXT(at, left))
          if (at->rta_type == IFLA_INFO_SLAVE_KIND) link.master_kind = text(*at);
        break;
      }
      default:
        break;
    }
  }

  OwnedSocket asking_;
  OwnedSocket hearing_;
  std::uint32_t sequence_ = 0;
  List<std::byte> buffer_;
};

}  // namespace ilnp
