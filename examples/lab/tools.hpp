#pragma once

// What the commands of the program share: files, progress, and other programs.

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "../run_program.hpp"

namespace lab {

using SteadyClock = std::chrono::steady_clock;
namespace fs = std::filesystem;

inline constexpr int interrupted_status = 130;  ///< a shell's status for a program that SIGINT ended
inline std::atomic<bool> interrupted{false};

#ifndef ILNP_DATA_FOLDER
#define ILNP_DATA_FOLDER "../share/ilnp"
#endif

/// Where the scripts and styles of the pictures are: beside this program in a build folder, or else where it was installed.
inline fs::path plot_folder() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path built = here / "plot";
  return fs::exists(built, error) ? built : (here / ILNP_DATA_FOLDER / "plot").lexically_normal();
}

/// The first `most` octets of a file. What follows is not read: a device or a pipe may have no end.
inline std::string read_file(const std::string& path, std::size_t most) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text(most, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(most));
  if (!stream.is_open() || stream.bad())
    throw std::system_error(errno != 0 ? errno : EIO, std::system_category(), path);
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

inline double elapsed(SteadyClock::time_point since) {
  return std::chrono::duration<double>(SteadyClock::now() - since).count();
}

/// Shows the progress, only on a terminal and at most ten times a second.
class Progress {
 public:
  explicit Progress(bool quiet) : shown_(!quiet && ::isatty(STDERR_FILENO) == 1) {}
  ~Progress() { clear(); }
  template <class Text>
  void operator()(Text&& text) {
    if (!shown_ || elapsed(last_) < 0.1) return;
    last_ = SteadyClock::now();
    std::cerr << "\r\x1b[K" << text() << std::flush;
    dirty_ = true;
  }
  void clear() {
    if (std::exchange(dirty_, false)) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  bool shown_;
  bool dirty_ = false;
  SteadyClock::time_point last_ = SteadyClock::now();
};

inline bool on_path(const std::string& program) {
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');)
    if (::access((folder + '/' + program).c_str(), X_OK) == 0) return true;
  return false;
}

/// Draws with `script`, one of the folder of the plots, or says why it cannot.
inline void draw(const char* script, const fs::path& folder) {
  const fs::path path = plot_folder() / script;
  for (const char* tool : {"bash", "awk", "gnuplot"})
    if (!on_path(tool)) return void(std::cout << "no pictures: " << tool << " is not installed\n");
  if (!fs::exists(path)) return void(std::cout << "no pictures: " << path.string() << " is missing\n");
  if (program::run_program({"bash", path.string(), folder.string()}) != 0 && !interrupted)
    std::cout << "no pictures: " << path.string() << " has failed\n";
}

}  // namespace lab
