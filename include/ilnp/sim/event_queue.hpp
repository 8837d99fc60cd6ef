#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "../context.hpp"

namespace ilnp::sim {

/// What is to happen. Small and without an owner, so that the queue moves bits only.
struct Event {
  enum class Kind : std::uint32_t { frame, wake, call };

  TimePoint time;
  std::uint64_t sequence;  ///< the order in which events were scheduled: decides between equal times
  Kind kind;
  std::uint32_t host;         ///< frame, wake: for whom
  std::uint32_t incarnation;  ///< frame, wake: void if the host has crashed since
  std::uint32_t slot;         ///< frame: in the pool; call: in the list of calls
};

/// Events by (time, sequence): two runs that schedule the same things see the same order. A binary heap; one
/// thread.
class EventQueue {
 public:
  bool empty() const noexcept { return heap_.empty(); }
  std::size_t size() const noexcept { return heap_.size(); }
  const Event& top() const noexcept { return heap_.front(); }

  /// Returns the sequence number that the event was given.
  std::uint64_t push(Event event) {
    event.sequence = ++sequence_;
    heap_.push_back(event);
    std::push_heap(heap_.begin(), heap_.end(), Later{});
    return event.sequence;
  }

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
