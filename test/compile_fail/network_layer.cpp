#include <ilnp/transport/stp.hpp>

struct Mine {
  ilnp::MutableBytes headroom(std::size_t);
  template <class Cx>
  ilnp::error_code send(ilnp::Nid, std::uint8_t, ilnp::Packet&, Cx&);
  template <class Cx, class Up>
  void feed(ilnp::FrameSource, ilnp::MutableBytes, Cx&, Up&&);
  template <class Cx, class Up>
  void on_timer(Cx&, Up&&);
  template <class Cx>
  void end_batch(Cx&);
  ilnp::TimePoint next_deadline() const;
#ifndef WRONG
  template <class Cx>
  ilnp::result<ilnp::Nid> resolve(std::string_view, Cx&);
#endif
  ilnp::Nid local_nid() const;
  std::size_t max_payload(ilnp::Nid = {}) const;
};

using Node = ilnp::STP<Mine>;
static_assert(sizeof(Node) > 0);
