#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string_view>

#include "../resolved_name.hpp"
#include "bounded_table.hpp"
#include "host.hpp"
#include "name_spellings.hpp"

namespace ilnp {

/// The nodes that have been heard of, by identifier and by name.
///
/// One name, two nodes (docs/protocol.md, "Names"): the name goes to the node that claims it for the first time (a node that
/// was restarted with another identifier takes its name along); from then on it stays with that node until nothing has been heard of it for the life of an entry. The
/// name of this node itself is never given away.
class HostTable {
 public:
  static constexpr std::size_t max_hosts = 4096;

  /// `life`: for how long a node is remembered after it was last heard of.
  HostTable(Nid self, std::string self_name, Duration life)
      : self_(self), self_name_(std::move(self_name)), life_(life) {}

  /// The entry of `nid`, new or old, with its life renewed; null if the table is full.
  Host* touch(Nid nid, TimePoint now) {
    Host* host = hosts_.insert(nid, now, [&](Nid gone, const Host& entry) { disown(gone, entry.name); });
    if (!host) return nullptr;
    if (host->expired(now) && host->confirmations) restart(nid, *host);
    host->expires = now + life_;
    // Said twice at once is not confirmed: or strangers who repeat themselves would be as good as neighbours.
    if (host->confirmations == 0) {
      host->known_since = now;
      host->confirmations = 1;
    } else if (now - host->known_since >= Host::burst) {
      host->confirmations = 2;
    }
    return host;
  }

  /// A discovery message names `host` (the entry of `nid`) `name`. Returns whom the name means from here on.
  Nid claim(Nid nid, Host& host, std::string_view name, TimePoint now) {
    const bool first_claim = host.name != name;
    if (first_claim) {
      disown(nid, host.name);
      host.name = name;
      ++generation_;
    }
    auto& claim = names_[host.name];
    if (first_claim && ++claim.claimants == 1) spellings_.add(name);
    if (claim.owner != nid && (first_claim || !alive(claim.owner, now))) {
      claim.owner = nid;
      ++generation_;
    }
    return name == self_name_ ? self_ : claim.owner;
  }

  /// The entry of `nid`, unless it has expired.
  Host* find(Nid nid, TimePoint now) {
    Host* host = hosts_.find(nid);
    return host && !host->expired(now) ? host : nullptr;
  }

  /// Whom `name` means; 0 if nobody. If no node is called so, it means the node whose name differs in ASCII case only, as long as
  /// there is just one.
  Nid resolve(std::string_view name, TimePoint now) {
    if (name == self_name_) return self_;
    Nid owner = owner_of(name, now);
    if (owner == Nid{}) owner = only_owner_but_for_case(name, now);
    if (Host* host = hosts_.find(owner)) host->used = true;
    return owner;
  }

  /// The same, and how long that holds.
  ResolvedName resolve_for_long(std::string_view name, TimePoint now) {
    const Nid nid = resolve(name, now);
    const Host* host = hosts_.find(nid);
    return {nid, generation_, nid == self_ ? never : host ? host->expires : long_ago};
  }
  bool holds(const ResolvedName& known, TimePoint now) const noexcept {
    return known.generation == generation_ && now < known.until;
  }

  /// Nothing that is known of any node is known to hold any more: each is forgotten at `until`, unless it is heard of again.
  void doubt_all(TimePoint now, TimePoint until) {
    ++generation_;
    hosts_.for_each([&](Nid, Host& host) {
      host.expires = std::min(host.expires, until);
      host.doubt(now);
    });
  }
  /// Is there a node that this one has used, and that will be forgotten by `until`?
  bool wants_before(TimePoint until, TimePoint now) const {
    bool wants = false;
    hosts_.for_each(
        [&](Nid, const Host& host) { wants |= host.used && !host.expired(now) && host.expires <= until; });
    return wants;
  }

  /// Grows whenever `resolve` might answer otherwise, but for expiry.
  std::uint32_t generation() const noexcept { return generation_; }
  std::size_t size() const noexcept { return hosts_.size(); }
  Duration life() const noexcept { return life_; }

  /// Calls `f(nid, host, owns_name)` for each node that is alive.
  template <class F>
  void for_each(TimePoint now, F&& f) const {
    hosts_.for_each([&](Nid nid, const Host& host) {
      if (host.expired(now)) return;
      const auto at = names_.find(host.name);
      f(nid, host, at != names_.end() && at->second.owner == nid);
    });
  }

  /// Calls `f(nid, host)` for each entry, expired or not.
  template <class F>
  void for_each(F&& f) const {
    hosts_.for_each(f);
  }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  struct Claim {
    Nid owner;
    std::uint32_t claimants = 0;  ///< entries of `hosts_` with this name
  };

  bool alive(Nid nid, TimePoint now) const noexcept {
    const Host* host = hosts_.find(nid);
    return host && !host->expired(now);
  }

  /// Who is called exactly `name`, and alive.
  Nid owner_of(std::string_view name, TimePoint now) {
    const auto at = names_.find(name);
    if (at == names_.end()) return Nid{};
    Nid& owner = at->second.owner;
    if (!alive(owner, now)) owner = heir(name, now);
    return owner;
  }
  Nid only_owner_but_for_case(std::string_view name, TimePoint now) {
    Nid only = equal_but_for_case(name, self_name_) ? self_ : Nid{};
    for (const std::string& spelling : spellings_.of(name)) {
      if (spelling == self_name_) continue;
      const Nid owner = owner_of(spelling, now);
      if (owner == Nid{}) continue;
      if (only != Nid{}) return Nid{};
      only = owner;
    }
    return only;
  }

  void restart(Nid nid, Host& host) {
    disown(nid, host.name);
    host = Host{};
  }

  /// `nid` no longer claims `name`: it goes to another claimant, if there is one.
  void disown(Nid nid, std::string_view name) {
    const auto at = names_.find(name);
    if (at == names_.end()) return;
    ++generation_;
    if (--at->second.claimants == 0) {
      spellings_.remove(name);
      names_.erase(at);
    } else if (at->second.owner == nid) {
      at->second.owner = Nid{};
      hosts_.for_each([&](Nid other, const Host& host) {
        if (other != nid && host.name == name) at->second.owner = other;
      });
    }
  }

  Nid heir(std::string_view name, TimePoint now) const {
    Nid next;
    hosts_.for_each([&](Nid other, const Host& host) {
      if (host.name == name && !host.expired(now)) next = other;
    });
    return next;
  }

  Nid self_;
  std::string self_name_;
  Duration life_;
  std::uint32_t generation_ = 0;
  BoundedTable<Nid, Host> hosts_{max_hosts};
  boost::unordered_flat_map<std::string, Claim, TextHash, std::equal_to<>> names_;
  NameSpellings<TextHash> spellings_;  // of the names in `names_`
};

}  // namespace ilnp
