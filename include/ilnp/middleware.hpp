#pragma once

/// Layers to insert into a stack, and what they write.

#include "middleware/capture.hpp"
#include "middleware/pcap.hpp"
#include "wire/pcap.hpp"
#include "wire/udp_encapsulation.hpp"
