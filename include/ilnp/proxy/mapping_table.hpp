#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>

#include "../base/layer.hpp"
#include "../base/list.hpp"
#include "local_port.hpp"

namespace ilnp {

/// The destination of a local program's datagrams.
struct Remote {
  std::string host;        ///< host name in the overlay
  std::uint16_t port = 0;  ///< STP port at that host
  bool any = false;        ///< datagrams from any node reach the program, not only those of `host`
};

/// Local UDP port -> remote. One for each port and local socket of the proxy, and hence bounded. A
/// look-up takes two steps, one for each half of the port, and one more for each further socket.
class MappingTable {
 public:
  /// One mapping of a local port.
  struct Mapping {
    Remote remote;                   ///< where its datagrams go
    std::uint8_t socket = 0;         ///< the local socket to which it belongs
    ResolvedName known;              ///< what the host name means or last meant
    bool missing = false;            ///< a program has sent there, and the name was unknown
    std::unique_ptr<Mapping> other;  ///< of the same port at another socket
  };

  /// The first mapping of a port; the others follow through `other`, in the order in which they were made.
  Mapping* first(std::uint16_t port) noexcept {
    const auto& page = pages_[port / page_size];
    return page ? (*page)[port % page_size].get() : nullptr;
  }
  Mapping* find(LocalPort local) noexcept {
    Mapping* mapping = first(local.port);
    while (mapping && mapping->socket != local.socket) mapping = mapping->other.get();
    return mapping;
  }
  /// False if there already is one.
  bool add(LocalPort local, Remote remote) {
    if (find(local)) return false;
    auto& page = pages_[local.port / page_size];
    if (!page) page = std::make_unique<Page>();
    auto* place = &(*page)[local.port % page_size];
    while (*place) place = &(*place)->other;
    *place = std::make_unique<Mapping>(Mapping{std::move(remote), local.socket, {}, false, nullptr});
    ++size_;
    return true;
  }
  /// False if there is no such mapping.
  bool remove(LocalPort local) noexcept {
    if (!find(local)) return false;
    auto* place = &(*pages_[local.port / page_size])[local.port % page_size];
    while ((*place)->socket != local.socket) place = &(*place)->other;
    *place = std::exchange((*place)->other, nullptr);
    --size_;
    return true;
  }
  std::size_t size() const noexcept { return size_; }

  /// The local ports, ascending.
  List<std::uint16_t> ports() const {
    List<std::uint16_t> ports;
    for (std::size_t high = 0; high < pages_.size(); ++high)
      for (std::size_t low = 0; pages_[high] && low < page_size; ++low)
        if ((*pages_[high])[low]) ports.push_back(static_cast<std::uint16_t>(high * page_size + low));
    return ports;
  }

 private:
  static constexpr std::size_t page_size = 256;
  using Page = std::array<std::unique_ptr<Mapping>, page_size>;

  std::array<std::unique_ptr<Page>, 65536 / page_size> pages_;
  std::size_t size_ = 0;
};

}  // namespace ilnp
