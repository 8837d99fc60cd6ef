#pragma once

#include <list>
#include <map>

#include "ilnp/network/ilnp.hpp"
#include "ilnp/sctp/sctp.hpp"
#include "ilnp/sim.hpp"
#include "ilnp/transport/stp.hpp"
#include "support/node_config.hpp"
#include "support/print.hpp"
#include "virtual_time.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

/// Octets that two who know the seed can both make, and compare.
class Octet {
 public:
  explicit Octet(std::uint64_t seed) : random_(seed) {}
  std::byte next() {
    if (left_ == 0) word_ = random_(), left_ = 8;
    --left_;
    return static_cast<std::byte>(std::exchange(word_, word_ >> 8) & 255);
  }

 private:
  Random random_;
  std::uint64_t word_ = 0;
  int left_ = 0;
};

/// One end of a stream, as a program sees it: sends so many octets, and compares those that come with what they should be.
struct Talk {
  std::uint64_t to_send = 0;
  bool end_after = true;  ///< ends its direction when all is written
  bool reads = true;
  bool end_when_ended = false;  ///< ends its direction when the other one has
  Octet sends{1};
  Octet expects{1};
  std::vector<std::byte> chunk{};  ///< made, and not yet taken

  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t wrong = 0;
  bool connected = false;
  bool got_end = false;
  bool closed = false;
  error_code error{};
  TimePoint closed_at{};
};

/// A node of the simulation with streams.
class Peer {
 public:
  using Stack = Sctp<STP<ILNP<sim::SimUnderlay>>>;

  Peer(sim::World& world, std::uint64_t nid, const std::string& name,
       std::vector<std::vector<Locator>> locators, SctpConfig config = {})
      : world_(world), nid_(nid), node_(world, name, config, node_config(nid, name, std::move(locators))) {
    begin();
  }

  void begin() {
    node_.on_receive([this](const StreamEvent& event, Bytes) { on_event(event); });
    node_.start();
  }
  void restart() {
    talks.clear();
    node_.restart();
    begin();
  }
  void crash() { node_.crash(); }

  Nid nid() const { return Nid(nid_); }
  const Stack& stack() const { return node_.stack(); }
  auto& node() { return node_; }

  /// Those who come to `port` get a copy of `talk`.
  void listen(std::uint16_t port, Talk talk = {}) {
    answers_.insert_or_assign(port, talk);
    node_.with([&](Stack& stack, auto&) { BOOST_TEST(!stack.listen(port)); });
  }
  StreamId connect(Nid to, std::uint16_t port, Talk talk = {}) {
    const auto id = node_.with([&](Stack& stack, auto& cx) { return stack.connect(to, port, cx); });
    BOOST_TEST_REQUIRE(id.has_value());
    talks.emplace(id->value, std::move(talk));
    return *id;
  }
  Talk& operator[](StreamId id) { return talks.at(id.value); }
  /// The only one that there was.
  Talk& only() {
    BOOST_TEST_REQUIRE(talks.size() == 1);
    return talks.begin()->second;
  }
  /// Does what can be done on a stream; after a change of its `Talk`.
  void go_on(StreamId id) {
    node_.with([&](Stack& stack, auto& cx) {
      Talk& talk = (*this)[id];
      write(stack, id, talk, cx);
      read(stack, id, talk, cx);
    });
  }
  void reset(StreamId id) {
    node_.with([&](Stack& stack, auto& cx) { stack.reset(id, cx); });
  }
  void close(StreamId id) {
    node_.with([&](Stack& stack, auto& cx) { stack.close(id, cx); });
  }
  void move_to(std::vector<Locator> set) {
    node_.with([&](Stack& stack, auto& cx) { BOOST_TEST(network_layer(stack).move_to(set, cx)); });
  }

  std::map<std::uint64_t, Talk> talks;

 private:
  void on_event(const StreamEvent& event) {
    node_.with([&](Stack& stack, auto& cx) {
      if (event.kind == StreamEvent::Kind::accepted) {
        const auto names = stack.peer(event.stream);
        BOOST_TEST_REQUIRE(names.has_value());
        talks.emplace(event.stream.value, answers_.at(names->local_port));
      }
      const auto found = talks.find(event.stream.value);
      if (found == talks.end()) return;
      Talk& talk = found->second;
      switch (event.kind) {
        case StreamEvent::Kind::accepted:
        case StreamEvent::Kind::connected:
          talk.connected = true;
          [[fallthrough]];
        case StreamEvent::Kind::writable:
          return write(stack, event.stream, talk, cx);
        case StreamEvent::Kind::readable:
          return read(stack, event.stream, talk, cx);
        case StreamEvent::Kind::closed:
          talk.closed = true;
          talk.closed_at = world_.now();
          talk.error = event.error;
          return;
      }
    });
  }

  template <class Cx>
  void write(Stack& stack, StreamId id, Talk& talk, Cx& cx) {
    while (talk.sent < talk.to_send || !talk.chunk.empty()) {
      if (talk.chunk.empty()) {
        talk.chunk.resize(std::min<std::uint64_t>(talk.to_send - talk.sent, 10'000));
        for (std::byte& octet : talk.chunk) octet = talk.sends.next();
        talk.sent += talk.chunk.size();
      }
      const auto taken = stack.write(id, talk.chunk, cx);
      if (!taken) return;
      talk.chunk.erase(talk.chunk.begin(), talk.chunk.begin() + static_cast<std::ptrdiff_t>(*taken));
      if (!talk.chunk.empty()) return;
    }
    if (talk.end_after) static_cast<void>(stack.shutdown(id, cx));
  }

  template <class Cx>
  void read(Stack& stack, StreamId id, Talk& talk, Cx& cx) {
    while (talk.reads && !talk.got_end) {
      const auto size = stack.read(id, buffer_, cx);
      if (!size) return;
      talk.got_end = *size == 0;
      talk.received += *size;
      for (std::size_t i = 0; i < *size; ++i) talk.wrong += buffer_[i] != talk.expects.next();
    }
    if (talk.got_end && talk.end_when_ended) static_cast<void>(stack.shutdown(id, cx));
  }

  sim::World& world_;
  std::uint64_t nid_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(20'000);
  std::map<std::uint16_t, Talk> answers_;
  sim::SimNode<Stack> node_;
};

inline constexpr Locator net_a{0xa}, net_b{0xb}, net_c{0xc};
inline constexpr std::uint16_t port = 80;

/// alice and bob on one network, started, and a second later.
struct Pair {
  explicit Pair(const sim::Conditions& conditions = {}, const SctpConfig& config = {}, std::uint64_t seed = 1)
      : world(seed), time(world) {
    world.defaults = conditions;
    alice.emplace(world, 1, "alice", std::vector<std::vector<Locator>>{{net_a}}, config);
    bob.emplace(world, 2, "bob", std::vector<std::vector<Locator>>{{net_a}}, config);
    world.run_for(1s);
  }
  sim::World world;
  VirtualTime time;
  std::optional<Peer> alice, bob;
};

}  // namespace ilnp::test
