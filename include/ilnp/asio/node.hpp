#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <concepts>
#include <forward_list>
#include <memory>
#include <type_traits>
#include <utility>

#include "../base/arena.hpp"
#include "../base/stack.hpp"
#include "clock.hpp"
#include "name_event.hpp"
#include "ping_event.hpp"
#include "turn.hpp"

namespace ilnp {

/// An `io_context`, for example: what constructors take in place of its executor.
template <class Context>
concept ExecutionContext = std::derived_from<Context, boost::asio::execution_context>;

/// Runs a stack on an Asio executor: waits until the underlay is readable or the next deadline has come, feeds the
/// frames upwards in batches, and at the end of each batch sends what was queued in the meantime.
///
///     readable:  begin batch, receive: stack.feed(..., up) for each frame, up.flush(), stack.end_batch(context)
///     deadline:  stack.on_timer(..., up), up.flush(), stack.end_batch(context)
///     with(f):   begin batch, f(stack, context), up.flush(), stack.end_batch(context)
///
/// `with` within a batch, as in `up`, does not end it: what it sends is copied, and leaves when the batch ends.
///
/// Time that passes while the machine sleeps, or the process is stopped, counts. After such a time the node first tells the
/// network layer that what it knows, and what waits in the underlay, is old.
///
/// `Up` is called with what the stack hands up (if it does not take packets of an unknown protocol, they are dropped and counted;
/// if it does not take anything else, that does not compile). The octets are valid until the batch ends. If it has a member
/// `flush()`, that is called before. It may call `with`.
///
/// An exception that `up`, an observer or a sink of the stack throws leaves the executor's `run`, as usual in Asio. Before that
/// the rest of the batch is delivered and sent, and the node waits again, so the caller can call `run` once more. Of several
/// exceptions in one batch the first one leaves.
///
/// Refers to the stack, which must outlive it. One thread: call it from the executor, or while that does not run. The
/// underlay's descriptors stay the underlay's. The node does not move; destroying it stops it, but not from within `up`.
template <RunnableStack Stack, class Up, class Observer = NoObserver, class TimeSource = BootClock,
          class Executor = boost::asio::any_io_executor>
class Node {
 public:
  using executor_type = Executor;
  /// What it runs.
  using stack_type = Stack;
  /// The same with another executor.
  template <class Other>
  struct rebind_executor {
    using other = Node<Stack, Up, Observer, TimeSource, Other>;
  };

  /// The most batches that are received in a row before others on the executor have their turn.
  static constexpr int max_batches = 16;
  /// A deadline that `on_timer` leaves in the past is not tried again sooner than this.
  static constexpr Duration min_timer_pause = std::chrono::milliseconds(1);
  /// When a deadline is later than this, the node was not run for a while: the network layer is told.
  static constexpr Duration max_lateness = std::chrono::seconds(1);
  /// The node wakes up at least this often to notice that. This also bounds how late a timer can be that stopped while the
  /// machine slept.
  static constexpr Duration max_sleep = std::chrono::seconds(1);

  /// Refers to `stack`, and owns `up` and `observer`. Joins nothing until `start`.
  Node(const std::type_identity_t<Executor>& executor, Stack& stack, Up up, Observer observer = {})
      : stack_(stack),
        up_(std::move(up)),
        random_(random_seed(), &system_secret),
        cx_(TimeSource::now(), random_, {&names_, {&pings_, std::move(observer)}}),
        executor_(executor),
        timer_(executor) {}
  /// The same on the executor of an execution context, such as an `io_context`.
  template <ExecutionContext Io>
  Node(Io& context, Stack& stack, Up up, Observer observer = {})
      : Node(context.get_executor(), stack, std::move(up), std::move(observer)) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() { stop(); }

  /// Joins the first locators and begins to receive; after a `stop`, continues with the stack as it is. Error: the network
  /// layer's; then the node does not run. Throws `boost::system::system_error` if the underlay's descriptors cannot be watched.
  error_code start() {
    stop();
    alive_ = std::make_shared<const int>();
    Attempts attempts;
    error_code error;
    attempts([&] {
      for (const int descriptor : lowest_layer(stack_).native_handles()) {
        descriptors_.emplace_front(executor_);
        descriptors_.front().assign(descriptor);
        wait(descriptors_.front());
      }
      cx_.set_now(TimeSource::now());
      if (joined_) {
        armed_for_ = stopped_at_;
        notice_stop();
        armed_for_ = never;
      } else {
        error = network_layer(stack_).start(cx_);
        joined_ = !error;
      }
      if (!error) arm(cx_.now());
    });
    if (error || attempts.failed()) stop();
    attempts.rethrow();
    return error;
  }

  /// Stops receiving at once: no handler of this node runs afterwards, and the rest of a batch in which it is called is not
  /// handed up. The stack keeps its state, which can still be read.
  void stop() noexcept {
    ++run_;
    if (alive_) stopped_at_ = TimeSource::now();
    alive_.reset();
    timer_.cancel();
    armed_for_ = never;
    // The underlay opened these and closes them; Asio only releases them.
    for (auto& descriptor : descriptors_) descriptor.release();
    descriptors_.clear();
  }

  /// Calls `f(stack, context)` now, as a batch. What it sends must stay valid until `with` returns: by then it has left or,
  /// within another batch, was copied. Returns the result of `f`.
  template <class F>
  decltype(auto) with(F&& f) {
    const Turn turn(*this);
    return std::forward<F>(f)(stack_, cx_);
  }

  const executor_type& get_executor() const noexcept { return executor_; }
  /// To read it, or to call what needs no context. To send, use `with`.
  Stack& stack() noexcept { return stack_; }
  /// For reading.
  const Stack& stack() const noexcept { return stack_; }
  /// For operations that wait until a name is known.
  NameEvent& names() noexcept { return names_; }
  /// For operations that wait for the reply to a ping (`async_ping`).
  PingEvent& pings() noexcept { return pings_; }

 private:
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Executor>;
  using Turn = NodeTurn<Node>;
  friend Turn;

  /// Not within another call to the stack.
  void begin_call() {
    cx_.set_now(TimeSource::now());
    notice_stop();
  }
  void end_call() { arm(cx_.now()); }
  /// Goes down the stack; afterwards the received frames are no longer lent.
  void end_batch() {
    stack_.end_batch(cx_);
    lent_.end();
  }
  /// Within a call to the stack, the layers above may still lend memory. Within a batch, nothing is sent yet; within `on_timer`,
  /// which is none, the queue of the lowest layer is sent.
  void end_within(bool batch) {
    if (batch) {
      lowest_layer(stack_).keep_queued();
    } else {
      lowest_layer(stack_).end_batch(cx_);
    }
  }

  void flush_up() {
    if constexpr (requires { up_.flush(); }) up_.flush();
  }
  auto& underlay() noexcept { return underlay_layer(stack_); }

  /// Hands up in this run of the node only: nothing after it was stopped. No exception of `up` passes through the layers.
  auto up(Attempts& attempt) noexcept {
    return [ this, &attempt, run =
             run_ ]<class Source>(const Source& source, MutableBytes octets) requires Takes<Up, Source> {
      if (run == run_) attempt([&] { up_(source, octets); });
    };
  }

  /// Wraps a handler so that it does nothing after the node was stopped, even if it was already queued.
  template <class F>
  auto unless_stopped(F f) {
    return [alive = std::weak_ptr<const int>(alive_), f](const error_code& error) {
      if (!error && !alive.expired()) f();
    };
  }

  void wait(Descriptor& descriptor) {
    descriptor.async_wait(boost::asio::posix::descriptor_base::wait_read, unless_stopped([this, &descriptor] {
                            const auto run = run_;
                            Attempts attempt;
                            attempt([&] { on_readable(); });
                            if (run == run_) attempt([&] { wait(descriptor); });
                            attempt.rethrow();
                          }));
  }

  void on_readable() {
    const auto run = run_;
    for (int batch = 0; batch < max_batches && run == run_; ++batch) {
      Turn turn(*this);
      const auto received = lowest_layer(stack_).receive([&](const FrameSource& from, MutableBytes frame) {
        if (run != run_) return;
        lent_.add(frame);  // shares no memory with others (see `PollableUnderlay`)
        turn.attempt([&] { stack_.feed(from, frame, cx_, up(turn.attempt)); });
      });
      if (received != 0 && !drained()) continue;
      turn.attempt([&] { caught_up(); });
      break;
    }
  }

  /// Nothing is left to receive, as far as the underlay can tell. Frames that arrive in the meantime are not missed:
  /// waiting finds them.
  bool drained() { return lowest_layer(stack_).drained(); }

  /// Outside of a batch, so that the layers see the errors of the control messages that they send.
  void on_deadline() {
    const auto run = run_;
    Attempts attempt;
    attempt([&] { begin_call(); });
    armed_for_ = never;
    if (behind_) attempt([&] { on_readable(); });  // even if there is nothing
    if (run == run_ && stack_.next_deadline() <= cx_.now()) {
      busy_ = true;
      attempt([&] { stack_.on_timer(cx_, up(attempt)); });
      attempt([&] { flush_up(); });
      attempt([&] { end_batch(); });
      busy_ = false;
    }
    if (run == run_) attempt([&] { arm(cx_.now() + min_timer_pause); });
    attempt.rethrow();
  }

  /// A deadline has long passed: tells the network layer, and ensures that waiting frames are taken at once.
  void notice_stop() {
    if (cx_.now() - armed_for_ <= max_lateness) return;
    behind_ = true;
    network_layer(stack_).resumed(std::exchange(armed_for_, never), cx_);
  }

  /// All waiting frames have been taken.
  void caught_up() {
    if (std::exchange(behind_, false)) network_layer(stack_).caught_up(cx_);
  }

  /// A timer that fires too early is harmless, and cheaper than setting it again for each packet: only an earlier
  /// deadline sets it.
  void arm(TimePoint earliest) {
    const TimePoint wanted = behind_ ? earliest : stack_.next_deadline();
    const TimePoint due = std::max(std::min(wanted, cx_.now() + max_sleep), earliest);
    if (!alive_ || due >= armed_for_) return;
    armed_for_ = due;
    timer_.expires_after(std::max(due - TimeSource::now(), Duration::zero()));
    timer_.async_wait(unless_stopped([this] { on_deadline(); }));
  }

  Stack& stack_;
  Up up_;
  Random random_;
  NameEvent names_;
  PingEvent pings_;
  Context<NameObserver<PingObserver<Observer>>> cx_;
  Executor executor_;
  typename boost::asio::steady_timer::rebind_executor<Executor>::other timer_;
  TimePoint armed_for_ = never;
  [[no_unique_address]] LentFrames lent_;
  std::forward_list<Descriptor> descriptors_;
  std::shared_ptr<const int> alive_;  // while the node runs; handlers check it
  std::uint64_t run_ = 0;             // incremented by each stop
  TimePoint stopped_at_ = never;
  bool joined_ = false;  // the network layer was started
  bool batching_ = false;
  bool busy_ = false;
  bool behind_ = false;  // it was not run for a while, and has not yet taken all waiting frames
};

}  // namespace ilnp
