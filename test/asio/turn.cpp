#include "ilnp/asio/turn.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>
#include <string>

namespace ilnp::test::turn_test {

BOOST_AUTO_TEST_CASE(each_step_is_taken_and_the_first_exception_kept) {
  Attempts attempt;
  int taken = 0;
  attempt([&] { ++taken; });
  BOOST_TEST(!attempt.failed());
  attempt.rethrow();
  for (const char* words : {"first", "second"})
    attempt([&] {
      ++taken;
      throw std::runtime_error(words);
    });
  attempt([&] { ++taken; });
  BOOST_TEST(taken == 4);
  BOOST_TEST(attempt.failed());
  BOOST_CHECK_EXCEPTION(attempt.rethrow(), std::runtime_error,
                        [](const auto& error) { return error.what() == std::string("first"); });
}

}  // namespace ilnp::test::turn_test
