#pragma once

#include <string>
#include <string_view>

#include "../base/bounded_table.hpp"
#include "../base/layer.hpp"
#include "../base/name_table.hpp"
#include "known_host.hpp"
#include "name_spellings.hpp"
#include "wanted_names.hpp"

namespace ilnp {

/// The known nodes, by identifier and by name.
///
/// Two nodes with one name (docs/behaviour.md, "Names"): the name stays with the node that holds it as long as that node is
/// alive. Another claimant gets it when nothing has been heard of the holder for the life of an entry, or through `pass`.
/// The name of this node itself never passes to another.
class HostTable {
 public:
  static constexpr std::size_t max_hosts = 4096;  ///< when it is full, one gives way to a new one

  /// `life`: how long a node is remembered after it was last heard. Bumps `epoch` whenever `resolve` might return something
  /// else for a reason other than expiry.
  HostTable(Epoch& epoch, Nid self, std::string self_name, Duration life)
      : changed_(epoch), self_(self), self_name_(std::move(self_name)), life_(life) {}

  void rekey(const HashKey& key) {
    hosts_.rekey(key);
    names_.rekey(key);
    spellings_.rekey(key);
  }

  /// The entry of `nid`, new or existing, with its life renewed. `sender`: the node that sent the information.
  KnownHost& touch(Nid nid, std::uint64_t sender, TimePoint now) {
    KnownHost& host =
        hosts_.insert(nid, sender, now, [&](Nid gone, const KnownHost& entry) { disown(gone, entry); });
    if (host.expired(now) && host.known) {
      disown(nid, host);
      host = KnownHost{};
    }
    host.expires = now + life_;
    host.known = true;
    return host;
  }

  /// The result of a claim to a name.
  struct Claimed {
    Nid owner;            ///< the node that the name means
    bool fresh = false;   ///< the first claim of that node to this name
    bool unsure = false;  ///< the node is known by another name, and keeps that for now
  };

  /// A discovery message names `host` (the entry of `nid`) `name`. A node that has a name gets another only if it repeats
  /// the new one after `KnownHost::burst` and does not use the old one in between. Otherwise a single forged message could take
  /// its name away.
  Claimed claim(Nid nid, KnownHost& host, std::string_view name, TimePoint now) {
    const bool fresh = host.name != name;
    if (!fresh) {
      host.new_name.clear();
    } else if (!host.name.empty()) {
      if (host.new_name != name) host.new_name = name, host.new_name_at = now;
      if (now - host.new_name_at < KnownHost::burst) return {Nid{}, true, true};
      host.new_name.clear();
    }
    if (fresh) {
      disown(nid, host);
      host.name = name;
      changed_.note();
    }
    Claim& claim = names_.insert(host.name);
    if (fresh) enlist(nid, host, claim);
    if (claim.owner != nid && !alive(claim.owner, now)) {
      claim.owner = nid;
      changed_.note();
    }
    if (claim.owner == nid && wanted_.take(name, now)) host.used_at = now;
    return {name == self_name_ ? self_ : claim.owner, fresh, false};
  }

  /// `name` passes from one node to another that claims it. False if it did not belong to the first, or if the other is
  /// unknown.
  bool pass(std::string_view name, Nid from, Nid to, TimePoint now) {
    Claim* const claim = names_.find(name);
    const KnownHost* heir = find(to, now);
    if (!claim || claim->owner != from || !heir || heir->name != name) return false;
    claim->owner = to;
    changed_.note();
    return true;
  }

  /// `nid` is gone for good.
  void forget(Nid nid) {
    if (const KnownHost* host = hosts_.find(nid)) disown(nid, *host);
    hosts_.erase(nid);
  }

  /// The entry of `nid`, expired or not.
  KnownHost* entry(Nid nid) noexcept { return hosts_.find(nid); }

  /// The entry of `nid`, unless it has expired.
  KnownHost* find(Nid nid, TimePoint now) {
    KnownHost* host = hosts_.find(nid);
    return host && !host->expired(now) ? host : nullptr;
  }

  /// The node that `name` means; 0 if none. If no node has exactly this name, it means the node whose name differs only in
  /// ASCII case, provided that there is just one.
  Nid resolve(std::string_view name, TimePoint now) {
    if (name == self_name_) return self_;
    Owner owner = owner_of(name, now);
    if (!owner.host) owner = only_owner_but_for_case(name, now);
    if (owner.host) {
      owner.host->used_at = now;
    } else if (owner.nid != self_) {
      wanted_.add(name, now);
    }
    return owner.nid;
  }

  /// The same, and how long that remains valid.
  ResolvedName resolve_for_long(std::string_view name, TimePoint now) {
    const Nid nid = resolve(name, now);
    const KnownHost* host = hosts_.find(nid);
    return {nid, changed_.present(), nid == self_ ? never : host ? host->expires : long_ago};
  }

  /// Doubts everything that is known of any node: each is forgotten at `until` unless it is heard again.
  void doubt_all(TimePoint now, TimePoint until) {
    changed_.note();
    hosts_.for_each([&](Nid, KnownHost& host) {
      host.expires = std::min(host.expires, until);
      host.doubt(now);
    });
  }
  /// Is there a node that this one has used and that will be forgotten by `until`?
  bool wants_before(TimePoint until, TimePoint now) const {
    bool wants = false;
    hosts_.for_each([&](Nid, const KnownHost& host) {
      wants |= host.used_at != long_ago && !host.expired(now) && host.expires <= until;
    });
    return wants;
  }

  /// When `resolve` might last have begun to return something else for a reason other than expiry.
  Epoch::Stamp changed() const noexcept { return changed_.stamp(); }
  std::size_t size() const noexcept { return hosts_.size(); }
  /// As given to the constructor.
  Duration life() const noexcept { return life_; }

  /// Calls `f(nid, host, owns_name)` for each node that has not expired.
  template <class F>
  void for_each(TimePoint now, F&& f) const {
    hosts_.for_each([&](Nid nid, const KnownHost& host) {
      if (host.expired(now)) return;
      const Claim* const claim = names_.find(host.name);
      f(nid, host, claim && claim->owner == nid);
    });
  }

  /// Calls `f(nid, host)` for each entry, expired or not.
  template <class F>
  void for_each(F&& f) const {
    hosts_.for_each(f);
  }

 private:
  struct Claim {
    Nid owner;        ///< 0 if no claimant is alive
    Nid first, last;  ///< the list of claimants: see `KnownHost::after`
  };
  /// The entry of `nid`; null if there is none or it has expired.
  KnownHost* alive(Nid nid, TimePoint now) noexcept {
    KnownHost* host = hosts_.find(nid);
    return host && !host->expired(now) ? host : nullptr;
  }

  /// The holder of a name; `host` is null if that is this node (`self_`) or no node (0).
  struct Owner {
    Nid nid;
    KnownHost* host = nullptr;
  };

  /// The node with exactly this name, if it is alive.
  Owner owner_of(std::string_view name, TimePoint now) {
    Claim* const claim = names_.find(name);
    if (!claim || claim->owner == Nid{}) return {};
    if (KnownHost* host = alive(claim->owner, now)) return {claim->owner, host};
    const Owner owner = heir(*claim, now);
    claim->owner = owner.nid;
    return owner;
  }
  Owner only_owner_but_for_case(std::string_view name, TimePoint now) {
    Owner only{equal_but_for_case(name, self_name_) ? self_ : Nid{}};
    for (const std::string& spelling : spellings_.of(name)) {
      if (spelling == self_name_) continue;
      const Owner owner = owner_of(spelling, now);
      if (!owner.host) continue;
      if (only.nid != Nid{}) return {};
      only = owner;
    }
    return only;
  }

  /// `host`, the entry of `nid`, becomes a claimant of its name.
  void enlist(Nid nid, KnownHost& host, Claim& claim) {
    if (claim.first == Nid{}) {
      spellings_.add(host.name);
      claim.first = nid;
    } else {
      hosts_.find(claim.last)->after = nid;
    }
    host.before = claim.last;
    host.after = Nid{};
    claim.last = nid;
  }
  void delist(const KnownHost& host, Claim& claim) noexcept {
    (host.before == Nid{} ? claim.first : hosts_.find(host.before)->after) = host.after;
    (host.after == Nid{} ? claim.last : hosts_.find(host.after)->before) = host.before;
  }

  /// `host`, the entry of `nid`, no longer claims its name, which passes to another claimant, if there is one.
  void disown(Nid nid, const KnownHost& host) {
    Claim* const claim = names_.find(host.name);
    if (!claim) return;
    changed_.note();
    delist(host, *claim);
    if (claim->first == Nid{}) {
      spellings_.remove(host.name);
      names_.erase(host.name);
    } else if (claim->owner == nid) {
      claim->owner = claim->first;
    }
  }

  /// The first claimant that is alive; none if none is. Those before it lose their claims, so that nobody looks at them again;
  /// but one remains.
  Owner heir(Claim& claim, TimePoint now) {
    while (true) {
      if (KnownHost* host = alive(claim.first, now)) return {claim.first, host};
      if (claim.first == claim.last) return {};
      KnownHost& gone = *hosts_.find(claim.first);
      delist(gone, claim);
      gone.name.clear();
    }
  }

  LastChange changed_;
  Nid self_;
  std::string self_name_;
  Duration life_;
  BoundedTable<Nid, KnownHost> hosts_{max_hosts};
  NameTable<Claim> names_;
  NameSpellings spellings_;  // of the names in `names_`
  WantedNames wanted_;
};

}  // namespace ilnp
