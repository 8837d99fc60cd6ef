#pragma once

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>

#include <ilnp/sctp/config.hpp>

namespace program {

inline constexpr std::uint64_t least_stream_memory = 1 << 20;

/// The default memory for streams: that of the library, but at most a quarter of the memory of the machine or container and of the process
/// limit, so that there is room for everything else.
inline std::uint64_t default_stream_memory() {
  std::uint64_t memory = ilnp::SctpConfig().memory;
  const auto at_most = [&](std::uint64_t all) { memory = std::min(memory, all / 4); };
  if (const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE); pages > 0 && size > 0)
    at_most(static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size));
  std::uint64_t container = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> container) at_most(container);
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) at_most(limit.rlim_cur);
  }
  return std::max(memory, least_stream_memory);
}

}  // namespace program
