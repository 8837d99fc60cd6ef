#pragma once

// Where ilnp-proxy and ilnp-proxy-create meet when nobody says otherwise.

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace program {

/// What --help says of --control.
inline constexpr const char* control_help =
    "UNIX socket for ilnp-proxy-create (default: ilnp-HOST.sock in $XDG_RUNTIME_DIR or /tmp/ilnp-UID)";

/// `ilnp-<name of this machine>.sock` in the user's run-time folder, or in /tmp/ilnp-<user id>, which is made if need be.
inline std::string default_control_path() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string file = "/ilnp-" + std::string(host.data()) + ".sock";
  if (const char* folder = std::getenv("XDG_RUNTIME_DIR"); folder != nullptr && *folder == '/')
    return folder + file;
  const std::string folder = "/tmp/ilnp-" + std::to_string(::getuid());
  ::mkdir(folder.c_str(), 0700);
  struct stat status {};
  // Anybody may write to /tmp: a folder that is not the user's own and closed to others could lead anywhere.
  if (::lstat(folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode) || status.st_uid != ::getuid() ||
      (status.st_mode & 077) != 0)
    throw std::runtime_error(folder + " is not a folder that only you can use; give --control PATH");
  return folder + file;
}

}  // namespace program
