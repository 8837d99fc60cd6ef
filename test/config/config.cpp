// Reading .ini files: the reference's own, every key, and every error with the line that the user sees.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <ilnp/config/config.hpp>
#include <string>

#include "support/print.hpp"

namespace ilnp::test {
namespace {

using namespace std::chrono_literals;

const std::string minimal =
    "[link]\nmcast_port = 10000\nmcast_interface = eth0\n"
    "[network]\nlocators = 0:0:0:a\nnid = ffff:0:0:a\n"
    "[discovery]\nhostname = alice\n";

Config parse(const std::string& text) { return parse_config(text, "a.ini", {42, Nid(7)}); }

/// What the user reads; empty if the text is right.
std::string error_of(const std::string& text) {
  try {
    parse(text);
    return {};
  } catch (const ConfigError& error) {
    return error.what();
  }
}

/// `minimal` with one piece of text put in the place of another.
std::string with(const std::string& old, const std::string& replacement) {
  std::string text = minimal;
  const auto at = text.find(old);
  BOOST_TEST_REQUIRE((at != text.npos));
  return text.replace(at, old.size(), replacement);
}
std::string with_network(const std::string& line) { return with("[discovery]", line + "\n[discovery]"); }
std::string with_tun(const std::string& line) { return minimal + "[tun]\n" + line + '\n'; }
std::string with_application(const std::string& lines) { return minimal + "[application]\n" + lines; }

BOOST_AUTO_TEST_CASE(what_is_not_given_has_its_default) {
  const Config config = parse(with("nid = ffff:0:0:a\n", ""));
  BOOST_TEST(config.link.mcast_port == 10000);
  BOOST_TEST(config.link.mcast_interface == "eth0");
  BOOST_TEST(config.link.buffer_size == 1440u);
  BOOST_TEST(config.link.user_id == 42);
  BOOST_TEST(config.link.mcast_loop);
  BOOST_TEST(config.link.segmentation == Segmentation::automatic);
  BOOST_TEST(config.network.nid == Nid(7));
  BOOST_TEST(config.network.host_name == "alice");
  BOOST_TEST(config.network.hop_limit == 3);
  BOOST_TEST(config.network.backwards_learning_ttl == 30s);
  BOOST_TEST(config.network.active_unicast_session_ttl == 30s);
  BOOST_TEST(config.network.move_time == 20s);
  BOOST_TEST(config.network.handoff_time == 10s);
  BOOST_TEST(config.network.loc_update_retries == 3u);
  BOOST_TEST(config.network.loc_update_retry_wait_time == 1s);
  BOOST_TEST(config.network.wait_time == 30s);
  BOOST_TEST(!config.application.port.has_value());
  BOOST_TEST(config.application.remote_hostname.empty());
  BOOST_TEST(!config.application.run_time.has_value());
  BOOST_TEST(config.application.wait_time == 100ms);
  BOOST_TEST(!config.log.network);
  BOOST_TEST(config.warnings.empty());
}

BOOST_AUTO_TEST_CASE(an_interface_has_defaults_that_all_nodes_of_a_network_share) {
  const TunConfig tun = parse(minimal + "[tun]\n").tun;
  BOOST_TEST(tun.prefix == tun::default_prefix(42, 10000));
  BOOST_TEST(tun.interface == "ilnp0");
  BOOST_TEST(tun.mtu == 0);
  BOOST_TEST((tun.exposed.empty() && !tun.expose_all && tun.allowed.empty()));
  // Of user 0 and port 10000, and of user 1000: what all nodes compute.
  BOOST_TEST(tun::default_prefix(0, 10000) == 0xfdef'4230'8ef9'0000u);
  BOOST_TEST(tun::default_prefix(1000, 10000) == 0xfd75'b747'127e'0000u);
}

BOOST_AUTO_TEST_CASE(every_key_of_an_interface_is_read) {
  const Config config =
      parse(with_tun("prefix = fd00:1:2:3\ninterface = vpn0\nmtu = 1280\n"
                     "expose = 22 ,80,all\nallow = bob, carol"));
  BOOST_TEST(config.tun.prefix == 0xfd00'0001'0002'0003u);
  BOOST_TEST(config.tun.interface == "vpn0");
  BOOST_TEST(config.tun.mtu == 1280);
  BOOST_TEST((config.tun.exposed == std::vector<std::uint16_t>{22, 80}));
  BOOST_TEST(config.tun.expose_all);
  BOOST_TEST((config.tun.allowed == std::vector<std::string>{"bob", "carol"}));
  BOOST_TEST(config.warnings.empty());
  BOOST_TEST(parse(with_tun("prefix = FD12:3456:789a::/64")).tun.prefix == 0xfd12'3456'789a'0000u);
  BOOST_TEST(parse(with_tun("prefix = fd00:1:2:3::/64")).tun.prefix == 0xfd00'0001'0002'0003u);
}

BOOST_AUTO_TEST_CASE(every_key_is_read) {
  const Config config = parse(
      "[link]\nmcast_port = 65535\nmcast_interface = wlan0\nbuffer_size = 45\nuser_id = 65535\nsegmentation "
      "= off\nmcast_loop = "
      "no\nlog = true\n"
      "[network]\nlocators = 0:0:0:a , 0:0:0:F - ffff:0:0:000b\nnid = FFFF:0:0:0A\ndefault_hop_limit = 255\n"
      "backwards_learning_ttl = 0.5\nactive_unicast_session_ttl = 1.25\nmove_time = 7\nhandoff_time = 0\n"
      "loc_update_retries = 0\nloc_update_retry_wait_time = 0.001\nlog = yes\n"
      "[transport]\nlog = on\n[discovery]\nhostname = b\xc3\xb6"
      "b\nwait_time = 2\nlog = 1\n"
      "[application]\nport = 1\nremote_hostname = carol\nremote_port = 2\nrun_time = 500\nwait_time = "
      "0.01\nlog = TRUE\n");
  BOOST_TEST(config.link.mcast_port == 65535);
  BOOST_TEST(config.link.mcast_interface == "wlan0");
  BOOST_TEST(config.link.buffer_size == 45u);
  BOOST_TEST(config.link.user_id == 65535);
  BOOST_TEST(!config.link.mcast_loop);
  BOOST_TEST(config.link.segmentation == Segmentation::off);
  BOOST_TEST_REQUIRE(config.network.locators.size() == 2u);
  BOOST_TEST((config.network.locators[0] == NetworkConfig::LocatorSet{Locator(0xa), Locator(0xf)}));
  BOOST_TEST(config.network.locators[1] == NetworkConfig::LocatorSet{Locator(0xffff00000000000b)});
  BOOST_TEST(config.network.nid == Nid(0xffff00000000000a));
  BOOST_TEST(config.network.hop_limit == 255);
  BOOST_TEST(config.network.backwards_learning_ttl == 500ms);
  BOOST_TEST(config.network.active_unicast_session_ttl == 1250ms);
  BOOST_TEST(config.network.move_time == 7s);
  BOOST_TEST(config.network.handoff_time == 0s);
  BOOST_TEST(config.network.loc_update_retries == 0u);
  BOOST_TEST(config.network.loc_update_retry_wait_time == 1ms);
  BOOST_TEST(config.network.host_name ==
             "b\xc3\xb6"
             "b");
  BOOST_TEST(config.network.wait_time == 2s);
  BOOST_TEST(config.application.port == std::uint16_t{1});
  BOOST_TEST(config.application.remote_hostname == "carol");
  BOOST_TEST(config.application.remote_port == 2);
  BOOST_TEST(config.application.run_time == Duration(500s));
  BOOST_TEST(config.application.wait_time == 10ms);
  BOOST_TEST(config.log.link);
  BOOST_TEST(config.log.network);
  BOOST_TEST(config.log.transport);
  BOOST_TEST(config.log.discovery);
  BOOST_TEST(config.log.application);
  BOOST_TEST(config.warnings.empty());
}

BOOST_AUTO_TEST_CASE(comments_case_and_line_ends_do_not_matter) {
  const std::string text =
      "\xef\xbb\xbf\r\n; a comment\r\n# and another\r\n  [LINK]  \r\nMcast_Port=10000\r\n\tMCAST_INTERFACE "
      "=eth0\r\n"
      "[Network]\r\nLOCATORS = 0:0:0:a\r\nNid=ffff:0:0:a\r\n[transport]\r\n\r\n[discovery]\r\nHostName = "
      "alice";
  const Config config = parse(text);
  BOOST_TEST(config.link.mcast_port == 10000);
  BOOST_TEST(config.link.mcast_interface == "eth0");
  BOOST_TEST(config.network.host_name == "alice");
  BOOST_TEST(config.warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_reference_s_spelling_is_understood) {
  BOOST_TEST(parse(with_network("active_uncast_session_ttl = 3")).network.active_unicast_session_ttl == 3s);
  BOOST_TEST(
      error_of(with_network("active_uncast_session_ttl = 3\nactive_unicast_session_ttl = 4")) ==
      "a.ini:8: [network] active_unicast_session_ttl: \"4\" is also given as active_uncast_session_ttl");
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_a_warning) {
  const Config config =
      parse(with_network("move_sleep = 3\ncolour = red\nHOP = 1") + "[shapes]\nround = yes\n");
  const std::vector<std::string> expected{"a.ini:8: [network] colour: unknown key, ignored: \"red\"",
                                          "a.ini:9: [network] HOP: unknown key, ignored: \"1\"",
                                          "a.ini:13: [shapes] round: unknown key, ignored: \"yes\""};
  BOOST_TEST(config.warnings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(no_control_character_reaches_the_terminal) {
  const Config config = parse(with_network("col\x1b[2Jour = r\x1b[2Jed") +
                              "[sh\x07"
                              "apes]\nround = yes\n");
  const std::vector<std::string> expected{
      "a.ini:7: [network] col\\x1b[2Jour: unknown key, ignored: \"r\\x1b[2Jed\"",
      "a.ini:11: [sh\\x07apes] round: unknown key, ignored: \"yes\""};
  BOOST_TEST(config.warnings == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_empty_remote_is_nobody) {
  const Config config = parse(with_application("port = 1\nremote_hostname =\n"));
  BOOST_TEST(config.application.remote_hostname.empty());
}

BOOST_AUTO_TEST_CASE(each_error_is_one_line_that_names_the_place) {
  const struct {
    std::string text;
    std::string error;
  } cases[] = {
      {"",
       "a.ini: [link] mcast_port: missing\na.ini: [link] mcast_interface: missing\n"
       "a.ini: [network] locators: missing\na.ini: [discovery] hostname: missing"},
      {with("mcast_port = 10000\n", ""), "a.ini:1: [link] mcast_port: missing"},
      {with("mcast_interface = eth0\n", ""), "a.ini:1: [link] mcast_interface: missing"},
      {with("locators = 0:0:0:a\n", ""), "a.ini:4: [network] locators: missing"},
      {with("hostname = alice\n", ""), "a.ini:7: [discovery] hostname: missing"},
      {with("mcast_interface = eth0", "mcast_interface ="),
       "a.ini:3: [link] mcast_interface: \"\" names no network interface"},
      {with("10000", "0"), "a.ini:2: [link] mcast_port: \"0\" is not a number from 1 to 65535"},
      {with("10000", "65536"), "a.ini:2: [link] mcast_port: \"65536\" is not a number from 1 to 65535"},
      {with("10000", "-1"), "a.ini:2: [link] mcast_port: \"-1\" is not a number from 1 to 65535"},
      {with("10000", ""), "a.ini:2: [link] mcast_port: \"\" is not a number from 1 to 65535"},
      {with("10000", "1x"), "a.ini:2: [link] mcast_port: \"1x\" is not a number from 1 to 65535"},
      {with("10000", "99999999999999999999"),
       "a.ini:2: [link] mcast_port: \"99999999999999999999\" is not a number from 1 to 65535"},
      {with("[network]", "buffer_size = 44\n[network]"),
       "a.ini:4: [link] buffer_size: \"44\" is not a number from 45 to 65507"},
      {with("[network]", "buffer_size = 65508\n[network]"),
       "a.ini:4: [link] buffer_size: \"65508\" is not a number from 45 to 65507"},
      {with("[network]", "user_id = 65536\n[network]"),
       "a.ini:4: [link] user_id: \"65536\" is not a number from 0 to 65535"},
      {with("[network]", "segmentation = on\n[network]"),
       "a.ini:4: [link] segmentation: \"on\" is neither auto nor off"},
      {with("[network]", "mcast_loop = maybe\n[network]"),
       "a.ini:4: [link] mcast_loop: \"maybe\" is neither true nor false"},
      {with_network("log = 2"), "a.ini:7: [network] log: \"2\" is neither true nor false"},
      {with("ffff:0:0:a", "1:2:3"),
       "a.ini:6: [network] nid: \"1:2:3\" is not an identifier (four groups of up to four hex digits, such "
       "as "
       "ffff:0:0:a)"},
      {with("ffff:0:0:a", "0:0:0:0"),
       "a.ini:6: [network] nid: 0:0:0:0 is not a node identifier: \"0:0:0:0\""},
      {with("0:0:0:a", "0:0::a"),
       "a.ini:5: [network] locators: \"0:0::a\" is not a locator (four groups of up to four hex digits, such "
       "as "
       "0:0:0:a)"},
      {with("0:0:0:a", "0:0:0:a-"),
       "a.ini:5: [network] locators: \"\" is not a locator (four groups of up to four hex digits, such as "
       "0:0:0:a)"},
      {with("0:0:0:a", "0:0:0:a,,0:0:0:b"),
       "a.ini:5: [network] locators: \"\" is not a locator (four groups of up to four hex digits, such as "
       "0:0:0:a)"},
      {with("0:0:0:a", ""),
       "a.ini:5: [network] locators: \"\" is not a locator (four groups of up to four hex digits, such as "
       "0:0:0:a)"},
      {with("0:0:0:a", "0:0:0:a,0:0:0:A"),
       "a.ini:5: [network] locators: a set names one twice: \"0:0:0:a,0:0:0:A\""},
      {with("0:0:0:a", "0:0:0:0"), "a.ini:5: [network] locators: 0:0:0:0 is not a locator: \"0:0:0:0\""},
      {with("0:0:0:a", "ff02:0:0:1"),
       "a.ini:5: [network] locators: ff02:0:0:1 means all nodes, and cannot be joined: \"ff02:0:0:1\""},
      {with_network("default_hop_limit = 256"),
       "a.ini:7: [network] default_hop_limit: \"256\" is not a number from 0 to 255"},
      {with_network("loc_update_retries = 101"),
       "a.ini:7: [network] loc_update_retries: \"101\" is not a number from 0 to 100"},
      {with_network("move_time = soon"), "a.ini:7: [network] move_time: \"soon\" is not a number of seconds"},
      {with_network("move_time = -1"), "a.ini:7: [network] move_time: \"-1\" is not a number of seconds"},
      {with_network("move_time = nan"), "a.ini:7: [network] move_time: \"nan\" is not a number of seconds"},
      {with_network("move_time = inf"), "a.ini:7: [network] move_time: \"inf\" is not a number of seconds"},
      {with_network("move_time = 1e300"),
       "a.ini:7: [network] move_time: \"1e300\" is not a number of seconds"},
      {with_network("move_time = 2 s"), "a.ini:7: [network] move_time: \"2 s\" is not a number of seconds"},
      {with_network("move_time = 0"),
       "a.ini:7: [network] move_time: must be from 0.01 s to 3650 days: \"0\""},
      {with_network("backwards_learning_ttl = 0"),
       "a.ini:7: [network] backwards_learning_ttl: must be from 0.01 s to 3650 days: \"0\""},
      {with("alice", ""),
       "a.ini:8: [discovery] hostname: 1 to 255 octets of UTF-8, no control characters: \"\""},
      {with("alice", "\x01\x02"),
       "a.ini:8: [discovery] hostname: 1 to 255 octets of UTF-8, no control characters: \"\\x01\\x02\""},
      {minimal + "wait_time = 0\n",
       "a.ini:9: [discovery] wait_time: must be from 0.01 s to 3650 days: \"0\""},
      {with_application("port = 0\n"), "a.ini:10: [application] port: \"0\" is not a number from 1 to 65535"},
      {minimal + "wait_time = 315360000.1\n",
       "a.ini:9: [discovery] wait_time: must be from 0.01 s to 3650 days: \"315360000.1\""},
      {with_application("run_time = 315360001\n"),
       "a.ini:10: [application] run_time: \"315360001\" must be from 0 s to 3650 days"},
      {with_application("remote_hostname = bob\n"), "a.ini:9: [application] remote_port: missing"},
      {with_application("wait_time = 0\n"),
       "a.ini:10: [application] wait_time: \"0\" must be from 0.00001 s to 3650 days"},
      {with_tun("prefix = fd00::1/64"),
       "a.ini:10: [tun] prefix: \"fd00::1/64\" is not a network of unicast addresses, such as "
       "fd00:1:2:3::/64"},
      {with_tun("prefix = fd00::/48"),
       "a.ini:10: [tun] prefix: \"fd00::/48\" is not a network of unicast addresses, such as "
       "fd00:1:2:3::/64"},
      {with_tun("prefix = ff02:0:0:0"),
       "a.ini:10: [tun] prefix: \"ff02:0:0:0\" is not a network of unicast addresses, such as "
       "fd00:1:2:3::/64"},
      {with_tun("prefix = fe80::/64"),
       "a.ini:10: [tun] prefix: \"fe80::/64\" is not a network of unicast addresses, such as "
       "fd00:1:2:3::/64"},
      {with_tun("interface ="), "a.ini:10: [tun] interface: \"\" is not the name of a network interface"},
      {with_tun("interface = of-sixteen-chars"),
       "a.ini:10: [tun] interface: \"of-sixteen-chars\" is not the name of a network interface"},
      {with_tun("interface = eth0"),
       "a.ini:10: [tun] interface: \"eth0\" is also the interface of the overlay (mcast_interface)"},
      {with_tun("mtu = 1279"), "a.ini:10: [tun] mtu: \"1279\" is not a number from 1280 to 65535"},
      {with_tun("expose = 22,,80"), "a.ini:10: [tun] expose: \"\" is neither a port (1 to 65535) nor all"},
      {with_tun("expose = ssh"), "a.ini:10: [tun] expose: \"ssh\" is neither a port (1 to 65535) nor all"},
      {with_tun("expose = 65536"),
       "a.ini:10: [tun] expose: \"65536\" is neither a port (1 to 65535) nor all"},
      {with_tun("allow = bob,"), "a.ini:10: [tun] allow: \"\" names no host"},
      {with("[link]", "[link"), "a.ini:1: unmatched '[': \"[link\""},
      {with("mcast_port = 10000", "mcast_port 10000"), "a.ini:2: '=' is missing: \"mcast_port 10000\""},
      {with("mcast_port = 10000", "= 10000"), "a.ini:2: the key is missing: \"= 10000\""},
      {with("mcast_port = 10000", "mcast_port = 1\r\nMCAST_PORT = 2\r"),
       "a.ini:3: duplicate key, first in line 2: \"MCAST_PORT = 2\""},
      {minimal + "[LINK]\n", "a.ini:9: duplicate section, first in line 1: \"[LINK]\""},
      {"x = 1\n" + minimal, "a.ini:1: must follow a [section]: \"x = 1\""},
      {"\x1b = 1\n" + minimal, "a.ini:1: must follow a [section]: \"\\x1b = 1\""},
  };
  for (const auto& [text, error] : cases) {
    BOOST_TEST(error_of(text) == error);
  }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_told_together) {
  BOOST_TEST(error_of(with("mcast_port = 10000", "mcast_prot = 10000\nuser_id = me")) ==
             "a.ini:1: [link] mcast_port: missing\n"
             "a.ini:3: [link] user_id: \"me\" is not a number from 0 to 65535\n"
             "warning: a.ini:2: [link] mcast_prot: unknown key, ignored: \"10000\"");
  BOOST_TEST(error_of(with("0:0:0:a\n", "here\nmove_time = soon\n")) ==
             "a.ini:5: [network] locators: \"here\" is not a locator (four groups of up to four hex digits, "
             "such as 0:0:0:a)\n"
             "a.ini:6: [network] move_time: \"soon\" is not a number of seconds");
}

BOOST_AUTO_TEST_CASE(a_comment_behind_a_value_is_a_mistake) {
  const std::string advice =
      " has a comment after the value: put the comment on a line of its own that begins with '#' or ';'";
  BOOST_TEST(error_of(with("alice", "alice # my laptop")) ==
             "a.ini:8: [discovery] hostname: \"alice # my laptop\"" + advice);
  BOOST_TEST(error_of(with("alice", "alice\t;my laptop")) ==
             "a.ini:8: [discovery] hostname: \"alice\\x09;my laptop\"" + advice);
  BOOST_TEST(error_of(with("alice", "# nobody")) == "a.ini:8: [discovery] hostname: \"# nobody\"" + advice);
  BOOST_TEST(error_of(with("10000", "10000 ; the usual")) ==
             "a.ini:2: [link] mcast_port: \"10000 ; the usual\"" + advice);
  BOOST_TEST(error_of(with("0:0:0:a", "0:0:0:a # home")) ==
             "a.ini:5: [network] locators: \"0:0:0:a # home\"" + advice);
  BOOST_TEST(error_of(with_application("port = 1\nremote_hostname = bob # a friend\nremote_port = 2")) ==
             "a.ini:11: [application] remote_hostname: \"bob # a friend\"" + advice);
  // Within a word it is none, and what nobody reads may hold what it likes.
  BOOST_TEST(parse(with("alice", "alice#1;x")).network.host_name == "alice#1;x");
  BOOST_TEST(parse(minimal + "[others]\ncolour = red # bright\n").warnings.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_long_value_does_not_flood_the_terminal) {
  const std::string error = error_of(with("ffff:0:0:a", std::string(100'000, 'x')));
  BOOST_TEST(error.size() < 300u);
}

BOOST_AUTO_TEST_CASE(lines_end_in_each_of_the_usual_ways) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    std::string text;
    for (const char each : minimal) text += each == '\n' ? end : std::string(1, each);
    BOOST_TEST(parse(text).network.locators == parse(minimal).network.locators);
    BOOST_TEST(error_of(text + "[network]" + end + "x = 1" + end + "x = 2" + end) ==
               error_of(minimal + "[network]\nx = 1\nx = 2\n"));
  }
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const auto error_of_file = [](const std::string& file) {
    try {
      load_config(file);
      return std::string();
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
  };
  BOOST_TEST(error_of_file("/nowhere/at-all.ini") ==
             "/nowhere/at-all.ini: cannot be read: No such file or directory");
  BOOST_TEST(error_of_file("/") == "/: cannot be read: Is a directory");
  BOOST_TEST(error_of_file("/dev/zero") == "/dev/zero: longer than 1048576 octets");
}

BOOST_AUTO_TEST_CASE(the_reference_s_files_are_read_without_a_word) {
  for (const char* name :
       {"a_alice", "a_bob", "a_router", "b_alice", "c_alice", "c2_alice", "c3_alice", "d_alice"}) {
    const Config config = load_config(std::string(ILNP_TEST_VECTORS "/conf/") + name + ".ini");
    BOOST_TEST(config.warnings.empty());
    BOOST_TEST(config.log.network);
  }
  const Config mover = load_config(ILNP_TEST_VECTORS "/conf/c2_alice.ini");
  BOOST_TEST_REQUIRE(mover.network.locators.size() == 2u);
  BOOST_TEST(mover.network.locators[1].size() == 2u);
  BOOST_TEST(mover.network.move_time == 4s);
}

BOOST_AUTO_TEST_CASE(the_sample_files_are_right) {
  for (const char* name : {"alice", "bob", "router"}) {
    const Config config =
        load_config(std::string(ILNP_TEST_VECTORS "/../../examples/config/") + name + ".ini");
    BOOST_TEST(config.warnings.empty());
    BOOST_TEST(config.network.host_name == name);
  }
}

}  // namespace
}  // namespace ilnp::test
