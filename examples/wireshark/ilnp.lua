-- A dissector for Wireshark and tshark: frames of the overlay, byte by byte as docs/wire-formats.md describes them.
-- docs/wireshark.md says how to load it, which fields it has, and what to filter for.
--
-- It is for Wireshark 4.0 and later (Lua 5.2 to 5.4). Everything that a frame tells about later ones (names, fragments, copies)
-- is learnt when Wireshark reads the capture for the first time, in order, and only looked up after that.

if _G.ilnp_dissector_is_loaded then return end -- installed, and named on the command line as well
_G.ilnp_dissector_is_loaded = true

local STP, DISCOVERY, UPDATE, TUN = 42, 43, 44, 47
local PROBE, REPLY, FRAGMENT, PING, PING_REPLY, GOODBYE, LENGTH_PROBE, LENGTH_REPLY = 1, 2, 3, 4, 5, 6, 7, 8
local TUN_PACKET, TUN_REFUSAL = 1, 4
local HEADER = 40 -- octets
local ALL_NODES = "ff02:0:0:1"
local NOBODY = "0:0:0:0"
local MAX_NAME = 255 -- octets of a host name
local MAX_TOTAL, MAX_FRAGMENTS = 65507, 256 -- of a long datagram
local PATIENCE = 1 -- seconds from the first fragment of a datagram to the last
local MAX_UNFINISHED = 1024 -- datagrams that are being reassembled
local COPY_TIME = 1 -- seconds within which a packet is seen again after it was forwarded

local ilnp = Proto("ilnp", "Identifier-Locator Network Protocol")

-- Fields ----------------------------------------------------------------------------------------------------------------

local next_headers = {[STP] = "STP", [DISCOVERY] = "discovery", [UPDATE] = "locator update", [TUN] = "TUN"}
local kinds = {[PROBE] = "probe", [REPLY] = "reply", [FRAGMENT] = "fragment", [PING] = "ping", [PING_REPLY] = "reply to a ping",
  [GOODBYE] = "goodbye", [LENGTH_PROBE] = "length probe", [LENGTH_REPLY] = "reply to a length probe"}
local tun_kinds = {[TUN_PACKET] = "packet", [TUN_REFUSAL] = "refusal"}
local refusals = {[1] = "this node does not let yours in"}
local needed = {[6] = {"TCP", 20}, [17] = {"UDP", 8}, [58] = {"ICMPv6", 8}} -- octets, at least, by what follows the IPv6 header
local ping_codes = {[0] = "destination reached", [1] = "hop limit ran out"}
local update_types = {[0] = "acknowledgement", [1] = "locator update"}
local solicitations = {[0] = "advertisement", [1] = "solicitation"}

local f = {
  network = ProtoField.string("ilnp.network", "Network", "The locator of the multicast group on which the frame was seen"),
  user_id = ProtoField.uint16("ilnp.user_id", "User id of the overlay", base.DEC),
  first = ProtoField.uint32("ilnp.first", "Version, traffic class, flow label", base.HEX, nil, nil, "Zero; ignored on receipt"),
  payload_length = ProtoField.uint16("ilnp.payload_length", "Payload length", base.DEC),
  next_header = ProtoField.uint8("ilnp.next_header", "Next header", base.DEC, next_headers),
  hop_limit = ProtoField.uint8("ilnp.hop_limit", "Hop limit", base.DEC),
  src = ProtoField.string("ilnp.src", "Source", "Source locator and node identifier"),
  src_locator = ProtoField.string("ilnp.src.locator", "Source locator"),
  src_nid = ProtoField.string("ilnp.src.nid", "Source node identifier"),
  src_name = ProtoField.string("ilnp.src.name", "Source host name", "As its latest discovery message said"),
  dst = ProtoField.string("ilnp.dst", "Destination", "Destination locator and node identifier"),
  dst_locator = ProtoField.string("ilnp.dst.locator", "Destination locator"),
  dst_nid = ProtoField.string("ilnp.dst.nid", "Destination node identifier"),
  dst_name = ProtoField.string("ilnp.dst.name", "Destination host name", "As its latest discovery message said"),
  locator = ProtoField.string("ilnp.locator", "Source or destination locator"),
  nid = ProtoField.string("ilnp.nid", "Source or destination node identifier"),
  name = ProtoField.string("ilnp.name", "Source or destination host name"),
  copy_of = ProtoField.framenum("ilnp.copy_of", "Copy of the packet in frame", base.NONE, frametype.DUP_ACK),
  payload = ProtoField.bytes("ilnp.payload", "Payload"),
  train = ProtoField.uint16("ilnp.train", "Frames in this datagram", base.DEC, nil, nil,
    "Captured before the kernel or the card split it (UDP GSO)"),

  discovery_nid = ProtoField.string("ilnp.discovery.nid", "Node identifier"),
  discovery_locator = ProtoField.string("ilnp.discovery.locator", "Locator"),
  solicitation = ProtoField.uint8("ilnp.discovery.solicitation", "Solicitation", base.DEC, solicitations),
  discovery_name = ProtoField.string("ilnp.discovery.name", "Host name", base.UNICODE),

  update_type = ProtoField.uint8("ilnp.update.type", "Type", base.DEC, update_types),
  update_locator = ProtoField.string("ilnp.update.locator", "New locator"),

  acknowledges = ProtoField.framenum("ilnp.update.acknowledges", "Acknowledges the update in frame", base.NONE, frametype.RESPONSE),
  acknowledged_after = ProtoField.relative_time("ilnp.update.time", "Time since that update"),

  srcport = ProtoField.uint16("ilnp.stp.srcport", "Source port", base.DEC),
  dstport = ProtoField.uint16("ilnp.stp.dstport", "Destination port", base.DEC),
  port = ProtoField.uint16("ilnp.stp.port", "Source or destination port", base.DEC),
  stp_length = ProtoField.uint32("ilnp.stp.length", "Payload length", base.DEC),
  stp_payload = ProtoField.bytes("ilnp.stp.payload", "Payload"),

  kind = ProtoField.uint8("ilnp.stp.kind", "Kind", base.DEC, kinds),
  zero = ProtoField.bytes("ilnp.stp.zero", "Zero (ignored)"),
  nonce = ProtoField.uint32("ilnp.probe.nonce", "Nonce", base.HEX),
  ping_id = ProtoField.uint64("ilnp.ping.id", "Identifier", base.HEX),
  ping_code = ProtoField.uint8("ilnp.ping.code", "Code", base.DEC, ping_codes),
  ping_hop_limit = ProtoField.uint8("ilnp.ping.hop_limit", "Hop limit with which the ping arrived", base.DEC),
  ping_src = ProtoField.string("ilnp.ping.src.locator", "Source locator with which the ping arrived"),
  ping_dst = ProtoField.string("ilnp.ping.dst.locator", "Destination locator with which the ping arrived"),
  ping_interface = ProtoField.string("ilnp.ping.interface", "Interface on which the ping arrived"),
  ping_answers = ProtoField.framenum("ilnp.ping.request", "Reply to the ping in frame", base.NONE, frametype.RESPONSE),
  ping_time = ProtoField.relative_time("ilnp.ping.time", "Time since that ping"),
  length_version = ProtoField.uint8("ilnp.length.version", "Version", base.DEC),
  length_longest = ProtoField.uint16("ilnp.length.longest", "Longest packet that the sender takes", base.DEC),
  length_padding = ProtoField.bytes("ilnp.length.padding", "Padding (ignored)"),
  length_answers = ProtoField.framenum("ilnp.length.request", "Reply to the length probe in frame", base.NONE, frametype.RESPONSE),
  length_time = ProtoField.relative_time("ilnp.length.time", "Time since that length probe"),

  tun_kind = ProtoField.uint8("ilnp.tun.kind", "Kind", base.DEC, tun_kinds, 0xf0),
  tun_flags = ProtoField.uint8("ilnp.tun.flags", "Flags", base.HEX, nil, 0x0f),
  tun_partial = ProtoField.bool("ilnp.tun.partial", "Partial checksum", 8, nil, 0x01),
  tun_next_header = ProtoField.uint8("ilnp.tun.next_header", "Next header", base.DEC, {[6] = "TCP", [17] = "UDP", [44] = "fragment", [58] = "ICMPv6"}),
  tun_traffic_class = ProtoField.uint8("ilnp.tun.traffic_class", "Traffic class", base.HEX),
  tun_hop_limit = ProtoField.uint8("ilnp.tun.hop_limit", "Hop limit of the IPv6 packet", base.DEC),
  tun_payload = ProtoField.bytes("ilnp.tun.payload", "What follows the IPv6 header"),
  tun_code = ProtoField.uint8("ilnp.tun.code", "Code", base.DEC, refusals),
  tun_zero = ProtoField.bytes("ilnp.tun.zero", "Zero (ignored)"),

  key = ProtoField.uint32("ilnp.fragment.key", "Key", base.HEX),
  fragment_dstport = ProtoField.uint16("ilnp.fragment.dstport", "Destination port of the datagram", base.DEC),
  number = ProtoField.uint32("ilnp.fragment.number", "Datagram number", base.DEC),
  total = ProtoField.uint16("ilnp.fragment.total", "Total length", base.DEC),
  stride = ProtoField.uint16("ilnp.fragment.stride", "Stride", base.DEC),
  index = ProtoField.uint16("ilnp.fragment.index", "Index", base.DEC),
  octets = ProtoField.bytes("ilnp.fragment.data", "Octets of the datagram"),
  reassembled_in = ProtoField.framenum("ilnp.fragment.reassembled_in", "Reassembled in frame", base.NONE, frametype.NONE),
  fragment_frame = ProtoField.framenum("ilnp.fragment.frame", "Fragment in frame", base.NONE, frametype.NONE),
  fragment_count = ProtoField.uint16("ilnp.fragment.count", "Fragments", base.DEC),
  reassembled_length = ProtoField.uint32("ilnp.fragment.reassembled_length", "Reassembled length", base.DEC),
}

-- Experts: what is malformed is an error; what a node drops, or what rarely happens in order, is a warning or a note.

local function malformed(name, text) return ProtoExpert.new("ilnp." .. name, text, expert.group.MALFORMED, expert.severity.ERROR) end
local e = {
  short_header = malformed("short_header", "Shorter than the network header of 40 octets"),
  wrong_length = malformed("wrong_length", "The payload length is not the number of octets that follow the header"),
  unknown_next_header = malformed("unknown_next_header", "Unknown next header"),
  not_discovery = malformed("not_discovery", "To all nodes, but no discovery message"),
  short_discovery = malformed("discovery.short", "Discovery message shorter than 17 octets"),
  bad_flag = malformed("discovery.bad_solicitation", "Solicitation is neither 0 nor 1"),
  bad_name = malformed("discovery.bad_name", "Not a host name"),
  short_update = malformed("update.short", "Locator update without a type"),
  unknown_type = malformed("update.unknown_type", "Unknown type of locator update"),
  wrong_update = malformed("update.wrong_length", "Wrong length of a locator update"),
  short_stp = malformed("stp.short", "Shorter than the STP header of 4 octets"),
  port_zero = malformed("stp.port_zero", "From port 0, which no program can use"),
  no_kind = malformed("stp.no_kind", "Datagram to port 0 without a kind"),
  unknown_kind = malformed("stp.unknown_kind", "Unknown kind of message to port 0"),
  wrong_message = malformed("stp.wrong_length", "Wrong length of a message to port 0"),
  wrong_fragment = malformed("fragment.inconsistent", "Fragment that does not fit its datagram"),
  unknown_version = malformed("length.unknown_version", "Unknown version of a length probe"),
  short_tun = malformed("tun.short", "Shorter than the TUN header of 4 octets"),
  unknown_tun_kind = malformed("tun.unknown_kind", "Unknown kind of TUN message"),
  tun_flags = malformed("tun.bad_flags", "Unknown flags"),
  short_packet = malformed("tun.short_packet", "Shorter than the header that follows"),
  wrong_refusal = malformed("tun.wrong_length", "Wrong length of a refusal"),
  unknown_refusal = malformed("tun.unknown_code", "Unknown code of a refusal"),
  refused = ProtoExpert.new("ilnp.tun.refused", "A node does not let another in", expert.group.SEQUENCE, expert.severity.NOTE),
  tun_partial = ProtoExpert.new("ilnp.tun.is_partial", "The checksum is partial: it holds the sum of the pseudo-header only",
    expert.group.CHECKSUM, expert.severity.CHAT),
  first = ProtoExpert.new("ilnp.first_not_zero", "Version, traffic class or flow label is not zero (ignored on receipt)",
    expert.group.PROTOCOL, expert.severity.NOTE),
  hop_limit_zero = ProtoExpert.new("ilnp.hop_limit_zero", "Hop limit 0: nobody forwards this packet", expert.group.SEQUENCE,
    expert.severity.NOTE),
  discovery_unicast = ProtoExpert.new("ilnp.discovery.to_one", "Discovery message that is not addressed to all nodes",
    expert.group.PROTOCOL, expert.severity.WARN),
  other_nid = ProtoExpert.new("ilnp.discovery.other_nid", "The node identifier differs from that of the header",
    expert.group.PROTOCOL, expert.severity.WARN),
  many_locators = ProtoExpert.new("ilnp.update.many", "More locators than a node takes (16)", expert.group.PROTOCOL,
    expert.severity.WARN),
  unknown_code = malformed("ping.unknown_code", "Unknown code of a reply to a ping"),
  expired = ProtoExpert.new("ilnp.ping.expired", "The hop limit of the ping ran out at this node", expert.group.SEQUENCE,
    expert.severity.CHAT),
  conflict = ProtoExpert.new("ilnp.fragment.conflict", "Contradicts an earlier fragment: the receiver drops the datagram",
    expert.group.REASSEMBLE, expert.severity.WARN),
  again = ProtoExpert.new("ilnp.fragment.again", "This fragment was there before (forwarded, or a duplicate)",
    expert.group.REASSEMBLE, expert.severity.CHAT),
  late = ProtoExpert.new("ilnp.fragment.late", "The earlier fragments of this datagram were more than a second before",
    expert.group.REASSEMBLE, expert.severity.WARN),
  goodbye = ProtoExpert.new("ilnp.goodbye", "The node is shutting down", expert.group.SEQUENCE, expert.severity.CHAT),
  moved = ProtoExpert.new("ilnp.moved", "The node moves to other locators", expert.group.SEQUENCE, expert.severity.CHAT),
  train = ProtoExpert.new("ilnp.is_train", "Captured before the kernel or the card split it into frames (UDP GSO)",
    expert.group.SEQUENCE, expert.severity.CHAT),
  cut = ProtoExpert.new("ilnp.cut", "The capture holds only the beginning of this frame", expert.group.UNDECODED,
    expert.severity.NOTE),
}
ilnp.fields, ilnp.experts = f, e

ilnp.prefs.udp_ports = Pref.range("UDP ports", "10000", "The mcast_port of the overlay's nodes", 65535)
ilnp.prefs.stp_ports = Pref.string("Dissectors by STP port", "9899:sctp",
  "What datagrams carry, for example 9899:sctp,53:dns,6000-6010:rtp. Streams are SCTP packets.")
ilnp.prefs.tun_prefix = Pref.string("Prefix of TUN interfaces", "",
  "The key prefix of section [tun], such as fd12:3456:789a::/64. Empty: the default for the user id and the port")
ilnp.prefs.reassemble = Pref.bool("Reassemble long datagrams", true, "Join the fragments of datagrams that do not fit a frame")

-- Programs' datagrams, by STP port: the preference adds dissectors, and so may others. ("Decode As" does not know tables that
-- are made in Lua.)
local applied_prefix -- of the preference, as 16 digits

local stp_ports = DissectorTable.new("ilnp.stp.port", "ILNP STP port", ftypes.UINT16, base.DEC, ilnp)

-- What has been learnt from the capture -----------------------------------------------------------------------------------

local names -- by NID: {frames = {...}, names = {...}}: from which frame on it has which name
local copies -- packets seen lately: two tables, of which the older is dropped every COPY_TIME seconds
local copy_of -- the number of a frame, by packet
local updates -- by who is told and where: the latest locator update {frame, time}
local answers -- by packet: the update or ping that an acknowledgement or reply belongs to, and how long it took
local pings -- by identifier and NID of the asking node: the ping {frame, time}; and how many there are
local unfinished, oldest_unfinished, next_unfinished, queue -- datagrams by key, and their keys in order of age
local fragments -- by packet: {datagram, expert}
local current -- what the taps need to know of the packets in the frame that was just dissected

local function forget()
  names, copy_of, fragments, current = {}, {}, {}, {}
  updates, answers = {}, {}
  pings = {count = 0}
  copies = {new = {}, old = {}, since = 0}
  unfinished, queue, oldest_unfinished, next_unfinished = {}, {}, 1, 1
end
forget()
ilnp.init = forget

local function learn_name(nid, name, pinfo)
  if pinfo.visited then return end
  local known = names[nid]
  if not known then
    known = {frames = {}, names = {}}
    names[nid] = known
  end
  if known.names[#known.names] == name then return end
  known.frames[#known.frames + 1] = pinfo.number
  known.names[#known.names + 1] = name
end

-- The name that a node had when a frame was seen, if it was known.
local function name_of(nid, frame)
  local known = names[nid]
  if not known then return nil end
  local low, high = 0, #known.frames -- the last one at or before the frame
  while low < high do
    local middle = math.floor((low + high + 1) / 2)
    if known.frames[middle] <= frame then low = middle else high = middle - 1 end
  end
  return known.names[low]
end

-- A router's copy equals the original but for the hop limit, and is on another network.
local function find_copy(tvb, pinfo, id, network, hop_limit)
  if not pinfo.visited then
    local now = pinfo.abs_ts
    if now - copies.since > COPY_TIME or now < copies.since then
      local far = now - copies.since > 2 * COPY_TIME or now < copies.since
      copies = {new = {}, old = far and {} or copies.new, since = now}
    end
    local packet = tvb:raw(6, 1) .. tvb:raw(8)
    local original = copies.new[packet] or copies.old[packet]
    if original and now - original.time <= COPY_TIME and (original.network ~= network or original.hop_limit > hop_limit) then
      copy_of[id] = original.frame
    else
      copies.new[packet] = {frame = pinfo.number, time = now, network = network, hop_limit = hop_limit}
    end
  end
  return copy_of[id]
end

-- Text --------------------------------------------------------------------------------------------------------------------

local function four_groups(tvb, at)
  return string.format("%x:%x:%x:%x", tvb(at, 2):uint(), tvb(at + 2, 2):uint(), tvb(at + 4, 2):uint(), tvb(at + 6, 2):uint())
end

-- As wire/utf8.hpp has it: well-formed UTF-8 (RFC 3629) of 1 to 255 octets without control characters. Returns what is wrong.
local function wrong_with_name(text)
  if #text == 0 then return "empty" end
  if #text > MAX_NAME then return string.format("%d octets; at most %d are allowed", #text, MAX_NAME) end
  local at = 1
  while at <= #text do
    local lead = text:byte(at)
    if lead < 0x80 then
      if lead < 0x20 or lead == 0x7f then return "a control character" end
      at = at + 1
    else
      local length = lead >= 0xc2 and lead < 0xe0 and 2 or lead >= 0xe0 and lead < 0xf0 and 3 or lead >= 0xf0 and lead < 0xf5 and 4
      if not length or #text - at + 1 < length then return "not UTF-8" end
      for following = at + 1, at + length - 1 do
        local octet = text:byte(following)
        if octet < 0x80 or octet > 0xbf then return "not UTF-8" end
      end
      local second = text:byte(at + 1)
      if (lead == 0xe0 and second < 0xa0) or (lead == 0xed and second >= 0xa0) or (lead == 0xf0 and second < 0x90) or
        (lead == 0xf4 and second >= 0x90) then
        return "not UTF-8"
      end
      at = at + length
    end
  end
  return nil
end

-- Names come from anybody: what would steer a terminal or reorder text is shown as a code point.
local function shown(name)
  local function code_point(octets)
    local lead, second, third = octets:byte(1, 3)
    if not third then return string.format("\\u{%x}", (lead - 0xc0) * 64 + second - 0x80) end
    return string.format("\\u{%x}", (lead - 0xe0) * 4096 + (second - 0x80) * 64 + third - 0x80)
  end
  return (name:gsub("\194[\128-\159]", code_point):gsub("\226\128[\142\143\168-\174]", code_point):gsub("\226\129[\166-\169]", code_point))
end

local function complain(tree, what, text)
  if text then tree:add_proto_expert_info(what, text) else tree:add_proto_expert_info(what) end
end

local function generated(tree, field, ...)
  local item = tree:add(field, ...)
  item:set_generated()
  return item
end

local function hidden(tree, field, ...) tree:add(field, ...):set_hidden() end

-- Discovery ---------------------------------------------------------------------------------------------------------------

local function dissect_discovery(tvb, at, p)
  local left = p.length - at
  if left < 17 then
    complain(p.tree, e.short_discovery, string.format("Discovery message of %d octets; it has at least 17", left))
    p.info = "Discovery, malformed"
    return
  end
  if tvb:captured_len() < at + 17 then return end
  local tree = p.root:add(ilnp, tvb(at), "ILNP Discovery")
  local nid, locator, flag = four_groups(tvb, at), four_groups(tvb, at + 8), tvb(at + 16, 1):uint()
  tree:add(f.discovery_nid, tvb(at, 8), nid)
  tree:add(f.discovery_locator, tvb(at + 8, 8), locator)
  tree:add(f.solicitation, tvb(at + 16, 1))
  local size = left - 17
  local name
  if tvb:captured_len() >= p.length then
    local text = size > 0 and tvb:raw(at + 17, size) or ""
    if size > 0 then tree:add(f.discovery_name, tvb(at + 17, size), tvb(at + 17, size):string(ENC_UTF_8)) end
    local wrong = wrong_with_name(text)
    if wrong then
      complain(tree, e.bad_name, "Not a host name: " .. wrong)
    elseif flag <= 1 then
      name = text
    end
  end
  if flag > 1 then complain(tree, e.bad_flag, string.format("Solicitation is %d, neither 0 nor 1", flag)) end
  if not p.to_all then complain(tree, e.discovery_unicast) end
  if nid ~= p.src_nid then complain(tree, e.other_nid, string.format("The node identifier is %s, and %s in the header", nid, p.src_nid)) end
  if name then
    -- A frame that is malformed elsewhere says nothing, nor does one that claims to be about another node.
    if p.sound and p.to_all and nid == p.src_nid then learn_name(nid, name, p.pinfo) end
    p.info = string.format("%s: %s is at %s", flag == 1 and "Solicitation" or "Advertisement", shown(name), locator)
    tree:append_text(string.format(", %s: %s (%s) is at %s", solicitations[flag], shown(name), nid, locator))
  else
    p.info = "Discovery"
  end
end

-- Locator update ----------------------------------------------------------------------------------------------------------

-- An acknowledgement comes from the locator to which the update was addressed, and goes to the first of the new ones.
local function answer_of(p)
  if p.sound and not p.pinfo.visited then
    local update = updates[table.concat({p.dst_nid, p.src_nid, p.src_locator, p.dst_locator}, " ")]
    if update and p.pinfo.abs_ts >= update.time then
      answers[p.id] = {frame = update.frame, seconds = p.pinfo.abs_ts - update.time}
    end
  end
  return answers[p.id]
end

local function dissect_update(tvb, at, p)
  local left = p.length - at
  if left == 0 then
    complain(p.tree, e.short_update)
    p.info = "Locator update, malformed"
    return
  end
  if tvb:captured_len() <= at then return end
  local tree = p.root:add(ilnp, tvb(at), "ILNP Locator Update")
  local kind = tvb(at, 1):uint()
  tree:add(f.update_type, tvb(at, 1))
  left, at = left - 1, at + 1
  if kind == 0 then
    p.info = "Acknowledgement of a locator update"
    tree:append_text(", acknowledgement")
    local answer = answer_of(p)
    if answer then
      local whole = math.floor(answer.seconds)
      generated(tree, f.acknowledges, answer.frame)
      generated(tree, f.acknowledged_after, NSTime.new(whole, math.floor((answer.seconds - whole) * 1e9)))
      p.info = string.format("Acknowledges the locator update in frame %d, after %.1f ms", answer.frame, answer.seconds * 1000)
    end
    if left ~= 0 then complain(tree, e.wrong_update, string.format("An acknowledgement is followed by %d octets", left)) end
  elseif kind == 1 then
    local list = {}
    for index = 0, math.floor(math.min(left, tvb:captured_len() - at) / 8) - 1 do
      local locator = four_groups(tvb, at + 8 * index)
      list[#list + 1] = locator
      tree:add(f.update_locator, tvb(at + 8 * index, 8), locator)
    end
    local list_shown = #list > 0 and table.concat(list, ", ", 1, math.min(#list, 16)) or "nowhere"
    if left == 0 then
      complain(tree, e.wrong_update, "A locator update without locators")
    elseif left % 8 ~= 0 then
      complain(tree, e.wrong_update, string.format("The last locator has %d octets; it should have 8", left % 8))
    else
      if p.sound and not p.pinfo.visited and not p.copy then
        updates[table.concat({p.src_nid, p.dst_nid, p.dst_locator, list[1]}, " ")] = {frame = p.pinfo.number, time = p.pinfo.abs_ts}
      end
      complain(tree, e.moved, string.format("%s moves to %s", p.who, list_shown))
    end
    if left > 16 * 8 then complain(tree, e.many_locators) end
    p.info = "Locator update: now at " .. list_shown
    tree:append_text(": now at " .. list_shown)
  else
    complain(tree, e.unknown_type, string.format("Unknown type %d of locator update", kind))
    p.info = string.format("Locator update of unknown type %d", kind)
  end
end

-- STP ---------------------------------------------------------------------------------------------------------------------

-- The payload of a datagram, handed to the dissector of one of its ports if there is one.
local function dissect_payload(payload, source_port, destination_port, p, tree)
  local pinfo = p.pinfo
  if payload:captured_len() == payload:reported_len() and payload:reported_len() > 0 then
    pinfo.src_port, pinfo.dst_port = source_port, destination_port
    local info, protocol = tostring(pinfo.cols.info), tostring(pinfo.cols.protocol)
    for _, port in ipairs {destination_port, source_port} do
      if stp_ports:get_dissector(port) then
        -- What that dissector makes of malformed input is in the tree already when the error arrives here.
        local done, used = pcall(function() return stp_ports:try(port, payload, pinfo, p.root) end)
        if not done or used > 0 then return true end
        pinfo.cols.info, pinfo.cols.protocol = info, protocol
      end
    end
  end
  if payload:captured_len() > 0 then tree:add(f.stp_payload, payload(0)) end
  return false
end

-- Adds a fragment to its datagram. Only when the capture is read for the first time.
local function collect(fragment, p)
  local pinfo, now = p.pinfo, p.pinfo.abs_ts
  local found = {}
  fragments[p.id] = found
  local key = table.concat({p.src_nid, p.dst_nid, fragment.source_port, fragment.destination_port, fragment.key, fragment.number}, " ")
  local datagram = unfinished[key]
  if datagram and (now - datagram.time > PATIENCE or now < datagram.time) then
    if not datagram.frame and not datagram.conflict then found.expert = e.late end
    datagram = nil
  end
  if not datagram then
    datagram = {time = now, total = fragment.total, stride = fragment.stride, octets = {}, frames = {}, missing = fragment.count,
      count = fragment.count}
    unfinished[key] = datagram
    queue[next_unfinished] = {key, datagram}
    next_unfinished = next_unfinished + 1
    if next_unfinished - oldest_unfinished > MAX_UNFINISHED then
      local key_of_oldest, oldest = queue[oldest_unfinished][1], queue[oldest_unfinished][2]
      if unfinished[key_of_oldest] == oldest then unfinished[key_of_oldest] = nil end
      queue[oldest_unfinished] = nil
      oldest_unfinished = oldest_unfinished + 1
    end
  end
  found.datagram = datagram
  local octets = datagram.octets[fragment.index + 1]
  if datagram.total ~= fragment.total or datagram.stride ~= fragment.stride or (octets and octets ~= fragment.octets) then
    if not datagram.frame then datagram.conflict = true end
    found.expert = e.conflict
  elseif octets then
    found.expert = e.again
  elseif not datagram.conflict then
    datagram.octets[fragment.index + 1] = fragment.octets
    datagram.frames[fragment.index + 1] = pinfo.number
    datagram.missing = datagram.missing - 1
    if datagram.missing == 0 then
      datagram.frame, datagram.id = pinfo.number, p.id
      datagram.whole = ByteArray.new(table.concat(datagram.octets), true)
    end
  end
end

local function dissect_fragment(tvb, at, p, tree, source_port)
  local left = p.length - at
  if left < 18 then
    complain(tree, e.wrong_message, string.format("Fragment of %d octets; it has at least 18", left))
    return
  end
  if tvb:captured_len() < at + 18 then return end
  local fragment = {source_port = source_port, destination_port = tvb(at + 2, 2):uint(), key = tvb(at + 4, 4):uint(),
    number = tvb(at + 8, 4):uint(), total = tvb(at + 12, 2):uint(), stride = tvb(at + 14, 2):uint(), index = tvb(at + 16, 2):uint()}
  tree:add(f.fragment_dstport, tvb(at + 2, 2))
  hidden(tree, f.port, tvb(at + 2, 2))
  tree:add(f.key, tvb(at + 4, 4))
  tree:add(f.number, tvb(at + 8, 4))
  tree:add(f.total, tvb(at + 12, 2))
  tree:add(f.stride, tvb(at + 14, 2))
  tree:add(f.index, tvb(at + 16, 2))
  if tvb:captured_len() > at + 18 then tree:add(f.octets, tvb(at + 18)) end
  local size = left - 18
  local wrong
  if fragment.stride == 0 then
    wrong = "the stride is 0"
  elseif fragment.total <= fragment.stride then
    wrong = "its datagram has only one fragment"
  elseif fragment.total > MAX_TOTAL then
    wrong = string.format("its datagram is longer than %d octets", MAX_TOTAL)
  else
    fragment.count = math.floor((fragment.total + fragment.stride - 1) / fragment.stride)
    if fragment.count > MAX_FRAGMENTS then
      wrong = string.format("its datagram has more than %d fragments", MAX_FRAGMENTS)
    elseif fragment.index >= fragment.count then
      wrong = "it lies outside of its datagram"
    else
      local right = math.min(fragment.stride, fragment.total - fragment.stride * fragment.index)
      if size ~= right then wrong = string.format("it has %d octets; it should have %d", size, right) end
    end
  end
  if source_port == 0 then complain(tree, e.port_zero) end
  if wrong then
    complain(tree, e.wrong_fragment, "Fragment that does not fit its datagram: " .. wrong)
    p.info = "Fragment, malformed"
    return
  end
  local offset = fragment.stride * fragment.index
  p.info = string.format("%d → %d  Fragment %d of %d of datagram %d, octets %d to %d of %d", source_port, fragment.destination_port,
    fragment.index + 1, fragment.count, fragment.number, offset, offset + size - 1, fragment.total)
  if not ilnp.prefs.reassemble or tvb:captured_len() < p.length or not p.sound or source_port == 0 then return end
  if not p.pinfo.visited then
    fragment.octets = tvb:raw(at + 18, size)
    collect(fragment, p)
  end
  local found = fragments[p.id]
  if not found then return end
  local datagram = found.datagram
  if found.expert then complain(tree, found.expert) end
  if datagram.id ~= p.id then
    if datagram.frame and datagram.frame ~= p.pinfo.number then
      generated(tree, f.reassembled_in, datagram.frame)
      p.info = string.format("%s [in frame %d]", p.info, datagram.frame)
    end
    return
  end
  local whole = datagram.whole:tvb("Reassembled datagram")
  local branch = p.root:add(ilnp, whole(0), string.format("ILNP long datagram, %d → %d, %d octets in %d fragments", source_port,
    fragment.destination_port, fragment.total, fragment.count))
  local count = generated(branch, f.fragment_count, whole(0), datagram.count)
  for index = 1, datagram.count do generated(count, f.fragment_frame, datagram.frames[index]) end
  generated(branch, f.reassembled_length, whole(0), fragment.total)
  p.info = string.format("%d → %d  Len=%d, reassembled from %d fragments", source_port, fragment.destination_port, fragment.total,
    fragment.count)
  p.before_payload()
  p.handed_on = dissect_payload(whole, source_port, fragment.destination_port, p, branch)
end

-- A ping, or the reply to one. The first frame of each ping counts; the others are copies.
local function dissect_ping(tvb, at, p, tree, kind)
  local left = p.length - at
  local name = kinds[kind]
  tree:append_text(", " .. name)
  p.info = kind == PING and "Ping" or "Reply to a ping"
  if left ~= 36 then
    complain(tree, e.wrong_message, string.format("A %s has 36 octets, not %d", name, left))
    p.info = p.info .. ", malformed"
  end
  if tvb:captured_len() < at + 12 then return end
  local key = tvb(at + 4, 8):bytes():tohex() .. " " .. (kind == PING and p.src_nid or p.dst_nid)
  if kind == PING then
    tree:add(f.zero, tvb(at + 1, 3))
    tree:add(f.ping_id, tvb(at + 4, 8))
    if left == 36 and p.sound and not p.pinfo.visited and not pings[key] then
      if pings.count >= MAX_UNFINISHED then pings = {count = 0} end
      pings[key] = {frame = p.pinfo.number, time = p.pinfo.abs_ts}
      pings.count = pings.count + 1
    end
    return
  end
  local code = tvb(at + 1, 1):uint()
  tree:add(f.ping_code, tvb(at + 1, 1))
  tree:add(f.ping_hop_limit, tvb(at + 2, 1))
  tree:add(f.zero, tvb(at + 3, 1))
  tree:add(f.ping_id, tvb(at + 4, 8))
  if not ping_codes[code] then complain(tree, e.unknown_code, string.format("Unknown code %d of a reply to a ping", code)) end
  if tvb:captured_len() < at + 36 or left ~= 36 then return end
  for index, field in ipairs {f.ping_src, f.ping_dst, f.ping_interface} do
    local from = at + 4 + 8 * index
    tree:add(field, tvb(from, 8), four_groups(tvb, from))
  end
  if code == 1 then complain(tree, e.expired, string.format("The hop limit of the ping ran out at %s", p.who)) end
  if p.sound and not p.pinfo.visited then
    local ping = pings[key]
    if ping and p.pinfo.abs_ts >= ping.time then answers[p.id] = {frame = ping.frame, seconds = p.pinfo.abs_ts - ping.time} end
  end
  p.info = code == 1 and "Hop limit of a ping ran out" or p.info
  local answer = answers[p.id]
  if answer then
    local whole = math.floor(answer.seconds)
    generated(tree, f.ping_answers, answer.frame)
    generated(tree, f.ping_time, NSTime.new(whole, math.floor((answer.seconds - whole) * 1e9)))
    p.info = string.format("%s in frame %d, after %.1f ms", code == 1 and "Hop limit ran out: reply to the ping" or "Reply to the ping",
      answer.frame, answer.seconds * 1000)
  end
end

-- A length probe, or the reply to one: how long a packet of the TUN interface may be. A reply is as long as its probe.
local function dissect_length(tvb, at, p, tree, kind)
  local left = p.length - at
  local name = kinds[kind]
  tree:append_text(", " .. name)
  p.info = kind == LENGTH_PROBE and "Length probe" or "Reply to a length probe"
  if left < 8 then
    complain(tree, e.wrong_message, string.format("A %s has at least 8 octets, not %d", name, left))
    p.info = p.info .. ", malformed"
  end
  if tvb:captured_len() < at + 8 then return end
  local version, longest = tvb(at + 1, 1):uint(), tvb(at + 2, 2):uint()
  tree:add(f.length_version, tvb(at + 1, 1))
  tree:add(f.length_longest, tvb(at + 2, 2))
  tree:add(f.nonce, tvb(at + 4, 4))
  if tvb:captured_len() > at + 8 then tree:add(f.length_padding, tvb(at + 8)) end
  if version ~= 1 then complain(tree, e.unknown_version, string.format("Unknown version %d of a length probe", version)) end
  p.info = string.format("%s of %d octets, takes packets of %d", p.info, left, longest)
  local key = string.format("length %x %s", tvb(at + 4, 4):uint(), kind == LENGTH_PROBE and p.src_nid or p.dst_nid)
  if p.sound and not p.pinfo.visited then
    local probe = pings[key]
    if kind == LENGTH_PROBE and not probe then
      if pings.count >= MAX_UNFINISHED then pings = {count = 0} end
      pings[key] = {frame = p.pinfo.number, time = p.pinfo.abs_ts}
      pings.count = pings.count + 1
    elseif kind == LENGTH_REPLY and probe and p.pinfo.abs_ts >= probe.time then
      answers[p.id] = {frame = probe.frame, seconds = p.pinfo.abs_ts - probe.time}
    end
  end
  local answer = answers[p.id]
  if answer then
    local whole = math.floor(answer.seconds)
    generated(tree, f.length_answers, answer.frame)
    generated(tree, f.length_time, NSTime.new(whole, math.floor((answer.seconds - whole) * 1e9)))
    p.info = string.format("Reply to the length probe in frame %d: takes packets of %d, after %.1f ms", answer.frame, longest,
      answer.seconds * 1000)
  end
end

-- The messages that go to port 0: those of long datagrams, ping, goodbye and the length of packets.
local function dissect_message(tvb, at, p, tree, source_port)
  local left = p.length - at
  if left == 0 then
    complain(tree, e.no_kind)
    return
  end
  if tvb:captured_len() <= at then return end
  local kind = tvb(at, 1):uint()
  tree:add(f.kind, tvb(at, 1))
  if kind == FRAGMENT then return dissect_fragment(tvb, at, p, tree, source_port) end
  local sizes = {[PROBE] = 8, [REPLY] = 12, [GOODBYE] = 4}
  local name = kinds[kind]
  if not name then
    complain(tree, e.unknown_kind, string.format("Unknown kind %d of message to port 0", kind))
    p.info = string.format("Message of unknown kind %d to port 0", kind)
    return
  end
  if kind == PING or kind == PING_REPLY then return dissect_ping(tvb, at, p, tree, kind) end
  if kind == LENGTH_PROBE or kind == LENGTH_REPLY then return dissect_length(tvb, at, p, tree, kind) end
  local text = {[PROBE] = "Probe: do you reassemble fragments?", [REPLY] = "Reply: send fragments with this key", [GOODBYE] = "Goodbye"}
  p.info = text[kind]
  tree:append_text(", " .. name)
  if tvb:captured_len() >= at + 4 then tree:add(f.zero, tvb(at + 1, 3)) end
  if kind ~= GOODBYE and tvb:captured_len() >= at + 8 then tree:add(f.nonce, tvb(at + 4, 4)) end
  if kind == REPLY and tvb:captured_len() >= at + 12 then tree:add(f.key, tvb(at + 8, 4)) end
  if left ~= sizes[kind] then
    complain(tree, e.wrong_message, string.format("A %s has %d octets, not %d", name, sizes[kind], left))
    p.info = p.info .. ", malformed"
  elseif kind == GOODBYE then
    complain(tree, e.goodbye, string.format("%s is shutting down", p.who))
  end
end

local function dissect_stp(tvb, at, p)
  p.pinfo.cols.protocol = "STP"
  local left = p.length - at
  if left < 4 then
    complain(p.tree, e.short_stp, string.format("%d octets; the STP header has 4", left))
    p.info = "STP, malformed"
    return
  end
  if tvb:captured_len() < at + 4 then return end
  local source_port, destination_port = tvb(at, 2):uint(), tvb(at + 2, 2):uint()
  local tree = p.root:add(ilnp, tvb(at, math.min(4, tvb:captured_len() - at)),
    string.format("Skinny Transport Protocol, %d → %d", source_port, destination_port))
  tree:add(f.srcport, tvb(at, 2))
  tree:add(f.dstport, tvb(at + 2, 2))
  hidden(tree, f.port, tvb(at, 2))
  hidden(tree, f.port, tvb(at + 2, 2))
  generated(tree, f.stp_length, tvb(at, 4), left - 4)
  p.info = string.format("%d → %d  Len=%d", source_port, destination_port, left - 4)
  at = at + 4
  if destination_port == 0 then
    if tvb:captured_len() > at then tree:set_len(tvb:captured_len() - at + 4) end
    return dissect_message(tvb, at, p, tree, source_port)
  end
  if source_port == 0 then complain(tree, e.port_zero) end
  if tvb:captured_len() == at then return end
  p.before_payload()
  if tvb:captured_len() < p.length then
    tree:add(f.stp_payload, tvb(at))
  else
    p.handed_on = dissect_payload(tvb(at):tvb(), source_port, destination_port, p, tree)
  end
end

-- TUN ---------------------------------------------------------------------------------------------------------------------

-- SipHash-2-4 with the key 0 of one word, as octets, high ones first: tun/prefix.hpp makes the default prefix of it.
local function sip_hash(high, low)
  local function rotated(x, bits) return x:lshift(bits):bor(x:rshift(64 - bits)) end
  local v0, v1 = UInt64.new(0x70736575, 0x736f6d65), UInt64.new(0x6e646f6d, 0x646f7261)
  local v2, v3 = UInt64.new(0x6e657261, 0x6c796765), UInt64.new(0x79746573, 0x74656462)
  local function round()
    v0 = v0 + v1; v1 = rotated(v1, 13):bxor(v0); v0 = rotated(v0, 32)
    v2 = v2 + v3; v3 = rotated(v3, 16):bxor(v2)
    v0 = v0 + v3; v3 = rotated(v3, 21):bxor(v0)
    v2 = v2 + v1; v1 = rotated(v1, 17):bxor(v2); v2 = rotated(v2, 32)
  end
  for _, word in ipairs {UInt64.new(low, high), UInt64.new(0, 0x08000000)} do
    v3 = v3:bxor(word)
    round() round()
    v0 = v0:bxor(word)
  end
  v2 = v2:bxor(UInt64.new(0xff))
  for _ = 1, 4 do round() end
  return v0:bxor(v1):bxor(v2):bxor(v3):tohex(16)
end

local prefixes = {} -- by user id and port: 16 digits

-- The upper 64 bits of the addresses of TUN interfaces, as 16 hexadecimal digits.
local function tun_prefix(user_id, port)
  if applied_prefix then return applied_prefix end
  local key = user_id * 65536 + port
  prefixes[key] = prefixes[key] or "fd" .. sip_hash(0, key):sub(1, 10) .. "0000"
  return prefixes[key]
end

local function digits(four_groups_of_it)
  return (four_groups_of_it:gsub("%x+:?", function(group) return string.format("%04x", tonumber(group:match("%x+"), 16)) end))
end

local ipv6 = Dissector.get("ipv6")

local function dissect_tun(tvb, at, p)
  p.pinfo.cols.protocol = "TUN"
  local left = p.length - at
  if left < 4 then
    complain(p.tree, e.short_tun, string.format("%d octets; the TUN header has 4", left))
    p.info = "TUN, malformed"
    return
  end
  if tvb:captured_len() < at + 4 then return end
  local first, next_header = tvb(at, 1):uint(), tvb(at + 1, 1):uint()
  local kind, flags = math.floor(first / 16), first % 16
  local tree = p.root:add(ilnp, tvb(at, 4), "ILNP TUN, " .. (tun_kinds[kind] or "unknown kind"))
  tree:add(f.tun_kind, tvb(at, 1))
  tree:add(f.tun_flags, tvb(at, 1))
  if kind ~= TUN_PACKET and kind ~= TUN_REFUSAL then
    complain(tree, e.unknown_tun_kind, string.format("Unknown kind %d of TUN message", kind))
    p.info = string.format("TUN message of unknown kind %d", kind)
    return
  end
  local wrong = flags > (kind == TUN_PACKET and 1 or 0)
  if wrong then complain(tree, e.tun_flags, string.format("Unknown flags 0x%x", flags)) end
  if kind == TUN_REFUSAL then
    local code = tvb(at + 1, 1):uint()
    tree:add(f.tun_code, tvb(at + 1, 1))
    tree:add(f.tun_zero, tvb(at + 2, 2))
    p.info = "Refusal"
    if left ~= 4 then
      complain(tree, e.wrong_refusal, string.format("A refusal has 4 octets, not %d", left))
    elseif not refusals[code] then
      complain(tree, e.unknown_refusal, string.format("Unknown code %d of a refusal", code))
    elseif not wrong then
      p.info = "Refusal: " .. refusals[code]
      complain(tree, e.refused, string.format("%s does not let %s in", p.who, p.whom))
      return
    end
    p.info = p.info .. ", malformed"
    return
  end

  tree:add(f.tun_partial, tvb(at, 1))
  tree:add(f.tun_next_header, tvb(at + 1, 1))
  tree:add(f.tun_traffic_class, tvb(at + 2, 1))
  tree:add(f.tun_hop_limit, tvb(at + 3, 1))
  local size = left - 4
  local least = needed[next_header]
  if least and size < least[2] then
    wrong = true
    complain(tree, e.short_packet, string.format("%d octets of %s, which has at least %d", size, least[1], least[2]))
  end
  if flags % 2 == 1 then complain(tree, e.tun_partial) end
  p.info = string.format("%s packet, %d octets%s", least and least[1] or "IPv6", size + HEADER, wrong and ", malformed" or "")
  if tvb:captured_len() == at + 4 then return end
  -- Of a copy, only the original is handed on: it would look like a retransmission.
  if wrong or not p.sound or p.copy or tvb:captured_len() < p.length or size > 65535 then
    tree:add(f.tun_payload, tvb(at + 4))
    return
  end
  local prefix = tun_prefix(p.user_id or 0, p.port)
  local traffic_class = tvb(at + 2, 1):uint()
  local packet = ByteArray.new(string.format("6%02x00000%04x%02x%02x%s%s%s%s", traffic_class, size, next_header, tvb(at + 3, 1):uint(), prefix,
    digits(p.src_nid), prefix, digits(p.dst_nid)))
  if size > 0 then packet:append(tvb(at + 4, size):bytes()) end
  local frame = current
  p.before_payload()
  -- What that dissector makes of malformed input is in the tree already when the error arrives here.
  pcall(function() ipv6:call(packet:tvb("IPv6 packet"), p.pinfo, p.root) end)
  current = frame
  p.handed_on = true
end

-- Network header ----------------------------------------------------------------------------------------------------------

local ipv6_destination = Field.new("ipv6.dst")

-- Locator and user id if the datagram was sent to a group of an overlay: ff12:0:U:0:locator.
local function group_of()
  local all = {ipv6_destination()}
  local last = all[#all]
  if not last or last.len ~= 16 then return nil end
  local address = last.range:tvb()
  if address:captured_len() < 16 or address(0, 4):uint() ~= 0xff120000 or address(6, 2):uint() ~= 0 then return nil end
  return four_groups(address, 8), address(4, 2):uint()
end

local dissectors = {[STP] = dissect_stp, [DISCOVERY] = dissect_discovery, [UPDATE] = dissect_update, [TUN] = dissect_tun}

-- One packet of `length` octets, of which `tvb` holds what was captured. `part` numbers the packets of a datagram from 0.
-- `around`: where the datagram was sent to.
local function dissect_packet(tvb, pinfo, root, part, length, around)
  local captured = tvb:captured_len()
  local network, user_id = around.network, around.user_id
  local tree = root:add(ilnp, tvb(), "Identifier-Locator Network Protocol")
  pinfo.cols.protocol = "ILNP"
  if network then
    generated(tree, f.network, network)
    generated(tree, f.user_id, user_id)
  end
  if length < HEADER then
    complain(tree, e.short_header, string.format("%d octets; the network header has 40", length))
    if captured > 0 then tree:add(f.payload, tvb(0)) end
    pinfo.cols.info = "Malformed: shorter than the network header"
    return
  end
  if captured < length then
    complain(tree, e.cut, string.format("The capture holds %d of %d octets", captured, length))
    if captured < HEADER then
      pinfo.cols.info = "Cut off by the capture"
      return
    end
  end

  local next_header, hop_limit = tvb(6, 1):uint(), tvb(7, 1):uint()
  local source = {locator = four_groups(tvb, 8), nid = four_groups(tvb, 16)}
  local destination = {locator = four_groups(tvb, 24), nid = four_groups(tvb, 32)}
  local to_all = destination.locator == ALL_NODES and destination.nid == NOBODY
  local stated = tvb(4, 2):uint()
  local p = {pinfo = pinfo, id = pinfo.number * 65536 + part, root = root, tree = tree, length = length,
    sound = stated == length - HEADER, to_all = to_all, src_nid = source.nid, src_locator = source.locator,
    dst_nid = destination.nid, dst_locator = destination.locator, user_id = user_id, port = around.port}
  local text = "%s:%s"
  local copy = captured == length and find_copy(tvb, pinfo, p.id, network, hop_limit) or nil
  p.copy = copy

  tree:add(f.first, tvb(0, 4))
  if tvb(0, 4):uint() ~= 0 then complain(tree, e.first) end
  local item = tree:add(f.payload_length, tvb(4, 2))
  if not p.sound then
    complain(item, e.wrong_length, string.format("The payload length is %d, but %d octets follow the header", stated, length - HEADER))
  end
  item = tree:add(f.next_header, tvb(6, 1))
  if not dissectors[next_header] then complain(item, e.unknown_next_header, string.format("Unknown next header %d", next_header)) end
  item = tree:add(f.hop_limit, tvb(7, 1))
  if hop_limit == 0 then complain(item, e.hop_limit_zero) end

  -- A discovery message names its source, so it is read first; the labels come after it.
  local at_source = tree:add(f.src, tvb(8, 16), text:format(source.locator, source.nid))
  local at_destination = tree:add(f.dst, tvb(24, 16), text:format(destination.locator, destination.nid))
  for _, side in ipairs {{at_source, source, 8, f.src_locator, f.src_nid}, {at_destination, destination, 24, f.dst_locator, f.dst_nid}} do
    local branch, address, at, locator_field, nid_field = side[1], side[2], side[3], side[4], side[5]
    branch:add(locator_field, tvb(at, 8), address.locator)
    branch:add(nid_field, tvb(at + 8, 8), address.nid)
    hidden(branch, f.locator, tvb(at, 8), address.locator)
    hidden(branch, f.nid, tvb(at + 8, 8), address.nid)
  end
  if to_all and next_header ~= DISCOVERY then complain(at_destination, e.not_discovery) end
  if copy then generated(tree, f.copy_of, copy) end
  p.who = shown(name_of(source.nid, pinfo.number) or source.nid)
  p.whom = shown(name_of(destination.nid, pinfo.number) or destination.nid)

  -- Wireshark shows both as IPv6 addresses, which identifier-locator vectors resemble. A dissector of the payload gets the
  -- identifiers alone: what it follows must not end when a node moves.
  local tail = string.format("  HL=%d", hop_limit) .. (copy and string.format(" [copy of frame %d]", copy) or "")
  function p.before_payload()
    pinfo.cols.info = p.info
    pinfo.src, pinfo.dst = Address.ipv6("::" .. source.nid), Address.ipv6("::" .. destination.nid)
  end

  local what = dissectors[next_header]
  if what and not (to_all and next_header ~= DISCOVERY) then
    what(tvb, HEADER, p)
  else
    if captured > HEADER then tree:add(f.payload, tvb(HEADER)) end
    p.info = what and "To all nodes, but no discovery message" or string.format("Unknown next header %d", next_header)
  end
  local src_name, dst_name = name_of(source.nid, pinfo.number), name_of(destination.nid, pinfo.number)
  local head = string.format("%s → %s  ", shown(src_name or source.nid), to_all and "all" or shown(dst_name or destination.nid))
  if p.handed_on then
    pinfo.cols.info:prepend(head)
    pinfo.cols.info:append(tail)
  else
    pinfo.cols.info = head .. (p.info or "Cut off by the capture") .. tail
  end
  pinfo.src = Address.ipv6(text:format(source.locator, source.nid))
  pinfo.dst = Address.ipv6(text:format(destination.locator, destination.nid))

  for _, side in ipairs {{at_source, src_name, f.src_name}, {at_destination, dst_name, f.dst_name}} do
    if side[2] then
      generated(side[1], side[3], side[2])
      generated(side[1], f.name, side[2]):set_hidden()
      side[1]:append_text(" (" .. shown(side[2]) .. ")")
    end
  end
  tree:append_text(string.format(", %s → %s, hop limit %d", shown(src_name or source.nid),
    to_all and "all nodes" or shown(dst_name or destination.nid), hop_limit))
  current[#current + 1] = {src = source.nid, dst = to_all and "all nodes" or destination.nid, copy = copy ~= nil, length = length}
end

-- How many frames a datagram holds that look right, one after the other: several if it was captured on its way to what splits
-- it (UDP GSO), on the host that sends it or on a virtual link. Then all but the last have the same length, the second result.
local function frames_in(tvb)
  local captured, length = tvb:captured_len(), tvb:reported_len()
  if captured < HEADER or length < HEADER then return 0 end
  local size = HEADER + tvb(4, 2):uint()
  local count = math.floor((length + size - 1) / size)
  for index = 0, count - 1 do
    local at = index * size
    if at + HEADER > length then return 0 end
    if at + HEADER > captured then break end
    local right = math.min(size, length - at) - HEADER
    if tvb(at, 4):uint() ~= 0 or tvb(at + 4, 2):uint() ~= right or not next_headers[tvb(at + 6, 1):uint()] then return 0 end
  end
  return count, size
end

local function dissect(tvb, pinfo, root)
  current = {frame = pinfo.number, around = pinfo.len - tvb:reported_len()}
  local count, size = frames_in(tvb)
  local captured = tvb:captured_len()
  -- Asked for once: a packet may contain another IPv6 packet.
  local around = {port = pinfo.dst_port}
  around.network, around.user_id = group_of()
  if count < 2 then
    dissect_packet(tvb, pinfo, root, 0, tvb:reported_len(), around)
    return captured
  end
  local first
  for index = 0, count - 1 do
    local at = index * size
    local left = math.min(size, tvb:reported_len() - at)
    if at >= captured then break end -- the rest is not in the capture
    dissect_packet(tvb(at, math.min(left, captured - at)):tvb(), pinfo, root, index, left, around)
    first = first or tostring(pinfo.cols.info)
  end
  local tree = root:add(ilnp, tvb(), string.format("ILNP train of %d frames", count))
  generated(tree, f.train, count)
  complain(tree, e.train)
  if first then pinfo.cols.info = string.format("%s [and %d more: a train]", first, count - 1) end
  return captured
end

-- Which datagrams are the overlay's ----------------------------------------------------------------------------------------

local in_prefs = {} -- the ports of the preference, as a set

-- "Decode As" means that any datagram is a frame. On the ports of the preference programs may talk to a proxy as well: there
-- a frame is what was sent to a group of an overlay, however malformed it is, and what looks like one.
function ilnp.dissector(tvb, pinfo, root)
  local expected = in_prefs[pinfo.dst_port] or in_prefs[pinfo.src_port]
  if expected and frames_in(tvb) == 0 and not group_of() then return 0 end
  return dissect(tvb, pinfo, root)
end

ilnp:register_heuristic("udp", function(tvb, pinfo, root)
  if frames_in(tvb) == 0 or not group_of() then return false end
  dissect(tvb, pinfo, root)
  return true
end)

local udp_ports = DissectorTable.get("udp.port")
udp_ports:add_for_decode_as(ilnp)

-- Calls `each` with the first and last port of each part of a list such as "10000,10010-10019".
local function for_ports(list, each)
  for part in list:gmatch("[^,]+") do
    local low, high = part:match("^%s*(%d+)%s*%-%s*(%d+)%s*$")
    if not low then low = part:match("^%s*(%d+)%s*$") end
    if low then each(tonumber(low), tonumber(high or low)) end
  end
end

-- The parts of the preference "9899:sctp,6000-6010:rtp": {range, dissector}, and what is wrong with it.
local function payloads_of(list)
  local parts, wrong = {}, {}
  for part in list:gmatch("[^,%s]+") do
    local low, high, name = part:match("^(%d+)%-?(%d*):(.+)$")
    low, high = tonumber(low), tonumber(high ~= "" and high or low)
    if not low or not high or low < 1 or high > 65535 or low > high then
      wrong[#wrong + 1] = string.format('"%s" is not PORT:DISSECTOR or PORT-PORT:DISSECTOR', part)
    else
      local found, dissector = pcall(Dissector.get, name)
      if found and dissector then
        parts[#parts + 1] = {string.format("%d-%d", low, high), dissector}
      else
        wrong[#wrong + 1] = string.format('there is no dissector "%s"', name)
      end
    end
  end
  return parts, wrong
end

-- The preference fd12:3456:789a::/64 as 16 digits; nil if it is empty, or no prefix of 64 bits; and what is wrong with it.
local function prefix_of(text)
  local groups, zeros = text:match("^%s*([%x:]-)(:?:?)/64%s*$")
  if not groups or groups == "" then return nil, text:match("%S") and string.format('"%s" is no prefix of 64 bits', text) or nil end
  local result, count = "", 0
  for group in (groups .. ":"):gmatch("([^:]*):") do
    count = count + 1
    if not group:match("^%x%x?%x?%x?$") then return nil, string.format('"%s" is no prefix of 64 bits', text) end
    result = result .. string.format("%04x", tonumber(group, 16))
  end
  if count > 4 or zeros ~= "::" then return nil, string.format('"%s" is no prefix of 64 bits', text) end
  return result .. ("0"):rep(16 - #result)
end

local applied = {udp = "", payloads = {}}
local function apply_prefs()
  if applied.udp ~= "" then udp_ports:remove(applied.udp, ilnp) end
  for _, part in ipairs(applied.payloads) do stp_ports:remove(part[1], part[2]) end
  local payloads, wrong = payloads_of(ilnp.prefs.stp_ports)
  local wrong_prefix
  applied_prefix, wrong_prefix = prefix_of(ilnp.prefs.tun_prefix)
  applied = {udp = tostring(ilnp.prefs.udp_ports), payloads = payloads}
  in_prefs = {}
  for_ports(applied.udp, function(low, high) for port = low, high do in_prefs[port] = true end end)
  if applied.udp ~= "" then udp_ports:add(applied.udp, ilnp) end
  for _, part in ipairs(payloads) do stp_ports:add(part[1], part[2]) end
  if wrong_prefix then report_failure("ILNP preferences, prefix of TUN interfaces: " .. wrong_prefix) end
  if #wrong > 0 then report_failure("ILNP preferences, dissectors by STP port: " .. table.concat(wrong, "; ")) end
end
ilnp.prefs_changed = apply_prefs
apply_prefs()

-- Conversations by NID -----------------------------------------------------------------------------------------------------

-- Counts frames and octets by pair of nodes, wherever these are. Copies that routers have made are counted by themselves.
local function Conversations(filter)
  local self = {}
  local pairs_of_nodes, order

  function self.reset() pairs_of_nodes, order = {}, {} end
  self.reset()

  local function count(packet, around)
    local from, to = packet.src, packet.dst
    local swapped = to ~= "all nodes" and to < from
    if swapped then from, to = to, from end
    local key = from .. " " .. to
    local pair = pairs_of_nodes[key]
    if not pair then
      pair = {from, to, forth = {0, 0}, back = {0, 0}, copies = {0, 0}}
      pairs_of_nodes[key] = pair
      order[#order + 1] = pair
    end
    local sum = packet.copy and pair.copies or swapped and pair.back or pair.forth
    sum[1], sum[2] = sum[1] + 1, sum[2] + packet.length + around
  end

  function self.packet(pinfo)
    if not current or current.frame ~= pinfo.number then return end
    for _, packet in ipairs(current) do count(packet, current.around) end
  end

  local function label(nid)
    local known = names[nid]
    return known and string.format("%s (%s)", shown(known.names[#known.names]), nid) or nid
  end

  local function width(text) return select(2, text:gsub("[^\128-\191]", "")) end
  local function pad(text, columns) return text .. (" "):rep(columns - width(text)) end

  function self.text()
    table.sort(order, function(one, other)
      local here, there = one.forth[2] + one.back[2], other.forth[2] + other.back[2]
      if here ~= there then return here > there end
      return one[1] .. " " .. one[2] < other[1] .. " " .. other[2]
    end)
    local rows, wide_one, wide_other = {}, 6, 6
    for _, pair in ipairs(order) do
      local one, other = label(pair[1]), label(pair[2])
      wide_one, wide_other = math.max(wide_one, width(one)), math.max(wide_other, width(other))
      rows[#rows + 1] = {one, other, pair}
    end
    local lines = {"ILNP conversations: packets and octets by pair of nodes, and the copies of them that were forwarded"}
    if filter then lines[#lines + 1] = "Filter: " .. filter end
    lines[#lines + 1] = string.format("%s     %s | %10s %12s | %10s %12s | %10s %12s", pad("Node A", wide_one), pad("Node B", wide_other),
      "A to B", "octets", "B to A", "octets", "copies", "octets")
    for _, row in ipairs(rows) do
      local pair = row[3]
      lines[#lines + 1] = string.format("%s <-> %s | %10d %12d | %10d %12d | %10d %12d", pad(row[1], wide_one), pad(row[2], wide_other),
        pair.forth[1], pair.forth[2], pair.back[1], pair.back[2], pair.copies[1], pair.copies[2])
    end
    return table.concat(lines, "\n") .. "\n"
  end

  return self
end

local function listen(filter, show)
  local conversations = Conversations(filter)
  local listener = Listener.new(nil, filter and "ilnp && (" .. filter .. ")" or "ilnp")
  function listener.packet(pinfo) conversations.packet(pinfo) end
  function listener.reset() conversations.reset() end
  function listener.draw() show(conversations.text()) end
  return listener
end

register_stat_cmd_arg("ilnp,conversations", function(argument)
  local filter = argument and argument:match("^ilnp,conversations,(.+)$")
  listen(filter, function(text) io.write(text) end)
end)

if gui_enabled() then
  register_menu("ILNP/Conversations by NID", function()
    local window = TextWindow.new("ILNP conversations by NID")
    local listener = listen(nil, function(text) window:set(text) end)
    window:set_atclose(function() listener:remove() end)
    retap_packets()
  end, MENU_STAT_UNSORTED)
end
