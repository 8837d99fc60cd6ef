#pragma once

/// The simulator: nodes of the very layer types that run on sockets, in virtual time, on networks with seeded faults.

#include "sim/conditions.hpp"
#include "sim/delivery_check.hpp"
#include "sim/event_queue.hpp"
#include "sim/frame_pool.hpp"
#include "sim/hop_limit_check.hpp"
#include "sim/host.hpp"
#include "sim/line.hpp"
#include "sim/network.hpp"
#include "sim/node.hpp"
#include "sim/node_check.hpp"
#include "sim/underlay.hpp"
#include "sim/world.hpp"
