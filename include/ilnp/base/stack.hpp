#pragma once

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "layer.hpp"

namespace ilnp {

namespace detail {

template <class Layer>
concept HasNextLayer = requires(Layer& layer) {
  layer.next_layer();
};
template <class Layer>
using NextLayerOf = std::remove_cvref_t<decltype(std::declval<Layer&>().next_layer())>;

template <class Layer>
constexpr bool network_below() noexcept {
  if constexpr (HasNextLayer<Layer>) {
    return NetworkLayer<NextLayerOf<Layer>> || network_below<NextLayerOf<Layer>>();
  } else {
    return false;
  }
}

/// The uppermost layer of a stack for which `Is` is true; the lowest layer if it is true for none.
template <template <class> class Is, class Layer>
auto& uppermost(Layer& layer) noexcept {
  if constexpr (Is<std::remove_const_t<Layer>>::value || !HasNextLayer<Layer>) {
    return layer;
  } else {
    return uppermost<Is>(layer.next_layer());
  }
}
template <class>
using IsNone = std::false_type;
template <class Layer>
using IsUnderlay = std::bool_constant<Underlay<Layer>>;
template <class Layer>
using IsNetworkLayer = std::bool_constant<NetworkLayer<Layer>>;
template <class Layer>
using IsLowestNetworkLayer = std::bool_constant<NetworkLayer<Layer> && !network_below<Layer>()>;

/// The class that declares a member function.
template <class Class, class Result>
Class declaring(Result (Class::*)() const);

/// The layer has no counters of its own: its adaptor returns those of the layer below.
template <class Layer>
concept ForwardsCounters = requires {
  typename decltype(declaring(&Layer::counters))::adaptor;
  requires std::is_same_v<typename decltype(declaring(&Layer::counters))::adaptor,
                          decltype(declaring(&Layer::counters))>;
};

}  // namespace detail

/// The innermost layer of a stack: its underlay. Follows `next_layer()` down.
template <class Layer>
auto& lowest_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsNone>(layer);
}

/// The lowest network layer of a stack, whatever was inserted above or below it; the lowest layer if there is none.
template <class Layer>
auto& network_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsLowestNetworkLayer>(layer);
}

/// The uppermost network layer of a stack, on which transports stand: a second one sends its packets there. The lowest layer if
/// there is none.
template <class Layer>
auto& upper_network_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsNetworkLayer>(layer);
}

/// The uppermost underlay of a stack: the layer on which a batch begins. The lowest layer if there is none.
template <class Layer>
auto& underlay_layer(Layer& layer) noexcept {
  return detail::uppermost<detail::IsUnderlay>(layer);
}

/// The type of `lowest_layer(stack)`.
template <class Stack>
using LowestLayerOf = std::remove_cvref_t<decltype(lowest_layer(std::declval<Stack&>()))>;
/// The type of `network_layer(stack)`.
template <class Stack>
using NetworkLayerOf = std::remove_cvref_t<decltype(network_layer(std::declval<Stack&>()))>;

/// A stack that a shell can run, whatever lies above its network layer and between its layers.
template <class Stack>
concept RunnableStack = StartableNetwork<NetworkLayerOf<Stack>> && PollableUnderlay<LowestLayerOf<Stack>>;

/// The largest datagram to `nid` (0: to any node) that a transport sends in one frame, in octets, even if a layer fragments
/// larger ones. Such a layer has a member `frame_payload`; layers above it need as much room as their `max_payload` says.
template <TransportLayer Layer>
std::size_t frame_payload(const Layer& layer, Nid nid = {}) noexcept {
  if constexpr (requires { layer.frame_payload(nid); }) {
    return layer.frame_payload(nid);
  } else {
    const std::size_t whole = layer.max_payload(nid);
    if constexpr (detail::HasNextLayer<const Layer>) {
      if constexpr (TransportLayer<detail::NextLayerOf<const Layer>>) {
        const std::size_t below = layer.next_layer().max_payload(nid);
        const std::size_t own = below - std::min(below, whole);
        const std::size_t frame = frame_payload(layer.next_layer(), nid);
        return frame - std::min(frame, own);
      }
    }
    return whole;
  }
}

/// Tells the nodes with which this node has traffic that it shuts down, if a layer of the stack can. Call it before `stop`.
template <class Layer, ContextLike Cx>
void say_goodbye(Layer& layer, Cx& cx) {
  if constexpr (requires { layer.say_goodbye(cx); }) {
    layer.say_goodbye(cx);
  } else if constexpr (detail::HasNextLayer<Layer>) {
    say_goodbye(layer.next_layer(), cx);
  }
}

/// Calls `f(layer, name, value)` for each counter of a stack, from the top down: `layer` is the name of the layer that
/// counts, or of its guard. For display, not for the packet path.
template <class Layer, class F>
void for_each_counter(const Layer& layer, F&& f) {
  const auto show = [&](const auto& counters) {
    counters.for_each([&](std::string_view name, std::uint64_t value) {
      f(std::string_view(std::remove_cvref_t<decltype(counters)>::layer), name, value);
    });
  };
  if constexpr (requires { std::remove_cvref_t<decltype(layer.counters())>::layer; })
    if constexpr (!detail::ForwardsCounters<Layer>) show(layer.counters());
  if constexpr (requires { layer.guard().counters(); }) show(layer.guard().counters());
  if constexpr (detail::HasNextLayer<const Layer>) for_each_counter(layer.next_layer(), f);
}

}  // namespace ilnp
