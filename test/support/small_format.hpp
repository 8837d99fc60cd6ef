#pragma once

#include <boost/endian/conversion.hpp>
#include <cstring>

#include "ilnp/wire/format.hpp"
#include "ilnp/wire/utf8.hpp"

namespace ilnp::test {

/// A second wire format, unlike the overlay's in all that a format may choose: little-endian, no length, the hop limit first, the
/// destination before the source, numbers of its own for the messages, and their fields in another order.
///
///     0 hop limit | 1 next header | 2 destination NID | 10 destination locator | 18 source NID | 26 source locator | 34 payload
///     discovery: length of the name | name | locator | NID | 0x50 asks, 0x51 tells
///     update:    locators (8 each), the preferred one last | their number; 0: acknowledgement
struct Small {
  static constexpr std::size_t max_header_size = 34;
  static constexpr std::size_t max_payload = 4000;
  static constexpr std::size_t path_size = 34;
  static constexpr std::uint8_t discovery_type = 1, update_type = 2;

  static std::uint64_t load(Bytes bytes, std::size_t at) noexcept {
    return boost::endian::endian_reverse(wire::load<std::uint64_t>(bytes, at));
  }

  class Header {
   public:
    static wire::Parsed<Header> parse(Bytes frame) noexcept {
      if (frame.size() < max_header_size) return wire::Malformed::too_short;
      if (frame.size() > max_header_size + max_payload) return wire::Malformed::wrong_length;
      return Header(frame);
    }
    std::uint8_t hop_limit() const noexcept { return wire::load<std::uint8_t>(frame_, 0); }
    std::uint8_t next_header() const noexcept { return wire::load<std::uint8_t>(frame_, 1); }
    Ilv destination() const noexcept { return {Locator(load(frame_, 10)), Nid(load(frame_, 2))}; }
    Ilv source() const noexcept { return {Locator(load(frame_, 26)), Nid(load(frame_, 18))}; }
    Bytes payload() const noexcept { return frame_.subspan(max_header_size); }
    Bytes frame() const noexcept { return frame_; }

   private:
    explicit Header(Bytes frame) noexcept : frame_(frame) {}
    Bytes frame_;
  };

  struct HeaderRepr {
    std::uint16_t payload_length = 0;
    std::uint8_t next_header = 0;
    std::uint8_t hop_limit = 0;
    Ilv source;
    Ilv destination;
    static constexpr std::size_t size() noexcept { return max_header_size; }
    void write_to(MutableBytes out) const noexcept {
      wire::store(out, 0, hop_limit);
      wire::store(out, 1, next_header);
      wire::store_little(out, 2, destination.nid.value());
      wire::store_little(out, 10, destination.locator.value());
      wire::store_little(out, 18, source.nid.value());
      wire::store_little(out, 26, source.locator.value());
    }
  };

  class Discovery {
   public:
    static wire::Parsed<Discovery> parse(Bytes payload) noexcept {
      if (payload.size() < 19) return wire::Malformed::too_short;
      const auto name = wire::load<std::uint8_t>(payload, 0);
      if (payload.size() != 18U + name) return wire::Malformed::wrong_length;
      if (payload.back() != std::byte{0x50} && payload.back() != std::byte{0x51})
        return wire::Malformed::unknown_type;
      if (!wire::is_host_name(payload.subspan(1, name))) return wire::Malformed::bad_host_name;
      return Discovery(payload);
    }
    std::string_view host_name() const noexcept { return as_text(payload_.subspan(1, payload_.size() - 18)); }
    Locator locator() const noexcept { return Locator(load(payload_, payload_.size() - 17)); }
    Nid nid() const noexcept { return Nid(load(payload_, payload_.size() - 9)); }
    bool solicitation() const noexcept { return payload_.back() == std::byte{0x50}; }

   private:
    explicit Discovery(Bytes payload) noexcept : payload_(payload) {}
    Bytes payload_;
  };

  struct DiscoveryRepr {
    Nid nid;
    Locator locator;
    bool solicitation = false;
    std::string_view host_name;
    std::size_t size() const noexcept { return 18 + host_name.size(); }
    void write_to(MutableBytes out) const noexcept {
      wire::store(out, 0, static_cast<std::uint8_t>(host_name.size()));
      std::memcpy(out.data() + 1, host_name.data(), host_name.size());
      wire::store_little(out, 1 + host_name.size(), locator.value());
      wire::store_little(out, 9 + host_name.size(), nid.value());
      wire::store<std::uint8_t>(out, 17 + host_name.size(), solicitation ? 0x50 : 0x51);
    }
  };

  class LocatorUpdate {
   public:
    static wire::Parsed<LocatorUpdate> parse(Bytes payload) noexcept {
      if (payload.empty()) return wire::Malformed::too_short;
      if (payload.size() != 1U + 8U * std::to_integer<std::size_t>(payload.back()))
        return wire::Malformed::wrong_length;
      return LocatorUpdate(payload);
    }
    bool acknowledgement() const noexcept { return count() == 0; }
    std::size_t count() const noexcept { return payload_.size() / 8; }
    Locator locator(std::size_t index) const noexcept {
      return Locator(load(payload_, 8 * (count() - 1 - index)));
    }

   private:
    explicit LocatorUpdate(Bytes payload) noexcept : payload_(payload) {}
    Bytes payload_;
  };

  struct LocatorUpdateRepr {
    std::span<const Locator> locators;
    std::size_t size() const noexcept { return 1 + 8 * locators.size(); }
    void write_to(MutableBytes out) const noexcept {
      for (std::size_t at = 0; at < locators.size(); ++at)
        wire::store_little(out, 8 * (locators.size() - 1 - at), locators[at].value());
      wire::store(out, size() - 1, static_cast<std::uint8_t>(locators.size()));
    }
  };

  using Session = wire::NoSession;

  static wire::Kind kind(const Header& header) noexcept {
    return header.next_header() == discovery_type ? wire::Kind::discovery
           : header.next_header() == update_type  ? wire::Kind::locator_update
                                                  : wire::Kind::packet;
  }
  static constexpr std::uint8_t next_header(wire::Kind kind) noexcept {
    return kind == wire::Kind::discovery ? discovery_type : update_type;
  }
  static std::span<const std::byte, path_size> path(const Header& header) noexcept {
    return header.frame().first<path_size>();
  }
  static wire::Identity identity(const Header& header) noexcept { return {header.frame().subspan(1), 0}; }
  static void set_hop_limit(MutableBytes frame, std::uint8_t hop_limit) noexcept {
    wire::store(frame, 0, hop_limit);
  }

  static constexpr FrameClass class_of(Bytes start) noexcept {
    return start.size() == 2 && (start[1] == std::byte{discovery_type} || start[1] == std::byte{update_type})
               ? FrameClass::control
               : FrameClass::data;
  }
  static constexpr BpfProgram classifying_program(std::uint32_t at, std::uint32_t data,
                                                  std::uint32_t control) noexcept {
    return BpfProgram()
        .load_size()
        .jump_if_at_least(at + 2, 0, 3)
        .load_octet(at + 1)
        .jump_if_equal(discovery_type, 2, 0)
        .jump_if_equal(update_type, 1, 0)
        .result(data)
        .result(control);
  }
  static constexpr FrameClassifier classifier{2, class_of, classifying_program};
};
static_assert(wire::Format<Small>);

}  // namespace ilnp::test
