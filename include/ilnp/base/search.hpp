#pragma once

#include <type_traits>

namespace ilnp {

namespace detail {
template <class Member, class Element>
constexpr decltype(auto) of(Member member, Element& element) {
  if constexpr (std::is_member_object_pointer_v<Member>) {
    return (element.*member);
  } else {
    return member(element);
  }
}
}  // namespace detail

// Searches of short lists. Those of std::ranges do the same, and take longer to compile than the headers that use them.

/// The first element whose `member`, or what `member(element)` returns, is `value`; else the end. Cost: linear.
template <class Range, class Member, class Value>
constexpr auto find_by(Range&& range, Member member, const Value& value) {
  auto at = range.begin();
  while (at != range.end() && !(detail::of(member, *at) == value)) ++at;
  return at;
}

/// Is an element equal to `value`?
template <class Range, class Value>
constexpr bool contains(const Range& range, const Value& value) {
  for (const auto& each : range)
    if (each == value) return true;
  return false;
}

/// Does an element satisfy `test`, a function or a member?
template <class Range, class Test>
constexpr bool any_of(Range&& range, Test test) {
  for (auto& each : range)
    if (detail::of(test, each)) return true;
  return false;
}

/// The first element whose `member`, or what `member(element)` returns, is the least; the end if there is none.
template <class Range, class Member>
constexpr auto least_by(Range&& range, Member member) {
  auto least = range.begin();
  for (auto at = range.begin(); at != range.end(); ++at)
    if (detail::of(member, *at) < detail::of(member, *least)) least = at;
  return least;
}

}  // namespace ilnp
