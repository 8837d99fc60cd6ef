#pragma once

// The replies of the control protocol as text for people.

#include <boost/json.hpp>
#include <cstdio>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "text.hpp"

namespace program {

namespace json = boost::json;

/// `12.3 s`, `2 min 5 s`, `3 h 4 min`, `5 d 3 h`.
inline std::string duration_text(double seconds) {
  char text[48];
  const auto whole = static_cast<long long>(seconds);
  const auto two = [&](long long large, const char* large_unit, long long small, const char* small_unit) {
    std::snprintf(text, sizeof text, "%lld %s %lld %s", large, large_unit, small, small_unit);
    return std::string(text);
  };
  if (!(seconds >= 0)) return "0.0 s";
  if (seconds < 60) return std::snprintf(text, sizeof text, "%.1f s", seconds), text;
  if (whole < 3600) return two(whole / 60, "min", whole % 60, "s");
  if (whole < 86400) return two(whole / 3600, "h", whole % 3600 / 60, "min");
  return two(whole / 86400, "d", whole % 86400 / 3600, "h");
}
/// `512`, `1.5 k`, `20.0 M`.
inline std::string amount_text(double amount) {
  char text[48];
  const char* units[] = {"", " k", " M", " G", " T"};
  std::size_t unit = 0;
  while (amount >= 999.95 && unit < 4) amount /= 1000, ++unit;
  std::snprintf(text, sizeof text,
                unit == 0 && amount == static_cast<double>(static_cast<long>(amount)) ? "%.0f%s" : "%.1f%s",
                amount, units[unit]);
  return text;
}

/// Members of a reply. Each throws if the reply lacks it, or if it is something else.
inline const json::value& member(const json::value& object, std::string_view name) {
  return object.as_object().at(name);
}
inline std::string word(const json::value& object, std::string_view name) {
  const json::value& value = member(object, name);
  return value.is_null() ? "-" : printable_name(std::string_view(value.as_string()));
}
/// Text with blanks, safe for a terminal.
inline std::string phrase(const json::value& object, std::string_view name) {
  return printable(std::string_view(member(object, name).as_string()), ilnp::Escape::unsafe);
}
/// The program of a node, and its version unless that is empty.
inline std::string program_text(const json::value& node) {
  const std::string version = phrase(node, "version");
  return phrase(node, "program") + (version.empty() ? "" : ' ' + version);
}
inline double real(const json::value& object, std::string_view name) {
  const double value = member(object, name).to_number<double>();
  // A node sends nothing beyond these bounds; what is within them fits an integer.
  if (!(value >= -1e18 && value <= 1e18)) throw std::runtime_error("a number out of range");
  return value;
}
inline std::string integer(const json::value& object, std::string_view name) {
  return std::to_string(member(object, name).to_number<std::uint64_t>());
}
/// As in `1 host`, `2 hosts`; `name`: the plural.
inline std::string count(const json::value& object, std::string_view name) {
  const std::string number = integer(object, name);
  return number + ' ' + std::string(name.substr(0, name.size() - (number == "1" ? 1 : 0)));
}
inline std::string locator_list(const json::value& array) {
  std::string text;
  for (const json::value& each : array.as_array())
    text += (text.empty() ? "" : ",") + printable_name(std::string_view(each.as_string()));
  return text.empty() ? "-" : text;
}

/// Columns of text, aligned.
class Columns {
 public:
  using Row = std::vector<std::string>;
  /// `right`: the columns that are aligned to the right, as numbers are.
  explicit Columns(Row titles, std::vector<std::size_t> right = {}, std::string indent = {})
      : rows_{std::move(titles)}, right_(std::move(right)), indent_(std::move(indent)) {}

  void add(Row row) { rows_.push_back(std::move(row)); }
  bool empty() const noexcept { return rows_.size() == 1; }

  void print(std::ostream& out) const {
    std::vector<std::size_t> widths;
    for (const Row& row : rows_)
      for (std::size_t at = 0; at < row.size(); ++at) {
        if (at == widths.size()) widths.push_back(0);
        widths[at] = std::max(widths[at], width(row[at]));
      }
    for (const Row& row : rows_) {
      if (row.empty()) continue;
      std::string line = indent_;
      for (std::size_t at = 0; at < row.size(); ++at) {
        if (at != 0) line += "  ";
        const std::string fill(widths[at] - width(row[at]), ' ');
        const bool to_the_right = std::find(right_.begin(), right_.end(), at) != right_.end();
        line += to_the_right ? fill + row[at] : row[at] + fill;
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out << line << '\n';
    }
  }

 private:
  /// Code points: nearly always cells of a terminal.
  static std::size_t width(std::string_view text) noexcept {
    std::size_t points = 0;
    for (const char each : text) points += (static_cast<unsigned char>(each) & 0xc0) != 0x80;
    return points;
  }

  std::vector<Row> rows_;
  std::vector<std::size_t> right_;
  std::string indent_;
};

/// Each function prints one kind of reply.
class ReplyText {
 public:
  explicit ReplyText(std::ostream& out) : out_(out) {}

  void operator()(const json::object& reply) {
    const std::string_view kind = reply.at("reply").as_string();
    if (kind == "status") return status(reply);
    if (kind == "hosts") return hosts(reply);
    if (kind == "routes") return routes(reply);
    if (kind == "mappings") return mappings(reply);
    if (kind == "streams") return streams(reply);
    if (kind == "counters") return counters(reply);
    if (kind == "event") return event(reply);
    if (kind == "events_lost")
      return void(out_ << integer(reply, "count")
                       << " events are missing: they came faster than they were read\n");
    if (kind == "following") return;
    if (kind == "ping") return ping(reply);
    if (kind == "trace") return trace(reply);
    if (kind == "ping_end") return ping_end(reply);
    if (kind == "map" || kind == "unmap") return;  // like ip(8): done, and nothing to say
    if (kind == "move" || kind == "join" || kind == "leave" || kind == "auto")
      return void(out_ << "now joined, besides what it is leaving: " << locator_list(reply.at("locators"))
                       << '\n');
    throw std::runtime_error("a reply of an unknown kind");
  }

 private:
  /// The time in the zone of the user.
  void event(const json::value& reply) {
    const std::string time(std::string_view(member(reply, "time").as_string()));
    std::tm parts{};
    int microseconds = 0;
    if (std::sscanf(time.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ", &parts.tm_year, &parts.tm_mon,
                    &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &microseconds) != 7)
      throw std::runtime_error("a time that is none");
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    out_ << timestamp(std::chrono::system_clock::from_time_t(::timegm(&parts)) +
                      std::chrono::microseconds(microseconds))
         << ' ' << phrase(reply, "text") << '\n';
  }

  static std::string milliseconds(const json::value& value) {
    char text[48];
    std::snprintf(text, sizeof text, "%.3f ms", value.to_number<double>());
    return text;
  }
  static std::string way(const json::value& reply) {
    return milliseconds(member(reply, "milliseconds")) + ", from " + word(reply, "sent_from") + " to " +
           word(reply, "sent_to") + ", back on " + word(reply, "returned_on");
  }
  void ping(const json::value& reply) {
    out_ << integer(reply, "sequence") << ": ";
    if (!member(reply, "answered").as_bool()) return void(out_ << "no reply\n");
    if (!member(reply, "reached").as_bool())
      return void(out_ << "not reached: the hop limit ran out at " << word(reply, "nid") << '\n');
    out_ << "reply of " << word(reply, "nid") << " at " << word(reply, "locator") << " in " << way(reply)
         << ", "
         << (integer(reply, "forwarders") == "0" ? "directly" : "through " + count(reply, "forwarders"))
         << '\n';
  }
  void ping_end(const json::value& reply) {
    out_ << integer(reply, "sent") << " sent, " << integer(reply, "received") << " answered";
    if (!member(reply, "mean").is_null())
      out_ << "; " << milliseconds(member(reply, "least")) << " at least, "
           << milliseconds(member(reply, "mean")) << " on average, " << milliseconds(member(reply, "most"))
           << " at most";
    out_ << '\n';
  }
  void trace(const json::value& reply) {
    out_ << integer(reply, "hop") << ": ";
    if (!member(reply, "answered").as_bool()) return void(out_ << "*\n");
    out_ << word(reply, "nid") << " at " << word(reply, "locator") << ", "
         << milliseconds(member(reply, "milliseconds"))
         << (member(reply, "reached").as_bool() ? ", the destination" : "") << '\n';
  }

  void status(const json::value& node) {
    out_ << program_text(node) << ": " << word(node, "name") << " (" << word(node, "nid") << "), up "
         << duration_text(real(node, "uptime")) << '\n';
    if (member(node, "duplicate_nid").as_bool())
      line("conflict", "another node has this node's identifier: give one of them another nid");
    if (const json::value& link = member(node, "link"); !link.is_null()) {
      const bool up = member(link, "up").as_bool();
      line("link", word(link, "interface") + (up ? " up for " : " DOWN for ") +
                       duration_text(real(link, "age")) + (up ? "" : ": " + phrase(link, "problem")));
    }
    for (const json::value& each : member(node, "locators").as_array())
      line("locator",
           word(each, "locator") + ' ' + word(each, "state") + ", for " + duration_text(real(each, "age")));
    if (const json::value& handoff = member(node, "handoff"); !handoff.is_null())
      line("handoff", "ends in " + duration_text(real(handoff, "ends_in")));
    const json::value& moves = member(node, "moves");
    const std::string mode = word(moves, "mode");
    const json::value& next = member(moves, "next");
    if (mode == "suspended") line("moves", "on request only; `ilnp-ctl auto` resumes the configured ones");
    if (!next.is_null())
      line("moves", "to " + locator_list(member(next, "to")) + " in " + duration_text(real(next, "in")));
    if (!member(node, "port").is_null()) line("local port", integer(node, "port"));
    std::string known = count(node, "hosts") + ", " + count(node, "routes");
    for (const char* name : {"mappings", "streams"})
      if (!member(node, name).is_null()) known += ", " + count(node, name);
    line("known", known);
    rates(member(node, "rates"));
    drops(member(node, "drops").as_array());
  }
  void rates(const json::value& rates) {
    if (real(rates, "seconds") == 0) return;
    std::string text;
    for (const char* name : {"received", "sent", "delivered", "forwarded"})
      text += amount_text(real(rates, name)) + ' ' + name + ", ";
    line("packets/s", text + "over " + duration_text(real(rates, "seconds")));
  }
  void drops(const json::array& drops) {
    for (const std::string_view kind : {"loss", "incident", "discard"}) {
      Columns columns({}, {0}, "    ");
      for (const json::value& each : drops)
        if (member(each, "kind").as_string() == kind)
          columns.add({integer(each, "value"), word(each, "counter"), phrase(each, "meaning")});
      if (columns.empty()) continue;
      out_ << "  "
           << (kind == "loss"       ? "lost or refused"
               : kind == "incident" ? "incidents"
                                    : "dropped, as is normal")
           << ":\n";
      columns.print(out_);
    }
  }
  void line(const std::string& name, const std::string& text) {
    out_ << "  " << name << ": " << text << '\n';
  }

  void hosts(const json::value& reply) {
    Columns columns({"NAME", "NID", "LOCATORS", "IN USE", "NEXT HOP", "SENT", "RECEIVED", "HEARD", ""},
                    {5, 6});
    for (const json::value& each : member(reply, "hosts").as_array()) {
      const json::value& heard = member(each, "heard");
      std::string note;
      if (member(each, "this_node").as_bool()) note = "this node";
      if (member(each, "name_conflict").as_bool()) note = "name taken by another node";
      if (member(each, "nid_conflict").as_bool()) note += ", and another node has its identifier";
      columns.add({word(each, "name"), word(each, "nid"), locator_list(member(each, "locators")),
                   word(each, "in_use"), word(each, "next_hop"),
                   amount_text(real(member(each, "sent"), "octets")),
                   amount_text(real(member(each, "received"), "octets")),
                   heard.is_null() ? "-" : duration_text(heard.to_number<double>()) + " ago", note});
    }
    columns.print(out_);
  }
  void routes(const json::value& reply) {
    Columns columns({"LOCATOR", "INTERFACE", "AGE"});
    for (const json::value& each : member(reply, "routes").as_array())
      columns.add({word(each, "locator"), word(each, member(each, "state").is_null() ? "interface" : "state"),
                   duration_text(real(each, "age"))});
    columns.print(out_);
  }
  void mappings(const json::value& reply) {
    Columns columns({"LOCAL PORT", "HOST", "REMOTE PORT", ""}, {0, 2});
    for (const json::value& each : member(reply, "mappings").as_array())
      columns.add({integer(each, "local_port"), word(each, "host"), integer(each, "remote_port"),
                   member(each, "any").as_bool() ? "from any node" : ""});
    columns.print(out_);
  }
  void streams(const json::value& reply) {
    Columns columns({"PEER", "NID", "OPENED BY", "STATE", "TARGET", "SENT", "RECEIVED", "AGE"}, {5, 6});
    for (const json::value& each : member(reply, "streams").as_array())
      columns.add({word(each, "name"), word(each, "peer"), phrase(each, "opened_by"), word(each, "state"),
                   phrase(each, "target"), amount_text(real(each, "sent")),
                   amount_text(real(each, "received")), duration_text(real(each, "age"))});
    columns.print(out_);
  }
  void counters(const json::value& reply) {
    Columns columns({"COUNTER", "VALUE", "MEANING"}, {1});
    for (const json::value& each : member(reply, "counters").as_array())
      columns.add({word(each, "counter"), integer(each, "value"), phrase(each, "meaning")});
    columns.print(out_);
  }

  std::ostream& out_;
};

}  // namespace program
