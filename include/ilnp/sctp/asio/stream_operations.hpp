#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "../../asio/operation.hpp"
#include "stream_handle.hpp"

namespace ilnp::detail {

/// Tries, and waits for the event if it would block.
template <class Handle, class Buffers, auto Try, auto Event>
class TransferOctets : OperationSteps {
 public:
  TransferOctets(std::shared_ptr<Handle> handle, const Buffers& buffers)
      : handle_(std::move(handle)), buffers_(buffers) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (done_) return self.complete(outcome_.first, outcome_.second);
    const bool first = this->begin(self);
    if (first) cancels_ = handle_->cancels;
    if (handle_->cancelled(cancels_) || this->cancelled(self))
      outcome_ = {boost::asio::error::operation_aborted, 0};
    else
      outcome_ = ((*handle_).*Try)(buffers_);
    if (outcome_.first == boost::asio::error::would_block) {
      auto& event = (*handle_).*Event;
      return event.async_wait(std::move(self));
    }
    if (!first) return self.complete(outcome_.first, outcome_.second);
    done_ = true;
    this->again(self);
  }

 private:
  std::shared_ptr<Handle> handle_;
  Buffers buffers_;
  unsigned cancels_ = 0;
  bool done_ = false;
  std::pair<error_code, std::size_t> outcome_{};
};

/// Looks for the node, if it has only a name, and connects.
template <class Handle>
class ConnectStream : OperationSteps {
 public:
  ConnectStream(std::shared_ptr<Handle> handle, Nid to, std::string host_name, std::uint16_t port,
                std::chrono::nanoseconds resolve_time)
      : handle_(std::move(handle)),
        to_(to),
        host_name_(std::move(host_name)),
        port_(port),
        resolve_time_(resolve_time) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (this->begin(self)) {
      cancels_ = handle_->cancels;
      until_ = Clock::now() + resolve_time_;
      return this->again(self);
    }
    if (handle_->cancelled(cancels_) || this->cancelled(self)) {
      if (connecting_) handle_->leave();
      return self.complete(boost::asio::error::operation_aborted);
    }
    if (connecting_) {
      if (handle_->id == StreamId{})
        return self.complete(handle_->over(boost::asio::error::connection_reset));
      return self.complete(error_code());
    }
    if (handle_->id != StreamId{}) return self.complete(boost::asio::error::already_connected);
    if (!host_name_.empty()) {
      const auto nid = handle_->resolve(host_name_);
      if (!nid && (nid.error() != Errc::unknown_host || Clock::now() >= until_))
        return self.complete(nid.error());
      if (!nid) {
        if (!wait_) wait_ = std::make_unique<NameEvent::Wait>(handle_->names(), handle_->executor);
        NameEvent::Wait& wait = *wait_;
        return wait.async_wait(until_, std::move(self));
      }
      to_ = *nid;
    }
    const auto id = handle_->node.with([&](auto& stack, auto& cx) { return stack.connect(to_, port_, cx); });
    if (!id) return self.complete(id.error());
    handle_->enter(*id);
    connecting_ = true;
    auto& connected = handle_->writable;
    connected.async_wait(std::move(self));
  }

 private:
  using Clock = typename Handle::Timer::clock_type;

  std::shared_ptr<Handle> handle_;
  Nid to_;
  std::string host_name_;
  std::uint16_t port_;
  std::chrono::nanoseconds resolve_time_;
  typename Clock::time_point until_{};
  unsigned cancels_ = 0;
  bool connecting_ = false;
  std::unique_ptr<NameEvent::Wait> wait_;
};

/// Ends both directions in order: says that no more will be sent, at once or when the peer has said so, and reads on till then.
template <class Handle>
class TeardownStream : OperationSteps {
 public:
  TeardownStream(std::shared_ptr<Handle> handle, bool say_first)
      : handle_(std::move(handle)), say_first_(say_first) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (this->begin(self)) {
      cancels_ = handle_->cancels;
      return this->again(self);
    }
    if (handle_->cancelled(cancels_) || this->cancelled(self))
      return self.complete(boost::asio::error::operation_aborted);
    if (say_first_ && !std::exchange(said_, true))
      if (const error_code error = handle_->shutdown_send()) return self.complete(error);
    std::array<char, 2048> unread;
    error_code error;
    while (!error) error = handle_->read(boost::asio::buffer(unread)).first;
    if (error == boost::asio::error::would_block) {
      auto& readable = handle_->readable;
      return readable.async_wait(std::move(self));
    }
    if (error == boost::asio::error::eof) error = {};
    if (!error && !say_first_ && handle_->id != StreamId{}) error = handle_->shutdown_send();
    handle_->leave();
    self.complete(error);
  }

 private:
  std::shared_ptr<Handle> handle_;
  bool say_first_;
  bool said_ = false;
  unsigned cancels_ = 0;
};

}  // namespace ilnp::detail
