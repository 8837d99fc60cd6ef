#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ilnp/base/address.hpp"
#include "ilnp/base/context.hpp"

namespace ilnp::test {

/// Backwards learning as the reference does it: whoever speaks last is believed, of its own locators as well.
class ReferenceRoutes {
 public:
  /// A locator that the node has joined leads to itself, for ever - or until a frame says something else.
  void own(Locator locator) { routes_[locator] = {locator, never}; }
  void learn(Locator locator, Locator interface, TimePoint expires) {
    routes_[locator] = {interface, expires};
  }
  void forget_interface(Locator interface) {
    std::erase_if(routes_, [&](const auto& each) { return each.second.interface == interface; });
  }
  std::size_t size() const noexcept { return routes_.size(); }
  std::optional<Locator> find(Locator locator, TimePoint now) const {
    const auto found = routes_.find(locator);
    if (found == routes_.end() || found->second.expires <= now) return std::nullopt;
    return found->second.interface;
  }

 private:
  struct Route {
    Locator interface;
    TimePoint expires;
  };
  std::map<Locator, Route> routes_;
};

/// Host names and where they are, as the reference keeps them: a list in the order of learning, of which the first that
/// has not expired is used.
class ReferenceHosts {
 public:
  void learn(std::string_view name, const Ilv& ilv, TimePoint now, TimePoint expires) {
    auto& places = hosts_[std::string(name)];
    std::erase_if(places, [&](const Place& place) { return place.expires <= now; });
    const auto known = std::ranges::find(places, ilv, &Place::ilv);
    if (known != places.end()) {
      known->expires = expires;
    } else {
      places.push_back({ilv, expires});
    }
    names_[ilv] = name;
  }

  std::optional<Ilv> resolve(std::string_view name, TimePoint now) const {
    const auto host = hosts_.find(std::string(name));
    return host == hosts_.end() ? std::nullopt : oldest(host->second, std::nullopt, now);
  }
  std::optional<Ilv> resolve(Nid nid, TimePoint now) const {
    for (const auto& [name, places] : hosts_)
      if (const auto found = oldest(places, nid, now)) return found;
    return std::nullopt;
  }

  /// How many names lead somewhere.
  std::size_t known(TimePoint now) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        hosts_, [&](const auto& host) { return oldest(host.second, std::nullopt, now).has_value(); }));
  }

  /// A locator update. Applied only if an advertisement named the pair that it comes from, which is then forgotten: the
  /// next update needs another advertisement. Without locators it erases the host.
  void update(const Ilv& from, std::span<const Locator> locators, TimePoint expires) {
    const auto name = names_.find(from);
    if (name == names_.end()) return;
    auto& places = hosts_[name->second];
    places.clear();
    for (const Locator locator : locators) places.push_back({{locator, from.nid}, expires});
    names_.erase(name);
  }

 private:
  struct Place {
    Ilv ilv;
    TimePoint expires;
  };

  static std::optional<Ilv> oldest(const std::vector<Place>& places, std::optional<Nid> nid, TimePoint now) {
    for (const Place& place : places)
      if (place.expires > now && (!nid || place.ilv.nid == *nid)) return place.ilv;
    return std::nullopt;
  }

  std::map<std::string, std::vector<Place>> hosts_;
  std::map<Ilv, std::string> names_;
};

}  // namespace ilnp::test
