#include <ilnp/network/loopback.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

namespace ilnp::test::loopback_test {

BOOST_AUTO_TEST_SUITE(loopbacks)

BOOST_AUTO_TEST_CASE(packets_are_copied_and_delivered_in_order) {
  Loopback loopback;
  std::string head = "he", payload = "llo";
  BOOST_TEST(!loopback.add(42, as_bytes(head), as_bytes(payload)));
  head = payload = "";
  BOOST_TEST(!loopback.add(43, as_bytes(head), as_bytes(payload)));
  std::string seen;
  loopback.deliver([&](std::uint8_t next_header, Bytes octets) {
    seen += std::to_string(next_header) + ' ' + std::string(as_text(octets)) + ';';
  });
  BOOST_TEST(seen == "42 hello;43 ;");
  BOOST_TEST(loopback.empty());
}

BOOST_AUTO_TEST_CASE(packets_added_during_delivery_wait_for_the_next) {
  Loopback loopback;
  BOOST_TEST(!loopback.add(1, {}, {}));
  int delivered = 0;
  loopback.deliver([&](std::uint8_t, Bytes) {
    ++delivered;
    BOOST_TEST(!loopback.add(1, {}, {}));
  });
  BOOST_TEST(delivered == 1);
  BOOST_TEST(loopback.size() == 1u);
}

BOOST_AUTO_TEST_CASE(it_is_bounded) {
  Loopback loopback;
  for (std::size_t i = 0; i < Loopback::max_packets; ++i) BOOST_TEST(!loopback.add(1, {}, {}));
  BOOST_TEST(loopback.add(1, {}, {}) == error_code(Errc::queue_full));
  BOOST_TEST(loopback.size() == Loopback::max_packets);
}

BOOST_AUTO_TEST_CASE(what_was_handed_up_stays_until_the_batch_ends) {
  Loopback loopback;
  BOOST_TEST(!loopback.add(1, {}, as_bytes("a text of some length")));
  Bytes kept;
  loopback.deliver([&](std::uint8_t, Bytes octets) { kept = octets; });
  BOOST_TEST(!loopback.add(1, {}, as_bytes("another text, as long")));
  loopback.deliver([&](std::uint8_t, Bytes) {});
  BOOST_TEST(as_text(kept) == "a text of some length");
  for (std::size_t i = 2; i < Loopback::max_packets; ++i) BOOST_TEST(!loopback.add(1, {}, {}));
  BOOST_TEST(loopback.add(1, {}, {}) == error_code(Errc::queue_full));  // what is lent counts
  loopback.end_batch();
  BOOST_TEST(!loopback.add(1, {}, {}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::loopback_test
