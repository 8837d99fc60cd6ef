#pragma once

#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "event_queue.hpp"
#include "frame_pool.hpp"
#include "host.hpp"

namespace ilnp::sim {

/// A frame when it is put on a network, before anything happens to it. `bytes` are valid only during the call.
struct SentFrame {
  TimePoint time;   ///< when it was put there
  Locator network;  ///< where it is
  HostId host;      ///< the host that sent it
  Bytes bytes;      ///< valid only during the call
};

/// A check has found a violation; `what()` says when, and what.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Virtual time and everything that happens in it: one queue of events, one seed, no sleeping, no operating system. The
/// same program with the same seed gives the same run. Must outlive its nodes; one thread.
class World {
 public:
  /// The same seed gives the same run.
  explicit World(std::uint64_t seed) : seed_(seed), seeds_(seed) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// As it was constructed.
  std::uint64_t seed() const noexcept { return seed_; }
  /// The virtual time.
  TimePoint now() const noexcept { return now_; }
  /// The seed for another independent stream of random numbers: draws in one part shift nothing in another.
  std::uint64_t next_seed() noexcept { return seeds_(); }

  /// The network of that name; the first call makes it, with `defaults`. The reference remains valid.
  Network& network(Locator locator) {
    const auto found = networks_.find(locator);
    if (found != networks_.end()) return found->second;
    return networks_.try_emplace(locator, locator, defaults, mix64(seed_ ^ mix64(locator.value())))
        .first->second;
  }

  /// Of networks that have not been used yet.
  Conditions defaults;
  /// Frames that reach a host at the same time are delivered in batches of at most this many.
  std::size_t batch_limit = 32;

  /// Calls `call` at `time` (if that is past, after everything that is due now).
  void at(TimePoint time, std::function<void()> call) {
    schedule(time, Duration::zero(), never, std::move(call));
  }
  /// Calls `call` when this time has passed.
  void after(Duration delay, std::function<void()> call) { at(now_ + delay, std::move(call)); }
  /// Calls `call` at `first`, and then every `period` while the time is before `until`.
  void every(Duration period, TimePoint first, TimePoint until, std::function<void()> call) {
    schedule(first, period, until, std::move(call));
  }

  /// `tap` sees every frame that is put on any network.
  void tap(std::function<void(const SentFrame&)> tap) { taps_.push_back(std::move(tap)); }
  /// `tap` sees every frame that a network has duplicated for the host `to` (`Conditions::duplication`).
  void tap_duplicates(std::function<void(const SentFrame&, HostId to)> tap) {
    duplicate_taps_.push_back(std::move(tap));
  }
  /// A frame for which `condition(frame, to)` is true is lost on its way to the host `to`, in addition to random losses.
  void lose_if(std::function<bool(const SentFrame&, HostId to)> condition) {
    losses_.push_back(std::move(condition));
  }
  /// `tap` sees every frame that is lost on its way to the host `to`, at random or by a condition.
  void tap_losses(std::function<void(const SentFrame&, HostId to)> tap) {
    loss_taps_.push_back(std::move(tap));
  }
  /// `tap` sees every frame that will arrive at the host `to`, and when; a duplicate is one more arrival. The host may have left
  /// the network or crashed by then.
  void tap_arrivals(std::function<void(const SentFrame&, HostId to, TimePoint when)> tap) {
    arrival_taps_.push_back(std::move(tap));
  }
  /// `check` runs after every event, when all nodes are idle: the place for invariants.
  void after_event(std::function<void()> check) { checks_.push_back(std::move(check)); }
  /// For checks: the hosts that did something in this event (or, if a test made them, since the previous one), each once.
  const std::vector<HostId>& touched() const noexcept { return touched_; }
  /// For checks and taps: reports a violation. After this event the run ends with a `Violation` for the first one reported.
  void violated(const std::string& what) {
    if (violation_.empty()) violation_ = at_time(now_) + what;
  }

  /// Processes everything that is due up to `time`, which is then `now()`. Throws `Violation` when a check reports one.
  void run_until(TimePoint time) {
    if (!touched_.empty() || !violation_.empty()) finish_event();  // what was done before
    while (!queue_.empty() && queue_.top().time <= time) step();
    now_ = std::max(now_, time);
  }
  /// Lets this time pass.
  void run_for(Duration duration) { run_until(now_ + duration); }

  /// How many have happened.
  std::uint64_t events() const noexcept { return events_; }
  /// Null if it has left the world.
  const SimHost* host(HostId id) const noexcept { return id < hosts_.size() ? hosts_[id] : nullptr; }

  /// `time` as text for messages: seconds since the start.
  static std::string at_time(TimePoint time) {
    const auto nanoseconds = std::to_string(1'000'000'000 + time.time_since_epoch().count() % 1'000'000'000);
    return std::to_string(time.time_since_epoch().count() / 1'000'000'000) + '.' + nanoseconds.substr(1) +
           " s: ";
  }

  // For hosts and underlays.

  /// Notes that something of this host may have changed: the checkers look at it.
  void touch(HostId host) {
    if (host >= is_touched_.size()) is_touched_.resize(host + 1);
    if (std::exchange(is_touched_[host], std::uint8_t{1}) == 0) touched_.push_back(host);
  }

  /// For `SimHost`: returns its number.
  HostId enter(SimHost& host) {
    hosts_.push_back(&host);
    return static_cast<HostId>(hosts_.size() - 1);
  }
  /// For `SimHost`: it is destroyed.
  void exit(HostId host) noexcept { hosts_[host] = nullptr; }

  /// Puts a copy of a frame on a network.
  void transmit(const SimHost& from, Locator locator, Bytes head, Bytes payload) {
    const std::uint32_t slot = pool_.acquire(locator, from.sender(), head, payload);
    const Bytes bytes = pool_[slot].bytes;
    const SentFrame frame{now_, locator, from.id(), bytes};
    for (const auto& tap : taps_) tap(frame);
    const auto arrives = [&](HostId to, TimePoint time, bool copy) {
      if (copy)
        for (const auto& tap : duplicate_taps_) tap(frame, to);
      for (const auto& tap : arrival_taps_) tap(frame, to, time);
      pool_.share(slot);
      queue_.push({time, 0, Event::Kind::frame, to, hosts_[to]->incarnation(), slot});
    };
    const auto doomed = [&](HostId to) {
      return std::ranges::any_of(losses_, [&](const auto& condition) { return condition(frame, to); });
    };
    const auto lost = [&](HostId to) {
      for (const auto& tap : loss_taps_) tap(frame, to);
    };
    network(locator).transmit(from.id(), bytes.size(), now_, arrives, doomed, lost);
    pool_.release(slot);
  }

  /// Returns a number by which the host distinguishes this wake-up from those that it no longer needs.
  std::uint64_t wake_at(TimePoint time, const SimHost& host) {
    return queue_.push({time, 0, Event::Kind::wake, host.id(), host.incarnation(), 0});
  }

 private:
  struct Call {
    std::function<void()> function;
    Duration period{};
    TimePoint until{};
  };

  void schedule(TimePoint first, Duration period, TimePoint until, std::function<void()> function) {
    if (free_calls_.empty()) {
      free_calls_.push_back(static_cast<std::uint32_t>(calls_.size()));
      calls_.emplace_back();
    }
    const std::uint32_t slot = free_calls_.back();
    free_calls_.pop_back();
    calls_[slot] = {std::move(function), period, until};
    queue_.push({std::max(first, now_), 0, Event::Kind::call, 0, 0, slot});
  }

  void step() {
    const Event event = queue_.pop();
    now_ = event.time;
    ++events_;
    switch (event.kind) {
      case Event::Kind::frame:
        deliver(event);
        break;
      case Event::Kind::wake:
        if (SimHost* host = addressee(event)) host->wake(event.sequence);
        break;
      case Event::Kind::call:
        run(event.slot);
        break;
    }
    finish_event();
  }

  void finish_event() {
    for (const auto& check : checks_) check();
    for (const HostId host : touched_) is_touched_[host] = 0;
    touched_.clear();
    if (!violation_.empty()) throw Violation(std::exchange(violation_, {}));
  }

  SimHost* addressee(const Event& event) const noexcept {
    SimHost* host = hosts_[event.host];
    return host != nullptr && host->incarnation() == event.incarnation ? host : nullptr;
  }

  void deliver(Event event) {
    SimHost* host = addressee(event);
    if (host == nullptr) return pool_.release(event.slot);
    host->begin_batch();
    for (std::size_t count = 1;; ++count) {
      const FrameInFlight& frame = pool_[event.slot];
      host->receive({frame.network, frame.sender}, frame.bytes);
      pool_.release(event.slot);
      if (count >= batch_limit || queue_.empty()) break;
      const Event& next = queue_.top();
      if (next.kind != Event::Kind::frame || next.time != now_ || next.host != event.host ||
          next.incarnation != event.incarnation)
        break;
      event = queue_.pop();
    }
    host->end_batch();
  }

  void run(std::uint32_t slot) {
    Call& call = calls_[slot];  // a deque: does not move while the function schedules others
    call.function();
    if (call.period > Duration::zero() && now_ + call.period < call.until) {
      queue_.push({now_ + call.period, 0, Event::Kind::call, 0, 0, slot});
    } else {
      call.function = nullptr;
      free_calls_.push_back(slot);
    }
  }

  std::uint64_t seed_;
  Random seeds_;
  TimePoint now_{};
  std::uint64_t events_ = 0;
  EventQueue queue_;
  FramePool pool_;
  std::map<Locator, Network> networks_;
  std::vector<SimHost*> hosts_;
  std::deque<Call> calls_;
  std::vector<std::uint32_t> free_calls_;
  std::vector<std::function<void(const SentFrame&)>> taps_;
  std::vector<std::function<void(const SentFrame&, HostId)>> duplicate_taps_;
  std::vector<std::function<bool(const SentFrame&, HostId)>> losses_;
  std::vector<std::function<void(const SentFrame&, HostId)>> loss_taps_;
  std::vector<std::function<void(const SentFrame&, HostId, TimePoint)>> arrival_taps_;
  std::vector<std::function<void()>> checks_;
  std::vector<HostId> touched_;
  std::vector<std::uint8_t> is_touched_;  // by host
  std::string violation_;
};

inline SimHost::SimHost(World& world, std::string name)
    : world_(world), name_(std::move(name)), id_(world.enter(*this)) {}
inline SimHost::~SimHost() { world_.exit(id_); }

}  // namespace ilnp::sim
