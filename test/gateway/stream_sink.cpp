#include "ilnp/gateway/stream_sink.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ilnp::test::stream_sink_test {

BOOST_AUTO_TEST_CASE(what_is_said_goes_to_who_takes_it) {
  StreamSink sink;
  const StreamSink::To to = sink.to();
  const StreamProxyEvent event{StreamId{7}, StreamProxyEvent::Kind::wanted, {}, 80};
  to(event, as_bytes("lost"));  // nobody takes it yet
  std::string taken;
  sink.connect(&taken, [](void* text, const StreamProxyEvent& told, Bytes octets) {
    *static_cast<std::string*>(text) += std::to_string(told.stream.value) + std::string(as_text(octets));
  });
  to(event, as_bytes("host"));
  to(12, as_bytes("not of streams"));
  BOOST_TEST(taken == "7host");
  sink.connect(nullptr, nullptr);
  to(event, as_bytes("lost"));
  BOOST_TEST(taken == "7host");
}

}  // namespace ilnp::test::stream_sink_test
