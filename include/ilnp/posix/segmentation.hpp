#pragma once

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ilnp {

/// The control message that tells the kernel to split a buffer into datagrams of one size (UDP GSO).
class SegmentSizeControl {
 public:
  /// Makes `header` request datagrams of `segment` octets. It refers to this object from then on.
  void attach(msghdr& header, std::size_t segment) noexcept {
    header.msg_control = octets_;
    header.msg_controllen = sizeof octets_;
    cmsghdr* item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = IPPROTO_UDP;
    item->cmsg_type = UDP_SEGMENT;
    item->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
    const auto size = static_cast<std::uint16_t>(segment);
    std::memcpy(CMSG_DATA(item), &size, sizeof size);
  }

 private:
  alignas(cmsghdr) std::byte octets_[CMSG_SPACE(sizeof(std::uint16_t))] = {};
};

/// True for the errors with which a kernel or device refuses to split, and which a single datagram might not
/// cause: EIO (no checksum offload), EINVAL (longer than the MTU, too many, or an old kernel), EMSGSIZE.
inline bool is_segmentation_refused(int error) noexcept {
  return error == EIO || error == EINVAL || error == EMSGSIZE || error == EOPNOTSUPP || error == ENOPROTOOPT;
}

/// True if this error means that a train of datagrams of `segment` octets was refused
/// because it is a train, not because of its length: then all others are refused too.
inline bool is_segmentation_refused_altogether(int error, std::size_t segment) noexcept {
  constexpr std::size_t fits_any_mtu = 1280 - 40 - 8;  // of IPv6
  return error == EIO || error == EOPNOTSUPP || error == ENOPROTOOPT || segment <= fits_any_mtu;
}

/// Splits what `parts` gather into datagrams of `segment` octets (the last may be shorter) and calls
/// `each(iovec* parts, std::size_t count)` for each. No datagram needs more than 8 parts: two are pushed.
template <class Each>
void for_each_segment(const iovec* parts, std::size_t count, std::size_t segment, Each&& each) {
  std::array<iovec, 8> pieces;
  std::size_t used = 0;
  std::size_t missing = segment;
  for (const iovec* part = parts; part != parts + count; ++part) {
    auto* octets = static_cast<std::byte*>(part->iov_base);
    for (std::size_t left = part->iov_len; left != 0;) {
      const std::size_t piece = std::min(left, missing);
      pieces[used++] = {octets, piece};
      octets += piece;
      left -= piece;
      missing -= piece;
      if (missing != 0) continue;
      each(pieces.data(), used);
      used = 0;
      missing = segment;
    }
  }
  if (used != 0) each(pieces.data(), used);
}

}  // namespace ilnp
