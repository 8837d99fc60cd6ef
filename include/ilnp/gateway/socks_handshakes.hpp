#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "socks_server.hpp"

namespace ilnp {

/// The programs of a SOCKS port that have not yet named a destination. If there are too many, the oldest is dropped, so that
/// programs that open connections and say nothing do not keep others out. One thread.
class SocksHandshakes {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  /// Receives a destination, and the connection of the program that named it.
  using Asked = std::function<void(StreamTarget, Socket)>;
  static constexpr std::size_t max_handshakes = 256;  ///< at a time

  /// `asked` is called for each program that has named its destination.
  explicit SocksHandshakes(Asked asked) : table_(std::make_shared<Table>()) {
    table_->asked = std::move(asked);
  }

  /// `exit`: the node through which outside hosts are reached; empty if there is none. True if another was dropped.
  bool begin(Socket socket, const std::string& exit) {
    auto& servers = table_->servers;
    const bool full = servers.size() >= max_handshakes;
    if (full) {
      const auto oldest = servers.extract(servers.begin()).mapped().lock();
      if (oldest) oldest->stop();
    }
    const std::uint64_t number = ++table_->last;
    const auto server = std::make_shared<Server>(std::move(socket), exit, Hear{Place(table_, number)});
    servers.emplace(number, server);
    server->start();
    return full;
  }
  std::size_t size() const noexcept { return table_->servers.size(); }

 private:
  struct Table;
  /// A place in the table, for as long as a handshake lives.
  class Place {
   public:
    Place(const std::shared_ptr<Table>& table, std::uint64_t number) : table_(table), number_(number) {}
    Place(Place&& other) noexcept : table_(std::move(other.table_)), number_(other.number_) {}
    Place& operator=(Place&&) = delete;
    ~Place() { leave(); }
    std::shared_ptr<Table> leave() {
      auto table = std::exchange(table_, {}).lock();
      if (table) table->servers.erase(number_);
      return table;
    }

   private:
    std::weak_ptr<Table> table_;
    std::uint64_t number_;
  };
  struct Hear {
    Place place;
    void operator()(StreamTarget target, Socket socket) {
      if (const auto table = place.leave()) table->asked(std::move(target), std::move(socket));
    }
  };
  using Server = SocksServer<Hear>;
  struct Table {
    std::map<std::uint64_t, std::weak_ptr<Server>> servers;  // the oldest first
    std::uint64_t last = 0;
    Asked asked;
  };

  std::shared_ptr<Table> table_;
};

}  // namespace ilnp
