#pragma once

/// The tunnel: IPv6 packets of a network interface over the overlay. Includes what it needs of the stack, but neither the device nor
/// the shell (`<ilnp/gateway.hpp>`).

#include "tun/allowed_hosts.hpp"
#include "tun/config.hpp"
#include "tun/core.hpp"
#include "tun/counters.hpp"
#include "tun/cutter.hpp"
#include "tun/held_reads.hpp"
#include "tun/joiner.hpp"
#include "tun/name_service.hpp"
#include "tun/names.hpp"
#include "tun/outgoing.hpp"
#include "tun/peers.hpp"
#include "tun/policy.hpp"
#include "tun/prefix.hpp"
#include "tun/rate_limit.hpp"
#include "tun/replies.hpp"
#include "tun/to_host.hpp"
#include "tun/tun.hpp"

// The formats
#include "wire/checksum.hpp"
#include "wire/dns_message.hpp"
#include "wire/icmpv6.hpp"
#include "wire/ipv6_header.hpp"
#include "wire/tcp_header.hpp"
#include "wire/tun_header.hpp"
#include "wire/tun_probe.hpp"
#include "wire/udp_header.hpp"
#include "wire/virtio_net_header.hpp"
