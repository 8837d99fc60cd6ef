#pragma once

// The observer of the programs: prints what the layers do.

#include <chrono>
#include <ilnp/ilnp.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "command_line.hpp"
#include "event_about.hpp"
#include "event_text.hpp"
#include "link_text.hpp"
#include "log.hpp"
#include "node_metrics.hpp"

namespace program {

/// The options of the log of a program that runs a node, besides --quiet and --verbose.
inline void add_log_options(CommandLine& line) {
  line.add_options()  //
      ("log-level", options::value<std::string>()->value_name("LEVEL"),
       "log lines of this level and above, of all layers: error (as --quiet), warning, notice, info, debug "
       "(as "
       "--verbose); default: info, and debug for layers with log = true in CONFIG")  //
      ("log-format", options::value<std::string>()->value_name("FORMAT"),
       "text, json (an object per line) or journal (priorities for systemd); default: text, or journal if "
       "the journal reads "
       "standard error");
}

/// What these options say; standard error has this style from now on.
inline const LogStyle& read_log_options(const CommandLine& line) {
  LogStyle& style = error_style();
  if (line.has("verbose")) style.least = Level::debug;
  if (line.has("quiet")) style.least = Level::error;
  if (line.has("log-level")) {
    const auto level = to_level(line.value("log-level"));
    if (!level)
      throw UsageError("--log-level \"" + line.value("log-level") +
                       "\": not error, warning, notice, info or debug");
    style.least = *level;
  }
  if (line.has("log-format")) {
    const auto format = to_format(line.value("log-format"));
    if (!format)
      throw UsageError("--log-format \"" + line.value("log-format") + "\": not text, json or journal");
    style.format = *format;
  }
  return style;
}

/// Prints the events of the layers whose log is on (`log = true` in the configuration, or --verbose), and of the others those that
/// matter enough (--log-level, --quiet). A small value, copied into the node's context.
class EventLog {
 public:
  EventLog(Log& log, const CommandLine& line, const ilnp::LogConfig& configured)
      : log_(&log),
        show_(log.wants(Level::debug)                      ? ilnp::LogConfig{true, true, true, true, true}
              : line.has("quiet") || line.has("log-level") ? ilnp::LogConfig{}
                                                           : configured) {}

  template <class Event>
  void operator()(const Event&) const {}  // other events are not shown

  void operator()(const ilnp::event::PacketSent& e) const {
    if (!show_.discovery && !show_.transport && !show_.network) return;
    const bool discovery = e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::discovery);
    const bool transport = e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::stp);
    if (discovery) {
      report(show_.discovery, "discovery", "packet sent", e);
    } else if (transport) {
      report(show_.transport, "transport", "packet sent", e);
    } else {
      network("packet sent", e);
    }
  }
  void operator()(const ilnp::event::Dropped& e) const {
    if (show_.network) network(to_string(e.reason), e);
  }
  void operator()(const ilnp::event::HandoffBegan& e) const {
    measure(e);
    network("handoff", e);
    groups(e.to);
  }
  void operator()(const ilnp::event::HandoffEnded& e) const {
    measure(e);
    network("handoff", e);
    groups(e.joined);
  }
  void operator()(const ilnp::event::HandoffUndone& e) const { network("handoff", e); }
  void operator()(const ilnp::event::UpdateSent& e) const {
    measure(e);
    network("locator update", e);
  }
  void operator()(const ilnp::event::UpdateAcknowledged& e) const {
    measure(e);
    network("locator update", e);
  }
  void operator()(const ilnp::event::UpdateGivenUp& e) const {
    measure(e);
    network("locator update", e);
  }
  void operator()(const ilnp::event::PingAnswered& e) const {
    measure(e);
    report(show_.transport, "transport", "ping answered", e);
  }
  void operator()(const ilnp::event::PeerMoved& e) const { network("a node moved", e); }
  void operator()(const ilnp::event::DuplicateNid& e) const {
    note("network", "two nodes have one identifier", e);
  }
  void operator()(const ilnp::event::UpdateUndone& e) const { note("network", "update undone", e); }
  void operator()(const ilnp::event::PeerSilent& e) const { note("network", "peer silent", e); }
  void operator()(const ilnp::event::PeerHeard& e) const { note("network", "peer heard", e); }
  void operator()(const ilnp::event::PeerLeft& e) const { note("network", "peer left", e); }

  void operator()(const ilnp::event::NameConflict& e) const {
    note("discovery", "two nodes claim one name", e,
         [&](const std::string& text) { return (*conflicts_)(text).has_value(); });
  }
  void operator()(const ilnp::event::NameConflictEnded& e) const {
    note("discovery", "name conflict ended", e);
  }
  void operator()(const ilnp::event::NamePassed& e) const { note("discovery", "name passed", e); }
  void operator()(const event::HostAppeared& e) const { discovery("host appeared", e); }
  void operator()(const event::HostMoved& e) const { discovery("host moved", e); }
  void operator()(const event::HostExpired& e) const { discovery("host expired", e); }
  void operator()(const event::HostForgotten& e) const { discovery("host forgotten", e); }

  void operator()(const ilnp::event::FarEndMissing& e) const { note("proxy", "unknown host", e); }
  void operator()(const ilnp::event::FarEndFound& e) const { note("proxy", "host found", e); }
  void operator()(const ilnp::event::LongDatagramsDropped& e) const {
    note("transport", "message too long", e);
  }

  // Seldom, and a node can do nothing without a link.
  void operator()(const ilnp::event::LinkDown& e) const { note("link", "cannot be used", e); }
  void operator()(const ilnp::event::LinkUp& e) const { note("link", "can be used", e); }
  void operator()(const ilnp::event::SendFailing& e) const { note("link", "cannot be sent", e); }
  void operator()(const ilnp::event::SendWorks& e) const { note("link", "sent again", e); }
  void operator()(const ilnp::event::TrainsGivenUp& e) const { note("link", "trains", e); }
  void operator()(const ilnp::event::GroupsLost& e) const { note("link", "groups", e); }

  /// What the events so far show of how long things take.
  const std::shared_ptr<Durations>& durations() const noexcept { return durations_; }

  /// Describes the link of a node that has just started, if the link's log is on.
  void link(const ilnp::McastUdp& underlay, const ilnp::Config& config) const {
    if (!show_.link) return;
    log_->show({"link", Level::debug, "link", "link"}, [&] {
      return config.link.mcast_interface + ", UDP port " + std::to_string(config.link.mcast_port) +
             ", user " + std::to_string(config.link.user_id) + ", frames of up to " +
             std::to_string(config.link.buffer_size) + " octets; " +
             (underlay.link_ready() ? "it can be used" : "it cannot be used yet");
    });
    groups(config.network.locators.front());
  }

 private:
  struct Always {
    bool operator()(const std::string&) const noexcept { return true; }
  };

  template <class Event>
  void measure(const Event& event) const {
    (*durations_)(event, ilnp::BootClock::now());
  }
  void groups(std::span<const ilnp::Locator> joined) const {
    if (show_.link)
      log_->show(
          {"link: groups", Level::debug, "link", "groups"},
          [&] { return "in the groups of " + list(joined); },
          [&](JsonFields& fields) { fields("locators", joined); });
  }
  template <class Event>
  void network(std::string_view kind, const Event& event) const {
    report(show_.network, "network", kind, event);
  }
  template <class Event>
  void discovery(std::string_view kind, const Event& event) const {
    report(show_.discovery, "discovery", kind, event);
  }
  /// What the user should know, whether the log of its layer is on or not.
  template <class Event, class If = Always>
  void note(std::string_view layer, std::string_view kind, const Event& event, If&& news = {}) const {
    report(false, layer, kind, event, news);
  }
  /// `asked`: the user wants to see the log of this layer. `news(text)`: whether the text was not reported before.
  template <class Event, class If = Always>
  void report(bool asked, std::string_view layer, std::string_view kind, const Event& event,
              If&& news = {}) const {
    const EventAbout what = about(event, [](std::string_view, const auto&) {});
    if (!asked && !log_->wants(what.level)) return;
    const std::string whole = std::string(layer).append(": ").append(kind);
    const LogEntry entry{whole, what.level, layer, what.name};
    const auto text = [&]() -> std::optional<std::string> {
      std::string said = event_text(event);
      if (!news(said)) return std::nullopt;
      return said;
    };
    const auto fields = [&](JsonFields& members) { about(event, members); };
    asked ? log_->show(entry, text, fields) : log_->note(entry, text, fields);
  }

  Log* log_;
  ilnp::LogConfig show_;
  std::shared_ptr<Durations> durations_ = std::make_shared<Durations>();
  std::shared_ptr<RateLimit> conflicts_ = std::make_shared<RateLimit>(std::chrono::minutes(1));
};

/// Reports if nothing can be sent yet, and if the kernel granted the underlay less buffer than requested.
inline void note_link(Log& log, const EventLog& observer, const ilnp::McastUdp& underlay,
                      const ilnp::Config& whole) {
  observer.link(underlay, whole);
  const ilnp::LinkConfig& config = whole.link;
  if (!underlay.link_ready())
    log("note: " + config.mcast_interface + " cannot be used yet (" +
        problem_text(underlay.link().problem(), underlay.link_error(), underlay.link().other()) +
        "); waiting until it can");
  if (const auto trains = underlay.trains_off();
      trains == ilnp::TrainsOff::known_kernel || trains == ilnp::TrainsOff::corrupted)
    log("note: " + trains_text(trains));
  const ilnp::BufferSize size = underlay.receive_buffer();
  if (size.refused())
    log("note: the receive buffer holds only " + std::to_string(size.granted) + " of " +
        std::to_string(size.requested) + " octets, so bursts are lost sooner (see sysctl net.core.rmem_max)");
}

}  // namespace program
