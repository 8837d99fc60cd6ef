#pragma once

#include <exception>

namespace ilnp {

/// Steps that are all taken, whatever becomes of the others. Keeps the first exception.
class Attempts {
 public:
  template <class Step>
  void operator()(Step&& step) noexcept {
    try {
      step();
    } catch (...) {
      if (!first_) first_ = std::current_exception();
    }
  }
  bool failed() const noexcept { return first_ != nullptr; }
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::exception_ptr first_;
};

}  // namespace ilnp
