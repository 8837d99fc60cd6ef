#include <ilnp/asio/node.hpp>
#include <ilnp/base/adaptor.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/transport/stp.hpp>
#include <ilnp/underlay/mcast_udp.hpp>

/// Enough for a stack, but not to wait for: the layer below is not shown.
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
  std::size_t max_frame() const;
  std::span<const int> native_handles() const;
  template <class Sink>
  std::size_t receive(Sink&&);
  void keep_queued();
#ifndef WRONG
  bool drained() const;
#endif
};

using Stack = ilnp::STP<ilnp::ILNP<ilnp::UnderlayAdaptor<Mine>>>;
struct Up {
  void operator()(const ilnp::DatagramSource&, ilnp::Bytes) const;
};
using Node = ilnp::Node<Stack, Up>;
static_assert(sizeof(Node) > 0);
