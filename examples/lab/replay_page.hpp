#pragma once

// The page that shows a run again. It is one file: style, program and data are in it, and it loads nothing.

#include <string>
#include <string_view>

namespace lab {

/// The page without its data, made from examples/lab/replay/ when the program is built.
extern const char* const replay_template;

/// `json`: the data, in which no `<` stands.
inline std::string replay_page(std::string_view json) {
  constexpr std::string_view mark = "REPLAY_DATA";
  const std::string_view page = replay_template;
  const auto at = page.find(mark);
  std::string text;
  text.reserve(page.size() + json.size());
  text.append(page.substr(0, at)).append(json).append(page.substr(at + mark.size()));
  return text;
}

}  // namespace lab
