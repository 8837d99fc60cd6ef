#include <ilnp/network/ilnp.hpp>

struct Mine {
  ilnp::error_code join(ilnp::Locator);
  ilnp::error_code leave(ilnp::Locator);
  void begin_batch();
  ilnp::MutableBytes headroom(std::size_t);
  template <class Cx>
  ilnp::error_code send(ilnp::Locator, const ilnp::Packet&, Cx&);
  template <class Cx, class Up>
  void feed(ilnp::FrameSource, ilnp::MutableBytes, Cx&, Up&&);
  template <class Cx>
  bool on_timer(Cx&);
  ilnp::TimePoint next_deadline() const;
  template <class Cx>
  void end_batch(Cx&);
#ifndef WRONG
  std::size_t max_frame() const;
#endif
};

using Node = ilnp::ILNP<Mine>;
static_assert(sizeof(Node) > 0);
