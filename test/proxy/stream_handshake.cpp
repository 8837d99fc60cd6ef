#include "ilnp/proxy/stream_handshake.hpp"

#include <boost/test/unit_test.hpp>

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::stream_handshake_test {

/// A stream of which so much has come.
struct Incoming {
  Octets come;
  bool ended = false;
  std::size_t most = 1000;  ///< that a read gives

  result<std::size_t> read(StreamId, MutableBytes into, Context<>&) {
    if (come.empty() && !ended) return error_code(EWOULDBLOCK, boost::system::system_category());
    const std::size_t size = std::min({into.size(), come.size(), most});
    std::copy_n(come.begin(), size, into.begin());
    come.erase(come.begin(), come.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
};

struct Reader {
  Handshake gather() { return gather_handshake(stream, StreamId{1}, have, wire::StreamRequest::size, cx); }
  Random random{1};
  Context<> cx{TimePoint{}, random};
  Incoming stream{};
  std::vector<std::byte> have;
};

Octets request() {
  Octets octets(wire::StreamRequestRepr{80, "example.org"}.size());
  wire::StreamRequestRepr{80, "example.org"}.write_to(octets);
  return octets;
}

BOOST_AUTO_TEST_CASE(no_octet_of_what_follows_is_taken) {
  for (const auto most : std::initializer_list<std::size_t>{1, 3, 1000}) {
    Reader reader;
    reader.stream.most = most;
    reader.stream.come = joined(request(), octets("and the first of the stream"));
    BOOST_TEST(reader.gather() == Handshake::whole);
    BOOST_TEST(reader.have == request());
    BOOST_TEST(as_text(reader.stream.come) == "and the first of the stream");
  }
}

BOOST_AUTO_TEST_CASE(octet_by_octet_it_becomes_whole) {
  Reader reader;
  const Octets all = request();
  for (const std::byte octet : all) {
    BOOST_TEST(reader.gather() == Handshake::waits);
    reader.stream.come = {octet};
  }
  BOOST_TEST(reader.gather() == Handshake::whole);
  BOOST_TEST(reader.gather() == Handshake::whole);  // and stays so
  BOOST_TEST(reader.have == all);
}

BOOST_AUTO_TEST_CASE(an_end_before_is_told) {
  const Octets all = request();
  for (std::size_t size = 0; size < all.size(); ++size) {
    Reader reader;
    reader.stream.come.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
    reader.stream.ended = true;
    BOOST_TEST(reader.gather() == Handshake::ended);
  }
}

}  // namespace ilnp::test::stream_handshake_test
