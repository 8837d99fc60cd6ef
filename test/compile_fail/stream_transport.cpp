#include <ilnp/base/stream.hpp>
#include <ilnp/proxy/stream_proxy.hpp>

#include "streams.hpp"

using Node = ilnp::StreamProxy<Mine>;
static_assert(sizeof(Node) > 0);
