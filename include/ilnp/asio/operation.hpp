#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <tuple>
#include <utility>

namespace ilnp {

/// The default completion token of an executor; `void` if it has none.
template <class Executor>
using DefaultToken = typename boost::asio::default_completion_token<Executor>::type;

namespace detail {

/// A completion handler with its arguments.
template <class Handler, class... Arguments>
struct CompletedCall {
  using allocator_type = boost::asio::associated_allocator_t<Handler>;
  allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler); }
  void operator()() { std::apply(std::move(handler), std::move(arguments)); }

  Handler handler;
  std::tuple<Arguments...> arguments;
};

/// The completion handler of an operation that takes its steps on the executor `own` of a node, whatever the handler is bound to:
/// those touch the node. The handler itself is called on its own executor; by default, that is `own`.
template <class Handler>
class Relayed {
 public:
  using executor_type = boost::asio::any_io_executor;
  using allocator_type = boost::asio::associated_allocator_t<Handler>;
  using cancellation_slot_type = boost::asio::associated_cancellation_slot_t<Handler>;

  Relayed(Handler handler, const executor_type& own)
      : handler_(std::move(handler)), own_(own), work_(boost::asio::get_associated_executor(handler_, own)) {}

  executor_type get_executor() const noexcept { return own_; }
  allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler_); }
  cancellation_slot_type get_cancellation_slot() const noexcept {
    return boost::asio::get_associated_cancellation_slot(handler_);
  }

  template <class... Arguments>
  void operator()(Arguments&&... arguments) && {
    const auto executor = work_.get_executor();
    boost::asio::dispatch(executor, CompletedCall<Handler, std::decay_t<Arguments>...>{
                                        std::move(handler_), {std::forward<Arguments>(arguments)...}});
  }

 private:
  Handler handler_;
  executor_type own_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, executor_type>> work_;
};

template <class Signature, class Executor>
struct InitiateOperation {
  using executor_type = Executor;
  const executor_type& get_executor() const noexcept { return executor; }

  template <class Handler, class Operation>
  void operator()(Handler&& handler, Operation&& operation) const {
    using Own = Relayed<std::decay_t<Handler>>;
    const boost::asio::any_io_executor own(executor);
    Own relayed(std::forward<Handler>(handler), own);
    boost::asio::async_compose<Own, Signature>(std::forward<Operation>(operation), relayed, own);
  }

  Executor executor;
};

}  // namespace detail

/// Begins `operation`, a function object as `async_compose` takes it, on the executor of a node. It is called first within the
/// call that begins it. Cancellation is the operation's business, of every type: see `OperationSteps`.
template <class Signature, class Executor, class Operation, class Token>
auto async_operation(const Executor& executor, Operation operation, Token&& token) {
  return boost::asio::async_initiate<Token, Signature>(
      detail::InitiateOperation<Signature, Executor>{executor}, token, std::move(operation));
}

/// What operations on sockets and streams have in common. Derive from it, and call `begin` first in each step.
class OperationSteps {
 protected:
  /// True in the first step. From then on the operation can be cancelled, by each type of cancellation: before it completes it
  /// has no effect.
  template <class Self>
  bool begin(Self& self) {
    if (std::exchange(begun_, true)) return false;
    self.reset_cancellation_state(boost::asio::enable_total_cancellation());
    return true;
  }
  /// True if somebody has asked to cancel this operation.
  template <class Self>
  static bool cancelled(const Self& self) noexcept {
    return self.cancelled() != boost::asio::cancellation_type::none;
  }
  /// Calls the operation once more, but not within this call.
  template <class Self>
  static void again(Self& self) {
    const auto executor = self.get_io_executor();
    boost::asio::post(executor, std::move(self));
  }

 private:
  bool begun_ = false;
};

}  // namespace ilnp
