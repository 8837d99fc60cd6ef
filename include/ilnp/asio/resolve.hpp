#pragma once

#include <boost/asio/error.hpp>
#include <memory>
#include <string>
#include <utility>

#include "../base/error.hpp"
#include "name_event.hpp"
#include "operation.hpp"

namespace ilnp {

/// The operation that waits until a host name is known: it looks once, and again when the node's `NameEvent` wakes it.
///
/// `State` is what the operation refers to, in place of the socket: `usable()`, `names()`, `cancels`, `executor`, and
/// `resolve(name)`. It may be null: then the socket is closed.
template <class State>
class Resolve : OperationSteps {
 public:
  /// `state`: that of the socket, which may be closed meanwhile; null if it is closed already.
  Resolve(std::shared_ptr<State> state, std::string host_name)
      : state_(std::move(state)), host_name_(std::move(host_name)) {}

  template <class Self>
  void operator()(Self& self, error_code = {}) {
    if (this->begin(self)) {
      if (state_) cancels_ = state_->cancels;
      return this->again(self);
    }
    if (!state_) return self.complete(boost::asio::error::bad_descriptor, Nid{});
    if (!state_->usable() || state_->cancels != cancels_ || this->cancelled(self))
      return self.complete(boost::asio::error::operation_aborted, Nid{});
    const result<Nid> nid = state_->resolve(host_name_);
    if (nid) return self.complete(error_code(), *nid);
    if (nid.error() != Errc::unknown_host) return self.complete(nid.error(), Nid{});
    if (!wait_) wait_ = std::make_unique<NameEvent::Wait>(state_->names(), state_->executor);
    NameEvent::Wait& wait = *wait_;
    wait.async_wait(std::move(self));
  }

 private:
  std::shared_ptr<State> state_;
  std::string host_name_;
  unsigned cancels_ = 0;
  std::unique_ptr<NameEvent::Wait> wait_;
};

}  // namespace ilnp
