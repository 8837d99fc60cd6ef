#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <utility>

namespace ilnp {

/// The timers of operations that wait for an event, with what the event tells each of them. Whoever owns the event cancels a timer to
/// wake its operation, which completes later, from the executor: events occur in the middle of the packet path. Operations may outlive
/// this object. One thread.
template <class State>
class WaitingTimers {
 public:
  /// What an operation waits for.
  using Timer = boost::asio::steady_timer;
  /// One that waits.
  struct Entry {
    Timer timer;  ///< its handler runs when the wait ends
    State state;  ///< what the operation reads then
  };

  WaitingTimers() = default;
  WaitingTimers(const WaitingTimers&) = delete;
  WaitingTimers& operator=(const WaitingTimers&) = delete;

  std::size_t size() const noexcept { return entries_->size(); }
  /// Calls `f(entry)` for each operation that waits.
  template <class F>
  void for_each(F&& f) {
    for (Entry& each : *entries_) f(each);
  }

  /// The place of one operation.
  class Place {
   public:
    /// Adds an entry, which ends with this object. The timers may be destroyed first.
    Place(const WaitingTimers& timers, const boost::asio::any_io_executor& executor, State state)
        : all_(timers.entries_), own_(all_->insert(all_->end(), Entry{Timer(executor), std::move(state)})) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { all_->erase(own_); }

    /// The entry.
    Entry* operator->() const noexcept { return &*own_; }

   private:
    std::shared_ptr<std::list<Entry>> all_;
    typename std::list<Entry>::iterator own_;
  };

 private:
  std::shared_ptr<std::list<Entry>> entries_ = std::make_shared<std::list<Entry>>();
};

}  // namespace ilnp
