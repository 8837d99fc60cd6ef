#pragma once

// The observer of the programs: what the layers do, as lines.

#include <ilnp/ilnp.hpp>
#include <memory>
#include <string>

#include "command_line.hpp"
#include "event_text.hpp"
#include "text.hpp"

namespace program {

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
      line(discovery ? "discovery" : transport ? "transport" : "network", event_text(e));
  }
  void operator()(const ilnp::event::Dropped& e) const { network(e); }
  void operator()(const ilnp::event::HandoffBegan& e) const { network(e); }
  void operator()(const ilnp::event::HandoffEnded& e) const { network(e); }
  void operator()(const ilnp::event::HandoffUndone& e) const { network(e); }
  void operator()(const ilnp::event::UpdateSent& e) const { network(e); }
  void operator()(const ilnp::event::UpdateAcknowledged& e) const { network(e); }
  void operator()(const ilnp::event::UpdateGivenUp& e) const { network(e); }
  void operator()(const ilnp::event::PeerMoved& e) const { network(e); }
  void operator()(const ilnp::event::NameConflict& e) const {
    const std::string text = event_text(e);
    if (!quiet_ && (*conflicts_)(text)) line("discovery", text);
  }
  void operator()(const ilnp::event::LongDatagramsDropped& e) const {
    line("transport", "message too long: " + std::to_string(e.size) + " octets to " + to_string(e.peer) +
                          ", which does not put pieces together (" + std::to_string(e.datagrams) +
                          " dropped)");
  }

 private:
  template <class Event>
  void network(const Event& event) const {
    if (show_.network) line("network", event_text(event));
  }
  void line(const char* layer, const std::string& text) const {
    (*write_)(timestamp() + " " + layer + ": " + text);
  }

  LineWriter* write_;
  ilnp::LogConfig show_;
  bool quiet_;
  std::shared_ptr<RateLimit> conflicts_ = std::make_shared<RateLimit>(std::chrono::minutes(1));
};

/// Says it if nothing can be sent yet, and if the kernel gave the underlay less room than it asked for.
inline void note_link(LineWriter& log, const ilnp::McastUdp& underlay, const ilnp::LinkConfig& config) {
  if (!underlay.link_ready())
    log("note: " + config.mcast_interface + " cannot be used yet (" + underlay.link_error().message() +
        "); waiting until it can");
  const ilnp::BufferSize size = underlay.receive_buffer();
  if (size.refused())
    log("note: the receive buffer holds " + std::to_string(size.granted) + " octets, not " +
        std::to_string(size.requested) + ", so that bursts are lost sooner (sysctl net.core.rmem_max)");
}

}  // namespace program
