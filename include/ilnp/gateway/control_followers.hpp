#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../posix/socket.hpp"

namespace ilnp {

/// Clients of a control socket that receive lines as they are written, until they or this object end. A client that does not read
/// costs a bounded amount of memory and holds up nobody: lines that do not fit are dropped and counted, and when there is
/// room again, a line says how many. One thread; refers to the executor's context.
class ControlFollowers {
 public:
  using Id = std::uint64_t;                               ///< names a client; never used again
  static constexpr std::size_t max_followers = 16;        ///< clients at a time
  static constexpr std::size_t max_waiting = 256 * 1024;  ///< octets that wait for one client
  /// The line, with its end, that says how many lines were dropped.
  using Gap = std::function<std::string(std::uint64_t lines)>;

  /// `gap` writes the line that stands for dropped ones.
  ControlFollowers(const boost::asio::any_io_executor& executor, Gap gap)
      : executor_(executor), gap_(std::move(gap)) {}
  ControlFollowers(const ControlFollowers&) = delete;
  ControlFollowers& operator=(const ControlFollowers&) = delete;

  /// True if no further client fits.
  bool full() const noexcept { return followers_.size() >= max_followers; }
  bool empty() const noexcept { return followers_.empty(); }
  std::size_t size() const noexcept { return followers_.size(); }

  /// Takes a client's stream socket; not if it is `full`. Returns what names the client from then on; 0 if the system cannot watch the
  /// socket. `on_end` is called when the client has gone, but not by `end`.
  Id add(OwnedSocket to, std::function<void()> on_end = {}) {
    if (full()) return 0;
    auto client = std::make_shared<Client>(executor_, std::move(to), ++last_id_, std::move(on_end));
    error_code error;
    client->watched.assign(client->socket.native_handle(), error);
    if (error) return 0;
    followers_.push_back(client);
    listen(*client, client);
    return client->id;
  }

  /// Whether it is still there.
  bool has(Id id) const { return find(id) != nullptr; }

  /// Writes `line`, which ends with a line end, to all.
  void write(std::string_view line) {
    const auto all = followers_;  // a write may end one
    for (const auto& each : all) write(*each, line);
  }
  /// The same to one; nothing happens if it has gone.
  void write(Id id, std::string_view line) {
    if (const auto client = find(id)) write(*client, line);
  }
  /// Closes the connection to one, after what it has been sent so far.
  void end(Id id) {
    const auto client = find(id);
    if (!client) return;
    client->ending = true;
    client->on_end = {};
    if (client->waiting.empty()) forget(*client);
  }

 private:
  struct Client {
    Client(const boost::asio::any_io_executor& executor, OwnedSocket to, Id name, std::function<void()> ended)
        : id(name), on_end(std::move(ended)), socket(std::move(to)), watched(executor) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client() { watched.release(); }  // the socket closes it

    Id id;
    std::function<void()> on_end;
    std::string waiting;
    std::uint64_t dropped = 0;
    bool writing = false;  // waits until the socket is writable
    bool ending = false;
    OwnedSocket socket;
    boost::asio::posix::stream_descriptor watched;
  };
  using Weak = std::weak_ptr<Client>;

  std::shared_ptr<Client> find(Id id) const {
    const auto at =
        std::find_if(followers_.begin(), followers_.end(), [&](const auto& c) { return c->id == id; });
    return at == followers_.end() ? nullptr : *at;
  }

  void write(Client& client, std::string_view line) {
    if (client.ending) return;
    if (client.dropped != 0 || client.waiting.size() + line.size() > max_waiting) {
      ++client.dropped;
    } else {
      client.waiting += line;
    }
    if (!client.writing) push(client);
  }

  /// Sends what the socket takes, and waits for it to take the rest.
  void push(Client& client) {
    while (true) {
      if (client.waiting.empty() && client.dropped != 0)
        client.waiting = gap_(std::exchange(client.dropped, 0));
      if (client.waiting.empty()) {
        if (client.ending) forget(client);
        return;
      }
      const ssize_t sent = ::send(client.socket.native_handle(), client.waiting.data(),
                                  std::min(client.waiting.size(), max_piece), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait(client);
      if (sent < 0) return lose(client);
      client.waiting.erase(0, static_cast<std::size_t>(sent));
    }
  }
  void wait(Client& client) {
    client.writing = true;
    client.watched.async_wait(boost::asio::posix::descriptor_base::wait_write,
                              [this, weak = Weak(find(client.id))](const error_code& error) {
                                const auto still = weak.lock();
                                if (!still || error) return;
                                still->writing = false;
                                push(*still);
                              });
  }

  /// A client sends nothing that matters, but its end shows here.
  void listen(Client& client, Weak weak) {
    client.watched.async_wait(boost::asio::posix::descriptor_base::wait_read,
                              [this, weak = std::move(weak)](const error_code& error) {
                                const auto still = weak.lock();
                                if (!still || error) return;
                                std::array<char, 256> ignored;
                                const ssize_t size = ::recv(still->socket.native_handle(), ignored.data(),
                                                            ignored.size(), MSG_DONTWAIT);
                                const bool waits = size < 0 && (errno == EAGAIN || errno == EINTR);
                                if (size <= 0 && !waits) return lose(*still);
                                listen(*still, still);
                              });
  }

  void lose(Client& client) {
    const auto on_end = std::exchange(client.on_end, {});
    forget(client);
    if (on_end) on_end();
  }
  void forget(const Client& client) {
    std::erase_if(followers_, [&](const auto& each) { return each.get() == &client; });
  }

  static constexpr std::size_t max_piece = 32 * 1024;

  boost::asio::any_io_executor executor_;
  Gap gap_;
  std::vector<std::shared_ptr<Client>> followers_;
  Id last_id_ = 0;
};

}  // namespace ilnp
