// The headers in a program that has no run-time type information, and in which Qt's macros are defined.
#define emit
#define slots
#define signals public
#define Q_SLOTS
#define Q_SIGNALS public
#define Q_EMIT
#define foreach(variable, container) for (variable : container)
#define forever for (;;)

#include <ilnp/asio.hpp>
#include <ilnp/config.hpp>
#include <ilnp/gateway.hpp>
#include <ilnp/ilnp.hpp>
#include <ilnp/middleware.hpp>
#include <ilnp/sim.hpp>
#ifdef ILNP_HAS_SCTP
#include <ilnp/sctp.hpp>
#endif

#ifdef __GXX_RTTI
#error "compile it with -fno-rtti"
#endif

using Stack = ilnp::STP<ilnp::ILNP<ilnp::sim::SimUnderlay>>;
using Proxy = ilnp::Proxy<ilnp::Fragment<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>>;

template class ilnp::ProxyGateway<Proxy>;
template class ilnp::StpNode<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>;
#ifdef ILNP_HAS_SCTP
template class ilnp::Sctp<ilnp::Fragment<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>>;
#endif

int main() {
  using namespace std::chrono_literals;
  ilnp::sim::World world(1);
  const auto config = [](const char* name, std::uint64_t nid) {
    return ilnp::parse_config(std::string("[link]\nmcast_port = 1\nmcast_interface = lo\n[network]\nlocators "
                                          "= 0:0:0:a\nnid = 0:0:0:") +
                                  std::to_string(nid) + "\n[discovery]\nhostname = " + name,
                              "plain.ini")
        .network;
  };
  world.network(ilnp::Locator(0xa));
  ilnp::sim::SimNode<Stack> alice(world, "alice", config("alice", 1)), bob(world, "bob", config("bob", 2));
  bool heard = false;
  bob.on_receive([&](const ilnp::DatagramSource& from, ilnp::Bytes) { heard = from.nid == ilnp::Nid(1); });
  bob.with([](Stack& stack, auto&) { return stack.bind(7); });
  alice.start();
  bob.start();
  world.run_until(ilnp::TimePoint(2s));
  const auto error = alice.with([](Stack& stack, auto& cx) -> ilnp::error_code {
    const auto nid = stack.resolve("bob", cx);
    return nid ? stack.send(7, *nid, 7, ilnp::as_bytes("hello"), cx) : nid.error();
  });
  world.run_until(ilnp::TimePoint(4s));
  return !error && heard ? 0 : 1;
}
