#pragma once

#include "simulation.hpp"

namespace ilnp::test {

/// The result for one direction of all pairs of a cell.
struct Direction {
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;             ///< never arrived
  std::uint64_t lost_by_network = 0;  ///< the network lost a frame of it that should have been heard
  std::uint64_t unexplained = 0;      ///< never arrived, although the network lost nothing of it
  std::uint64_t duplicated = 0;
  ByMove reordered{};
  Duration gap{};
};

/// The figures of one cell, and the limits that they exceed.
struct Result {
  std::string name;
  Direction in, out;  ///< to the mobile node, from the mobile node
  int informed = 0;
  int to_tell = 0;
  double updates = 0;  ///< frames with updates and acknowledgements, per move of a node
  double discovery = 0;
  std::vector<std::string> broken;

  /// Its row of the table.
  std::string row() const {
    const auto direction = [](const Direction& d) {
      char text[128];
      std::snprintf(
          text, sizeof text, " | %7llu %6llu %6llu %5llu %4llu/%llu/%llu %7.1f",
          static_cast<unsigned long long>(d.sent), static_cast<unsigned long long>(d.lost),
          static_cast<unsigned long long>(d.lost_by_network), static_cast<unsigned long long>(d.duplicated),
          static_cast<unsigned long long>(d.reordered[1]), static_cast<unsigned long long>(d.reordered[2]),
          static_cast<unsigned long long>(d.reordered[3]),
          std::chrono::duration<double, std::milli>(d.gap).count());
      return std::string(text);
    };
    char text[64];
    std::snprintf(text, sizeof text, " | %2d/%-2d %5.1f %5.1f", informed, to_tell, updates, discovery);
    return name + direction(in) + direction(out) + text;
  }
};

/// Sums up the flows of a simulation, and checks them against the limits:
///
/// - a soft handoff on networks without losses: nothing lost, nothing duplicated;
/// - a soft handoff on networks with losses: nothing lost except what the network lost, as soon as an update was heard;
/// - networks that keep the order: nothing reordered by a move to a path that is not shorter; otherwise no more than was on
///   its way;
/// - a hard handoff on networks without losses: silence for no longer than it takes to announce the move;
/// - nothing duplicated, ever.
class Judge {
 public:
  explicit Judge(const Simulation& simulation) : lab_(simulation), cell_(simulation.cell()) {
    result_.name = cell_.name();
    for (std::size_t i = 0; i < lab_.flows().size(); ++i) {
      add(result_.in, lab_.flows()[i].to_mover, i, true);
      add(result_.out, lab_.flows()[i].from_mover, i, false);
    }
    result_.informed = lab_.informed();
    result_.to_tell = lab_.to_tell();
    const int handoffs = moves * (1 + cell_.two());
    result_.updates = static_cast<double>(lab_.update_frames()) / handoffs;
    result_.discovery = static_cast<double>(lab_.discovery_frames()) / handoffs;
    expect(lab_.refused() == 0, "refused to send", lab_.refused());
    if (cell_.soft && cell_.lossless()) expect(result_.informed == result_.to_tell, "informed", 0);
  }

  const Result& result() const noexcept { return result_; }

 private:
  void add(Direction& sum, const Flow& flow, std::size_t peer, bool to_mover) {
    where_ =
        (to_mover ? "to the mover, correspondent " : "from the mover, correspondent ") + std::to_string(peer);
    Direction d;
    d.sent = flow.sent.size();
    for (const Flow::Sent& each : flow.sent) {
      d.lost += each.arrivals == 0;
      d.lost_by_network += each.lost_by_network;
      d.duplicated += each.arrivals > 1 ? each.arrivals - 1u : 0;
      if (each.arrivals == 0 && !each.lost_by_network)
        d.unexplained += !cell_.network.loses() || lab_.informed(peer, to_mover, lab_.move_at(each.at));
    }
    d.reordered = flow.reordered;
    d.gap = flow.gap;
    judge(d, flow, peer);
    sum.sent += d.sent, sum.lost += d.lost, sum.lost_by_network += d.lost_by_network;
    sum.duplicated += d.duplicated;
    for (std::size_t move = 0; move < d.reordered.size(); ++move) sum.reordered[move] += d.reordered[move];
    sum.gap = std::max(sum.gap, d.gap);
  }

  void judge(const Direction& d, const Flow& flow, std::size_t peer) {
    expect(d.duplicated == 0, "duplicated", d.duplicated);
    if (cell_.soft) {
      expect(d.unexplained == 0, "lost, but not by the network", d.unexplained);
    } else if (cell_.lossless()) {
      // The update or the advertisement, and then the first datagram, each from end to end; and the time that may lie
      // between two arrivals without a move: the interval at which they were sent, plus jitter.
      const Impairment& network = cell_.network;
      const Duration longest =
          4 * (network.delay + network.jitter) + 4 * network.jitter + 2 * Duration(1s) / cell_.rate + 1ms;
      expect(d.gap <= longest, "ms of silence", d.gap / 1ms);
    }
    if (cell_.soft && cell_.network.keeps_order()) {
      for (std::size_t move = 0; move <= moves; ++move)
        expect(flow.overtaken[move] <= under_way(move, peer), "reordered after move " + std::to_string(move),
               flow.overtaken[move]);
    }
  }

  /// How many datagrams of a flow may be overtaken when the path becomes shorter: those that are on the old one.
  std::uint64_t under_way(std::size_t move, std::size_t peer) const {
    const bool shorter = cell_.two() ? peer == 0 && move >= 2 : move == 2;
    if (!shorter) return 0;
    const Duration way = 2 * cell_.network.delay;
    return static_cast<std::uint64_t>(way * cell_.rate / Duration(1s)) + 1;
  }

  template <class Number>
  void expect(bool holds, const std::string& what, Number number) {
    if (!holds) result_.broken.push_back(where_ + ": " + std::to_string(number) + ' ' + what);
  }

  const Simulation& lab_;
  const Cell& cell_;
  Result result_;
  std::string where_ = "all";
};

}  // namespace ilnp::test
