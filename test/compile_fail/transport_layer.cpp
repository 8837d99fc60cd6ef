#include <ilnp/base/adaptor.hpp>

struct Mine {
  ilnp::error_code bind(std::uint16_t);
#ifndef WRONG
  void unbind(std::uint16_t);
#endif
  template <class Cx>
  ilnp::error_code send(std::uint16_t, ilnp::Nid, std::uint16_t, ilnp::Bytes, Cx&);
  template <class Cx, class Up>
  void feed(ilnp::FrameSource, ilnp::MutableBytes, Cx&, Up&&);
  template <class Cx, class Up>
  void on_timer(Cx&, Up&&);
  template <class Cx>
  void end_batch(Cx&);
  ilnp::TimePoint next_deadline() const;
  template <class Cx>
  ilnp::result<ilnp::Nid> resolve(std::string_view, Cx&);
  std::size_t max_payload(ilnp::Nid = {}) const;
};

using Node = ilnp::TransportAdaptor<Mine>;
static_assert(sizeof(Node) > 0);
