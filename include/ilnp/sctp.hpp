#pragma once

/// Streams, by SCTP. Not in ilnp.hpp because it needs usrsctp (Debian's libusrsctp-dev): link `ilnp::sctp`.

#include "sctp/admission.hpp"
#include "sctp/asio/sctp_acceptor.hpp"
#include "sctp/asio/sctp_node.hpp"
#include "sctp/asio/sctp_stream.hpp"
#include "sctp/asio/stream_handle.hpp"
#include "sctp/asio/stream_operations.hpp"
#include "sctp/associations.hpp"
#include "sctp/config.hpp"
#include "sctp/counters.hpp"
#include "sctp/endpoint.hpp"
#include "sctp/library.hpp"
#include "sctp/listeners.hpp"
#include "sctp/output.hpp"
#include "sctp/peers.hpp"
#include "sctp/progress.hpp"
#include "sctp/sctp.hpp"
#include "sctp/shares.hpp"
#include "sctp/socket.hpp"
#include "sctp/stream_state.hpp"
#include "sctp/stream_table.hpp"
