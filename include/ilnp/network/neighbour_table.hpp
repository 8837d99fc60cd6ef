#pragma once

#include "../base/bounded_table.hpp"
#include "../base/list.hpp"
#include "../base/search.hpp"
#include "interfaces.hpp"
#include "policies.hpp"

namespace ilnp {

/// The nodes whose own frames are heard, by the underlay's number for the sender: in which of this node's networks each one
/// is, since when, and whether it is settled there. From this a node learns who else forwards between two networks that it
/// has joined.
template <class Interop>
class BasicNeighbourTable {
 public:
  static constexpr std::size_t max_neighbours = 1024;  ///< when it is full, one gives way to a new one
  /// Places of one node; the one where it was last heard longest ago gives way.
  static constexpr std::size_t max_places = 8;
  /// Only nodes heard in two or more networks can forward. At most this many of them are considered for a new flow.
  static constexpr std::size_t max_forwarders = 64;
  /// A node that starts appears in all its networks within this time. One that appears later in a second network has moved
  /// there, and is watched for `probation`.
  static constexpr Duration together = std::chrono::milliseconds(500);
  /// For this long after it has moved, or has said that it leaves, a node counts as passing through.
  static constexpr Duration probation = std::chrono::seconds(30);
  /// A node heard this soon after this one has joined a network was there before.
  static constexpr Duration there_before = std::chrono::seconds(2);
  /// After a neighbour has failed to forward, this node does not yield to it for this long; each further failure doubles
  /// the time, up to `max_doublings` times.
  static constexpr Duration distrust = std::chrono::seconds(30);
  /// Of `distrust`, for failures in a row.
  static constexpr std::uint8_t max_doublings = 4;

  /// A network of this node in which a neighbour was heard.
  struct Place {
    Locator locator;               ///< which network
    TimePoint since;               ///< first heard there
    TimePoint heard;               ///< last heard there
    TimePoint missed = never;      ///< since when it has been heard elsewhere, but not there
    TimePoint leaving = long_ago;  ///< when it announced that it leaves
  };

  /// A node whose own frames are heard.
  struct Neighbour {
    Nid nid;             ///< the identifier in its latest frame
    List<Place> places;  ///< in the order in which it was first heard there
    [[no_unique_address]] typename Interop::Habits habits;  ///< what shows which program it runs
    TimePoint failed_at = long_ago;                         ///< when it last failed to forward
    TimePoint counted_on = long_ago;                        ///< when this node last yielded to it
    std::uint8_t failures = 0;                              ///< in a row

    const Place* find(Locator locator) const noexcept {
      const auto at = find_by(places, &Place::locator, locator);
      return at == places.end() ? nullptr : &*at;
    }
    /// In any of its places; `long_ago` if it has none.
    TimePoint last_heard() const noexcept {
      TimePoint last = long_ago;
      for (const Place& place : places) last = std::max(last, place.heard);
      return last;
    }
    TimePoint last_used() const noexcept { return counted_on; }
    /// For how long it is distrusted after its last failure.
    Duration distrust_time() const noexcept {
      return BasicNeighbourTable::distrust * (1 << (failures > 0 ? failures - 1 : 0));
    }
    /// True if it has failed too recently for this node to yield to it.
    bool distrusted(TimePoint now) const noexcept { return now - failed_at < distrust_time(); }
    /// It has failed to forward.
    void distrust(TimePoint now) noexcept {
      if (now - failed_at >= 2 * distrust_time()) failures = 0;  // it did well for that long
      if (!distrusted(now) && failures <= max_doublings) ++failures;
      failed_at = now;
      habits.failed();
    }
    /// It has shown that it forwards.
    void trust() noexcept {
      failed_at = long_ago;
      failures = 0;
    }
    bool expired(TimePoint now) const noexcept { return now - last_heard() >= std::chrono::seconds(300); }
  };

  /// `life`: a node not heard in a network for this long is no longer there.
  explicit BasicNeighbourTable(Duration life) noexcept : life_(life) {}

  void rekey(const HashKey& key) {
    neighbours_.rekey(key);
    senders_.rekey(key);
  }

  /// A frame arrived on `interface` that looks like `sender`'s own, with its identifier `nid`. It may be another node's if some
  /// send frames back to the network that they came from. Those have a lower hop limit than `sender`'s own, and show that it
  /// does so.
  void hear(std::uint64_t sender, Nid nid, std::uint8_t hop_limit, const Interface& interface, TimePoint now,
            std::uint64_t share = 0) {
    Neighbour* neighbour = &neighbours_.insert(sender, share, now);
    if (neighbour->habits.below_own(hop_limit) && now - neighbour->last_heard() < life_)
      return neighbour->habits.sent_back();
    neighbour->habits.hear(hop_limit);
    neighbour->nid = nid;
    senders_.insert(nid, share, now) = Sender{sender, now};
    for (Place& other : neighbour->places)
      if (other.locator != interface.locator && now - other.heard > together && other.missed == never)
        other.missed = now;
    const auto at = find_by(neighbour->places, &Place::locator, interface.locator);
    if (at != neighbour->places.end()) {
      if (at->missed != never && now - at->missed > together) at->since = now;  // had left in the meantime
      at->missed = never;
      at->heard = now;
      return;
    }
    if (neighbour->places.size() == max_places)
      neighbour->places.erase(least_by(neighbour->places, &Place::heard));
    // Heard soon after this node itself arrived: it was there before.
    const bool was_there = now - interface.joined_at < there_before;
    neighbour->places.push_back(Place{interface.locator, was_there ? long_ago : now, now, never, long_ago});
    if (neighbour->places.size() == 2) add_forwarder(sender);
  }

  /// `nid` has announced that it will be at the locators for which `stays` is true, and nowhere else.
  template <class Stays>
  void moves(Nid nid, Stays&& stays, TimePoint now) {
    const auto leave = [&](std::uint64_t sender) {
      Neighbour* neighbour = neighbours_.find(sender);
      if (!neighbour || neighbour->nid != nid) return;
      for (Place& place : neighbour->places)
        if (!stays(place.locator)) place.leaving = now;
    };
    if (const Sender* last = senders_.find(nid)) leave(last->sender);
    for (const std::uint64_t sender : forwarders_) leave(sender);
  }

  /// It is no longer known who is there: nobody counts until it is heard again.
  void doubt_all(TimePoint now) {
    neighbours_.for_each([&](std::uint64_t, Neighbour& neighbour) {
      for (Place& place : neighbour.places) place.heard = std::min(place.heard, now - life_);
    });
  }

  /// `nid` is gone for good.
  void forget(Nid nid) {
    List<std::uint64_t> gone;
    neighbours_.for_each([&](std::uint64_t sender, const Neighbour& neighbour) {
      if (neighbour.nid == nid) gone.push_back(sender);
    });
    for (const std::uint64_t sender : gone) neighbours_.erase(sender);
  }

  std::size_t size() const noexcept { return neighbours_.size(); }
  Neighbour* find(std::uint64_t sender) noexcept { return neighbours_.find(sender); }

  /// Is `neighbour` a settled member of both networks?
  bool settled(const Neighbour& neighbour, Locator a, Locator b, TimePoint now) const noexcept {
    const Place* first = neighbour.find(a);
    const Place* second = neighbour.find(b);
    if (!first || !second || now - first->heard >= life_ || now - second->heard >= life_) return false;
    // A node announces itself in all its networks at once.
    if (first->heard - second->heard > together || second->heard - first->heard > together) return false;
    return !passing(*first, *second, now);
  }

  /// Is `neighbour` known to be only passing through these two networks?
  bool passing(const Neighbour& neighbour, Locator a, Locator b, TimePoint now) const noexcept {
    const Place* first = neighbour.find(a);
    const Place* second = neighbour.find(b);
    return first && second && passing(*first, *second, now);
  }

  /// Calls `f(sender, neighbour)` for each node heard in two or more networks, in the order in which they were first heard
  /// there.
  template <class F>
  void for_each_forwarder(F&& f) const {
    for (const std::uint64_t sender : forwarders_)
      if (const Neighbour* neighbour = neighbours_.find(sender); neighbour && neighbour->places.size() > 1)
        f(sender, *neighbour);
  }

  /// Calls `f(sender, neighbour)` for each neighbour.
  template <class F>
  void for_each(F&& f) const {
    neighbours_.for_each(f);
  }

 private:
  /// The sender last heard with an identifier.
  struct Sender {
    std::uint64_t sender = 0;
    TimePoint heard = long_ago;
    TimePoint last_used() const noexcept { return long_ago; }
    bool expired(TimePoint now) const noexcept { return now - heard >= std::chrono::seconds(300); }
  };

  /// `sender` is heard in a second network. If there are too many, one that is gone, or to which this node yielded least
  /// recently, gives way.
  void add_forwarder(std::uint64_t sender) {
    if (contains(forwarders_, sender)) return;
    if (forwarders_.size() == max_forwarders) {
      const auto use = [&](std::uint64_t each) {
        const Neighbour* neighbour = neighbours_.find(each);
        return neighbour ? std::pair(neighbour->counted_on, neighbour->last_heard())
                         : std::pair(long_ago, long_ago);
      };
      forwarders_.erase(least_by(forwarders_, use));
    }
    forwarders_.push_back(sender);
  }

  static bool passing(const Place& first, const Place& second, TimePoint now) noexcept {
    if (now - first.leaving < probation || now - second.leaving < probation) return true;
    const TimePoint earlier = std::min(first.since, second.since);
    const TimePoint later = std::max(first.since, second.since);
    return later - earlier > together && now - later < probation;
  }

  Duration life_;
  BoundedTable<std::uint64_t, Neighbour> neighbours_{max_neighbours};
  BoundedTable<Nid, Sender> senders_{max_neighbours};
  List<std::uint64_t> forwarders_;  // heard in two or more networks, the first ones first
};

/// The neighbours of a node with the default policies.
using NeighbourTable = BasicNeighbourTable<FirstImplementation>;

}  // namespace ilnp
