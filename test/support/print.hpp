#pragma once

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <ostream>
#include <ranges>
#include <span>
#include <type_traits>
#include <utility>

#include "ilnp/base/context.hpp"
#include "ilnp/base/error.hpp"
#include "support/print.hpp"

namespace ilnp::test::detail {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};

/// Whatever it is: a test that fails shows what it has compared.
template <class T>
void print(std::ostream& out, const T& value) {
  if constexpr (Streamable<T>) {
    out << value;
  } else if constexpr (std::is_same_v<T, Errc>) {
    out << make_error_code(value).message();
  } else if constexpr (std::is_same_v<T, std::byte>) {
    const char* digits = "0123456789abcdef";
    out << digits[static_cast<unsigned>(value) >> 4] << digits[static_cast<unsigned>(value) & 15];
  } else if constexpr (std::is_enum_v<T>) {
    out << static_cast<long long>(value);
  } else if constexpr (requires { value.time_since_epoch(); }) {
    print(out, value.time_since_epoch());
  } else if constexpr (requires { std::chrono::duration<double>(value); }) {
    out << std::chrono::duration<double>(value).count() << " s";
  } else if constexpr (requires {
                         value.has_value();
                         *value;
                       }) {
    value.has_value() ? print(out, *value) : void(out << "none");
  } else if constexpr (std::ranges::input_range<const T>) {
    out << '[';
    bool first = true;
    for (const auto& each : value) {
      if (!std::exchange(first, false)) out << ' ';
      print(out, each);
    }
    out << ']';
  } else if constexpr (requires {
                         value.first;
                         value.second;
                       }) {
    out << '(';
    print(out, value.first);
    out << ", ";
    print(out, value.second);
    out << ')';
  } else if constexpr (std::is_trivially_copyable_v<T> && sizeof(T) <= 256) {
    print(out, std::as_bytes(std::span(&value, 1)));
  } else {
    out << "(a value that cannot be shown)";
  }
}

}  // namespace ilnp::test::detail

/// How Boost.Test prints what has no `operator<<`, so that it can stand in BOOST_TEST: `BOOST_TEST(a == b)` then shows both, which
/// `BOOST_TEST(a == b)` does not.
template <class T>
requires(!ilnp::test::detail::Streamable<T>) struct boost::test_tools::tt_detail::print_log_value<T> {
  void operator()(std::ostream& out, const T& value) const { ilnp::test::detail::print(out, value); }
};
