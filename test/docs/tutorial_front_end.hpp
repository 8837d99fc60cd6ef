#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <ilnp/asio/node.hpp>
#include <ilnp/base/printable.hpp>
#include <memory>
#include <ostream>

namespace tutorial {

using namespace ilnp;

/// Joins a stack to a person: sends each line that is typed to the node `peer`, and prints what arrives. Refers to the stack and
/// to `out`. Takes over the descriptor `in` and closes it.
template <class Stack>
class Console {
 public:
  static constexpr std::uint16_t port = 19;
  static constexpr std::size_t longest_line = 1000;

  Console(boost::asio::io_context& io, Stack& stack, int in, std::ostream& out, std::string peer)
      : out_(out), peer_(std::move(peer)), input_(io, in), node_(io, stack, Print{&out}) {}

  /// Errors: those of `bind` and of `Node::start`.
  error_code start() {
    if (const error_code error = node_.stack().bind(port)) return error;
    if (const error_code error = node_.start()) return error;
    read_line();
    return {};
  }

 private:
  struct Print {
    std::ostream* out;
    void operator()(const DatagramSource& source, Bytes text) const {
      *out << source.nid << ": " << printable(as_text(text)) << std::endl;
    }
  };

  void read_line() {
    const auto buffer = boost::asio::dynamic_buffer(*typed_, longest_line);
    async_read_until(input_, buffer, '\n', [this, typed = typed_](error_code error, std::size_t size) {
      if (error == boost::asio::error::operation_aborted) return;  // this object may be gone
      if (error) return void(out_ << "input: " << error.message() << std::endl);
      send(std::string_view(*typed).substr(0, size - 1));
      typed->erase(0, size);
      read_line();
    });
  }

  void send(std::string_view line) {
    const error_code error = node_.with([&](Stack& stack, auto& cx) -> error_code {
      const auto nid = stack.resolve(peer_, cx);
      return nid ? stack.send(port, *nid, port, as_bytes(line), cx) : nid.error();
    });
    if (error) out_ << peer_ << ": " << error.message() << std::endl;
  }

  std::ostream& out_;
  std::string peer_;
  // Asio uses it until a read has ended, which may be after this object.
  std::shared_ptr<std::string> typed_ = std::make_shared<std::string>();
  boost::asio::posix::stream_descriptor input_;
  Node<Stack, Print> node_;
};

}  // namespace tutorial
