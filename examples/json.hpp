#pragma once

// JSON (RFC 8259), written one value after the other.

#include <concepts>
#include <cstdio>
#include <ilnp/base/address.hpp>
#include <ilnp/base/printable.hpp>
#include <span>
#include <string>
#include <string_view>

namespace program {

/// `text` as a JSON string, quotes included. Octets that are not UTF-8 become U+FFFD.
inline std::string json_string(std::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const auto [value, size] = ilnp::detail::first_code_point(text);
    if (size == 0) {
      json += "\xef\xbf\xbd";
    } else if (value == '"' || value == '\\') {
      json.append("\\").append(text.substr(0, 1));
    } else if (value < 0x20 || value == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(value));
      json += escaped;
    } else {
      json += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return json += '"';
}

/// The members of a JSON object, without its braces. Names of nodes are escaped as everywhere else (`printable_name`).
class JsonFields {
 public:
  void operator()(std::string_view name, std::string_view value) { add(name, json_string(value)); }
  void operator()(std::string_view name, const char* value) { (*this)(name, std::string_view(value)); }
  void operator()(std::string_view name, std::unsigned_integral auto value) {
    add(name, std::to_string(value));
  }
  void operator()(std::string_view name, ilnp::Nid nid) { add(name, '"' + to_string(nid) + '"'); }
  void operator()(std::string_view name, ilnp::Locator locator) { add(name, '"' + to_string(locator) + '"'); }
  void operator()(std::string_view name, std::span<const ilnp::Locator> locators) {
    std::string all;
    for (const ilnp::Locator locator : locators)
      all.append(all.empty() ? "\"" : ",\"").append(to_string(locator)).append("\"");
    add(name, '[' + all + ']');
  }

  const std::string& text() const noexcept { return text_; }

 private:
  void add(std::string_view name, const std::string& value) {
    text_.append(text_.empty() ? "" : ",").append(json_string(name)).append(":").append(value);
  }
  std::string text_;
};

}  // namespace program
