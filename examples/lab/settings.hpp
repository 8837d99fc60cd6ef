#pragma once

// Values from the command line that replace those of a scenario: `--set loss=1%`, `--set bob.handoff_time=0,5s,10s`.

#include <algorithm>
#include <string>
#include <vector>

#include "words.hpp"

namespace lab {

/// A key and its value, as they were written.
struct Setting {
  std::string key;
  std::string value;
};
/// Of one run; each key appears once.
using Settings = std::vector<Setting>;

/// `loss=1% bob.handoff_time=5s`
inline std::string to_text(const Settings& settings) {
  std::string text;
  for (const Setting& each : settings) text += (text.empty() ? "" : " ") + each.key + '=' + each.value;
  return text;
}

/// The values of some keys, and all their combinations.
class SettingGrid {
 public:
  static constexpr std::size_t max_combinations = 1000;

  struct Axis {
    std::string key;
    std::vector<std::string> values;
  };

  /// `KEY=VALUE[,VALUE...]`, one of each `--set`. Throws `ScenarioError`.
  explicit SettingGrid(const std::vector<std::string>& written) {
    for (const std::string& text : written) {
      const auto fail = [&](const std::string& what) {
        throw ScenarioError("--set " + program::printable(text) + ": " + what);
      };
      const auto equals = text.find('=');
      if (equals == text.npos || equals == 0) fail("expected: KEY=VALUE[,VALUE...] (such as loss=0,1%,5%)");
      Axis axis{text.substr(0, equals), {}};
      for (const Axis& other : axes_)
        if (other.key == axis.key) fail(in_quotes(axis.key) + " is set twice");
      for (const auto value : split(std::string_view(text).substr(equals + 1), ',')) {
        if (value.empty()) fail("a value is missing");
        if (value.find_first_of(" \t\r\n") != value.npos) fail("a value is one word");
        if (std::ranges::find(axis.values, value) != axis.values.end())
          fail(in_quotes(value) + " appears twice");
        axis.values.emplace_back(value);
      }
      size_ *= axis.values.size();
      if (size_ > max_combinations) fail("more than " + std::to_string(max_combinations) + " combinations");
      axes_.push_back(std::move(axis));
    }
  }

  const std::vector<Axis>& axes() const noexcept { return axes_; }
  /// Of combinations: 1 if nothing is set.
  std::size_t size() const noexcept { return size_; }
  /// In order; the values of the last key change first.
  Settings operator[](std::size_t index) const {
    Settings settings(axes_.size());
    for (std::size_t i = axes_.size(); i-- > 0; index /= axes_[i].values.size())
      settings[i] = {axes_[i].key, axes_[i].values[index % axes_[i].values.size()]};
    return settings;
  }

 private:
  std::vector<Axis> axes_;
  std::size_t size_ = 1;
};

}  // namespace lab
