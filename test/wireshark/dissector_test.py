"""The dissector for Wireshark on captures: what it shows of each message, of what is malformed, and of whole conversations."""

import collections
import glob
import json
import os
import random
import re
import struct
import subprocess
import unittest

from capture import EXPERT, ROOT, SCRIPT, VECTORS, Folder, add_up, errors, fields, group, read, tshark, udp, write
import overlay
from overlay import A, B, C, DISCOVERY, STP, TUN, UPDATE, acknowledgement, discovery, packet, stp, text, update

BUILD = os.environ.get("ILNP_BUILD", os.path.join(ROOT, "build"))
BIN = os.environ.get("ILNP_BIN", os.path.join(BUILD, "examples"))
SEED = int(os.environ.get("ILNP_TEST_SEED", "1"))
ALICE, BOB = 0xFFFF00000000000A, 0xFFFF00000000000B
AT_A, AT_B = (A, ALICE), (B, BOB)
ALL = (overlay.ALL_NODES, 0)
PROBE = struct.pack("!B3xI", 1, 0x01020304)
REPLY = struct.pack("!B3xII", 2, 0x01020304, 0xA1A2A3A4)
GOODBYE = struct.pack("!B3x", 6)
PING = struct.pack("!B3xQ24x", 4, 0x0123456789ABCDEF)


def ping_reply(code, hop_limit=2, source=A, destination=B, interface=B):
    return struct.pack("!BBBxQQQQ", 5, code, hop_limit, 0x0123456789ABCDEF, source, destination, interface)


def length_message(kind, longest, nonce=0x01020304, size=1364, version=1):
    return struct.pack("!BBHI", kind, version, longest, nonce) + bytes(size - 8)


def tun(source, destination, next_header, payload, flags=0, hop_limit=64, kind=1):
    return packet(source, destination, TUN, struct.pack("!BBBB", kind << 4 | flags, next_header, 0, hop_limit) + payload)


def echo(source, destination, prefix=0xFDEF42308EF90000):
    """An echo request in ICMPv6, with its checksum."""
    message = struct.pack("!BBHHH", 128, 0, 0, 1, 1) + b"ping"
    pseudo = struct.pack("!QQQQII", prefix, source[1], prefix, destination[1], len(message), 58)
    return message[:2] + struct.pack("!H", 0xFFFF ^ add_up(pseudo + message)) + message[4:]


def tun_vector(name):
    """The records of a file of test/vectors/tun."""
    with open(os.path.join(VECTORS, "tun", name), "rb") as file:
        data, records = file.read(), []
    while data:
        size = 2 + struct.unpack_from("!H", data)[0]
        records.append(data[2:size])
        data = data[size:]
    return records


def fragment(index, whole, stride, number=7, key=0xA1A2A3A4, port=5001, total=None):
    return struct.pack("!BxHIIHHH", 3, port, key, number, len(whole) if total is None else total, stride, index) + \
        whole[index * stride:(index + 1) * stride]


def is_name(octets):
    try:
        name = octets.decode()
    except UnicodeDecodeError:
        return False
    return 1 <= len(octets) <= 255 and not any(ord(character) < 32 or ord(character) == 127 for character in name)


def malformed(frame):
    """Whether docs/wire-formats.md does not allow this."""
    if len(frame) < 40 or struct.unpack_from("!H", frame, 4)[0] != len(frame) - 40:
        return True
    header, payload = overlay.Frame(frame), frame[40:]
    to_all = (header.destination_locator, header.destination_nid) == ALL
    if header.next_header not in (STP, DISCOVERY, UPDATE, TUN) or (to_all and header.next_header != DISCOVERY):
        return True
    if header.next_header == DISCOVERY:
        return len(payload) < 17 or payload[16] > 1 or not is_name(payload[17:])
    if header.next_header == UPDATE:
        if not payload or payload[0] > 1:
            return True
        return len(payload) != 1 if payload[0] == 0 else len(payload) == 1 or len(payload) % 8 != 1
    if len(payload) < 4:
        return True
    if header.next_header == TUN:
        if payload[0] >> 4 == 4:
            return payload[0] != 0x40 or payload[1] != 1 or len(payload) != 4
        return payload[0] not in (0x10, 0x11) or len(payload) - 4 < {6: 20, 17: 8, 58: 8}.get(payload[1], 0)
    source_port, destination_port = struct.unpack_from("!HH", payload)
    data = payload[4:]
    if destination_port:
        return source_port == 0
    kind = data[0] if data else 0
    if kind == 3:
        if len(data) < 18 or source_port == 0:
            return True
        total, stride, index = struct.unpack_from("!HHH", data, 12)
        if stride == 0 or total <= stride or total > 65507:
            return True
        count = -(-total // stride)
        return count > 256 or index >= count or len(data) - 18 != min(stride, total - index * stride)
    if kind in (7, 8):
        return len(data) < 8 or data[1] != 1
    wrong_code = kind == 5 and len(data) > 1 and data[1] > 1
    return {1: len(data) != 8, 2: len(data) != 12, 4: len(data) != 36, 5: len(data) != 36 or wrong_code, 6: len(data) != 4}.get(kind, True)


# One of each message.
MESSAGES = [
    discovery(A, ALICE, "alice", solicitation=True),
    discovery(B, BOB, "bøb"),
    update(AT_A, AT_B, [B, C]),
    acknowledgement(AT_B, (B, ALICE)),
    stp(AT_A, AT_B, 5000, 5001, b"some octets"),
    stp(AT_A, AT_B, 5000, 5001, b""),
    stp(AT_A, AT_B, 0, 0, PROBE),
    stp(AT_B, AT_A, 0, 0, REPLY),
    stp(AT_A, AT_B, 5000, 0, fragment(0, bytes(range(200)), 120)),
    stp(AT_A, AT_B, 5000, 0, fragment(1, bytes(range(200)), 120)),
    stp(AT_A, AT_B, 0, 0, GOODBYE),
    stp(AT_A, AT_B, 0, 0, PING),
    stp(AT_B, AT_A, 0, 0, ping_reply(0)),
    stp((B, BOB + 1), AT_A, 0, 0, ping_reply(1)),
]

# What nodes with a TUN interface send.
TUNS = [
    tun(AT_A, AT_B, 58, echo(AT_A, AT_B)),
    tun(AT_A, AT_B, 6, tun_vector("cut-tcp-psh-frames.bin")[0][4:]),
    tun(AT_A, AT_B, 17, tun_vector("cut-udp-frames.bin")[0][4:], flags=1),
    tun(AT_A, AT_B, 59, b""),
    packet(AT_B, AT_A, TUN, b"\x40\1\0\0"),
    stp(AT_A, AT_B, 0, 0, length_message(7, 1436)),
    stp(AT_B, AT_A, 0, 0, length_message(8, 1320)),
]


def sctp(source_port, destination_port, tag, *chunks):
    """An SCTP packet (RFC 9260) with its checksum."""
    body = b"".join(chunks)
    crc, octets = 0xFFFFFFFF, struct.pack("!HHII", source_port, destination_port, tag, 0) + body
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return octets[:8] + struct.pack("<I", crc ^ 0xFFFFFFFF) + body


class CaptureTest(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.cleanup)

    def capture(self, *frames, **options):
        """A file of these frames of the overlay, a millisecond apart, on the network of their source unless they are pairs."""
        path = self.folder.path("x.pcap")
        write(path, [frame if frame[12:14] == b"\x86\xdd" else udp(frame, group(A)) for frame in frames], **options)
        return path


class FirstImplementation(CaptureTest):
    """What nodes of the first implementation put on a network."""

    NAMES = ("ilnp.network", "ilnp.payload_length", "ilnp.next_header", "ilnp.hop_limit", "ilnp.src", "ilnp.src.locator", "ilnp.src.nid",
             "ilnp.dst", "ilnp.dst.locator", "ilnp.dst.nid", "ilnp.discovery.nid", "ilnp.discovery.locator",
             "ilnp.discovery.solicitation", "ilnp.discovery.name", "ilnp.update.type", "ilnp.update.locator", "ilnp.stp.srcport",
             "ilnp.stp.dstport", "ilnp.stp.payload", "ilnp.first", "ilnp.user_id")

    def expected(self, network, raw):
        frame = overlay.Frame(raw)
        wanted = dict.fromkeys(self.NAMES, [])
        source, destination = text(frame.source_locator), text(frame.destination_locator)
        wanted.update({
            "ilnp.network": [text(network)], "ilnp.first": ["0x00000000"], "ilnp.user_id": ["0"],
            "ilnp.payload_length": [str(len(raw) - 40)], "ilnp.next_header": [str(frame.next_header)],
            "ilnp.hop_limit": [str(frame.hop_limit)], "ilnp.src.locator": [source], "ilnp.dst.locator": [destination],
            "ilnp.src.nid": [text(frame.source_nid)], "ilnp.dst.nid": [text(frame.destination_nid)],
            "ilnp.src": [f"{source}:{text(frame.source_nid)}"], "ilnp.dst": [f"{destination}:{text(frame.destination_nid)}"]})
        if frame.kind == "stp":
            wanted.update({"ilnp.stp.srcport": [str(frame.source_port)], "ilnp.stp.dstport": [str(frame.destination_port)],
                           "ilnp.stp.payload": [frame.data.hex()] if frame.data else []})
        elif frame.kind in ("solicitation", "advertisement"):
            wanted.update({"ilnp.discovery.nid": [text(frame.nid)], "ilnp.discovery.locator": [text(frame.locator)],
                           "ilnp.discovery.solicitation": ["1" if frame.kind == "solicitation" else "0"],
                           "ilnp.discovery.name": [frame.name]})
        else:
            wanted.update({"ilnp.update.type": ["1" if frame.kind == "update" else "0"],
                           "ilnp.update.locator": [text(locator) for locator in frame.locators]})
        return wanted

    def test_every_field_of_every_captured_frame(self):
        kinds = collections.Counter()
        for path in sorted(glob.glob(os.path.join(VECTORS, "*.pcap"))):
            frames, rows = read(path), fields(path, *self.NAMES, *EXPERT)
            self.assertEqual(len(frames), len(rows))
            for number, (frame, row) in enumerate(zip(frames, rows), 1):
                with self.subTest(os.path.basename(path), frame=number):
                    wanted = self.expected(*frame) if frame else dict.fromkeys(self.NAMES, [])
                    self.assertEqual(errors(row), [])
                    self.assertEqual({name: row[name] for name in self.NAMES}, wanted)
                kinds[overlay.Frame(frame[1]).kind if frame else "other"] += 1
        self.assertEqual(set(kinds), {"stp", "solicitation", "advertisement", "update", "acknowledgement", "other"})

    def test_a_move_as_json(self):
        path = os.path.join(VECTORS, "c2_locator_update_two_locators.pcap")
        out = tshark("-r", path, "-Y", "ilnp.update.type == 1 && ilnp.hop_limit == 3", "-T", "json")
        shown = json.loads(out, object_pairs_hook=lambda pairs: pairs)  # of equal names all
        layers = [dict(dict(dict(each)["_source"])["layers"]) for each in shown]
        self.assertEqual(len(layers), 2)
        written = json.dumps(shown, ensure_ascii=False)
        self.assertIn('["ilnp.update.locator", "0:0:0:b"], ["ilnp.update.locator", "0:0:0:c"]', written)
        self.assertIn('["ilnp.src.name", "alice"]', written)

    def test_acknowledgements_point_to_their_update(self):
        path = os.path.join(VECTORS, "c_mobility_a-b-c.pcap")
        frames, rows = read(path), fields(path, "ilnp.update.acknowledges", "ilnp.update.time", "frame.time_epoch")
        found = 0
        for raw, row in zip(frames, rows):
            frame = overlay.Frame(raw[1]) if raw else None
            self.assertEqual(bool(row["ilnp.update.acknowledges"]), bool(frame) and frame.kind == "acknowledgement")
            if row["ilnp.update.acknowledges"]:
                at = int(row["ilnp.update.acknowledges"][0]) - 1
                update_of = overlay.Frame(frames[at][1])
                self.assertEqual((update_of.kind, update_of.hop_limit, update_of.locators[0], update_of.destination_locator),
                                 ("update", 3, frame.destination_locator, frame.source_locator))
                took = float(row["frame.time_epoch"][0]) - float(rows[at]["frame.time_epoch"][0])
                self.assertAlmostEqual(float(row["ilnp.update.time"][0]), took, 5)
                found += 1
        self.assertEqual(found, 6)

    def test_names_label_the_packets_that_follow(self):
        names = {ALICE: "alice", BOB: "bob", 0xFFFF00000000000D: "router"}
        path = os.path.join(VECTORS, "c_mobility_a-b-c.pcap")
        said, labelled = set(), 0
        for frame, row in zip(read(path), fields(path, "ilnp.src.name", "ilnp.dst.name", "_ws.col.Info")):
            if not frame:
                continue
            frame = overlay.Frame(frame[1])
            if frame.kind in ("solicitation", "advertisement"):
                said.add(frame.nid)
            source, destination = ([names[nid]] if nid in said else [] for nid in (frame.source_nid, frame.destination_nid))
            self.assertEqual((row["ilnp.src.name"], row["ilnp.dst.name"]), (source, destination))
            if source and destination:
                self.assertIn(f"{source[0]} → {destination[0]}  ", row["_ws.col.Info"][0])
                labelled += 1
        self.assertGreater(labelled, 500)

    def test_conversations_by_node_survive_a_move(self):
        path = os.path.join(VECTORS, "c_mobility_a-b-c.pcap")
        sums, frames = collections.Counter(), [each for each in read(path) if each]
        for network, raw in frames:
            frame = overlay.Frame(raw)
            if (frame.source_nid, frame.destination_nid) in ((ALICE, BOB), (BOB, ALICE)):
                sums[text(frame.source_nid)] += frame.hop_limit == 3
                sums["octets"] += len(raw) + 62
                sums["all"] += 1
        out = tshark("-r", path, "-q", "-z", "ilnp,conversations")
        row = re.search(r"(?m)^alice \(ffff:0:0:a\) +<-> bob \(ffff:0:0:b\) +\| +(\d+) +(\d+) \| +(\d+) +(\d+) \| +(\d+) +(\d+)$", out)
        self.assertTrue(row, out)
        forth, octets_forth, back, octets_back, copies, octets_of_copies = map(int, row.groups())
        # The router has sent a few frames back, and each packet that it has forwarded is there twice.
        self.assertEqual((forth, back), (sums["ffff:0:0:a"], sums["ffff:0:0:b"]))
        self.assertEqual(forth + back + copies, sums["all"])
        self.assertEqual(octets_forth + octets_back + octets_of_copies, sums["octets"])
        filtered = tshark("-r", path, "-q", "-z", "ilnp,conversations,ilnp.update.type")
        self.assertRegex(filtered, r"(?m)^alice .*\| +4 +\d+ \| +4 +\d+ \| +5 ")

    def test_copies_point_to_the_packet_that_was_forwarded(self):
        path = os.path.join(VECTORS, "b_datagrams_via_router.pcap")
        frames = [overlay.Frame(each[1]) for each in read(path)]
        copies = 0
        for frame, row in zip(frames, fields(path, "ilnp.copy_of", "_ws.col.Info")):
            self.assertEqual(bool(row["ilnp.copy_of"]), frame.hop_limit == 2, row)
            if row["ilnp.copy_of"]:
                original = frames[int(row["ilnp.copy_of"][0]) - 1]
                self.assertEqual((original.hop_limit, original.payload), (3, frame.payload))
                self.assertTrue(row["_ws.col.Info"][0].endswith(f"HL=2 [copy of frame {row['ilnp.copy_of'][0]}]"))
                copies += 1
        self.assertEqual(copies, 23)


class Messages(CaptureTest):
    """One message at a time, made by hand."""

    def test_the_columns(self):
        path = self.capture(*MESSAGES[:8], *MESSAGES[10:])
        rows = fields(path, "_ws.col.Protocol", "_ws.col.Source", "_ws.col.Destination", "_ws.col.Info")
        a, b = "::a:ffff:0:0:a", "::b:ffff:0:0:b"
        self.assertEqual([tuple(value[0] for value in row.values()) for row in rows], [
            ("ILNP", a, "ff02:0:0:1::", "alice → all  Solicitation: alice is at 0:0:0:a  HL=3"),
            ("ILNP", b, "ff02:0:0:1::", "bøb → all  Advertisement: bøb is at 0:0:0:b  HL=3"),
            ("ILNP", a, b, "alice → bøb  Locator update: now at 0:0:0:b, 0:0:0:c  HL=3"),
            ("ILNP", b, "::b:ffff:0:0:a", "bøb → alice  Acknowledges the locator update in frame 3, after 1.0 ms  HL=3"),
            ("STP", a, b, "alice → bøb  5000 → 5001  Len=11  HL=3"),
            ("STP", a, b, "alice → bøb  5000 → 5001  Len=0  HL=3"),
            ("STP", a, b, "alice → bøb  Probe: do you reassemble fragments?  HL=3"),
            ("STP", b, a, "bøb → alice  Reply: send fragments with this key  HL=3"),
            ("STP", a, b, "alice → bøb  Goodbye  HL=3"),
            ("STP", a, b, "alice → bøb  Ping  HL=3"),
            ("STP", b, a, "bøb → alice  Reply to the ping in frame 10, after 1.0 ms  HL=3"),
            ("STP", "::b:ffff:0:0:c", a,
             "ffff:0:0:c → alice  Hop limit ran out: reply to the ping in frame 10, after 2.0 ms  HL=3")])

    def test_the_messages_to_port_0(self):
        names = ("ilnp.stp.kind", "ilnp.probe.nonce", "ilnp.fragment.key", "ilnp.fragment.dstport", "ilnp.fragment.number",
                 "ilnp.fragment.total", "ilnp.fragment.stride", "ilnp.fragment.index", "ilnp.fragment.data")
        path = self.capture(*(MESSAGES[at] for at in (6, 7, 8, 9, 10, 11, 12)))
        whole = bytes(range(200))
        self.assertEqual([[",".join(value) for value in row.values()] for row in fields(path, *names)], [
            ["1", "0x01020304", "", "", "", "", "", "", ""],
            ["2", "0x01020304", "0xa1a2a3a4", "", "", "", "", "", ""],
            ["3", "", "0xa1a2a3a4", "5001", "7", "200", "120", "0", whole[:120].hex()],
            ["3", "", "0xa1a2a3a4", "5001", "7", "200", "120", "1", whole[120:].hex()],
            ["6", "", "", "", "", "", "", "", ""], ["4", "", "", "", "", "", "", "", ""], ["5", "", "", "", "", "", "", "", ""]])

    def test_pings_and_the_replies_to_them(self):
        names = ("ilnp.ping.id", "ilnp.ping.code", "ilnp.ping.hop_limit", "ilnp.ping.src.locator", "ilnp.ping.dst.locator",
                 "ilnp.ping.interface", "ilnp.ping.request", "ilnp.ping.time")
        ping, reply, expired = MESSAGES[11:]
        unasked = stp(AT_B, (A, ALICE + 1), 0, 0, ping_reply(0))
        frames = (ping, (reply, group(A)), (ping, group(B)), expired, unasked)
        path = self.folder.path("x.pcap")
        write(path, [udp(*frame) if isinstance(frame, tuple) else udp(frame) for frame in frames])
        said = ["0x0123456789abcdef", "0", "2", "0:0:0:a", "0:0:0:b", "0:0:0:b"]
        asked = [said[0], *[""] * 7]
        self.assertEqual([[",".join(value) for value in row.values()] for row in fields(path, *names)], [
            asked, [*said, "1", "0.001000000"], asked, [said[0], "1", *said[2:], "1", "0.003000000"], [*said, "", ""]])

    def test_length_probes_and_the_replies_to_them(self):
        names = ("ilnp.stp.kind", "ilnp.length.version", "ilnp.length.longest", "ilnp.probe.nonce", "ilnp.length.request", "ilnp.length.time")
        probe, reply = TUNS[5:]
        rows = fields(self.capture(probe, reply, stp(AT_B, (A, ALICE + 1), 0, 0, length_message(8, 1436))), *names, "_ws.col.Info")
        self.assertEqual([[",".join(row[name]) for name in names] for row in rows], [
            ["7", "1", "1436", "0x01020304", "", ""], ["8", "1", "1320", "0x01020304", "1", "0.001000000"],
            ["8", "1", "1436", "0x01020304", "", ""]])
        self.assertIn("Length probe of 1364 octets, takes packets of 1436", rows[0]["_ws.col.Info"][0])
        self.assertIn("Reply to the length probe in frame 1: takes packets of 1320, after 1.0 ms", rows[1]["_ws.col.Info"][0])

    def test_a_name_is_what_was_said_last(self):
        path = self.capture(stp(AT_A, AT_B, 1, 2, b""), discovery(A, ALICE, "alice"), stp(AT_A, AT_B, 1, 2, b"x"),
                            discovery(A, ALICE, "evil", named=BOB), discovery(A, BOB, b"\xff"), discovery(A, ALICE, "alina"),
                            stp(AT_B, AT_A, 1, 2, b"y"), discovery(A, BOB, "b\u202eob\u009b2J"))
        rows = fields(path, "ilnp.src.name", "ilnp.dst.name", "_ws.col.Info", arguments=("-2",))
        self.assertEqual([(row["ilnp.src.name"], row["ilnp.dst.name"]) for row in rows[:7]],
                         [([], []), (["alice"], []), (["alice"], []), (["alice"], []), ([], []), (["alina"], []), ([], ["alina"])])
        self.assertIn(r"b\u{202e}ob\u{9b}2J → all", rows[7]["_ws.col.Info"][0])

    def test_long_datagrams_are_reassembled(self):
        whole = random.Random(SEED).randbytes(3000)
        pieces = [stp(AT_A, AT_B, 5000, 0, fragment(index, whole, 1300)) for index in (2, 0, 1)]
        other = [stp((A, 0xC), AT_B, 5000, 0, fragment(index, whole[::-1], 1300)) for index in range(3)]
        forwarded = [udp(piece[:7] + b"\2" + piece[8:], group(B)) for piece in pieces]
        path = self.capture(pieces[0], other[0], forwarded[0], pieces[1], other[1], forwarded[1], pieces[2], other[2], forwarded[2])
        names = ("ilnp.fragment.reassembled_in", "ilnp.fragment.frame", "ilnp.fragment.count", "ilnp.fragment.reassembled_length",
                 "ilnp.stp.payload", "_ws.col.Info", *EXPERT)
        rows = fields(path, *names, arguments=("-2",))
        self.assertEqual([row["ilnp.fragment.reassembled_in"] for row in rows],
                         [["7"], ["8"], ["7"], ["7"], ["8"], ["7"], [], [], ["7"]])
        self.assertEqual([rows[6][name] for name in names[1:5]], [["4", "7", "1"], ["3"], ["3000"], [whole.hex()]])
        self.assertEqual([rows[7][name] for name in names[1:5]], [["2", "5", "8"], ["3"], ["3000"], [whole[::-1].hex()]])
        self.assertIn("5000 → 5001  Len=3000, reassembled from 3 fragments", rows[6]["_ws.col.Info"][0])
        self.assertIn("[in frame 7]", rows[0]["_ws.col.Info"][0])
        self.assertEqual([row for row in rows if errors(row)], [])
        self.assertIn("This fragment was there before", "".join(rows[8]["_ws.expert.message"]))
        off = fields(path, *names, arguments=("-2", "-o", "ilnp.reassemble:FALSE"))
        self.assertFalse(any(row["ilnp.fragment.reassembled_in"] or row["ilnp.fragment.count"] for row in off))

    def test_a_train_is_shown_as_its_frames(self):
        whole = bytes(range(256)) * 12
        pieces = [stp(AT_A, AT_B, 5000, 0, fragment(index, whole, 1300)) for index in range(3)]
        same = [stp(AT_A, AT_B, 5000, 5001, bytes([number] * 100)) for number in range(4)]
        frames = [b"".join(pieces), b"".join(same), b"".join(same)[:-1], b"".join(same) + bytes(30)]
        path = self.capture(discovery(A, ALICE, "alice"), *frames)
        names = ("ilnp.train", "ilnp.src.nid", "ilnp.stp.payload", "ilnp.fragment.index", "ilnp.fragment.count", "_ws.col.Info", *EXPERT)
        rows = fields(path, *names)[1:]
        self.assertEqual([row["ilnp.train"] for row in rows], [["3"], ["4"], [], []])
        self.assertEqual([rows[0][name] for name in names[1:5]], [["ffff:0:0:a"] * 3, [whole.hex()], ["0", "1", "2"], ["3"]])
        self.assertEqual(rows[1]["ilnp.stp.payload"], [bytes([number] * 100).hex() for number in range(4)])
        self.assertEqual(rows[1]["_ws.col.Info"], ["alice → ffff:0:0:b  5000 → 5001  Len=100  HL=3 [and 3 more: a train]"])
        self.assertEqual([bool(errors(row)) for row in rows], [False, False, True, True])
        out = tshark("-r", path, "-q", "-z", "ilnp,conversations")
        octets = sum(len(each) + 62 for each in (*pieces, *same, *frames[2:]))
        self.assertRegex(out, rf"(?m)^alice .*ffff:0:0:b \| +9 +{octets} \|")
        cut = self.folder.path("cut.pcap")
        write(cut, [udp(frames[1])] * 3, captured=[62 + 100, 62 + 144 + 20, 62 + 300])
        self.assertEqual([(row["ilnp.train"], len(row["ilnp.src.nid"]), errors(row)) for row in fields(cut, *names)],
                         [(["4"], 1, []), (["4"], 1, []), (["4"], 2, [])])

    def test_fragments_that_contradict_or_come_late_are_not_joined(self):
        whole = bytes(200)
        first, second = (stp(AT_A, AT_B, 5000, 0, fragment(index, whole, 120)) for index in (0, 1))
        contradiction = stp(AT_A, AT_B, 5000, 0, fragment(0, b"\1" * 200, 120))
        path = self.folder.path("x.pcap")
        write(path, [(0.0, udp(first)), (0.1, udp(contradiction)), (0.2, udp(second)), (5.0, udp(first)), (6.1, udp(second))])
        rows = fields(path, "ilnp.fragment.count", "_ws.expert.message")
        self.assertFalse(any(row["ilnp.fragment.count"] for row in rows))
        self.assertIn("Contradicts an earlier fragment", "".join(rows[1]["_ws.expert.message"]))
        self.assertIn("more than a second before", "".join(rows[4]["_ws.expert.message"]))

    def test_streams_are_sctp_and_stay_one_association_across_a_move(self):
        init = struct.pack("!BBHIIHHI", 1, 0, 20, 0x11111111, 65536, 1, 1, 1000)
        init_ack = struct.pack("!BBHIIHHI", 2, 0, 28, 0x22222222, 65536, 1, 1, 2000) + struct.pack("!HH4s", 7, 8, b"cook")
        data = struct.pack("!BBHIHHI", 0, 3, 21, 1000, 0, 0, 0) + b"hello" + bytes(3)
        def stream(source, destination, octets):
            return stp(source, destination, 9899, 9899, octets)
        path = self.capture(discovery(A, ALICE, "alice"), stream(AT_A, AT_B, sctp(50000, 80, 0, init)),
                            stream(AT_B, AT_A, sctp(80, 50000, 0x11111111, init_ack)),
                            stream((C, ALICE), AT_B, sctp(50000, 80, 0x22222222, data)))
        rows = fields(path, "sctp.srcport", "sctp.chunk_type", "sctp.assoc_index", "sctp.checksum.status", "_ws.col.Protocol", "_ws.col.Info",
                      "_ws.col.Source", *EXPERT, arguments=("-o", "sctp.checksum:CRC 32c", "-o", "sctp.association_index:TRUE"))[1:]
        self.assertEqual([row["sctp.chunk_type"] for row in rows], [["1"], ["2"], ["0"]])
        self.assertEqual([row["sctp.srcport"] for row in rows], [["50000"], ["80"], ["50000"]])
        self.assertEqual({row["sctp.checksum.status"][0] for row in rows}, {"1"})
        self.assertEqual(len({row["sctp.assoc_index"][0] for row in rows}), 1)
        self.assertEqual({row["_ws.col.Protocol"][0] for row in rows}, {"SCTP"})
        self.assertRegex(rows[0]["_ws.col.Info"][0], r"^alice → ffff:0:0:b  INIT.*HL=3$")
        self.assertEqual([row["_ws.col.Source"][0] for row in rows], ["::a:ffff:0:0:a", "::b:ffff:0:0:b", "::c:ffff:0:0:a"])
        self.assertEqual([row for row in rows if errors(row)], [])
        elsewhere = fields(path, "sctp.srcport", arguments=("-o", "ilnp.stp_ports:4000:sctp"))
        self.assertFalse(any(row["sctp.srcport"] for row in elsewhere))

    def test_datagrams_go_to_the_dissector_of_their_port(self):
        query = bytes.fromhex("123401000001000000000000") + b"\4ilnp\4test\0" + bytes.fromhex("00010001")
        long = query + bytes(2000)
        path = self.capture(stp(AT_A, AT_B, 6000, 53, query), stp(AT_B, AT_A, 53, 6000, query),
                            *(stp(AT_A, AT_B, 6000, 0, fragment(index, long, 1300, port=53)) for index in (0, 1)))
        rows = fields(path, "dns.qry.name", "_ws.col.Info", arguments=("-o", "ilnp.stp_ports:9899:sctp, 50-53:dns"))
        self.assertEqual([row["dns.qry.name"] for row in rows], [["ilnp.test"], ["ilnp.test"], [], ["ilnp.test"]])
        self.assertRegex(rows[0]["_ws.col.Info"][0], "^ffff:0:0:a → ffff:0:0:b  Standard query .* ilnp.test")
        # What it makes of a conversation goes on where a node has moved to.
        reply = query[:2] + b"\x81\x80" + query[4:]
        moved = self.capture(stp(AT_A, AT_B, 6000, 53, query), stp(AT_B, (C, ALICE), 53, 6000, reply))
        row = fields(moved, "dns.response_to", arguments=("-o", "ilnp.stp_ports:53:dns"))[1]
        self.assertEqual(row["dns.response_to"], ["1"])

        path = self.capture(*(stp(AT_A, AT_B, 6000, 53, query) for _ in range(3)))
        done = subprocess.run(["tshark", "-X", "lua_script:" + SCRIPT, "-r", path, "-o", "ilnp.stp_ports:1:nothing,x,53:dns", "-Y", "dns"],
                              capture_output=True, text=True, timeout=60)
        self.assertIn('there is no dissector "nothing"; "x" is not PORT:DISSECTOR', done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 3)
        script = self.folder.path("mine.lua")  # a dissector of one's own
        with open(script, "w") as file:
            file.write('local mine = Proto("mine", "Mine")\nlocal word = ProtoField.string("mine.word", "Word")\nmine.fields = {word}\n'
                       'function mine.dissector(tvb, pinfo, tree) tree:add(mine, tvb()):add(word, tvb()) return tvb:len() end\n'
                       'DissectorTable.get("ilnp.stp.port"):add(7, mine)\n')
        path = self.capture(stp(AT_A, AT_B, 6000, 7, b"echo"))
        self.assertEqual(fields(path, "mine.word", arguments=("-X", "lua_script:" + script)), [{"mine.word": ["echo"]}])


class Tun(CaptureTest):
    """Packets of TUN interfaces, which Wireshark's own dissectors show."""

    NAMES = ("ilnp.tun.kind", "ilnp.tun.next_header", "ilnp.tun.traffic_class", "ilnp.tun.hop_limit")

    def test_segments_are_tcp_and_stay_one_connection_across_a_move(self):
        segments = tun_vector("cut-tcp-psh-frames.bin")
        frames = [packet((C if number > 1 else A, ALICE), AT_B, TUN, each) for number, each in enumerate(segments)]
        path = self.capture(discovery(A, ALICE, "alice"), *frames)
        names = (*self.NAMES, "tcp.stream", "tcp.seq_raw", "tcp.len", "tcp.flags.push", "ipv6.plen", "ipv6.tclass", "ipv6.hlim", "ipv6.dst")
        rows = fields(path, *names, *EXPERT, "_ws.col.Source", "_ws.col.Info", "tcp.payload")[1:]
        self.assertEqual(b"".join(bytes.fromhex(row["tcp.payload"][0]) for row in rows), b"".join(each[36:] for each in segments))
        self.assertEqual([int(row["tcp.seq_raw"][0]) for row in rows], [4294967280, 1348, 2712, 4076])
        self.assertEqual([row["tcp.flags.push"] for row in rows], [["0"], ["0"], ["0"], ["1"]])
        self.assertEqual({row["tcp.stream"][0] for row in rows}, {"0"})
        self.assertEqual([row["ipv6.plen"][-1] for row in rows], [str(len(each) - 4) for each in segments])
        for row in rows:
            self.assertEqual([row[name] for name in self.NAMES], [["1"], ["6"], ["0x02"], ["64"]])
            self.assertEqual((row["ipv6.tclass"][-1], row["ipv6.hlim"][-1]), ("0x00000002", "64"))
            self.assertEqual(row["ipv6.dst"][-1], "fdef:4230:8ef9:0:ffff::b")
            self.assertEqual(errors(row), [])
        self.assertEqual([row["_ws.col.Source"][0][:3] for row in rows], ["::a", "::a", "::c", "::c"])
        self.assertRegex(rows[0]["_ws.col.Info"][0], "^alice → ffff:0:0:b  4660 → 80 .*HL=3$")

    def test_a_train_of_segments_and_its_copy(self):
        segments = [packet(AT_A, AT_B, TUN, each) for each in tun_vector("cut-udp-frames.bin")]
        copies = [each[:7] + b"\2" + each[8:] for each in segments]
        path = self.folder.path("x.pcap")
        write(path, [udp(b"".join(segments), group(A)), *(udp(each, group(B)) for each in copies)])
        rows = fields(path, "udp.dstport", "ilnp.network", "ilnp.copy_of", "ilnp.tun.payload")
        self.assertEqual(rows[0], {"udp.dstport": ["10000", *["443"] * 5], "ilnp.network": ["0:0:0:a"] * 5, "ilnp.copy_of": [],
                                   "ilnp.tun.payload": []})
        for row, each in zip(rows[1:], segments):  # a copy is no retransmission
            self.assertEqual(row, {"udp.dstport": ["10000"], "ilnp.network": ["0:0:0:b"], "ilnp.copy_of": ["1"],
                                   "ilnp.tun.payload": [each[44:].hex()]})

    def test_the_prefix_gives_valid_checksums(self):
        with open(os.path.join(VECTORS, "tun", "read-ping.bin"), "rb") as file:
            captured = file.read()[10:]
        frames = {
            "": [udp(tun(AT_A, AT_B, 58, echo(AT_A, AT_B)), group(A)),
                 udp(tun(AT_A, AT_B, 58, echo(AT_A, AT_B, 0xFD75B747127E0000)), group(A, 1000))],
            "fd77:1122:3344::/64": [udp(tun((A, 0xA), (A, 0xB9), 58, captured[40:]), group(A))],
            "fd12:3456:789a:bc::/64": [udp(tun(AT_A, AT_B, 58, echo(AT_A, AT_B, 0xFD123456789A00BC)), group(A))],
        }
        path = self.folder.path("x.pcap")
        for prefix, each in frames.items():
            write(path, each)
            for row in fields(path, "icmpv6.type", "icmpv6.checksum.status", arguments=("-o", "ilnp.tun_prefix:" + prefix)):
                self.assertEqual(row, {"icmpv6.type": ["128"], "icmpv6.checksum.status": ["1"]}, prefix)
        for wrong in ("fd00::/48", "1:2:3:4:5::/64", "fd00::1::/64", "x"):
            done = subprocess.run(["tshark", "-X", "lua_script:" + SCRIPT, "-r", path, "-o", "ilnp.tun_prefix:" + wrong],
                                  capture_output=True, text=True, timeout=60)
            self.assertIn(f'"{wrong}" is no prefix of 64 bits', done.stderr)

    def test_refusals_and_other_protocols(self):
        refusal = TUNS[4]
        path = self.capture(refusal, tun(AT_A, AT_B, 59, b""), tun(AT_A, AT_B, 132, sctp(1, 2, 3, b"\6\0\0\4")))
        rows = fields(path, "ilnp.tun.kind", "ilnp.tun.code", "sctp.chunk_type", "_ws.col.Protocol", "_ws.col.Info", *EXPERT)
        self.assertEqual((rows[0]["ilnp.tun.kind"], rows[0]["ilnp.tun.code"], rows[0]["_ws.col.Protocol"]), (["4"], ["1"], ["TUN"]))
        self.assertEqual(rows[0]["_ws.col.Info"], ["ffff:0:0:b → ffff:0:0:a  Refusal: this node does not let yours in  HL=3"])
        self.assertIn("ffff:0:0:b does not let ffff:0:0:a in", rows[0]["_ws.expert.message"])
        self.assertEqual((rows[1]["_ws.col.Info"], errors(rows[1])), (["ffff:0:0:a → ffff:0:0:b  IPv6 packet, 40 octets  HL=3"], []))
        self.assertEqual(rows[2]["sctp.chunk_type"], ["6"])

    def test_what_an_inner_dissector_finds_is_no_error_of_ours(self):
        rng = random.Random(SEED)
        frames = []
        for _ in range(400):
            frame = bytearray(rng.choice(TUNS[:3]))
            for _ in range(rng.randint(1, 4)):
                frame[rng.randrange(41, len(frame))] = rng.choice([0, 1, 43, 44, 58, 60, 255, rng.randrange(256)])
            frames.append(bytes(frame))
        self.assertIn("Internet Protocol Version 6, Src: fdef:4230:8ef9:0:ffff::a", tshark("-r", self.capture(*frames), "-V"))


class WhichDatagrams(CaptureTest):
    """Which UDP datagrams are taken for the overlay's."""

    def taken(self, frames, *arguments):
        """Which of these frames the dissector takes."""
        rows = fields(self.capture(*frames.values()), "_ws.col.Protocol", arguments=arguments)
        return {name for name, row in zip(frames, rows) if row["_ws.col.Protocol"][0] in ("ILNP", "STP")}

    def test_preferences_looks_and_decode_as(self):
        whole, to_one, other = MESSAGES[4], (0xFE80 << 112 | 2).to_bytes(16, "big"), dict(source_port=40001, destination_port=40000)
        frames = {
            "to a group": udp(whole, group(A, 1000), source_port=43210),
            "malformed, to a group": udp(whole[:50], group(A)),
            "looks right, to one": udp(whole, to_one),
            "of a program": udp(b"a program's datagram to its proxy, which is longer than a header", to_one),
            "to some other group": udp(whole[:50], (0xFF02 << 112 | 1).to_bytes(16, "big")),
            "other port, to a group": udp(whole, group(A, 7), **other),
            "other port, malformed, to a group": udp(whole[:50], group(A), **other),
            "other port, malformed, to one": udp(whole[:50], to_one, **other),
        }
        always = {"to a group", "other port, to a group"}
        self.assertEqual(self.taken(frames), always | {"malformed, to a group", "looks right, to one"})
        self.assertEqual(self.taken(frames, "-o", "ilnp.udp_ports:9000,39000-40000"), always | {"other port, malformed, to a group"})
        self.assertEqual(self.taken(frames, "-o", "ilnp.udp_ports:"), always)
        self.assertEqual(self.taken(frames, "-d", "udp.port==40000,ilnp"), set(frames) - {"of a program", "to some other group"})

    def test_user_id_and_network_are_those_of_the_group(self):
        row, = fields(self.capture(udp(MESSAGES[4], group(0x1234000000000ABC, 1000))), "ilnp.user_id", "ilnp.network")
        self.assertEqual(row, {"ilnp.user_id": ["1000"], "ilnp.network": ["1234:0:0:abc"]})


class Malformed(CaptureTest):
    """Bad input is pointed out, and is no error of the dissector."""

    def check(self, frames):
        path = self.capture(*frames)
        rows = fields(path, *EXPERT, "_ws.col.Protocol")
        self.assertEqual(len(rows), len(frames))
        count = 0
        for number, (frame, row) in enumerate(zip(frames, rows), 1):
            if len(frame) > 40 and frame[6] == TUN and not malformed(frame):
                continue  # how another dissector likes what it contains is that one's affair
            if row["_ws.col.Protocol"] == ["SCTP"] or row["_ws.col.Protocol"][0] not in ("ILNP", "STP", "TUN"):
                self.fail(f"frame {number} is taken for something else: {row}, {frame.hex()}")
            if bool(errors(row)) != malformed(frame):
                self.fail(f"frame {number}: malformed: {malformed(frame)}, shown: {row}; seed {SEED}\n{frame.hex()}")
            count += malformed(frame)
        tshark("-r", path, "-V")  # it says "Lua Error" in the tree
        return count

    def test_each_message_is_well_formed(self):
        self.assertEqual(self.check([*MESSAGES, *TUNS]), 0)

    def test_every_truncation_is_pointed_out(self):
        messages = MESSAGES + [each for each in TUNS if len(each) < 200]
        frames = [message[:size] for message in messages for size in range(1, len(message))]
        self.assertEqual(self.check(frames), len(frames))
        # The same, with a length that is true.
        frames = [message[:4] + struct.pack("!H", size - 40) + message[6:size] for message in messages
                  for size in range(40, len(message))]
        self.assertGreater(self.check(frames), len(frames) // 2)

    def test_each_rule(self):
        whole = bytes(1000)
        bad = {
            "Shorter": None, "Unknown next header 99": packet(AT_A, AT_B, 99, b"x"),
            "To all nodes": stp(AT_A, ALL, 1, 2, b""), "The payload length is 12": packet(AT_A, AT_B, STP, b"\0\1\0\2", length=12),
            "Discovery message of 16": packet(AT_A, ALL, DISCOVERY, bytes(16)),
            "Solicitation is 2": packet(AT_A, ALL, DISCOVERY, struct.pack("!QQB", ALICE, A, 2) + b"alice"),
            "name: empty": discovery(A, ALICE, ""), "name: 256 octets": discovery(A, ALICE, "n" * 256),
            "name: a control": discovery(A, ALICE, "a\nb"), "name: not UTF-8": discovery(A, ALICE, b"\xed\xa0\x80"),
            "without a type": packet(AT_A, AT_B, UPDATE, b""), "without locators": update(AT_A, AT_B, []),
            "has 7 octets": packet(AT_A, AT_B, UPDATE, b"\1" + bytes(15)), "Unknown type 2": packet(AT_A, AT_B, UPDATE, b"\2"),
            "is followed by 1": packet(AT_A, AT_B, UPDATE, b"\0\0"), "3 octets; the STP": packet(AT_A, AT_B, STP, bytes(3)),
            "From port 0": stp(AT_A, AT_B, 0, 9, b""), "without a kind": stp(AT_A, AT_B, 0, 0, b""),
            "Unknown kind 9": stp(AT_A, AT_B, 0, 0, b"\x09"),
            "A length probe has at least 8 octets, not 7": stp(AT_A, AT_B, 0, 0, length_message(7, 1436)[:7]),
            "A reply to a length probe has at least 8 octets, not 1": stp(AT_A, AT_B, 0, 0, b"\x08"),
            "Unknown version 2": stp(AT_A, AT_B, 0, 0, length_message(7, 1436, version=2)),
            "3 octets; the TUN": packet(AT_A, AT_B, TUN, bytes(3)), "Unknown kind 2 of TUN": tun(AT_A, AT_B, 6, bytes(20), kind=2),
            "Unknown flags 0x3": tun(AT_A, AT_B, 6, bytes(20), flags=3), "19 octets of TCP": tun(AT_A, AT_B, 6, bytes(19)),
            "7 octets of UDP": tun(AT_A, AT_B, 17, bytes(7)), "7 octets of ICMPv6": tun(AT_A, AT_B, 58, bytes(7)),
            "A refusal has 4 octets, not 5": packet(AT_A, AT_B, TUN, b"\x40\1\0\0\0"),
            "Unknown code 2 of a refusal": packet(AT_A, AT_B, TUN, b"\x40\2\0\0"),
            "Unknown flags 0x1": packet(AT_A, AT_B, TUN, b"\x41\1\0\0"), "A probe has 8 octets, not 9": stp(AT_A, AT_B, 0, 0, PROBE + b"x"),
            "A reply has 12 octets, not 8": stp(AT_A, AT_B, 0, 0, REPLY[:8]), "A goodbye has 4": stp(AT_A, AT_B, 0, 0, GOODBYE[:3]),
            "A ping has 36 octets, not 35": stp(AT_A, AT_B, 0, 0, PING[:-1]), "A ping has 36 octets, not 1": stp(AT_A, AT_B, 0, 0, PING[:1]),
            "A reply to a ping has 36 octets, not 37": stp(AT_A, AT_B, 0, 0, ping_reply(0) + b"x"),
            "Unknown code 2": stp(AT_A, AT_B, 0, 0, ping_reply(2)),
            "Fragment of 17": stp(AT_A, AT_B, 1, 0, fragment(0, whole, 500)[:17]),
            "stride is 0": stp(AT_A, AT_B, 1, 0, fragment(0, whole, 0)), "only one fragment": stp(AT_A, AT_B, 1, 0, fragment(0, whole, 1000)),
            "longer than 65507": stp(AT_A, AT_B, 1, 0, fragment(0, whole, 1000, total=65508)),
            "more than 256": stp(AT_A, AT_B, 1, 0, fragment(0, whole, 3)), "outside": stp(AT_A, AT_B, 1, 0, fragment(2, whole, 500)),
            "should have 500": stp(AT_A, AT_B, 1, 0, fragment(0, whole, 500)[:-1]),
        }
        bad["Shorter"] = b"x"
        rows = fields(self.capture(*bad.values()), *EXPERT)
        for (says, frame), row in zip(bad.items(), rows):
            if says == "Shorter":
                says = "1 octets; the network header has 40"
            with self.subTest(says):
                self.assertTrue(malformed(frame))
                self.assertIn(says, "".join(errors(row)))

    def test_names_are_well_formed_utf_8(self):
        good = ["n" * 255, "é", "€", "\ud7ff", "\ue000", "\U00010000", "\U0010ffff", "a b"]
        bad = [b"\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xed\xa0\x80", b"\xf0\x8f\xbf\xbf",
               b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xe2\x28\xa1", b"a\x7f", b"\0"]
        self.assertEqual(self.check([discovery(A, ALICE, name) for name in (*good, *bad)]), len(bad))

    def test_what_is_odd_but_no_error_is_a_note(self):
        odd = {
            "Hop limit 0": stp(AT_A, AT_B, 1, 2, b"", hop_limit=0),
            "is not zero": packet(AT_A, AT_B, STP, b"\0\1\0\2", first=0x60000000),
            "not addressed to all": packet(AT_A, AT_B, DISCOVERY, discovery(A, ALICE, "alice")[40:]),
            "ffff:0:0:a in the header": discovery(A, ALICE, "alice", named=BOB), "More locators": update(AT_A, AT_B, range(1, 18)),
            "ran out at ffff:0:0:b": stp(AT_B, AT_A, 0, 0, ping_reply(1)), "ffff:0:0:a is shutting down": stp(AT_A, AT_B, 0, 0, GOODBYE),
            "moves to 0:0:0:b": update(AT_A, AT_B, [B]),
        }
        rows = fields(self.capture(*odd.values()), *EXPERT)
        for (says, frame), row in zip(odd.items(), rows):
            with self.subTest(says):
                self.assertEqual(errors(row), [])
                self.assertIn(says, "".join(row["_ws.expert.message"]))

    def test_2000_random_mutations(self):
        rng = random.Random(SEED)
        pool = MESSAGES + [each[1] for path in sorted(glob.glob(os.path.join(VECTORS, "*.pcap"))) for each in read(path) if each]
        frames = []
        while len(frames) < 2000:
            # Of the messages that are made by hand as many as of those that were captured.
            frame = bytearray(rng.choice(MESSAGES + TUNS if rng.random() < 0.5 else pool))
            for _ in range(rng.randint(1, 4)):
                what, at = rng.randrange(6), rng.randrange(len(frame))
                if what == 0:
                    frame[at] = rng.randrange(256)
                elif what == 1:
                    frame[at] ^= 1 << rng.randrange(8)
                elif what == 2:
                    del frame[max(1, at):]
                elif what == 3:
                    frame += rng.randbytes(rng.randint(1, 300))
                elif what == 4:
                    other = rng.choice(MESSAGES)
                    frame[max(1, at):] = other[at:] or b"\0"
                else:
                    frame[at:at + 2] = rng.choice([b"\0\0", b"\xff\xff", b"\0\1", b"\x80\0"])
            if rng.random() < 0.6 and len(frame) >= 40:
                frame[4:6] = struct.pack("!H", len(frame) - 40)
            if len(frame) > 44 and frame[6] == STP and b"\x26\xab" in (bytes(frame[40:42]), bytes(frame[42:44])):
                continue  # an SCTP packet
            frames.append(bytes(frame))
        count = self.check(frames)
        self.assertTrue(500 < count < 1900, count)

    def test_malformed_payloads_and_trains_are_no_error_of_the_dissector(self):
        rng = random.Random(SEED)
        stream = stp(AT_A, AT_B, 9899, 9899, sctp(1, 2, 3, struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65536, 1, 1, 1000)))
        pool, frames = [stream, b"".join(MESSAGES[4:5] * 3), b"".join(MESSAGES[8:10])], []
        for size in range(44, len(stream)):
            frames.append(stream[:4] + struct.pack("!H", size - 40) + stream[6:size])
        for _ in range(800):
            frame = bytearray(rng.choice(pool))
            for _ in range(rng.randint(0, 3)):
                frame[rng.randrange(len(frame))] = rng.choice([0, 1, 255, rng.randrange(256)])
            if rng.random() < 0.5:
                del frame[rng.randint(1, len(frame)):]
            frames.append(bytes(frame))
        path = self.folder.path("x.pcap")
        write(path, [udp(frame) for frame in frames], captured=[rng.choice([9999, rng.randint(62, 250)]) for _ in frames])
        for arguments in (["-V"], ["-2", "-V", "-o", "ilnp.stp_ports:1-65535:dns"]):
            self.assertIn("Malformed Packet", tshark("-r", path, *arguments))

    def test_frames_that_the_capture_has_cut_are_not_malformed(self):
        frames = MESSAGES + TUNS + [stp(AT_A, AT_B, 9899, 9899, sctp(1, 2, 3, struct.pack("!BBHIIHHI", 1, 0, 20, 1, 65536, 1, 1, 1000)))]
        every = [(frame, captured) for frame in frames for captured in (*range(63, 62 + min(len(frame), 66)), 62 + 128)]
        path = self.folder.path("x.pcap")
        write(path, [udp(frame) for frame, _ in every], captured=[captured for _, captured in every])
        for (frame, captured), row in zip(every, fields(path, *EXPERT)):
            with self.subTest(frame.hex(), captured=captured):
                self.assertEqual(errors(row), [])
                self.assertEqual("The capture holds" in "".join(row["_ws.expert.message"]), len(frame) + 62 > captured)
        tshark("-r", path, "-V")


class Simulator(CaptureTest):
    """frames.pcap, as ilnp-lab writes it."""

    def test_a_simulated_handoff(self):
        scenario = self.folder.path("x.lab")
        with open(scenario, "w") as file:
            file.write("run 12s\nnode router in a,b\nnode alice in a\nnode bob in b\nflow alice <-> bob every 20ms size 200 from 2s\n"
                       "at 6s move alice to b\nexpect lost 0\n")
        for octets in (None, "0"):
            with self.subTest(octets=octets):
                done = subprocess.run([os.path.join(BIN, "ilnp-lab"), "run", scenario, "--out", self.folder.path("out"), "--no-pictures",
                                       *(["--octets", octets] if octets else [])], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                path = self.folder.path("out", "frames.pcap")
                frames = [overlay.Frame(each[1]) for each in read(path)]
                rows = fields(path, "ilnp.src.nid", "ilnp.dst.locator", "ilnp.hop_limit", "ilnp.stp.length", "ilnp.update.locator",
                              "ilnp.src.name", *EXPERT)
                self.assertEqual(len(frames), len(rows))
                seen = collections.Counter()
                for frame, row in zip(frames, rows):
                    self.assertEqual(errors(row), [])
                    self.assertEqual((row["ilnp.src.nid"], row["ilnp.dst.locator"], row["ilnp.hop_limit"]),
                                     ([text(frame.source_nid)], [text(frame.destination_locator)], [str(frame.hop_limit)]))
                    if frame.kind == "stp":
                        self.assertEqual(row["ilnp.stp.length"], [str(frame.length - 4)])
                    seen[frame.kind, "".join(row["ilnp.update.locator"])] += 1
                    seen["".join(row["ilnp.src.name"])] += 1
                self.assertGreater(seen["update", "0:0:0:b"], 0)
                self.assertGreater(seen["stp", ""], 900)
                self.assertEqual(seen[""], 0)
                self.assertGreater(min(seen["alice"], seen["bob"], seen["router"]), 5)
                out = tshark("-r", path, "-q", "-z", "ilnp,conversations")
                self.assertRegex(out, r"(?m)^alice \(ffff:0:0:2\) +<-> bob \(ffff:0:0:3\) +\|")


class Installed(CaptureTest):
    def test_cmake_installs_it_where_wireshark_finds_it(self):
        done = subprocess.run(["cmake", "--install", BUILD, "--component", "wireshark", "--prefix", self.folder.path("usr")],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        found = glob.glob(self.folder.path("usr", "**", "wireshark", "plugins", "ilnp.lua"), recursive=True)
        self.assertEqual(len(found), 1, done.stdout)
        with open(found[0]) as installed, open(SCRIPT) as source:
            self.assertEqual(installed.read(), source.read())

        # A folder of plugins is read without being named; to name the file as well does no harm.
        plugins = self.folder.path("home", ".local", "lib", "wireshark", "plugins")
        os.makedirs(plugins)
        os.symlink(found[0], os.path.join(plugins, "ilnp.lua"))
        path = os.path.join(VECTORS, "c2_locator_update_two_locators.pcap")
        environment = {"HOME": self.folder.path("home"), "WIRESHARK_CONFIG_DIR": self.folder.path("home")}
        for script in (None, SCRIPT):
            out = tshark("-r", path, "-Y", "ilnp.update.type == 1", "-T", "fields", "-e", "ilnp.src.nid", script=script, env=environment)
            self.assertEqual(set(out.split()), {"ffff:0:0:a"})


class Documented(CaptureTest):
    """docs/wireshark.md is true."""

    def setUp(self):
        super().setUp()
        with open(os.path.join(ROOT, "docs", "wireshark.md")) as file:
            self.page = file.read()

    def test_each_filter_selects_what_the_page_says(self):
        filters = re.findall(r"(?m)^\| `([^`]+)` \| ", self.page.split("## Filters")[1].split("\n## ")[0])
        self.assertGreaterEqual(len(filters), 5)
        every = self.folder.path("every.pcap")
        frames = [udp(message) for message in (*MESSAGES, *TUNS, MESSAGES[0][:50], stp(AT_A, AT_B, 1, 0, fragment(0, bytes(99), 50, number=8)))]
        for name in sorted(os.listdir(VECTORS)):
            if name.endswith(".pcap"):
                frames += [udp(each[1], group(each[0])) for each in read(os.path.join(VECTORS, name)) if each]
        write(every, frames)
        out = tshark("-2", "-r", every, "-q", "-z", ",".join(["io,stat,0", *filters]))
        row, = re.findall(r"(?m)^\|[ 0-9.]+<> +[0-9.]+ +\|(.*)\|$", out)
        counts = [int(cell.split()[0]) for cell in row.split("|")[::2]]
        self.assertEqual(len(counts), len(filters), out)
        for each, count in zip(filters, counts):
            with self.subTest(each):
                self.assertTrue(0 < count < len(frames), out)

    def test_each_field_is_on_the_page_and_each_on_the_page_exists(self):
        with open(SCRIPT) as file:
            known = set(re.findall(r'ProtoField\.\w+\("(ilnp\.[a-z_.]+)"', file.read()))
        named = set(re.findall(r"`(ilnp\.[a-z_.]+)`", self.page.split("## Fields")[1].split("\n## ")[0]))
        self.assertEqual(named, known)

    def test_each_command_works(self):
        commands = re.findall(r"(?m)^    (tshark .*-r frames\.pcap.*)$", self.page)
        self.assertGreaterEqual(len(commands), 2)
        write(self.folder.path("frames.pcap"), [udp(message) for message in MESSAGES])
        os.symlink(os.path.join(ROOT, "examples"), self.folder.path("examples"))
        for command in commands:
            with self.subTest(command):
                done = subprocess.run(command, shell=True, cwd=self.folder.path(), capture_output=True, text=True, timeout=60,
                                      env={**os.environ, "LC_ALL": "C.UTF-8"})
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotIn("Lua", done.stderr + done.stdout)
                self.assertIn("ffff:0:0:a", done.stdout)


if __name__ == "__main__":
    unittest.main()
