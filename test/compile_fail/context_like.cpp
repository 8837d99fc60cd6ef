#include <ilnp/network/ilnp.hpp>
#include <ilnp/sim/underlay.hpp>
#include <ilnp/transport/stp.hpp>

struct Mine {
#ifndef WRONG
  ilnp::TimePoint now() const;
#endif
  std::uint64_t random(std::uint64_t);
  std::uint64_t secret();
  template <class Event>
  void observe(const Event&);
};

using Node = ilnp::STP<ilnp::ILNP<ilnp::sim::SimUnderlay>>;
ilnp::error_code say(Node& node, Mine& cx) {
  return node.send(1, ilnp::Nid(2), 3, ilnp::as_bytes("text"), cx);
}
