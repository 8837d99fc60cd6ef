#pragma once

// The actions of a scenario and the conditions of networks: `at 20s move alice to b`, `network a loss 1%`.

#include "names.hpp"

namespace lab {

/// `20s`, or `20s..25s`
inline Moment moment(Line& line, const std::string& what) {
  const auto word = line.word(what);
  const auto dots = word.find("..");
  Moment moment;
  moment.first = moment.last = duration(line, what, word.substr(0, dots));
  if (dots != word.npos) moment.last = duration(line, what, word.substr(dots + 2));
  if (moment.last < moment.first) line.fail(what + ": " + in_quotes(word) + " ends before it begins");
  return moment;
}

/// The rest of the line, unchanged.
inline std::string text_of(Line line) { return program::printable(line.rest()); }

/// The keys of the conditions of a network.
inline constexpr std::string_view condition_keys[] = {
    "delay",      "jitter",           "loss",      "burst_begin", "burst_end", "burst_loss", "duplication",
    "reordering", "reordering_delay", "bandwidth", "queue"};

/// The rest of the line: `delay 2ms loss 1%`.
inline void parse_conditions(Line& line, ConditionsChange& change) {
  if (!line.more()) line.fail("conditions are missing (such as: delay 2ms loss 1%)");
  settings(line,
           "delay, jitter, loss, burst_begin, burst_end, burst_loss, duplication, reordering, "
           "reordering_delay, bandwidth, queue",
           [&](const std::string& key) {
             if (const auto time = key == "delay"              ? &change.delay
                                   : key == "jitter"           ? &change.jitter
                                   : key == "reordering_delay" ? &change.reordering_delay
                                                               : nullptr) {
               *time = duration(line, key);
             } else if (const auto chance = key == "loss"          ? &change.loss
                                            : key == "burst_begin" ? &change.burst_begin
                                            : key == "burst_end"   ? &change.burst_end
                                            : key == "burst_loss"  ? &change.burst_loss
                                            : key == "duplication" ? &change.duplication
                                            : key == "reordering"  ? &change.reordering
                                                                   : nullptr) {
               *chance = probability(line, key);
             } else if (key == "bandwidth") {
               change.bandwidth = rate(line, key);
             } else if (key == "queue") {
               change.queue = whole(line, key, 0, 1'000'000'000);
             } else {
               return false;
             }
             return true;
           });
}

/// A line of any other kind. Throws `ScenarioError`.
inline Action parse_action(Line& line, Names& names) {
  Action action;
  if (line.accept("at")) action.at = moment(line, "at");
  action.text = text_of(line);
  const std::string verb(line.word("what happens"));
  if (verb == "network") {
    ConditionsChange change;
    change.networks = names.networks(line);
    parse_conditions(line, change);
    action.what = std::move(change);
  } else if (verb == "attach") {
    AttachmentChange change{names.node(line, "the node"), {}};
    change.conditions.networks = {names.network(line)};
    parse_conditions(line, change.conditions);
    action.what = std::move(change);
  } else if (verb == "partition") {
    const ilnp::Locator network = names.network(line);
    action.what = Partition{network, names.nodes(line, "the nodes of one side")};
  } else if (verb == "cut" || verb == "mend") {
    Cut cut{names.network(line), names.node(line, "the sender"), 0, verb == "mend"};
    line.require("->");
    cut.to = names.node(line, "the receiver");
    action.what = cut;
  } else if (verb == "heal") {
    action.what = Heal{names.networks(line)};
  } else if (verb == "move") {
    Move move{names.node(line, "the node"), {}};
    line.require("to");
    move.to = locators(line, line.word("where to"));
    if (move.to.size() > ilnp::NetworkConfig::max_locators) line.fail("a node can be in at most 16 networks");
    names.use(move.to);
    action.what = std::move(move);
  } else if (verb == "crash") {
    action.what = Crash{names.node(line, "the node")};
  } else if (verb == "restart") {
    action.what = Restart{names.node(line, "the node")};
  } else if (verb == "link") {
    const NodeIndex node = names.node(line, "the node");
    const auto word = line.word("up or down");
    if (word != "up" && word != "down") line.fail(in_quotes(word) + " is neither up nor down");
    action.what = LinkChange{node, word == "up"};
  } else if (action.at) {
    line.fail(in_quotes(verb) +
              " is not an action (network, attach, partition, cut, mend, heal, move, crash, restart, link)");
  } else {
    line.fail(in_quotes(verb) + " is not a statement (title, run, network, attach, node, flow, at, expect)");
  }
  line.end();
  const bool lasting = verb == "network" || verb == "attach" || verb == "partition" || verb == "cut";
  if (!lasting && !action.at) line.fail(verb + ": when? (at TIME " + verb + " ...)");
  return action;
}

}  // namespace lab
