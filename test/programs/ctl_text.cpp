#include "ctl_text.hpp"

#include <boost/json/src.hpp>
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "ctl_top.hpp"

namespace ilnp::test::ctl_text_test {

using namespace program;

std::string shown(std::string_view reply) {
  std::ostringstream out;
  ReplyText text(out);
  text(boost::json::parse({reply.data(), reply.size()}).as_object());
  return out.str();
}

BOOST_AUTO_TEST_SUITE(ctl_text)

BOOST_AUTO_TEST_CASE(durations_and_amounts) {
  BOOST_TEST(duration_text(0) == "0.0 s");
  BOOST_TEST(duration_text(-1) == "0.0 s");
  BOOST_TEST(duration_text(59.94) == "59.9 s");
  BOOST_TEST(duration_text(125) == "2 min 5 s");
  BOOST_TEST(duration_text(3 * 3600 + 240) == "3 h 4 min");
  BOOST_TEST(duration_text(5 * 86400 + 3 * 3600) == "5 d 3 h");
  BOOST_TEST(amount_text(0) == "0");
  BOOST_TEST(amount_text(0.25) == "0.2");
  BOOST_TEST(amount_text(999) == "999");
  BOOST_TEST(amount_text(1500) == "1.5 k");
  BOOST_TEST(amount_text(2e7) == "20.0 M");
}

BOOST_AUTO_TEST_CASE(columns_are_aligned_whatever_the_letters) {
  Columns columns({"NAME", "N"}, {1});
  columns.add({"b\xc3\xb6", "7"});
  columns.add({"alice", "12"});
  std::ostringstream out;
  columns.print(out);
  BOOST_TEST(out.str() == "NAME    N\nb\xc3\xb6      7\nalice  12\n");
}

BOOST_AUTO_TEST_CASE(names_cannot_upset_a_terminal) {
  const std::string text = shown(
      R"({"reply":"mappings","mappings":[{"local_port":1,"host":"a\u001b[2J \u202eb","remote_port":2,"any":true}]})");
  BOOST_TEST(text.find('\x1b') == text.npos);
  BOOST_TEST(text.find(R"(a\x1b[2J\x20\u{202e}b)") != text.npos);
}

BOOST_AUTO_TEST_CASE(a_reply_that_lacks_something_is_refused) {
  for (const char* reply :
       {R"({"reply":"status"})", R"({"reply":"hosts","hosts":[1]})", R"({"reply":"routes","routes":{}})",
        R"({"reply":"nothing"})", R"({"reply":7})", R"({"reply":"event","time":"yesterday","text":"x"})"})
    BOOST_CHECK_THROW(shown(reply), std::exception);
}

BOOST_AUTO_TEST_CASE(rates_are_what_has_been_added_in_a_second) {
  const auto status = [](int packets, int drops) {
    return boost::json::parse(
        R"({"name":"alice","nid":"0:0:0:1","program":"ilnp-proxy","version":"1","uptime":5,"link":null,"handoff":null,)"
        R"("duplicate_nid":false,"moves":{"mode":"none","handoffs":2,"next":null},)"
        R"("rates":{"received":1,"sent":2,"delivered":3,"forwarded":4},"locators":[{"locator":"0:0:0:a","state":"joined",)"
        R"("sent":{"packets":)" +
        std::to_string(packets) +
        R"(,"octets":1000},"received":{"packets":0,"octets":0}}],)"
        R"("drops":[{"counter":"ilnp.dropped_too_short","value":)" +
        std::to_string(drops) + R"(,"meaning":"Short"}]})");
  };
  const auto hosts = boost::json::parse(R"({"hosts":[]})");
  Top top;
  const std::chrono::steady_clock::time_point start{};
  const std::string first = top.text(status(100, 5), hosts, start);
  BOOST_TEST((first.find("0:0:0:a  joined       0 ") != first.npos), first);
  const std::string second = top.text(status(150, 25), hosts, start + std::chrono::seconds(2));
  BOOST_TEST((second.find("0:0:0:a  joined      25 ") != second.npos), second);
  BOOST_TEST((second.find("     10      25  ilnp.dropped_too_short  Short\n") != second.npos), second);
  BOOST_TEST((second.find("2 handoffs") != second.npos), second);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::ctl_text_test
