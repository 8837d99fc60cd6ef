#include "ilnp/wire/utf8.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "support/octets.hpp"
#include "support/seed.hpp"

namespace ilnp::test::utf8_test {

bool utf8(std::string_view text) { return wire::is_utf8(as_bytes(text)); }

/// One code point by the table of RFC 3629, section 3, in the given number of octets, which may be too many.
std::string encoded(std::uint32_t code_point, int length) {
  if (length == 1) return {static_cast<char>(code_point)};
  std::string out(static_cast<std::size_t>(length), '\0');
  for (std::size_t i = out.size(); i-- > 1; code_point >>= 6)
    out[i] = static_cast<char>(0x80 | (code_point & 0x3f));
  out[0] = static_cast<char>((0xf00u >> length & 0xf0u) | (length == 4 ? 0xf0u : 0u) | code_point);
  return out;
}

int shortest(std::uint32_t code_point) {
  return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

/// Decodes first and checks afterwards: another way to the same result.
bool well_formed(const Octets& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = std::to_integer<std::uint32_t>(text[at]);
    const int length = lead < 0x80             ? 1
                       : (lead & 0xe0) == 0xc0 ? 2
                       : (lead & 0xf0) == 0xe0 ? 3
                       : (lead & 0xf8) == 0xf0 ? 4
                                               : 0;
    if (length == 0) return false;
    std::uint32_t code_point = length == 1 ? lead : lead & (0x7fu >> length);
    for (int i = 1; i < length; ++i) {
      if (++at == text.size()) return false;
      const auto next = std::to_integer<std::uint32_t>(text[at]);
      if ((next & 0xc0) != 0x80) return false;
      code_point = code_point << 6 | (next & 0x3f);
    }
    if (length != shortest(code_point) || code_point > 0x10ffff) return false;
    if (code_point >= 0xd800 && code_point < 0xe000) return false;
    ++at;
  }
  return true;
}

BOOST_AUTO_TEST_SUITE(wire_utf8)

BOOST_AUTO_TEST_CASE(every_code_point_except_surrogates_is_accepted) {
  for (std::uint32_t code_point = 0; code_point <= 0x10ffff; ++code_point) {
    const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
    if (utf8(encoded(code_point, shortest(code_point))) == surrogate) BOOST_FAIL("code point " << code_point);
  }
}

BOOST_AUTO_TEST_CASE(refuses_overlong_forms) {
  for (std::uint32_t code_point = 0; code_point < 0x10000; ++code_point)
    for (int length = shortest(code_point) + 1; length <= 4; ++length)
      if (utf8(encoded(code_point, length)))
        BOOST_FAIL("code point " << code_point << " in " << length << " octets");
}

BOOST_AUTO_TEST_CASE(refuses_values_above_the_last_code_point) {
  for (std::uint32_t code_point = 0x110000; code_point < 0x200000; ++code_point)
    if (utf8(encoded(code_point, 4))) BOOST_FAIL("code point " << code_point);
  for (unsigned lead = 0xf8; lead < 0x100; ++lead)
    BOOST_TEST(!utf8(std::string{static_cast<char>(lead)} + "\x80\x80\x80\x80\x80"));
}

BOOST_AUTO_TEST_CASE(refuses_truncated_sequences) {
  for (const std::string_view whole : {"\xc3\xbc", "\xe6\x9d\xb1", "\xf0\x9f\x8c\x8d"}) {
    BOOST_TEST(utf8(whole));
    for (std::size_t size = 1; size < whole.size(); ++size) {
      BOOST_TEST(!utf8(whole.substr(0, size)));
      BOOST_TEST(!utf8("name" + std::string(whole.substr(0, size))));
      BOOST_TEST(!utf8(std::string(whole.substr(0, size)) + "name"));
    }
  }
}

BOOST_AUTO_TEST_CASE(refuses_a_continuation_without_a_lead) {
  for (unsigned octet = 0x80; octet < 0xc0; ++octet) BOOST_TEST(!utf8(std::string{static_cast<char>(octet)}));
}

BOOST_AUTO_TEST_CASE(host_names) {
  const auto host_name = [](std::string_view text) { return wire::is_host_name(as_bytes(text)); };
  BOOST_TEST(!host_name(""));
  BOOST_TEST(host_name("a"));
  BOOST_TEST(host_name(std::string(wire::max_host_name, 'a')));
  BOOST_TEST(!host_name(std::string(wire::max_host_name + 1, 'a')));
  BOOST_TEST(!host_name(std::string(65536, 'a')));
  for (char c = 1; c < ' '; ++c) BOOST_TEST(!host_name(std::string{'a', c}));
  BOOST_TEST(!host_name("\x7f"));
  BOOST_TEST(host_name("~"));
}

BOOST_AUTO_TEST_CASE(random_texts) {
  Random random(test::seed("utf8"));
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    Octets text;
    const std::uint64_t pieces = 1 + random.below(4);
    for (std::uint64_t piece = 0; piece < pieces; ++piece) {
      const auto code_point = static_cast<std::uint32_t>(random.below(0x80u << 5 * random.below(4)));
      // Usually in its shortest form, sometimes in one that is too long.
      const int length = std::min(4, shortest(code_point) + (random.below(8) == 0 ? 1 : 0));
      text = test::joined(text, test::octets(encoded(code_point, length)));
    }
    if (random.below(2) == 0) text = test::mutated(random, text);
    const bool expected = well_formed(text);
    taken += expected;
    BOOST_REQUIRE_MESSAGE(wire::is_utf8(text) == expected, test::hex(Bytes(text)));
  }
  BOOST_TEST(taken > 1000);  // otherwise the test would prove little
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ilnp::test::utf8_test
