#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "../resolved_name.hpp"

namespace ilnp {

/// Where the datagrams of a local program go.
struct Remote {
  std::string host;        ///< host name in the overlay
  std::uint16_t port = 0;  ///< STP port there
  bool any = false;        ///< datagrams from any node reach the program, not only those of `host`
};

/// Local UDP port -> remote. Bounded by the number of ports. One look-up is two steps, by the halves of the port.
class MappingTable {
 public:
  struct Mapping {
    Remote remote;
    Nid last;            ///< whom the name meant last; 0 before it was first resolved
    ResolvedName known;  ///< what it means, as long as that holds
  };

  Mapping* find(std::uint16_t local_port) noexcept {
    const auto& page = pages_[local_port / page_size];
    return page ? (*page)[local_port % page_size].get() : nullptr;
  }
  /// False if there is one already.
  bool add(std::uint16_t local_port, Remote remote) {
    if (find(local_port)) return false;
    auto& page = pages_[local_port / page_size];
    if (!page) page = std::make_unique<Page>();
    (*page)[local_port % page_size] = std::make_unique<Mapping>(Mapping{std::move(remote), Nid{}, {}});
    ++size_;
    return true;
  }
  bool remove(std::uint16_t local_port) noexcept {
    if (!find(local_port)) return false;
    (*pages_[local_port / page_size])[local_port % page_size].reset();
    --size_;
    return true;
  }
  std::size_t size() const noexcept { return size_; }

  /// The local ports, ascending.
  std::vector<std::uint16_t> ports() const {
    std::vector<std::uint16_t> ports;
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
