#pragma once

/// All of the toolkit. A node is a type: `ilnp::Proxy<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>`. Who wants less to compile
/// includes the layers that he uses; each header stands alone.

// The vocabulary
#include "address.hpp"
#include "bytes.hpp"
#include "context.hpp"
#include "error.hpp"
#include "layer.hpp"
#include "packet.hpp"
#include "random.hpp"
#include "resolved_name.hpp"
#include "stream.hpp"

// The formats on the wire
#include "wire/discovery.hpp"
#include "wire/field.hpp"
#include "wire/fragment.hpp"
#include "wire/ilnp_header.hpp"
#include "wire/locator_update.hpp"
#include "wire/parsed.hpp"
#include "wire/pcap.hpp"
#include "wire/sctp_header.hpp"
#include "wire/stp_header.hpp"
#include "wire/udp_encapsulation.hpp"
#include "wire/utf8.hpp"

// Underlay: frames between the nodes of one network
#include "underlay/endpoint.hpp"
#include "underlay/frame_class.hpp"
#include "underlay/group_address.hpp"
#include "underlay/link_config.hpp"
#include "underlay/link_monitor.hpp"
#include "underlay/mcast_sockets.hpp"
#include "underlay/mcast_udp.hpp"
#include "underlay/mcast_udp_counters.hpp"
#include "underlay/overflow_count.hpp"
#include "underlay/own_frame_filter.hpp"
#include "underlay/receive_batch.hpp"
#include "underlay/segmentation.hpp"
#include "underlay/send_queue.hpp"
#include "underlay/socket.hpp"

// Network layer: packets between nodes, wherever they are
#include "network/bounded_table.hpp"
#include "network/carrier_election.hpp"
#include "network/config.hpp"
#include "network/content_hash.hpp"
#include "network/correspondent_table.hpp"
#include "network/counters.hpp"
#include "network/discoverer.hpp"
#include "network/discovery_rounds.hpp"
#include "network/drop.hpp"
#include "network/duplicate_filter.hpp"
#include "network/events.hpp"
#include "network/forwarder.hpp"
#include "network/forwarding_table.hpp"
#include "network/host.hpp"
#include "network/host_table.hpp"
#include "network/ilnp.hpp"
#include "network/interfaces.hpp"
#include "network/local_node.hpp"
#include "network/locator_updates.hpp"
#include "network/move_schedule.hpp"
#include "network/mover.hpp"
#include "network/neighbour_table.hpp"
#include "network/reflection_filter.hpp"
#include "network/run.hpp"
#include "network/seen_messages.hpp"

// Transport: datagrams between ports
#include "transport/counters.hpp"
#include "transport/datagram_pool.hpp"
#include "transport/events.hpp"
#include "transport/fragment.hpp"
#include "transport/fragment_counters.hpp"
#include "transport/fragment_peers.hpp"
#include "transport/keyed_hash.hpp"
#include "transport/reassembly.hpp"
#include "transport/stp.hpp"

// Proxy: for programs that know nothing of the overlay
#include "proxy/control.hpp"
#include "proxy/counters.hpp"
#include "proxy/local_port.hpp"
#include "proxy/mapping_table.hpp"
#include "proxy/proxy.hpp"

// Layers to insert
#include "middleware/capture.hpp"
#include "middleware/pcap.hpp"

// Configuration files
#include "config/config.hpp"
#include "config/ini.hpp"

// Running a stack on Boost.Asio
#include "asio/clock.hpp"
#include "asio/control_socket.hpp"
#include "asio/kernel_sctp_port.hpp"
#include "asio/local_socket.hpp"
#include "asio/node.hpp"
#include "asio/proxy_gateway.hpp"
#include "asio/stp_socket.hpp"

// Running stacks in virtual time
#include "sim/conditions.hpp"
#include "sim/event_queue.hpp"
#include "sim/frame_pool.hpp"
#include "sim/host.hpp"
#include "sim/line.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/sim.hpp"
#include "sim/underlay.hpp"
#include "sim/world.hpp"
