#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "../base/ascii_case.hpp"
#include "../base/error.hpp"
#include "../posix/socket.hpp"

namespace ilnp {

/// Keeps the names of nodes in a hosts file (hosts(5)), for programs that ask no name server. Each of its lines ends with a
/// mark, and it changes no other line. The file is written in place, because it may be a mount of its own, as in a container;
/// and only when something has changed. Not for several writers at a time. One thread; blocks for as long as the disk does.
class HostsFileWriter {
 public:
  static constexpr std::size_t max_octets =
      1 << 20;  ///< of the file without its lines; a longer one is left alone
  static constexpr std::size_t max_names = 4096;  ///< the rest is left out

  /// One name.
  struct Name {
    std::string address;  ///< as text
    std::string name;     ///< with its domain, such as "bob.ilnp"
  };

  /// `path`: of the file, which must exist. `mark`: one word that no other writer uses, such as the name of an interface.
  HostsFileWriter(std::string path, std::string_view mark)
      : path_(std::move(path)), ending_(" # ilnp " + std::string(mark)) {}

  /// From now on the file has exactly these names of this writer. Leaves out those that no hosts file can hold, and all but the
  /// first of those that differ only in case. Errors: those of the system, such as EINVAL for what is no regular file;
  /// `message_too_long` for a file that is too long. Then the file is as it was, unless the disk is broken.
  error_code write(const std::vector<Name>& names) {
    const OwnedSocket file(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    if (file.native_handle() < 0) return last_system_error();
    std::string old;
    if (const error_code error = read(file.native_handle(), old)) return error;
    std::string text = others_of(old);
    if (const std::string lines = own(names); !lines.empty()) {
      if (!text.empty() && text.back() != '\n') text += '\n';
      text += lines;
    }
    return text == old ? error_code{} : replace(file.native_handle(), text, old.size());
  }
  /// Removes the names again.
  error_code clear() { return write({}); }

  /// Can a hosts file hold this name, and can a program ask for it?
  static bool fits(std::string_view name) noexcept {
    constexpr std::size_t max_name = 253, max_label = 63;
    if (name.empty() || name.size() > max_name) return false;
    std::size_t label = 0;
    for (const char each : name) {
      const auto octet = static_cast<unsigned char>(each);
      label = each == '.' ? 0 : label + 1;
      if (octet <= ' ' || octet == 0x7f || each == '#' || label > max_label) return false;
    }
    return name.front() != '.' && name.find("..") == name.npos;
  }

 private:
  error_code read(int file, std::string& text) const {
    struct stat status {};
    if (::fstat(file, &status) != 0) return last_system_error();
    if (!S_ISREG(status.st_mode)) return {EINVAL, boost::system::system_category()};
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size > max_octets + max_names * max_line) return Errc::message_too_long;
    text.resize(size);
    for (std::size_t at = 0; at < size;) {
      const ssize_t got = ::pread(file, text.data() + at, size - at, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return last_system_error();
      if (got == 0) {
        text.resize(at);
        break;
      }
      at += static_cast<std::size_t>(got);
    }
    return {};
  }

  /// The lines of everybody else.
  std::string others_of(std::string_view text) const {
    std::string others;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      const std::string_view line = text.substr(0, end);
      if (!line.substr(0, line.find('\n')).ends_with(ending_)) others += line;
      text.remove_prefix(end);
    }
    return others;
  }
  std::string own(const std::vector<Name>& names) const {
    std::string lines;
    std::unordered_set<std::string> taken;
    for (const Name& each : names) {
      if (taken.size() == max_names) break;
      std::string folded = each.name;
      std::ranges::transform(folded, folded.begin(), ascii_lower);
      if (!fits(each.name) || !taken.insert(std::move(folded)).second) continue;
      lines.append(each.address).append(" ").append(each.name).append(ending_).append("\n");
    }
    return lines;
  }

  static error_code replace(int file, std::string_view text, std::size_t old_size) {
    if (text.size() > old_size)  // on a full disk it fails here, before anything has changed
      if (const int error = ::posix_fallocate(file, 0, static_cast<off_t>(text.size())))
        return {error, boost::system::system_category()};
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t put = ::pwrite(file, text.data() + at, text.size() - at, static_cast<off_t>(at));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return last_system_error();
      at += static_cast<std::size_t>(put);
    }
    if (text.size() < old_size && ::ftruncate(file, static_cast<off_t>(text.size())) != 0)
      return last_system_error();
    return {};
  }

  static constexpr std::size_t max_line = 512;  // of those that it writes
  std::string path_;
  std::string ending_;
};

}  // namespace ilnp
