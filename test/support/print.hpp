#pragma once

#include <boost/test/unit_test.hpp>

#include "ilnp/context.hpp"
#include "ilnp/error.hpp"

/// How Boost.Test prints the values of the toolkit that have no `operator<<`, so that they can stand in
/// BOOST_TEST.
template <class Rep, class Period>
struct boost::test_tools::tt_detail::print_log_value<std::chrono::duration<Rep, Period>> {
  void operator()(std::ostream& out, std::chrono::duration<Rep, Period> duration) const {
    out << std::chrono::duration<double>(duration).count() << " s";
  }
};

template <>
struct boost::test_tools::tt_detail::print_log_value<ilnp::TimePoint> {
  void operator()(std::ostream& out, ilnp::TimePoint time) const {
    out << std::chrono::duration<double>(time.time_since_epoch()).count() << " s";
  }
};

template <>
struct boost::test_tools::tt_detail::print_log_value<ilnp::Errc> {
  void operator()(std::ostream& out, ilnp::Errc error) const { out << make_error_code(error).message(); }
};
