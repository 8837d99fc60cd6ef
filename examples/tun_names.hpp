#pragma once

// How programs of this host learn the names of the overlay, besides asking the name server of ilnp-tun directly.

#include <arpa/inet.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <ilnp/gateway/hosts_file_writer.hpp>
#include <ilnp/tun.hpp>
#include <memory>

#include "common.hpp"
#include "run_program.hpp"

namespace program {

/// The octets of an address, in the order of the network.
inline std::array<std::byte, 16> address_octets(const ilnp::wire::Ipv6Address& address) {
  std::array<std::byte, 16> octets;
  ilnp::wire::store(octets, 0, address.prefix);
  ilnp::wire::store(octets, 8, address.interface);
  return octets;
}
inline std::string address_text(const ilnp::wire::Ipv6Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const auto octets = address_octets(address);
  ::inet_ntop(AF_INET6, octets.data(), text.data(), text.size());
  return text.data();
}

/// Runs a command to its end, without a shell. Throws if it cannot be run, or fails.
inline void run_command(const std::vector<std::string>& words) {
  const int status = run_program(words);
  if (status == 0) return;
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  if (status == 127) throw std::runtime_error(text + ": not installed (--resolved needs systemd-resolved)");
  throw std::runtime_error(text + ": failed with exit status " + std::to_string(status));
}

/// Tells systemd-resolved to ask the name server at the interface for the names of the overlay, and for its addresses. Nothing is
/// written to disk; it ends with the interface.
inline void tell_resolved(const std::string& interface, std::uint64_t prefix) {
  std::string reverse = "~";
  for (int digit = 0; digit < 16; ++digit) {
    reverse += "0123456789abcdef"[prefix >> 4 * digit & 0xf];
    reverse += '.';
  }
  reverse += "ip6.arpa";
  const std::string server = address_text({prefix, ilnp::tun::anycast_nid.value()});
  const std::string domain = "~" + std::string(ilnp::tun::domain);
  for (const auto& words : std::vector<std::vector<std::string>>{{"dns", interface, server},
                                                                 {"domain", interface, domain, reverse},
                                                                 {"default-route", interface, "no"},
                                                                 {"dnssec", interface, "no"},
                                                                 {"llmnr", interface, "no"},
                                                                 {"mdns", interface, "no"}}) {
    std::vector<std::string> command{"resolvectl"};
    command.insert(command.end(), words.begin(), words.end());
    run_command(command);
  }
}

/// Keeps the names of the overlay in the file of --hosts-file, if that is given: at most one change a second. Removes them at the
/// end. Refers to the node.
template <class NodeType>
class HostsFileNames {
 public:
  static constexpr auto pause = std::chrono::seconds(1);

  /// Throws if the file cannot be written.
  HostsFileNames(const boost::asio::any_io_executor& executor, const CommandLine& line, Log& log,
                 NodeType& node, const std::string& interface)
      : log_(log), node_(node), timer_(executor) {
    if (!line.has("hosts-file")) return;
    path_ = line.value("hosts-file");
    writer_ = std::make_unique<ilnp::HostsFileWriter>(path_, interface);
    check(write(), "--hosts-file " + path_);
    wait();
  }
  HostsFileNames(const HostsFileNames&) = delete;
  HostsFileNames& operator=(const HostsFileNames&) = delete;
  ~HostsFileNames() {
    if (writer_) writer_->clear();
  }

 private:
  ilnp::error_code write() {
    std::vector<ilnp::HostsFileWriter::Name> names;
    node_.with([&](auto& stack, auto& cx) {
      const auto& tun = tun_layer(stack);
      tun.for_each_name(cx.now(), [&](ilnp::Nid nid, std::string_view name) {
        names.push_back({address_text({tun.prefix(), nid.value()}),
                         std::string(name) + '.' + std::string(ilnp::tun::domain)});
      });
    });
    return writer_->write(names);
  }
  void wait() {
    timer_.expires_after(pause);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const ilnp::error_code now = write();
      if (now && now != failed_) log_("--hosts-file " + path_ + ": " + now.message());
      failed_ = now;
      wait();
    });
  }

  Log& log_;
  NodeType& node_;
  boost::asio::steady_timer timer_;
  std::string path_;
  std::unique_ptr<ilnp::HostsFileWriter> writer_;
  ilnp::error_code failed_;
};
template <class NodeType>
HostsFileNames(const boost::asio::any_io_executor&, const CommandLine&, Log&, NodeType&, const std::string&)
    -> HostsFileNames<NodeType>;

}  // namespace program
