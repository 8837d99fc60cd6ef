#include <ilnp/asio/stp_socket.hpp>
#include <ilnp/base/adaptor.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/transport/stp.hpp>
#include <ilnp/underlay/mcast_udp.hpp>

/// A network layer of one's own: it carries packets, and must be started and woken too.
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
  template <class Cx>
  ilnp::result<ilnp::Nid> resolve(std::string_view, Cx&);
  ilnp::Nid local_nid() const;
  std::size_t max_payload(ilnp::Nid = {}) const;
  template <class Cx>
  ilnp::error_code start(Cx&);
  template <class Cx>
  void resumed(ilnp::TimePoint, Cx&);
#ifndef WRONG
  template <class Cx>
  void caught_up(Cx&);
#endif
  ilnp::McastUdp& next_layer();
};

using Stack = ilnp::STP<ilnp::NetworkAdaptor<Mine>>;
using Node = ilnp::StpNode<Stack>;
static_assert(sizeof(Node) > 0);
