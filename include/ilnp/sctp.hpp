#pragma once

/// Streams, by SCTP: the layers, their shell on Boost.Asio, and the proxy for the connections of local programs. Needs usrsctp
/// (Debian's libusrsctp-dev): link `ilnp::sctp`.

// Addresses, octets, time; what layers are made of
#include "base/stream.hpp"

// The formats on the wire
#include "wire/sctp_header.hpp"
#include "wire/sctp_packet.hpp"
#include "wire/sctp_parameters.hpp"
#include "wire/sctp_reply.hpp"
#include "wire/socks5.hpp"
#include "wire/stream_request.hpp"

// The proxy
#include "proxy/stream_connection_table.hpp"
#include "proxy/stream_handshake.hpp"
#include "proxy/stream_proxy.hpp"
#include "proxy/stream_proxy_config.hpp"
#include "proxy/stream_proxy_counters.hpp"
#include "proxy/stream_proxy_event.hpp"
#include "proxy/stream_reply.hpp"

// SCTP
#include "sctp/admission.hpp"
#include "sctp/associations.hpp"
#include "sctp/config.hpp"
#include "sctp/counters.hpp"
#include "sctp/endpoint.hpp"
#include "sctp/library.hpp"
#include "sctp/listeners.hpp"
#include "sctp/output.hpp"
#include "sctp/peers.hpp"
#include "sctp/progress.hpp"
#include "sctp/replies.hpp"
#include "sctp/sctp.hpp"
#include "sctp/shares.hpp"
#include "sctp/socket.hpp"
#include "sctp/stream_state.hpp"
#include "sctp/stream_table.hpp"

// SCTP on Boost.Asio
#include "sctp/asio/sctp_acceptor.hpp"
#include "sctp/asio/sctp_node.hpp"
#include "sctp/asio/sctp_stream.hpp"
#include "sctp/asio/stream_handle.hpp"
#include "sctp/asio/stream_operations.hpp"
