#pragma once

// The requests `ping` and `trace` of the control protocol.

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <ilnp/asio/ping.hpp>
#include <ilnp/control/node_control.hpp>
#include <ilnp/gateway/control_followers.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace program {

/// Pings a node several times, or traces the way to it, and writes a line of JSON for each ping to one client. Keeps itself alive until
/// it is done, or the client or the node has gone. `NodeType`: see `ilnp::async_ping`. Refers to the node and to the clients.
template <class NodeType>
class ControlPing : public std::enable_shared_from_this<ControlPing<NodeType>> {
 public:
  using Followers = ilnp::ControlFollowers;
  static constexpr auto interval = std::chrono::seconds(1);  ///< from one ping to the next
  static constexpr auto patience = std::chrono::seconds(1);  ///< for one reply
  static constexpr std::uint8_t max_hops = 32;
  /// So many forwarders that do not reply end a trace, once the node's own hop limit is exceeded.
  static constexpr unsigned max_silent = 3;

  ControlPing(NodeType& node, Followers& clients, Followers::Id client, ilnp::Nid to, unsigned count)
      : node_(node),
        clients_(clients),
        client_(client),
        to_(to),
        count_(count),
        timer_(node.get_executor()) {}

  void ping() {
    began_ = std::chrono::steady_clock::now();
    send(std::nullopt, [this](const std::optional<ilnp::PingReply>& reply) {
      ilnp::JsonWriter json = begin("ping", "sequence", ++sent_);
      write(json, reply);
      if (sent_ == count_) return end_ping();
      timer_.expires_at(began_ + interval);
      timer_.async_wait([self = this->shared_from_this()](const auto& error) {
        if (!error) self->ping();
      });
    });
  }

  void trace() {
    send(hops_, [this](const std::optional<ilnp::PingReply>& reply) {
      ilnp::JsonWriter json = begin("trace", "hop", unsigned{hops_} + 1);
      write(json, reply);
      silent_ = reply ? 0 : silent_ + 1;
      const auto own = node_.with([](auto& stack, auto&) { return network_layer(stack).hop_limit(); });
      if ((reply && reply->reached) || ++hops_ == max_hops || (silent_ >= max_silent && hops_ > own))
        return clients_.end(client_);
      trace();
    });
  }

 private:
  template <class Then>
  void send(std::optional<std::uint8_t> hop_limit, Then then) {
    if (!clients_.has(client_)) return;
    ilnp::async_ping(
        node_, to_, hop_limit, patience,
        [self = this->shared_from_this(), then](const auto& error, const ilnp::PingReply& reply) {
          if (error == boost::asio::error::operation_aborted) return;
          if (error && error != boost::asio::error::timed_out) return self->fail(error);
          then(error ? std::nullopt : std::optional(reply));
        });
  }
  void fail(const ilnp::error_code& error) {
    clients_.write(client_, ilnp::NodeControl::error(error.message()) + '\n');
    clients_.end(client_);
  }

  static ilnp::JsonWriter begin(std::string_view kind, std::string_view number, unsigned value) {
    ilnp::JsonWriter json = ilnp::NodeControl::begin(kind);
    json.member(number, value);
    return json;
  }
  void write(ilnp::JsonWriter& json, const std::optional<ilnp::PingReply>& reply) {
    json.member("answered", reply.has_value());
    if (reply) {
      const double seconds = std::chrono::duration<double>(reply->round_trip).count();
      ++received_;
      least_ = received_ == 1 ? seconds : std::min(least_, seconds);
      most_ = std::max(most_, seconds);
      sum_ += seconds;
      json.member("nid", to_string(reply->replier.nid)).member("locator", to_string(reply->replier.locator));
      json.member("reached", reply->reached).member("milliseconds", seconds * 1000);
      json.member("forwarders", reply->forwarders()).member("sent_from", to_string(reply->source));
      json.member("sent_to", to_string(reply->destination))
          .member("arrived_on", to_string(reply->arrived_on));
      json.member("returned_on", to_string(reply->returned_on));
    }
    clients_.write(client_, json.close('}').take() + '\n');
  }
  void end_ping() {
    ilnp::JsonWriter json = begin("ping_end", "sent", sent_);
    json.member("received", received_);
    for (const auto& [name, seconds] :
         {std::pair("least", least_), {"mean", received_ == 0 ? 0 : sum_ / received_}, {"most", most_}}) {
      json.key(name);
      received_ == 0 ? json.null() : json.value(seconds * 1000);
    }
    clients_.write(client_, json.close('}').take() + '\n');
    clients_.end(client_);
  }

  NodeType& node_;
  Followers& clients_;
  Followers::Id client_;
  ilnp::Nid to_;
  unsigned count_;
  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point began_{};
  unsigned sent_ = 0;
  unsigned received_ = 0;
  double least_ = 0;
  double most_ = 0;
  double sum_ = 0;
  std::uint8_t hops_ = 0;
  unsigned silent_ = 0;
};

}  // namespace program
