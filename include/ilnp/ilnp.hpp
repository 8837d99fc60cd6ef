#pragma once

/// The stack for datagrams: `ilnp::Proxy<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>` and all below it. Each header also stands
/// alone. The other parts have a header each, for those who need them:
///
/// - `<ilnp/asio.hpp>`: run a stack on Boost.Asio, sockets;
/// - `<ilnp/gateway.hpp>`: join a stack to local programs;
/// - `<ilnp/config.hpp>`: configuration files;
/// - `<ilnp/sctp.hpp>`: streams; needs usrsctp;
/// - `<ilnp/names.hpp>`: names of hosts outside the overlay; needs c-ares;
/// - `<ilnp/middleware.hpp>`: layers to insert, such as one that captures packets;
/// - `<ilnp/sim.hpp>`: stacks in virtual time.

// Addresses, octets, time; what layers are made of
#include "base/adaptor.hpp"
#include "base/address.hpp"
#include "base/arena.hpp"
#include "base/ascii_case.hpp"
#include "base/bounded_table.hpp"
#include "base/bytes.hpp"
#include "base/content_hash.hpp"
#include "base/context.hpp"
#include "base/epoch.hpp"
#include "base/error.hpp"
#include "base/frame_class.hpp"
#include "base/hash_key.hpp"
#include "base/keyed_hash.hpp"
#include "base/layer.hpp"
#include "base/lifetime.hpp"
#include "base/multiply.hpp"
#include "base/packet.hpp"
#include "base/printable.hpp"
#include "base/random.hpp"
#include "base/search.hpp"
#include "base/sender_shares.hpp"
#include "base/stack.hpp"

// The formats on the wire
#include "wire/discovery.hpp"
#include "wire/field.hpp"
#include "wire/format.hpp"
#include "wire/fragment.hpp"
#include "wire/goodbye.hpp"
#include "wire/ilnp_header.hpp"
#include "wire/locator_update.hpp"
#include "wire/overlay.hpp"
#include "wire/stp_header.hpp"
#include "wire/utf8.hpp"

// Sockets of the operating system
#include "posix/endpoint.hpp"
#include "posix/netlink.hpp"
#include "posix/overflow_count.hpp"
#include "posix/receive_batch.hpp"
#include "posix/segmentation.hpp"
#include "posix/send_failures.hpp"
#include "posix/send_queue.hpp"
#include "posix/socket.hpp"
#include "posix/system_secret.hpp"
#include "posix/train_check.hpp"
#include "posix/trains.hpp"

// The underlay
#include "underlay/events.hpp"
#include "underlay/group_address.hpp"
#include "underlay/link_config.hpp"
#include "underlay/link_monitor.hpp"
#include "underlay/link_report.hpp"
#include "underlay/link_watch.hpp"
#include "underlay/mcast_sockets.hpp"
#include "underlay/mcast_udp.hpp"
#include "underlay/mcast_udp_counters.hpp"
#include "underlay/memberships.hpp"
#include "underlay/own_frame_filter.hpp"

// The network layer
#include "network/config.hpp"
#include "network/correspondent_table.hpp"
#include "network/counters.hpp"
#include "network/discoverer.hpp"
#include "network/discovery_rounds.hpp"
#include "network/drop.hpp"
#include "network/duplicate_filter.hpp"
#include "network/events.hpp"
#include "network/flow_cache.hpp"
#include "network/forwarder.hpp"
#include "network/forwarder_election.hpp"
#include "network/forwarding_account.hpp"
#include "network/forwarding_table.hpp"
#include "network/host_table.hpp"
#include "network/ilnp.hpp"
#include "network/interfaces.hpp"
#include "network/known_host.hpp"
#include "network/liveness.hpp"
#include "network/liveness_checks.hpp"
#include "network/locator_updates.hpp"
#include "network/loopback.hpp"
#include "network/move_schedule.hpp"
#include "network/mover.hpp"
#include "network/name_claims.hpp"
#include "network/name_spellings.hpp"
#include "network/neighbour_table.hpp"
#include "network/next_hops.hpp"
#include "network/nid_watch.hpp"
#include "network/own_messages.hpp"
#include "network/packet_memory.hpp"
#include "network/packet_sample.hpp"
#include "network/parts.hpp"
#include "network/policies.hpp"
#include "network/reachability.hpp"
#include "network/reflection_filter.hpp"
#include "network/resumption.hpp"
#include "network/seen_messages.hpp"
#include "network/sender.hpp"
#include "network/sessions.hpp"
#include "network/update_trial.hpp"
#include "network/wanted_names.hpp"

// Transports
#include "transport/counters.hpp"
#include "transport/datagram_pool.hpp"
#include "transport/fragment.hpp"
#include "transport/fragment_counters.hpp"
#include "transport/fragment_peers.hpp"
#include "transport/reassembly.hpp"
#include "transport/reply_limit.hpp"
#include "transport/stp.hpp"

// The proxy
#include "proxy/counters.hpp"
#include "proxy/local_port.hpp"
#include "proxy/mapping_table.hpp"
#include "proxy/proxy.hpp"
