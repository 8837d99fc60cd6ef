#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>
#include <map>

#include "asio/pair.hpp"
#include "ilnp/gateway/stream_relay.hpp"
#include "support/octets.hpp"
#include "support/print.hpp"

namespace ilnp::test {

using boost::asio::ip::tcp;

/// What the shell sees of a stack with a stream proxy; here the test is what is behind it.
struct MemoryStreams {
  struct Stream {
    Octets written;                ///< by the shell
    std::size_t room = 1'000'000;  ///< for what it writes
    Octets to_read;
    std::size_t taken = 0;  ///< of these
    bool ends = false;      ///< after `to_read`
    bool shut_down = false, reset = false;
    bool throws = false;  ///< instead of being read
  };

  error_code expose(std::uint16_t) { return {}; }
  result<Nid> resolve(std::string_view name, Context<>&) {
    if (name == "bob") return Nid(2);
    if (const auto other = others.find(std::string(name)); other != others.end()) return other->second;
    return Errc::unknown_host;
  }
  result<StreamId> open(Nid, std::uint16_t port, std::string_view host, Context<>&) {
    if (open_error) return open_error;
    opened.emplace_back(std::string(host) + ':' + std::to_string(port));
    return last = StreamId{++number};
  }
  void answer(StreamId id, wire::StreamReplyCode code, Context<>&) { answers[id.value] = code; }
  result<std::size_t> write(StreamId id, Bytes octets, Context<>&) {
    Stream& stream = streams[id.value];
    const std::size_t size = std::min(octets.size(), stream.room);
    if (size == 0) return error_code(boost::asio::error::would_block);
    stream.room -= size;
    stream.written.insert(stream.written.end(), octets.begin(),
                          octets.begin() + static_cast<std::ptrdiff_t>(size));
    return size;
  }
  result<std::size_t> read(StreamId id, MutableBytes into, Context<>&) {
    Stream& stream = streams[id.value];
    if (stream.throws) throw std::runtime_error("read");
    const std::size_t size = std::min(into.size(), stream.to_read.size() - stream.taken);
    if (size == 0 && !stream.ends) return error_code(boost::asio::error::would_block);
    std::copy_n(stream.to_read.begin() + static_cast<std::ptrdiff_t>(stream.taken), size, into.begin());
    stream.taken += size;
    return size;
  }
  error_code shutdown(StreamId id, Context<>&) {
    streams[id.value].shut_down = true;
    return {};
  }
  void reset(StreamId id, Context<>&) { streams[id.value].reset = true; }
  std::optional<StreamPeer> peer(StreamId) const { return StreamPeer{Nid(2)}; }

  std::map<std::uint64_t, Stream> streams;
  std::map<std::string, Nid> others;  ///< nodes that are known besides bob
  std::map<std::uint64_t, wire::StreamReplyCode> answers;
  std::vector<std::string> opened;
  error_code open_error;
  StreamId last;
  std::uint64_t number = 0;
};

/// A TCP connection on the loopback address: `here` is the program's, `there` is the shell's.
struct TcpPair {
  explicit TcpPair(boost::asio::io_context& io) : here(io), there(io) {
    tcp::acceptor acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
    here.connect(acceptor.local_endpoint());
    acceptor.accept(there);
    prepare_tcp(there.native_handle());
    here.non_blocking(true);
  }
  tcp::socket here, there;
};

/// What has come for the program, of what is there now; `error` is what ended that.
inline std::string come(tcp::socket& socket, error_code& error) {
  std::string all, some(1 << 16, '\0');
  for (error = {}; !error;) {
    const std::size_t size = socket.read_some(boost::asio::buffer(some), error);
    all.append(some, 0, size);
  }
  return all;
}
/// How the connection ends for the program.
inline error_code ending(boost::asio::io_context& io, tcp::socket& socket) {
  error_code error;
  socket.non_blocking(true);
  run_until(io, [&] {
    come(socket, error);
    return error != boost::asio::error::would_block;
  });
  return error;
}

}  // namespace ilnp::test
