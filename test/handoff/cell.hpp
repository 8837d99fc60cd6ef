#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "ilnp/base/context.hpp"
#include "ilnp/sim/conditions.hpp"

namespace ilnp::test {

using namespace std::chrono_literals;

enum class Movers : std::uint8_t {
  one,         ///< the mobile node
  two,         ///< its first correspondent moves at the same time
  first_lost,  ///< and the first updates of both are lost in each move
  all_lost,    ///< and all updates of both are lost until the handoff is over
};

/// What the networks do to each frame, for each receiver.
struct Impairment {
  Duration delay{};
  Duration jitter{};  ///< delay ± jitter, never below 0
  double loss = 0;
  double reordering = 0;

  bool loses() const noexcept { return loss > 0; }
  bool keeps_order() const noexcept { return jitter == Duration::zero() && reordering == 0; }

  sim::Conditions conditions() const noexcept {
    sim::Conditions made;
    made.delay = std::max(Duration::zero(), delay - jitter);
    made.jitter = delay + jitter - made.delay;
    made.loss = loss;
    made.reordering = reordering;
    made.reordering_delay = 2 * (delay + jitter);
    return made;
  }
};

/// One cell of the table: which nodes move and how, over which networks, with how much traffic.
struct Cell {
  Movers movers = Movers::one;
  bool soft = true;
  Impairment network;
  int correspondents = 1;
  int rate = 1000;  ///< datagrams a second to each correspondent, and from each

  bool two() const noexcept { return movers != Movers::one; }
  /// Does this cell lose no updates and nothing else?
  bool lossless() const noexcept {
    return !network.loses() && (movers == Movers::one || movers == Movers::two);
  }

  /// The left side of its row: what distinguishes it from the others.
  std::string name() const {
    static constexpr const char* who[]{"one", "two", "two-1st-lost", "two-all-lost"};
    char text[128];
    std::snprintf(text, sizeof text, "%-12s %-4s %3lld %3lld %5.2f %4.1f %d %5d",
                  who[static_cast<int>(movers)], soft ? "soft" : "hard",
                  static_cast<long long>(network.delay / 1ms), static_cast<long long>(network.jitter / 1ms),
                  network.loss * 100, network.reordering * 100, correspondents, rate);
    return text;
  }
};

/// Loss by delay, with and without jitter; and two published profiles of wireless links.
inline std::vector<Impairment> impairments() {
  std::vector<Impairment> made;
  for (const double loss : {0.0, 0.0025, 0.01, 0.05})
    for (const auto& [delay, jitter] :
         {std::pair{0ms, 1ms}, {2ms, 1ms}, {4ms, 2ms}, {40ms, 20ms}, {200ms, 100ms}}) {
      made.push_back({delay, 0ms, loss, 0});
      made.push_back({delay, jitter, loss, 0});
    }
  made.push_back({2ms, 2ms, 0.0025, 0.005});
  made.push_back({4ms, 7ms, 0.01, 0.025});
  return made;
}

/// With much traffic a cell takes seconds, so it is run only over these networks.
inline bool stands_for_others(const Impairment& network) noexcept {
  const bool quiet =
      network.loss == 0 && network.jitter == 0ms && (network.delay == 2ms || network.delay == 40ms);
  return quiet || network.reordering > 0;
}

/// All cells.
inline std::vector<Cell> whole_table() {
  std::vector<Cell> cells;
  for (const Movers movers : {Movers::one, Movers::two, Movers::first_lost, Movers::all_lost})
    for (const bool soft : {true, false}) {
      if (!soft && movers != Movers::one && movers != Movers::two)
        continue;  // a hard handoff loses both anyway
      for (const Impairment& network : impairments())
        for (const int correspondents : {1, 2, 4, 8})
          for (const int rate : {100, 1000, 10000})
            if (correspondents * rate <= 4000 || stands_for_others(network))
              cells.push_back({movers, soft, network, correspondents, rate});
    }
  return cells;
}

/// What CI runs: each kind of mobile node and handoff over each kind of network, with little or much traffic.
inline std::vector<Cell> brief_table() {
  std::vector<Cell> cells;
  std::size_t turn = 0;
  for (const Cell& cell : whole_table()) {
    const Impairment& network = cell.network;
    const bool light = cell.correspondents * cell.rate <= 1000 && network.delay <= 40ms;
    const bool some = stands_for_others(network) && (network.delay == 2ms || network.delay == 4ms);
    const bool heavy = some && cell.correspondents == 8 && cell.rate == 1000;
    const bool fast = some && cell.correspondents == 1 && cell.rate == 10000;
    if (heavy || fast || (light && turn++ % 3 == 0)) cells.push_back(cell);
  }
  return cells;
}

}  // namespace ilnp::test
