#pragma once

// What the programs have in common: a command line, one-line errors, a log that never holds up the node, and the observer that
// writes it. Nothing here is needed to use the toolkit.

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/program_options.hpp>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <ilnp/ilnp.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#ifndef ILNP_VERSION
#define ILNP_VERSION "unknown"
#endif

namespace program {

namespace options = boost::program_options;

/// The caller's mistake: exit status 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The text of a system error without the numbers that Boost adds: "port 53: Permission denied".
inline std::string describe(const boost::system::system_error& error) {
  std::string text = error.what();
  const std::string details = error.code().what();
  if (text.ends_with(details)) text.resize(text.size() - details.size());
  return text + error.code().message();
}

/// Runs `body`, which gives the exit status; whatever goes wrong is one line on stderr.
template <class Body>
int run(const char* name, Body&& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    std::cerr << name << ": " << error.what() << " (--help tells more)\n";
    return 2;
  } catch (const options::error& error) {
    std::cerr << name << ": " << error.what() << " (--help tells more)\n";
    return 2;
  } catch (const boost::system::system_error& error) {
    std::cerr << name << ": " << describe(error) << '\n';
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << '\n';
  }
  return 1;
}

/// A command line: options, and arguments by position.
class CommandLine {
 public:
  CommandLine(std::string usage, std::string about)
      : usage_(std::move(usage)), about_(std::move(about)), shown_("Options") {
    shown_.add_options()("help,h", "show this text, and end")("version", "show the version, and end");
  }

  auto add_options() { return shown_.add_options(); }
  /// The next argument by position; `count` of them, -1 for all the rest.
  void argument(const char* name, int count = 1) {
    hidden_.add_options()(name, options::value<std::vector<std::string>>());
    positions_.add(name, count);
  }

  /// False if there is nothing more to do: --help or --version. Throws on an option that is not there.
  bool parse(int argc, char** argv) {
    options::options_description all;
    all.add(shown_).add(hidden_);
    options::store(options::command_line_parser(argc, argv).options(all).positional(positions_).run(),
                   values_);
    options::notify(values_);
    if (has("help")) std::cout << "Usage: " << usage_ << "\n\n" << about_ << "\n\n" << shown_ << std::flush;
    if (has("version") && !has("help")) std::cout << "ilnp " ILNP_VERSION << std::endl;
    return !has("help") && !has("version");
  }

  bool has(const char* name) const { return values_.contains(name); }
  template <class T = std::string>
  T value(const char* name, T otherwise = {}) const {
    return has(name) ? values_[name].as<T>() : otherwise;
  }
  /// An argument by position; throws if it is missing.
  std::string operator[](const char* name) const {
    if (!has(name)) throw UsageError(std::string(name) + " is missing");
    return values_[name].as<std::vector<std::string>>().front();
  }

 private:
  std::string usage_;
  std::string about_;
  options::options_description shown_;
  options::options_description hidden_;
  options::positional_options_description positions_;
  options::variables_map values_;
};

/// A port from the command line.
inline std::uint16_t parse_port(const std::string& text, unsigned lowest = 1) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < lowest || port > 65535)
    throw UsageError("\"" + text + "\" is not a port (" + std::to_string(lowest) + " to 65535)");
  return static_cast<std::uint16_t>(port);
}

/// Reads a configuration; warnings go to stderr. The user's id and a random identifier fill in what the file leaves open.
inline ilnp::Config load(const std::string& file) {
  const ilnp::ConfigDefaults defaults{static_cast<std::uint16_t>(::getuid() & 0xffff),
                                      ilnp::Nid(ilnp::random_seed() | 1)};
  ilnp::Config config = ilnp::load_config(file, defaults);
  for (const auto& warning : config.warnings) std::cerr << "warning: " << warning << '\n';
  return config;
}

/// The time of day, local, to a microsecond: `2026-01-31 12:00:00.000000`.
inline std::string timestamp(std::chrono::system_clock::time_point time = std::chrono::system_clock::now()) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = microseconds / 1'000'000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%06d", static_cast<int>(microseconds % 1'000'000));
  return text;
}

/// Text from the network, fit for a terminal: without control characters.
inline std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return out;
}

/// Writes lines from a thread of its own: a slow terminal, pipe or disk never holds up the node. What does not fit the bounded
/// buffer is dropped, and the number of dropped lines is said. The destructor writes what is left, but waits no longer than a second
/// for somebody to read it.
class LineWriter {
 public:
  explicit LineWriter(int descriptor, std::size_t limit = 1 << 20)
      : descriptor_(descriptor), limit_(limit), thread_([this] { write_all(); }) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  /// Writes `line` and a line end.
  void operator()(std::string_view line) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.size() + line.size() > limit_) {
        ++dropped_;
        return;
      }
      if (dropped_ != 0) waiting_ += "(" + std::to_string(std::exchange(dropped_, 0)) + " lines dropped)\n";
      waiting_.append(line) += '\n';
    }
    wake_.notify_one();
  }

 private:
  void write_all() {
    while (true) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      const std::string text = std::exchange(waiting_, {});
      lock.unlock();
      if (!write(text)) return;
    }
  }

  /// False if nobody will ever read it.
  bool write(std::string_view text) {
    while (!text.empty()) {
      pollfd ready{descriptor_, POLLOUT, 0};
      const int count = ::poll(&ready, 1, 1000);
      if (count == 0) {
        const std::lock_guard lock(mutex_);
        if (ending_) return false;
        continue;
      }
      // A pipe that is ready takes this much without blocking.
      const ssize_t written = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
      if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
      if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  const int descriptor_;
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::string waiting_;
  std::uint64_t dropped_ = 0;
  bool ending_ = false;
  std::thread thread_;
};

/// Lets the same text through once a second, or once a `period`.
class RateLimit {
 public:
  explicit RateLimit(std::chrono::steady_clock::duration period = std::chrono::seconds(1))
      : period_(period) {}

  /// How many were held back since it was let through last; none: hold this one back too.
  std::optional<std::uint64_t> operator()(const std::string& reason) {
    const auto now = std::chrono::steady_clock::now();
    if (reasons_.size() >= 1000) reasons_.clear();
    auto [entry, fresh] = reasons_.try_emplace(reason, State{now, 0});
    if (!fresh && now - entry->second.last < period_) {
      ++entry->second.held_back;
      return std::nullopt;
    }
    entry->second.last = now;
    return std::exchange(entry->second.held_back, 0);
  }

 private:
  struct State {
    std::chrono::steady_clock::time_point last;
    std::uint64_t held_back;
  };
  std::chrono::steady_clock::duration period_;
  std::map<std::string, State> reasons_;
};

/// Prints the counters of each layer, from the top down, a line each.
template <class Layer>
void print_counters(const Layer& layer) {
  layer.counters().for_each(
      [](std::string_view name, std::uint64_t value) { std::cout << name << ' ' << value << '\n'; });
  if constexpr (requires { layer.next_layer(); }) print_counters(layer.next_layer());
  std::cout << std::flush;
}

/// Throws if there is an error; `what` says to whom it happened.
inline void check(const ilnp::error_code& error, const std::string& what = "start") {
  if (error) throw boost::system::system_error(error, what);
}

/// Prints what the layers show: of the layers whose log is on (`log = true` in the configuration, or --verbose), and what the
/// user should know in any case (but for --quiet). A small value, copied into the node's context.
class EventLog {
 public:
  EventLog(LineWriter& write, const CommandLine& line, const ilnp::LogConfig& configured)
      : write_(&write),
        show_(line.has("quiet")     ? ilnp::LogConfig{}
              : line.has("verbose") ? ilnp::LogConfig{true, true, true, true, true}
                                    : configured),
        quiet_(line.has("quiet")) {}

  template <class Event>
  void operator()(const Event&) const {}  // what is not listed below is not shown

  void operator()(const ilnp::event::PacketSent& e) const {
    const bool discovery = e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::discovery);
    const bool transport = e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::stp);
    if (discovery ? show_.discovery : transport ? show_.transport : show_.network)
      line(discovery   ? "discovery"
           : transport ? "transport"
                       : "network",
           to_string(e.source) + " to " + to_string(e.destination) + " on " + to_string(e.interface) +
               ", next header " + std::to_string(e.next_header) + ", " + std::to_string(e.size) + " octets");
  }
  void operator()(const ilnp::event::Dropped& e) const {
    network("dropped: " + std::string(to_string(e.reason)) + ", from " + to_string(e.interface));
  }
  void operator()(const ilnp::event::HandoffBegan& e) const {
    network("handoff begins: from " + list(e.from) + " to " + list(e.to));
  }
  void operator()(const ilnp::event::HandoffEnded& e) const {
    network("handoff ended: joined to " + list(e.joined));
  }
  void operator()(const ilnp::event::HandoffUndone& e) const {
    network("handoff undone: to " + list(e.to) + ": " + e.why.message());
  }
  void operator()(const ilnp::event::UpdateSent& e) const {
    network("locator update to " + to_string(e.peer) + ", attempt " + std::to_string(e.attempt));
  }
  void operator()(const ilnp::event::UpdateAcknowledged& e) const {
    network("locator update acknowledged by " + to_string(e.peer));
  }
  void operator()(const ilnp::event::UpdateGivenUp& e) const {
    network("locator update not acknowledged by " + to_string(e.peer));
  }
  void operator()(const ilnp::event::PeerMoved& e) const {
    network(to_string(e.peer) + " moved from " + to_string(e.from) + " to " + to_string(e.to));
  }
  void operator()(const ilnp::event::NameConflict& e) const {
    const std::string text = "two nodes claim the name " + printable(e.host_name) + ": " +
                             to_string(e.owner) + ", whom it means, and " + to_string(e.claimant);
    if (!quiet_ && (*conflicts_)(text)) line("discovery", text);
  }

 private:
  static std::string list(std::span<const ilnp::Locator> locators) {
    std::string text;
    for (const ilnp::Locator locator : locators) {
      if (!text.empty()) text += ',';
      text += to_string(locator);
    }
    return text;
  }
  void network(const std::string& text) const {
    if (show_.network) line("network", text);
  }
  void line(const char* layer, const std::string& text) const {
    (*write_)(timestamp() + " " + layer + ": " + text);
  }

  LineWriter* write_;
  ilnp::LogConfig show_;
  bool quiet_;
  std::shared_ptr<RateLimit> conflicts_ = std::make_shared<RateLimit>(std::chrono::minutes(1));
};

/// Says it if the kernel gave the underlay less room than it asked for.
inline void note_receive_buffer(LineWriter& log, const ilnp::McastUdp& underlay) {
  const ilnp::BufferSize size = underlay.receive_buffer();
  if (size.refused())
    log("note: the receive buffer holds " + std::to_string(size.granted) + " octets, not " +
        std::to_string(size.requested) + ", so that bursts are lost sooner (sysctl net.core.rmem_max)");
}

/// Ends `io` on SIGINT and SIGTERM; calls `on_user_signal` on SIGUSR1.
class Signals {
 public:
  template <class F>
  Signals(boost::asio::io_context& io, F on_user_signal) : end_(io, SIGINT, SIGTERM), user_(io, SIGUSR1) {
    end_.async_wait([&io](const auto& error, int) {
      if (!error) io.stop();
    });
    wait(std::move(on_user_signal));
  }
  explicit Signals(boost::asio::io_context& io) : Signals(io, [] {}) {}

 private:
  template <class F>
  void wait(F on_user_signal) {
    user_.async_wait([this, on_user_signal](const auto& error, int) {
      if (error) return;
      on_user_signal();
      wait(on_user_signal);
    });
  }

  boost::asio::signal_set end_;
  boost::asio::signal_set user_;
};

}  // namespace program
