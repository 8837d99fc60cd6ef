#include "ilnp/base/list.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

namespace ilnp::test::list_test {

/// Counts the instances that live.
struct Counted {
  static inline int alive = 0;
  int value = 0;

  Counted() { ++alive; }
  explicit Counted(int given) : value(given) { ++alive; }
  Counted(const Counted& other) : value(other.value) { ++alive; }
  Counted(Counted&& other) noexcept : value(other.value) { ++alive; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { --alive; }
  bool operator==(const Counted&) const = default;
};

struct alignas(64) Wide {
  int value;
};

template <class T>
List<T> numbers(int count) {
  List<T> list;
  for (int i = 0; i < count; ++i) list.push_back(T(i));
  return list;
}

BOOST_AUTO_TEST_SUITE(lists)

BOOST_AUTO_TEST_CASE(it_grows_and_keeps_its_elements) {
  const List<int> plain = numbers<int>(1000);
  const List<Counted> others = numbers<Counted>(1000);
  BOOST_TEST(plain.size() == 1000u);
  BOOST_TEST(Counted::alive == 1000);
  for (int i = 0; i < 1000; ++i) {
    const auto at = static_cast<std::size_t>(i);
    BOOST_TEST(plain[at] == i);
    BOOST_TEST(others[at].value == i);
  }
}

BOOST_AUTO_TEST_CASE(growing_one_by_one_seldom_moves_the_elements) {
  List<int> resized, appended;
  List<std::string> texts;
  const std::string text = "a";
  std::size_t moves = 0;
  for (std::size_t size = 1; size <= 1000; ++size) {
    const auto before = resized.capacity() + appended.capacity() + texts.capacity();
    resized.resize(size, 7);
    appended.append(&resized.back(), &resized.back() + 1);
    texts.append(&text, &text + 1);
    moves += resized.capacity() + appended.capacity() + texts.capacity() != before;
  }
  BOOST_TEST(moves <= 11u);
  BOOST_TEST(appended.size() == 1000u);
  BOOST_TEST(texts.back() == "a");
}

BOOST_AUTO_TEST_CASE(every_element_is_destroyed) {
  {
    List<Counted> list = numbers<Counted>(10);
    list.pop_back();
    list.erase(list.begin() + 3);
    list.erase_if([](const Counted& each) { return each.value % 2 == 0; });
    BOOST_TEST(Counted::alive == static_cast<int>(list.size()));
    list.resize(20);
    list.resize(2);
    list.push_front(Counted(7));
    BOOST_TEST(Counted::alive == 3);
    List<Counted> other = list;
    BOOST_TEST(Counted::alive == 6);
    other = std::move(list);
    BOOST_TEST(Counted::alive == 3);
    other.clear();
  }
  BOOST_TEST(Counted::alive == 0);
}

BOOST_AUTO_TEST_CASE(elements_are_erased_from_anywhere) {
  List<int> plain{0, 1, 2, 3, 4};
  List<std::string> texts{"0", "1", "2", "3", "4"};
  BOOST_TEST(*plain.erase(plain.begin() + 1) == 2);
  BOOST_TEST(*texts.erase(texts.begin() + 1) == "2");
  BOOST_TEST((plain.erase(plain.end() - 1) == plain.end()));
  BOOST_TEST((texts.erase(texts.end() - 1) == texts.end()));
  BOOST_TEST((plain == List<int>{0, 2, 3}));
  BOOST_TEST((texts == List<std::string>{"0", "2", "3"}));
  BOOST_TEST(texts.erase_all("2") == 1u);
  BOOST_TEST(texts.erase_all("2") == 0u);
  plain.erase_front(2);
  BOOST_TEST((plain == List<int>{3}));
  BOOST_TEST((texts == List<std::string>{"0", "3"}));
}

BOOST_AUTO_TEST_CASE(an_element_of_its_own_can_be_added) {
  List<std::string> list{std::string(100, 'a')};
  for (int i = 0; i < 100; ++i) list.push_back(list.front());
  list.push_front(list.back());
  for (const std::string& each : list) BOOST_TEST(each == list.front());
  BOOST_TEST(list.size() == 102u);
}

BOOST_AUTO_TEST_CASE(an_element_is_added_in_front) {
  List<int> list{2, 3};
  list.push_front(1);
  BOOST_TEST((list == List<int>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(new_elements_have_the_value_that_was_given) {
  List<int> list(3);
  BOOST_TEST((list == List<int>{0, 0, 0}));
  list.resize(5, 7);
  BOOST_TEST((list == List<int>{0, 0, 0, 7, 7}));
  list.assign(2, 9);
  list.append(list.begin(), list.begin());
  BOOST_TEST((list == List<int>{9, 9}));
  const int more[] = {1, 2};
  list.append(more, more + 2);
  BOOST_TEST((list == List<int>{9, 9, 1, 2}));
  list.assign(more, more + 2);
  BOOST_TEST((list == List<int>{1, 2}));
  BOOST_TEST(list.emplace_back() == 0);
}

BOOST_AUTO_TEST_CASE(memory_is_kept_and_moved) {
  List<int> list;
  list.reserve(100);
  const int* const memory = list.data();
  list.resize(100);
  list.clear();
  BOOST_TEST(list.capacity() == 100u);
  list.push_back(1);
  const List<int> moved = std::move(list);
  BOOST_TEST(moved.data() == memory);
  BOOST_TEST(list.empty());  // NOLINT(bugprone-use-after-move): stated
  List<std::unique_ptr<int>> owners;
  for (int i = 0; i < 10; ++i) owners.push_back(std::make_unique<int>(i));
  BOOST_TEST(*owners[9] == 9);
}

BOOST_AUTO_TEST_CASE(new_octets_may_have_no_value) {
  List<char> list{'a'};
  list.resize_for_overwrite(1000);
  BOOST_TEST(list.size() == 1000u);
  BOOST_TEST(list.front() == 'a');
  list.back() = 'z';
  list.resize_for_overwrite(1);
  BOOST_TEST(list.back() == 'a');
}

BOOST_AUTO_TEST_CASE(elements_are_aligned) {
  List<Wide> list;
  for (int i = 0; i < 10; ++i) {
    list.emplace_back().value = i;
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(list.data()) % 64 == 0u);
  }
  BOOST_TEST(list[9].value == 9);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::list_test
