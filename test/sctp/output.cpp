#include "ilnp/sctp/output.hpp"

#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test::output_test {

std::vector<std::string> taken(SctpOutput& output) {
  std::vector<std::string> texts;
  output.take([&](const SctpOutput::Packet& packet) { texts.emplace_back(as_text(packet.octets)); });
  return texts;
}

BOOST_AUTO_TEST_CASE(packets_come_out_in_order_and_once) {
  SctpOutput output;
  BOOST_TEST(output.empty());
  BOOST_TEST(output.push(Nid(1), 2, as_bytes("first")));
  BOOST_TEST(output.push(Nid(3), 4, as_bytes("second")));
  BOOST_TEST(!output.empty());
  BOOST_TEST((taken(output) == std::vector<std::string>{"first", "second"}));
  BOOST_TEST(output.empty());
}

BOOST_AUTO_TEST_CASE(octets_stay_until_the_batch_ends) {
  SctpOutput output;
  output.push(Nid(1), 2, as_bytes("kept"));
  Bytes kept;
  output.take([&](const SctpOutput::Packet& packet) { kept = packet.octets; });
  for (int i = 0; i < 1000; ++i) output.push(Nid(1), 2, as_bytes("something else"));
  BOOST_TEST(as_text(kept) == "kept");
  taken(output);
  output.end_batch();
  if (ILNP_POISON) BOOST_TEST(as_text(kept) != "kept");
}

BOOST_AUTO_TEST_CASE(what_waits_is_not_recycled) {
  SctpOutput output;
  output.push(Nid(1), 2, as_bytes("of another's turn"));
  output.end_batch();
  output.push(Nid(1), 2, as_bytes("and this"));
  BOOST_TEST((taken(output) == std::vector<std::string>{"of another's turn", "and this"}));
}

BOOST_AUTO_TEST_CASE(memory_is_bounded) {
  SctpOutput output;
  const Octets packet(1400);
  std::size_t octets = 0;
  while (output.push(Nid(1), 2, packet)) octets += packet.size();
  BOOST_TEST(octets <= SctpOutput::max_octets);
  BOOST_TEST(octets > SctpOutput::max_octets * 9 / 10);
  taken(output);
  output.end_batch();
  BOOST_TEST(output.push(Nid(1), 2, packet));
}

}  // namespace ilnp::test::output_test
