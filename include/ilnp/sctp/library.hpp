#pragma once

#include <usrsctp.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <unordered_map>
#include <utility>
#include <vector>

#include "../base/bytes.hpp"
#include "../base/context.hpp"
#include "../wire/field.hpp"

namespace ilnp {

/// Where packets for an address (`sconn_addr`) go. For usrsctp the address is a number
/// that is never used again, so a packet for an abandoned address goes nowhere.
struct SctpAddress {
  /// Takes a packet, which is valid during the call.
  using Send = bool (*)(void* owner, Bytes packet);

  void* owner = nullptr;  ///< first argument of `send`
  Send send = nullptr;    ///< called from inside usrsctp, which it must not call; false if there was no room
};

/// usrsctp, of which there is one per process, since it keeps its state in globals. So all nodes with streams in a process
/// live on one thread. It runs without threads of its own: it works only inside a call, and `advance` sets the time.
///
/// It still draws its own random numbers (from /dev/urandom) and measures round trips
/// with `gettimeofday`, so a simulation with streams is not reproducible.
class SctpLibrary {
 public:
  /// Initializes usrsctp at the first call. Lives as long as the process.
  static SctpLibrary& instance() {
    static SctpLibrary library;
    return library;
  }
  SctpLibrary(const SctpLibrary&) = delete;
  SctpLibrary& operator=(const SctpLibrary&) = delete;

  /// Lets timers fire up to `now`. What they send goes to the outputs of the nodes.
  void advance(TimePoint now) {
    const auto time = std::chrono::time_point_cast<std::chrono::milliseconds>(now);
    if (time_ > time) time_ = time;  // another simulation begins
    // However long the machine slept: each timer fires at most once per call, and usrsctp would take a longer time for the past.
    const auto elapsed =
        std::min<std::chrono::milliseconds>(time - std::exchange(time_, time), std::chrono::hours(24));
    if (elapsed.count() > 0 && !first_) usrsctp_handle_timers(static_cast<std::uint32_t>(elapsed.count()));
    first_ = false;
  }

  /// Creates an address, which `leave` must return.
  void* enter(const SctpAddress& address) {
    // A number, never dereferenced.
    void* const name = reinterpret_cast<void*>(++last_);  // NOLINT(performance-no-int-to-ptr)
    addresses_.emplace(name, address);
    usrsctp_register_address(name);
    return name;
  }
  /// Ends an address: what usrsctp still sends there is lost.
  void leave(void* name) {
    addresses_.erase(name);
    usrsctp_deregister_address(name);
  }
  /// Writes the checksum into a packet.
  static void seal(MutableBytes packet) noexcept {
    wire::store(packet, checksum_at, std::uint32_t{0});
    const std::uint32_t sum = usrsctp_crc32c(packet.data(), packet.size());
    std::memcpy(packet.data() + checksum_at, &sum, sizeof sum);
  }
  /// Whether the checksum is correct. usrsctp checks its own packets; this is for those that it does not receive.
  bool is_sealed(Bytes packet) {
    scratch_.assign(packet.begin(), packet.end());
    seal(scratch_);
    return std::memcmp(scratch_.data() + checksum_at, packet.data() + checksum_at, sizeof(std::uint32_t)) ==
           0;
  }

  /// usrsctp's own counters, for the whole process.
  static sctpstat statistics() noexcept {
    sctpstat values{};
    usrsctp_get_stat(&values);
    return values;
  }

 private:
  SctpLibrary() {
    usrsctp_init_nothreads(0, &SctpLibrary::output, nullptr);
    // Extensions that nothing here uses. Without them a handshake has fewer parameters, and there is less to attack.
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_pr_enable(0);
    usrsctp_sysctl_set_sctp_auth_enable(0);
    usrsctp_sysctl_set_sctp_asconf_enable(0);
    usrsctp_sysctl_set_sctp_auto_asconf(0);
    usrsctp_sysctl_set_sctp_reconfig_enable(0);
    usrsctp_sysctl_set_sctp_nrsack_enable(0);
    usrsctp_sysctl_set_sctp_pktdrop_enable(0);
    usrsctp_sysctl_set_sctp_blackhole(0);  // a refused node is told
    // No limit: one chunk is sent repeatedly to probe a closed window, and a reader may pause for any time.
    // `SctpConfig::silence` decides whether the peer is there.
    usrsctp_sysctl_set_sctp_max_retran_chunk(0);
    usrsctp_sysctl_set_sctp_shutdown_guard_time_default(shutdown_time);
  }
  ~SctpLibrary() = default;  // what remains ends with the process

  /// Called from inside usrsctp: must not call it.
  static int output(void* name, void* packet, std::size_t size, std::uint8_t, std::uint8_t) {
    const SctpLibrary& self = instance();
    const auto found = self.addresses_.find(name);
    if (found == self.addresses_.end()) return 0;
    const SctpAddress& to = found->second;
    return to.send(to.owner, Bytes(static_cast<const std::byte*>(packet), size)) ? 0 : ENOBUFS;
  }

  static constexpr std::size_t checksum_at = 8;
  static constexpr std::uint32_t shutdown_time = 30;  // seconds until an orderly end is given up

  std::chrono::time_point<Clock, std::chrono::milliseconds> time_{};
  bool first_ = true;
  std::uintptr_t last_ = 0;
  std::unordered_map<void*, SctpAddress> addresses_;
  std::vector<std::byte> scratch_;
};

}  // namespace ilnp
