#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "../base/address.hpp"
#include "../base/context.hpp"
#include "../base/list.hpp"

namespace ilnp::tun {

/// The hosts whose packets come in, by name. A name means whom it means now; one that is unknown is looked for. A node that none of
/// them means causes at most one look-up of all names in `pause`, however many such nodes there are. One thread.
class AllowedHosts {
 public:
  static constexpr Duration pause = std::chrono::milliseconds(1);  ///< between two look-ups

  /// Those with these names.
  explicit AllowedHosts(std::vector<std::string> names) : names_(std::move(names)) {}

  /// There are none: every host comes in.
  bool empty() const noexcept { return names_.empty(); }
  /// Does one of the names mean `nid`? `layer` is a network layer or a transport.
  template <class Layer, ContextLike Cx>
  bool has(Nid nid, Layer& layer, Cx& cx) {
    const TimePoint now = cx.now();
    if (now - resolved_at_ >= pause) {
      resolved_at_ = now;
      nids_.clear();
      for (const std::string& name : names_)
        if (const result<Nid> found = layer.resolve(name, cx)) nids_.push_back(*found);
    }
    return std::find(nids_.begin(), nids_.end(), nid) != nids_.end();
  }

 private:
  std::vector<std::string> names_;
  List<Nid> nids_;  // what they meant then
  TimePoint resolved_at_ = long_ago;
};

}  // namespace ilnp::tun
