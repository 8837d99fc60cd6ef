#pragma once

#include <algorithm>
#include <boost/system/errc.hpp>
#include <vector>

#include "../base/arena.hpp"
#include "../base/layer.hpp"
#include "world.hpp"

namespace ilnp::sim {

/// The underlay of a simulated node: models the concept `ilnp::Underlay`. Within a batch it queues payloads by reference,
/// like the underlay on sockets, so a payload that does not live until the batch ends fails here, too.
class SimUnderlay {
 public:
  /// Frames.
  struct Counters {
    std::uint64_t sent = 0;        ///< by this node
    std::uint64_t received = 0;    ///< by this node
    std::uint64_t not_sent = 0;    ///< the link went down before the batch ended
    std::uint64_t not_joined = 0;  ///< was on its way when the locator was left
    std::uint64_t too_long = 0;    ///< received, but longer than `max_frame()`
  };

  /// Refers to the host, which must outlive it.
  explicit SimUnderlay(SimHost& host) noexcept : host_(host) {}
  ~SimUnderlay() {
    for (const Locator locator : joined_) network(locator).leave(host_.id());
  }
  SimUnderlay(const SimUnderlay&) = delete;
  SimUnderlay& operator=(const SimUnderlay&) = delete;

  error_code join(Locator locator) {
    if (joined(locator)) return {};
    if (std::ranges::find(refused_, locator) != refused_.end())
      return make_error_code(boost::system::errc::no_buffer_space);
    joined_.push_back(locator);
    network(locator).join(host_.id());
    return {};
  }

  error_code leave(Locator locator) {
    if (std::erase(joined_, locator) == 0) return Errc::not_joined;
    network(locator).leave(host_.id());
    return {};
  }

  void begin_batch() noexcept { batching_ = true; }

  /// Taken for one packet at a time.
  MutableBytes headroom(std::size_t size) {
    headroom_.expect_free();
    if (size > room_.size()) room_.resize(size);
    return headroom_.lend(MutableBytes(room_).first(size));
  }

  template <class Cx>
  error_code send(Locator locator, const Packet& packet, Cx&) {
    const error_code error = queue_or_transmit(locator, packet);
    headroom_.give_back();
    poison(room_);
    return error;
  }

  template <class Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    if (!joined(from.interface) || !link_up_) {
      ++counters_.not_joined;
    } else if (frame.size() > max_frame_) {
      ++counters_.too_long;
    } else {
      ++counters_.received;
      up(from, frame);
    }
  }

  template <class Cx>
  bool on_timer(Cx&) noexcept {
    return std::exchange(link_back_, false);
  }
  TimePoint next_deadline() const noexcept { return link_back_ ? TimePoint::min() : never; }

  template <class Cx>
  void end_batch(Cx&) {
    batching_ = false;
    headroom_.give_back();
    transmit_queued();
  }

  /// Within a batch: nothing that it borrowed so far is needed any more. What it queued is copied, or leaves if there is no room.
  void keep_queued() {
    borrowed_.end();
    for (; kept_ < queue_.size(); ++kept_) {
      const Bytes copy = octets_.copy(queue_[kept_].payload);
      if (copy.data() == nullptr) return transmit_queued();
      queue_[kept_].payload = copy;
    }
  }

  std::size_t max_frame() const noexcept { return max_frame_; }
  /// True if this node has joined the locator.
  bool joined(Locator locator) const noexcept { return std::ranges::find(joined_, locator) != joined_.end(); }
  const Counters& counters() const noexcept { return counters_; }

  // For tests (through `SimNode::with`, so that the node checks its deadlines afterwards).

  /// Frames longer than this are neither sent nor received.
  void set_max_frame(std::size_t size) noexcept { max_frame_ = size; }
  /// While the link is down, sending is an error and nothing is heard. `on_timer` reports when it is up again.
  void set_link(bool up) noexcept {
    link_back_ = up && !link_up_;
    link_up_ = up;
  }
  /// From now on the locator cannot be joined.
  void refuse(Locator locator) { refused_.push_back(locator); }
  /// All locators can be joined again.
  void refuse_none() noexcept { refused_.clear(); }

 private:
  struct Queued {
    Locator locator;
    Bytes head;
    Bytes payload;
  };

  Network& network(Locator locator) { return host_.world().network(locator); }

  error_code queue_or_transmit(Locator locator, const Packet& packet) {
    if (const error_code error = can_send(locator)) return error;
    if (packet.size() > max_frame_) return Errc::message_too_long;
    if (batching_) {
      const Bytes head = octets_.copy(packet.head());
      if (head.data() == nullptr) return make_error_code(boost::system::errc::no_buffer_space);
      queue_.push_back({locator, head, packet.payload()});
      borrowed_.borrow(packet.payload());
    } else {
      transmit(locator, packet.head(), packet.payload());
    }
    return {};
  }

  void transmit_queued() {
    borrowed_.end();
    for (const Queued& queued : queue_) {
      if (!link_up_) {
        ++counters_.not_sent;
      } else {  // even if the locator has been left since: the frame was sent before
        transmit(queued.locator, queued.head, queued.payload);
      }
    }
    queue_.clear();
    kept_ = 0;
    octets_.clear();
  }

  error_code can_send(Locator locator) const noexcept {
    if (!link_up_) return make_error_code(boost::system::errc::network_down);
    if (!joined(locator)) return Errc::not_joined;
    return {};
  }

  void transmit(Locator locator, Bytes head, Bytes payload) {
    ++counters_.sent;
    host_.world().transmit(host_, locator, head, payload);
  }

  SimHost& host_;
  std::size_t max_frame_ = 1440;
  bool batching_ = false;
  bool link_up_ = true;
  bool link_back_ = false;
  std::vector<Locator> joined_;
  std::vector<Locator> refused_;
  std::vector<Queued> queue_;
  std::vector<std::byte> room_ = std::vector<std::byte>(Packet::max_headroom);
  std::size_t kept_ = 0;  // the payloads of so many lie in `octets_`
  Arena octets_;
  Headroom headroom_;
  BorrowCheck borrowed_;
  Counters counters_;
};

static_assert(ilnp::Underlay<SimUnderlay>);

}  // namespace ilnp::sim
