#pragma once

/// The simulator: nodes with the same layer types that run on sockets, in virtual time, on networks with seeded faults.
#include "conditions.hpp"
#include "network.hpp"
#include "node.hpp"
#include "underlay.hpp"
#include "world.hpp"
