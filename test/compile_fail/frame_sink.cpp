#include <ilnp/middleware/capture.hpp>
#include <ilnp/sim/underlay.hpp>

struct Sink {
  void operator()(const ilnp::CapturedFrame&);
};
struct NotASink {
  void operator()(ilnp::Bytes);
};

#ifndef WRONG
using Layer = ilnp::Capture<ilnp::sim::SimUnderlay, Sink>;
#else
using Layer = ilnp::Capture<ilnp::sim::SimUnderlay, NotASink>;
#endif
static_assert(sizeof(Layer) > 0);
