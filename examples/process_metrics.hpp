#pragma once

// What every exporter says of its process, under the names that Prometheus' own libraries use.

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

#include "metrics_text.hpp"

namespace program {

/// The time at which this was first called, in seconds since 1970.
inline double start_time() {
  static const double time =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  return time;
}

inline void add_process(MetricsText& metrics) {
  rusage usage{};
  (void)::getrusage(RUSAGE_SELF, &usage);
  const auto microseconds = [](const timeval& time) { return time.tv_sec * 1'000'000 + time.tv_usec; };
  metrics.counter("process_cpu_seconds", "Processor time of the program, in user and kernel mode",
                  static_cast<double>(microseconds(usage.ru_utime) + microseconds(usage.ru_stime)) / 1e6);
  metrics.gauge("process_start_time_seconds", "Start time of the program, in seconds since 1970",
                start_time());
  unsigned long long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "re")) {
    if (std::fscanf(file, "%*u %llu", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  metrics.gauge("process_resident_memory_bytes", "Memory in use",
                std::uint64_t{pages} * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
  std::uint64_t open = 0;
  if (DIR* folder = ::opendir("/proc/self/fd")) {
    while (const dirent* entry = ::readdir(folder)) open += entry->d_name[0] != '.' ? 1 : 0;
    ::closedir(folder);
    if (open != 0) --open;  // the folder itself
  }
  metrics.gauge("process_open_fds", "Open file descriptors", open);
  rlimit limit{};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  metrics.gauge("process_max_fds", "Limit of open file descriptors", std::uint64_t{limit.rlim_cur});
}

}  // namespace program
