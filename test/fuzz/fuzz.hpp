#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ilnp/wire/field.hpp"
#include "support/octets.hpp"

/// What the fuzz targets have in common. A target is a function of octets that ends the program if a promise is broken; it
/// is driven by libFuzzer (`fuzz`), and by `fuzz-replay`, which any compiler builds.
namespace ilnp::fuzz {

using test::Octets;

/// Says what was promised and does not hold, and ends the program, so that the fuzzer keeps the input.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

/// The fuzzer's octets, taken from the front; zeros when they are used up.
class Input {
 public:
  explicit Input(Bytes octets) noexcept : rest_(octets) {}

  bool empty() const noexcept { return rest_.empty(); }
  std::uint8_t octet() noexcept { return number<std::uint8_t>(); }
  template <class T>
  T number() noexcept {
    if (rest_.size() < sizeof(T)) return rest_ = {}, T{};
    const T value = wire::load<T>(rest_, 0);
    rest_ = rest_.subspan(sizeof(T));
    return value;
  }
  /// One of these, chosen by one octet.
  template <class T, std::size_t n>
  const T& one_of(const T (&choice)[n]) noexcept {
    return choice[octet() % n];
  }
  /// The next `size` octets, or what is left, in a buffer of exactly that size.
  Octets take(std::size_t size) {
    const Bytes taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return test::octets(taken);
  }
  Octets rest() { return take(rest_.size()); }

 private:
  Bytes rest_;
};

struct Target {
  std::string_view name;
  void (*run)(Bytes input);
  /// Inputs to begin with, made from what stands in test/vectors and examples/scenarios.
  std::vector<Octets> (*seeds)();
};

/// All targets. Defined in targets.cpp.
std::span<const Target> targets();

// formats.cpp
void wire_formats(Bytes input);
void addresses(Bytes input);
void configuration(Bytes input);
// node.cpp
void node(Bytes input);
void proxy(Bytes input);
void control(Bytes input);
// long_datagrams.cpp
void long_datagrams(Bytes input);
// scenario.cpp
void scenarios(Bytes input);
// sctp.cpp, if there is usrsctp
void sctp(Bytes input);
std::vector<Octets> sctp_seeds();
// tun.cpp
void tun_read(Bytes input);
void tun_frame(Bytes input);
void dns(Bytes input);
std::vector<Octets> tun_read_seeds();
std::vector<Octets> tun_frame_seeds();
std::vector<Octets> dns_seeds();
// seeds.cpp
/// A file of test/vectors.
Octets vector_file(const std::string& name);
std::vector<Octets> wire_seeds();
std::vector<Octets> address_seeds();
std::vector<Octets> configuration_seeds();
std::vector<Octets> node_seeds();
std::vector<Octets> control_seeds();
std::vector<Octets> long_datagram_seeds();
std::vector<Octets> scenario_seeds();

/// The formats that an input of `wire_formats` is read as, by its first octet.
enum class Format : std::uint8_t {
  ilnp_header,
  stp_header,
  discovery,
  locator_update,
  utf8,
  capture,
  fragment,
  sctp_header,
  sctp_packet,
  socks5_greeting,
  socks5_request,
  stream_request,
  stream_reply,
  goodbye,
  ping,
  count
};

/// What an input of `node` and `proxy` consists of, after the first octets, which say how the node is configured: a kind, and
/// what it needs.
enum class Step : std::uint8_t {
  frame,   ///< octets as they are: interface, sender, length (16 bit), octets
  packet,  ///< a payload behind a header that is right
  discovery,
  update,  ///< locator update or acknowledgement
  datagram,
  again,  ///< a frame that this node has sent or got, once more, perhaps with another hop limit
  wait,
  send,
  move,
  port,   ///< bound, or mapped, or not any more
  fault,  ///< of the network below: it takes no frames, or lets nobody join
  count
};

/// How many octets of an input of `node` say how the node is configured.
inline constexpr std::size_t configuration_octets = 8;

}  // namespace ilnp::fuzz
