#include "ilnp/wire/stream_request.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"
#include "support/seed.hpp"

namespace ilnp::test::stream_request_test {

using wire::Malformed;
using wire::StreamReply;
using wire::StreamReplyCode;
using wire::StreamRequest;
using wire::StreamRequestRepr;

Octets emitted(const StreamRequestRepr& repr) {
  Octets octets(repr.size());
  repr.write_to(octets);
  return octets;
}

BOOST_AUTO_TEST_CASE(requests_in_octets) {
  BOOST_TEST(hex(emitted({22, ""})) == "01000016");
  BOOST_TEST(hex(emitted({443, "a.org"})) == "010501bb612e6f7267");
}

BOOST_AUTO_TEST_CASE(requests_survive_a_round_trip) {
  for (const std::string& host : {std::string(), std::string("192.0.2.1"), std::string(255, 'x')}) {
    const Octets octets = emitted({8080, host});
    BOOST_TEST(StreamRequest::size(octets) == octets.size());
    BOOST_TEST(octets.size() <= StreamRequest::max_size);
    const auto request = StreamRequest::parse(octets);
    BOOST_TEST_REQUIRE(request.has_value());
    BOOST_TEST(request->port() == 8080);
    BOOST_TEST(request->host() == host);
  }
}

BOOST_AUTO_TEST_CASE(bad_requests) {
  const auto why = [](std::string_view octets) { return StreamRequest::parse(hex(octets)).error(); };
  BOOST_TEST(why("") == Malformed::too_short);
  BOOST_TEST(why("010000") == Malformed::too_short);
  BOOST_TEST(why("02000016") == Malformed::unknown_type);
  BOOST_TEST(why("00000016") == Malformed::unknown_type);
  BOOST_TEST(why("01000000") == Malformed::wrong_length);  // port 0
  BOOST_TEST(why("0100001661") == Malformed::wrong_length);
  BOOST_TEST(why("0102001661") == Malformed::wrong_length);
  BOOST_TEST(why("01010016ff") == Malformed::bad_host_name);
  BOOST_TEST(why("0101001600") == Malformed::bad_host_name);
}

BOOST_AUTO_TEST_CASE(every_truncation_of_a_request) {
  const Octets whole = emitted({443, "example.org"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    BOOST_TEST(!StreamRequest::parse(cut).has_value());
    BOOST_TEST(StreamRequest::size(cut) > size);  // waits for more
  }
}

BOOST_AUTO_TEST_CASE(answers) {
  for (int code = 0; code <= 255; ++code) {
    Octets octets(StreamReply::size);
    wire::StreamReplyRepr{static_cast<StreamReplyCode>(code)}.write_to(octets);
    const auto answer = StreamReply::parse(octets);
    BOOST_TEST_REQUIRE(answer.has_value());
    const int failed = static_cast<int>(StreamReplyCode::failed);
    BOOST_TEST(static_cast<int>(answer->code()) == std::min(code, failed));
  }
  BOOST_TEST(StreamReply::parse(hex("01")).error() == Malformed::too_short);
  BOOST_TEST(StreamReply::parse(hex("0200")).error() == Malformed::unknown_type);
}

BOOST_AUTO_TEST_CASE(random_requests) {
  Random random(seed("random_requests"));
  for (int i = 0; i < 20'000; ++i) {
    const Octets octets = random.below(2) ? random_octets(random, random.below(300))
                                          : mutated(random, emitted({443, "example.org"}));
    const auto request = StreamRequest::parse(octets);
    if (!request) continue;
    BOOST_TEST(hex(emitted({request->port(), request->host()})) == hex(octets));
  }
}

}  // namespace ilnp::test::stream_request_test
