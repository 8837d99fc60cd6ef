#pragma once

// One-line errors of a program.

#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "command_line.hpp"
#include "output.hpp"

namespace program {

/// The text of a system error without the numbers that Boost adds: "port 53: Permission denied".
inline std::string describe(const boost::system::system_error& error) {
  std::string text = error.what();
  const std::string details = error.code().what();
  if (text.ends_with(details)) text.resize(text.size() - details.size());
  return text + error.code().message();
}

/// Runs `body`, which returns the exit status. An error is one line on stderr, and so is output that could not be written.
template <class Body>
int run(const char* name, Body&& body) {
  secure_output();
  const auto failed = [name](std::string_view what) {
    LineWriter write(STDERR_FILENO);  // does not wait for long
    while (!what.empty()) {           // one line for each mistake in a configuration
      const auto end = what.find('\n');
      const std::string text = std::string(name) + ": " + std::string(what.substr(0, end));
      const LogFormat format = error_style().format;
      write(format == LogFormat::text ? text : log_line(format, {Level::error, "", "failed", text}));
      what.remove_prefix(end == what.npos ? what.size() : end + 1);
    }
    return 1;
  };
  try {
    const int status = body();
    errno = 0;
    if (!std::cout.flush())
      return failed("standard output: " + std::string(std::strerror(errno != 0 ? errno : EIO)));
    return status;
  } catch (const UsageError& error) {
    return failed(std::string(error.what()) + " (see --help)");
  } catch (const options::error& error) {
    return failed(std::string(error.what()) + " (see --help)");
  } catch (const boost::system::system_error& error) {
    return failed(describe(error));
  } catch (const std::exception& error) {
    return failed(error.what());
  }
}

}  // namespace program
