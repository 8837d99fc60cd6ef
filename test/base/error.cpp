#include "ilnp/base/error.hpp"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "support/print.hpp"

namespace ilnp::test::error_test {

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(each_error_has_a_text_of_its_own) {
  std::set<std::string> texts;
  for (int value = static_cast<int>(Errc::no_route); value <= static_cast<int>(Errc::queue_full); ++value) {
    const error_code code = make_error_code(static_cast<Errc>(value));
    BOOST_TEST(code.failed());
    BOOST_TEST(code.message() != "unknown error");
    BOOST_TEST(texts.insert(code.message()).second, code.message());
  }
}

BOOST_AUTO_TEST_CASE(an_error_compares_and_converts) {
  const error_code code = Errc::message_too_long;
  BOOST_TEST(code == Errc::message_too_long);
  BOOST_TEST(code != Errc::no_route);
  BOOST_TEST(code.category().name() == std::string("ilnp"));
  BOOST_TEST(code.message() == "message too long");
  BOOST_TEST(error_category().message(0) == "unknown error");
  BOOST_TEST(error_category().message(99) == "unknown error");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::error_test
