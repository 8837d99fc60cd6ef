#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "../base/ascii_case.hpp"

namespace ilnp {

/// A set of host names, found by any spelling that differs only in ASCII case. A look-up allocates nothing. It holds as
/// many names as its owner adds, but no more than `max_spellings` of one name.
template <class Hash>
class NameSpellings {
 public:
  static constexpr std::size_t max_size = 255;  ///< of a name, octets; longer ones are not found

  static constexpr std::size_t max_spellings = 16;

  /// Hashes with `hash` from now on.
  void rehash(const Hash& hash) {
    Names again(names_.size(), hash);
    for (auto& [name, spellings] : names_) again.emplace(name, std::move(spellings));
    names_ = std::move(again);
  }

  /// `name` must not be in the set yet.
  void add(std::string_view name) {
    Buffer buffer;
    if (name.size() > max_size) return;
    auto& spellings = names_[std::string(fold(name, buffer))];
    if (spellings.size() < max_spellings) spellings.emplace_back(name);
  }
  void remove(std::string_view name) {
    Buffer buffer;
    const auto at = name.size() <= max_size ? names_.find(fold(name, buffer)) : names_.end();
    if (at == names_.end()) return;
    std::erase(at->second, name);
    if (at->second.empty()) names_.erase(at);
  }
  /// All names that equal `name` except for case, in the order in which they were added. Valid until the next change.
  std::span<const std::string> of(std::string_view name) const {
    if (name.size() > max_size) return {};
    Buffer buffer;
    const auto at = names_.find(fold(name, buffer));
    return at == names_.end() ? std::span<const std::string>() : at->second;
  }

 private:
  using Buffer = std::array<char, max_size>;
  static std::string_view fold(std::string_view name, Buffer& buffer) noexcept {
    for (std::size_t i = 0; i < name.size(); ++i) buffer[i] = ascii_lower(name[i]);
    return {buffer.data(), name.size()};
  }

  using Names = std::unordered_map<std::string, std::vector<std::string>, Hash, std::equal_to<>>;

  Names names_;
};

}  // namespace ilnp
