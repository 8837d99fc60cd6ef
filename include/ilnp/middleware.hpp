#pragma once

/// Layers to insert into a stack, and what they write.

// The formats on the wire
#include "wire/pcap.hpp"
#include "wire/pcapng.hpp"
#include "wire/udp_encapsulation.hpp"

// The layers, and the sinks for them
#include "middleware/capture.hpp"
#include "middleware/pcap.hpp"
#include "middleware/pcapng.hpp"
