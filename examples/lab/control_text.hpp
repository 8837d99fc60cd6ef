#pragma once

// Discovery and locator updates in words.

#include <ilnp/wire/discovery.hpp>
#include <ilnp/wire/ilnp_header.hpp>
#include <ilnp/wire/locator_update.hpp>
#include <string>
#include <vector>

#include "../event_text.hpp"

namespace lab {

/// What a packet says; none for a datagram.
inline std::string control_text(const ilnp::wire::IlnpHeader& header) {
  using ilnp::wire::NextHeader;
  const auto is = [&](NextHeader next) { return header.next_header() == static_cast<std::uint8_t>(next); };
  if (is(NextHeader::discovery)) {
    const auto message = ilnp::wire::Discovery::parse(header.payload());
    if (!message) return "a malformed discovery message";
    return (message->solicitation() ? "a solicitation for " : "an advertisement of ") +
           to_string(message->locator());
  }
  if (is(NextHeader::locator_update)) {
    const auto message = ilnp::wire::LocatorUpdate::parse(header.payload());
    if (!message) return "a malformed locator update";
    const std::string to = " to " + to_string(header.destination());
    if (message->acknowledgement()) return "an acknowledgement" + to;
    std::vector<ilnp::Locator> all;
    for (std::size_t i = 0; i < message->count(); ++i) all.push_back(message->locator(i));
    return "a locator update" + to + ": now at " + program::list(all);
  }
  return {};
}

}  // namespace lab
