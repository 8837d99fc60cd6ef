#pragma once

// The files that are written while a scenario runs: a table per node, the frames, and the trace.

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <ilnp/middleware/pcap.hpp>
#include <ilnp/network/events.hpp>
#include <ilnp/sim/world.hpp>
#include <map>
#include <memory>
#include <optional>
#include <system_error>

#include "../event_text.hpp"
#include "scenario.hpp"

namespace lab {

/// A file that is written from its beginning. All errors are `std::system_error` with the name of the file.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path)
      : path_(path), file_(std::fopen(path.c_str(), "wb")) {
    if (!file_) fail();
    std::setvbuf(file_.get(), nullptr, _IOFBF, 1 << 16);
  }
  void operator()(std::string_view text) { write(text.data(), text.size()); }
  void operator()(ilnp::Bytes octets) { write(octets.data(), octets.size()); }
  /// When this returns, everything written is in the file.
  void close() {
    if (std::fclose(file_.release()) != 0) fail();
  }

 private:
  void write(const void* data, std::size_t size) {
    if (std::fwrite(data, 1, size, file_.get()) != size) fail();
  }
  [[noreturn]] void fail() const { throw std::system_error(errno, std::system_category(), path_.string()); }

  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

/// Seconds of virtual time with six decimals, as `20.000350`.
inline std::string seconds(ilnp::TimePoint time) {
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  std::string text = std::to_string(microseconds % 1'000'000 + 1'000'000);
  text[0] = '.';
  return std::to_string(microseconds / 1'000'000) + text;
}

/// The limit of all files of a run together, in octets. A record that does not fit is not written, nor is any after it, so all files end at
/// the same time.
class OutputBudget {
 public:
  static constexpr std::uint64_t default_most = std::uint64_t{256} << 20;

  explicit OutputBudget(std::uint64_t most) : left_(most) {}
  /// True if a record of this size may be written at `now`.
  bool take(std::uint64_t size, ilnp::TimePoint now) {
    if (cut_) return false;
    if (size > left_) {
      cut_ = now;
      return false;
    }
    left_ -= size;
    return true;
  }
  /// When the limit was reached, if it was.
  std::optional<ilnp::TimePoint> cut() const noexcept { return cut_; }

 private:
  std::uint64_t left_;
  std::optional<ilnp::TimePoint> cut_;
};

/// Reports one of equal drops per second, with the number of those before, and no messages between other nodes.
class DropReports {
 public:
  /// What is to be said, if anything.
  std::optional<std::string> operator()(ilnp::TimePoint time, std::string_view node,
                                        const ilnp::event::Dropped& dropped) {
    if (dropped.reason == ilnp::Drop::overheard) return std::nullopt;
    Drops& drops = drops_[{std::string(node), dropped.reason, dropped.interface}];
    if (drops.told != ilnp::long_ago && time - drops.told < std::chrono::seconds(1)) {
      ++drops.untold;
      return std::nullopt;
    }
    std::string text = program::event_text(dropped) +
                       (drops.untold ? " (and " + std::to_string(drops.untold) + " times since)" : "");
    drops = {time, 0};
    return text;
  }

 private:
  struct Drops {
    ilnp::TimePoint told = ilnp::long_ago;
    std::uint64_t untold = 0;
  };
  std::map<std::tuple<std::string, ilnp::Drop, ilnp::Locator>, Drops> drops_;
};

/// Where a datagram was seen.
struct Sighting {
  bool sent;
  ilnp::TimePoint time;
  std::uint64_t number;
  std::size_t size;
  ilnp::Locator interface;
  ilnp::Ilv source;
  ilnp::Ilv destination;
};

class Records {
 public:
  /// Writes into `folder`, which must exist. `most_octets`: of each frame in the capture. `every_datagram`: in the trace as well.
  /// `max_output`: octets in all files together.
  Records(const std::filesystem::path& folder, const Scenario& scenario, std::size_t most_octets,
          bool every_datagram, std::uint64_t max_output)
      : scenario_(scenario),
        every_datagram_(every_datagram),
        most_octets_(most_octets),
        budget_(max_output),
        trace_(folder / "trace.txt"),
        frames_(Append{std::make_shared<OutputFile>(folder / "frames.pcap")}, {.most_octets = most_octets}) {
    trace_("# Seconds of virtual time, the node (-: the scenario itself), and what it does.\n");
    for (NodeIndex i = 0; i < scenario.nodes.size(); ++i) {
      const auto& config = scenario.nodes[i].config;
      trace_("# " + config.host_name + " is " + to_string(config.nid) + '\n');
      tables_.emplace_back();
      const bool talks = std::ranges::any_of(
          scenario.flows, [&](const FlowSpec& flow) { return flow.from == i || flow.to == i; });
      if (!talks) continue;
      tables_.back() = std::make_unique<OutputFile>(folder / (config.host_name + ".csv"));
      (*tables_.back())(
          "time,direction,sequence,size,interface,source_locator,source_nid,destination_locator,destination_"
          "nid\n");
    }
  }

  /// The time after which nothing is written, because the limit was reached.
  std::optional<ilnp::TimePoint> cut() const noexcept { return budget_.cut(); }

  void frame(const ilnp::sim::SentFrame& frame, std::uint64_t sender) {
    const std::size_t size = ilnp::wire::PcapRecordHeaderRepr::size + ilnp::wire::UdpEncapsulationRepr::size +
                             std::min(most_octets_, frame.bytes.size());
    if (!budget_.take(size, frame.time)) return;
    frames_({ilnp::CapturedFrame::Direction::in, frame.time, frame.network, sender, {}, frame.bytes});
  }

  void datagram(NodeIndex node, const Sighting& seen) {
    if (budget_.cut()) return;
    row_ = seconds(seen.time);
    row_ += seen.sent ? ",sent," : ",received,";
    row_ += std::to_string(seen.number) + ',' + std::to_string(seen.size) + ',' + to_string(seen.interface) +
            ',' + to_string(seen.source.locator) + ',' + to_string(seen.source.nid) + ',' +
            to_string(seen.destination.locator) + ',' + to_string(seen.destination.nid) + '\n';
    if (!budget_.take(row_.size(), seen.time)) return;
    (*tables_[node])(row_);
    if (every_datagram_)
      trace(seen.time, scenario_.nodes[node].config.host_name,
            std::string(seen.sent ? "sends" : "receives") + " datagram " + std::to_string(seen.number) +
                ", " + to_string(seen.source) + " to " + to_string(seen.destination) + " on " +
                to_string(seen.interface));
  }

  /// What `node` does; `-` is the scenario itself.
  void trace(ilnp::TimePoint time, std::string_view node, std::string_view text) {
    if (budget_.cut()) return;
    const std::string when = seconds(time);
    std::string line(when.size() < 12 ? 12 - when.size() : 0, ' ');
    line.append(when).append("  ").append(node);
    line.append(node.size() < 10 ? 10 - node.size() : 0, ' ').append("  ").append(text) += '\n';
    if (budget_.take(line.size(), time)) trace_(line);
  }

  /// As `DropReports`, or each.
  void drop(ilnp::TimePoint time, std::string_view node, const ilnp::event::Dropped& dropped) {
    if (budget_.cut()) return;
    if (every_datagram_) return trace(time, node, program::event_text(dropped));
    if (const auto text = drops_(time, node, dropped)) trace(time, node, *text);
  }

  /// When this returns, everything is in the files.
  void close() {
    if (const auto cut = budget_.cut())
      trace_("# Cut off at " + seconds(*cut) + " s: all files hold as much as they may (--max-output).\n");
    for (const auto& table : tables_)
      if (table) table->close();
    frames_.output().file->close();
    trace_.close();
  }

 private:
  struct Append {
    std::shared_ptr<OutputFile> file;
    void operator()(ilnp::Bytes octets) const { (*file)(octets); }
  };
  const Scenario& scenario_;
  bool every_datagram_;
  std::size_t most_octets_;
  OutputBudget budget_;
  OutputFile trace_;
  ilnp::PcapWriter<Append> frames_;
  std::vector<std::unique_ptr<OutputFile>> tables_;
  DropReports drops_;
  std::string row_;
};

}  // namespace lab
