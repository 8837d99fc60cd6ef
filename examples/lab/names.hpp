#pragma once

// The names that the lines of a scenario have introduced so far.

#include <map>
#include <set>

#include "scenario.hpp"
#include "words.hpp"

namespace lab {

/// The nodes, by name, and the networks.
class Names {
 public:
  void add_node(const Line& line, const std::string& name, NodeIndex index) {
    nodes_[name] = {index, line.number()};
  }
  /// The line that describes a node of this name; 0 if none does.
  unsigned line_of(std::string_view name) const {
    const auto known = nodes_.find(name);
    return known == nodes_.end() ? 0 : known->second.line;
  }

  NodeIndex node(const Line& line, std::string_view name) const {
    const auto known = nodes_.find(name);
    if (known == nodes_.end()) line.fail("no node above this line is called " + in_quotes(name));
    return known->second.index;
  }
  NodeIndex node(Line& line, const std::string& what) const { return node(line, line.word(what)); }
  std::vector<NodeIndex> nodes(Line& line, const std::string& what) const {
    std::vector<NodeIndex> all;
    for (const auto name : split(line.word(what), ',')) all.push_back(node(line, name));
    return all;
  }

  ilnp::Locator network(Line& line) {
    const ilnp::Locator one = locator(line, line.word("the network"));
    mentioned_.emplace(one, line.number());
    return one;
  }
  /// `a,b`; none for `all`.
  std::vector<ilnp::Locator> networks(Line& line) {
    if (line.accept("all")) return {};
    auto all = locators(line, line.word("the network"));
    for (const ilnp::Locator each : all) mentioned_.emplace(each, line.number());
    return all;
  }
  bool uses(ilnp::Locator network) const { return used_.contains(network); }
  /// Some node is in these networks at some time.
  void use(const std::vector<ilnp::Locator>& networks) { used_.insert(networks.begin(), networks.end()); }
  /// A network that is mentioned but that no node ever uses is a typing error.
  void check_networks(const Line& line) const {
    for (const auto& [network, number] : mentioned_)
      if (!used_.contains(network)) line.fail(number, "no node is ever in the network " + to_string(network));
  }

 private:
  struct Known {
    NodeIndex index;
    unsigned line;
  };

  std::map<std::string, Known, std::less<>> nodes_;
  std::set<ilnp::Locator> used_;
  std::map<ilnp::Locator, unsigned> mentioned_;  ///< the first line
};

}  // namespace lab
