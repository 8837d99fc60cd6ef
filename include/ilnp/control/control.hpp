#pragma once

#include "../base/printable.hpp"
#include "../base/stack.hpp"
#include "../network/host_table.hpp"
#include "mappings.hpp"

namespace ilnp {

/// The requests of ilnp-proxy-create to a running proxy: one request, one reply, both text (docs/control.md, "Requests in text").
/// `NodeControl` has those of ilnp-ctl.
///
///     LOCAL_PORT HOST REMOTE_PORT [any] [replace]   make a mapping; the reply is the proxy's UDP port
///     remove LOCAL_PORT [HOST]                      remove its mappings, or the one to HOST; the same reply
///     list [FROM]                                   the mappings from local port FROM on, one per line; `more PORT` says where
///                                                   to continue
///     hosts                                         the known nodes: name, identifier, locators; `cut: ...` says how many are
///                                                   shown if they do not all fit
///     counters                                      the counters of each layer, one per line
///
/// Blanks and line ends around a request are ignored. A reply that begins with `error: ` says what was wrong with the request;
/// nothing has changed then. Names in replies are single words (`printable_name`): whatever a node calls itself, its name cannot
/// add a word or a line.
class ControlProtocol {
 public:
  /// Adds no counters.
  struct NoMoreCounters {
    /// Does nothing.
    void operator()(std::string&) const noexcept {}
  };
  /// The default limit of a reply, in octets: fits the datagrams of a UNIX socket with the kernel's default buffers.
  static constexpr std::size_t max_reply = 60'000;

  /// Answers `request` (a valid one has at most a few hundred octets). `proxy_port` is the UDP port that the proxy listens on.
  /// `limit` is the longest reply that can arrive. `add_counters(std::string&)` adds lines to the counters of the layers.
  template <class Stack, ContextLike Cx, class AddCounters = NoMoreCounters>
  static std::string answer(Stack& proxy, std::string_view request, std::uint16_t proxy_port, Cx& cx,
                            std::size_t limit = max_reply, AddCounters&& add_counters = {}) {
    const std::vector<std::string_view> words = ControlWords::split(request, max_words);
    if (words.empty()) return usage("empty request");
    if (words[0] == "list" && words.size() <= 2) return list(proxy, words, limit);
    if (words[0] == "hosts" && words.size() == 1) return hosts(proxy, cx, limit);
    if (words[0] == "counters" && words.size() == 1) {
      std::string text = counters(proxy);
      add_counters(text);
      return text;
    }
    if (words[0] == "remove" && (words.size() == 2 || words.size() == 3))
      return remove(proxy, words, proxy_port);
    if (words.size() >= 3 && words.size() <= max_words) return map(proxy, words, proxy_port);
    return usage("a request of " + std::to_string(words.size()) + (words.size() == 1 ? " word" : " words"));
  }

 private:
  static constexpr std::size_t max_words = 5;
  // Octets of a line, and of one that says that there is more: a name of 255 octets, all of them escaped, and numbers or
  // addresses.
  static constexpr std::size_t longest_mapping = 2000;
  static constexpr std::size_t longest_host = 3000;

  static std::string usage(const std::string& what) {
    return "error: " + what +
           "; expected: LOCAL_PORT HOST REMOTE_PORT [any] [replace], remove LOCAL_PORT [HOST], list, "
           "hosts or counters";
  }

  template <class Stack>
  static std::string map(Stack& proxy, std::span<const std::string_view> words, std::uint16_t proxy_port) {
    std::string_view unexpected;
    const std::string error = ControlMappings::map(proxy, words, proxy_port, unexpected);
    if (!unexpected.empty()) return usage(error + ' ' + ControlWords::quoted(unexpected));
    return error.empty() ? std::to_string(proxy_port) : "error: " + error;
  }

  template <class Stack>
  static std::string remove(Stack& proxy, std::span<const std::string_view> words, std::uint16_t proxy_port) {
    const std::string error = ControlMappings::unmap(proxy, words.subspan(1));
    return error.empty() ? std::to_string(proxy_port) : "error: " + error;
  }

  template <class Stack>
  static std::string list(Stack& proxy, const std::vector<std::string_view>& words, std::size_t limit) {
    const auto from = words.size() == 2 ? ControlWords::port(words[1]) : std::uint16_t{1};
    if (!from) return "error: " + ControlWords::bad_port("first", words[1]);
    std::string text;
    bool full = false;
    std::uint16_t last = 0;
    proxy.for_each_mapping([&](LocalPort local_port, const Remote& remote) {
      const std::uint16_t local = local_port.port;
      if (local < *from || full) return;
      if (local != last && text.size() + longest_mapping > limit) {  // all mappings of a port, or none
        text += "more " + std::to_string(local) + '\n';
        full = true;
        return;
      }
      last = local;
      text += std::to_string(local) + ' ' + printable_name(remote.host) + ' ' + std::to_string(remote.port) +
              (remote.any ? " any\n" : "\n");
    });
    return text;
  }

  template <class Stack, ContextLike Cx>
  static std::string hosts(Stack& proxy, Cx& cx, std::size_t limit) {
    const auto& network = network_layer(proxy);
    std::string text = printable_name(network.config().host_name) + ' ' + to_string(network.local_nid());
    for (const auto& interface : network.interfaces().all()) text += ' ' + to_string(interface.locator);
    text += " this node\n";
    std::size_t known = 0;
    std::size_t shown = 0;
    network.hosts().for_each(cx.now(), [&](Nid nid, const KnownHost& host, bool owns_name) {
      ++known;
      if (text.size() + longest_host > limit) return;
      ++shown;
      text += (host.name.empty() ? "-" : printable_name(host.name)) + ' ' + to_string(nid);
      host.for_each_present([&](Locator each) { text += ' ' + to_string(each); });
      text += owns_name || host.name.empty() ? "\n" : " name taken by another node\n";
    });
    if (shown != known)
      text += "cut: " + std::to_string(shown) + " of " + std::to_string(known) + " nodes are shown\n";
    return text;
  }

  template <class Stack>
  static std::string counters(const Stack& proxy) {
    std::string text;
    for_each_counter(proxy, [&](std::string_view layer, std::string_view name, std::uint64_t value) {
      text.append(layer).append(".").append(name).append(" ").append(std::to_string(value)).append("\n");
    });
    return text;
  }
};

}  // namespace ilnp
