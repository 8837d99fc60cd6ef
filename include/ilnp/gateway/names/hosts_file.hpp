#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "../../base/ascii_case.hpp"
#include "../../base/error.hpp"

namespace ilnp {

/// The names of a hosts file (hosts(5)). The file is read again only when it has changed:
/// a list of a hundred thousand names takes tens of milliseconds. One thread.
class HostsFile {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;  ///< of one name
  static constexpr std::size_t max_octets = 16 << 20;       ///< the rest is not read
  static constexpr std::size_t max_names = 1'000'000;       ///< likewise
  static constexpr std::size_t max_addresses = 16;          ///< of one name and family

  /// Reads nothing yet.
  explicit HostsFile(std::string path = "/etc/hosts") : path_(std::move(path)) {}

  /// The addresses of a name, in any case: first those of IPv6, each family as in the file. None if the file does not name it.
  Addresses find(std::string_view name) {
    refresh();
    std::string wanted(name);
    std::ranges::transform(wanted, wanted.begin(), ascii_lower);
    Addresses v6, v4;
    auto each =
        std::lower_bound(entries_.begin(), entries_.end(), wanted,
                         [this](const Entry& entry, std::string_view text) { return name_of(entry) < text; });
    for (; each != entries_.end() && name_of(*each) == wanted; ++each) {
      const auto& address = lines_[each->line];
      Addresses& of_family = address.is_v6() ? v6 : v4;
      if (of_family.size() < max_addresses) of_family.push_back(address);
    }
    v6.insert(v6.end(), v4.begin(), v4.end());
    return v6;
  }
  /// How often the file was read so far.
  std::size_t times_read() const noexcept { return times_read_; }

 private:
  struct Entry {
    std::uint32_t at, size, line;  // of the name in the text, and its address
  };
  struct Stamp {
    explicit Stamp(const struct stat& file = {}) noexcept
        : value(file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec,
                file.st_ctim.tv_sec, file.st_ctim.tv_nsec) {}
    bool operator==(const Stamp&) const = default;
    std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long> value;
  };

  std::string_view name_of(const Entry& entry) const noexcept {
    return std::string_view(text_).substr(entry.at, entry.size);
  }

  void refresh() {
    struct stat file {};
    if (::stat(path_.c_str(), &file) != 0) return forget();
    if (Stamp(file) == stamp_) return;
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return;  // the previous content is better than nothing
    forget();
    if (::fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode) && read(descriptor, file.st_size)) {
      stamp_ = Stamp(file);
      ++times_read_;
      parse();
    }
    ::close(descriptor);
  }
  void forget() noexcept {
    text_.clear();
    lines_.clear();
    entries_.clear();
    stamp_ = Stamp();
  }

  bool read(int descriptor, off_t size) {
    text_.resize(std::min(max_octets, static_cast<std::size_t>(std::max<off_t>(size, 0))));
    std::size_t filled = 0;
    while (filled < text_.size()) {
      const ssize_t some = ::read(descriptor, text_.data() + filled, text_.size() - filled);
      if (some < 0 && errno == EINTR) continue;
      if (some < 0) return text_.clear(), false;
      if (some == 0) break;
      filled += static_cast<std::size_t>(some);
    }
    text_.resize(filled);
    return true;
  }

  void parse() {
    std::ranges::transform(text_, text_.begin(), ascii_lower);
    const std::string_view all = text_;
    for (std::size_t at = 0; at < all.size() && entries_.size() < max_names;) {
      const std::size_t end = std::min(all.find('\n', at), all.size());
      parse_line(all.substr(at, std::min(all.substr(at, end - at).find('#'), end - at)), at);
      at = end + 1;
    }
    std::sort(entries_.begin(), entries_.end(), [this](const Entry& one, const Entry& other) {
      const auto order = name_of(one) <=> name_of(other);
      return order < 0 || (order == 0 && one.at < other.at);  // equal names in the order of the file
    });
  }
  /// ADDRESS NAME...; `begin` is where it is in the text.
  void parse_line(std::string_view line, std::size_t begin) {
    constexpr std::string_view blank = " \t\r\f\v";
    bool first = true;
    for (std::size_t at = 0;
         (at = line.find_first_not_of(blank, at)) != line.npos && entries_.size() < max_names;) {
      const std::size_t end = std::min(line.find_first_of(blank, at), line.size());
      std::string_view word = line.substr(at, end - at);
      if (std::exchange(first, false)) {
        error_code error;
        const auto address = boost::asio::ip::make_address(word, error);
        if (error) return;
        lines_.push_back(address);
      } else {
        while (word.size() > 1 && word.ends_with('.')) word.remove_suffix(1);
        entries_.push_back({static_cast<std::uint32_t>(begin + at), static_cast<std::uint32_t>(word.size()),
                            static_cast<std::uint32_t>(lines_.size() - 1)});
      }
      at = end;
    }
  }

  std::string path_;
  Stamp stamp_;
  std::string text_;  // in lower case
  Addresses lines_;
  std::vector<Entry> entries_;  // by name
  std::size_t times_read_ = 0;
};

}  // namespace ilnp
