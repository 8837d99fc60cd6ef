#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <tuple>
#include <type_traits>

#include "../base/stack.hpp"
#include "underlay.hpp"

namespace ilnp::sim {

/// Wraps the observer for a node's context, to distinguish it from the arguments of the stack.
template <class Observer>
struct Observing {
  Observer observer;  ///< copied into the context
};
template <class Observer>
Observing(Observer) -> Observing<Observer>;

/// A node of the world. It owns a stack whose lowest layer is a `sim::SimUnderlay`, and runs it: frames, timers, batches. The
/// stack is constructed in place from the arguments, followed by this node (a `SimHost&`) for the underlay:
///
///     sim::SimNode<STP<ILNP<sim::SimUnderlay>>> alice(world, "alice", config);
///
/// Neither copied nor moved. One thread.
template <class Stack, class Observer = NoObserver>
class SimNode : public SimHost {
 public:
  /// Constructs the stack from the arguments, which are kept for `restart`.
  template <class... Args>
  requires std::is_constructible_v<Stack, Args..., SimHost&> SimNode(World& world, std::string name,
                                                                     Args... args)
      : SimNode(world, std::move(name), Observing<Observer>{}, std::move(args)...) {}

  /// The same with an observer.
  template <class... Args>
  requires std::is_constructible_v<Stack, Args..., SimHost&> SimNode(World& world, std::string name,
                                                                     Observing<Observer> observing,
                                                                     Args... args)
      : SimHost(world, std::move(name)),
        random_(world.next_seed()),
        cx_(world.now(), random_, observing.observer) {
    make_ = [this, kept = std::tuple<Args...>(std::move(args)...)] {
      std::apply([this](const auto&... each) { stack_.emplace(each..., static_cast<SimHost&>(*this)); },
                 kept);
    };
    make_();
  }

  /// False after a crash.
  bool running() const noexcept { return stack_.has_value(); }
  /// For reading. Use `with` to make it act.
  const Stack& stack() const { return *stack_; }
  /// There must be a stack.
  SimUnderlay& underlay() { return lowest_layer(*stack_); }

  /// Calls `function(stack, context)` now, in a batch; then ends it, and schedules the stack's next wake-up. Within a batch it
  /// does not end that; what `function` has sent is copied.
  template <class Function>
  decltype(auto) with(Function&& function) {
    if (!stack_) throw std::logic_error(name() + " has crashed");
    if (asleep_) throw std::logic_error(name() + " is asleep");
    begin_batch();
    const struct End {
      SimNode& node;
      ~End() {
        node.end_batch();
        if (node.depth_ != 0) node.underlay().keep_queued();
      }
    } end{*this};
    return function(*stack_, cx_);
  }

  /// Starts the network layer, which joins its locators and announces the node.
  void start() {
    with([](auto& stack, auto& cx) { static_cast<void>(network_layer(stack).start(cx)); });
  }

  /// `handler(source, bytes)` receives what arrives at the top. Its first parameter must be the source type of the stack. Packets
  /// of a protocol that no transport of the stack owns are not for it: they are counted as dropped.
  template <class Handler>
  void on_receive(Handler handler) {
    set_handler(std::function(std::move(handler)));
  }

  /// How often the node has been woken again at the present time.
  unsigned wakes_at_once() const noexcept { return last_wake_ == world().now() ? wakes_at_once_ : 0; }

  /// Puts its link down, or up again.
  void set_link(bool up) {
    with([up](auto& stack, auto&) { lowest_layer(stack).set_link(up); });
  }

  /// From now on the node does nothing, like a sleeping machine or a stopped process. Up to `waits` frames that arrive in
  /// the meantime wait for it; the rest is lost.
  void suspend(std::size_t waits = 0) {
    if (depth_ != 0) throw std::logic_error(name() + " cannot be suspended within its own call");
    asleep_ = true;
    asleep_since_ = world().now();
    waits_ = waits;
  }

  /// Resumes the node. As the shell does, it tells the network layer, feeds it what waited, and tells it that this was
  /// everything.
  void resume() {
    asleep_ = false;
    const TimePoint since = std::min(wake_at_, asleep_since_);
    wake_at_ = never;
    with([&](auto& stack, auto& cx) {
      network_layer(stack).resumed(since, cx);
      for (const auto& [from, octets] : std::exchange(waiting_, {})) receive(from, octets);
      network_layer(stack).caught_up(cx);
    });
  }

  /// From now on the node hears nothing, and all state is lost. Must not be called from within this node's own batch:
  /// schedule it.
  void crash() {
    if (depth_ != 0) throw std::logic_error(name() + " cannot crash within its own call");
    stack_.reset();
    world().touch(id());
    ++incarnation_;
    wake_at_ = never;
    asleep_ = false;
    waiting_.clear();
  }

  /// Constructs the stack again from the arguments of the constructor. Does not start it.
  void restart() {
    crash();
    make_();
  }
  /// Constructs the stack again from other arguments (for example another NID).
  template <class... Args>
  requires(sizeof...(Args) > 0 &&
           std::is_constructible_v<Stack, Args..., SimHost&>) void restart(Args&&... args) {
    crash();
    stack_.emplace(std::forward<Args>(args)..., static_cast<SimHost&>(*this));
  }

 private:
  /// Its address identifies the type, like `typeid` but without run-time type information.
  template <class>
  static inline const char type_mark = 0;

  template <class Result, class Source, class Packet>
  void set_handler(std::function<Result(Source, Packet)> handler) {
    using Plain = std::remove_cvref_t<Source>;
    handler_ = [this, handler = std::move(handler)](const void* type, const void* source,
                                                    MutableBytes bytes) {
      if (type != &type_mark<Plain>) throw std::logic_error(name() + ": the handler is for another stack");
      handler(*static_cast<const Plain*>(source), bytes);
    };
  }

  auto up() {
    return [this]<class Source>(const Source& source, MutableBytes bytes) requires(
        NetworkLayer<Stack> || !std::same_as<Source, NetworkSource>) {
      if (handler_) handler_(&type_mark<Source>, &source, bytes);
    };
  }

  void begin_batch() override {
    if (asleep_ || depth_++ != 0) return;
    cx_.set_now(world().now());
    underlay_layer(*stack_).begin_batch();
  }

  void receive(FrameSource from, Bytes frame) override {
    if (asleep_) {
      if (waiting_.size() < waits_) waiting_.push_back({from, {frame.begin(), frame.end()}});
      return;
    }
    if (lent_count_ == lent_.size()) lent_.emplace_back();
    auto& lent = lent_[lent_count_++];
    lent.assign(frame.begin(), frame.end());
    stack_->feed(from, MutableBytes(lent), cx_, up());
  }

  void end_batch() override {
    if (asleep_ || --depth_ != 0) return;
    world().touch(id());
    stack_->end_batch(cx_);
    // The bytes are no longer valid: a layer that has kept them reads this.
    for (; lent_count_ != 0; --lent_count_) std::ranges::fill(lent_[lent_count_ - 1], std::byte{0xdd});
    const TimePoint deadline = std::max(stack_->next_deadline(), world().now());
    if (deadline >= wake_at_) return;  // the earlier wake-up will check again
    wake_at_ = deadline;
    wake_sequence_ = world().wake_at(deadline, *this);
  }

  void wake(std::uint64_t sequence) override {
    if (sequence != wake_sequence_ || asleep_) return;
    wake_at_ = never;
    wakes_at_once_ = last_wake_ == world().now() ? wakes_at_once_ + 1 : 0;
    last_wake_ = world().now();
    if (wakes_at_once_ > 10'000) throw std::logic_error(name() + ": its deadline does not move on");
    begin_batch();
    if (stack_->next_deadline() <= world().now()) {
      stack_->on_timer(cx_, up());
    }
    end_batch();
  }

  Random random_;
  Context<Observer> cx_;
  std::optional<Stack> stack_;
  std::function<void()> make_;
  std::function<void(const void*, const void*, MutableBytes)>
      handler_;                              // type of the source, source, payload
  std::deque<std::vector<std::byte>> lent_;  // a deque: lent bytes do not move
  std::size_t lent_count_ = 0;
  int depth_ = 0;
  bool asleep_ = false;
  TimePoint asleep_since_ = never;
  std::size_t waits_ = 0;
  std::vector<std::pair<FrameSource, std::vector<std::byte>>> waiting_;
  TimePoint wake_at_ = never;
  std::uint64_t wake_sequence_ = 0;
  TimePoint last_wake_ = never;
  unsigned wakes_at_once_ = 0;
};

}  // namespace ilnp::sim
