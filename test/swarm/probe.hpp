#pragma once

#include <memory>

#include "trial.hpp"

namespace ilnp::swarm {

/// Shows at the end of a run, when the faults are over and everything has settled, that nodes with a path to each other
/// reach each other, and that each datagram arrives once.
///
/// For each pair it sends datagrams one after the other until the first arrives (at most `max_tries`); from then on each
/// must arrive. Some things are not promised, and so not tried: what starts at a node of the reference, and anything while
/// a node of the reference closes a loop (it believes the last one it heard). Nor is anything promised where a forwarder of
/// the reference shares a network with another node of the reference: the reflections of the other make it believe that
/// the route leads there, for as long as nothing else arrives from the destination (test/reference/model_test.cpp shows
/// that for two nodes of the reference alone).
class Probe {
 public:
  static constexpr std::size_t max_pairs = 16;
  static constexpr int max_tries = 8;
  static constexpr Duration between_tries = 1200ms;
  static constexpr int counted = 3;
  static constexpr Duration between_counted = 270ms;

  struct Pair {
    std::size_t from, to;
    int tries = 0;
    bool reached = false;
    bool each = true;                      ///< must arrive
    bool once = true;                      ///< and no more than once
    std::vector<std::uint64_t> numbers{};  ///< of the datagrams that count
  };

  static std::vector<Pair> draw(const Plan& plan, const std::vector<std::unique_ptr<Member>>& members) {
    Reach::Places places;
    for (std::size_t at = 0; at < members.size(); ++at) places.push_back(members[at]->home);
    const Reach reach(places);
    std::vector<Pair> pairs;
    for (std::size_t at = 0; at < members.size(); ++at)
      if (members[at]->reference() && reach.in_cycle(at)) return {};
    std::vector<std::size_t> told;  // nodes of the reference that hear another one's reflections
    for (std::size_t at = 0; at < members.size(); ++at)
      for (std::size_t other = 0; members[at]->reference() && other < members.size(); ++other)
        if (other != at && members[other]->reference() && reach.meet(at, other)) {
          told.push_back(at);
          break;
        }
    for (std::size_t from = 0; from < members.size(); ++from)
      for (std::size_t to = 0; to < members.size(); ++to) {
        if (from == to || members[from]->reference()) continue;
        const int hops = reach.hops(from, to);
        if (hops < 0 || hops > plan.defaults.hop_limit) continue;
        const bool misled = std::ranges::any_of(
            told, [&](std::size_t node) { return node != to && !reach.connected(from, to, node); });
        // A router of the reference forwards each copy that it hears; `DeliveryCheck` counts them.
        bool once = !members[to]->reference();
        for (std::size_t at = 0; once && at < members.size(); ++at)
          once = at == to || !members[at]->reference() || reach.connected(from, to, at);
        pairs.push_back({.from = from, .to = to, .each = !misled, .once = once});
      }
    Random random(mix64(plan.seed + 1));
    for (std::size_t at = 0; at + 1 < pairs.size() && at < max_pairs; ++at)
      std::swap(pairs[at], pairs[at + random.below(pairs.size() - at)]);
    pairs.resize(std::min(pairs.size(), max_pairs));
    return pairs;
  }
};

inline void Trial::settle() {
  std::vector<Probe::Pair> pairs = Probe::draw(plan_, members_);
  outcome_.probed = pairs.size();
  world_.run_for(plan_.settle);
  for (const auto& member : members_) {
    const auto places = member->places();
    if (places != member->home)
      throw std::runtime_error(member->config.host_name + " is at " + to_text(places) +
                               ", its last move was to " + to_text(member->home));
  }
  if (pairs.empty()) return;
  say("", "from now on they must reach each other");
  Duration begin{};
  for (Probe::Pair& pair : pairs) {
    for (int at = 0; at < Probe::max_tries; ++at)
      world_.after(begin + at * Probe::between_tries, [this, &pair] {
        if (pair.reached) return;
        ++pair.tries;
        static_cast<void>(send(pair.from, pair.to, bound_ports[1], 40, false, false));
        world_.after(Probe::between_tries - 1ms, [this, &pair, number = numbers_] {
          pair.reached = pair.reached || arrived_[number] > 0;
        });
      });
    for (int at = 0; at < Probe::counted; ++at)
      world_.after(begin + Probe::max_tries * Probe::between_tries + at * Probe::between_counted, [this,
                                                                                                   &pair] {
        if (!pair.reached) return;
        if (const auto error = send(pair.from, pair.to, bound_ports[1], 40, false, false); error && pair.each)
          world_.violated(members_[pair.from]->config.host_name + " cannot send to " +
                          members_[pair.to]->config.host_name + ", which it has reached: " + error.message());
        pair.numbers.push_back(numbers_);
      });
    begin += 37ms;
  }
  world_.run_for(begin + Probe::max_tries * Probe::between_tries + 3s);
  for (const Probe::Pair& pair : pairs) {
    const Member& to = *members_[pair.to];
    const std::string who = members_[pair.from]->config.host_name + " to " + to.config.host_name;
    if (!pair.reached && pair.each)
      throw std::runtime_error("no path from " + who + ", " + std::to_string(pair.tries) + " tries");
    for (const std::uint64_t number : pair.numbers)
      if ((arrived_[number] == 0 && pair.each) || (arrived_[number] > 1 && pair.once))
        throw std::runtime_error("datagram " + std::to_string(number) + " from " + who + " arrived " +
                                 std::to_string(arrived_[number]) + " times");
  }
}

}  // namespace ilnp::swarm
