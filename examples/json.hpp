#pragma once

// The fields of an event or of a log line as JSON.

#include <concepts>
#include <ilnp/base/address.hpp>
#include <ilnp/control/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace program {

/// The members of a JSON object, without its braces. Names of nodes are escaped as everywhere else (`printable_name`).
class JsonFields {
 public:
  explicit JsonFields(ilnp::JsonText strings = ilnp::JsonText::utf8) : json_(strings) {}

  void operator()(std::string_view name, std::string_view value) { json_.member(name, value); }
  void operator()(std::string_view name, std::unsigned_integral auto value) { json_.member(name, value); }
  template <class Tag>
  void operator()(std::string_view name, ilnp::Name64<Tag> value) {
    json_.member(name, to_string(value));
  }
  void operator()(std::string_view name, std::span<const ilnp::Locator> locators) {
    json_.strings(name, locators, [](ilnp::Locator each) { return to_string(each); });
  }

  const std::string& text() const noexcept { return json_.text(); }

 private:
  ilnp::JsonWriter json_;
};

}  // namespace program
