// Sends numbered datagrams at a steady pace and reports what became of those of the other end, in both directions if both ends have
// a remote_hostname. Without [application] port the node only forwards, so one program serves all three hosts of an experiment.
//
// A datagram has a sequence number of 8 octets, big-endian, from 1, followed by random octets. Number 0, alone, from a node that has
// sent others, ends the receiver.

#include <functional>

#include "common.hpp"
#include "control_server.hpp"
#include "experiment_peers.hpp"
#include "node_options.hpp"
#include "output_file.hpp"

using Stack = ilnp::STP<ilnp::ILNP<program::Link>>;
using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

namespace {

/// A packet as a line and a row of the table show it.
struct Sighting {
  bool sent;
  ilnp::Ilv source;
  ilnp::Ilv destination;
  ilnp::Locator interface;
  std::size_t size;
  std::uint64_t sequence;
};

/// The packets, as lines for people (--quiet: none) and rows for plots (--csv).
class Report {
 public:
  /// `csv`: a pipe with a name waits for a reader, because no row may be missing; a line in `log` says so.
  Report(program::LineWriter& lines, bool quiet, const std::string& csv, program::Log& log)
      : lines_(quiet ? nullptr : &lines), name_(csv) {
    if (csv.empty()) return;
    constexpr mode_t mode = 0666;  // less the mask
    csv_ = program::open_output_at_once(csv, mode);
    if (csv_ < 0 && program::has_no_reader(csv)) {
      log("warning: --csv " + csv + ": waiting for a reader of this pipe");
      csv_ = program::open_output(csv, mode);
    }
    if (csv_ < 0) throw boost::system::system_error(errno, boost::system::system_category(), csv);
    rows_.emplace(csv_, max_waiting_rows, program::LineWriter::Gaps::counted);
    (*rows_)(
        "time,direction,sequence,size,interface,source_locator,source_nid,destination_locator,destination_"
        "nid");
  }
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  ~Report() {
    rows_.reset();
    if (csv_ >= 0) ::close(csv_);
  }

  /// When this returns, the table is in the file; otherwise an exception says what is missing.
  void finish() {
    if (!rows_) return;
    rows_->finish({std::chrono::seconds(5), std::chrono::seconds(60)});
    const auto [rows, error] = rows_->losses();
    if (rows != 0)
      throw std::runtime_error(name_ + ": rows missing: " + std::to_string(rows) + ": " +
                               (error != 0 ? std::strerror(error) : "they could not be written in time"));
    if (::close(std::exchange(csv_, -1)) != 0)
      throw boost::system::system_error(errno, boost::system::system_category(), name_);
  }

  void operator()(const Sighting& packet) {
    const auto now = std::chrono::system_clock::now();
    // The other end first; the arrow shows which way the packet went.
    const auto& [local, remote] = packet.sent ? std::tie(packet.source, packet.destination)
                                              : std::tie(packet.destination, packet.source);
    if (lines_)
      (*lines_)(program::timestamp(now) + " [" + to_string(remote) + "]" + (packet.sent ? " <- [" : " -> [") +
                to_string(local) + "] on " + to_string(packet.interface) + " " + std::to_string(packet.size) +
                " " + std::to_string(packet.sequence));
    if (!rows_) return;
    const auto microseconds =
        std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count();
    char time[32];
    std::snprintf(time, sizeof time, "%lld.%06d", static_cast<long long>(microseconds / 1'000'000),
                  static_cast<int>(microseconds % 1'000'000));
    std::string row = time;
    row += packet.sent ? ",sent," : ",received,";
    row += std::to_string(packet.sequence) + ',' + std::to_string(packet.size) + ',' +
           to_string(packet.interface) + ',' + to_string(packet.source.locator) + ',' +
           to_string(packet.source.nid) + ',' + to_string(packet.destination.locator) + ',' +
           to_string(packet.destination.nid);
    (*rows_)(row);
  }

 private:
  static constexpr std::size_t max_waiting_rows = std::size_t{64} << 20;  ///< octets

  program::LineWriter* lines_;
  std::string name_;
  int csv_ = -1;
  std::optional<program::LineWriter> rows_;
};

class Experiment {
 public:
  Experiment(boost::asio::io_context& io, const ilnp::Config& config, Report& report, program::Log& complain,
             program::FrameCapture::Sink capture, const program::Followed<program::EventLog>& log)
      : io_(io),
        config_(config.application),
        report_(report),
        complain_(complain),
        stack_(config.network, capture, config.link),
        node_(io.get_executor(), stack_, Up{this}, Observer{log, &last_sent_}),
        watch_(io.get_executor(), stack_, log),
        pace_(io),
        end_(io),
        random_(ilnp::random_seed()),
        datagram_(std::min<std::size_t>(1396, stack_.max_payload())) {
    program::note_link(complain, log.log, lowest_layer(stack_), config);
    if (config_.port) program::check(stack_.bind(*config_.port), "[application] port");
  }

  void start() {
    program::check(node_.start());
    if (sends()) next_number();
  }
  void stop() { program::say_goodbye(node_); }
  auto& node() noexcept { return node_; }
  const Stack& stack() const noexcept { return stack_; }

  /// To be printed at the end.
  void print_summary() const {
    if (sends()) {
      const double seconds = std::chrono::duration<double>(last_sent_at_ - first_sent_at_).count();
      std::cout << "sent: " << sent_ << " datagrams, " << sent_octets_ << " bytes, "
                << static_cast<std::uint64_t>(seconds > 0 ? static_cast<double>(sent_octets_) / seconds : 0)
                << " bytes/s\n";
      if (not_sent_ != 0)
        std::cout << "not sent (no route, unknown host, ...): " << not_sent_ << " attempts\n";
    }
    for (const auto& [nid, peer] : peers_.all())
      std::cout << "received from " << nid << ": " << peer.flow << '\n';
    if (config_.port && peers_.all().empty()) std::cout << "received: nothing\n";
    std::cout << std::flush;
  }

 private:
  static constexpr int endings = 3;  ///< datagrams with number 0: each may get lost
  static constexpr auto between_endings = 100ms;
  static constexpr auto linger = 300ms;  ///< after the other's end, for datagrams in flight
  static constexpr auto silence = program::ExperimentPeers::silence;
  static constexpr auto most_behind =
      100ms;  ///< a sender that is later than this does not catch up, which would be a burst

  struct Observer {
    program::Followed<program::EventLog> log;
    ilnp::event::PacketSent* last;  ///< how the last datagram left, which the transport does not say
    template <class Event>
    void operator()(const Event& event) const {
      log(event);
      if constexpr (std::is_same_v<Event, ilnp::event::PacketSent>) *last = event;
    }
  };
  struct Up {
    Experiment* self;
    void operator()(const ilnp::DatagramSource& from, ilnp::Bytes payload) const {
      self->receive(from, payload);
    }
  };

  bool sends() const { return config_.port && !config_.remote_hostname.empty(); }

  // ---- sending

  /// Sends what is due and waits for the next time. Times are absolute, so the pace does not depend on the duration of a send.
  void next_number() {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (sent_ == 0) due_ = now;
    if (now - due_ > most_behind) due_ = now;
    while (due_ <= now) {
      if (sent_ != 0 && config_.run_time && now - first_sent_at_ >= *config_.run_time)
        return end_sending(endings);
      send(sent_ + 1, datagram_);
      due_ += config_.wait_time;
    }
    pace_.expires_at(due_);
    pace_.async_wait([this](const auto& error) {
      if (!error) next_number();
    });
  }

  void end_sending(int left) {
    if (left == 0) {
      done_sending_ = true;
      return end_if_done();
    }
    send(0, std::span(datagram_).first(8));
    pace_.expires_after(between_endings);
    pace_.async_wait([this, left](const auto& error) {
      if (!error) end_sending(left - 1);
    });
  }

  void send(std::uint64_t number, std::span<std::byte> payload) {
    ilnp::wire::store(payload, 0, number);
    for (std::byte& octet : payload.subspan(8)) octet = static_cast<std::byte>(random_());
    const auto error = node_.with([&](Stack& stack, auto& cx) -> ilnp::error_code {
      const auto nid = stack.resolve(config_.remote_hostname, cx);
      if (nid) remote_ = *nid;
      return nid ? stack.send(*config_.port, *nid, config_.remote_port, payload, cx) : nid.error();
    });
    if (error) {
      ++not_sent_;
      return complain_.note("ilnp-experiment: " + error.message(), [&] {
        return "ilnp-experiment: " + program::printable_name(config_.remote_hostname) + ": " +
               error.message();
      });
    }
    if (number != 0) {
      last_sent_at_ = std::chrono::steady_clock::now();
      if (number == 1) first_sent_at_ = last_sent_at_;
      sent_ = number;
      sent_octets_ += payload.size();
    }
    report_({true, last_sent_.source, last_sent_.destination, last_sent_.interface, payload.size(), number});
  }

  // ---- receiving

  void receive(const ilnp::DatagramSource& from, ilnp::Bytes payload) {
    if (payload.size() < 8) return;
    const auto number = ilnp::wire::load<std::uint64_t>(payload, 0);
    const auto now = std::chrono::steady_clock::now();
    if (!peers_.hear(from.nid, number, payload.size(), now, sends() ? std::optional(remote_) : std::nullopt))
      return;
    report_({false, from.network.source, from.network.destination, from.network.interface, payload.size(),
             number});
    if (sends() && from.nid != remote_) return;  // a stranger
    last_heard_ = now;
    if (!heard_) first_heard_ = last_heard_;
    heard_ = true;
    if (number == 0) return end_if_done();
    if (!waiting_for_end_) wait_for_end(silence);
  }

  /// Whether the node that this one sends to has announced its end; if this node does not send, the one that has sent the most.
  bool end_heard() const {
    if (!sends()) return peers_.ended(std::chrono::steady_clock::now());
    const auto* remote = peers_.find(remote_);
    return remote && remote->ended;
  }

  // ---- ending

  /// Ends when this node has sent everything, and the other too, as far as can be known.
  void end_if_done() {
    if (sends() && !done_sending_) return;
    if (lingering_) return;  // repetitions do not delay it
    if (end_heard() || !heard_) {
      lingering_ = true;
      end_.expires_after(linger);
      end_.async_wait([this](const auto& error) {
        if (!error) io_.stop();
      });
      waiting_for_end_ = true;
    } else if (!waiting_for_end_) {
      wait_for_end(silence);
    }
  }

  /// Checks after `time` whether the other end has been silent for so long that it must be gone.
  void wait_for_end(std::chrono::steady_clock::duration time) {
    waiting_for_end_ = true;
    end_.expires_after(time);
    end_.async_wait([this](const auto& error) {
      if (error) return;
      const auto now = std::chrono::steady_clock::now();
      if (end_heard() && (!sends() || done_sending_)) return io_.stop();
      const bool over = sends() ? done_sending_ : config_.run_time && now - first_heard_ >= *config_.run_time;
      if (over && now - last_heard_ >= silence) return io_.stop();
      wait_for_end(silence / 5);
    });
  }

  boost::asio::io_context& io_;
  const ilnp::ApplicationConfig& config_;
  Report& report_;
  program::Log& complain_;
  ilnp::event::PacketSent last_sent_{};
  Stack stack_;
  ilnp::Node<Stack, Up, Observer> node_;
  program::NodeWatch<Stack, program::Followed<program::EventLog>> watch_;
  boost::asio::steady_timer pace_;
  boost::asio::steady_timer end_;
  ilnp::Random random_;
  std::vector<std::byte> datagram_;

  SteadyTime due_{};
  SteadyTime first_sent_at_{};
  SteadyTime last_sent_at_{};
  std::uint64_t sent_ = 0;
  std::uint64_t sent_octets_ = 0;
  std::uint64_t not_sent_ = 0;
  bool done_sending_ = false;

  program::ExperimentPeers peers_;
  ilnp::Nid remote_{};  ///< the node that this one last sent to
  SteadyTime first_heard_{};
  SteadyTime last_heard_{};
  bool heard_ = false;
  bool waiting_for_end_ = false;
  bool lingering_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  return program::run("ilnp-experiment", [&] {
    program::CommandLine line(
        "ilnp-experiment CONFIG [OPTIONS]",
        "Sends numbered datagrams to the node in the [application] section of CONFIG, one every wait_time\n"
        "seconds, for run_time seconds. Prints each packet that it sends (<-) or receives (->), and finally\n"
        "the losses, duplicates and reordering. Without remote_hostname it only receives; without port it\n"
        "only forwards.");
    line.add_options()  //
        ("control", program::options::value<std::string>()->value_name("PATH"),
         program::own_control_help)  //
        ("csv", program::options::value<std::string>()->value_name("FILE"),
         "write a table of the packets, for plotting")("quiet,q", "print only the summary")(
            "verbose,v", "print what every layer does");
    program::add_node_options(line);
    line.argument("CONFIG");
    if (!line.parse(argc, argv)) return 0;

    auto pcap = program::capture_target(line);
    program::Output output(program::read_log_options(line));
    const ilnp::Config config = program::load(line["CONFIG"], output.log);
    program::ControlEvents events;
    program::FrameCapture capture(std::move(pcap), "ilnp-experiment", config.link, output.log);
    boost::asio::io_context io(1);
    // It may wait, and until then a signal ends the program by itself.
    Report report(output.out, line.has("quiet"), line.value("csv"), output.log);
    const program::Signals signals(io);
    const program::EventLog observer(output.log, line, config.log);
    Experiment experiment(io, config, report, output.log, capture.sink(),
                          program::Followed(observer, &events));
    ilnp::ControlProgram about;
    about.name = "ilnp-experiment";
    const program::Control control(io.get_executor(), line, output.log, experiment.node(), events,
                                   std::move(about), true);
    const auto metrics = program::serve_metrics(io.get_executor(), line, output.log, observer,
                                                experiment.stack(), [](const auto&) {});
    experiment.start();
    io.run();
    experiment.stop();
    experiment.print_summary();
    report.finish();
    output.out.finish();
    const auto [lines, error] = output.out.losses();
    if (lines != 0 && error != 0)
      throw std::runtime_error("standard output: " + std::string(std::strerror(error)));
    return 0;
  });
}
