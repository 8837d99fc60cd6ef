#pragma once

#include <optional>

#include "bounded_table.hpp"
#include "interfaces.hpp"

namespace ilnp {

/// Which interface leads to a locator, as learnt backwards: from the interface that frames of that locator come in on
/// (docs/behaviour.md, "Backwards learning").
///
/// - What was learnt is good for `ttl`. A route that is used when two thirds of that are over wants a probe (a
///   solicitation); used after `ttl` it is still followed, once, for `probe_time`: if the probe is answered the route lives on.
/// - A locator that is heard on two interfaces stays on the first while that one is confirmed as often: the other takes
///   over when it alone was heard for `switch_time`. If the first is known for the best of several ways, not before the
///   other was heard once more after that, and for `settle_time` nothing came by the first.
class ForwardingTable {
 public:
  static constexpr std::size_t max_routes = 4096;
  static constexpr Duration switch_time = std::chrono::seconds(1);
  static constexpr Duration probe_time = std::chrono::seconds(3);
  /// What comes by two ways may take so much longer by one of them.
  static constexpr Duration settle_time = std::chrono::milliseconds(250);

  /// `dormant`: for how long a route that nobody uses is kept after `ttl`, to be tried once. `ways`, if there: grows when a
  /// route is added or changed, and when it is heard of on another interface, which may become a change later.
  ForwardingTable(Duration ttl, Duration dormant, std::uint32_t* ways = nullptr) noexcept
      : ttl_(ttl), dormant_(dormant), ways_(ways) {}

  struct Found {
    Locator interface;
    bool wants_probe;  ///< the route will expire, or has; a solicitation would confirm it
  };

  void rekey(const HashKey& key) { routes_.rekey(key); }

  /// A frame from `locator` came in on `interface`, where `sender` put it.
  void learn(Locator locator, Locator interface, std::uint64_t sender, const Interfaces& interfaces,
             TimePoint now) {
    const Interface* own = interfaces.find(locator);
    if (own && !own->leaving) return;  // its own locators map to themselves
    const Interface* in = interfaces.find(interface);
    if (own && (!in || in->leaving)) return;
    Route* route = &routes_.insert(locator, sender, now);
    const Interface* held = !route->known                   ? nullptr
                            : route->interface == interface ? in
                                                            : interfaces.find(route->interface);
    const bool held_is_worse = !held || route->doubted || (held->leaving && in && !in->leaving);
    const bool held_is_better = held && !held->leaving && in && in->leaving && now - route->confirmed < ttl_;
    if (!held_is_worse && route->interface != interface) {
      if (held_is_better || now - route->confirmed < switch_time) return;  // both are heard: stay
      if (route->alternate_since == never || route->alternate != interface) {
        route->alternate = interface;
        route->alternate_since = now;
        route->alternate_again = never;
        if (ways_) ++*ways_;
      } else if (route->alternate_again == never && now - route->alternate_since >= switch_time) {
        route->alternate_again = now;
      }
      if (now < alternate_at(*route)) return;
    }
    if (!route->known || route->interface != interface || !valid(*route, now)) change();
    route->interface = interface;
    route->confirmed = now;
    route->expires = now + ttl_ + dormant_;
    route->alternate_since = never;
    route->probed = never;
    route->doubted = false;
    route->known = true;
  }

  /// Messages from `locator` came in on both interfaces, and by `nearer` a shorter way. When that is so for the time to live
  /// of a route, the shorter way is taken; not sooner, for a node in handoff makes ways that do not last. Else two nodes
  /// in a loop could each believe for ever that the way leads by the other, for each passes on what it hears.
  void prefer(Locator locator, Locator nearer, Locator farther, const Interfaces& interfaces, TimePoint now) {
    Route* route = routes_.find(locator);
    const Interface* in = interfaces.find(nearer);
    if (!route || !in || in->leaving || !valid(*route, now)) return;
    if (route->interface != farther) {
      if (route->interface != nearer) return;
      if (route->contradicted == never) route->contradicted = now;
      route->best = now;
      return;
    }
    // What comes the shorter way may come later, and by it first what this node itself has passed on the other way round.
    const bool contradicted = route->contradicted != never && now - route->contradicted >= switch_time;
    if (contradicted || route->nearer != nearer || now - route->nearer_heard >= ttl_) {
      route->nearer = nearer;
      route->nearer_since = now;
    }
    route->nearer_heard = now;
    route->contradicted = never;
    route->best = long_ago;
    if (now - route->nearer_since < ttl_) return;
    route->interface = nearer;
    route->confirmed = now;
    route->nearer_heard = long_ago;
    route->alternate_since = route->probed = never;
    change();
  }

  /// Messages from `locator` came in on both interfaces, by ways of one length. The one that is not taken is no better: what
  /// comes by it alone now and then (from a router of that network that does not pass on its own) is no reason to take it.
  void alike(Locator locator, Locator one, Locator other, TimePoint now) {
    Route* route = routes_.find(locator);
    if (route && (route->interface == one || route->interface == other)) route->best = now;
  }

  /// The interface that leads to `locator`. `use` says that a packet will follow it now.
  std::optional<Found> find(Locator locator, TimePoint now, bool use = true) {
    Route* route = routes_.find(locator);
    if (!route || !valid(*route, now)) return std::nullopt;
    if (now >= alternate_at(*route)) {
      route->interface = route->alternate;
      route->confirmed = route->alternate_again == never ? route->alternate_since : route->alternate_again;
      route->alternate_since = never;
      change();
    }
    bool wants_probe = false;
    if (use) {
      route->used_at = now;
      wants_probe = now - route->confirmed >= ttl_ * 2 / 3;
      if (wants_probe && route->probed == never) route->probed = now;
      if (route->alternate_since != never && now - route->alternate_since >= switch_time) wants_probe = true;
    }
    return Found{route->interface, wants_probe};
  }

  /// Drops what was learnt through `interface`, which has been left. Routes (and the way to `interface` itself) for which no other way is known go through `instead`, until they
  /// are confirmed or `probe_time` is over: a network that was reachable from the old place most likely is from the new.
  /// True if there are such routes: a solicitation would confirm them.
  bool forget(Locator interface, std::optional<Locator> instead, TimePoint now) {
    change();
    bool guessed = false;
    std::vector<Locator> gone;
    routes_.for_each([&](Locator locator, Route& route) {
      if (route.alternate_since != never && route.alternate == interface) route.alternate_since = never;
      if (route.interface != interface) return;
      if (route.alternate_since != never) {
        route.interface = route.alternate;
        route.confirmed = now;
        route.alternate_since = never;
      } else if (instead && *instead != locator && valid(route, now)) {
        route.interface = *instead;
        route.confirmed = now - ttl_;
        route.probed = now;
        guessed = true;
      } else {
        gone.push_back(locator);
      }
    });
    for (const Locator locator : gone) routes_.erase(locator);
    if (!instead) return false;
    Route& left = routes_.insert(interface, 0, now);
    if (!valid(left, now)) {
      left = Route{};
      left.interface = *instead;
      left.confirmed = now - ttl_;
      left.expires = now + ttl_;
      left.probed = now;
      left.known = true;
      guessed = true;
    }
    return guessed;
  }

  /// No route is known to lead anywhere any more: each is followed for `probe_time` at most, unless it is confirmed, and the
  /// interface on which its locator is heard first is the way.
  void doubt_all(TimePoint now) {
    change();
    routes_.for_each([&](Locator, Route& route) {
      if (!valid(route, now)) return;
      route.confirmed = std::min(route.confirmed, now - ttl_);
      route.probed = now;
      route.doubted = true;
      route.alternate_since = route.nearer_since = route.contradicted = never;
      route.nearer_heard = route.best = long_ago;
    });
  }

  std::size_t size() const noexcept { return routes_.size(); }
  /// Grows when a route is added or changed.
  std::uint32_t generation() const noexcept { return generation_; }
  /// Until when `find` will say of `locator` what it says now, and want no probe, unless the ways change.
  TimePoint settled_until(Locator locator) const noexcept {
    const Route* route = routes_.find(locator);
    if (!route) return long_ago;
    const TimePoint good = route->confirmed + ttl_ * 2 / 3;
    return route->alternate_since == never ? good : std::min(good, route->alternate_since + switch_time);
  }

  /// Calls `f(locator, interface, age)` for each route that is known.
  template <class F>
  void for_each(TimePoint now, F&& f) const {
    routes_.for_each([&](Locator locator, const Route& route) {
      if (valid(route, now)) f(locator, route.interface, now - route.confirmed);
    });
  }

 private:
  struct Route {
    Locator interface;
    Locator alternate;
    Locator nearer;
    TimePoint confirmed = long_ago;
    TimePoint expires = long_ago;
    TimePoint alternate_since = never;
    TimePoint alternate_again = never;  ///< heard there once more, `switch_time` later
    TimePoint best = long_ago;          ///< when its way was last compared with another, and was no longer
    TimePoint nearer_since = never;
    TimePoint nearer_heard = long_ago;
    TimePoint contradicted = never;  ///< that `nearer` is a shorter way
    TimePoint probed = never;
    TimePoint used_at = long_ago;  ///< when a packet followed it last
    bool known = false;
    bool doubted = false;  ///< see `doubt_all`

    TimePoint last_used() const noexcept { return used_at; }
    bool expired(TimePoint now) const noexcept { return now >= expires; }
  };

  bool valid(const Route& route, TimePoint now) const noexcept {
    if (now - route.confirmed < ttl_) return true;
    return now < route.expires && (route.probed == never || now - route.probed < probe_time);
  }

  /// From when on the alternate is taken, unless something comes by the other until then.
  TimePoint alternate_at(const Route& route) const noexcept {
    if (route.alternate_since == never) return never;
    if (route.alternate_since - route.best >= ttl_) return route.alternate_since + switch_time;
    return route.alternate_again == never ? never : route.alternate_again + settle_time;
  }

  void change() noexcept {
    ++generation_;
    if (ways_) ++*ways_;
  }

  Duration ttl_;
  Duration dormant_;
  std::uint32_t* ways_;
  std::uint32_t generation_ = 0;
  BoundedTable<Locator, Route> routes_{max_routes};
};

}  // namespace ilnp
