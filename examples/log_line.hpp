#pragma once

// A line of a log: how much it matters, and the forms that it can have.

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "json.hpp"
#include "text.hpp"

namespace program {

/// How much a line matters, what matters most first.
enum class Level : std::uint8_t {
  error,    ///< what was asked for could not be done
  warning,  ///< something is wrong, or somebody is hostile
  notice,   ///< what a user should know
  info,     ///< what normally happens from time to time
  debug,    ///< what each layer does with each packet
};
inline constexpr std::array<std::string_view, 5> level_names{"error", "warning", "notice", "info", "debug"};

inline std::string_view to_string(Level level) noexcept {
  return level_names[static_cast<std::size_t>(level)];
}
inline std::optional<Level> to_level(std::string_view name) noexcept {
  for (std::size_t at = 0; at < level_names.size(); ++at)
    if (level_names[at] == name) return static_cast<Level>(at);
  return std::nullopt;
}

enum class LogFormat : std::uint8_t {
  text,     ///< time, level, text
  json,     ///< an object on a line (docs/monitoring.md)
  journal,  ///< a priority, as sd-daemon(3) specifies, and the text; the journal adds the time
  table,    ///< time, text: for rows of output that are no log
};
inline constexpr std::array<std::string_view, 3> format_names{"text", "json", "journal"};

inline std::optional<LogFormat> to_format(std::string_view name) noexcept {
  for (std::size_t at = 0; at < format_names.size(); ++at)
    if (format_names[at] == name) return static_cast<LogFormat>(at);
  return std::nullopt;
}

/// Is `descriptor` the stream to the journal that the variable JOURNAL_STREAM, `DEVICE:INODE`, names (systemd.exec(5))?
inline bool is_journal(int descriptor, const char* stream) noexcept {
  unsigned long long device = 0;
  unsigned long long inode = 0;
  int read = 0;
  struct stat file {};
  return stream && std::sscanf(stream, "%llu:%llu%n", &device, &inode, &read) == 2 && stream[read] == '\0' &&
         ::fstat(descriptor, &file) == 0 && file.st_dev == device && file.st_ino == inode;
}

struct LogStyle {
  LogFormat format = LogFormat::text;
  Level least = Level::info;  ///< lines that matter less are left out, unless somebody has asked for them
};

/// That of standard error, for everything that the program reports. It is the journal's if that reads it, until the options say
/// otherwise.
inline LogStyle& error_style() {
  static LogStyle style{
      is_journal(STDERR_FILENO, std::getenv("JOURNAL_STREAM")) ? LogFormat::journal : LogFormat::text,
      Level::info};
  return style;
}

struct LogLine {
  Level level;
  std::string_view layer;  ///< that it is about; or none
  std::string_view event;  ///< a word for programs
  std::string_view text;
  std::string_view fields{};  ///< members of a JSON object

  static constexpr std::size_t max_text = 1000;  ///< octets; the rest is cut off
};

/// `line` in a format, without a line end.
inline std::string log_line(LogFormat format, const LogLine& line,
                            std::chrono::system_clock::time_point time = std::chrono::system_clock::now()) {
  std::string text(line.text.substr(0, LogLine::max_text));
  if (text.size() < line.text.size()) {
    std::size_t end = text.size();
    while (end > 0 && (static_cast<unsigned char>(line.text[end]) & 0xc0) == 0x80)
      --end;  // not within a character
    text.replace(end, text.npos, " ...");
  }
  if (format == LogFormat::json) {
    ilnp::JsonWriter json(ilnp::JsonText::utf8);
    json.open('{').member("time", utc_timestamp(time)).member("level", to_string(line.level));
    if (!line.layer.empty()) json.member("layer", line.layer);
    json.member("event", line.event);
    if (!line.fields.empty()) json.key("fields").open('{').members(line.fields).close('}');
    return json.member("message", text).close('}').take();
  }
  if (!line.layer.empty()) text.insert(0, std::string(line.layer) + ": ");
  switch (format) {
    case LogFormat::journal:  // LOG_ERR is 3, LOG_DEBUG is 7
      return '<' + std::to_string(3 + static_cast<int>(line.level)) + '>' + text;
    case LogFormat::table:
      return timestamp(time) + ' ' + text;
    default:
      return timestamp(time).append(" ").append(to_string(line.level)).append(" ").append(text);
  }
}

}  // namespace program
