#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <string>
#include <vector>

#include "../address.hpp"
#include "../error.hpp"

namespace ilnp {

/// Knows no name: an exit leads to addresses only. `NameResolver` (names/name_resolver.hpp) takes its place where names are to be
/// looked up, and tells what each function does.
struct NoNames {
  using Id = std::uint64_t;
  using Found = std::function<void(const std::vector<boost::asio::ip::address>&)>;
  using Done = std::function<void(const error_code&)>;

  result<Id> look_up(Nid, const std::string&, const Found&, const Done&) const { return Errc::unknown_host; }
  void cancel(Id) const noexcept {}
};

}  // namespace ilnp
