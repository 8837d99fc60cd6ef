#pragma once

#include <vector>

#include "../address.hpp"
#include "bounded_table.hpp"

namespace ilnp {

/// The nodes with which there was unicast traffic: who is told of a move, and whose moves are believed
/// (RFC 6740, section 5.3: the correspondent nodes).
class CorrespondentTable {
 public:
  static constexpr std::size_t max_correspondents = 4096;
  static constexpr unsigned max_changes_a_second = 8;

  explicit CorrespondentTable(Duration ttl) noexcept : ttl_(ttl) {}

  /// There was traffic with `nid`: a packet to it (`sent`) or from it. True if it was not active before this: it may not
  /// know where this node is. Whom this node has sent nothing gives way when strangers fill the table.
  bool touch(Nid nid, bool sent, TimePoint now) {
    Correspondent* known = correspondents_.insert(nid, now);
    if (!known) return false;
    const bool fresh = !active(*known, now);
    known->expires = now + ttl_;
    known->sent = known->sent || sent;
    last_traffic_ = now;
    return fresh;
  }

  bool active(Nid nid, TimePoint now) const noexcept {
    const Correspondent* known = correspondents_.find(nid);
    return known && active(*known, now);
  }

  /// True if `nid` may change its locators once more in this second.
  bool admit_change(Nid nid, TimePoint now) noexcept {
    Correspondent* known = correspondents_.find(nid);
    if (!known) return false;
    if (now - known->window >= std::chrono::seconds(1)) known->window = now, known->changes = 0;
    return known->changes++ < max_changes_a_second;
  }

  /// Those with which there was traffic within the time to live, in the order in which they were met.
  std::vector<Nid> all_active(TimePoint now) const {
    std::vector<Nid> found;
    correspondents_.for_each([&](Nid nid, const Correspondent& known) {
      if (active(known, now)) found.push_back(nid);
    });
    return found;
  }

  /// When there was the last traffic with anybody; the beginning of time if never.
  TimePoint last_traffic() const noexcept { return last_traffic_; }
  std::size_t size() const noexcept { return correspondents_.size(); }

 private:
  struct Correspondent {
    TimePoint expires = long_ago;
    TimePoint window = long_ago;
    unsigned changes = 0;
    bool sent = false;

    bool established() const noexcept { return sent; }
    bool expired(TimePoint now) const noexcept { return now >= expires; }
  };

  bool active(const Correspondent& known, TimePoint now) const noexcept { return now < known.expires; }

  Duration ttl_;
  BoundedTable<Nid, Correspondent> correspondents_{max_correspondents};
  TimePoint last_traffic_ = long_ago;
};

}  // namespace ilnp
