// The path through the layers: what a stack of the toolkit costs a packet, beside a node that does the same work and was
// written by hand, in one piece, for speed alone. The hand-written one comes first, and knows nothing of the toolkit.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "harness.hpp"

namespace baseline {

using Time = std::int64_t;
constexpr Time second = 1'000'000'000;
constexpr Time never = INT64_MAX;
constexpr Time long_ago = INT64_MIN / 4;
constexpr Time hold = second / 100;  ///< what was decided is good for so long

inline std::uint64_t load64(const unsigned char* from) {
  std::uint64_t value;
  std::memcpy(&value, from, 8);
  return __builtin_bswap64(value);
}
inline std::uint16_t load16(const unsigned char* from) {
  std::uint16_t value;
  std::memcpy(&value, from, 2);
  return __builtin_bswap16(value);
}
inline void store64(unsigned char* to, std::uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, 8);
}
inline void store16(unsigned char* to, std::uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(to, &value, 2);
}
inline std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

struct Flow {
  std::uint64_t source_locator, source_nid, destination_locator, destination_nid;
  bool operator==(const Flow&) const = default;
};
inline std::uint64_t hash(std::uint64_t key) { return mix(key); }
inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xe7037ed1a0b428db);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
/// Of octets as they lie, two words at a time, in two strands.
inline std::uint64_t hash(const unsigned char* at, std::size_t size, std::uint64_t seed) {
  const auto word = [](const unsigned char* from) {
    std::uint64_t value;
    std::memcpy(&value, from, 8);
    return value;
  };
  const unsigned char* const end = at + size;
  std::uint64_t a = seed ^ size * 0x9fb21c651e98df25, b = ~seed;
  for (; end - at > 32; at += 32)
    a = fold(a ^ word(at), word(at + 8)), b = fold(b ^ word(at + 16), word(at + 24));
  if (end - at > 16) a = fold(a ^ word(at), word(at + 8));
  if (size >= 16) return fold(a ^ word(end - 16), b ^ word(end - 8));
  std::uint64_t rest[2] = {};
  if (size) std::memcpy(rest, at, size);
  return fold(a ^ rest[0], b ^ rest[1]);
}
inline std::uint64_t hash(const Flow& flow) {
  return mix(fold(flow.source_locator, flow.source_nid) +
             3 * fold(flow.destination_locator, flow.destination_nid));
}

/// At most 4096 entries, side by side, found by a table of their numbers that is twice as long. Entries that have expired give way; that, and what happens when it is full, is off the path that is
/// measured, and left out.
template <class Key, class Value>
class Table {
 public:
  Table() { entries_.reserve(4097), entries_.emplace_back(); }
  Value* find(const Key& key) {
    std::size_t at = hash(key) & mask;
    for (; numbers_[at]; at = (at + 1) & mask)
      if (entries_[numbers_[at]].key == key) return &entries_[numbers_[at]].value;
    return nullptr;
  }
  Value* insert(const Key& key) {
    if (Value* value = find(key)) return value;
    if (entries_.size() > 4096) entries_.resize(1), numbers_.fill(0);
    std::size_t at = hash(key) & mask;
    while (numbers_[at]) at = (at + 1) & mask;
    numbers_[at] = static_cast<std::uint16_t>(entries_.size());
    return &entries_.emplace_back(Entry{key, Value{}}).value;
  }

 private:
  static constexpr std::size_t mask = 8191;
  struct Entry {
    Key key{};
    Value value{};
  };
  std::vector<Entry> entries_;  // from 1 on
  std::array<std::uint16_t, mask + 1> numbers_{};
};

/// What waits to leave: heads copied, payloads borrowed.
struct Queue {
  struct Entry {
    std::uint64_t locator;
    unsigned char head[48];
    std::size_t head_size;
    const unsigned char* payload;
    std::size_t size;
  };
  static constexpr std::size_t capacity = 64;
  std::array<Entry, capacity + 1> entries;  // the last is only ever written to
  std::size_t count = 0;
};

/// Receives, delivers, forwards, sends: as docs/behaviour.md says, for data packets in steady state.
class Node {
 public:
  struct Interface {
    std::uint64_t locator;
    bool leaving = false;
    bool passing = false;
    std::uint8_t slot = 0;
    Time last_sent = long_ago;
  };
  struct Counters {
    std::uint64_t received = 0, delivered = 0, forwarded = 0, sent = 0, datagrams = 0, datagrams_sent = 0,
                  to_program = 0, from_program = 0;
    std::array<std::uint64_t, 21> dropped{};
    std::array<std::uint64_t, 5> refused{};
  };

  Node(std::uint64_t nid, std::vector<std::uint64_t> locators) : nid_(nid) {
    for (const std::uint64_t locator : locators)
      interfaces_.push_back({locator, false, false, static_cast<std::uint8_t>(interfaces_.size()), long_ago});
  }

  void learn_host(std::uint64_t nid, const std::string& name, std::uint64_t locator, std::uint64_t on,
                  Time now) {
    *hosts_.insert(nid) = {locator, now + 90 * second, 1, 0, 0, long_ago};
    names_.push_back({name, nid});
    ++names_generation_;
    learn(locator, on, now);
  }
  void bind(std::uint16_t port) { ports_[port / 64] |= std::uint64_t{1} << port % 64; }
  void map(std::uint16_t local, const std::string& host, std::uint16_t remote) {
    bind(local);
    mapping_of_[local] = static_cast<std::uint16_t>(mappings_.size() + 1);
    mappings_.push_back({host, remote, false, 0, 0, 0, long_ago});
  }

  template <class Up>
  void receive(std::uint64_t interface, std::uint64_t sender, unsigned char* frame, std::size_t size,
               Time now, Up&& up) {
    ++counters_.received;
    if (size < 40) return drop(0);
    if (load16(frame + 4) != size - 40) return drop(1);
    const FlowEntry* flow_entry = last_entry_;
    if (!continues(*flow_entry, interface, frame, now)) {
      flow_entry = &flow_entries_[path_hash(interface, frame) % flow_entries_.size()];
      if (!continues(*flow_entry, interface, frame, now) && !decide(interface, sender, frame, now)) return;
      last_entry_ = flow_entry;
    }
    if (!flow_entry->forward) return deliver(*flow_entry, sender, frame, size, now, up);
    // What its source has put on the network itself came once.
    if (load64(frame + 8) != interface && reflected(forwarded_seen_, *flow_entry, sender, frame, size, now))
      return drop(7);
    forward(flow_entry->out, frame, size);
  }

  int send(std::uint16_t from, std::uint64_t to, std::uint16_t port, const unsigned char* payload,
           std::size_t size, Time now) {
    if (size > 1396) return ++counters_.refused[0], 1;
    if (to != sending_.to || generation_ != sending_.generation || now >= sending_.until)
      if (const int error = begin_sending(to, now)) return error;
    if (queue.count == queue.capacity) return 4;
    Queue::Entry& entry = queue.entries[queue.count++];
    entry.locator = sending_.out;
    entry.payload = payload;
    entry.size = size;
    entry.head_size = 44;
    unsigned char* head = entry.head;
    std::memset(head, 0, 4);
    store16(head + 4, static_cast<std::uint16_t>(size + 4));
    head[6] = 42;
    head[7] = 3;
    store64(head + 8, sending_.out);
    store64(head + 16, nid_);
    store64(head + 24, sending_.locator);
    store64(head + 32, to);
    store16(head + 40, from);
    store16(head + 42, port);
    if (sending_.interface) sending_.interface->last_sent = now;
    ++counters_.sent;
    ++counters_.datagrams_sent;
    return 0;
  }

  /// The proxy's two ways.
  int send_from_program(std::uint16_t local, const unsigned char* payload, std::size_t size, Time now) {
    const std::uint16_t number = mapping_of_[local];
    if (number == 0) return ++counters_.refused[1], 5;
    Mapping& mapping = mappings_[number - 1u];
    if (!resolve(mapping, now)) return ++counters_.refused[2], 6;
    const int error = send(local, mapping.nid, mapping.port, payload, size, now);
    if (error) return ++counters_.refused[3], error;
    ++counters_.from_program;
    return 0;
  }
  template <class Up>
  void receive_for_program(std::uint64_t interface, std::uint64_t sender, unsigned char* frame,
                           std::size_t size, Time now, Up&& up) {
    receive(interface, sender, frame, size, now,
            [&](std::uint64_t nid, std::uint16_t, std::uint16_t to, const unsigned char* payload,
                std::size_t length) {
              const std::uint16_t number = mapping_of_[to];
              if (number == 0) return drop(19);
              Mapping& mapping = mappings_[number - 1u];
              if (!mapping.any) {
                resolve(mapping, now);
                if (nid != mapping.nid) return drop(20);
              }
              ++counters_.to_program;
              up(to, payload, length);
            });
  }

  const Counters& counters() const { return counters_; }
  Queue queue;

 private:
  struct Route {
    std::uint64_t interface = 0, alternate = 0;
    Time learnt = 0, confirmed = long_ago, expires = 0, alternate_since = never, probed = never;
    std::uint8_t confirmations = 0;
    bool used = false;
  };
  struct Host {
    std::uint64_t locator = 0;
    Time expires = long_ago;
    std::uint64_t changes = 0;
    std::uint64_t out = 0, generation = 0;  // the way
    Time until = long_ago;                  // and how long it holds
  };
  struct Seen {
    std::uint64_t key = 0;
    Time at = long_ago;
    std::uint64_t sender = 0;
    std::uint8_t hop_limit = 0;
  };
  struct Forwarded {
    std::uint64_t in = 0, out = 0;
    Time seen = long_ago, unconfirmed = never;
    std::uint8_t hop_limit = 0;
    bool yielding = false;
  };
  struct Correspondent {
    Time expires = long_ago;
    bool sent = false;
  };
  struct Duplicates {
    std::array<std::uint16_t, 32> fresh{}, stale{};
    Time half = long_ago;
  };
  struct Mapping {
    std::string host;
    std::uint16_t port;
    bool any;
    std::uint64_t nid;
    std::uint64_t generation;
    std::uint64_t unused;
    Time until;
  };
  struct Name {
    std::string name;
    std::uint64_t nid;
  };
  struct FlowEntry {
    std::uint64_t interface = 0, generation = 0, out = 0, hash = 0;
    Time until = long_ago;
    Interface* in = nullptr;
    bool forward = false;
    unsigned char path[34];
  };
  struct Sending {
    std::uint64_t to = 0, locator = 0, out = 0;
    Interface* interface = nullptr;
    std::uint64_t generation = 0;
    Time until = long_ago;
  };

  void drop(std::size_t reason) { ++counters_.dropped[reason]; }
  [[gnu::noinline]] void control() { drop(17); }
  [[gnu::noinline]] void overhear(std::uint64_t) { drop(9); }
  [[gnu::noinline]] void ask(Time now) { asked_ = now; }

  Interface* find(std::uint64_t locator) {
    for (Interface& each : interfaces_)
      if (each.locator == locator) return &each;
    return nullptr;
  }

  bool continues(const FlowEntry& flow_entry, std::uint64_t interface, const unsigned char* frame,
                 Time now) const {
    return interface == flow_entry.interface && generation_ == flow_entry.generation &&
           now < flow_entry.until && std::memcmp(frame + 6, flow_entry.path, 34) == 0;
  }
  static std::uint64_t path_hash(std::uint64_t interface, const unsigned char* frame) {
    return hash({load64(frame + 8), load64(frame + 16), load64(frame + 24), load64(frame + 32)}) ^
           fold(interface, frame[6]);
  }

  /// What is to be done with packets like this one, for the next hundredth of a second; false if there is nothing.
  [[gnu::noinline]] bool decide(std::uint64_t interface, std::uint64_t sender, const unsigned char* frame,
                                Time now) {
    Interface* in = find(interface);
    if (!in) return drop(2), false;
    const Flow flow{load64(frame + 8), load64(frame + 16), load64(frame + 24), load64(frame + 32)};
    const std::uint8_t hop_limit = frame[7];
    if (flow.source_nid == nid_) return drop(3), false;
    if (frame[6] == 44 || flow.destination_nid == 0) return control(), false;
    learn(flow.source_locator, interface, now);
    if (flow.destination_nid == nid_) {
      touch(flow.source_nid, false, now);
      return begin(*in, frame, now, false, 0), true;
    }
    if (interfaces_.size() == 1) return drop(9), false;
    std::uint64_t out = 0;
    if (!route(flow.destination_locator, now, out)) return drop(5), false;
    if (flow.destination_locator == interface || out == interface) return overhear(sender), false;
    if (out == flow.source_locator) return drop(7), false;
    if (hop_limit == 0) return drop(4), false;
    if (Forwarded* state = forwarded_.insert(flow)) {
      if (now - state->seen >= 60 * second || state->out != out)
        *state = {interface, out, long_ago, never, 0, false};
      if (now - state->seen < second / 2 &&
          (hop_limit < state->hop_limit || (hop_limit == state->hop_limit && interface != state->in)))
        return drop(7), false;
      state->in = interface;
      state->hop_limit = hop_limit;
      state->seen = now;
      if (state->yielding) return drop(6), false;
    }
    return begin(*in, frame, now, true, out), true;
  }

  void begin(Interface& in, const unsigned char* frame, Time now, bool forward, std::uint64_t out) {
    const std::uint64_t hash = path_hash(in.locator, frame);
    FlowEntry& flow_entry = flow_entries_[hash % flow_entries_.size()];
    std::memcpy(flow_entry.path, frame + 6, 34);
    flow_entry.hash = hash, flow_entry.until = now + hold, flow_entry.interface = in.locator,
    flow_entry.generation = generation_;
    flow_entry.in = &in, flow_entry.forward = forward, flow_entry.out = out;
  }

  [[gnu::noinline]] int begin_sending(std::uint64_t to, Time now) {
    Host* host = hosts_.find(to);
    if (!host || now >= host->expires) return ask(now), 2;
    if (host->generation != generation_ + host->changes || now >= host->until) {
      if (host->expires - now < 30 * second) ask(now);
      if (!route(host->locator, now, host->out)) return ask(now), 3;
      host->generation = generation_ + host->changes;
      host->until = now + hold;
      touch(to, true, now);
    }
    sending_ = {to, host->locator, host->out, find(host->out), generation_, host->until};
    return 0;
  }

  void forward(std::uint64_t out, unsigned char* frame, std::size_t size) {
    --frame[7];
    if (queue.count == queue.capacity || size > 1440) return drop(20);
    Queue::Entry& entry = queue.entries[queue.count++];
    entry.locator = out;
    entry.head_size = 0;
    entry.payload = frame;
    entry.size = size;
    ++counters_.forwarded;
  }

  template <class Up>
  void deliver(const FlowEntry& flow_entry, std::uint64_t sender, const unsigned char* frame,
               std::size_t size, Time now, Up& up) {
    if (reflected(seen_, flow_entry, sender, frame, size, now)) return drop(7);
    if (interfaces_.size() > 1 && copy(*flow_entry.in, frame, size, now)) return drop(8);
    ++counters_.delivered;
    if (frame[6] != 42) return drop(18);
    if (size < 44) return drop(18);
    const std::uint16_t port = load16(frame + 42);
    if (!(ports_[port / 64] >> port % 64 & 1)) return drop(18);
    ++counters_.datagrams;
    up(load64(frame + 16), load16(frame + 40), port, frame + 44, size - 44);
  }

  /// An equal packet (its front, its back and its length) from another sender, or with another hop limit, came that way
  /// lately.
  static bool reflected(std::array<Seen, 4096>& all, const FlowEntry& flow_entry, std::uint64_t sender,
                        const unsigned char* frame, std::size_t size, Time now) {
    const std::size_t front = std::min<std::size_t>(size - 40, 64);
    std::uint64_t key = hash(frame + 40, front, flow_entry.hash ^ size);
    if (size > 104) key = hash(frame + size - 16, 16, key);
    Seen& seen = all[key % all.size()];
    if (seen.key == key && (sender != seen.sender || frame[7] != seen.hop_limit) &&
        now - seen.at < second / 2)
      return true;
    seen = {key, now, sender, frame[7]};
    return false;
  }

  bool copy(const Interface& in, const unsigned char* frame, std::size_t size, Time now) {
    Duplicates* duplicates = duplicates_.insert(hash(frame + 8, size - 8, frame[6]));
    if (!duplicates) return false;
    if (now - duplicates->half >= second / 2) {
      if (now - duplicates->half < second) {
        duplicates->stale = duplicates->fresh;
      } else {
        duplicates->stale.fill(0);
      }
      duplicates->fresh.fill(0);
      duplicates->half = now;
    }
    std::uint16_t& expected =
        duplicates->stale[in.slot] ? duplicates->stale[in.slot] : duplicates->fresh[in.slot];
    if (expected) return --expected, true;
    for (const Interface& each : interfaces_)
      if (&each != &in && duplicates->fresh[each.slot] < UINT16_MAX) ++duplicates->fresh[each.slot];
    return false;
  }

  void learn(std::uint64_t locator, std::uint64_t interface, Time now) {
    if (const Interface* own = find(locator); own && !own->leaving) return;
    Route* route = routes_.insert(locator);
    if (!route) return drop(19);
    const Interface* held = route->confirmations ? find(route->interface) : nullptr;
    if (held && route->interface != interface) {
      if (now - route->confirmed < second) return;
      if (route->alternate_since == never || route->alternate != interface)
        route->alternate = interface, route->alternate_since = now;
      if (now - route->alternate_since < second) return;
    }
    if (route->confirmations == 0 || route->interface != interface || now - route->confirmed >= 30 * second)
      ++generation_;
    route->interface = interface;
    route->confirmed = now;
    route->expires = now + 120 * second;
    route->alternate_since = route->probed = never;
    if (route->confirmations == 0) {
      route->learnt = now;
      route->confirmations = 1;
    } else if (now - route->learnt >= second) {
      route->confirmations = 2;
    }
  }

  bool route(std::uint64_t locator, Time now, std::uint64_t& out) {
    if (const Interface* own = find(locator); own && !own->leaving) return out = locator, true;
    Route* route = routes_.find(locator);
    if (!route || (now - route->confirmed >= 30 * second &&
                   (now >= route->expires || (route->probed != never && now - route->probed >= 3 * second))))
      return false;
    if (route->alternate_since != never && now - route->alternate_since >= second) {
      route->interface = route->alternate;
      route->confirmed = route->alternate_since;
      route->alternate_since = never;
      ++generation_;
    }
    route->used = true;
    if (now - route->confirmed >= 20 * second) {
      if (route->probed == never) route->probed = now;
      ask(now);
    }
    return out = route->interface, true;
  }

  void touch(std::uint64_t nid, bool sent, Time now) {
    Correspondent* known = correspondents_.insert(nid);
    if (!known) return;
    known->expires = now + 30 * second;
    known->sent |= sent;
    last_traffic_ = now;
  }

  bool resolve(Mapping& mapping, Time now) {
    if (mapping.generation == names_generation_ && now < mapping.until) return true;
    for (const Name& each : names_) {
      if (each.name != mapping.host) continue;
      const Host* host = hosts_.find(each.nid);
      if (!host || now >= host->expires) continue;
      mapping.nid = each.nid, mapping.generation = names_generation_, mapping.until = host->expires;
      return true;
    }
    return ask(now), false;
  }

  std::uint64_t nid_;
  std::vector<Interface> interfaces_;
  Counters counters_;
  std::array<FlowEntry, 1024> flow_entries_{};
  const FlowEntry* last_entry_ = flow_entries_.data();
  std::array<Seen, 4096> seen_{}, forwarded_seen_{};
  Sending sending_;
  std::uint64_t generation_ = 0;
  std::uint64_t names_generation_ = 0;
  Time asked_ = long_ago, last_traffic_ = long_ago;
  Table<std::uint64_t, Route> routes_;
  Table<std::uint64_t, Host> hosts_;
  Table<Flow, Forwarded> forwarded_;
  Table<std::uint64_t, Correspondent> correspondents_;
  Table<std::uint64_t, Duplicates> duplicates_;
  std::vector<Name> names_;
  std::vector<Mapping> mappings_;
  std::array<std::uint64_t, 1024> ports_{};
  std::array<std::uint16_t, 65536> mapping_of_{};
};

}  // namespace baseline

#include "ilnp/base/stack.hpp"
#include "ilnp/network/ilnp.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "ilnp/transport/stp.hpp"

namespace {

using namespace ilnp;

/// An underlay in memory, with the queue that the hand-written node has: frames wait by reference until the flush.
class MemoryUnderlay {
 public:
  error_code join(Locator) noexcept { return {}; }
  error_code leave(Locator) noexcept { return {}; }
  void begin_batch() noexcept {}
  [[gnu::always_inline]] inline MutableBytes headroom(std::size_t size) noexcept {
    if (size > sizeof queue.entries[0].head) return {elsewhere.data(), size};
    return {reinterpret_cast<std::byte*>(queue.entries[queue.count].head), size};
  }
  template <class Cx>
  [[gnu::always_inline]] inline error_code send(Locator locator, const Packet& packet, Cx&) noexcept {
    if (queue.count == queue.capacity) return Errc::queue_full;
    if (packet.head().size() > sizeof queue.entries[0].head) return {};  // discovery, at the start
    auto& entry = queue.entries[queue.count++];
    entry.locator = locator.value();
    entry.head_size = packet.head().size();
    entry.payload = reinterpret_cast<const unsigned char*>(packet.payload().data());
    entry.size = packet.payload().size();
    return {};
  }
  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    up(from, frame);
  }
  template <class Cx>
  bool on_timer(Cx&) noexcept {
    return false;
  }
  TimePoint next_deadline() const noexcept { return never; }
  template <class Cx>
  void end_batch(Cx&) noexcept {
    queue.count = 0;
  }
  std::size_t max_frame() const noexcept { return 1440; }

  baseline::Queue queue;
  std::array<std::byte, Packet::max_headroom> elsewhere;  // for discovery, at the start
};

constexpr std::uint64_t self = 0xa11ce;
constexpr std::uint64_t peer = 0xb0b;
constexpr std::uint64_t first_network = 0xa;
constexpr std::uint64_t second_network = 0xd;
constexpr std::uint16_t port = 4000;
/// From batch to batch the time goes on by this much.
constexpr std::int64_t tick = 1000;

/// What kind of node, and what comes to it.
struct Load {
  std::size_t batch;    ///< packets
  std::size_t payload;  ///< octets
  std::size_t flows;    ///< they take turns, packet by packet
  bool both_networks;   ///< joined; else only the first
  std::uint64_t to;     ///< destination identifier
  std::uint64_t at;     ///< destination locator
};

/// Frames of a batch, in one buffer, as a receiver has them. All are the same to both sides.
struct Frames {
  explicit Frames(const Load& load) : size(44 + load.payload), octets(load.batch * size) {
    for (std::size_t i = 0; i < load.batch; ++i) {
      const std::uint64_t flow = i % load.flows;
      unsigned char* frame = at(i);
      baseline::store16(frame + 4, static_cast<std::uint16_t>(size - 40));
      frame[6] = 42;
      baseline::store64(frame + 8, 0x100 + flow);
      baseline::store64(frame + 16, peer + flow);
      baseline::store64(frame + 24, load.at);
      baseline::store64(frame + 32, load.to);
      baseline::store16(frame + 40, port);
      baseline::store16(frame + 42, port);
      frame[44] = static_cast<unsigned char>(i);
      baseline::store64(frame + size - 8, i);
    }
  }
  unsigned char* at(std::size_t i) { return octets.data() + i * size; }

  std::size_t size;
  std::vector<unsigned char> octets;
};

/// The places of those who send, and the names of the hosts that are known.
std::string host_name(std::uint64_t number) { return "host-" + std::to_string(number); }

/// A node of the toolkit, started, that has heard of `hosts` others on the first network.
template <class Stack>
struct Ours {
  Ours(bool both_networks, std::uint64_t hosts) : stack(config(both_networks)) {
    static_cast<void>(network_layer(stack).start(cx));
    for (std::uint64_t i = 0; i < hosts; ++i) {
      const std::string name = host_name(i);
      const wire::DiscoveryRepr message{Nid(peer + i), Locator(0x100 + i), false, name};
      std::vector<std::byte> frame(wire::IlnpHeader::size + message.size());
      const Ilv source{Locator(0x100 + i), Nid(peer + i)};
      wire::IlnpHeaderRepr{
          static_cast<std::uint16_t>(message.size()), 43, 0, source, {all_nodes_locator, Nid{}}}
          .write_to(frame);
      message.write_to(MutableBytes(frame).subspan(wire::IlnpHeader::size));
      stack.feed({Locator(first_network), 7}, frame, cx, [](auto&&...) {});
    }
    stack.end_batch(cx);
  }
  static NetworkConfig config(bool both_networks) {
    NetworkConfig config;
    config.nid = Nid(self);
    config.host_name = "self";
    config.locators = {{Locator(first_network)}};
    if (both_networks) config.locators.front().emplace_back(second_network);
    config.move_time = std::chrono::hours(10000);
    return config;
  }
  void begin() {
    cx.set_now(cx.now() + Duration(tick));
    lowest_layer(stack).begin_batch();
  }
  void end() {
    bench::keep(lowest_layer(stack).queue.count);
    stack.end_batch(cx);
  }

  Random random{1};
  Context<> cx{TimePoint{} + std::chrono::hours(1), random};
  Stack stack;
};

struct ByHand {
  ByHand(bool both_networks, std::uint64_t hosts)
      : node(self, both_networks ? std::vector{first_network, second_network} : std::vector{first_network}) {
    for (std::uint64_t i = 0; i < hosts; ++i)
      node.learn_host(peer + i, host_name(i), 0x100 + i, first_network, now);
  }
  void begin() { now += tick; }
  void end() {
    bench::keep(node.queue.count);
    node.queue.count = 0;
  }

  baseline::Time now = 3600 * baseline::second;
  baseline::Node node;
};

/// A sum over what was delivered, so that nothing of it can be left out.
struct Sum {
  void operator()(std::uint64_t nid, std::uint16_t from, std::uint16_t to, const void* payload,
                  std::size_t size) {
    value += nid + from + to + size + reinterpret_cast<std::uintptr_t>(payload);
  }
  std::uint64_t value = 0;
};

/// Receive, to delivery or to forwarding; the memory underlay takes what is forwarded.
struct ReceiveOurs : Ours<STP<ILNP<MemoryUnderlay>>> {
  explicit ReceiveOurs(Load load) : Ours(load.both_networks, 1), frames(load), packets(load.batch) {
    static_cast<void>(stack.bind(port));
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      stack.feed({Locator(first_network), 7}, MutableBytes(reinterpret_cast<std::byte*>(frame), frames.size),
                 cx, [&](const DatagramSource& source, Bytes payload) {
                   sum(source.nid.value(), source.port, source.destination_port, payload.data(),
                       payload.size());
                 });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};
struct ReceiveByHand : ByHand {
  explicit ReceiveByHand(Load load) : ByHand(load.both_networks, 1), frames(load), packets(load.batch) {
    node.bind(port);
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      node.receive(first_network, 7, frame, frames.size, now, [&](auto... what) { sum(what...); });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};

/// Send, to so many peers in turn.
struct SendOurs : Ours<STP<ILNP<MemoryUnderlay>>> {
  explicit SendOurs(Load what) : Ours(false, what.flows), load(what) {}
  void run() {
    begin();
    for (std::size_t i = 0, to = 0; i < load.batch; ++i, to = to + 1 == load.flows ? 0 : to + 1)
      failed +=
          static_cast<bool>(stack.send(port, Nid(peer + to), port, Bytes(payload).first(load.payload), cx));
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<std::byte, 1396> payload{};
  std::size_t failed = 0;
};
struct SendByHand : ByHand {
  explicit SendByHand(Load what) : ByHand(false, what.flows), load(what) {}
  void run() {
    begin();
    for (std::size_t i = 0, to = 0; i < load.batch; ++i, to = to + 1 == load.flows ? 0 : to + 1)
      failed += node.send(port, peer + to, port, payload.data(), load.payload, now) != 0;
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<unsigned char, 1396> payload{};
  std::size_t failed = 0;
};

/// The proxy: what programs send, with so many mappings, each to a host of its own.
struct ProxySendOurs : Ours<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  explicit ProxySendOurs(Load what) : Ours(false, what.flows), load(what) {
    for (std::uint64_t i = 0; i < load.flows; ++i)
      static_cast<void>(stack.map(static_cast<std::uint16_t>(port + i), {host_name(i), port, false}));
  }
  void run() {
    begin();
    for (std::size_t i = 0, from = 0; i < load.batch; ++i, from = from + 1 == load.flows ? 0 : from + 1)
      failed += static_cast<bool>(
          stack.send(static_cast<std::uint16_t>(port + from), Bytes(payload).first(load.payload), cx));
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<std::byte, 1396> payload{};
  std::size_t failed = 0;
};
struct ProxySendByHand : ByHand {
  explicit ProxySendByHand(Load what) : ByHand(false, what.flows), load(what) {
    for (std::uint64_t i = 0; i < load.flows; ++i)
      node.map(static_cast<std::uint16_t>(port + i), host_name(i), port);
  }
  void run() {
    begin();
    for (std::size_t i = 0, from = 0; i < load.batch; ++i, from = from + 1 == load.flows ? 0 : from + 1)
      failed += node.send_from_program(static_cast<std::uint16_t>(port + from), payload.data(), load.payload,
                                       now) != 0;
    bench::keep(failed);
    end();
  }
  Load load;
  std::array<unsigned char, 1396> payload{};
  std::size_t failed = 0;
};

/// The proxy: what comes for a program.
struct ProxyReceiveOurs : Ours<Proxy<STP<ILNP<MemoryUnderlay>>>> {
  explicit ProxyReceiveOurs(Load load) : Ours(load.both_networks, 1), frames(load), packets(load.batch) {
    static_cast<void>(stack.map(port, {host_name(0), port, false}));
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      stack.feed({Locator(first_network), 7}, MutableBytes(reinterpret_cast<std::byte*>(frame), frames.size),
                 cx, [&](std::uint16_t to, Bytes payload) { sum(0, 0, to, payload.data(), payload.size()); });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};
struct ProxyReceiveByHand : ByHand {
  explicit ProxyReceiveByHand(Load load) : ByHand(load.both_networks, 1), frames(load), packets(load.batch) {
    node.map(port, host_name(0), port);
  }
  void run() {
    begin();
    for (std::size_t i = 0; i < packets; ++i) {
      unsigned char* frame = frames.at(i);
      frame[7] = 3;
      node.receive_for_program(first_network, 7, frame, frames.size, now,
                               [&](std::uint16_t to, const unsigned char* payload, std::size_t size) {
                                 sum(0, 0, to, payload, size);
                               });
    }
    bench::keep(sum.value);
    end();
  }
  Frames frames;
  std::size_t packets;
  Sum sum;
};

/// Does a side do what it is measured for? Asked once, at the start.
template <class Work, class Count>
void check(const char* what, const Load& load, std::uint64_t expected, Count&& count) {
  Work work(load);
  work.run();
  if (count(work) == expected) return;
  std::fprintf(stderr, "error: %s handles %llu packets of %llu\n", what,
               static_cast<unsigned long long>(count(work)), static_cast<unsigned long long>(expected));
  std::abort();
}

const bool added = [] {
  for (const std::size_t batch : {1u, 64u}) {
    for (const std::size_t payload : {64u, 1396u}) {
      const auto name = [&](const char* what) {
        return what + std::string(", ") + std::to_string(batch) + " x " + std::to_string(payload) + " octets";
      };
      const auto pair = [&]<class A, class B>(const char* what, const Load& load, A*, B*) {
        bench::add(name(what), batch, bench::repeat<A>(load), bench::repeat<B>(load));
      };
      const Load deliver{batch, payload, 1, false, self, first_network};
      const Load multihomed{batch, payload, 1, true, self, first_network};
      const Load many{batch, payload, 64, false, self, first_network};
      const Load forward{batch, payload, 1, true, 0xcafe, second_network};
      const Load forward_many{batch, payload, 64, true, 0xcafe, second_network};
      const auto delivered = [](auto& side) {
        if constexpr (requires { side.node; }) {
          return side.node.counters().datagrams;
        } else {
          return side.stack.counters().delivered;
        }
      };
      const auto forwarded = [](auto& side) {
        if constexpr (requires { side.node; }) {
          return side.node.counters().forwarded;
        } else {
          return network_layer(side.stack).counters().forwarded;
        }
      };
      const auto sent = [](auto& side) {
        if constexpr (requires { side.node; }) {
          return side.node.counters().datagrams_sent;
        } else {
          return side.stack.counters().sent;
        }
      };
      check<ReceiveOurs>("receive, ours", multihomed, batch, delivered);
      check<ReceiveByHand>("receive, by hand", multihomed, batch, delivered);
      check<ReceiveOurs>("forward, ours", forward_many, batch, forwarded);
      check<ReceiveByHand>("forward, by hand", forward_many, batch, forwarded);
      check<ProxySendOurs>("proxy, ours", many, batch, sent);
      check<ProxySendByHand>("proxy, by hand", many, batch,
                             [](auto& side) { return side.node.counters().from_program; });
      check<ProxyReceiveOurs>("proxy, ours", deliver, batch, delivered);
      check<ProxyReceiveByHand>("proxy, by hand", deliver, batch,
                                [](auto& side) { return side.node.counters().to_program; });
      pair("receive", deliver, static_cast<ReceiveOurs*>(nullptr), static_cast<ReceiveByHand*>(nullptr));
      pair("receive in two networks", multihomed, static_cast<ReceiveOurs*>(nullptr),
           static_cast<ReceiveByHand*>(nullptr));
      pair("forward", forward, static_cast<ReceiveOurs*>(nullptr), static_cast<ReceiveByHand*>(nullptr));
      pair("send", deliver, static_cast<SendOurs*>(nullptr), static_cast<SendByHand*>(nullptr));
      pair("proxy, from a program", deliver, static_cast<ProxySendOurs*>(nullptr),
           static_cast<ProxySendByHand*>(nullptr));
      pair("proxy, to a program", deliver, static_cast<ProxyReceiveOurs*>(nullptr),
           static_cast<ProxyReceiveByHand*>(nullptr));
      if (batch == 1) continue;
      pair("receive, 64 flows", many, static_cast<ReceiveOurs*>(nullptr),
           static_cast<ReceiveByHand*>(nullptr));
      pair("forward, 64 flows", forward_many, static_cast<ReceiveOurs*>(nullptr),
           static_cast<ReceiveByHand*>(nullptr));
      pair("send, 64 peers", many, static_cast<SendOurs*>(nullptr), static_cast<SendByHand*>(nullptr));
      pair("proxy, from 64 programs", many, static_cast<ProxySendOurs*>(nullptr),
           static_cast<ProxySendByHand*>(nullptr));
    }
  }
  return true;
}();

}  // namespace
