#include <ilnp/base/adaptor.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/proxy/proxy.hpp>
#include <ilnp/transport/stp.hpp>
#include <ilnp/underlay/mcast_udp.hpp>

struct Link : ilnp::UnderlayAdaptor<ilnp::McastUdp> {
  using UnderlayAdaptor::UnderlayAdaptor;
};

/// A layer that changes what a name means must say, too, whether it still means that.
template <ilnp::TransportLayer Next>
struct Mine : ilnp::TransportAdaptor<Next> {
  using ilnp::TransportAdaptor<Next>::TransportAdaptor;
#ifdef WRONG
  template <class Cx>
  ilnp::result<ilnp::Nid> resolve(std::string_view, Cx&);
#endif
};

using Node = ilnp::Proxy<Mine<ilnp::STP<ilnp::ILNP<Link>>>>;
static_assert(sizeof(Node) > 0);
