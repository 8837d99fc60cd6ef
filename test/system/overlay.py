"""Frames of the overlay, made and read by hand, and a card that sends and receives them.

Written from docs/wire-formats.md and docs/behaviour.md, and without the toolkit's code, so that the two check each other.
"""

import ipaddress
import itertools
import random
import select
import socket
import struct
import time

import lab

STP, DISCOVERY, UPDATE, TUN = 42, 43, 44, 47
ALL_NODES = 0xFF02000000000001
UDP_SEGMENT = 103  # of <linux/udp.h>
A, B, C, D, E = 0xA, 0xB, 0xC, 0xD, 0xE


def number(text):
    """The value of a locator or node identifier in its text form."""
    value = 0
    for group in text.split(":"):
        value = value << 16 | int(group, 16)
    return value


def text(value):
    return ":".join(f"{value >> shift & 0xFFFF:x}" for shift in (48, 32, 16, 0))


def packet(source, destination, next_header, payload, hop_limit=3, length=None, first=0):
    """A whole frame. `source` and `destination` are pairs of a locator and a node identifier."""
    return struct.pack("!IHBBQQQQ", first, len(payload) if length is None else length, next_header, hop_limit,
                       *source, *destination) + payload


def discovery(locator, nid, name, solicitation=False, hop_limit=3, about=None, named=None):
    """`about`: the locator in the message, if it is not the one that it is sent from."""
    name = name if isinstance(name, bytes) else name.encode()
    payload = struct.pack("!QQB", nid if named is None else named, locator if about is None else about,
                          1 if solicitation else 0) + name
    return packet((locator, nid), (ALL_NODES, 0), DISCOVERY, payload, hop_limit)


def stp(source, destination, source_port, destination_port, payload, hop_limit=3):
    return packet(source, destination, STP, struct.pack("!HH", source_port, destination_port) + payload, hop_limit)


def update(source, destination, locators, hop_limit=3):
    return packet(source, destination, UPDATE, b"\1" + b"".join(struct.pack("!Q", each) for each in locators),
                  hop_limit)


def acknowledgement(source, destination, hop_limit=3):
    return packet(source, destination, UPDATE, b"\0", hop_limit)


class Frame:
    """A received frame, taken apart."""

    def __init__(self, raw, interface=None, sender=None, when=None):
        self.raw, self.interface, self.sender, self.when = raw, interface, sender, when
        if len(raw) < 40:
            raise ValueError(f"a frame of {len(raw)} octets")
        (_, self.length, self.next_header, self.hop_limit, self.source_locator, self.source_nid,
         self.destination_locator, self.destination_nid) = struct.unpack_from("!IHBBQQQQ", raw)
        self.payload = raw[40:]
        self.kind = "unknown"
        if self.next_header == STP and len(self.payload) >= 4:
            self.kind = "stp"
            self.source_port, self.destination_port = struct.unpack_from("!HH", self.payload)
            self.data = self.payload[4:]
        elif self.next_header == DISCOVERY and len(self.payload) >= 17:
            self.nid, self.locator, flag = struct.unpack_from("!QQB", self.payload)
            self.kind = "solicitation" if flag else "advertisement"
            self.name = self.payload[17:].decode(errors="replace")
        elif self.next_header == UPDATE and self.payload:
            self.kind = "update" if self.payload[0] == 1 else "acknowledgement"
            whole = len(self.payload[1:]) // 8
            self.locators = list(struct.unpack_from(f"!{whole}Q", self.payload, 1)) if self.payload[0] else []

    def __repr__(self):
        extra = {"stp": lambda: f" {self.source_port}->{self.destination_port} {len(self.data)} octets",
                 "update": lambda: " " + ",".join(map(text, self.locators)),
                 "solicitation": lambda: f" {self.name!r} {text(self.locator)}",
                 "advertisement": lambda: f" {self.name!r} {text(self.locator)}"}.get(self.kind, lambda: "")()
        return (f"<{self.kind}{extra} {text(self.source_locator)}|{text(self.source_nid)} -> "
                f"{text(self.destination_locator)}|{text(self.destination_nid)} hop limit {self.hop_limit}"
                f" on {text(self.interface or 0)}>")


def group(locator, user_id=lab.USER_ID):
    return str(ipaddress.IPv6Address(0xFF12 << 112 | user_id << 80 | locator))


class Card:
    """A socket on a host that has joined locators, and sends and receives frames there as a node's does."""

    def __init__(self, host, *locators, interface="eth0", port=lab.MCAST_PORT, user_id=lab.USER_ID):
        self.host, self.user_id = host, user_id
        with host:
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.index = socket.if_nametoindex(interface)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, self.index)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
        self.socket.bind(("::", port))
        self.socket.setblocking(False)
        for locator in locators:
            self.join(locator)
        host.lab.sockets.append(self.socket)

    def _member(self, option, locator):
        request = socket.inet_pton(socket.AF_INET6, group(locator, self.user_id)) + struct.pack("@I", self.index)
        self.socket.setsockopt(socket.IPPROTO_IPV6, option, request)

    def join(self, locator):
        self._member(socket.IPV6_JOIN_GROUP, locator)

    def leave(self, locator):
        self._member(socket.IPV6_LEAVE_GROUP, locator)

    def send(self, locator, frame):
        while True:
            try:
                return self.socket.sendto(frame, (group(locator, self.user_id), lab.MCAST_PORT))
            except BlockingIOError:
                select.select([], [self.socket], [], 0.1)

    def flood(self, locator, frames, per_second, stop):
        """Sends the frames again and again, in trains, until `stop` is set. How many were sent."""
        lengths = {}
        for frame in frames:
            lengths.setdefault(len(frame), []).append(frame)
        trains = [(size, b"".join(same[at:at + 32])) for size, same in lengths.items() for at in range(0, len(same), 32)]
        random.Random(1).shuffle(trains)
        begin, sent = time.monotonic(), 0
        for size, octets in itertools.cycle(trains):
            if stop.is_set():
                return sent
            try:
                self.socket.sendmsg([octets], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("@H", size))], 0,
                                    (group(locator, self.user_id), lab.MCAST_PORT))
                sent += len(octets) // size
            except BlockingIOError:
                select.select([], [self.socket], [], 0.1)
            ahead = sent / per_second - (time.monotonic() - begin)
            if ahead > 0.002:
                time.sleep(ahead)

    def _take(self):
        try:
            raw, ancillary, _, sender = self.socket.recvmsg(65536, 256)
        except BlockingIOError:
            return None
        interface = None
        for level, kind, data in ancillary:
            if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
                interface = int.from_bytes(data[8:16], "big")
        try:
            return Frame(raw, interface, sender, time.monotonic())
        except ValueError:
            return None

    def frames(self, seconds=0.0):
        """All frames that are there, and that come within `seconds`."""
        end, found = time.monotonic() + seconds, []
        while True:
            frame = self._take()
            if frame:
                found.append(frame)
            elif time.monotonic() >= end:
                return found
            else:
                select.select([self.socket], [], [], max(0.0, end - time.monotonic()))

    def wait(self, kind, timeout=5.0, **wanted):
        """The next frame of a kind, with the given attributes; others are thrown away."""
        end, seen = time.monotonic() + timeout, []
        while True:
            frame = self._take()
            if frame:
                if frame.kind == kind and all(getattr(frame, key) == value for key, value in wanted.items()):
                    return frame
                seen.append(frame)
            elif time.monotonic() >= end:
                raise AssertionError(f"no {kind} with {wanted} in {timeout} s; there were {seen[-20:]}")
            else:
                select.select([self.socket], [], [], max(0.0, end - time.monotonic()))
