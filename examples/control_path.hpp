#pragma once

// The default places where ilnp-ctl and ilnp-proxy-create find ilnp-proxy, ilnp-stream or ilnp-tun: one list for both sides. A proxy uses the
// first that it can use, a client the first where a proxy replies.

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace program {

/// The help text of --control.
inline constexpr const char* control_help =
    "UNIX socket for ilnp-ctl and ilnp-proxy-create (default: ilnp-HOST.sock in $XDG_RUNTIME_DIR, "
    "/run/user/UID, /run/ilnp for root, or /tmp/ilnp-UID)";
/// The same of a program that has no control socket without it.
inline constexpr const char* own_control_help = "UNIX socket for ilnp-ctl (default: none)";

/// A folder for control sockets, and the user that must own it. No other user may be able to write there, since such a user could take
/// a proxy's place.
struct ControlPlace {
  static constexpr auto anybody = static_cast<uid_t>(-1);
  std::string folder;
  uid_t owner;
  bool made;     ///< created by the proxy that needs it
  bool guessed;  ///< found by everybody; else only with the same environment

  /// `ilnp-<name of this machine>.sock` in the folder.
  std::string path() const {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return folder + "/ilnp-" + host.data() + ".sock";
  }

  /// Why it must not be used; empty if it can be.
  std::string problem() const {
    struct stat status {};
    // A folder that the environment names may be a link; one in /tmp may not.
    if ((guessed ? ::lstat : ::stat)(folder.c_str(), &status) != 0) return std::strerror(errno);
    if (!S_ISDIR(status.st_mode)) return "not a folder";
    if (status.st_uid != owner && status.st_uid != 0 && owner != anybody)
      return "the folder belongs to user " + std::to_string(status.st_uid);
    if ((status.st_mode & 022) != 0) return "others can write to the folder";
    return {};
  }
};

/// The places of one user, in the order of attempts.
inline void add_control_places(std::vector<ControlPlace>& places, uid_t user) {
  const std::string id = std::to_string(user);
  places.push_back({"/run/user/" + id, user, false, true});
  if (user == 0) places.push_back({"/run/ilnp", 0, true, true});
  places.push_back({"/tmp/ilnp-" + id, user, true, true});
}
/// The runtime folder that the environment names.
inline std::string runtime_folder() {
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  return folder != nullptr && *folder == '/' ? folder : "";
}

/// Places where a proxy of this user may listen.
inline std::vector<ControlPlace> proxy_places() {
  std::vector<ControlPlace> places;
  if (const std::string folder = runtime_folder(); !folder.empty())
    places.push_back({folder, ::geteuid(), false, false});
  add_control_places(places, ::geteuid());
  return places;
}

/// Places to look for a proxy: those of this user; for root under sudo, those of the calling user; for others, root's. Root can select the
/// user through the environment.
inline std::vector<ControlPlace> client_places() {
  std::vector<uid_t> users{::geteuid()};
  if (const char* text = std::getenv("SUDO_UID"); text != nullptr && ::geteuid() == 0) {
    uid_t user = 0;
    const std::string_view digits = text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), user);
    if (error == std::errc{} && end == digits.data() + digits.size() && user != 0) users.push_back(user);
  }
  std::vector<ControlPlace> places;
  if (const std::string folder = runtime_folder(); !folder.empty())
    places.push_back({folder, ::geteuid() == 0 ? ControlPlace::anybody : ::geteuid(), false, false});
  for (const uid_t user : users) add_control_places(places, user);
  if (::geteuid() != 0) places.push_back({"/run/ilnp", 0, true, true});
  return places;
}

/// The paths on which a proxy listens: the first place that it can use and, if only its environment leads there, also the first one that
/// everybody looks at. Throws if there is none.
inline std::vector<std::string> default_control_paths() {
  std::vector<std::string> paths;
  std::string tried;
  for (const ControlPlace& place : proxy_places()) {
    if (place.made) ::mkdir(place.folder.c_str(), 0700);
    if (const std::string problem = place.problem(); !problem.empty()) {
      tried += (tried.empty() ? "" : "; ") + place.folder + ": " + problem;
      continue;
    }
    if (::access(place.folder.c_str(), W_OK | X_OK) != 0) {
      tried += (tried.empty() ? "" : "; ") + place.folder + ": " + std::strerror(errno);
      continue;
    }
    if (paths.empty() || paths.front() != place.path()) paths.push_back(place.path());
    if (place.guessed) break;
  }
  if (paths.empty())
    throw std::runtime_error("no folder for the control socket (" + tried + "); use --control PATH");
  return paths;
}

}  // namespace program
