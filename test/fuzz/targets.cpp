#include "fuzz.hpp"

namespace ilnp::fuzz {

std::span<const Target> targets() {
  static constexpr Target all[] = {
      {"wire", wire_formats, wire_seeds},
      {"address", addresses, address_seeds},
      {"config", configuration, configuration_seeds},
      {"control", control, control_seeds},
      {"node", node, node_seeds},
      {"proxy", proxy, node_seeds},
      {"long_datagrams", long_datagrams, long_datagram_seeds},
      {"scenario", scenarios, scenario_seeds},
      {"tun_read", tun_read, tun_read_seeds},
      {"tun_frame", tun_frame, tun_frame_seeds},
      {"dns", dns, dns_seeds},
#ifdef ILNP_HAS_SCTP
      {"sctp", sctp, sctp_seeds},
#endif
  };
  return all;
}

}  // namespace ilnp::fuzz
