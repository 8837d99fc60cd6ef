#pragma once

#include <boost/config.hpp>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <new>
#include <type_traits>

namespace ilnp {

namespace detail {
/// What a `List` does in the same way for elements of all types, so that it is compiled once.
class ListStorage {
 public:
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }

 protected:
  /// Of an element.
  struct Layout {
    std::size_t width, alignment;
  };

  ListStorage() = default;

  void swap(ListStorage& other) noexcept {
    const ListStorage mine = *this;
    *this = other;
    other = mine;
  }

  /// The capacity that makes room for `more` elements: at least twice the present one, so that growing is cheap.
  std::size_t grown(std::size_t more) const noexcept {
    return size_ + more > 2 * capacity_ ? size_ + more : 2 * capacity_;
  }
  static void* allocate(std::size_t count, Layout layout) {
    std::size_t octets = 0;
    if (__builtin_mul_overflow(count, layout.width, &octets)) throw std::bad_array_new_length();
    if (layout.alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__)
      return ::operator new(octets, std::align_val_t(layout.alignment));
    return ::operator new(octets);
  }
  void replace_memory(void* memory, std::size_t capacity, Layout layout) noexcept {
    if (layout.alignment > __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
      ::operator delete(memory_, std::align_val_t(layout.alignment));
    } else {
      ::operator delete(memory_);
    }
    memory_ = memory;
    capacity_ = capacity;
  }

  // Of elements that can be copied octet by octet:
  BOOST_NOINLINE void move_to(std::size_t capacity, Layout layout) {
    void* const memory = allocate(capacity, layout);
    if (size_ > 0) std::memcpy(memory, memory_, size_ * layout.width);
    replace_memory(memory, capacity, layout);
  }
  void append_octets(const void* from, std::size_t count, Layout layout) {
    if (count == 0) return;
    if (size_ + count > capacity_) move_to(grown(count), layout);
    std::memcpy(static_cast<std::byte*>(memory_) + size_ * layout.width, from, count * layout.width);
    size_ += count;
  }
  void erase_octets(std::size_t index, std::size_t width) noexcept {
    std::byte* const at = static_cast<std::byte*>(memory_) + index * width;
    std::memmove(at, at + width, (--size_ - index) * width);
  }

  void* memory_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};
}  // namespace detail

/// An array that grows. It does what a node needs of std::vector, with iterators that are pointers, and takes a quarter of the
/// time to compile, which matters because every layer has several. Moving an element must not throw. Adding elements
/// invalidates pointers to them if `capacity()` does not suffice. One thread.
template <class T>
class List : public detail::ListStorage {
 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  List() = default;
  explicit List(std::size_t size) : List() { resize(size); }
  List(std::initializer_list<T> values) : List() { append(values.begin(), values.end()); }
  List(const T* first, const T* last) : List() { append(first, last); }
  List(const List& other) : List() { append(other.begin(), other.end()); }
  List(List&& other) noexcept : ListStorage() { swap(other); }
  List& operator=(List other) noexcept {
    swap(other);
    return *this;
  }
  ~List() {
    if constexpr (!std::is_trivially_destructible_v<T>) clear();
    replace_memory(nullptr, 0, layout);
  }

  T* data() noexcept { return static_cast<T*>(memory_); }
  const T* data() const noexcept { return static_cast<const T*>(memory_); }
  T* begin() noexcept { return static_cast<T*>(memory_); }
  const T* begin() const noexcept { return static_cast<const T*>(memory_); }
  T* end() noexcept { return static_cast<T*>(memory_) + size_; }
  const T* end() const noexcept { return static_cast<const T*>(memory_) + size_; }
  T& operator[](std::size_t index) noexcept { return static_cast<T*>(memory_)[index]; }
  const T& operator[](std::size_t index) const noexcept { return static_cast<const T*>(memory_)[index]; }
  T& front() noexcept { return *static_cast<T*>(memory_); }
  const T& front() const noexcept { return *static_cast<const T*>(memory_); }
  T& back() noexcept { return static_cast<T*>(memory_)[size_ - 1]; }
  const T& back() const noexcept { return static_cast<const T*>(memory_)[size_ - 1]; }

  void reserve(std::size_t capacity) {
    if (capacity > capacity_) relocate(capacity);
  }
  T& push_back(T value) {
    if (size_ == capacity_) relocate(grown(1));
    return *::new (static_cast<T*>(memory_) + size_++) T(static_cast<T&&>(value));
  }
  /// Adds a value-initialized element.
  T& emplace_back() {
    if (size_ == capacity_) relocate(grown(1));
    T* const place = ::new (static_cast<T*>(memory_) + size_) T();
    ++size_;
    return *place;
  }
  void pop_back() noexcept { static_cast<T*>(memory_)[--size_].~T(); }
  void clear() noexcept { shrink(0); }

  void resize(std::size_t size) {
    make_room(size);
    while (size_ < size) emplace_back();
    shrink(size);
  }
  /// Makes room for `size` elements without giving new ones a value.
  void resize_for_overwrite(std::size_t size) {
    static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);
    make_room(size);
    size_ = size;
  }
  void resize(std::size_t size, T value) {
    make_room(size);
    while (size_ < size) push_back(value);
    shrink(size);
  }
  void assign(std::size_t size, T value) {
    reserve(size);
    clear();
    resize(size, static_cast<T&&>(value));
  }
  void assign(const T* first, const T* last) {
    clear();
    append(first, last);
  }
  /// The elements must not be its own.
  void append(const T* first, const T* last) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      append_octets(first, static_cast<std::size_t>(last - first), layout);
    } else {
      make_room(size_ + static_cast<std::size_t>(last - first));
      for (; first != last; ++first) push_back(*first);
    }
  }

  /// Inserts at the front. Moves all elements.
  void push_front(T value) {
    push_back(static_cast<T&&>(value));
    for (std::size_t at = size_ - 1; at > 0; --at) swap_elements(at, at - 1);
  }
  /// Returns the element after it.
  T* erase(T* at) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>) {
      erase_octets(static_cast<std::size_t>(at - data()), sizeof(T));
    } else {
      for (T* next = at + 1; next != end(); ++next) next[-1] = static_cast<T&&>(*next);
      pop_back();
    }
    return at;
  }
  /// Removes the first `count` elements, of which there must be so many. Moves the others.
  void erase_front(std::size_t count) noexcept {
    std::size_t at = 0;
    erase_if([&](const T&) { return at++ < count; });
  }
  /// Erases the elements that satisfy `test`. Returns how many.
  template <class Test>
  std::size_t erase_if(Test test) {
    T* to = begin();
    for (T& each : *this)
      if (!test(static_cast<const T&>(each))) {
        if (to != &each) *to = static_cast<T&&>(each);
        ++to;
      }
    const std::size_t left = static_cast<std::size_t>(to - begin());
    const std::size_t erased = size_ - left;
    shrink(left);
    return erased;
  }
  /// Removes all elements that equal `value`. Returns how many.
  std::size_t erase_all(const T& value) {
    return erase_if([&](const T& each) { return each == value; });
  }

  friend bool operator==(const List& a, const List& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t at = 0; at < a.size(); ++at)
      if (!(a[at] == b[at])) return false;
    return true;
  }

 private:
  static constexpr Layout layout{sizeof(T), alignof(T)};

  /// Makes room for `size` elements in all. Lists that grow one by one stay cheap.
  void make_room(std::size_t size) {
    if (size > capacity_) relocate(grown(size - size_));
  }
  /// Keeps the first `size` elements, if there are as many.
  void shrink(std::size_t size) noexcept {
    if constexpr (std::is_trivially_destructible_v<T>) {
      if (size_ > size) size_ = size;
    } else {
      while (size_ > size) pop_back();
    }
  }
  BOOST_NOINLINE void relocate(std::size_t capacity) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      move_to(capacity, layout);
    } else {
      static_assert(std::is_nothrow_move_constructible_v<T>);
      T* const memory = static_cast<T*>(allocate(capacity, layout));
      for (std::size_t at = 0; at < size_; ++at) {
        ::new (memory + at) T(static_cast<T&&>((*this)[at]));
        (*this)[at].~T();
      }
      replace_memory(memory, capacity, layout);
    }
  }
  void swap_elements(std::size_t a, std::size_t b) noexcept {
    T kept(static_cast<T&&>((*this)[a]));
    (*this)[a] = static_cast<T&&>((*this)[b]);
    (*this)[b] = static_cast<T&&>(kept);
  }
};

}  // namespace ilnp
