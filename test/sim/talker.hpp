#pragma once

#include "ilnp/sim.hpp"
#include "support/locators.hpp"
#include "support/print.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

/// The smallest possible stack: sends a text on a locator, delivers what it hears, and can be woken.
template <Underlay U>
class Talker {
 public:
  template <class... Args>
  explicit Talker(Args&&... args) : next_(std::forward<Args>(args)...) {}

  U& next_layer() noexcept { return next_; }

  template <class Cx>
  ilnp::error_code say(Locator on, std::string_view text, Cx& cx) {
    return next_.send(on, ilnp::Packet({}, ilnp::as_bytes(text)), cx);
  }

  template <class Cx, class Up>
  void feed(ilnp::FrameSource from, ilnp::MutableBytes frame, Cx& cx, Up&& up) {
    next_.feed(from, frame, cx, [&](const ilnp::FrameSource& source, ilnp::MutableBytes bytes) {
      if (echo) static_cast<void>(next_.send(source.interface, ilnp::Packet({}, bytes), cx));
      up(source, bytes);
    });
  }

  template <class Cx, class Up>
  void on_timer(Cx& cx, Up&&) {
    if (next_.on_timer(cx)) ++link_returned;
    if (alarm <= cx.now()) {
      woken.push_back(cx.now());
      alarm = period == Duration::zero() ? ilnp::never : cx.now() + period;
    }
  }
  template <class Cx>
  void end_batch(Cx& cx) {
    next_.end_batch(cx);
  }
  TimePoint next_deadline() const noexcept { return std::min(alarm, next_.next_deadline()); }

  bool echo = false;
  int link_returned = 0;
  Duration period{};
  TimePoint alarm = ilnp::never;
  std::vector<TimePoint> woken;

 private:
  U next_;
};

using TalkerNode = ilnp::sim::SimNode<Talker<ilnp::sim::SimUnderlay>>;

/// A talker that has joined some networks and keeps what it hears.
struct Person : TalkerNode {
  struct Heard {
    TimePoint time;
    Locator on;
    std::uint64_t from;
    std::string text;
  };

  Person(ilnp::sim::World& in, std::string name, const std::vector<Locator>& locators)
      : TalkerNode(in, std::move(name)) {
    for (const Locator locator : locators) BOOST_TEST(!underlay().join(locator));
    on_receive([this](const ilnp::FrameSource& from, ilnp::Bytes bytes) {
      heard.push_back({world().now(), from.interface, from.sender, std::string(ilnp::as_text(bytes))});
    });
  }

  ilnp::error_code say(Locator on, std::string_view text) {
    return with([&](auto& stack, auto& cx) { return stack.say(on, text, cx); });
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const auto& each : heard) all.push_back(each.text);
    return all;
  }

  std::vector<Heard> heard;
};

}  // namespace ilnp::test
