#pragma once

#include <array>
#include <string>
#include <string_view>

#include "../base/context.hpp"
#include "name_spellings.hpp"

namespace ilnp {

/// Names that this node has recently resolved in vain, only the newest few. A node that is then heard with such a name
/// counts as in use from the first moment, and does not give way to strangers before the next packet.
class WantedNames {
 public:
  static constexpr std::size_t max_names = 16;                  ///< the oldest gives way
  static constexpr Duration memory = std::chrono::seconds(30);  ///< after this time a name no longer counts

  /// `name` could not be resolved.
  void add(std::string_view name, TimePoint now) {
    Wanted* oldest = all_.data();
    for (Wanted& each : all_) {
      if (each.name == name) return void(each.at = now);
      if (each.at < oldest->at) oldest = &each;
    }
    oldest->name = name;
    oldest->at = now;
  }

  /// Was `name` asked for, in any case? It no longer counts afterwards.
  bool take(std::string_view name, TimePoint now) noexcept {
    for (Wanted& each : all_) {
      if (each.at == long_ago || now - each.at >= memory || !equal_but_for_case(each.name, name)) continue;
      each.at = long_ago;
      return true;
    }
    return false;
  }

 private:
  struct Wanted {
    std::string name;
    TimePoint at = long_ago;
  };
  std::array<Wanted, max_names> all_;
};

}  // namespace ilnp
