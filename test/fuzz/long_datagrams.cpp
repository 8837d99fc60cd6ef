// Two nodes that send each other datagrams longer than a frame, over a network that loses, delays, doubles and changes what
// it carries as the fuzzer says.
#include "fuzz.hpp"
#include "ilnp/transport/fragment.hpp"
#include "support/hand_fed.hpp"

namespace ilnp::fuzz {
namespace {

using namespace std::chrono_literals;

using Stack = Fragment<STP<ILNP<test::MemoryUnderlay>>>;
constexpr Locator here{0xa};
constexpr std::uint16_t port = 7;
constexpr std::size_t most_steps = 200;
constexpr std::size_t most_under_way = 256;  // frames

struct Node : test::HandFed<Stack> {
  Node(std::uint64_t nid, std::string name)
      : HandFed(test::node_config(nid, std::move(name), {{here}})), self(nid) {
    start();
    require(!stack.bind(port), "a free port can be bound");
  }
  Nid self;
};

class Pair {
 public:
  explicit Pair(Input& in) : in_(in) { meet(); }

  void run() {
    for (std::size_t step = 0; step < most_steps && !in_.empty(); ++step) {
      take_step();
      gather();
    }
    if (!tainted_) recover();
  }

 private:
  struct UnderWay {
    Node* to;
    Octets octets;
  };

  static Octets pattern(std::uint32_t number, std::size_t size) {
    Octets out(std::max<std::size_t>(size, 8));
    wire::store(out, 0, number);
    wire::store(out, 4, static_cast<std::uint32_t>(size));
    for (std::size_t at = 8; at < size; ++at) out[at] = static_cast<std::byte>(number * 31 + at);
    out.resize(size);
    return out;
  }

  Node& other(Node& node) { return &node == &alice_ ? bob_ : alice_; }

  /// What the nodes have sent is under way; what they have got is what was sent.
  void gather() {
    for (Node* node : {&alice_, &bob_}) {
      for (auto& sent : node->take()) {
        require(sent.octets.size() <= 1440, "a fragment fits a frame");
        if (under_way_.size() < most_under_way) under_way_.push_back({&other(*node), std::move(sent.octets)});
      }
      for (const std::string& text : node->take_delivered()) {
        const auto octets = test::octets(text);
        require(octets.size() <= wire::FragmentMessage::max_total, "a datagram has a limit");
        if (tainted_ || octets.size() < 8) continue;
        const auto number = wire::load<std::uint32_t>(octets, 0);
        require(number <= last_ && octets == pattern(number, wire::load<std::uint32_t>(octets, 4)),
                "a datagram arrives as it was sent");
      }
    }
  }

  void take_step() {
    Node& node = in_.octet() % 2 ? alice_ : bob_;
    switch (in_.octet() % 6) {
      case 0:
        return void(send(node, in_.number<std::uint16_t>()));
      case 1:
        return deliver(in_.octet(), in_.octet() % 4 == 0);
      case 2:
        if (!under_way_.empty()) under_way_.erase(under_way_.begin() + at(in_.octet()));
        return;
      case 3: {
        constexpr Duration waits[] = {1ms, 50ms, 250ms, 600ms, 1100ms, 11s};
        const Duration length = in_.one_of(waits);
        alice_.run(length);
        bob_.run(length);
        return;
      }
      case 4:
        return deliver_all();
      default:
        if (under_way_.empty()) return;
        auto& octets = under_way_[static_cast<std::size_t>(at(in_.octet()))].octets;
        octets[in_.number<std::uint16_t>() % octets.size()] ^= static_cast<std::byte>(1 + in_.octet() % 255);
        tainted_ = true;
    }
  }

  std::ptrdiff_t at(std::uint8_t number) const {
    return static_cast<std::ptrdiff_t>(number % under_way_.size());
  }

  error_code send(Node& from, std::size_t size) {
    const auto error = from.stack.send(port, other(from).self, port, pattern(++last_, size), from.cx);
    require((error == Errc::message_too_long) <= (size > 1396), "what fits a frame is not too long");
    require(size <= wire::FragmentMessage::max_total || error == Errc::message_too_long,
            "what is too long for all is refused");
    return error;
  }

  void deliver(std::uint8_t number, bool twice) {
    if (under_way_.empty()) return;
    const auto place = under_way_.begin() + at(number);
    const UnderWay frame = *place;
    if (!twice) under_way_.erase(place);
    frame.to->feed(here, frame.octets);
  }

  void deliver_all() {
    for (const auto& frame : std::exchange(under_way_, {})) frame.to->feed(here, frame.octets);
  }

  /// Each hears of the other.
  void meet() {
    for (Node* node : {&alice_, &bob_}) {
      const bool is_alice = node == &alice_;
      const Ilv who{here, other(*node).self};
      for (int i = 0; i < 2; ++i) {
        node->feed(here, test::discovery(who, is_alice ? "bob" : "alice"));
        node->run(1100ms);
      }
    }
  }

  /// When the network has been good for a while, the longest datagram arrives.
  void recover() {
    under_way_.clear();
    for (int i = 0; i < 320; ++i) settle();  // longer than a refusal
    meet();
    gather();
    under_way_.clear();
    require(!send(alice_, wire::FragmentMessage::max_total), "a long datagram is taken");
    const auto before = bob_.stack.counters().delivered;
    for (int i = 0; i < 10; ++i) settle();
    require(bob_.stack.counters().delivered == before + 1, "a long datagram arrives");
  }

  void settle() {
    alice_.run(100ms);
    bob_.run(100ms);
    for (int i = 0; i < 3; ++i) {
      gather();
      deliver_all();
    }
    gather();
  }

  Input& in_;
  Node alice_{0xa11ce, "alice"};
  Node bob_{0xb0b, "bob"};
  std::vector<UnderWay> under_way_;
  std::uint32_t last_ = 0;  // datagram
  bool tainted_ = false;    // a frame was changed: what it says is believed
};

}  // namespace

void long_datagrams(Bytes octets) {
  Input in(octets);
  Pair(in).run();
}

}  // namespace ilnp::fuzz
