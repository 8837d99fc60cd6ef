#pragma once

// The events of a node as JSON, for the clients that follow them.

#include <ilnp/gateway/control_followers.hpp>
#include <ilnp/ilnp.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "event_about.hpp"
#include "event_text.hpp"
#include "link_text.hpp"

namespace program {

/// The line of an event: `{"reply":"event","time":...,"event":...,"text":...`, and its fields.
template <class Event>
std::string event_line(const Event& event, std::string_view time) {
  JsonFields fields(ilnp::JsonText::ascii);
  const EventAbout what = about(event, fields);
  ilnp::JsonWriter json;
  json.open('{').member("reply", "event").member("time", time).member("event", what.name);
  json.member("level", to_string(what.level)).member("text", event_text(event));
  return json.members(fields.text()).close('}').take() + '\n';
}

/// Passes the events of a node on to the clients that follow them, except for those of single packets: these would be too many.
/// Outlives the node.
class ControlEvents {
 public:
  /// From now on to these; null: to nobody.
  void connect(ilnp::ControlFollowers* followers) noexcept { followers_ = followers; }

  template <class Event>
  void operator()(const Event& event) const {
    if constexpr (requires(JsonFields & fields) { about(event, fields); })
      if (followers_ != nullptr && !followers_->empty())
        followers_->write(event_line(event, utc_timestamp()));
  }
  void operator()(const ilnp::event::PacketSent&) const noexcept {}
  void operator()(const ilnp::event::Dropped&) const noexcept {}

 private:
  ilnp::ControlFollowers* followers_ = nullptr;
};

/// The observer of a node: its log, and the clients that follow its events. A small value.
template <class Log>
struct Followed {
  Followed(Log own, const ControlEvents* followers) : log(std::move(own)), events(followers) {}

  Log log;
  const ControlEvents* events;
  template <class Event>
  void operator()(const Event& event) const {
    log(event);
    (*events)(event);
  }
};
}  // namespace program
