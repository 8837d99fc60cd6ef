#include "ilnp/wire/field.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "ilnp/wire/stp_header.hpp"
#include "support/print.hpp"

namespace ilnp::test::parsed_test {

BOOST_AUTO_TEST_SUITE(wire_parsed)

BOOST_AUTO_TEST_CASE(a_refusal_has_a_reason_and_no_view) {
  const auto parsed = wire::StpHeader::parse(Bytes{});
  BOOST_TEST(!parsed.has_value());
  BOOST_TEST(!parsed);
  BOOST_TEST(parsed.error() == wire::Malformed::too_short);
  BOOST_CHECK_THROW(static_cast<void>(parsed.value()), std::logic_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::parsed_test
