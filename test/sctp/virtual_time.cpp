#include "virtual_time.hpp"

#include <sys/time.h>
#include <time.h>  // NOLINT(modernize-deprecated-headers): clock_gettime is of POSIX

namespace ilnp::test {
namespace {
const sim::World* present = nullptr;
}  // namespace

VirtualTime::VirtualTime(const sim::World& world) { present = &world; }
VirtualTime::~VirtualTime() { present = nullptr; }

static std::chrono::nanoseconds time_of_day() {
  if (present) return std::chrono::hours(24) + present->now().time_since_epoch();
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace ilnp::test

// Found before that of the C library, by usrsctp too.
extern "C" int gettimeofday(timeval* __restrict result, void* __restrict) noexcept {
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(ilnp::test::time_of_day());
  result->tv_sec = now.count() / 1'000'000;
  result->tv_usec = now.count() % 1'000'000;
  return 0;
}
