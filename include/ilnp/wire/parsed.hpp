#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>

#include "field.hpp"

namespace ilnp::wire {

/// The result of `parse`: a checked view, or the reason why there is none.
template <class View>
using Parsed = boost::system::result<View, Malformed>;

/// Called by `Parsed::value()` on a result without a view: the caller failed to check.
[[noreturn]] inline void throw_exception_from_error(Malformed, const boost::source_location&) {
  throw std::logic_error("value() of a message that did not parse");
}

}  // namespace ilnp::wire
