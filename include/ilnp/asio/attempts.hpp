#pragma once

#include <exception>

namespace ilnp {

/// Steps that are all taken, whatever becomes of the others. Keeps the first exception.
class Attempts {
 public:
  /// Calls `step`. Keeps the exception that it throws, if it is the first.
  template <class Step>
  void operator()(Step&& step) noexcept {
    try {
      step();
    } catch (...) {
      if (!first_) first_ = std::current_exception();
    }
  }
  /// True if an exception is kept.
  bool failed() const noexcept { return first_ != nullptr; }
  /// Throws the exception that was kept. No effect if there is none.
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::exception_ptr first_;
};

}  // namespace ilnp
