#pragma once

#include <optional>

#include "../base/bounded_table.hpp"
#include "../base/epoch.hpp"
#include "../base/list.hpp"
#include "interfaces.hpp"

namespace ilnp {

/// Which interface leads to a locator, learnt backwards from the interface on which frames of that locator arrive
/// (docs/behaviour.md, "Backwards learning").
///
/// - A route is valid for `ttl`. A route that is used after two thirds of that needs a probe (a solicitation). A route that
///   is used after `ttl` is still followed, once, for `probe_time`; a reply to the probe renews it.
/// - A locator that is heard on two interfaces stays on the first as long as frames arrive there as often: the other one
///   takes over after the locator was heard on it alone for `switch_time`. If the first is known as the best of several
///   paths, the other takes over only after the locator was heard there once more after that, and nothing arrived on the
///   first for another `settle_time`.
class ForwardingTable {
 public:
  static constexpr std::size_t max_routes = 4096;  ///< when it is full, one gives way to a new one
  /// A locator must be heard on another interface alone for this long before the route changes.
  static constexpr Duration switch_time = std::chrono::seconds(1);
  static constexpr Duration probe_time =
      std::chrono::seconds(3);  ///< for which an expired route is still followed
  /// What arrives over two paths may take this much longer on one of them.
  static constexpr Duration settle_time = std::chrono::milliseconds(250);

  /// `dormant`: how long an unused route is kept after `ttl`, to be tried once. Bumps `epoch` when a route is added or
  /// changed, and when a locator is heard on another interface, which may become a change later.
  ForwardingTable(Epoch& epoch, Duration ttl, Duration dormant) noexcept
      : changed_(epoch), ttl_(ttl), dormant_(dormant) {}

  /// A route that can be followed now.
  struct Found {
    Locator interface;  ///< the joined locator on which frames leave
    bool wants_probe;   ///< the route has expired or will soon; a solicitation would confirm it
  };

  void rekey(const HashKey& key) { routes_.rekey(key); }

  /// A frame from `locator`, sent by `sender`, arrived on `interface`.
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
        changed_.note();
      } else if (route->alternate_again == never && now - route->alternate_since >= switch_time) {
        route->alternate_again = now;
      }
      if (now < alternate_at(*route)) return;
    }
    if (!route->known || route->interface != interface || !valid(*route, now)) changed_.note();
    route->interface = interface;
    route->confirmed = now;
    route->expires = now + ttl_ + dormant_;
    route->alternate_since = never;
    route->probed = never;
    route->doubted = false;
    route->known = true;
  }

  /// Messages from `locator` arrived on both interfaces, and the path through `nearer` is shorter. When this has been so
  /// for the time to live of a route, the route changes to the shorter path; no sooner, because a node in handoff makes
  /// paths that do not last. Otherwise two nodes in a loop, each of which passes on what it hears, could for ever take each
  /// other for the next hop.
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
    // On the shorter path a message may arrive later than the copy that this node itself has passed on in the other
    // direction.
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
    changed_.note();
  }

  /// Messages from `locator` arrived on both interfaces, over paths of equal length. The unused path is no better: an
  /// occasional message that arrives there alone (from a router of that network that does not pass on its own messages) is
  /// no reason to change.
  void alike(Locator locator, Locator one, Locator other, TimePoint now) {
    Route* route = routes_.find(locator);
    if (route && (route->interface == one || route->interface == other)) route->best = now;
  }

  /// The interface that leads to `locator`. `use`: a packet will follow the route now.
  std::optional<Found> find(Locator locator, TimePoint now, bool use = true) {
    Route* route = routes_.find(locator);
    if (!route || !valid(*route, now)) return std::nullopt;
    if (now >= alternate_at(*route)) {
      route->interface = route->alternate;
      route->confirmed = route->alternate_again == never ? route->alternate_since : route->alternate_again;
      route->alternate_since = never;
      changed_.note();
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

  /// Drops what was learnt through `interface`, which has been left. Routes without a known alternative, and the route to
  /// `interface` itself, go through `instead` until they are confirmed or `probe_time` is over: a network that was
  /// reachable from the old location probably is from the new one. True if there are such routes: a solicitation would
  /// confirm them.
  bool forget(Locator interface, std::optional<Locator> instead, TimePoint now) {
    changed_.note();
    bool guessed = false;
    List<Locator> gone;
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

  /// Doubts all routes. Each is followed for at most `probe_time` unless it is confirmed, and the first interface on which
  /// its locator is heard becomes the route.
  void doubt_all(TimePoint now) {
    changed_.note();
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
  /// The last change of a route.
  Epoch::Stamp changed() const noexcept { return changed_.stamp(); }
  /// Until when `find` will return the same for `locator` and need no probe, unless a route changes.
  TimePoint settled_until(Locator locator) const noexcept {
    const Route* route = routes_.find(locator);
    if (!route) return long_ago;
    const TimePoint good = route->confirmed + ttl_ * 2 / 3;
    return route->alternate_since == never ? good : std::min(good, route->alternate_since + switch_time);
  }

  /// Calls `f(locator, interface, age)` for each valid route.
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
    TimePoint alternate_again = never;  ///< heard there again, `switch_time` later
    TimePoint best = long_ago;          ///< when its path was last compared with another and was not longer
    TimePoint nearer_since = never;
    TimePoint nearer_heard = long_ago;
    TimePoint contradicted = never;  ///< when messages first suggested that `nearer` is not shorter
    TimePoint probed = never;
    TimePoint used_at = long_ago;  ///< when a packet last followed it
    bool known = false;
    bool doubted = false;  ///< see `doubt_all`

    TimePoint last_used() const noexcept { return used_at; }
    bool expired(TimePoint now) const noexcept { return now >= expires; }
  };

  bool valid(const Route& route, TimePoint now) const noexcept {
    if (now - route.confirmed < ttl_) return true;
    return now < route.expires && (route.probed == never || now - route.probed < probe_time);
  }

  /// When the alternate takes over, unless something arrives on the current interface before.
  TimePoint alternate_at(const Route& route) const noexcept {
    if (route.alternate_since == never) return never;
    if (route.alternate_since - route.best >= ttl_) return route.alternate_since + switch_time;
    return route.alternate_again == never ? never : route.alternate_again + settle_time;
  }

  LastChange changed_;
  Duration ttl_;
  Duration dormant_;
  BoundedTable<Locator, Route> routes_{max_routes};
};

}  // namespace ilnp
