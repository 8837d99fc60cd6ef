#pragma once

#include <sys/random.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstdint>

namespace ilnp {

/// 64 unpredictable bits from the operating system, for secrets. Needs no descriptor.
/// Throws `boost::system::system_error` if the system provides none.
inline std::uint64_t system_secret() {
  std::uint64_t bits = 0;
  while (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
    if (errno != EINTR)
      throw boost::system::system_error(errno, boost::system::system_category(), "getrandom");
  return bits;
}

}  // namespace ilnp
