// A whole node that gets arbitrary frames, times, sends, moves and faults of the network below.
#include "fuzz.hpp"
#include "ilnp/control/node_control.hpp"
#include "ilnp/proxy/proxy.hpp"
#include "support/hand_fed.hpp"

namespace ilnp::fuzz {
namespace {

using namespace std::chrono_literals;
using test::Octets;

constexpr Nid self{0xffff'0000'0000'000a}, bob{0xffff'0000'0000'000b}, router{0xffff'0000'0000'000d},
    carol{0xca401};
constexpr Nid nids[] = {self, bob, router, carol, Nid{}, Nid(~std::uint64_t{}), Nid(1), Nid(2)};
constexpr Locator places[] = {Locator(0xa), Locator(0xb), Locator(0xc),      Locator(0xd),
                              Locator(0xe), Locator(0xf), all_nodes_locator, Locator{}};
constexpr std::string_view names[] = {"alice",
                                      "bob",
                                      "carol",
                                      "dave",
                                      "b\xc3\xb6"
                                      "b",
                                      "",
                                      "\xff",
                                      "a b"};
constexpr Duration waits[] = {0ns, 1ms, 20ms, 100ms, 150ms, 500ms, 1s, 1200ms, 3s, 10s, 31s, 95s};
constexpr std::uint16_t port = 10002;  // of the captures
constexpr std::size_t most_steps = 300;

/// A network below that can be told to take nothing, and to let nobody join.
struct Network : test::MemoryUnderlay {
  using MemoryUnderlay::MemoryUnderlay;

  error_code join(Locator locator) {
    if (refuses_joins) return Errc::queue_full;
    return MemoryUnderlay::join(locator);
  }
  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx& cx) {
    if (refuses_frames) return Errc::queue_full;
    return MemoryUnderlay::send(locator, packet, cx);
  }

  bool refuses_joins = false;
  bool refuses_frames = false;
};

NetworkConfig configured(Input& in) {
  constexpr Duration move_times[] = {20s, 100ms, 2s, 1000s};
  constexpr Duration handoff_times[] = {10s, 0s, 50ms, 1s, 30s};
  NetworkConfig config = test::node_config(self.value(), "alice", {{places[0], places[3]}});
  switch (in.octet() % 4) {
    case 1:
      config.locators = {{places[0]}, {places[1]}, {places[2], places[3]}};
      break;
    case 2:
      config.locators = {{places[0], places[1], places[2], places[3], places[4], places[5]}};
      break;
    case 3:
      config.locators = {{places[0]}};
      break;
    default:
      break;
  }
  config.move_time = in.one_of(move_times);
  config.handoff_time = in.one_of(handoff_times);
  config.hop_limit = static_cast<std::uint8_t>(3 + in.octet());
  config.loc_update_retries = in.octet() % 5U;
  config.wait_time = in.octet() % 2 ? Duration(2s) : Duration(30s);
  config.backwards_learning_ttl = in.octet() % 2 ? Duration(300ms) : Duration(30s);
  in.octet();  // not used yet
  return config;
}

template <class Stack>
class FuzzedNode : test::HandFed<Stack> {
  using Base = test::HandFed<Stack>;
  using Base::cx, Base::stack, Base::network, Base::underlay;
  static constexpr bool is_proxy = requires(Stack & stack) { stack.mappings(); };

 public:
  explicit FuzzedNode(Input& in) : Base(configured(in)), in_(in) { begin(); }

  void run() {
    for (std::size_t step = 0; step < most_steps && !in_.empty(); ++step) {
      take_step(static_cast<Step>(in_.octet() % static_cast<std::uint8_t>(Step::count)));
      check();
    }
    recover();
  }

  /// Requests to the proxy, apart by 0xff.
  void ask(Input requests) {
    while (!requests.empty()) {
      Octets request;
      while (!requests.empty()) {
        const Octets next = requests.take(1);
        if (next[0] == std::byte{0xff}) break;
        request.push_back(next[0]);
      }
      answer(as_text(request));
    }
    recover();
  }

 private:
  void begin() {
    require(!network().start(cx), "a node starts");
    toggle_port(port);
    check();
  }

  Ilv any() { return {in_.one_of(places), in_.one_of(nids)}; }
  Locator network_of_any() { return places[in_.octet() % 6]; }

  void take_step(Step step) {
    switch (step) {
      case Step::frame: {
        const Locator on = network_of_any();
        const std::uint8_t sender = in_.octet();
        return feed(on, in_.take(in_.template number<std::uint16_t>() % 1501), sender);
      }
      case Step::packet: {
        const Ilv source = any(), to = any();
        const std::uint8_t next_header = in_.octet(), hop_limit = in_.octet();
        const Locator on = network_of_any();
        const Octets payload = in_.take(in_.octet());
        return feed(on, test::frame(source, to, next_header, payload, hop_limit), source.nid.value());
      }
      case Step::discovery: {
        const Ilv source = any(), said = any();
        const std::uint8_t options = in_.octet();
        const wire::DiscoveryRepr message{options & 1 ? said.nid : source.nid,
                                          options & 2 ? said.locator : source.locator, (options & 4) != 0,
                                          in_.one_of(names)};
        Octets payload(message.size());
        message.write_to(payload);
        const Ilv to{all_nodes_locator, Nid{}};
        return feed(network_of_any(), test::frame(source, to, 43, payload, options >> 3 & 3),
                    source.nid.value());
      }
      case Step::update: {
        const Ilv source = any(), to = any();
        std::vector<Locator> locators(in_.octet() % 20);
        for (auto& each : locators) each = in_.one_of(places);
        return feed(network_of_any(), test::locator_update(source, to, locators), source.nid.value());
      }
      case Step::datagram: {
        const Ilv source = any(), to = any();
        const std::uint8_t options = in_.octet();
        const auto number = std::to_string(in_.octet() % 4);
        return feed(network_of_any(),
                    test::datagram(source, to, 1, options & 4 ? 1 : port, number, options & 3),
                    source.nid.value());
      }
      case Step::again: {
        if (frames_.empty()) return;
        auto octets = frames_[in_.octet() % frames_.size()];
        const std::uint8_t lowered = in_.octet() % 4;
        if (octets.size() > 7)
          octets[7] = static_cast<std::byte>(std::to_integer<unsigned>(octets[7]) - lowered);
        return feed(network_of_any(), std::move(octets), in_.octet());
      }
      case Step::wait:
        return wait(in_.one_of(waits));
      case Step::send:
        return send();
      case Step::move: {
        std::vector<Locator> to(in_.octet() % 24);
        for (auto& each : to) each = in_.one_of(places);
        const auto before = network().interfaces().locators();
        if (!network().move_to(to, cx) && underlay().refuses_joins)
          require(std::ranges::all_of(network().interfaces().locators(),
                                      [&](Locator l) { return among(before, l); }),
                  "a move that fails joins nothing");
        return;
      }
      case Step::port:
        return toggle_port(in_.octet() % 2 ? port : in_.template number<std::uint16_t>());
      default: {
        const std::uint8_t options = in_.octet();
        underlay().refuses_frames = options & 1;
        underlay().refuses_joins = options & 2;
        underlay().link_back = options & 4;
      }
    }
  }

  static bool among(std::span<const Locator> set, Locator locator) {
    return std::ranges::find(set, locator) != set.end();
  }

  const TransportCounters& transport_counters() {
    if constexpr (is_proxy)
      return stack.next_layer().counters();
    else
      return stack.counters();
  }

  /// A frame comes in: it is accounted for once, goes up at most once, and is forwarded at most once to a network.
  void feed(Locator on, Octets octets, std::uint64_t sender) {
    if (octets.size() <= 1440) remember(octets);
    const Octets whole = octets;
    const bool joined = underlay().joined(on);
    const NetworkCounters before = network().counters();
    const TransportCounters transport_before = transport_counters();
    fed_ = &whole;
    int ups = 0;
    underlay().sent.clear();
    stack.feed(
        FrameSource{on, sender}, MutableBytes(octets), cx,
        [&]<class Source>(const Source& source,
                          Bytes payload) requires(!std::same_as<Source, NetworkSource>) {
          ++ups;
          const auto header = wire::IlnpHeader::parse(whole);
          require(header.has_value() && header->destination().nid == self,
                  "what is delivered was sent to this node");
          require(header->source().nid != self, "what this node sent does not come back to it");
          require(header->next_header() == 42 && std::ranges::equal(header->payload().subspan(4), payload),
                  "what is delivered is what the frame holds");
          if constexpr (is_proxy)
            require(source == wire::load<std::uint16_t>(header->payload(), 2), "the port is the frame's");
          else
            require(source.nid == header->source().nid && stack.bound(source.destination_port),
                    "to a port that is bound");
        });
    stack.end_batch(cx);
    require(ups <= 1, "a frame is delivered once");
    const NetworkCounters& after = network().counters();
    require(after.received - before.received == joined, "a frame on a network that was joined is received");
    account(before, after);
    account(transport_before, transport_counters(), after.delivered - before.delivered);
    std::uint64_t own = 0, passed_on = 0;
    for (const auto& sent : underlay().sent) {
      if (check_own(sent)) {
        ++own;
        continue;
      }
      ++passed_on;
      require(sent.locator != on, "a frame is not forwarded back to the network that it came from");
      Octets lowered = whole;
      lowered[7] = static_cast<std::byte>(std::to_integer<unsigned>(whole[7]) - 1);
      require(whole[7] != std::byte{0}, "a frame is not forwarded when its hops are used up");
      require(sent.octets == lowered, "a frame is forwarded as it was, but for its hop limit");
    }
    require(own == after.sent - before.sent, "what this node sends is counted");
    const auto forwarded = after.forwarded - before.forwarded;
    require(passed_on == forwarded + after.discovery_passed_on - before.discovery_passed_on,
            "what is forwarded is counted");
    require(forwarded <= 1, "a packet is forwarded once");
    underlay().sent.clear();
    fed_ = nullptr;
  }

  /// Each frame ends as one thing.
  static void account(const NetworkCounters& before, const NetworkCounters& after) {
    const std::uint64_t discovery = after.discovery_received - before.discovery_received;
    std::uint64_t ends = discovery + (after.delivered - before.delivered) +
                         (after.forwarded - before.forwarded) +
                         (after.updates_received - before.updates_received) +
                         (after.acknowledgements_received - before.acknowledgements_received);
    std::uint64_t beside = 0;  // what may happen besides
    for (std::size_t at = 0; at < drop_reasons; ++at) {
      const auto reason = static_cast<Drop>(at);
      const bool remark = reason == Drop::table_full || reason == Drop::update_contradicted ||
                          reason == Drop::send_failed || reason == Drop::discovery_repeated ||
                          (reason == Drop::hop_limit && discovery > 0);
      (remark ? beside : ends) += after.dropped[at] - before.dropped[at];
    }
    // What the network below does not take to be forwarded, or there is no room to note, ends so.
    require(ends == after.received - before.received || (ends == 0 && beside > 0),
            "a frame that was received is accounted for once");
  }

  static void account(const TransportCounters& before, const TransportCounters& after,
                      std::uint64_t packets) {
    const auto sum = [](const TransportCounters& counters) {
      return counters.delivered + counters.dropped_unknown_next_header + counters.dropped_too_short +
             counters.dropped_port_not_bound;
    };
    require(sum(after) - sum(before) == packets,
            "a packet that was delivered is accounted for by the transport");
  }

  /// Is this frame this node's own? Then it is well formed.
  bool check_own(const test::MemoryUnderlay::Sent& sent) {
    remember(sent.octets);
    const auto header = wire::IlnpHeader::parse(sent.octets);
    require(header.has_value(), "what is sent has a header that is right");
    const Locator to = header->destination().locator;
    require(header->next_header() == 44 || !network().interfaces().current(to) || sent.locator == to,
            "what goes to a network where this node is leaves there");
    if (header->source().nid != self)
      return require(fed_ != nullptr, "nothing is sent for others but what came in"), false;
    require(header->hop_limit() == network().config().hop_limit, "what is sent has the hop limit configured");
    const auto next_header = header->next_header();
    if (next_header == 43) {
      const auto message = wire::Discovery::parse(header->payload());
      require(message.has_value() && message->nid() == self && message->host_name() == "alice" &&
                  header->source().locator == sent.locator &&
                  header->destination() == Ilv{all_nodes_locator, Nid{}},
              "this node says where it is");
    } else if (next_header == 44) {
      const auto message = wire::LocatorUpdate::parse(header->payload());
      require(message.has_value() && message->count() <= NetworkConfig::max_locators &&
                  header->destination().nid != self,
              "a locator update is one");
    } else {
      require(next_header == 42 && header->payload().size() >= 4 && header->source().locator == sent.locator,
              "the source locator is that of the interface");
    }
    return true;
  }

  void check_sent() {
    for (const auto& sent : underlay().sent) require(check_own(sent), "what this node sends is its own");
    underlay().sent.clear();
  }

  void wait(Duration length) {
    const TimePoint until = cx.now() + length;
    int calls = 0, at_once = 0;
    for (; stack.next_deadline() <= until; ++calls) {
      at_once = stack.next_deadline() > cx.now() ? 0 : at_once + 1;
      require(at_once < 10, "a deadline moves on when it has been served");
      require(calls < 20'000, "a node is not busy for ever");
      cx.set_now(std::max(cx.now(), stack.next_deadline()));
      on_timer();
    }
    cx.set_now(until);
  }

  void on_timer() {
    stack.on_timer(
        cx, [&]<class Source>(const Source& source, Bytes) requires(!std::same_as<Source, NetworkSource>) {
          if constexpr (!is_proxy)
            require(source.nid == self, "only what a node says to itself comes up from nowhere");
          require(to_self_ > 0, "what a node says to itself comes up once");
          --to_self_;
        });
    stack.end_batch(cx);
    check_sent();
  }

  void send() {
    constexpr std::size_t sizes[] = {0, 1, 8, 1395, 1396, 1397, 3000};
    check_sent();
    const Nid to = in_.one_of(nids);
    const Octets payload(in_.one_of(sizes), std::byte{0x2a});
    const std::uint64_t before = network().counters().sent;
    error_code error;
    if constexpr (is_proxy) {
      error = stack.send(port, payload, cx);
    } else {
      const auto resolved = stack.resolve(in_.one_of(names), cx);
      const Nid whom = in_.octet() % 2 && resolved ? *resolved : to;
      error = stack.send(port, whom, port, payload, cx);
      if (payload.size() > 1396) require(error == Errc::message_too_long, "what is too long is refused");
      if (whom == self && !error) {
        ++to_self_;
        return require(underlay().sent.empty(), "what a node says to itself stays in the node");
      }
    }
    const auto sent = network().counters().sent - before;
    require(sent == underlay().sent.size(), "what is sent is counted");
    if (error) return require(sent == 0, "what is refused is not sent");
    if constexpr (is_proxy)
      if (sent == 0) return void(++to_self_);
    require(sent == 1 && underlay().sent[0].octets.size() == 44 + payload.size(),
            "what is sent is one frame");
  }

  void toggle_port(std::uint16_t number) {
    if constexpr (is_proxy) {
      if (stack.unmap(number))
        static_cast<void>(stack.map(number, {std::string(names[1 + number % 3]), number, number % 2 == 1}));
    } else {
      if (stack.bound(number))
        stack.unbind(number);
      else
        require(stack.bind(number) == (number == 0 ? error_code(Errc::invalid_port) : error_code()),
                "a free port can be bound");
    }
  }

  void answer(std::string_view request) {
    if constexpr (is_proxy) {
      if (const auto words = ControlWords::split(request, 1); !words.empty() && words[0] == "json")
        return answer_json(request);
      const auto before = stack.mappings();
      const std::string said = NodeControl::answer(stack, request, about(), cx, ControlProtocol::max_reply);
      require(said.size() < ControlProtocol::max_reply + 1000, "an answer fits a datagram");
      require(
          std::ranges::none_of(said, [](unsigned char c) { return (c < 0x20 && c != '\n') || c == 0x7f; }),
          "an answer is lines of text");
      if (!said.starts_with("error: ")) return;
      require(stack.mappings() == before, "what is refused changes nothing");
      require(said.size() < 400 && std::ranges::all_of(said, [](char c) { return c >= ' ' && c <= '~'; }),
              "what was wrong is said in one line");
    }
  }

  static ControlProgram about() {
    ControlProgram program;
    program.name = "fuzz";
    program.port = 9999;
    program.counters = [](const ControlProgram::AddCounter& add) { add("fuzz", "own", 1); };
    return program;
  }

  void answer_json(std::string_view request) {
    if constexpr (is_proxy) {
      const auto mappings = stack.mappings();
      const auto here = network().interfaces().all().size();
      const std::string said = NodeControl::answer(stack, request, about(), cx, ControlProtocol::max_reply);
      require(said.starts_with("{\"reply\":\"") && said.ends_with("}\n") &&
                  std::all_of(said.begin(), said.end() - 1, [](char c) { return c >= ' ' && c <= '~'; }),
              "a reply in JSON is one line of printable ASCII");
      require(said.size() <= ControlProtocol::max_reply, "a reply in JSON fits a datagram");
      if (said.starts_with("{\"reply\":\"error\""))
        require(stack.mappings() == mappings && network().interfaces().all().size() == here,
                "what is refused changes nothing");
      check();
    }
  }

  void remember(const Octets& octets) {
    if (frames_.size() < 32) return frames_.push_back(octets);
    frames_[next_++ % frames_.size()] = octets;
  }

  /// What holds at any time.
  void check() {
    check_sent();
    const auto& interfaces = network().interfaces();
    require(interfaces.preferred() != nullptr && interfaces.all().size() <= Interfaces::max_joined,
            "a node is somewhere, and not everywhere");
    std::uint32_t slots = 0;
    for (const auto& each : interfaces.all()) {
      require(underlay().joined(each.locator), "an interface is a network that was joined");
      require(each.locator != all_nodes_locator, "all nodes are not a network");
      require((slots >> each.slot & 1) == 0 && std::ranges::count(interfaces.locators(), each.locator) == 1,
              "an interface is there once");
      slots |= std::uint32_t{1} << each.slot;
    }
    require(network().hosts().size() <= HostTable::max_hosts &&
                network().forwarding().size() <= ForwardingTable::max_routes &&
                network().correspondents().size() <= CorrespondentTable::max_correspondents,
            "tables keep to their limits");
    network().hosts().for_each(cx.now(), [&](Nid nid, const KnownHost& host, bool) {
      require(nid != self && nid != Nid{}, "a node knows others");
      require(host.places().size() <= KnownHost::max_locators,
              "a host has not more places than there is room for");
      require(host.name.empty() || wire::is_host_name(as_bytes(host.name)), "a host has a name that is one");
      require(host.expires > cx.now() && host.expires <= cx.now() + 3 * network().config().wait_time,
              "what is known of a host is forgotten in time");
    });
    network().forwarding().for_each(cx.now(), [&](Locator, Locator by, Duration age) {
      require(interfaces.joined(by), "a route leads over an interface");
      require(age >= Duration::zero(), "a route was learnt before now");
    });
    const TimePoint next = stack.next_deadline();
    require(next <= cx.now() + network().config().wait_time + 5s, "there is always a next round");
  }

  /// Whatever has come before: a node that has not been heard of yet can be talked to, both ways.
  void recover() {
    underlay().refuses_frames = underlay().refuses_joins = underlay().link_back = false;
    const Nid zoe{0x20e};
    Locator here;
    for (int i = 0; i < 2; ++i) {
      wait(Duration(1500ms));
      here = network().interfaces().preferred()->locator;
      feed(here, test::discovery({here, zoe}, "zoe", false, 3), 0x20e);
      check();
    }
    underlay().sent.clear();
    constexpr std::uint16_t free = 4711;
    if constexpr (is_proxy) {
      require(!stack.replace(free, {"zoe", free, false}), "a mapping can be made");
      require(!stack.send(free, as_bytes("hello"), cx), "a node that was heard can be written to");
    } else {
      if (!stack.bound(free)) toggle_port(free);
      require(!stack.send(free, zoe, free, as_bytes("hello"), cx), "a node that was heard can be written to");
    }
    require(underlay().sent.size() == 1 && underlay().sent[0].locator == here, "to where it was heard");
    const auto before = network().counters().delivered;
    feed(here, test::datagram({here, zoe}, {here, self}, free, free, "an answer of zoe's", 3), 0x20e);
    require(network().counters().delivered == before + 1, "it can answer");
  }

  Input& in_;
  std::vector<Octets> frames_;
  std::size_t next_ = 0;
  std::uint64_t to_self_ = 0;  ///< at most so many datagrams of this node to itself are still to come up
  const Octets* fed_ = nullptr;
};

}  // namespace

void node(Bytes octets) {
  Input in(octets);
  FuzzedNode<STP<ILNP<Network>>>(in).run();
}

void proxy(Bytes octets) {
  Input in(octets);
  FuzzedNode<Proxy<STP<ILNP<Network>>>>(in).run();
}

void control(Bytes octets) {
  const Octets plain(configuration_octets);
  Input configuration(plain);
  FuzzedNode<Proxy<STP<ILNP<Network>>>>(configuration).ask(Input(octets));
}

}  // namespace ilnp::fuzz
