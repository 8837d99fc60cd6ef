#pragma once

// Files that a program writes, which may be pipes with names.

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

namespace program {

/// Opens a file to write it, and creates or empties it. Waits for a reader of a named pipe. -1: see `errno`.
inline int open_output(const std::string& path, mode_t mode, int flags = 0) {
  int descriptor = -1;
  do descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | flags, mode);
  while (descriptor < 0 && errno == EINTR);
  return descriptor;
}

/// The same without waiting. A named pipe that nobody reads: -1, and `has_no_reader` is true then.
inline int open_output_at_once(const std::string& path, mode_t mode) {
  const int descriptor = open_output(path, mode, O_NONBLOCK);
  if (descriptor >= 0) ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
  return descriptor;
}

/// Has `open_output_at_once` failed only because nobody reads this pipe? Leaves `errno` as it is.
inline bool has_no_reader(const std::string& path) {
  const int error = errno;
  struct stat status {};
  const bool pipe = error == ENXIO && ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
  errno = error;
  return pipe;
}

}  // namespace program
