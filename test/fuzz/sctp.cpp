// Two ends of streams, real ones, and whatever lies between them or pretends to be one of them: packets are lost, changed and
// made up, with tags and checksums that are right. What is looked for is a packet that gets past the checks and makes the
// library read too far, hang, or fall.
#include <deque>
#include <optional>

#include "fuzz.hpp"
#include "ilnp/sctp/endpoint.hpp"

namespace ilnp::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t transport_port = 9899;
constexpr std::uint16_t listened = 80;
constexpr std::size_t mtu = 1396;
constexpr std::size_t most_steps = 64;
constexpr std::size_t most_under_way = 64;
constexpr std::size_t most_in_a_row = 512;  // packets that make packets

enum class Op : std::uint8_t {
  deliver,  ///< what is next under way
  change,   ///< the same, with some octets changed, and a checksum that is right
  lose,
  deliver_all,  ///< and what that makes the ends send
  make,         ///< a packet: for whom, from whom, with which tag, length (16 bit), chunks
  wait,
  connect,
  write,
  read,
  end,
  close,
  reset,
  count
};

void checksum(Octets& packet) {
  if (packet.size() < wire::SctpHeader::size) return;
  wire::store(packet, 8, std::uint32_t{0});
  const std::uint32_t sum = usrsctp_crc32c(packet.data(), packet.size());
  std::memcpy(packet.data() + 8, &sum, sizeof sum);
}

class Line {
 public:
  Line(Input& in, TimePoint& now) : in_(in), now_(now), alice_(Nid(1)), bob_(Nid(2)) {
    for (End* end : {&alice_, &bob_})
      require(!end->endpoint.listen(listened), "a free port can be listened on");
    connect(alice_);
    deliver_all();
    require(alice_.stream && bob_.stream, "two ends meet");
  }

  void run() {
    for (std::size_t step = 0; step < most_steps && !in_.empty(); ++step) take_step();
    deliver_all();
  }

 private:
  struct End {
    explicit End(Nid name) : nid(name), endpoint(SctpConfig(), mtu) {}
    Nid nid;
    SctpEndpoint endpoint;
    std::optional<StreamId> stream;
    Octets last{};  ///< that came from the other: its ports and its tag
  };
  struct UnderWay {
    End* to;
    Octets octets;
  };

  End& other(End& end) { return &end == &alice_ ? bob_ : alice_; }
  End& one_end() { return in_.octet() % 2 ? alice_ : bob_; }

  void gather() {
    for (End* end : {&alice_, &bob_}) {
      end->endpoint.output().take([&](const SctpOutput::Packet& packet) {
        require(packet.octets.size() <= mtu, "a packet fits the transport");
        require(tainted_ || wire::SctpPacket::parse(packet.octets), "what is sent to an honest end is taken");
        End& to = other(*end);
        if (packet.to == to.nid && under_way_.size() < most_under_way)
          under_way_.push_back({&to, test::octets(packet.octets)});
      });
      end->endpoint.output().end_batch();
      while (const auto event = end->endpoint.next_event()) {
        if (event->kind == StreamEvent::Kind::accepted) end->stream = event->stream;
        if (event->kind == StreamEvent::Kind::closed && end->stream == event->stream) end->stream.reset();
      }
    }
  }

  void deliver(End& to, Nid from, Octets packet, bool remember = true) {
    Context<> cx(now_, random_);
    to.endpoint.input(from, transport_port, from.value(), packet, cx);
    if (remember && packet.size() >= wire::SctpHeader::size) to.last = std::move(packet);
    gather();
  }
  std::optional<UnderWay> next() {
    if (under_way_.empty()) return std::nullopt;
    UnderWay first = std::move(under_way_.front());
    under_way_.pop_front();
    return first;
  }
  void deliver_all() {
    gather();
    for (std::size_t count = 0; count < most_in_a_row; ++count) {
      auto packet = next();
      if (!packet) return;
      deliver(*packet->to, other(*packet->to).nid, std::move(packet->octets));
    }
  }

  void change() {
    auto packet = next();
    if (!packet) return;
    tainted_ = true;
    for (int changes = in_.octet() % 4; changes >= 0 && !packet->octets.empty(); --changes) {
      const auto at = in_.number<std::uint16_t>() % packet->octets.size();
      packet->octets[at] = static_cast<std::byte>(in_.octet());
    }
    checksum(packet->octets);
    deliver(*packet->to, other(*packet->to).nid, std::move(packet->octets), false);
  }

  void make() {
    tainted_ = true;
    End& to = one_end();
    const std::uint8_t how = in_.octet();
    Octets packet(wire::SctpHeader::size);
    if (to.last.size() >= packet.size()) std::copy_n(to.last.begin(), packet.size(), packet.begin());
    const std::size_t size = in_.number<std::uint16_t>() % 2048;
    packet = test::joined(std::move(packet), in_.take(size));
    if ((how & 1) == 0) packet.resize((packet.size() + 3) & ~std::size_t{3});
    const bool asks = packet.size() > 12 && packet[12] == std::byte{wire::SctpPacket::init};
    if (asks != ((how & 2) != 0)) wire::store(packet, 4, std::uint32_t{0});
    if ((how & 4) != 0)
      wire::store(packet, 0, in_.number<std::uint16_t>());  // another stream of the same two
    if ((how & 8) != 0) std::swap_ranges(packet.begin(), packet.begin() + 2, packet.begin() + 2);
    if ((how & 0x70) != 0x70) checksum(packet);
    deliver(to, (how & 0x80) != 0 ? Nid(3) : other(to).nid, std::move(packet), false);
  }

  void connect(End& end) {
    Context<> cx(now_, random_);
    if (const auto id = end.endpoint.connect(other(end).nid, transport_port, listened, cx)) end.stream = *id;
    gather();
  }

  void wait() {
    static constexpr Duration times[] = {1ms, 20ms, 100ms, 1s, 5s};
    now_ += in_.one_of(times);
    for (End* end : {&alice_, &bob_}) end->endpoint.on_timer(now_);
    gather();
  }

  void take_step() {
    switch (static_cast<Op>(in_.octet() % static_cast<std::uint8_t>(Op::count))) {
      case Op::deliver:
        if (auto packet = next()) deliver(*packet->to, other(*packet->to).nid, std::move(packet->octets));
        return;
      case Op::change:
        return change();
      case Op::lose:
        return void(next());
      case Op::deliver_all:
        return deliver_all();
      case Op::make:
        return make();
      case Op::wait:
        return wait();
      case Op::connect:
        return connect(one_end());
      default:
        return use(one_end());
    }
  }

  void use(End& end) {
    const auto op = static_cast<Op>(7 + in_.octet() % 5);
    if (!end.stream) return;
    std::vector<std::byte> room(in_.number<std::uint16_t>() % 8192 + 1);
    switch (op) {
      case Op::write:
        static_cast<void>(end.endpoint.write(*end.stream, room, now_));
        break;
      case Op::read:
        static_cast<void>(end.endpoint.read(*end.stream, room, now_));
        break;
      case Op::end:
        static_cast<void>(end.endpoint.shutdown(*end.stream, now_));
        break;
      case Op::close:
        end.endpoint.close(*end.stream, now_);
        end.stream.reset();
        break;
      default:
        end.endpoint.reset(*end.stream, now_);
        end.stream.reset();
    }
    gather();
  }

  Input& in_;
  TimePoint& now_;
  Random random_{1};
  End alice_, bob_;
  std::deque<UnderWay> under_way_;
  bool tainted_ = false;  ///< something has come that no end has sent: an answer may quote it
};

/// A step `make`: `chunks` for bob, as `how` says.
Octets made(unsigned to, unsigned how, std::string_view chunks) {
  const Octets octets = test::hex(chunks);
  Octets step = {std::byte{4}, static_cast<std::byte>(to), static_cast<std::byte>(how),
                 static_cast<std::byte>(octets.size() >> 8), static_cast<std::byte>(octets.size() & 255)};
  return test::joined(std::move(step), octets);
}

}  // namespace

void sctp(Bytes input) {
  // The library's clock is one a process, and does not go back; what an input has left behind is over before the next.
  static TimePoint now = TimePoint{} + 1h;
  Input in(input);
  Line(in, now).run();
  for (int i = 0; i < 4; ++i) SctpLibrary::instance().advance(now += 60s);
}

std::vector<Octets> sctp_seeds() {
  std::vector<Octets> seeds;
  const auto with = [&](std::string_view chunks) {
    for (const unsigned to : {0u, 1u})
      for (const unsigned how : {0x00u, 0x80u})
        seeds.push_back(
            test::joined(made(to, how, chunks), Octets{std::byte{3}, std::byte{5}, std::byte{3}}));
  };
  // Each kind of chunk, as a stock SCTP sends it.
  with(
      "01000048 8c1f2e33 0001a000 000affff 7d21e6d0 80000004 c0000004 80080007 c0c18000 c0060008 494c4e50"
      "000c0008 00050006 00050008 7f000001");
  with(
      "01000064 8c1f2e33 0001a000 000affff 7d21e6d0 80020024 0001020304050607 08090a0b0c0d0e0f "
      "1011121314151617"
      "18191a1b1c1d1e1f 80030006 80c10000 80040008 00030001 00060014 00000000000000000000000000000001");
  with("02000028 8c1f2e33 0001a000 000affff 7d21e6d0 00070010 0102030405060708 090a0b0c");
  with("03000010 7d21e6d0 0001a000 00000000");
  with("03000018 7d21e6d0 0001a000 00010001 00020003 7d21e6d0");
  with("0400000c 00010008 00000001");
  with("05000030 0001002c 00000000 0000000000000000 0000000000000000 0000000000000000 0000000000000000");
  with("06000004");
  with("06000008 000c0004");
  with("07000008 7d21e6d0");
  with("08000004");
  with("09000010 00030008 00000001 00080004");
  with("0a000010 0102030405060708 090a0b0c");
  with("0b000004");
  with("0e000004");
  with("84000008 00000000");
  with("00030011 7d21e6d0 00000000 00000000 61000000");
  with("00020014 7d21e6d0 00000000 00000000 61626364 00010014 7d21e6d1 00000000 00000000 65666768");
  // What goes on while nobody interferes, and streams that end.
  const auto steps = [&](std::string_view digits) { seeds.push_back(test::hex(digits)); };
  steps("07 01 00 0400 03 05 01 03 08 00 01 0400 03");
  steps("07 00 00 1f00 01 01 0010 ff 0020 00 03 05 03 03");
  steps("09 01 02 0000 03 0a 00 03 0000 03 05 03 03");
  steps("06 01 01 00 000d 00 01 00 0010 01 03 06 00 00 00 01 01 0014 02 03");
  steps("0b 01 04 0000 03 06 01 03");
  return seeds;
}

}  // namespace ilnp::fuzz
