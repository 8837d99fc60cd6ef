#include <ilnp/middleware/pcap.hpp>

struct Sink {
  void operator()(ilnp::Bytes);
};
struct NotASink {
  void operator()(const char*);
};

#ifndef WRONG
using Writer = ilnp::PcapWriter<Sink>;
#else
using Writer = ilnp::PcapWriter<NotASink>;
#endif
static_assert(sizeof(Writer) > 0);
