#pragma once

#include "../base/error.hpp"
#include "../proxy/proxy.hpp"
#include "words.hpp"

namespace ilnp {

/// A stack with mappings: its uppermost layer is a `Proxy`.
template <class Stack>
concept MappingStack = requires(Stack& stack, Remote remote) {
  stack.map(std::uint16_t{1}, remote);
  stack.unmap(std::uint16_t{1}, std::string_view());
};

/// Requests that change the mappings of a proxy. Each returns what is wrong; empty if it was carried out.
class ControlMappings {
 public:
  /// `words`: LOCAL_PORT HOST REMOTE_PORT [any] [replace]. `own`: the UDP port of the proxy. `unexpected` is set to a word that is
  /// neither option.
  template <MappingStack Stack>
  static std::string map(Stack& proxy, std::span<const std::string_view> words, std::uint16_t own,
                         std::string_view& unexpected) {
    bool any = false;
    bool replace = false;
    for (const std::string_view word : words.subspan(3)) {
      bool& option = word == "any" ? any : replace;
      if ((word != "any" && word != "replace") || option) return unexpected = word, "unexpected word";
      option = true;
    }
    const auto local = ControlWords::port(words[0]);
    if (!local) return ControlWords::bad_port("local", words[0]);
    const auto remote = ControlWords::port(words[2]);
    if (!remote) return ControlWords::bad_port("remote", words[2]);
    const std::string port = "local port " + std::string(words[0]);
    if (*local == own) return port + " is the proxy's own";
    Remote to{std::string(words[1]), *remote, any};
    const error_code error =
        replace ? proxy.replace(*local, std::move(to)) : proxy.map(*local, std::move(to));
    if (error == Errc::port_in_use)
      return port + " is already mapped; remove that mapping first, or replace it";
    if (error == Errc::invalid_host_name) return ControlWords::quoted(words[1]) + " is " + error.message();
    return error ? error.message() : std::string();
  }

  /// `words`: LOCAL_PORT [HOST].
  template <MappingStack Stack>
  static std::string unmap(Stack& proxy, std::span<const std::string_view> words) {
    const auto local = ControlWords::port(words[0]);
    if (!local) return ControlWords::bad_port("local", words[0]);
    if (!proxy.unmap(*local, words.size() == 2 ? words[1] : std::string_view())) return {};
    return "local port " + std::string(words[0]) + " is not mapped" +
           (words.size() == 2 ? " to " + ControlWords::quoted(words[1]) : "");
  }
};

}  // namespace ilnp
