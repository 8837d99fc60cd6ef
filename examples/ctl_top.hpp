#pragma once

// ilnp-ctl top: the rates of a node by peer and locator, its handoffs and drops, on a terminal.

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "ctl_text.hpp"

namespace program {

/// The terminal, as long as this object lives: another screen, without a cursor, and each key as it is pressed.
class Screen {
 public:
  Screen() {
    ended_ = false;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) on(signal, [](int) { ended_ = true; });
    enter();
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { leave(); }

  /// Shows as much of `text` as fits.
  void show(const std::string& text) const {
    winsize size{};
    const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1 && size.ws_col > 1;
    std::size_t rows = known ? size.ws_row : 24;
    std::string out = "\x1b[H";
    std::istringstream lines(text);
    for (std::string line; rows > 0 && std::getline(lines, line); --rows)
      out += cut(line, known ? size.ws_col : 80) + "\x1b[K" + (rows > 1 ? "\r\n" : "");
    std::cout << out << "\x1b[J" << std::flush;
  }

  /// Waits. False if the user wants to end.
  bool wait(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (!ended_ && std::cout) {
      if (suspended_) {
        leave();
        ::raise(SIGSTOP);  // Ctrl-Z; from here it goes on in the foreground
        enter();
        return true;
      }
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      if (left.count() <= 0) return true;
      pollfd key{STDIN_FILENO, POLLIN, 0};
      if (::poll(&key, keys_ ? 1 : 0, static_cast<int>(left.count())) <= 0) continue;
      char pressed = 0;
      if (::read(STDIN_FILENO, &pressed, 1) != 1) {
        keys_ = false;  // there is no keyboard
      } else if (pressed == 'q' || pressed == 'Q') {
        return false;
      }
    }
    return false;
  }

 private:
  static void on(int signal, void (*handler)(int)) {
    struct sigaction action {};
    action.sa_handler = handler;  // without SA_RESTART: poll returns
    ::sigaction(signal, &action, nullptr);
  }
  void enter() {
    suspended_ = false;
    on(SIGTSTP, [](int) { suspended_ = true; });
    if (::tcgetattr(STDIN_FILENO, &before_) == 0) {
      termios raw = before_;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      restore_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
    }
    std::cout << "\x1b[?1049h\x1b[?25l" << std::flush;
  }
  void leave() const {
    std::cout << "\x1b[?25h\x1b[?1049l" << std::flush;
    if (restore_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  /// The first `width` code points.
  static std::string cut(const std::string& line, std::size_t width) {
    std::size_t at = 0;
    for (; at < line.size(); ++at) {
      if ((static_cast<unsigned char>(line[at]) & 0xc0) == 0x80) continue;
      if (width-- == 0) break;
    }
    return line.substr(0, at);
  }

  static inline std::atomic<bool> ended_ = false;
  static inline std::atomic<bool> suspended_ = false;
  termios before_{};
  bool restore_ = false;
  bool keys_ = true;
};

/// What is shown, from two successive pairs of replies.
class Top {
 public:
  /// `at`: when the replies came.
  std::string text(const json::value& status, const json::value& hosts,
                   std::chrono::steady_clock::time_point at) {
    seconds_ = std::chrono::duration<double>(at - at_).count();
    at_ = at;
    std::ostringstream out;
    head(out, status);
    locators(out, status);
    peers(out, hosts);
    drops(out, status);
    before_ = std::exchange(now_, {});
    first_ = false;
    return out.str();
  }

 private:
  /// How much a counter grows in a second; `key` names it.
  double rate(const std::string& key, const json::value& value) {
    const double total = value.to_number<double>();
    now_[key] = total;
    const auto before = before_.find(key);
    if (first_ || seconds_ <= 0) return 0;
    const double grown = total - (before == before_.end() ? 0 : before->second);
    return std::max(grown, 0.0) / seconds_;
  }
  double rate(const std::string& key, const json::value& object, std::string_view what,
              std::string_view unit) {
    return rate(key + ' ' + std::string(what) + ' ' + std::string(unit), member(member(object, what), unit));
  }

  void head(std::ostream& out, const json::value& node) {
    out << word(node, "name") << " (" << word(node, "nid") << ")  " << program_text(node) << ", up "
        << duration_text(real(node, "uptime")) << "  [q: quit]\n";
    if (const json::value& link = member(node, "link"); !link.is_null())
      out << "link " << word(link, "interface")
          << (member(link, "up").as_bool() ? " up" : " DOWN: " + phrase(link, "problem")) << ", ";
    const json::value& moves = member(node, "moves");
    out << count(moves, "handoffs");
    if (const json::value& handoff = member(node, "handoff"); !handoff.is_null())
      out << ", one in progress, ends in " << duration_text(real(handoff, "ends_in"));
    const json::value& next = member(moves, "next");
    if (!next.is_null())
      out << ", moves to " << locator_list(member(next, "to")) << " in " << duration_text(real(next, "in"));
    if (word(moves, "mode") == "suspended") out << ", moves on request only";
    if (member(node, "duplicate_nid").as_bool()) out << "\nanother node has this node's identifier";
    const json::value& rates = member(node, "rates");
    out << "\npackets/s: ";
    for (const char* name : {"received", "sent", "delivered", "forwarded"})
      out << (name[0] == 'r' ? "" : ", ") << amount_text(real(rates, name)) << ' ' << name;
    out << "\n\n";
  }

  static Columns::Row traffic_titles(Columns::Row first) {
    for (const char* title : {"SENT/s", "RECEIVED/s", "SENT bit/s", "RECEIVED bit/s"})
      first.emplace_back(title);
    return first;
  }
  /// Adds the four rates of a locator or a peer; returns their sum, for the order.
  double add_traffic(Columns::Row& row, const std::string& key, const json::value& object) {
    double sum = 0;
    for (const char* unit : {"packets", "octets"})
      for (const char* what : {"sent", "received"}) {
        const double found = rate(key, object, what, unit) * (*unit == 'o' ? 8 : 1);
        row.push_back(amount_text(found));
        sum += found;
      }
    return sum;
  }

  void locators(std::ostream& out, const json::value& status) {
    Columns columns(traffic_titles({"LOCATOR", "STATE"}), {2, 3, 4, 5});
    for (const json::value& each : member(status, "locators").as_array()) {
      Columns::Row row{word(each, "locator"), word(each, "state")};
      add_traffic(row, "locator " + row[0], each);
      columns.add(std::move(row));
    }
    columns.print(out);
    out << '\n';
  }

  /// The busiest first.
  void peers(std::ostream& out, const json::value& hosts) {
    std::multimap<double, Columns::Row, std::greater<>> rows;  // equally busy ones stay in their order
    for (const json::value& each : member(hosts, "hosts").as_array()) {
      if (member(each, "this_node").as_bool()) continue;
      const json::value& heard = member(each, "heard");
      Columns::Row row{word(each, "name"), word(each, "in_use"), word(each, "next_hop")};
      const double busy = add_traffic(row, "peer " + word(each, "nid"), each);
      row.push_back(heard.is_null() ? "-" : duration_text(heard.to_number<double>()) + " ago");
      rows.emplace(busy, std::move(row));
    }
    Columns::Row titles = traffic_titles({"PEER", "LOCATOR", "NEXT HOP"});
    titles.emplace_back("HEARD");
    Columns columns(std::move(titles), {3, 4, 5, 6});
    const std::size_t shown = std::min(rows.size(), max_peers);
    auto row = rows.begin();
    for (std::size_t at = 0; at < shown; ++at) columns.add(std::move(row++->second));
    columns.print(out);
    if (shown < rows.size()) out << "and " << rows.size() - shown << " more\n";
    out << '\n';
  }

  void drops(std::ostream& out, const json::value& status) {
    Columns columns({"DROPS/s", "IN ALL", "", ""}, {0, 1});
    for (const json::value& each : member(status, "drops").as_array())
      columns.add({amount_text(rate("drop " + word(each, "counter"), member(each, "value"))),
                   integer(each, "value"), word(each, "counter"), phrase(each, "meaning")});
    if (!columns.empty()) columns.print(out);
  }

  static constexpr std::size_t max_peers = 15;

  bool first_ = true;
  std::chrono::steady_clock::time_point at_{};
  double seconds_ = 0;
  std::map<std::string, double> before_;
  std::map<std::string, double> now_;
};

}  // namespace program
