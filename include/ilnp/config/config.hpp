#pragma once

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../network/config.hpp"
#include "../tun/config.hpp"
#include "../underlay/link_config.hpp"
#include "ini.hpp"

namespace ilnp {

/// Section [application], for ilnp-heartbeat and ilnp-experiment.
struct ApplicationConfig {
  std::optional<std::uint16_t> port;  ///< STP port of this node; without one it only forwards
  std::string remote_hostname;        ///< destination; empty: none
  std::uint16_t remote_port = 0;      ///< of the destination; required with a host name
  std::optional<Duration> run_time;   ///< how long to send; none: unlimited
  Duration wait_time = std::chrono::milliseconds(100);  ///< between datagrams

  static constexpr Duration min_wait_time = std::chrono::microseconds(10);  ///< between two datagrams
};

/// The layers that the user wants to see at work (`log = true` in their sections). The program has to show
/// them.
struct LogConfig {
  bool link = false;         ///< section [link]
  bool network = false;      ///< section [network]
  bool transport = false;    ///< section [transport]
  bool discovery = false;    ///< section [discovery]
  bool application = false;  ///< section [application]
};

/// Defaults that only the program can know: `user_id` is that of the running user, `nid` a random one.
struct ConfigDefaults {
  std::uint16_t user_id = 0;  ///< `U` in the group addresses
  Nid nid;                    ///< the identifier of this node
};

/// A whole .ini file, checked.
struct Config {
  LinkConfig link;                ///< section [link]
  NetworkConfig network;          ///< sections [network] and [discovery]
  ApplicationConfig application;  ///< section [application]
  TunConfig tun;                  ///< section [tun]
  LogConfig log;                  ///< `log` in each section
  List<std::string> warnings;     ///< one line for each unknown key
};

namespace detail {

/// A member of a list, without the blanks around it.
inline std::string_view trimmed(std::string_view part) {
  const auto first = part.find_first_not_of(" \t");
  return first == part.npos ? std::string_view{}
                            : part.substr(first, part.find_last_not_of(" \t") - first + 1);
}

/// `0:0:0:a,0:0:0:f-0:0:0:b`: sets separated by '-', their members by ','.
inline std::vector<NetworkConfig::LocatorSet> parse_locators(IniFile& ini, std::string_view text) {
  std::vector<NetworkConfig::LocatorSet> cycle(1);
  while (true) {
    const auto end = text.find_first_of(",-");
    const auto member = trimmed(text.substr(0, end));
    const auto locator = Locator::parse(member);
    if (!locator) {
      ini.fail("network", "locators", member,
               "is not a locator (four groups of up to four hex digits, such as 0:0:0:a)");
      return {};
    }
    cycle.back().push_back(*locator);
    if (end == text.npos) return cycle;
    if (text[end] == '-') cycle.emplace_back();
    text.remove_prefix(end + 1);
  }
}

inline LinkConfig read_link(IniFile& ini, const ConfigDefaults& defaults) {
  LinkConfig link;
  link.user_id = defaults.user_id;
  ini.required("link", "mcast_port");
  ini.number("link", "mcast_port", link.mcast_port, 1, 65535);
  if (const auto interface = ini.required("link", "mcast_interface")) {
    link.mcast_interface = *interface;
    if (interface->empty()) ini.fail("link", "mcast_interface", "", "names no network interface");
  }
  constexpr std::size_t smallest = 45;  // headers and one octet
  ini.number("link", "buffer_size", link.buffer_size, smallest, LinkConfig::max_buffer_size);
  ini.number("link", "user_id", link.user_id, 0, 65535);
  ini.boolean("link", "mcast_loop", link.mcast_loop);
  if (const auto text = ini.text("link", "segmentation")) {
    if (*text == "off") {
      link.segmentation = Segmentation::off;
    } else if (*text != "auto") {
      ini.fail("link", "segmentation", *text, "is neither auto nor off");
    }
  }
  return link;
}

inline NetworkConfig read_network(IniFile& ini, const ConfigDefaults& defaults) {
  NetworkConfig network;
  network.nid = defaults.nid;
  if (const auto text = ini.text("network", "nid")) {
    if (const auto nid = Nid::parse(*text)) {
      network.nid = *nid;
    } else {
      ini.fail("network", "nid", *text,
               "is not an identifier (four groups of up to four hex digits, such as ffff:0:0:a)");
    }
  }
  if (const auto text = ini.required("network", "locators")) network.locators = parse_locators(ini, *text);
  network.host_name = ini.required("discovery", "hostname").value_or("");
  ini.number("network", "default_hop_limit", network.hop_limit, 0, 255);
  ini.seconds("network", "backwards_learning_ttl", network.backwards_learning_ttl);
  // The first implementation reads this key without the first i; files with either spelling exist.
  const bool misspelt = ini.text("network", "active_uncast_session_ttl").has_value();
  if (const auto text = ini.text("network", "active_unicast_session_ttl"); text && misspelt)
    ini.fail("network", "active_unicast_session_ttl", *text, "is also given as active_uncast_session_ttl");
  ini.seconds("network", misspelt ? "active_uncast_session_ttl" : "active_unicast_session_ttl",
              network.active_unicast_session_ttl);
  ini.seconds("network", "move_time", network.move_time);
  ini.seconds("network", "handoff_time", network.handoff_time);
  ini.number("network", "loc_update_retries", network.loc_update_retries, 0, 100);
  ini.seconds("network", "loc_update_retry_wait_time", network.loc_update_retry_wait_time);
  ini.seconds("discovery", "wait_time", network.wait_time);
  if (ini.failed()) return network;  // those errors are reported first
  try {
    network.validate();
  } catch (const std::invalid_argument& error) {  // "key: what is wrong"
    const std::string_view what = error.what();
    const auto key = what.substr(0, what.find(':'));
    const std::string_view section = key == "hostname" || key == "wait_time" ? "discovery" : "network";
    const auto text = ini.text(section, key);
    ini.fail(section, key,
             std::string(what.substr(std::min(what.size(), key.size() + 2))) +
                 (text ? ": " + IniFile::quoted(*text) : std::string()));
  }
  return network;
}

inline ApplicationConfig read_application(IniFile& ini) {
  ApplicationConfig application;
  std::uint16_t port = 0;
  ini.number("application", "port", port, 1, 65535);
  if (port != 0) application.port = port;
  application.remote_hostname = ini.text("application", "remote_hostname").value_or("");
  if (!application.remote_hostname.empty()) ini.required("application", "remote_port");
  ini.number("application", "remote_port", application.remote_port, 1, 65535);
  if (const auto run_time = ini.text("application", "run_time")) {
    ini.seconds("application", "run_time", application.run_time.emplace());
    if (*application.run_time > NetworkConfig::max_time)
      ini.fail("application", "run_time", *run_time, "must be from 0 s to 3650 days");
  }
  ini.seconds("application", "wait_time", application.wait_time);
  if (application.wait_time < ApplicationConfig::min_wait_time ||
      application.wait_time > NetworkConfig::max_time)
    ini.fail("application", "wait_time", ini.text("application", "wait_time").value_or(""),
             "must be from 0.00001 s to 3650 days");
  return application;
}

/// Calls `f` for each part of a list with commas.
template <class F>
void for_each_member(std::string_view text, F&& f) {
  while (true) {
    const auto end = text.find(',');
    f(trimmed(text.substr(0, end)));
    if (end == text.npos) return;
    text.remove_prefix(end + 1);
  }
}

/// `fd00:1:2:3::/64`, or only its four groups; 0 if it is neither.
inline std::uint64_t parse_prefix(std::string_view text) {
  constexpr std::string_view length = "/64";
  if (!text.ends_with(length)) {
    const auto groups = Locator::parse(text);
    return groups ? groups->value() : 0;
  }
  text.remove_suffix(length.size());
  std::string whole(text);
  if (const auto gap = text.find("::");
      gap != text.npos) {  // as many groups of 0 as are missing (RFC 4291, section 2.2)
    const std::string_view before = text.substr(0, gap), after = text.substr(gap + 2);
    const auto groups = [](std::string_view part) {
      return part.empty() ? 0 : 1 + std::count(part.begin(), part.end(), ':');
    };
    auto missing = 8 - groups(before) - groups(after);
    if (missing < 1) return 0;
    whole = before;
    for (; missing > 0; --missing) whole += whole.empty() ? "0" : ":0";
    if (!after.empty()) whole.append(1, ':').append(after);
  }
  const auto address = Ilv::parse(whole);
  return address && address->nid == Nid{} ? address->locator.value() : 0;
}

inline TunConfig read_tun(IniFile& ini, const LinkConfig& link) {
  TunConfig tun;
  tun.prefix = tun::default_prefix(link.user_id, link.mcast_port);
  if (const auto text = ini.text("tun", "prefix")) {
    tun.prefix = parse_prefix(*text);
    if (tun.prefix == 0 || !tun::is_unicast(tun.prefix))
      ini.fail("tun", "prefix", *text, "is not a network of unicast addresses, such as fd00:1:2:3::/64");
  }
  if (const auto text = ini.text("tun", "interface")) {
    tun.interface = *text;
    if (text->empty() || text->size() > 15 || text->find_first_of(" /:") != text->npos)
      ini.fail("tun", "interface", *text, "is not the name of a network interface");
    if (*text == link.mcast_interface)
      ini.fail("tun", "interface", *text, "is also the interface of the overlay (mcast_interface)");
  }
  ini.number("tun", "mtu", tun.mtu, TunConfig::min_mtu, 65535);
  if (const auto text = ini.text("tun", "expose"))
    for_each_member(*text, [&](std::string_view part) {
      std::uint16_t port = 0;
      const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), port);
      if (part == "all") {
        tun.expose_all = true;
      } else if (error == std::errc{} && end == part.data() + part.size() && port != 0) {
        tun.exposed.push_back(port);
      } else {
        ini.fail("tun", "expose", part, "is neither a port (1 to 65535) nor all");
      }
    });
  if (const auto text = ini.text("tun", "allow"))
    for_each_member(*text, [&](std::string_view part) {
      tun.allowed.emplace_back(part);
      if (part.empty()) ini.fail("tun", "allow", part, "names no host");
    });
  if (tun.allowed.size() > TunConfig::max_allowed) ini.fail("tun", "allow", "names more than 64 hosts");
  return tun;
}

}  // namespace detail

/// Reads the text of an .ini file; `file` is only its name in errors and warnings. Throws `ConfigError`
/// with everything that is wrong.
inline Config parse_config(std::string_view text, const std::string& file,
                           const ConfigDefaults& defaults = {}) {
  IniFile ini(text, file);
  Config config;
  config.link = detail::read_link(ini, defaults);
  config.network = detail::read_network(ini, defaults);
  config.application = detail::read_application(ini);
  config.tun = detail::read_tun(ini, config.link);
  ini.boolean("link", "log", config.log.link);
  ini.boolean("network", "log", config.log.network);
  ini.boolean("transport", "log", config.log.transport);
  ini.boolean("discovery", "log", config.log.discovery);
  ini.boolean("application", "log", config.log.application);
  for (const char* section : {"network", "application"})
    ini.text(section, "move_sleep");  // in published files, but unused
  ini.check();
  config.warnings = ini.unknown();
  return config;
}

/// The longest file that is read, octets.
inline constexpr std::size_t max_config_file = 1 << 20;

/// Reads an .ini file. Throws `ConfigError`.
inline Config load_config(const std::string& file, const ConfigDefaults& defaults = {}) {
  std::string text(max_config_file + 1, '\0');
  errno = 0;
  std::FILE* const stream = std::fopen(file.c_str(), "rb");
  std::size_t size = 0;
  bool failed = stream == nullptr;
  if (stream) {
    size = std::fread(text.data(), 1, text.size(), stream);
    failed = std::ferror(stream) != 0;
  }
  const int why = errno;
  if (stream) std::fclose(stream);
  if (failed) throw ConfigError(file + ": cannot be read: " + std::strerror(why != 0 ? why : EIO));
  text.resize(size);
  if (text.size() > max_config_file)
    throw ConfigError(file + ": longer than " + std::to_string(max_config_file) + " octets");
  return parse_config(text, file, defaults);
}

}  // namespace ilnp
