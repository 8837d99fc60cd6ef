#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "../base/ascii_case.hpp"
#include "../base/name_table.hpp"

namespace ilnp {

/// A set of host names, found by any spelling that differs only in ASCII case. A look-up allocates nothing. It holds as
/// many names as its owner adds, but no more than `max_spellings` of one name.
class NameSpellings {
 public:
  static constexpr std::size_t max_size = 255;  ///< of a name, octets; longer ones are not found

  static constexpr std::size_t max_spellings = 16;  ///< of one name; further ones are not found

  /// Hashes with `key` from now on.
  void rekey(const HashKey& key) { names_.rekey(key); }

  /// `name` must not be in the set yet.
  void add(std::string_view name) {
    Buffer buffer;
    if (name.size() > max_size) return;
    List<std::string>& spellings = names_.insert(fold(name, buffer));
    if (spellings.size() < max_spellings) spellings.push_back(std::string(name));
  }
  /// No effect if it is not in the set.
  void remove(std::string_view name) {
    if (name.size() > max_size) return;
    Buffer buffer;
    const std::string_view folded = fold(name, buffer);
    List<std::string>* const spellings = names_.find(folded);
    if (!spellings) return;
    spellings->erase_if([&](const std::string& each) { return each == name; });
    if (spellings->empty()) names_.erase(folded);
  }
  /// All names that equal `name` except for case, in the order in which they were added. Valid until the next change.
  std::span<const std::string> of(std::string_view name) const {
    if (name.size() > max_size) return {};
    Buffer buffer;
    const List<std::string>* const spellings = names_.find(fold(name, buffer));
    if (!spellings) return {};
    return {spellings->data(), spellings->size()};
  }

 private:
  using Buffer = std::array<char, max_size>;
  static std::string_view fold(std::string_view name, Buffer& buffer) noexcept {
    for (std::size_t i = 0; i < name.size(); ++i) buffer[i] = ascii_lower(name[i]);
    return {buffer.data(), name.size()};
  }

  NameTable<List<std::string>> names_;  // by folded name
};

}  // namespace ilnp
