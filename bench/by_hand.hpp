#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

/// What was written by hand, in one piece, for speed alone, and does the work of a stack; it knows nothing of the toolkit.
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
inline std::uint32_t load32(const unsigned char* from) {
  std::uint32_t value;
  std::memcpy(&value, from, 4);
  return __builtin_bswap32(value);
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
inline void store32(unsigned char* to, std::uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, 4);
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
    unsigned char head[80];
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

  /// Calls `up` for each datagram to a port that is bound.
  template <class Up>
  void receive(std::uint64_t interface, std::uint64_t sender, unsigned char* frame, std::size_t size,
               Time now, Up&& up) {
    receive_packet(interface, sender, frame, size, now,
                   [&](const unsigned char* packet, std::size_t length) { deliver(packet, length, up); });
  }
  /// Calls `up` for each packet of any next header that is for this node.
  template <class Up>
  void receive_packet(std::uint64_t interface, std::uint64_t sender, unsigned char* frame, std::size_t size,
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
    if (!flow_entry->forward) return admit(*flow_entry, sender, frame, size, now, up);
    // What its source has put on the network itself came once.
    if (load64(frame + 8) != interface && reflected(forwarded_seen_, *flow_entry, sender, frame, size, now))
      return drop(7);
    forward(flow_entry->out, frame, size);
  }

  int send(std::uint16_t from, std::uint64_t to, std::uint16_t port, const unsigned char* payload,
           std::size_t size, Time now) {
    if (size > 1396) return ++counters_.refused[0], 1;
    unsigned char head[4];
    store16(head, from);
    store16(head + 2, port);
    if (const int error = send_packet(42, to, head, payload, size, now)) return error;
    ++counters_.datagrams_sent;
    return 0;
  }
  /// A packet of any next header: a head, which is copied, and a payload, which is borrowed.
  template <std::size_t N>
  int send_packet(std::uint8_t next_header, std::uint64_t to, const unsigned char (&own_head)[N],
                  const unsigned char* payload, std::size_t size, Time now) {
    if (to != sending_.to || generation_ != sending_.generation || now >= sending_.until)
      if (const int error = begin_sending(to, now)) return error;
    if (queue.count == queue.capacity) return 4;
    Queue::Entry& entry = queue.entries[queue.count++];
    entry.locator = sending_.out;
    entry.payload = payload;
    entry.size = size;
    entry.head_size = 40 + N;
    unsigned char* head = entry.head;
    std::memset(head, 0, 4);
    store16(head + 4, static_cast<std::uint16_t>(size + N));
    head[6] = next_header;
    head[7] = 3;
    store64(head + 8, sending_.out);
    store64(head + 16, nid_);
    store64(head + 24, sending_.locator);
    store64(head + 32, to);
    std::memcpy(head + 40, own_head, N);
    if (sending_.interface) sending_.interface->last_sent = now;
    ++counters_.sent;
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
  void admit(const FlowEntry& flow_entry, std::uint64_t sender, const unsigned char* frame, std::size_t size,
             Time now, Up& up) {
    if (reflected(seen_, flow_entry, sender, frame, size, now)) return drop(7);
    if (interfaces_.size() > 1 && copy(*flow_entry.in, frame, size, now)) return drop(8);
    ++counters_.delivered;
    up(frame, size);
  }
  template <class Up>
  void deliver(const unsigned char* frame, std::size_t size, Up& up) {
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
