#include <ilnp/base/stream.hpp>

#include "streams.hpp"

template <ilnp::StreamTransport Next>
struct Layer : ilnp::StreamAdaptor<Next> {
  using ilnp::StreamAdaptor<Next>::StreamAdaptor;
};

using Twice = Layer<Layer<Mine>>;
static_assert(sizeof(Twice) > 0);
#ifndef WRONG
static_assert(ilnp::StreamTransport<Twice>);
#endif
