#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ilnp {

/// What a counter says about a node. All counters only grow, from the start of the node.
enum class CounterKind : std::uint8_t {
  activity,  ///< what the node does
  discard,   ///< dropped because nobody needs it: normal
  loss,      ///< dropped or refused although somebody wanted it, or invalid
  incident,  ///< something that a user may want to know
};

/// The name of the kind.
constexpr std::string_view to_string(CounterKind kind) noexcept {
  constexpr std::array<std::string_view, 4> names{"activity", "discard", "loss", "incident"};
  return names[static_cast<std::size_t>(kind)];
}

/// A counter in words.
struct CounterText {
  std::string_view name;     ///< `LAYER.NAME`
  CounterKind kind;          ///< what it says about a node
  std::string_view meaning;  ///< begins with a capital letter, without a full stop
};

namespace detail {

using enum CounterKind;

/// By name, sorted.
inline constexpr std::array counter_texts{
    CounterText{"fragment.delivered", activity, "Long datagrams that were reassembled and delivered"},
    CounterText{"fragment.dropped_conflict", loss,
                "Long datagrams whose fragments contradicted each other: corrupted or forged"},
    CounterText{"fragment.dropped_duplicate", discard, "Fragments that had already arrived"},
    CounterText{"fragment.dropped_incomplete", loss,
                "Long datagrams of which a fragment was lost or came too late"},
    CounterText{"fragment.dropped_malformed", loss, "Messages of this layer that do not parse"},
    CounterText{"fragment.dropped_no_reply", loss,
                "Long datagrams to a node that did not say whether it reassembles fragments"},
    CounterText{"fragment.dropped_no_room", loss, "Fragments for which no buffer was free"},
    CounterText{"fragment.dropped_not_bound", loss, "Fragments to a port on which no program listens"},
    CounterText{"fragment.dropped_too_many", loss, "Probes for reassembly beyond the limit"},
    CounterText{"fragment.dropped_unasked", loss, "Replies to a probe that this node has not sent"},
    CounterText{"fragment.dropped_wrong_key", loss, "Fragments from a node that was not told the key"},
    CounterText{"fragment.fragments_received", activity, "Fragments received"},
    CounterText{"fragment.fragments_sent", activity, "Fragments sent"},
    CounterText{"fragment.held", activity, "Long datagrams kept until the other node had replied to a probe"},
    CounterText{"fragment.probes", activity, "Probes sent: does that node reassemble fragments?"},
    CounterText{"fragment.refused_queue_full", loss,
                "Long datagrams refused because enough wait for a reply already"},
    CounterText{"fragment.refused_too_long", loss,
                "Datagrams too long for a node that does not reassemble fragments, or for any node"},
    CounterText{"fragment.replies", activity, "Replies to probes of other nodes"},
    CounterText{"fragment.sent", activity, "Long datagrams sent in fragments"},
    CounterText{"gateway.from_elsewhere", loss,
                "Datagrams from hosts that may not use this proxy (see --allow-from)"},
    CounterText{"gateway.from_programs", activity, "Datagrams from local programs"},
    CounterText{"gateway.local_overflow", loss,
                "Buffers of local programs that the kernel dropped: they send faster than the proxy reads"},
    CounterText{"gateway.not_delivered", loss,
                "Datagrams that the kernel did not accept for a local program"},
    CounterText{"gateway.not_sent", loss, "Datagrams of local programs that could not be sent"},
    CounterText{"gateway.to_itself", loss, "Datagrams addressed to the proxy's own port"},
    CounterText{"gateway.to_nobody", loss, "Datagrams to a redirected port to which no program has sent yet"},
    CounterText{"gateway.to_programs", activity, "Datagrams for local programs"},
    CounterText{"ilnp.acknowledgements_received", activity, "Acknowledgements of locator updates received"},
    CounterText{"ilnp.acknowledgements_sent", activity, "Acknowledgements of locator updates sent"},
    CounterText{"ilnp.advertisements_sent", activity, "Advertisements sent"},
    CounterText{"ilnp.delivered", activity, "Packets for this node"},
    CounterText{"ilnp.discovery_passed_on", activity, "Discovery messages passed on to another network"},
    CounterText{"ilnp.discovery_received", activity, "Discovery messages received"},
    CounterText{"ilnp.dropped_acknowledgement_unexpected", discard,
                "Acknowledgements that answer no pending locator update"},
    CounterText{"ilnp.dropped_another_forwards", discard,
                "Packets that another router between the same networks forwards"},
    CounterText{"ilnp.dropped_discovery_bad_name", loss, "Discovery messages without a valid host name"},
    CounterText{"ilnp.dropped_discovery_malformed", loss, "Discovery messages that do not parse"},
    CounterText{"ilnp.dropped_discovery_repeated", discard,
                "Discovery messages not passed on again: the same was passed on a moment ago"},
    CounterText{"ilnp.dropped_discovery_stale", discard,
                "Discovery messages that had waited while this node was suspended"},
    CounterText{"ilnp.dropped_duplicate", discard,
                "Copies of packets that had already arrived on another interface"},
    CounterText{"ilnp.dropped_hop_limit", loss,
                "Packets to be forwarded whose hop limit was used up: too many hops, or a loop"},
    CounterText{"ilnp.dropped_no_route", loss,
                "Packets to be forwarded to a network to which no route is known"},
    CounterText{"ilnp.dropped_not_in_session", loss,
                "Packets that do not belong to the session with their source, as the wire format says"},
    CounterText{"ilnp.dropped_not_joined", loss, "Frames of a network that this node has not joined"},
    CounterText{"ilnp.dropped_overheard", discard,
                "Packets between two other nodes, not for this one to forward"},
    CounterText{"ilnp.dropped_own_frame", discard, "Frames of this node that others have sent back to it"},
    CounterText{"ilnp.dropped_reflected", discard,
                "Packets that others have sent back to the network that they came from"},
    CounterText{"ilnp.dropped_refused", loss,
                "Packets that the security policy of this node does not accept"},
    CounterText{"ilnp.dropped_send_failed", loss,
                "Forwarded packets and control messages that could not be sent: look at the link"},
    CounterText{"ilnp.dropped_table_full", loss, "Nothing was learnt from a message: a table is full"},
    CounterText{"ilnp.dropped_too_short", loss, "Frames shorter than the network header"},
    CounterText{"ilnp.dropped_unknown_destination", loss,
                "Packets to all nodes that are not discovery messages"},
    CounterText{"ilnp.dropped_update_contradicted", discard,
                "Advertisements that were already on their way when their node moved"},
    CounterText{"ilnp.dropped_update_malformed", loss, "Locator updates that do not parse"},
    CounterText{"ilnp.dropped_update_too_often", loss,
                "Locator updates of nodes that move more often than eight times a second"},
    CounterText{"ilnp.dropped_update_unexpected", discard,
                "Locator updates of nodes with which this one has no recent traffic"},
    CounterText{"ilnp.dropped_update_unproven", loss,
                "Locator updates to a place where the node, whose last update was wrong, was not heard"},
    CounterText{"ilnp.dropped_wrong_length", loss, "Frames whose length does not match their header"},
    CounterText{"ilnp.duplicate_nid", incident,
                "Frames of another node that has this node's identifier: give one of them another nid"},
    CounterText{"ilnp.expired_answered", activity, "Replies to pings whose hop limit ran out here"},
    CounterText{"ilnp.forwarded", activity, "Packets forwarded for other nodes"},
    CounterText{"ilnp.handoffs", activity, "Handoffs of this node"},
    CounterText{"ilnp.name_conflicts", incident, "How often two living nodes began to claim one name"},
    CounterText{"ilnp.names_checked", activity,
                "Checks whether the owner of a name is alive, because another node claims it"},
    CounterText{"ilnp.names_passed", incident, "Names that passed from a silent node to another"},
    CounterText{"ilnp.peers_heard", incident, "How often a silent peer was heard again"},
    CounterText{"ilnp.peers_left", activity, "Peers that have said goodbye"},
    CounterText{"ilnp.peers_silent", incident, "How often a peer fell silent"},
    CounterText{"ilnp.received", activity, "Frames received"},
    CounterText{"ilnp.sent", activity, "Packets of this node sent, with control messages"},
    CounterText{"ilnp.solicitations_sent", activity, "Solicitations sent"},
    CounterText{"ilnp.updates_received", activity, "Locator updates of other nodes accepted"},
    CounterText{"ilnp.updates_sent", activity, "Locator updates sent"},
    CounterText{"ilnp.updates_undone", incident,
                "Locator updates of other nodes that turned out to be wrong"},
    CounterText{"link.buffers_in", activity, "Buffers in which frames arrived"},
    CounterText{"link.buffers_out", activity, "Buffers in which frames left"},
    CounterText{"link.control_in", activity, "Buffers with control messages that arrived"},
    CounterText{"link.frames_in", activity, "Frames received from the network interface"},
    CounterText{"link.frames_out", activity, "Frames sent to the network interface"},
    CounterText{"link.groups_lost", incident,
                "Multicast memberships that the kernel had lost; the node has joined again"},
    CounterText{"link.gso_fallbacks", incident,
                "1 once frames leave one by one, because the kernel or the device rejects trains"},
    CounterText{"link.gso_refusals", incident, "Trains of frames that were refused and sent one by one"},
    CounterText{"link.link_changes", incident, "How often the network interface disappeared or appeared"},
    CounterText{"link.link_failures", incident, "How often the network interface became unusable"},
    CounterText{"link.receive_overflow", loss,
                "Buffers that the kernel dropped: frames arrive faster than the node reads them, or the "
                "receive buffer is too small (sysctl net.core.rmem_max)"},
    CounterText{"link.send_errors", loss, "Frames that the kernel did not accept"},
    CounterText{"link.send_failures", incident,
                "How often frames to a network could not be sent for a while"},
    CounterText{"link.too_long", loss, "Frames longer than buffer_size: set it alike on all nodes"},
    CounterText{"link.truncated", loss, "Frames that the kernel truncated"},
    CounterText{"link.wrong_group", discard, "Frames of networks that this node has not joined"},
    CounterText{"link.wrong_interface", discard, "Frames that arrived on another network interface"},
    CounterText{"proxy.delivered", activity, "Datagrams for local programs"},
    CounterText{"proxy.dropped_not_mapped", loss, "Datagrams to a port without a mapping"},
    CounterText{"proxy.dropped_wrong_host", loss,
                "Datagrams to a mapped port from another node than the mapping's"},
    CounterText{"proxy.far_ends_missing", incident, "How often the host of a mapping in use became unknown"},
    CounterText{"proxy.refused_by_transport", loss,
                "Datagrams of local programs that were too long or had no route"},
    CounterText{"proxy.refused_not_mapped", loss, "Datagrams from a local port without a mapping"},
    CounterText{"proxy.refused_unknown_host", loss,
                "Datagrams of local programs to a node that has not been heard"},
    CounterText{"proxy.sent", activity, "Datagrams of local programs sent"},
    CounterText{"sctp.accepted", activity, "Streams that peers opened"},
    CounterText{"sctp.connect_refused", incident, "Streams that the peer refused"},
    CounterText{"sctp.connect_timed_out", incident, "Streams to which the peer did not reply in time"},
    CounterText{"sctp.connected", activity, "Streams that this node opened"},
    CounterText{"sctp.dropped_bad_checksum", loss, "Packets of no stream with a bad checksum"},
    CounterText{"sctp.dropped_malformed", loss, "SCTP packets that do not parse, or are not acceptable"},
    CounterText{"sctp.dropped_stream_exists", discard, "Requests for a stream that already exists"},
    CounterText{"sctp.dropped_too_many_peers", loss, "Requests while all places for peers were taken"},
    CounterText{"sctp.dropped_too_often", loss, "Handshakes and packets of no stream beyond the limits"},
    CounterText{"sctp.ended", activity, "Streams that both sides ended in order"},
    CounterText{"sctp.octets_read", activity, "Octets read from streams"},
    CounterText{"sctp.octets_written", activity, "Octets written to streams"},
    CounterText{"sctp.packets_not_sent", loss, "SCTP packets that could not be sent; they are sent again"},
    CounterText{"sctp.packets_received", activity, "SCTP packets received"},
    CounterText{"sctp.packets_sent", activity, "SCTP packets sent"},
    CounterText{"sctp.peer_lost", incident, "Streams whose peer stopped replying"},
    CounterText{"sctp.received_stray", discard, "SCTP packets of no stream and to no listening port"},
    CounterText{"sctp.refused_no_memory", loss, "Streams refused for lack of memory (see --stream-memory)"},
    CounterText{"sctp.refused_too_many_streams", loss, "Streams refused because there were too many"},
    CounterText{"sctp.reset_by_peer", incident, "Streams that the peer reset"},
    CounterText{"sctp.reset_here", incident, "Streams that this node reset"},
    CounterText{"stp.delivered", activity, "Datagrams delivered"},
    CounterText{"stp.dropped_ping_not_asked", discard,
                "Replies to pings that this node has not sent, or that were answered already"},
    CounterText{"stp.dropped_pings_too_many", loss,
                "Pings that were not answered because there were too many"},
    CounterText{"stp.dropped_port_not_bound", loss, "Datagrams to a port on which nothing listens"},
    CounterText{"stp.dropped_too_short", loss, "Packets too short for the ports"},
    CounterText{"stp.dropped_unknown_next_header", loss, "Packets of a protocol that this node does not run"},
    CounterText{"stp.goodbyes_received", activity, "Goodbyes of other nodes"},
    CounterText{"stp.goodbyes_sent", activity, "Goodbyes sent"},
    CounterText{"stp.ping_replies_received", activity, "Replies to pings of this node"},
    CounterText{"stp.pings_answered", activity, "Pings of other nodes that were answered"},
    CounterText{"stp.pings_sent", activity, "Pings sent"},
    CounterText{"stp.refused_too_long", loss, "Datagrams too long for a packet"},
    CounterText{"stp.sent", activity, "Datagrams sent"},
    CounterText{"stream_proxy.dropped_malformed", loss, "Connections whose request or reply does not parse"},
    CounterText{"stream_proxy.not_opened", incident, "Connections that this node could not open"},
    CounterText{"stream_proxy.opened", activity, "Connections that this node opened"},
    CounterText{"stream_proxy.put_through", activity,
                "Connections of peers that reached the program that they asked for"},
    CounterText{"stream_proxy.refused_not_allowed", loss,
                "Connections of peers to a port or host that is not allowed (see --expose, --allow-exit)"},
    CounterText{"stream_proxy.refused_too_many", loss,
                "Connections refused because there were too many (see --max-connections)"},
    CounterText{"stream_proxy.timed_out", incident, "Connections without a request or reply in time"},
    CounterText{"stream_proxy.wanted", activity,
                "Connections that peers asked for and that this node permits"},
    CounterText{"streams.accepted", activity, "Connections of local programs"},
    CounterText{"streams.dialled", activity, "Connections to local programs or outside hosts, for peers"},
    CounterText{"streams.gave_way", loss,
                "Programs dropped because too many had named no destination or waited for a node"},
    CounterText{"streams.no_descriptor", loss,
                "Connections turned away because the process has no descriptor left"},
    CounterText{"streams.not_opened", loss, "Connections of local programs that were not connected"},
    CounterText{"streams.not_reached", loss, "Connections for peers that failed"},
    CounterText{"streams.paused", incident, "How often a listening port paused because it could not accept"},
    CounterText{"streams.vanished", incident, "Connections whose program had gone"},
};

}  // namespace detail

/// `LAYER.NAME`.
inline std::string counter_name(std::string_view layer, std::string_view name) {
  return std::string(layer).append(".").append(name);
}

/// The text of the counter `LAYER.NAME`; null for one of another program's layers.
constexpr const CounterText* counter_text(std::string_view name) noexcept {
  const auto* at =
      std::lower_bound(detail::counter_texts.begin(), detail::counter_texts.end(), name,
                       [](const CounterText& each, std::string_view n) { return each.name < n; });
  return at != detail::counter_texts.end() && at->name == name ? &*at : nullptr;
}

}  // namespace ilnp
