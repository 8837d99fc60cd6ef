#pragma once

#include <array>
#include <map>
#include <optional>

#include "../wire/field.hpp"
#include "library.hpp"
#include "output.hpp"

namespace ilnp {

/// A node and a port of its transport: the remote end of associations.
struct SctpRemote {
  Nid nid;                 ///< the node
  std::uint16_t port = 0;  ///< of its transport, not of SCTP

  friend bool operator==(const SctpRemote&, const SctpRemote&) = default;
};

/// The remote end of an association that usrsctp has or may still have.
struct SctpAssociation {
  SctpRemote remote;       ///< where its packets go
  TimePoint gone = never;  ///< when its stream ended; `long_ago` if nothing of it is left

  /// False if at most remains of it are in usrsctp.
  bool has_stream() const noexcept { return gone == never; }
};

/// Distinguishes the associations of a node. For usrsctp all peers are behind a few addresses, the *doors*
/// of the node, and differ by their ports. So a handshake needs no state for its sender, and one socket per
/// port listens to all. Two nodes that connect from the same port to the same port use different doors.
class SctpAssociations {
 public:
  static constexpr std::size_t max_doors = 8;  ///< addresses of one node in usrsctp
  static constexpr std::size_t max_tries = 4;  ///< doors that are tried to find one where the ports are free
  /// An association may remain in usrsctp this long after its stream, because written data may still be in flight.
  static constexpr Duration linger = std::chrono::seconds(75);
  static constexpr std::size_t max_associations = 1 << 17;  ///< of a node, those that linger included

  /// What usrsctp sends goes to `output`, which must outlive it.
  explicit SctpAssociations(SctpOutput& output) : output_(output) {}
  SctpAssociations(const SctpAssociations&) = delete;
  SctpAssociations& operator=(const SctpAssociations&) = delete;
  ~SctpAssociations() {
    for (const Door& door : doors_)
      if (door.address) SctpLibrary::instance().leave(door.address);
  }

  /// What usrsctp takes for the address of peers at this door. Registered at the first call.
  void* address(std::size_t door) {
    Door& opened = doors_[door];
    if (!opened.address) {
      opened.associations = this;
      opened.number = door;
      opened.address = SctpLibrary::instance().enter({&opened, &SctpAssociations::on_packet});
    }
    return opened.address;
  }

  /// An association, and its place.
  struct Found {
    std::size_t door;              ///< for `address`
    SctpAssociation* association;  ///< valid until it expires
  };
  /// The association with `remote` between these ports, if any.
  std::optional<Found> find(const SctpRemote& remote, std::uint16_t local_port, std::uint16_t remote_port) {
    for (std::size_t tries = 0; tries < max_tries; ++tries) {
      const std::size_t door = (home(remote) + tries) % max_doors;
      SctpAssociation* const there = at(door, local_port, remote_port);
      if (there && there->remote == remote) return Found{door, there};
    }
    return std::nullopt;
  }
  /// The door for a new association; none if all candidates are in use.
  std::optional<std::size_t> door_for(const SctpRemote& remote, std::uint16_t local_port,
                                      std::uint16_t remote_port) {
    for (std::size_t tries = 0; tries < max_tries; ++tries) {
      const std::size_t door = (home(remote) + tries) % max_doors;
      const SctpAssociation* const there = at(door, local_port, remote_port);
      if (!there || there->remote == remote) return door;
    }
    return std::nullopt;
  }

  /// The door of a stream that usrsctp has accepted; none if there already is one between these ports. A stale cookie
  /// can reopen an association whose stream was reset and not examined yet, and an entry never belongs to two streams.
  std::optional<std::size_t> door_let_in(const SctpRemote& remote, std::uint16_t local_port,
                                         std::uint16_t remote_port) {
    const auto known = find(remote, local_port, remote_port);
    if (known && known->association->has_stream()) return std::nullopt;
    return door_for(remote, local_port, remote_port);
  }

  /// The door for an association that this node opens; none if there already is a stream
  /// with `remote`. Remains of one may still be in usrsctp.
  std::optional<std::size_t> free_door_for(const SctpRemote& remote, std::uint16_t local_port,
                                           std::uint16_t remote_port) {
    const auto known = find(remote, local_port, remote_port);
    if (known && known->association->has_stream()) return std::nullopt;
    return known ? known->door : door_for(remote, local_port, remote_port);
  }

  /// Valid until it expires.
  SctpAssociation& add(std::size_t door, const SctpRemote& remote, std::uint16_t local_port,
                       std::uint16_t remote_port) {
    return table_[key(door, local_port, remote_port)] = {remote};
  }
  /// Whether there is no room for one more. `own`: this node opens it and may use the last
  /// quarter. Accepted ones may not, because they stay for a while after their streams.
  bool full(bool own) const noexcept {
    return table_.size() >= (own ? max_associations : max_associations - max_associations / 4);
  }
  std::size_t size() const noexcept { return table_.size(); }

  /// Drops those whose stream ended `linger` ago, or was aborted. Looks at all.
  void expire(TimePoint now) {
    std::erase_if(table_, [&](const auto& each) {
      const SctpAssociation& association = each.second;
      return !association.has_stream() && now - association.gone >= linger;
    });
  }

  /// The sender of the packet that is being read: replies of usrsctp for an unknown association go there.
  class Sender {
   public:
    /// `remote` is the sender as long as this lives, and must outlive it.
    Sender(SctpAssociations& associations, const SctpRemote& remote) : associations_(associations) {
      associations_.sender_ = &remote;
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender() { associations_.sender_ = nullptr; }

   private:
    SctpAssociations& associations_;
  };
  /// Null if no packet is being read.
  const SctpRemote* sender() const noexcept { return sender_; }

 private:
  struct Door {
    SctpAssociations* associations = nullptr;
    std::size_t number = 0;
    void* address = nullptr;
  };

  static std::size_t home(const SctpRemote& remote) noexcept {
    return static_cast<std::size_t>(((remote.nid.value() ^ remote.port) * 0x9e3779b97f4a7c15) >> 61);
  }
  static std::uint64_t key(std::size_t door, std::uint16_t local_port, std::uint16_t remote_port) noexcept {
    return std::uint64_t{door} << 32 | std::uint64_t{local_port} << 16 | remote_port;
  }
  SctpAssociation* at(std::size_t door, std::uint16_t local_port, std::uint16_t remote_port) {
    const auto found = table_.find(key(door, local_port, remote_port));
    return found != table_.end() && found->second.gone != long_ago ? &found->second : nullptr;
  }

  /// Called by usrsctp: a packet to send.
  static bool on_packet(void* owner, Bytes packet) {
    const Door& door = *static_cast<Door*>(owner);
    SctpAssociations& self = *door.associations;
    if (packet.size() < 4) return false;
    const auto* const known =
        self.at(door.number, wire::load<std::uint16_t>(packet, 0), wire::load<std::uint16_t>(packet, 2));
    const SctpRemote* const to = known ? &known->remote : self.sender_;
    return !to || self.output_.push(to->nid, to->port, packet);
  }

  SctpOutput& output_;
  std::array<Door, max_doors> doors_;
  std::map<std::uint64_t, SctpAssociation> table_;  // strangers choose the ports, so no hash that they know
  const SctpRemote* sender_ = nullptr;
};

}  // namespace ilnp
