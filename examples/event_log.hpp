#pragma once

// The observer of the programs: prints what the layers do.

#include <ilnp/ilnp.hpp>
#include <memory>
#include <optional>
#include <string>

#include "command_line.hpp"
#include "event_text.hpp"
#include "link_text.hpp"
#include "log.hpp"

namespace program {

/// Prints the events of the layers whose log is on (`log = true` in the configuration, or --verbose), and those that the user should know
/// in any case (unless --quiet). A small value, copied into the node's context.
class EventLog {
 public:
  EventLog(Log& log, const CommandLine& line, const ilnp::LogConfig& configured)
      : log_(&log),
        show_(line.has("quiet")     ? ilnp::LogConfig{}
              : line.has("verbose") ? ilnp::LogConfig{true, true, true, true, true}
                                    : configured),
        quiet_(line.has("quiet")) {}

  template <class Event>
  void operator()(const Event&) const {}  // other events are not shown

  void operator()(const ilnp::event::PacketSent& e) const {
    const bool discovery = e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::discovery);
    const bool transport = e.next_header == static_cast<std::uint8_t>(ilnp::wire::NextHeader::stp);
    if (discovery) {
      show(show_.discovery, "discovery", "packet sent", e);
    } else if (transport) {
      show(show_.transport, "transport", "packet sent", e);
    } else {
      show(show_.network, "network", "packet sent", e);
    }
  }
  void operator()(const ilnp::event::Dropped& e) const {
    show(show_.network, "network", to_string(e.reason), e);
  }
  void operator()(const ilnp::event::HandoffBegan& e) const {
    network("handoff", e);
    groups(e.to);
  }
  void operator()(const ilnp::event::HandoffEnded& e) const {
    network("handoff", e);
    groups(e.joined);
  }
  void operator()(const ilnp::event::HandoffUndone& e) const { network("handoff", e); }
  void operator()(const ilnp::event::UpdateSent& e) const { network("locator update", e); }
  void operator()(const ilnp::event::UpdateAcknowledged& e) const { network("locator update", e); }
  void operator()(const ilnp::event::UpdateGivenUp& e) const { network("locator update", e); }
  void operator()(const ilnp::event::PeerMoved& e) const { network("a node moved", e); }
  void operator()(const ilnp::event::NameConflict& e) const {
    if (quiet_) return;
    note("discovery", "two nodes claim one name", [&]() -> std::optional<std::string> {
      std::string text = event_text(e);
      if (!(*conflicts_)(text)) return std::nullopt;
      return text;
    });
  }
  void operator()(const ilnp::event::DuplicateNid& e) const {
    if (quiet_) return;
    note("network", "two nodes have one identifier",
         [&]() -> std::optional<std::string> { return event_text(e); });
  }
  void operator()(const ilnp::event::NameConflictEnded& e) const {
    tell(!quiet_, "discovery", "name conflict ended", e);
  }
  void operator()(const ilnp::event::NamePassed& e) const { tell(!quiet_, "discovery", "name passed", e); }
  void operator()(const ilnp::event::UpdateUndone& e) const { tell(!quiet_, "network", "update undone", e); }
  void operator()(const ilnp::event::PeerSilent& e) const { tell(!quiet_, "network", "peer silent", e); }
  void operator()(const ilnp::event::PeerHeard& e) const { tell(!quiet_, "network", "peer heard", e); }
  void operator()(const ilnp::event::PeerLeft& e) const { tell(!quiet_, "network", "peer left", e); }
  void operator()(const ilnp::event::FarEndMissing& e) const { tell(true, "proxy", "unknown host", e); }
  void operator()(const ilnp::event::FarEndFound& e) const { tell(true, "proxy", "host found", e); }
  void operator()(const ilnp::event::LongDatagramsDropped& e) const {
    note("transport", "message too long", [&]() -> std::optional<std::string> {
      return "message too long: " + std::to_string(e.size) + " octets to " + to_string(e.peer) +
             ", which does not reassemble fragments (" + std::to_string(e.datagrams) + " dropped)";
    });
  }
  void operator()(const ilnp::event::LinkDown& e) const { link("cannot be used", e); }
  void operator()(const ilnp::event::LinkUp& e) const { link("can be used", e); }
  void operator()(const ilnp::event::SendFailing& e) const { link("cannot be sent", e); }
  void operator()(const ilnp::event::SendWorks& e) const { link("sent again", e); }
  void operator()(const ilnp::event::TrainsGivenUp& e) const { show(show_.link, "link", "trains", e); }
  void operator()(const ilnp::event::GroupsLost& e) const { show(show_.link, "link", "groups", e); }

  /// Describes the link of a node that has just started, if the link's log is on.
  void link(const ilnp::McastUdp& underlay, const ilnp::Config& config) const {
    if (!show_.link) return;
    log_->show("link", [&] {
      return "link: " + config.link.mcast_interface + ", UDP port " + std::to_string(config.link.mcast_port) +
             ", user " + std::to_string(config.link.user_id) + ", frames of up to " +
             std::to_string(config.link.buffer_size) + " octets; " +
             (underlay.link_ready() ? "it can be used" : "it cannot be used yet");
    });
    groups(config.network.locators.front());
  }

  bool quiet() const noexcept { return quiet_; }

 private:
  void groups(std::span<const ilnp::Locator> joined) const {
    if (show_.link) log_->show("link: groups", [&] { return "link: in the groups of " + list(joined); });
  }
  /// Always shown, because a node can do nothing without a link.
  template <class Event>
  void link(std::string_view kind, const Event& event) const {
    if (!quiet_) note("link", kind, [&]() -> std::optional<std::string> { return event_text(event); });
  }
  template <class Event>
  void network(std::string_view kind, const Event& event) const {
    show(show_.network, "network", kind, event);
  }
  /// What the user wants to see of a layer.
  template <class Event>
  void show(bool wanted, const char* layer, std::string_view kind, const Event& event) const {
    if (!wanted) return;
    log_->show(std::string(layer).append(": ").append(kind),
               [&] { return std::string(layer) + ": " + event_text(event); });
  }
  /// What the user should know. `text` returns none if it has already been reported.
  template <class Text>
  void note(const char* layer, std::string_view kind, Text&& text) const {
    log_->note(std::string(layer).append(": ").append(kind), [&]() -> std::optional<std::string> {
      const std::optional<std::string> said = text();
      if (!said) return std::nullopt;
      return std::string(layer) + ": " + *said;
    });
  }
  template <class Event>
  void tell(bool wanted, const char* layer, std::string_view kind, const Event& event) const {
    if (wanted) note(layer, kind, [&] { return std::optional<std::string>(event_text(event)); });
  }

  Log* log_;
  ilnp::LogConfig show_;
  bool quiet_;
  std::shared_ptr<RateLimit> conflicts_ = std::make_shared<RateLimit>(std::chrono::minutes(1));
};

/// Reports if nothing can be sent yet, and if the kernel granted the underlay less buffer than requested; unless --quiet.
inline void note_link(Log& log, const EventLog& observer, const ilnp::McastUdp& underlay,
                      const ilnp::Config& whole) {
  if (observer.quiet()) return;
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
