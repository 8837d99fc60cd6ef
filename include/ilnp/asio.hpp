#pragma once

/// The shell on Boost.Asio: nodes and sockets. Includes what it needs of the stack.

#include "asio/clock.hpp"
#include "asio/mailbox.hpp"
#include "asio/name_event.hpp"
#include "asio/node.hpp"
#include "asio/operation.hpp"
#include "asio/ping.hpp"
#include "asio/ping_event.hpp"
#include "asio/resolve.hpp"
#include "asio/stp_node.hpp"
#include "asio/stp_socket.hpp"
#include "asio/turn.hpp"
#include "asio/waiting_timers.hpp"
