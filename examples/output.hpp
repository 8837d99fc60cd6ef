#pragma once

// The output of a program that runs a node, whatever happens to its readers.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <streambuf>
#include <string>

#include "line_writer.hpp"
#include "log.hpp"

namespace program {

/// Prepares output: a reader that has gone, or a file that may not grow, becomes an error of the write instead of a signal that ends the
/// program; and the standard descriptors are occupied, so that none of them becomes a socket.
inline void secure_output() {
  for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  for (int file = ::open("/dev/null", O_RDWR); file >= 0; file = ::open("/dev/null", O_RDWR))
    if (file > STDERR_FILENO) {
      ::close(file);
      break;
    }
}

/// For a program that runs no node: whoever closes its output, as `head` does, ends it without a word.
inline void end_with_the_reader() { ::signal(SIGPIPE, SIG_DFL); }

/// A stream's lines, for a `LineWriter`.
class LineBuffer : public std::streambuf {
 public:
  LineBuffer(std::ostream& stream, LineWriter& write)
      : stream_(stream), before_(stream.rdbuf(this)), write_(write) {}
  LineBuffer(const LineBuffer&) = delete;
  LineBuffer& operator=(const LineBuffer&) = delete;
  ~LineBuffer() override {
    if (!line_.empty()) write_(line_);
    stream_.rdbuf(before_);
  }

 protected:
  int_type overflow(int_type c) override {
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    if (traits_type::to_char_type(c) == '\n') {
      write_(line_);
      line_.clear();
    } else {
      line_ += traits_type::to_char_type(c);
    }
    return c;
  }

 private:
  std::ostream& stream_;
  std::streambuf* before_;
  LineWriter& write_;
  std::string line_;
};

/// Standard output and standard error of a program that runs a node, as long as this object lives, including everything that
/// goes to `std::cout` and `std::cerr`. Output never blocks or ends the node. At the end, what is left is written if it can be written at
/// once.
class Output {
 public:
  explicit Output(LogStyle style = error_style()) : log(err, style) {}

  LineWriter out{STDOUT_FILENO};
  LineWriter err{STDERR_FILENO};
  Log log;

 private:
  LineBuffer cout_{std::cout, out};
  LineBuffer cerr_{std::cerr, err};
};

}  // namespace program
