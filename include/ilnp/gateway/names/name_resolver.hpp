#pragma once

#include <algorithm>
#include <map>
#include <memory>

#include "../../base/address.hpp"
#include "name_lookup.hpp"

namespace ilnp {

/// Looks up names for peers in parallel: one that gets no reply delays no other. Bounded per peer and in total;
/// beyond that, the oldest look-up of the peer with the most is dropped. Destroying it ends all. One thread.
class NameResolver {
 public:
  using Id = std::uint64_t;  ///< names a look-up; never used again

  static constexpr std::size_t max_lookups = 512;  ///< at a time
  static constexpr std::size_t max_of_one = 64;    ///< for one peer

  /// `config`: for all look-ups. Handlers run on `executor`.
  explicit NameResolver(const boost::asio::any_io_executor& executor, NameLookupConfig config = {})
      : executor_(executor), config_(std::move(config)) {}
  NameResolver(const NameResolver&) = delete;
  NameResolver& operator=(const NameResolver&) = delete;
  ~NameResolver() {
    for (auto& [id, entry] : lookups_) entry.lookup->cancel();
  }

  /// As `NameLookup::start`; the result is for `cancel`. Error: `queue_full`, also the result of a look-up that is dropped.
  result<Id> look_up(Nid peer, const std::string& name, NameLookup::Found found, NameLookup::Done done) {
    if (count_of(peer) >= max_of_one) return Errc::queue_full;
    if (lookups_.size() >= max_lookups) make_room();
    const Id id = ++last_;
    const auto lookup = std::make_shared<NameLookup>(executor_, hosts_);
    lookups_.emplace(id, Entry{peer, lookup, done});
    ++counts_[peer];
    lookup->start(name, config_, std::move(found),
                  [this, id, done = std::move(done)](const error_code& error) {
                    erase(id);
                    done(error);
                  });
    return id;
  }
  /// Ends a look-up that is still in progress; nothing is called for it any more.
  void cancel(Id id) { erase(id); }

  std::size_t size() const noexcept { return lookups_.size(); }
  /// How many there are for this peer.
  std::size_t count_of(Nid peer) const {
    const auto at = counts_.find(peer);
    return at == counts_.end() ? 0 : at->second;
  }

 private:
  struct Entry {
    Nid peer;
    std::shared_ptr<NameLookup> lookup;
    NameLookup::Done done;
  };

  void erase(Id id) {
    const auto at = lookups_.find(id);
    if (at == lookups_.end()) return;
    at->second.lookup->cancel();
    const auto count = counts_.find(at->second.peer);
    if (--count->second == 0) counts_.erase(count);
    lookups_.erase(at);
  }
  void make_room() {
    const auto most = std::ranges::max_element(counts_, {}, &std::pair<const Nid, std::size_t>::second);
    const auto oldest = std::ranges::find_if(
        lookups_, [&](const auto& each) { return count_of(each.second.peer) == most->second; });
    boost::asio::post(executor_, [done = oldest->second.done] { done(Errc::queue_full); });
    erase(oldest->first);
  }

  boost::asio::any_io_executor executor_;
  NameLookupConfig config_;
  std::shared_ptr<HostsFile> hosts_ = std::make_shared<HostsFile>();
  std::map<Id, Entry> lookups_;        // the oldest first
  std::map<Nid, std::size_t> counts_;  // strangers choose the NIDs, so no hash that they know
  Id last_ = 0;
};

}  // namespace ilnp
