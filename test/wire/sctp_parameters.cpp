#include "ilnp/wire/sctp_parameters.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"

namespace ilnp::test::sctp_parameters_test {

using wire::SctpParameter;

std::optional<std::string> walked(std::string_view digits) {
  const Octets octets = hex(digits);
  std::string seen;
  const bool good = SctpParameter::for_each(octets, [&](SctpParameter each) {
    seen += std::to_string(each.type()) + ':' + std::to_string(each.value().size()) + ' ';
    return true;
  });
  return good ? std::optional(seen) : std::nullopt;
}

BOOST_AUTO_TEST_CASE(parameters_in_a_row) {
  BOOST_TEST(walked("").value() == "");
  BOOST_TEST(walked("00050008 7f000001 00010005 61000000 80000004").value() == "5:4 1:1 32768:0 ");
  BOOST_TEST(walked("00010005 61").value() == "1:1 ");  // the last may lack its padding
}

BOOST_AUTO_TEST_CASE(wrong_lengths) {
  for (const char* const wrong : {"00", "000500", "00050000", "00050003", "00050005", "0005ffff",
                                  "00050004 00", "00010005 61000000 0001"})
    BOOST_TEST(!walked(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(a_walk_ends_on_request_and_at_the_limit) {
  int count = 0;
  const Octets two = hex("00010004 00010004");
  BOOST_TEST(!SctpParameter::for_each(two, [&](SctpParameter) { return ++count, false; }));
  BOOST_TEST(count == 1);
  Octets many;
  for (std::size_t i = 0; i < SctpParameter::max_count; ++i) many = joined(std::move(many), hex("00010004"));
  BOOST_TEST(SctpParameter::for_each(many, [](SctpParameter) { return true; }));
  many = joined(std::move(many), hex("00010004"));
  BOOST_TEST(!SctpParameter::for_each(many, [](SctpParameter) { return true; }));
}

BOOST_AUTO_TEST_CASE(nested_parameters_are_not_examined) {
  const auto fits = [](std::string_view digits) {
    const Octets octets = hex(digits);
    return SctpParameter(octets).fits_handshake(true);
  };
  BOOST_TEST(fits("0008000c c00f0008 00000000"));
  BOOST_TEST(!fits("00080008 c00f0000"));
  BOOST_TEST(!fits("0008000c c00f0004 c00f0004"));
  BOOST_TEST(!fits("00080004"));
}

}  // namespace ilnp::test::sctp_parameters_test
