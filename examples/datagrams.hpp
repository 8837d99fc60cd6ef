#pragma once

// Shared by the programs that forward datagrams of local programs.

#include <cstring>

#include "common.hpp"

namespace program {

/// `LOCAL:HOST:REMOTE`, the argument of --map.
template <class Stack>
void add_mapping(Stack& stack, const std::string& text) {
  const auto first = text.find(':');
  const auto last = text.rfind(':');
  if (first == last) throw UsageError("--map \"" + text + "\": not of the form LOCAL:HOST:REMOTE");
  const std::string where = "--map " + ilnp::IniFile::quoted(text);
  const std::uint16_t local_port = parse_port(where, text.substr(0, first));
  const std::uint16_t remote_port = parse_port(where, text.substr(last + 1));
  check(stack.map(local_port, {text.substr(first + 1, last - first - 1), remote_port, false}), where);
}

/// `HOST@ADDRESS:PORT`, the argument of --listen-for; an IPv6 address is in brackets.
template <class Gateway>
void listen_for(Gateway& gateway, const std::string& text, const boost::asio::ip::address& first) {
  const auto at = text.rfind('@');
  const auto colon = text.rfind(':');
  if (at == text.npos || colon == text.npos || colon < at)
    throw UsageError("--listen-for \"" + text + "\": not of the form HOST@ADDRESS:PORT");
  std::string host = text.substr(at + 1, colon - at - 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) throw UsageError("--listen-for \"" + text + "\": \"" + host + "\" is not an address");
  if (address.is_v6() != first.is_v6())
    throw UsageError("--listen-for \"" + text + "\": not of the address family of " + first.to_string());
  const std::string name = text.substr(0, at);
  if (!ilnp::wire::is_host_name(ilnp::as_bytes(name)))
    throw UsageError("--listen-for \"" + text + "\": \"" + name + "\" is " +
                     make_error_code(ilnp::Errc::invalid_host_name).message());
  gateway.listen_for(name, {address, parse_port("--listen-for \"" + text + '"', text.substr(colon + 1))});
}

/// The options that `set_up_datagrams` reads.
inline void add_datagram_options(CommandLine& line) {
  line.add_options()  //
      ("map", options::value<std::vector<std::string>>()->value_name("LOCAL:HOST:REMOTE"),
       "map local port LOCAL to port REMOTE of HOST at start-up; repeatable")  //
      ("redirect", options::value<std::vector<std::string>>()->value_name("PORT"),
       "also listen on PORT, for programs whose own port is not known in advance: datagrams to PORT use its "
       "mapping, and replies go to the program that sent last; repeatable")  //
      ("listen-for", options::value<std::vector<std::string>>()->value_name("HOST@ADDRESS:PORT"),
       "also listen here, for the mappings to HOST, such as bob@127.0.0.2:10000, so that a program can talk "
       "to "
       "several hosts from one port; repeatable")  //
      ("allow-from", options::value<std::vector<std::string>>()->value_name("ADDRESS[/LENGTH]"),
       "accept datagrams from these hosts too, if they can reach the address of --bind (default: only from "
       "this host); repeatable");
}

/// Whether the command line of a program with streams asks for datagrams as well.
inline bool wants_datagrams(const CommandLine& line) {
  for (const char* option : {"PORT", "map", "redirect", "listen-for", "control"})
    if (line.has(option)) return true;
  return false;
}

/// Creates the sockets and mappings that the command line names.
template <class Gateway, class Stack>
void set_up_datagrams(const CommandLine& line, Gateway& gateway, Stack& stack,
                      const boost::asio::ip::address& address) {
  using Texts = std::vector<std::string>;
  for (const auto& text : line.value<Texts>("allow-from")) {
    const auto range = ilnp::AddressRange::parse(text);
    if (!range) throw UsageError("--allow-from \"" + text + "\": not of the form ADDRESS[/LENGTH]");
    gateway.allow_from(*range);
  }
  for (const auto& socket : line.value<Texts>("listen-for")) listen_for(gateway, socket, address);
  for (const auto& text : line.value<Texts>("redirect")) gateway.redirect(parse_port("--redirect", text));
  for (const auto& mapping : line.value<Texts>("map")) add_mapping(stack, mapping);
  stack.for_each_mapping([&](std::uint16_t local_port, const ilnp::Remote&) {
    if (local_port == gateway.port())
      throw UsageError("--map: local port " + std::to_string(local_port) + " is the proxy's own");
  });
}

/// Adds the counters of a gateway to those of the node.
template <class Gateway>
void add_counters(const Gateway& gateway, std::string_view layer,
                  const ilnp::ControlProgram::AddCounter& add) {
  gateway.counters().for_each([&](std::string_view name, std::uint64_t value) { add(layer, name, value); });
}

/// Reports a datagram that could not be forwarded; the same report at most once a second.
template <class Stack>
class Complaints {
 public:
  Complaints(const char* program, Log& log, Stack& stack) : program_(program), log_(&log), stack_(&stack) {}

  void operator()(const ilnp::LocalError& error) {
    if (error.error == ilnp::Errc::unknown_host) return;  // the proxy reports that when it begins and ends
    const bool refused = error.error == ilnp::Errc::not_allowed;
    log_->note(
        std::string(program_) + ": " + (refused ? "datagrams from other hosts" : error.error.message()),
        [&] { return refused ? refusal(error) : text(error); });
  }

 private:
  /// One line a minute, however many addresses they come from.
  std::optional<std::string> refusal(const ilnp::LocalError& error) {
    const auto held_back = refusals_("");
    if (!held_back) return std::nullopt;
    boost::asio::ip::udp::endpoint source;
    std::memcpy(source.data(), error.source.data(), error.source.size());
    source.resize(error.source.size());
    std::string text = std::string(program_) + ": datagrams from " + source.address().to_string() +
                       " are dropped: not an address of this host (see --allow-from)";
    if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
    return text;
  }
  /// None if it was reported a moment ago.
  std::optional<std::string> text(const ilnp::LocalError& error) {
    std::string text =
        "from local port " + std::to_string(error.local_port.port) + ": " + error.error.message();
    const auto held_back = limit_(text);
    if (!held_back) return std::nullopt;
    if (error.error == ilnp::Errc::message_too_long)
      text += " (" + std::to_string(error.size) + " octets, at most " +
              std::to_string(ilnp::frame_payload(stack_->next_layer())) +
              " to a node that does not reassemble fragments)";
    stack_->for_each_mapping([&](ilnp::LocalPort local, const ilnp::Remote& remote) {
      if (local.port == error.local_port.port && local.socket == error.local_port.socket)
        text += ", to " + printable_name(remote.host);
    });
    if (*held_back != 0) text += " (and " + std::to_string(*held_back) + " more)";
    return program_ + (": " + text);
  }

  const char* program_;
  Log* log_;
  Stack* stack_;
  RateLimit limit_;
  RateLimit refusals_{std::chrono::minutes(1)};
};

}  // namespace program
