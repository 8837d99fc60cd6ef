#pragma once

#include <ilnp/base/adaptor.hpp>

namespace tutorial {

using namespace ilnp;

/// A layer to insert above a network layer: the node sends at most `rate` octets per second, in bursts of at most what it may send
/// in one second. Other packets are refused. Discovery and moves are not limited: they are below this layer.
template <NetworkLayer Next>
class Quota : public NetworkAdaptor<Next> {
 public:
  struct Counters {
    static constexpr std::string_view layer = "quota";
    std::uint64_t sent = 0;
    std::uint64_t refused = 0;

    void for_each(auto&& f) const { f("sent", sent), f("refused", refused); }
  };

  /// `rate`: at least 1. The other arguments go to the layer below.
  template <class... Args>
  explicit Quota(std::uint32_t rate, Args&&... args)
      : NetworkAdaptor<Next>(std::forward<Args>(args)...), rate_(rate) {}

  /// `hop_limit`: there is one if the packet has another hop limit than the node's other packets.
  error_code send(Nid to, std::uint8_t next_header, Packet& packet, auto& cx, auto... hop_limit) {
    const Duration cost = burst * static_cast<std::int64_t>(packet.size()) / rate_;
    const TimePoint paid = std::max(paid_until_, cx.now() - burst) + cost;
    if (paid > cx.now()) {
      ++counters_.refused;
      return make_error_code(boost::system::errc::resource_unavailable_try_again);
    }
    const error_code error = this->next_.send(to, next_header, packet, cx, hop_limit...);
    if (!error) {
      paid_until_ = paid;
      ++counters_.sent;
    }
    return error;
  }

  const Counters& counters() const { return counters_; }

 private:
  static constexpr Duration burst = std::chrono::seconds(1);

  std::uint32_t rate_;
  TimePoint paid_until_ = long_ago;
  Counters counters_;
};

}  // namespace tutorial
