// Values for the debugger to show. It stops in `look`, and goes up to `main`.
#include <ilnp/base/address.hpp>
#include <ilnp/base/context.hpp>
#include <ilnp/base/list.hpp>
#include <ilnp/base/packet.hpp>
#include <ilnp/wire/stp_header.hpp>

[[gnu::noinline]] void look() { asm volatile(""); }

int main() {
  using namespace ilnp;
  [[maybe_unused]] const Locator locator(0xffff00000000000a);
  [[maybe_unused]] const Nid nid(0x12345678);
  [[maybe_unused]] const Ilv ilv{Locator(0xa), Nid(0xb)};
  [[maybe_unused]] const Bytes text = as_bytes("hello,\n world");
  [[maybe_unused]] const Bytes nothing;
  std::byte many[100]{};
  [[maybe_unused]] const MutableBytes zeros(many);
  [[maybe_unused]] const result<Nid> found = nid;
  [[maybe_unused]] const result<Nid> missing = Errc::unknown_host;
  [[maybe_unused]] const error_code none;
  [[maybe_unused]] const error_code refused = Errc::no_route;
  [[maybe_unused]] const error_code denied(EACCES, boost::system::system_category());
  [[maybe_unused]] const auto header = wire::StpHeader::parse(text);
  [[maybe_unused]] const auto malformed = wire::StpHeader::parse(nothing);
  Packet packet(zeros, text);
  packet.prepend(4)[3] = std::byte{7};
  [[maybe_unused]] const TimePoint soon{std::chrono::milliseconds(1500)};
  [[maybe_unused]] const TimePoint at_no_time = never;
  List<Locator> locators;
  for (const std::uint64_t value : {1U, 2U, 3U}) locators.push_back(Locator(value));
  look();
}
