// Which format a client gets.
#include "accept_header.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ilnp::test::accept_header_test {

using program::accepts_openmetrics;

BOOST_AUTO_TEST_SUITE(an_accept_header)

BOOST_AUTO_TEST_CASE(may_ask_for_openmetrics) {
  for (const char* accept :
       {"application/openmetrics-text", "Application/OpenMetrics-Text; version=1.0.0; charset=utf-8",
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "text/plain, application/openmetrics-text",
        " text/plain;q=0.3 ,\tapplication/openmetrics-text ; q = 0.4"})
    BOOST_TEST(accepts_openmetrics(accept), accept);
}

BOOST_AUTO_TEST_CASE(gets_plain_text_otherwise) {
  for (const char* accept :
       {"", "*/*", "text/*", "text/plain", ",;,=;q=;", "application/openmetrics-text;q=0",
        "application/openmetrics-text;q=x", "application/openmetrics-text;q=nan",
        "application/openmetrics-text;q=0.5, text/plain;q=0.6", "application/openmetrics-texts"})
    BOOST_TEST(!accepts_openmetrics(accept), accept);
  BOOST_TEST(!accepts_openmetrics(std::string(100'000, ';')));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::accept_header_test
