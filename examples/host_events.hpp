#pragma once

// What becomes of the nodes that this one knows, which no single message says.

#include <algorithm>
#include <cstdint>
#include <ilnp/base/address.hpp>
#include <ilnp/base/context.hpp>
#include <ilnp/network/host_table.hpp>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// All views are valid only during the call.
namespace program::event {

/// A node is known from now on.
struct HostAppeared {
  ilnp::Nid nid;
  std::string_view host_name;
  std::span<const ilnp::Locator> locators;
};

/// A known node is at other locators than before.
struct HostMoved {
  ilnp::Nid nid;
  std::string_view host_name;
  std::span<const ilnp::Locator> from;
  std::span<const ilnp::Locator> to;
};

/// Nothing was heard of a known node for as long as it is remembered.
struct HostExpired {
  ilnp::Nid nid;
  std::string_view host_name;
};

/// A known node was forgotten before that: it has shut down, or others took its place in the table.
struct HostForgotten {
  ilnp::Nid nid;
  std::string_view host_name;
};

}  // namespace program::event

namespace program {

/// Compares a table of hosts with what it was before. As large as the table, which is bounded.
class HostWatch {
 public:
  /// Calls `observe(event)` for each change since the last call. A node has moved when two calls in a row find it at the same other
  /// locators: those of one announcement do not all arrive at once.
  template <class Observe>
  void look(const ilnp::HostTable& hosts, ilnp::TimePoint now, Observe&& observe) {
    ++round_;
    hosts.for_each(now, [&](ilnp::Nid nid, const ilnp::KnownHost& host, bool) {
      if (host.name.empty()) return;  // known only from what it has sent
      places_.clear();
      host.for_each_present([this](ilnp::Locator each) { places_.push_back(each); });
      std::sort(places_.begin(), places_.end());
      const auto [at, fresh] = known_.try_emplace(nid);
      Known& known = at->second;
      known.round = round_;
      known.expires = host.expires;
      if (known.name != host.name) known.name = host.name;
      if (fresh) {
        known.places = known.next = places_;
        observe(event::HostAppeared{nid, known.name, known.places});
      } else if (places_ != known.places && places_ == known.next) {
        observe(event::HostMoved{nid, known.name, known.places, places_});
        known.places = places_;
      }
      known.next = places_;
    });
    std::erase_if(known_, [&](const auto& entry) {
      const auto& [nid, known] = entry;
      if (known.round == round_) return false;
      if (known.expires <= now) {
        observe(event::HostExpired{nid, known.name});
      } else {
        observe(event::HostForgotten{nid, known.name});
      }
      return true;
    });
  }

  /// The nodes that are known.
  std::size_t size() const noexcept { return known_.size(); }

 private:
  struct Known {
    std::string name;
    std::vector<ilnp::Locator> places;  // as reported
    std::vector<ilnp::Locator> next;    // as found by the last call
    ilnp::TimePoint expires{};
    std::uint64_t round = 0;
  };
  std::map<ilnp::Nid, Known> known_;
  std::vector<ilnp::Locator> places_;
  std::uint64_t round_ = 0;
};

}  // namespace program
