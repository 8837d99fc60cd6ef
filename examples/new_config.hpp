#pragma once

// What ilnp-config finds out about this machine, and the configuration that it writes.

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <ilnp/config.hpp>
#include <ilnp/posix/system_secret.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// A value of a configuration, and where it comes from.
struct Choice {
  std::string value;
  std::string reason;
};

/// What a new configuration says.
struct NewConfig {
  Choice interface, name, nid, locators, port, user_id;

  std::string text(const std::string& file) const {
    return "# " + name.value + ": written by ilnp-config. Start: ilnp-proxy " + file +
           " 10000\n"
           "#\n"
           "# ilnp.ini(5) and docs/configuration.md list all keys and their defaults.\n"
           "\n"
           "[link]\n"
           "# These two are the same on all nodes of the overlay.\n"
           "mcast_port = " +
           port.value + "\nuser_id = " + user_id.value +
           "\n"
           "# A network interface of this host.\n"
           "mcast_interface = " +
           interface.value +
           "\n\n"
           "[network]\n"
           "# The networks that this node joins. A router joins several: 0:0:0:a,0:0:0:b\n"
           "# To move from a to b and back, every 20 s: 0:0:0:a-0:0:0:b\n"
           "locators = " +
           locators.value +
           "\n"
           "# No other node has this identifier.\n"
           "nid = " +
           nid.value +
           "\n\n"
           "[discovery]\n"
           "# What the others call this node.\n"
           "hostname = " +
           name.value + "\n";
  }
};

/// The name of this machine, without its domain. Throws if it would not tell nodes apart.
inline Choice find_name() {
  std::array<char, 256> buffer{};
  ::gethostname(buffer.data(), buffer.size() - 1);
  std::string name = buffer.data();
  name.resize(std::min(name.size(), name.find('.')));
  if (name.empty() || name == "localhost" || name == "(none)")
    throw std::runtime_error("this machine has no name of its own; use --name NAME");
  return {name, "the name of this machine"};
}

/// A random identifier, marked as chosen locally and as that of one node (RFC 6740, section 3.2: the scope bit and the group bit of EUI-64
/// are 0).
inline Choice make_nid() {
  ilnp::Nid nid;
  while (nid == ilnp::Nid{}) nid = ilnp::Nid(ilnp::system_secret() & ~(std::uint64_t{3} << 56));
  return {to_string(nid), "random"};
}

/// A network interface.
struct Interface {
  std::string name;
  bool usable = false;  ///< up, carries multicast, has an IPv6 link-local address
  std::uint64_t metric = no_route;

  static constexpr std::uint64_t no_route = ~std::uint64_t{0};  ///< no default route leads there
};

/// The interfaces of this machine except loopback, in the order of the kernel.
inline std::vector<Interface> find_interfaces() {
  std::vector<Interface> found;
  const auto named = [&](const std::string& name) {
    return std::find_if(found.begin(), found.end(), [&](const auto& each) { return each.name == name; });
  };
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return found;
  for (const ifaddrs* each = list; each; each = each->ifa_next) {
    if ((each->ifa_flags & IFF_LOOPBACK) != 0) continue;
    auto at = named(each->ifa_name);
    if (at == found.end()) at = found.insert(found.end(), Interface{each->ifa_name});
    constexpr unsigned needed = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
    if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET6 || (each->ifa_flags & needed) != needed)
      continue;
    const auto& address = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr)->sin6_addr;
    at->usable |= IN6_IS_ADDR_LINKLOCAL(&address) != 0;
  }
  ::freeifaddrs(list);

  // proc(5): the fields of a route. The default route has the destination 0 and the length, or mask, 0.
  const auto default_route = [&](const std::string& name, const std::string& metric, int base) {
    const auto at = named(name);
    if (at != found.end())
      at->metric =
          std::min<std::uint64_t>(at->metric, std::strtoull(metric.c_str(), nullptr, base) & 0xffffffff);
  };
  std::string line;
  for (std::ifstream routes("/proc/self/net/route"); std::getline(routes, line);) {
    std::string name, destination, gateway, flags, references, uses, metric, mask;
    std::istringstream(line) >> name >> destination >> gateway >> flags >> references >> uses >> metric >>
        mask;
    if (destination == "00000000" && mask == "00000000") default_route(name, metric, 10);
  }
  for (std::ifstream routes("/proc/self/net/ipv6_route"); std::getline(routes, line);) {
    std::string destination, length, source, source_length, hop, metric, references, uses, flags, name;
    std::istringstream(line) >> destination >> length >> source >> source_length >> hop >> metric >>
        references >> uses >> flags >> name;
    if (destination == std::string(32, '0') && length == "00") default_route(name, metric, 16);
  }
  return found;
}

/// The interface that a node should use: the one with the best default route, or else the first. Throws if none will do.
inline Choice choose_interface(const std::vector<Interface>& interfaces) {
  const Interface* best = nullptr;
  std::string others;
  for (const Interface& each : interfaces)
    if (each.usable && (!best || each.metric < best->metric)) best = &each;
  if (!best) {
    std::string names;
    for (const Interface& each : interfaces) names += (names.empty() ? "" : ", ") + each.name;
    throw std::runtime_error("no network interface is up and has an IPv6 link-local address" +
                             (names.empty() ? std::string() : " (there are: " + names + ')') +
                             "; use --interface NAME");
  }
  for (const Interface& each : interfaces)
    if (each.usable && &each != best) others += (others.empty() ? "" : ", ") + each.name;
  std::string reason = best->metric != Interface::no_route ? "has the default route"
                       : others.empty()                    ? "the only one that is up"
                                                           : "the first that is up";
  if (!others.empty()) reason += "; others: " + others;
  return {best->name, reason};
}

}  // namespace program
