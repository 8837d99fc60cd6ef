// Look-ups of names, correspondents and routes, and what they cost as the tables grow, beside hand-written tables.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness.hpp"

namespace baseline {

using Time = std::int64_t;

inline std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Entries side by side, chained by bucket; as many buckets as entries, at least.
template <class Value>
class Table {
 public:
  explicit Table(std::size_t capacity) {
    std::size_t buckets = 1;
    while (buckets < capacity) buckets *= 2;
    buckets_.assign(buckets, end);
    entries_.reserve(capacity);
  }
  Value* find(std::uint64_t key) {
    std::uint32_t at = buckets_[mix(key) & (buckets_.size() - 1)];
    while (at != end && entries_[at].key != key) at = entries_[at].next;
    return at == end ? nullptr : &entries_[at].value;
  }
  Value* insert(std::uint64_t key) {
    if (Value* known = find(key)) return known;
    if (entries_.size() == entries_.capacity()) return nullptr;
    std::uint32_t& bucket = buckets_[mix(key) & (buckets_.size() - 1)];
    entries_.push_back({key, Value{}, bucket});
    bucket = static_cast<std::uint32_t>(entries_.size() - 1);
    return &entries_.back().value;
  }

 private:
  static constexpr std::uint32_t end = UINT32_MAX;
  struct Entry {
    std::uint64_t key;
    Value value;
    std::uint32_t next;
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> buckets_;
};

struct Host {
  Time expires = 0;
  std::array<std::uint64_t, 16> rest{};
};

/// Name -> identifier, for hosts that have not expired.
class Names {
 public:
  explicit Names(std::size_t capacity) : hosts_(capacity) {
    std::size_t buckets = 1;
    while (buckets < 2 * capacity) buckets *= 2;
    places_.resize(buckets);
  }
  void add(std::string name, std::uint64_t nid, Time expires) {
    hosts_.insert(nid)->expires = expires;
    std::size_t at = hash(name) & (places_.size() - 1);
    while (places_[at].nid) at = (at + 1) & (places_.size() - 1);
    places_[at] = {hash(name), nid, std::move(name)};
  }
  std::uint64_t resolve(std::string_view name, Time now) {
    const std::uint64_t wanted = hash(name);
    for (std::size_t at = wanted & (places_.size() - 1); places_[at].nid;
         at = (at + 1) & (places_.size() - 1)) {
      if (places_[at].hash != wanted || places_[at].name != name) continue;
      const Host* host = hosts_.find(places_[at].nid);
      return host && now < host->expires ? places_[at].nid : 0;
    }
    return 0;
  }

 private:
  static std::uint64_t hash(std::string_view text) { return std::hash<std::string_view>{}(text); }
  struct Place {
    std::uint64_t hash = 0;
    std::uint64_t nid = 0;
    std::string name;
  };
  std::vector<Place> places_;
  Table<Host> hosts_;
};

struct Correspondent {
  Time expires = 0, window = 0;
  unsigned changes = 0;
  bool sent = false;
};

}  // namespace baseline

#include "ilnp/network/correspondent_table.hpp"
#include "ilnp/network/host_table.hpp"

namespace {

using namespace ilnp;

constexpr TimePoint begin{std::chrono::hours(1)};
constexpr Duration life = std::chrono::hours(1);

std::string host_name(std::uint64_t number) { return "host-" + std::to_string(number); }

/// The keys, in an order that no cache knows.
struct Order {
  explicit Order(std::size_t entries) {
    Random random(1);
    for (std::size_t i = 0; i < std::max<std::size_t>(entries, 1024); ++i)
      all.push_back(1 + random.below(entries));
  }
  std::uint64_t next() {
    at = at + 1 == all.size() ? 0 : at + 1;
    return all[at];
  }
  std::vector<std::uint64_t> all;
  std::size_t at = 0;
};

struct NameOurs {
  explicit NameOurs(std::size_t entries) : order(entries) {
    for (std::uint64_t nid = 0; nid <= entries; ++nid) names.push_back(host_name(nid));
    for (std::uint64_t nid = 1; nid <= entries; ++nid) {
      hosts.claim(Nid(nid), hosts.touch(Nid(nid), 1, begin), names[nid], begin);
    }
  }
  void run() {
    Nid nid = hosts.resolve(names[order.next()], begin + Duration(1));
    bench::keep(nid);
  }
  Order order;
  std::vector<std::string> names;
  Epoch epoch;
  HostTable hosts{epoch, Nid(0xffffffff), "self", life};
};
struct NameByHand {
  explicit NameByHand(std::size_t entries) : order(entries), table(entries) {
    for (std::uint64_t nid = 0; nid <= entries; ++nid) names.push_back(host_name(nid));
    for (std::uint64_t nid = 1; nid <= entries; ++nid) table.add(names[nid], nid, 1000);
  }
  void run() {
    const std::string& name = names[order.next()];
    std::uint64_t nid = name == self ? 1 : table.resolve(name, 1);
    bench::keep(nid);
  }
  Order order;
  std::string self = "self";
  std::vector<std::string> names;
  baseline::Names table;
};

/// Each packet is from another than the one before, and later.
struct CorrespondentOurs {
  explicit CorrespondentOurs(std::size_t entries) : order(entries) {
    for (std::uint64_t nid = 1; nid <= entries; ++nid) table.touch(Nid(nid), true, 1, now);
  }
  void run() {
    now += Duration(1);
    bool fresh = table.touch(Nid(order.next()), false, 1, now);
    bench::keep(fresh);
  }
  Order order;
  TimePoint now = begin;
  CorrespondentTable table{life};
};
struct CorrespondentByHand {
  explicit CorrespondentByHand(std::size_t entries) : order(entries), table(entries) {
    for (std::uint64_t nid = 1; nid <= entries; ++nid) touch(nid, true);
  }
  bool touch(std::uint64_t nid, bool sent) {
    baseline::Correspondent* known = table.insert(nid);
    if (!known) return false;
    const bool fresh = now >= known->expires;
    known->expires = now + 3'600'000'000'000;
    known->sent |= sent;
    last = now;
    return fresh;
  }
  void run() {
    now += 1;
    bool fresh = touch(order.next(), false);
    bench::keep(fresh);
  }
  Order order;
  baseline::Time now = 3'600'000'000'000;
  baseline::Time last = -1;  // with anybody
  baseline::Table<baseline::Correspondent> table;
};

/// The table under all the others, beyond the limits that those have.
struct Value {
  std::uint64_t number = 0;
  TimePoint last_used() const noexcept { return begin; }
  bool expired(TimePoint) const noexcept { return false; }
};
struct BoundedOurs {
  explicit BoundedOurs(std::size_t entries) : order(entries), table(entries) {
    for (std::uint64_t key = 1; key <= entries; ++key) table.insert(Nid(key), 1, begin).number = key;
  }
  void run() {
    std::uint64_t number = table.find(Nid(order.next()))->number;
    bench::keep(number);
  }
  Order order;
  BoundedTable<Nid, Value> table;
};
struct BoundedByHand {
  explicit BoundedByHand(std::size_t entries) : order(entries), table(entries) {
    for (std::uint64_t key = 1; key <= entries; ++key) *table.insert(key) = key;
  }
  void run() {
    std::uint64_t number = *table.find(order.next());
    bench::keep(number);
  }
  Order order;
  baseline::Table<std::uint64_t> table;
};

const bool added = [] {
  for (const std::size_t entries : {10u, 1000u, 4096u}) {
    const std::string of = " of " + std::to_string(entries);
    bench::add("host name" + of, 1, bench::repeat<NameOurs>(entries), bench::repeat<NameByHand>(entries));
    bench::add("correspondent" + of, 1, bench::repeat<CorrespondentOurs>(entries),
               bench::repeat<CorrespondentByHand>(entries));
  }
  for (const std::size_t entries : {10u, 1000u, 100'000u})
    bench::add("bounded table, entry of " + std::to_string(entries), 1, bench::repeat<BoundedOurs>(entries),
               bench::repeat<BoundedByHand>(entries));
  return true;
}();

}  // namespace
