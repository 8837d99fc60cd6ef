#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "asio/pair.hpp"
#include "support/print.hpp"

namespace ilnp::test {

/// A name server on the loopback address that knows some names, answers nothing about others, and says of all others that they do not
/// exist.
class NameServer {
 public:
  using Udp = boost::asio::ip::udp;
  using Address = boost::asio::ip::address;

  explicit NameServer(boost::asio::io_context& io)
      : socket_(io, {boost::asio::ip::address_v4::loopback(), 0}) {
    receive();
  }
  std::string text() const { return "127.0.0.1:" + std::to_string(socket_.local_endpoint().port()); }

  std::map<std::string, std::vector<Address>> known;
  std::set<std::string> silent;          ///< nothing is answered about them
  std::set<std::uint16_t> silent_types;  ///< nor about these types: 1 A, 28 AAAA
  std::vector<std::string> asked;

 private:
  void receive() {
    socket_.async_receive_from(boost::asio::buffer(in_), from_,
                               [this](const error_code& error, std::size_t size) {
                                 if (error) return;
                                 answer(std::string(in_.data(), size));
                                 receive();
                               });
  }
  void answer(const std::string& query) {
    std::string name;
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) {
      const auto length = static_cast<unsigned char>(query[at]);
      if (!name.empty()) name += '.';
      name += query.substr(at + 1, length);
      at += 1 + length;
    }
    if (at + 5 > query.size()) return;
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(query[at + 1]) << 8 |
                                                 static_cast<unsigned char>(query[at + 2]));
    asked.push_back(name);
    if (silent.contains(name) || silent_types.contains(type)) return;
    std::string records;
    char count = 0;
    const auto found = known.find(name);
    for (const auto& address : found == known.end() ? std::vector<Address>() : found->second) {
      if (address.is_v4() != (type == 1) || (type != 1 && type != 28)) continue;
      records += std::string("\xc0\x0c\0", 3) + static_cast<char>(type) + std::string("\0\1\0\0\0\x3c\0", 7);
      const auto add = [&](const auto& octets) {
        records += static_cast<char>(octets.size());
        for (const auto octet : octets) records += static_cast<char>(octet);
      };
      address.is_v4() ? add(address.to_v4().to_bytes()) : add(address.to_v6().to_bytes());
      ++count;
    }
    std::string reply = query.substr(0, 2) + "\x85" + (found == known.end() ? '\x83' : '\x80') +
                        std::string("\0\1\0", 3) + count + std::string(4, '\0') +
                        query.substr(12, at + 5 - 12) + records;
    error_code ignored;
    socket_.send_to(boost::asio::buffer(reply), from_, 0, ignored);
  }

  Udp::socket socket_;
  Udp::endpoint from_;
  std::array<char, 2048> in_{};
};

}  // namespace ilnp::test
