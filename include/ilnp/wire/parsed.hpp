#pragma once

#include <boost/system/result.hpp>
#include <stdexcept>

#include "field.hpp"

namespace ilnp::wire {

/// What `parse` returns: a checked view, or why there is none.
template <class View>
using Parsed = boost::system::result<View, Malformed>;

/// Called by `Parsed::value()` on a result that holds no view: a mistake of the caller's, who did not look.
[[noreturn]] inline void throw_exception_from_error(Malformed, const boost::source_location&) {
  throw std::logic_error("value() of a message that did not parse");
}

}  // namespace ilnp::wire
