#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <utility>

namespace ilnp {

/// A descriptor that is kept for when the process has no other left. Given up for a moment, it lets a waiting connection be
/// accepted and turned away.
class ReserveDescriptor {
 public:
  ReserveDescriptor() noexcept { take(); }
  ReserveDescriptor(const ReserveDescriptor&) = delete;
  ReserveDescriptor& operator=(const ReserveDescriptor&) = delete;
  ~ReserveDescriptor() { give(); }

  /// Whether it has one.
  bool held() const noexcept { return descriptor_ >= 0; }
  /// Gives it up, so that the process can open another.
  void give() noexcept {
    if (held()) ::close(std::exchange(descriptor_, -1));
  }
  /// Takes it (back), if there is one.
  void take() noexcept {
    if (!held()) descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

 private:
  int descriptor_ = -1;
};

}  // namespace ilnp
