#pragma once

#include <array>

#include "../wire/sctp_reply.hpp"
#include "admission.hpp"
#include "associations.hpp"
#include "counters.hpp"
#include "output.hpp"

namespace ilnp {

/// Tells the senders of packets that there is no such stream, without usrsctp. Replies are limited (`SctpAdmission`), and no longer
/// than what they answer.
class SctpReplies {
 public:
  /// Refers to both, which must outlive it.
  SctpReplies(SctpAdmission& admission, SctpOutput& output) noexcept
      : admission_(admission), output_(output) {}

  /// Answers `packet`, which is `parsed`, if it is one that may be answered.
  template <ContextLike Cx>
  void answer(const SctpRemote& remote, std::uint64_t share, const wire::SctpPacket& parsed, Bytes packet,
              SctpCounters& counters, Cx& cx) {
    const auto repr = wire::SctpReplyRepr::to(parsed);
    if (!repr) return;
    if (!admission_.answer(share, cx)) return void(++counters.dropped_too_often);
    if (!SctpLibrary::instance().is_sealed(packet)) return void(++counters.dropped_bad_checksum);
    std::array<std::byte, wire::SctpReplyRepr::size> octets;
    repr->write_to(octets);
    SctpLibrary::seal(octets);
    output_.push(remote.nid, remote.port, octets);
  }

 private:
  SctpAdmission& admission_;
  SctpOutput& output_;
};

}  // namespace ilnp
