#pragma once

#include <array>
#include <cstddef>

#include "address.hpp"
#include "context.hpp"

namespace ilnp {

/// A secret that a node draws at start-up and hashes together with whatever strangers choose. Without knowing it, nobody can
/// construct keys that share a bucket of a table, or two messages with the same hash. Each input is combined with a word of
/// the key before it is multiplied, so nobody can make a factor zero. A value; cheap to copy.
class HashKey {
 public:
  static constexpr std::size_t words = 8;  ///< of 64 bits

  /// No secret: for values that strangers do not choose, and until the node starts.
  constexpr HashKey() noexcept = default;
  /// Draws the key from the context's secrets.
  template <ContextLike Cx>
  explicit HashKey(Cx& cx) {
    for (std::uint64_t& word : words_) word = cx.secret();
  }

  /// Takes each word from `source()`.
  template <class Source>
  static HashKey from(Source&& source) {
    HashKey key;
    for (std::uint64_t& word : key.words_) word = source();
    return key;
  }

  /// For hashes that are computed elsewhere. `index` is below `words`.
  constexpr std::uint64_t word(std::size_t index) const noexcept { return words_[index]; }

  /// The keyed hash of one word.
  constexpr std::uint64_t operator()(std::uint64_t value) const noexcept {
    return fold64(fold64(value ^ words_[0], words_[1]) ^ words_[2], words_[3]);
  }
  /// The keyed hash of two words. Their order matters.
  constexpr std::uint64_t operator()(std::uint64_t one, std::uint64_t other) const noexcept {
    return fold64(fold64(one ^ words_[0], other ^ words_[1]) ^ words_[2], words_[3]);
  }
  /// The keyed hash of an ILV.
  constexpr std::uint64_t operator()(const Ilv& ilv) const noexcept {
    return (*this)(ilv.locator.value(), ilv.nid.value());
  }
  /// The keyed hash of two ILVs. Their order matters.
  constexpr std::uint64_t operator()(const Ilv& one, const Ilv& other) const noexcept {
    const std::uint64_t first = fold64(one.locator.value() ^ words_[0], one.nid.value() ^ words_[1]);
    const std::uint64_t second = fold64(other.locator.value() ^ words_[4], other.nid.value() ^ words_[5]);
    return fold64(first ^ words_[2], second ^ words_[3]);
  }
  /// The same with two more values.
  constexpr std::uint64_t operator()(const Ilv& one, const Ilv& other, std::uint64_t third,
                                     std::uint64_t fourth) const noexcept {
    const std::uint64_t first = fold64(one.locator.value() ^ words_[0], one.nid.value() ^ words_[1]);
    const std::uint64_t second = fold64(other.locator.value() ^ words_[4], other.nid.value() ^ words_[5]);
    const std::uint64_t rest = fold64(third ^ words_[6], fourth ^ words_[7]);
    return fold64((first + rest) ^ words_[2], second ^ words_[3]);
  }

 private:
  std::array<std::uint64_t, words> words_{0x9e3779b97f4a7c15, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3,
                                          0x589965cc75374cc3, 0x1d8e4e27c47d124f, 0xeb44accab455d165,
                                          0xa0761d6478bd642f, 0x2b7e151628aed2a7};
};

/// The hash of a key under a `HashKey`.
struct KeyedHash {
  /// The hash of a word.
  constexpr std::uint64_t operator()(const HashKey& key, std::uint64_t value) const noexcept {
    return key(value);
  }
  /// The hash of a locator or an identifier.
  template <class Tag>
  constexpr std::uint64_t operator()(const HashKey& key, Name64<Tag> name) const noexcept {
    return key(name.value());
  }
};

/// The hash of a key that is itself a keyed hash.
struct KeyAsHash {
  /// The key itself.
  constexpr std::uint64_t operator()(const HashKey&, std::uint64_t key) const noexcept { return key; }
};

}  // namespace ilnp
