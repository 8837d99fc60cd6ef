#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../base/context.hpp"

namespace ilnp::sim {

/// A scheduled event. Small and trivially copyable, so that the queue moves only bits.
struct Event {
  /// What happens.
  enum class Kind : std::uint32_t { frame, wake, call };

  TimePoint time;             ///< when it happens
  std::uint64_t sequence;     ///< the order of scheduling, which decides between equal times
  Kind kind;                  ///< what happens
  std::uint32_t host;         ///< frame, wake: the receiver
  std::uint32_t incarnation;  ///< frame, wake: void if the host has crashed since
  std::uint32_t slot;         ///< frame: index in the pool; call: index in the list of calls
};

/// Events ordered by (time, sequence): two runs that schedule the same events process them in the same order. A binary
/// heap; one thread.
class EventQueue {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  /// The next event. There must be one.
  const Event& top() const noexcept { return heap_.front(); }

  /// Returns the sequence number of the event.
  std::uint64_t push(Event event) {
    event.sequence = ++sequence_;
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), Later{});
    return event.sequence;
  }

  /// Removes and returns it. There must be one.
  Event pop() {
    std::pop_heap(heap_.begin(), heap_.end(), Later{});
    const Event event = heap_.back();
    heap_.pop_back();
    return event;
  }

 private:
  struct Later {
    bool operator()(const Event& a, const Event& b) const noexcept {
      return a.time != b.time ? a.time > b.time : a.sequence > b.sequence;
    }
  };

  std::vector<Event> heap_;
  std::uint64_t sequence_ = 0;
};

}  // namespace ilnp::sim
