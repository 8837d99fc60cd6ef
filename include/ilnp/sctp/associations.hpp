#pragma once

#include <array>
#include <map>
#include <optional>

#include "../wire/field.hpp"
#include "library.hpp"
#include "output.hpp"

namespace ilnp {

/// A node and a port of its transport: the other end of associations.
struct SctpRemote {
  Nid nid;
  std::uint16_t port = 0;

  friend bool operator==(const SctpRemote&, const SctpRemote&) = default;
};

/// An association that usrsctp has, or may still have: with whom.
struct SctpAssociation {
  SctpRemote remote;
  TimePoint gone = never;  ///< since when it has no stream; `long_ago` if nothing of it is left

  bool has_stream() const noexcept { return gone == never; }
};

/// Tells the associations of a node apart. To usrsctp there is one peer behind each of a few addresses, the doors of the node,
/// whoever it really is, and the ports make the difference; so nothing is to be known of who knocks, and one socket a port
/// listens to all. Two nodes that come from the same port to the same port are let in by different doors.
class SctpAssociations {
 public:
  static constexpr std::size_t max_doors = 8;
  static constexpr std::size_t max_tries = 4;  ///< doors, until one is found at which the ports are free
  /// So long after its stream an association may be left in usrsctp, for what was written may still be on its way.
  static constexpr Duration linger = std::chrono::seconds(75);
  static constexpr std::size_t max_associations = 1 << 17;

  explicit SctpAssociations(SctpOutput& output) : output_(output) {}
  SctpAssociations(const SctpAssociations&) = delete;
  SctpAssociations& operator=(const SctpAssociations&) = delete;
  ~SctpAssociations() {
    for (const Door& door : doors_)
      if (door.address) SctpLibrary::instance().leave(door.address);
  }

  /// What usrsctp calls the peer.
  void* address(std::size_t door) {
    Door& opened = doors_[door];
    if (!opened.address) {
      opened.associations = this;
      opened.number = door;
      opened.address = SctpLibrary::instance().enter({&opened, &SctpAssociations::on_packet});
    }
    return opened.address;
  }

  struct Found {
    std::size_t door;
    SctpAssociation* association;
  };
  /// The one with `remote` between these ports; none if there is none.
  std::optional<Found> find(const SctpRemote& remote, std::uint16_t local_port, std::uint16_t remote_port) {
    for (std::size_t tries = 0; tries < max_tries; ++tries) {
      const std::size_t door = (home(remote) + tries) % max_doors;
      SctpAssociation* const there = at(door, local_port, remote_port);
      if (there && there->remote == remote) return Found{door, there};
    }
    return std::nullopt;
  }
  /// The door for a new one; none if others are at all that come into question.
  std::optional<std::size_t> door_for(const SctpRemote& remote, std::uint16_t local_port,
                                      std::uint16_t remote_port) {
    for (std::size_t tries = 0; tries < max_tries; ++tries) {
      const std::size_t door = (home(remote) + tries) % max_doors;
      const SctpAssociation* const there = at(door, local_port, remote_port);
      if (!there || there->remote == remote) return door;
    }
    return std::nullopt;
  }

  /// The door of a stream that usrsctp has let in: none if there is one between these ports already. A stale cookie opens an
  /// association anew whose stream was reset and not looked at yet, and an entry never belongs to two streams.
  std::optional<std::size_t> door_let_in(const SctpRemote& remote, std::uint16_t local_port,
                                         std::uint16_t remote_port) {
    const auto known = find(remote, local_port, remote_port);
    if (known && known->association->has_stream()) return std::nullopt;
    return door_for(remote, local_port, remote_port);
  }

  /// The door for one that this node opens: none if there is a stream with `remote` already. What is left of one may still be in usrsctp's way.
  std::optional<std::size_t> free_door_for(const SctpRemote& remote, std::uint16_t local_port,
                                           std::uint16_t remote_port) {
    const auto known = find(remote, local_port, remote_port);
    if (known && known->association->has_stream()) return std::nullopt;
    return known ? known->door : door_for(remote, local_port, remote_port);
  }

  /// Valid until it is expired.
  SctpAssociation& add(std::size_t door, const SctpRemote& remote, std::uint16_t local_port,
                       std::uint16_t remote_port) {
    return table_[key(door, local_port, remote_port)] = {remote};
  }
  /// No room for one more. `own`: this node opens it, and may have the last quarter, which those that are let in may not: they
  /// stay for a while after their streams.
  bool full(bool own) const noexcept {
    return table_.size() >= (own ? max_associations : max_associations - max_associations / 4);
  }
  std::size_t size() const noexcept { return table_.size(); }

  void expire(TimePoint now) {
    std::erase_if(table_, [&](const auto& each) {
      const SctpAssociation& association = each.second;
      return !association.has_stream() && now - association.gone >= linger;
    });
  }

  /// Who sent the packet that is being read: what usrsctp says of an association that is not known goes there.
  class Sender {
   public:
    Sender(SctpAssociations& associations, const SctpRemote& remote) : associations_(associations) {
      associations_.sender_ = &remote;
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender() { associations_.sender_ = nullptr; }

   private:
    SctpAssociations& associations_;
  };
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

  /// usrsctp's: a packet to send.
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
  std::map<std::uint64_t, SctpAssociation> table_;  // strangers choose their ports: no hash that they know
  const SctpRemote* sender_ = nullptr;
};

}  // namespace ilnp
