#pragma once

// The settings of the command line, applied while a scenario is read.

#include <algorithm>
#include <deque>

#include "parse_action.hpp"
#include "settings.hpp"

namespace lab {

/// `[NAME.]KEY=VALUE`: the value that a key has in every place that knows it, or only in the network, node or flow of that name.
class Override {
 public:
  explicit Override(const Setting& setting)
      : place_("--set " + program::printable(setting.key + '=' + setting.value)), value_(setting.value) {
    const auto dot = setting.key.rfind('.');
    key_ = dot == std::string::npos ? setting.key : setting.key.substr(dot + 1);
    if (dot != std::string::npos) name_ = setting.key.substr(0, dot);
  }

  const std::string& key() const noexcept { return key_; }
  const std::optional<std::string>& name() const noexcept { return name_; }
  /// The value, to be read as in a scenario; mistakes name the option.
  Line line() const { return Line(value_, place_, 0); }

  /// Reads the value with `take(line, key)` if this is for the place called `name`. `take` returns false if it does not know the key.
  template <class Take>
  void apply(std::string_view name, Take&& take) {
    if (name_ && *name_ != name) return;
    Line value = line();
    if (!take(value, key_)) return;
    value.end();
    used_ = true;
  }

  /// The conditions of one network, or of all.
  std::optional<Action> conditions(const Names& names) {
    if (std::ranges::find(condition_keys, key_) == std::end(condition_keys)) return std::nullopt;
    ConditionsChange change;
    if (name_) {
      change.networks = {locator(line(), *name_)};
      if (!names.uses(change.networks.front()))
        line().fail("no node is ever in the network " + in_quotes(*name_));
    }
    const std::string text = key_ + ' ' + value_;
    Line words(text, place_, 0);
    parse_conditions(words, change);
    used_ = true;
    return Action{{}, "network " + (name_ ? *name_ : "all") + ' ' + text, std::move(change)};
  }

  /// Throws `ScenarioError` if nothing has taken the value.
  void check() const {
    if (used_) return;
    static constexpr std::string_view others[] = {"run",
                                                  "every",
                                                  "size",
                                                  "from",
                                                  "until",
                                                  "start",
                                                  "move_time",
                                                  "handoff_time",
                                                  "wait_time",
                                                  "default_hop_limit",
                                                  "backwards_learning_ttl",
                                                  "active_unicast_session_ttl",
                                                  "loc_update_retries",
                                                  "loc_update_retry_wait_time"};
    if (std::ranges::find(others, key_) != std::end(others))
      line().fail(name_ ? "nothing called " + in_quotes(*name_) + " has " + in_quotes(key_)
                        : "nothing in the scenario has " + in_quotes(key_));
    std::string known;
    for (const auto each : condition_keys) known += std::string(each) + ", ";
    for (const auto each : others) known += (each == others[0] ? "" : ", ") + std::string(each);
    line().fail(in_quotes(key_) + " is not a key that can be set (" + known + ")");
  }

 private:
  std::string place_;
  std::string value_;
  std::string key_;
  std::optional<std::string> name_;
  bool used_ = false;
};

/// Those of one run. Not moved, because lines refer to their text.
class Overrides {
 public:
  explicit Overrides(const Settings& settings) {
    for (const Setting& each : settings) all_.emplace_back(each);
  }
  Overrides(const Overrides&) = delete;
  Overrides& operator=(const Overrides&) = delete;

  template <class Take>
  void apply(std::string_view name, Take&& take) {
    for (Override& each : all_) each.apply(name, take);
  }
  /// At the end: adds what holds for networks, and complains about what was of no use.
  void finish(Scenario& scenario, const Names& names) {
    for (Override& each : all_) {
      if (auto action = each.conditions(names)) scenario.actions.push_back(std::move(*action));
      each.check();
    }
  }

 private:
  std::deque<Override> all_;
};

}  // namespace lab
