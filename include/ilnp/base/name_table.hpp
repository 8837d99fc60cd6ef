#pragma once

#include <string>
#include <string_view>

#include "content_hash.hpp"
#include "hash_chains.hpp"

namespace ilnp {

/// Values by name. Its owner bounds it. Whoever lets strangers choose the names calls `rekey` with a secret. A pointer is valid
/// until the next insertion. One thread.
template <class Value>
class NameTable {
 public:
  /// A name and its value.
  struct Entry {
    std::string name;  ///< as it was inserted
    Value value{};     ///< what belongs to it
  };

  /// Hashes with `key` from now on.
  void rekey(const HashKey& key) {
    key_ = key;
    chains_.rehash([this](std::size_t place) { return hash(entries_[place].name); });
  }

  std::size_t size() const noexcept { return chains_.taken(); }

  Value* find(std::string_view name) noexcept {
    const std::uint32_t place = place_of(name);
    return place == HashChains::none ? nullptr : &entries_[place].value;
  }
  const Value* find(std::string_view name) const noexcept { return const_cast<NameTable*>(this)->find(name); }

  /// The value of `name`; a new one is value-initialized.
  Value& insert(std::string_view name) {
    if (Value* value = find(name)) return *value;
    const std::uint32_t place = chains_.any_free() ? chains_.take_free() : chains_.add_place();
    if (place >= entries_.size()) entries_.resize(place + 1);
    entries_[place].name = name;
    chains_.enter(place, hash(name));
    return entries_[place].value;
  }
  /// Removes the entry of `name`. No effect if there is none.
  void erase(std::string_view name) {
    const std::uint32_t place = place_of(name);
    if (place == HashChains::none) return;
    entries_[place] = Entry{};
    chains_.leave(place);
  }

  /// Calls `f(const std::string& name, const Value&)` for each; in the order of insertion if none was erased.
  template <class F>
  void for_each(F&& f) const {
    for (std::size_t place = 0; place < entries_.size(); ++place)
      if (chains_.taken(place)) f(entries_[place].name, entries_[place].value);
  }

 private:
  std::uint64_t hash(std::string_view name) const noexcept { return content_hash(as_bytes(name), key_); }
  std::uint32_t place_of(std::string_view name) const noexcept {
    std::uint32_t place = chains_.first(hash(name));
    while (place != HashChains::none && entries_[place].name != name) place = chains_.next(place);
    return place;
  }

  HashKey key_;
  List<Entry> entries_;  // by place
  HashChains chains_;
};

}  // namespace ilnp
