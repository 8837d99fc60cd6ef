#pragma once

#include <exception>

namespace ilnp {

/// Steps that are all taken, whatever becomes of the others. Keeps the first exception.
class Attempts {
 public:
  /// Calls `step`. Keeps the exception that it throws, if it is the first.
  template <class Step>
  void operator()(Step&& step) noexcept {
    try {
      step();
    } catch (...) {
      if (!first_) first_ = std::current_exception();
    }
  }
  /// True if an exception is kept.
  bool failed() const noexcept { return first_ != nullptr; }
  /// Throws the exception that was kept. No effect if there is none.
  void rethrow() const {
    if (first_) std::rethrow_exception(first_);
  }

 private:
  std::exception_ptr first_;
};

/// One batch of a `Node`; or, within a batch, a part of it whose octets are copied at its end, because they need not stay valid
/// for longer. An exception of an attempt within it, or of its end, leaves when the batch has ended. A friend of the node.
template <class Node>
class NodeTurn {
 public:
  /// Begins it.
  explicit NodeTurn(Node& node) : node_(node), within_batch_(node.batching_), within_call_(node.busy_) {
    if (!within_call_) node.begin_call();
    if (!within_batch_) node.underlay().begin_batch();
    node.batching_ = node.busy_ = true;
  }
  NodeTurn(const NodeTurn&) = delete;
  NodeTurn& operator=(const NodeTurn&) = delete;
  /// Ends it. Throws the first exception of its attempts, unless another one is on its way.
  ~NodeTurn() noexcept(false) {
    attempt([&] { node_.flush_up(); });
    if (within_call_) {
      attempt([&] { node_.end_within(within_batch_); });
    } else {
      attempt([&] { node_.end_batch(); });
    }
    node_.batching_ = within_batch_;
    node_.busy_ = within_call_;
    if (!within_call_) attempt([&] { node_.end_call(); });
    if (std::uncaught_exceptions() == exceptions_) attempt.rethrow();
  }

  Attempts attempt;  ///< steps of this batch

 private:
  Node& node_;
  const bool within_batch_;
  const bool within_call_;
  const int exceptions_ = std::uncaught_exceptions();
};

}  // namespace ilnp
