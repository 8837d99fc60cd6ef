#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../base/address.hpp"
#include "../base/error.hpp"
#include "connect_race.hpp"
#include "exit_policy.hpp"
#include "overlay_name.hpp"

namespace ilnp {

/// Knows no name: an exit leads to addresses only. `NameResolver` (gateway/names/name_resolver.hpp)
/// takes its place where names are to be looked up, and documents the functions.
struct NoNames {
  using Id = std::uint64_t;  ///< of a look-up
  /// Receives some addresses.
  using Found = std::function<void(const std::vector<boost::asio::ip::address>&)>;
  using Done = std::function<void(const error_code&)>;  ///< receives the result

  /// Always `unknown_host`.
  result<Id> look_up(Nid, const std::string&, const Found&, const Done&) const { return Errc::unknown_host; }
  /// Nothing is ever in progress.
  void cancel(Id) const noexcept {}
};

/// Connects to the destination that a peer has named: a port of this host, or of an outside host, at the first of its addresses
/// that answers. An address needs no name server. Lives until it is done.
///
/// Refers to the policy and to `names` (`NoNames`, `NameResolver`), which must outlive it unless it is cancelled.
template <class Names = NoNames>
class StreamDial : public std::enable_shared_from_this<StreamDial<Names>> {
 public:
  using Tcp = boost::asio::ip::tcp;
  using Done = ConnectRace::Done;  ///< receives the connected socket, or the error
  static constexpr auto time_limit = std::chrono::seconds(10);  ///< for the name and the connection together
  /// How long an IPv4 address waits for an IPv6 one of the same name (RFC 8305, section 3).
  static constexpr auto resolution_delay = std::chrono::milliseconds(50);

  /// Connects nowhere until `start`.
  StreamDial(const boost::asio::any_io_executor& executor, ExitPolicy& policy, Names& names)
      : executor_(executor), policy_(&policy), names_(&names), timer_(executor), delay_(executor) {}

  /// `host`: empty for this host. Calls `done(error_code, Tcp::socket)` once, later, unless it is cancelled. Errors:
  /// `not_allowed` (by the policy, or a name of the overlay), `unknown_host`, `queue_full` (too many names), `timed_out`, those
  /// of the system.
  void start(Nid peer, const std::string& host, std::uint16_t port, Done done) {
    namespace ip = boost::asio::ip;
    const auto self = this->shared_from_this();
    done_ = std::move(done);
    port_ = port;
    timer_.expires_after(time_limit);
    timer_.async_wait([self](const error_code& error) {
      if (!error) self->end(boost::asio::error::timed_out, Tcp::socket(self->executor_));
    });
    race_ = std::make_shared<ConnectRace>(executor_, [self](const error_code& error, Tcp::socket socket) {
      self->end(error, std::move(socket));
    });
    if (host.empty()) {
      const Tcp::endpoint own[] = {{ip::address_v4::loopback(), port}, {ip::address_v6::loopback(), port}};
      race_->add(own);
      return race_->no_more();
    }
    if (is_overlay_name(host)) return fail(Errc::not_allowed);
    error_code not_an_address;
    if (const auto address = ip::make_address(host, not_an_address); !not_an_address) {
      take({address});
      return complete({});
    }
    const auto lookup = names_->look_up(
        peer, host, [self](const auto& addresses) { self->take(addresses); },
        [self](const error_code& error) {
          self->lookup_.reset();
          self->complete(error);
        });
    if (!lookup) return fail(lookup.error());
    lookup_ = *lookup;
  }

  /// Ends it at once; `done` is not called any more.
  void cancel() {
    done_ = nullptr;
    timer_.cancel();
    delay_.cancel();
    if (lookup_) names_->cancel(*std::exchange(lookup_, std::nullopt));
    if (race_) std::exchange(race_, nullptr)->cancel();
  }

 private:
  /// Some of the addresses. IPv4 ones wait a little for those of IPv6, which are tried first.
  void take(const std::vector<boost::asio::ip::address>& addresses) {
    if (!done_) return;
    for (const auto& each : addresses) {
      const Tcp::endpoint endpoint(plain_address(each), port_);
      if (const error_code error = policy_->check(endpoint)) {
        refused_ = error;
      } else {
        (endpoint.address().is_v6() ? v6_ : v4_).push_back(endpoint);
      }
    }
    if (racing_ || !v6_.empty()) return race();
    if (v4_.empty()) return;
    delay_.expires_after(resolution_delay);
    delay_.async_wait([self = this->shared_from_this()](const error_code& error) {
      if (!error && self->done_) self->race();
    });
  }
  void race() {
    if (v6_.empty() && v4_.empty()) return;
    racing_ = true;
    delay_.cancel();
    race_->add(std::exchange(v6_, {}));
    race_->add(std::exchange(v4_, {}));
  }
  /// There are no more addresses.
  void complete(const error_code& error) {
    if (!done_) return;
    race();
    if (racing_) return race_->no_more();
    fail(refused_ ? refused_ : error ? error : make_error_code(Errc::unknown_host));
  }

  void fail(const error_code& error) {
    boost::asio::post(executor_, [self = this->shared_from_this(), error] {
      self->end(error, Tcp::socket(self->executor_));
    });
  }
  void end(const error_code& error, Tcp::socket socket) {
    if (!done_) return;
    const Done done = std::exchange(done_, nullptr);
    cancel();
    done(error, std::move(socket));
  }

  boost::asio::any_io_executor executor_;
  ExitPolicy* policy_;
  Names* names_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer delay_;
  Done done_;
  std::uint16_t port_ = 0;
  std::optional<typename Names::Id> lookup_;
  std::shared_ptr<ConnectRace> race_;  // holds this one, until either ends
  std::vector<Tcp::endpoint> v6_, v4_;
  bool racing_ = false;
  error_code refused_;
};

}  // namespace ilnp
