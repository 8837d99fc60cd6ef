#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "../base/frame_class.hpp"
#include "../base/hash_key.hpp"
#include "../base/layer.hpp"
#include "../posix/overflow_count.hpp"
#include "../posix/receive_batch.hpp"
#include "../posix/send_queue.hpp"
#include "../posix/system_secret.hpp"
#include "group_address.hpp"
#include "link_config.hpp"
#include "link_watch.hpp"
#include "mcast_sockets.hpp"
#include "mcast_udp_counters.hpp"
#include "memberships.hpp"

namespace ilnp {

/// The underlay of real nodes: a locator is a group of UDP over IPv6 multicast, on one network interface
/// (docs/behaviour.md, "Underlay"). Models `Underlay`.
///
/// Any number of nodes share a host and port; none ever receives a frame of its own. Frames arrive and leave
/// in batches (`recvmmsg`, `sendmmsg`), and several in one buffer where the kernel can (UDP GRO and GSO).
/// Control messages (the network layer says which these are: `classify`) have a socket of their own and overtake data, so that
/// they are heard under overload.
///
/// A locator that has been joined stays wanted until it is left: if the interface goes and comes back, under
/// the same name, or the kernel loses memberships, its groups are joined again. What is wrong with the interface, and
/// whether frames can be sent, is shown to the observer (underlay/events.hpp). Movable; one thread; allocates at
/// construction and in `join` only. Linux.
class McastUdp {
 public:
  /// Of this underlay.
  using Counters = McastUdpCounters;

  static constexpr int receive_buffer_octets = 4 << 20;    ///< requested from the kernel for data
  static constexpr int control_buffer_octets = 1 << 20;    ///< and for control messages
  static constexpr int send_buffer_octets = 4 << 20;       ///< requested from the kernel
  static constexpr std::size_t batch_buffers = 32;         ///< the most that one `receive` takes
  static constexpr std::size_t control_batch_buffers = 8;  ///< taken by one `receive`
  static constexpr Duration check_interval =
      LinkWatch::check_interval;  ///< between two looks at the interface

  /// Opens the sockets. Throws `std::invalid_argument` or `boost::system::system_error` with one line for the
  /// user: no such interface, a port in use by a program that does not share it, a loopback interface without
  /// a route for multicast. An interface that is down, or has no address yet, is not an error: the node waits for it.
  explicit McastUdp(const LinkConfig& config)
      : config_(detail::validated(config)),
        prefix_(config.user_id),
        sender_(detail::open_send_socket(config.mcast_loop)),
        link_(config.mcast_interface, Endpoint(prefix_.group(Locator{}), config.mcast_port)),
        // A firewall may pass nothing but that port.
        queue_(sender_.native_handle(), config.segmentation, config.mcast_port),
        wanted_(prefix_, config.mcast_port) {
    const int sender = sender_.native_handle();
    link_.begin(sender);
    if (link().index() == 0)
      throw boost::system::system_error(link().why(), "mcast_interface " + config.mcast_interface);
    loopback_ = (link().flags() & IFF_LOOPBACK) != 0;
    if (loopback_ && link().problem() == LinkProblem::no_route) {
      throw boost::system::system_error(link().why(), "mcast_interface " + config.mcast_interface +
                                                          " (it needs: ip -6 route add local ff12::/16 dev " +
                                                          config.mcast_interface + ")");
    }
    queue_.note_failures();
    comes_back_ = config.mcast_loop || loopback_;
    own_port_ = detail::local_port(sender);
    control_ = detail::open_receive_socket(config, filter(FrameClass::control));
    // Opened last, so that the kernel gives unicast, which only one socket gets, to this one: there it is
    // counted.
    data_ = detail::open_receive_socket(config, filter(FrameClass::data));
    handles_ = {control_.native_handle(), data_.native_handle(), link().native_handle()};
    receive_buffer_ = set_receive_buffer(data_.native_handle(), receive_buffer_octets);
    (void)set_receive_buffer(control_.native_handle(), control_buffer_octets);
    (void)set_send_buffer(sender, send_buffer_octets);
    // Both or neither: only then does the kernel show both filters the same buffers, so that each goes to
    // exactly one.
    coalesced_ = enable_receive_coalescing(data_.native_handle()) &&
                 enable_receive_coalescing(control_.native_handle());
  }

  // As a layer.

  /// From now on frames that `classifier` says are control messages have the other socket, and travel alone; until then
  /// all frames are data. To be called before `join`. Throws `boost::system::system_error`.
  void classify(const FrameClassifier& classifier) {
    classifier_ = classifier;
    detail::require_filter(control_.native_handle(), filter(FrameClass::control));
    detail::require_filter(data_.native_handle(), filter(FrameClass::data));
  }

  /// Becomes a member of a locator's group. While the interface is away the locator is only noted: no error.
  error_code join(Locator locator) { return wanted_.join(locator, receivers(), link().index()); }

  /// Leaves the group. Error: `Errc::not_joined`.
  error_code leave(Locator locator) {
    if (const Endpoint* group = wanted_.group(locator)) queue_.failures()->forget(*group);
    return wanted_.leave(locator, receivers(), link().index());
  }

  /// From here on `send` queues, until `end_batch`.
  void begin_batch() noexcept { batching_ = true; }

  /// Room in the send queue: a head that is written there is not copied.
  MutableBytes headroom(std::size_t size) noexcept { return queue_.headroom(size); }

  /// One frame to all other members of a locator. Within a batch the packet's payload is borrowed until `end_batch`; outside
  /// of one it has been sent when `send` returns. Error: `Errc::not_joined`, `Errc::message_too_long`, ENODEV if the interface
  /// is away; outside of a batch also the kernel's: the link is down, or has no address yet (EADDRNOTAVAIL: try again).
  template <ContextLike Cx>
  error_code send(Locator locator, const Packet& packet, Cx& cx) {
    [[maybe_unused]] const Packet::Sending sending(packet);
    if (packet.size() > config_.buffer_size) return Errc::message_too_long;
    const Endpoint* group = wanted_.group(locator);
    if (!group) return Errc::not_joined;
    if (link().index() == 0) return link().why();  // another interface may have its name by now
    if (!batching_) {
      const error_code error = queue_.send(*group, packet.head(), packet.payload());
      if (error) link_.look_at(queue_, prefix_, cx);
      return error;
    }
    // A train is classed by its first frame, so a control message travels alone.
    queue_.push(*group, packet.head(), packet.payload(),
                class_of(packet, classifier_) == FrameClass::control);
    return {};
  }

  /// Sends what the batch has queued, and ends it. Errors are counted.
  template <ContextLike Cx>
  void end_batch(Cx& cx) {
    queue_.flush();
    batching_ = false;
    if (!queue_.failures()->empty()) link_.look_at(queue_, prefix_, cx);
  }

  /// Hands up a frame that arrived.
  template <ContextLike Cx, class Up>
  void feed(FrameSource from, MutableBytes frame, Cx&, Up&& up) {
    up(from, frame);
  }

  /// Within a batch: nothing that it borrowed so far is needed any more.
  void keep_queued() noexcept { queue_.keep(); }

  /// Checks the interface, and joins again if necessary. True if the link has become usable: the node should
  /// announce itself again.
  template <ContextLike Cx>
  bool on_timer(Cx& cx) {
    if (cx.now() < link_.next_deadline()) return false;
    const bool back = link_.look(sender_.native_handle(), receivers(), wanted_, cx);
    queue_.forget_refusals();  // the MTU may have grown
    link_.look_at(queue_, prefix_, cx);
    overflow_.look(data_.native_handle(), control_.native_handle(), own_buffers(), counters_.control_in);
    return back;
  }

  TimePoint next_deadline() const noexcept { return link_.next_deadline(); }
  std::size_t max_frame() const noexcept { return config_.buffer_size; }

  // For the shell.

  /// The descriptors to wait for: when one is readable, call `receive`. Valid as long as this object; they
  /// stay the same.
  std::span<const int> native_handles() const noexcept {
    return std::span(handles_).first(link().native_handle() >= 0 ? 3 : 2);
  }

  /// Takes what waits, control messages first, and calls `sink(FrameSource, MutableBytes frame)` for each
  /// frame that counts. Does not block. The frames stay valid, and may be changed in place, until the next
  /// `receive`. Returns how many frames were taken, dropped ones included: 0 means that nothing waits. At
  /// most `control_batch_buffers` + `batch_buffers` buffers of up to 64 frames a call.
  template <class Sink>
  std::size_t receive(Sink&& sink) {
    std::size_t taken = 0;
    const auto take = [&](const ReceivedTrain& train) { taken += deliver(train, sink); };
    const std::size_t control = control_batch_.receive(control_.native_handle(), take);
    const std::size_t data = data_batch_.receive(data_.native_handle(), take);
    counters_.control_in += control;
    counters_.buffers_in += control + data;
    drained_ = control < control_batch_buffers && data < batch_buffers;
    if (control + data == 0) hear_of_changes();
    return taken;
  }
  /// If the kernel reports a change of the interface, it is checked soon.
  void hear_of_changes() { link_.hear_of_changes(); }

  /// The last `receive` took everything: waiting for readiness next saves a call that finds nothing.
  bool drained() const noexcept { return drained_; }

  /// The frames sent, received and dropped so far.
  Counters counters() const noexcept {
    Counters all = counters_;
    const SendQueue::Counters& sent = queue_.counters();
    all.frames_out = sent.datagrams;
    all.buffers_out = sent.buffers;
    all.send_errors = sent.errors;
    all.gso_refusals = sent.refusals;
    all.gso_fallbacks = sent.fallbacks;
    all.receive_overflow = overflow_.count();
    all.link_changes = link_.counters().changes;
    all.link_failures = link_.counters().failures;
    all.send_failures = link_.counters().send_failures;
    all.groups_lost = link_.counters().groups_lost;
    return all;
  }

  /// What the kernel granted for the receive buffer: a program may report that it is less than requested.
  BufferSize receive_buffer() const noexcept { return receive_buffer_; }
  /// Frames can be sent and heard on the interface.
  bool link_ready() const noexcept { return link().ready(); }
  /// Since when that has been so, or why it is not; `long_ago`: from the start.
  TimePoint link_since() const noexcept { return link_.since(); }
  /// Why they cannot; none if they can.
  error_code link_error() const noexcept { return link().why(); }
  /// The same in detail.
  const LinkMonitor& link() const noexcept { return link_.monitor(); }
  /// Why frames do not leave in trains.
  TrainsOff trains_off() const noexcept { return queue_.trains_off(); }

 private:
  /// Those of its sockets that receive frames.
  std::span<const int> receivers() const noexcept { return std::span(handles_).first(2); }

  /// What one of them is to receive.
  BpfProgram filter(FrameClass wanted) const noexcept {
    return own_frame_filter(own_port_, loopback_, wanted, classifier_);
  }

  template <class Sink>
  std::size_t deliver(const ReceivedTrain& train, Sink& sink) {
    const std::size_t count = train.count();
    const auto locator =
        train.destination != nullptr ? prefix_.locator(train.destination->ipi6_addr) : std::nullopt;
    if (!locator || !wanted_.contains(*locator)) {
      counters_.wrong_group += count;
    } else if (train.destination->ipi6_ifindex != link().index()) {
      counters_.wrong_interface += count;
    } else if (train.truncated) {
      counters_.truncated += count;
    } else {
      const FrameSource from = source_of(*locator, train.source);
      train.for_each([&](MutableBytes frame) {
        if (frame.size() > config_.buffer_size) {
          ++counters_.too_long;
        } else {
          ++counters_.frames_in;
          sink(from, frame);
        }
      });
    }
    return count;
  }

  /// The sender is the same for all frames of a node, whatever their locator. Nobody can choose an address or a port to look
  /// like another.
  FrameSource source_of(Locator locator, const Endpoint& source) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, &source.address(), sizeof halves);
    const std::uint64_t host = key_(halves[0], halves[1]) | 1;
    return {locator, key_(host, source.port()) | 1, host};
  }

  /// How many buffers the data socket's filter has discarded because this node itself sent them.
  std::uint64_t own_buffers() const noexcept {
    if (!comes_back_) return 0;
    return coalesced_ ? queue_.counters().buffers : queue_.counters().datagrams;
  }

  LinkConfig config_;
  GroupPrefix prefix_;
  HashKey key_ = HashKey::from(system_secret);
  OwnedSocket sender_;
  LinkWatch link_;
  SendQueue queue_;
  OwnedSocket data_;
  OwnedSocket control_;
  std::array<int, 3> handles_{};
  BufferSize receive_buffer_;
  bool coalesced_ = false;
  FrameClassifier classifier_ = all_data;
  std::uint16_t own_port_ = 0;
  bool loopback_ = false;   ///< the interface is `lo`
  bool comes_back_ = true;  ///< the kernel loops back what this node sends
  bool batching_ = false;
  bool drained_ = false;
  Memberships wanted_;
  ReceiveBatch data_batch_{batch_buffers};
  ReceiveBatch control_batch_{control_batch_buffers};
  OverflowCount overflow_;
  Counters counters_;
};

}  // namespace ilnp
