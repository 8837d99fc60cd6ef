#pragma once

#include <string>
#include <string_view>

#include "../base/ascii_case.hpp"

namespace ilnp {

/// The end of names that mean a node of the overlay, in any case, with or without the root's dot: `bob.ilnp`, `Bob.ILNP.`
inline constexpr std::string_view overlay_suffix = "ilnp";

namespace detail {
inline std::string_view without_root(std::string_view name) noexcept {
  while (name.ends_with('.')) name.remove_suffix(1);
  return name;
}
}  // namespace detail

/// Whether `name` is one of the overlay. No DNS is ever asked for such a name.
inline bool is_overlay_name(std::string_view name) noexcept {
  name = detail::without_root(name);
  if (name.size() < overlay_suffix.size()) return false;
  const std::size_t rest = name.size() - overlay_suffix.size();
  return equal_but_for_case(name.substr(rest), overlay_suffix) && (rest == 0 || name[rest - 1] == '.');
}

/// The node that a name of the overlay means, as it was written; empty if it means none (`ilnp`, `.ilnp`).
inline std::string node_of_overlay_name(std::string_view name) {
  name = detail::without_root(name);
  const std::size_t rest = name.size() - overlay_suffix.size();
  return std::string(name.substr(0, rest == 0 ? 0 : rest - 1));
}

}  // namespace ilnp
