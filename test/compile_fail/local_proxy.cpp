#include <ilnp/gateway/proxy_gateway.hpp>
#include <ilnp/network/ilnp.hpp>
#include <ilnp/proxy/proxy.hpp>
#include <ilnp/transport/stp.hpp>
#include <ilnp/underlay/mcast_udp.hpp>

#ifdef WRONG
using Stack = ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>;
#else
using Stack = ilnp::Proxy<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>;
#endif

using Gateway = ilnp::ProxyGateway<Stack>;
static_assert(sizeof(Gateway) > 0);
