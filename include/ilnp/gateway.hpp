#pragma once

/// Gateways, which join a stack to local programs: datagrams, connections, SOCKS, the control socket. Includes
/// what they need of the stack and of the shell.

// The control protocol
#include "control/control.hpp"
#include "control/counter_text.hpp"
#include "control/json.hpp"
#include "control/mappings.hpp"
#include "control/moves.hpp"
#include "control/node_control.hpp"
#include "control/program.hpp"
#include "control/rate_meter.hpp"
#include "control/status.hpp"
#include "control/tables.hpp"
#include "control/words.hpp"

// Gateways to local programs
#include "gateway/address_range.hpp"
#include "gateway/connect_race.hpp"
#include "gateway/control_followers.hpp"
#include "gateway/control_reply.hpp"
#include "gateway/control_socket.hpp"
#include "gateway/exit_policy.hpp"
#include "gateway/kernel_sctp_port.hpp"
#include "gateway/local_programs.hpp"
#include "gateway/local_routes.hpp"
#include "gateway/local_socket.hpp"
#include "gateway/local_sources.hpp"
#include "gateway/overlay_name.hpp"
#include "gateway/proxy_gateway.hpp"
#include "gateway/proxy_gateway_counters.hpp"
#include "gateway/reserve_descriptor.hpp"
#include "gateway/socks_handshakes.hpp"
#include "gateway/socks_server.hpp"
#include "gateway/stream_dial.hpp"
#include "gateway/stream_gateway.hpp"
#include "gateway/stream_gateway_counters.hpp"
#include "gateway/stream_listener.hpp"
#include "gateway/stream_relay.hpp"
#include "gateway/stream_sink.hpp"
#include "gateway/stream_waiting.hpp"
#include "gateway/tcp_options.hpp"
