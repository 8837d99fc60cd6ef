#pragma once

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../../base/ascii_case.hpp"
#include "../../base/error.hpp"
#include "hosts_file.hpp"

namespace ilnp {

/// Configuration of look-ups.
struct NameLookupConfig {
  std::string servers{};                     ///< `ADDRESS[:PORT],...`; empty: the system's
  std::chrono::milliseconds try_time{1500};  ///< for a server to reply; doubled after each round
  int tries = 3;                             ///< rounds through all servers
};

/// Whether the text consists of letters, digits, `-`, `_` and dots, as host names do. Any other text has no
/// addresses. (c-ares would take a backslash for an escape and look up another name than the one that was checked.)
inline bool is_host_name(std::string_view name) noexcept {
  return !name.empty() && std::ranges::all_of(name, [](char octet) {
    const char small = ascii_lower(octet);
    return (small >= 'a' && small <= 'z') || (octet >= '0' && octet <= '9') || octet == '-' || octet == '_' ||
           octet == '.';
  });
}

/// Looks up the addresses of one name in the system's hosts file and then in DNS. Each look-up
/// has its own c-ares channel and sockets, so ending one frees everything at once, and each uses
/// the system's current settings. No threads; nothing blocks except reading a changed hosts file.
///
/// Lives as long as it is referenced; destroying it ends the look-up. One thread.
class NameLookup : public std::enable_shared_from_this<NameLookup> {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;  ///< of the name
  /// Receives some of the addresses.
  using Found = std::function<void(const Addresses&)>;
  /// Receives the result.
  using Done = std::function<void(const error_code&)>;

  static constexpr std::size_t max_addresses = 16;  ///< of each family; more are not reported

  /// `hosts`: the hosts file, shared by all look-ups.
  explicit NameLookup(const boost::asio::any_io_executor& executor,
                      std::shared_ptr<HostsFile> hosts = std::make_shared<HostsFile>())
      : executor_(executor), timer_(executor), hosts_(std::move(hosts)) {}
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;
  ~NameLookup() { close(); }

  /// Calls `found` as addresses arrive, at most once for each family, then `done` once, neither from within this call. Errors:
  /// `unknown_host`, if there was no address; `timed_out`, if no server replied.
  void start(const std::string& name, const NameLookupConfig& config, Found found, Done done) {
    found_ = std::move(found);
    done_ = std::move(done);
    if (is_host_name(name) && open(config)) {
      from_hosts_file(name);
      if (come_.empty())
        for (const int family : {AF_INET6, AF_INET}) ask(name, family);
    }
    boost::asio::post(executor_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->settle();
    });
  }
  /// Ends the look-up at once; nothing is called any more.
  void cancel() noexcept {
    done_ = nullptr;
    found_ = nullptr;
    close();
  }

 private:
  /// One of c-ares's sockets.
  struct Watch {
    explicit Watch(const boost::asio::any_io_executor& executor) : descriptor(executor) {}
    ~Watch() { release(); }
    void release() {
      if (descriptor.is_open()) descriptor.release();  // c-ares closes it
    }
    boost::asio::posix::stream_descriptor descriptor;
    bool wanted[2] = {false, false};   // to read, to write
    bool waiting[2] = {false, false};  // a handler is waiting for it
  };

  bool open(const NameLookupConfig& config) {
    ares_options options{};
    options.timeout = static_cast<int>(config.try_time.count());
    options.tries = config.tries;
    char dns[] = "b";
    options.lookups = dns;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<NameLookup*>(self)->watch(socket, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = this;
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
    if (::ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) {
      channel_ = nullptr;
      return false;
    }
    return config.servers.empty() ||
           ::ares_set_servers_ports_csv(channel_, config.servers.c_str()) == ARES_SUCCESS;
  }

  void from_hosts_file(std::string name) {
    while (name.size() > 1 && name.ends_with('.')) name.pop_back();
    const std::string_view local =
        "localhost";  // always the host itself, whatever the file says (RFC 6761, section 6.3)
    if (name.size() >= local.size() && equal_but_for_case(name.substr(name.size() - local.size()), local) &&
        (name.size() == local.size() || name[name.size() - local.size() - 1] == '.')) {
      come_ = {boost::asio::ip::address_v6::loopback(), boost::asio::ip::address_v4::loopback()};
      return;
    }
    come_ = hosts_->find(name);
  }

  void ask(const std::string& name, int family) {
    ares_addrinfo_hints hints{};
    hints.ai_family = family;
    hints.ai_flags = ARES_AI_NOSORT;
    ++asking_;
    ::ares_getaddrinfo(
        channel_, name.c_str(), nullptr, &hints,
        [](void* self, int status, int, ares_addrinfo* answer) {
          static_cast<NameLookup*>(self)->hear(status, answer);
        },
        this);
  }
  /// Called by c-ares, which must not be called from here.
  void hear(int status, ares_addrinfo* answer) {
    --asking_;
    std::size_t count = 0;
    for (auto* node = answer ? answer->nodes : nullptr; node != nullptr && count < max_addresses;
         node = node->ai_next, ++count) {
      if (node->ai_family == AF_INET) {
        sockaddr_in address;
        std::memcpy(&address, node->ai_addr, sizeof address);
        come_.push_back(address_of(AF_INET, &address.sin_addr));
      } else if (node->ai_family == AF_INET6) {
        sockaddr_in6 address;
        std::memcpy(&address, node->ai_addr, sizeof address);
        come_.push_back(address_of(AF_INET6, &address.sin6_addr));
      }
    }
    if (answer) ::ares_freeaddrinfo(answer);
    timed_out_ |= status == ARES_ETIMEOUT;
  }

  static boost::asio::ip::address address_of(int family, const void* octets) {
    if (family == AF_INET) {
      boost::asio::ip::address_v4::bytes_type bytes;
      std::memcpy(bytes.data(), octets, bytes.size());
      return boost::asio::ip::address_v4(bytes);
    }
    boost::asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), octets, bytes.size());
    return boost::asio::ip::address_v6(bytes);
  }

  /// Called by c-ares: it waits for a socket, or is about to close it.
  void watch(ares_socket_t socket, bool readable, bool writable) {
    if (!readable && !writable) {
      if (const auto gone = watches_.extract(socket)) gone.mapped()->release();  // before it is closed
      return;
    }
    auto& entry = watches_[socket];
    if (!entry) {
      entry = std::make_shared<Watch>(executor_);
      error_code error;
      entry->descriptor.assign(socket, error);
      if (error) return;  // only the timer remains
    }
    entry->wanted[0] = readable;
    entry->wanted[1] = writable;
    wait(socket, entry);
  }
  void wait(ares_socket_t socket, const std::shared_ptr<Watch>& entry) {
    using Descriptor = boost::asio::posix::stream_descriptor;
    for (const bool write : {false, true}) {
      if (!entry->wanted[write] || std::exchange(entry->waiting[write], true)) continue;
      entry->descriptor.async_wait(
          write ? Descriptor::wait_write : Descriptor::wait_read,
          [weak = weak_from_this(), watched = std::weak_ptr(entry), socket, write](const error_code& error) {
            const auto self = weak.lock();
            const auto still = watched.lock();
            if (error || !self || !still) return;
            still->waiting[write] = false;
            if (!still->wanted[write]) return;
            ::ares_process_fd(self->channel_, write ? ARES_SOCKET_BAD : socket,
                              write ? socket : ARES_SOCKET_BAD);
            if (self->watches_.contains(socket) && self->watches_[socket] == still) self->wait(socket, still);
            self->settle();
          });
    }
  }

  /// Reports what has arrived, and waits for the rest.
  void settle() {
    if (!come_.empty()) {
      const Addresses some = std::exchange(come_, {});
      any_ = true;
      const auto found = found_;
      if (found) found(some);
    }
    if (!done_) return;
    if (asking_ == 0) {
      const Done done = std::exchange(done_, nullptr);
      cancel();
      return done(any_         ? error_code()
                  : timed_out_ ? error_code(boost::asio::error::timed_out)
                               : make_error_code(Errc::unknown_host));
    }
    timeval wait{};
    if (::ares_timeout(channel_, nullptr, &wait) == nullptr) return;
    timer_.expires_after(std::chrono::seconds(wait.tv_sec) + std::chrono::microseconds(wait.tv_usec + 1000));
    timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (error || !self || !self->channel_) return;
      ::ares_process_fd(self->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
      self->settle();
    });
  }

  void close() noexcept {
    timer_.cancel();
    if (channel_) ::ares_destroy(std::exchange(channel_, nullptr));
    watches_.clear();
  }

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<HostsFile> hosts_;
  Found found_;
  Done done_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watch>> watches_;
  Addresses come_;
  int asking_ = 0;
  bool any_ = false;
  bool timed_out_ = false;
};

}  // namespace ilnp
