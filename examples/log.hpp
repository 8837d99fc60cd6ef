#pragma once

// The log of a running node: lines in some format, and no more of them than a person can read.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "line_writer.hpp"
#include "log_line.hpp"

namespace program {

/// The most lines at once, and per second in the long run.
struct LineRate {
  double burst;
  double a_second;
};

/// A token bucket: a line takes one token.
class LineBucket {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LineBucket(LineRate rate) : rate_(rate), tokens_(rate.burst) {}
  bool take(Clock::time_point now) {
    const std::chrono::duration<double> passed = now - filled_;
    if (passed.count() > 0) tokens_ = std::min(rate_.burst, tokens_ + passed.count() * rate_.a_second);
    filled_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  LineRate rate_;
  double tokens_;
  Clock::time_point filled_ = Clock::now();
};

/// Lets the same text pass once a second, or once per `period`.
class RateLimit {
 public:
  static constexpr std::size_t max_texts = 1000;

  explicit RateLimit(std::chrono::steady_clock::duration period = std::chrono::seconds(1))
      : period_(period) {}

  /// The number held back since the text last passed; none: hold this one back too.
  std::optional<std::uint64_t> operator()(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (texts_.size() >= max_texts) texts_.clear();
    auto [entry, fresh] = texts_.try_emplace(text, State{now, 0});
    if (!fresh && now - entry->second.last < period_) {
      ++entry->second.held_back;
      return std::nullopt;
    }
    entry->second.last = now;
    return std::exchange(entry->second.held_back, 0);
  }

 private:
  struct State {
    std::chrono::steady_clock::time_point last;
    std::uint64_t held_back;
  };
  std::chrono::steady_clock::duration period_;
  std::map<std::string, State> texts_;
};

/// What a line is, besides its text.
struct LogEntry {
  std::string_view kind;  ///< a few words that say what such lines are about; it never comes from the network
  Level level = Level::error;
  std::string_view layer{};         ///< that it is about; or none
  std::string_view event = "note";  ///< a word for programs
};

/// Prints lines in a style. Whatever happens on the network or in local programs, their number is limited by the rates below:
/// for each kind, so that one does not hide the others, and in total. The number of lines held back is reported: `57 more lines like
/// this in 10 s`. The writer must outlive the log. Any thread.
class Log {
 public:
  using Clock = LineBucket::Clock;

  static constexpr LineRate notes{100, 2};  ///< lines that the user did not ask for, all kinds together
  static constexpr LineRate notes_of_kind{10, 0.5};
  static constexpr LineRate shown{1000, 100};  ///< lines that the user asked for (`log = true`, --verbose)
  static constexpr LineRate shown_of_kind{300, 30};
  static constexpr auto summary_period =
      std::chrono::seconds(10);                  ///< from the first line held back to the report
  static constexpr std::size_t max_kinds = 100;  ///< the others are one kind

  explicit Log(LineWriter& write, LogStyle style = {})
      : write_(&write), state_(std::make_shared<State>(style)) {
    write.ask(state_);
  }

  const LogStyle& style() const noexcept { return state_->style; }
  /// Is a line of this level written, if nobody has asked for it?
  bool wants(Level level) const noexcept { return level <= state_->style.least; }

  /// A note of a kind of its own; `warning: ...` and `note: ...` say how much it matters, otherwise it is an error. Those are few,
  /// and all count as one kind.
  void operator()(std::string_view text) {
    Level level = Level::error;
    for (const auto& [prefix, its] : {std::pair<std::string_view, Level>{"warning: ", Level::warning},
                                      std::pair<std::string_view, Level>{"note: ", Level::notice}})
      if (text.starts_with(prefix)) {
        text.remove_prefix(prefix.size());
        level = its;
      }
    note({"notes", level}, [&] { return std::string(text); });
  }

  struct NoFields {
    void operator()(JsonFields&) const noexcept {}
  };
  /// A line that the user should see. `text` is called if the line may be written, and returns it; or none (`std::optional`) if it
  /// was reported before. `fields` adds what the text says to a JSON object.
  template <class Text, class Fields = NoFields>
  void note(const LogEntry& entry, Text&& text, Fields&& fields = {}) {
    if (wants(entry.level)) add(false, entry, text, fields);
  }
  /// An error.
  template <class Text>
  void note(std::string_view kind, Text&& text) {
    note(LogEntry{kind}, text);
  }
  /// A line that the user asked for.
  template <class Text, class Fields = NoFields>
  void show(const LogEntry& entry, Text&& text, Fields&& fields = {}) {
    add(true, entry, text, fields);
  }

 private:
  struct Kind {
    explicit Kind(LineRate rate) : bucket(rate) {}
    LineBucket bucket;
    std::uint64_t held_back = 0;
    Level level{};              ///< of those, the one that matters most
    Clock::time_point since{};  ///< the first of them
  };

  struct State : LineSource {
    explicit State(LogStyle how) : style(how) {}

    bool pending() override {
      const std::lock_guard lock(mutex);
      return held_back;
    }
    std::string due(bool all) override {
      const std::lock_guard lock(mutex);
      return summaries(Clock::now(), all);
    }
    std::string gap(std::uint64_t lines) override {
      JsonFields fields;
      fields("lines", lines);
      return log_line(style.format, {Level::warning, "", "lines_dropped", gap_text(lines), fields.text()});
    }

    bool admit(bool wanted, const LogEntry& entry, Clock::time_point now) {
      auto& kinds = wanted ? shown_kinds : note_kinds;
      auto known = kinds.find(entry.kind);
      if (known == kinds.end()) {
        const std::string_view name = kinds.size() >= max_kinds ? "others" : entry.kind;
        known = kinds.try_emplace(std::string(name), wanted ? shown_of_kind : notes_of_kind).first;
      }
      Kind& kind = known->second;
      if (kind.bucket.take(now) && (wanted ? all_shown : all_notes).take(now)) return true;
      if (kind.held_back++ == 0) kind.since = now, kind.level = entry.level;
      kind.level = std::min(kind.level, entry.level);
      return false;
    }
    std::string summaries(Clock::time_point now, bool all) {
      std::string lines;
      held_back = false;
      for (auto* kinds : {&note_kinds, &shown_kinds})
        for (auto& [name, kind] : *kinds) {
          if (kind.held_back == 0) continue;
          if (!all && now - kind.since < summary_period) {
            held_back = true;
            continue;
          }
          const auto seconds =
              static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::seconds>(now - kind.since).count());
          const std::uint64_t count = std::exchange(kind.held_back, 0);
          JsonFields fields;
          fields("of", name);
          fields("lines", count);
          fields("seconds", seconds);
          lines += log_line(style.format,
                            {kind.level, "", "repeated",
                             name + ": " + std::to_string(count) +
                                 (count == 1 ? " more line like this in " : " more lines like this in ") +
                                 std::to_string(seconds) + " s",
                             fields.text()}) +
                   '\n';
        }
      return lines;
    }

    const LogStyle style;
    std::mutex mutex;
    std::map<std::string, Kind, std::less<>> note_kinds;
    std::map<std::string, Kind, std::less<>> shown_kinds;
    LineBucket all_notes{notes};
    LineBucket all_shown{shown};
    bool held_back = false;
  };

  template <class Text, class Fields>
  void add(bool wanted, const LogEntry& entry, Text&& text, Fields&& fields) {
    bool admitted = false;
    bool first = false;
    {
      const std::lock_guard lock(state_->mutex);
      admitted = state_->admit(wanted, entry, Clock::now());
      if (!admitted) first = !std::exchange(state_->held_back, true);
    }
    if (first) write_->wake();  // so that the number is reported even if nothing more happens
    if (!admitted) return;
    const std::optional<std::string> said = text();
    if (!said) return;
    JsonFields members;
    if (style().format == LogFormat::json) fields(members);
    (*write_)(log_line(style().format, {entry.level, entry.layer, entry.event, *said, members.text()}));
  }

  LineWriter* write_;
  std::shared_ptr<State> state_;
};

}  // namespace program
