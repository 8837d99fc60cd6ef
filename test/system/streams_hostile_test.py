"""ilnp-stream, and somebody on the link who forges SCTP packets."""

import hashlib
import os
import random
import resource
import socket
import struct
import threading
import time
import unittest

import lab
import overlay
from overlay import A, B, Card
from streams_test import ALICE, BOB, Streams

SCTP = 9899
INIT = struct.pack("!BBHIIHHI", 1, 0, 20, 0x8C1F2E33, 106496, 10, 65535, 0x7D21E6D0)

TABLE = []
for _index in range(256):
    _value = _index
    for _ in range(8):
        _value = _value >> 1 ^ (0x82F63B78 if _value & 1 else 0)
    TABLE.append(_value)


def crc32c(octets):
    value = 0xFFFFFFFF
    for octet in octets:
        value = TABLE[(value ^ octet) & 255] ^ value >> 8
    return value ^ 0xFFFFFFFF


def sctp(source_port, destination_port, chunks, tag=0):
    """A packet with a checksum that is right."""
    head = struct.pack("!HHI", source_port, destination_port, tag)
    return head + struct.pack("<I", crc32c(head + bytes(4) + chunks)) + chunks


def init_with(parameters, tag=0x8C1F2E33):
    return struct.pack("!BBHI", 1, 0, 20 + len(parameters), tag) + INIT[8:] + parameters


class Hostile(Streams):
    def setUp(self):
        super().setUp()
        self.card = Card(self.lab.host("mallory"), A, B)
        self.places = {"alice": (A, overlay.number(ALICE)), "bob": (B, overlay.number(BOB))}

    def controlled(self, node):
        node.control = node.command[node.command.index("--control") + 1]
        return node

    def controlled_pair(self, alice=(), bob=()):
        paths = [os.path.join(self.lab.folder, f"{name}.control") for name in ("alice", "bob")]
        self.pair(("--listen", "2000:bob:3000", "--control", paths[0], *alice),
                  ("--expose", 3000, "--control", paths[1], *bob))
        self.controlled(self.alices)
        self.controlled(self.bobs)

    def forge(self, source, destination, packet):
        """Send an SCTP packet to one of the two, in the name of another node."""
        place = self.places[destination]
        source = self.places.get(source, source)
        self.card.send(place[0], overlay.stp(source, place, SCTP, SCTP, packet))

    def echo(self, connection):
        while octets := connection.recv(1 << 16):
            connection.sendall(octets)

    def ask(self, sock, octets=b"still there?"):
        sock.sendall(octets)
        answer = b""
        while len(answer) < len(octets):
            piece = sock.recv(1 << 16)
            self.assertTrue(piece, "the connection has ended")
            answer += piece
        self.assertEqual(answer, octets)

    def ports(self):
        """The SCTP ports of the stream from alice to bob."""
        frame = self.card.wait("stp", source_nid=overlay.number(ALICE), destination_nid=overlay.number(BOB),
                               destination_port=SCTP)
        return struct.unpack_from("!HH", frame.data)

    def test_an_init_with_a_parameter_without_length_hangs_nobody(self):
        self.serve(self.echo)
        self.controlled_pair()
        sock = self.connect()
        self.addCleanup(sock.close)
        self.ask(sock)
        alices, bobs = self.ports()
        packets = [init_with(struct.pack("!HH", kind, length) + bytes(more))
                   for kind in (0xC00F, 0x0000, 0x8008, 0x0005, 0x8002, 0xC006) for length, more in ((0, 0), (3, 4), (9, 0))]
        for chunks in packets:
            self.forge("alice", "bob", sctp(alices, bobs, chunks))
            self.forge("bob", "alice", sctp(bobs, alices, chunks))
        for node in (self.alices, self.bobs):
            lab.until(lambda: node.counters()["dropped_malformed"] >= len(packets), 10, "the packets to be dropped")
        self.ask(sock)
        with self.connect() as another:
            self.ask(another)
        for node in (self.alices, self.bobs):
            self.assertEqual(node.stop(), 0)

    def test_an_init_in_the_name_of_either_end_ends_no_stream(self):
        self.serve(self.echo)
        self.controlled_pair()
        sock = self.connect()
        self.addCleanup(sock.close)
        self.ask(sock)
        alices, bobs = self.ports()
        for chunks in (INIT, INIT[:8] + bytes(4) + INIT[12:], init_with(bytes.fromhex("8003000580000000"))):
            self.forge("alice", "bob", sctp(alices, bobs, chunks))
            self.forge("bob", "alice", sctp(bobs, alices, chunks))
        for node in (self.alices, self.bobs):
            lab.until(lambda: node.counters()["dropped_stream_exists"] >= 1, 10, "the packets to be dropped")
        self.ask(sock)

    @unittest.skipIf(lab.SANITIZED, "is about memory, of which a sanitizer takes much")
    def test_streams_take_the_memory_that_they_have_and_no_more(self):
        self.memory_is_enough(12 << 20, "--stream-memory", 12 << 20)

    @unittest.skipIf(lab.SANITIZED, "is about memory, of which a sanitizer takes much")
    def test_streams_take_the_memory_that_they_have_and_no_more_by_default(self):
        self.memory_is_enough(30 << 20)

    def memory_is_enough(self, memory, *options):
        """All streams together take about `memory`, of the 120 MiB that bob's node may have."""
        released = threading.Event()
        self.addCleanup(released.set)
        listener = self.serve(lambda connection: (connection.sendall(b"x"), released.wait()))
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        limits = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (120 << 20, limits[1]))  # the nodes inherit it
        try:
            self.controlled_pair(bob=options)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, limits)
        before, socks, refused = self.bobs.memory(), [], 0
        for _ in range(400):
            try:
                sock = self.connect()
                self.addCleanup(sock.close)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
                self.assertIn(sock.recv(1), (b"x", b""))
                socks.append(sock)
            except ConnectionResetError:
                refused += 1
                if refused == 20:
                    break
        print(f"{len(socks)} streams, {refused} refused")
        self.assertGreater(len(socks), 50)
        self.assertEqual(refused, 20)
        self.assertGreater(self.bobs.counters()["refused_no_memory"], 0)
        # Nobody reads at bob's: all that a stream can hold is held.
        for sock in socks:
            sock.setblocking(False)
        quiet = time.monotonic()
        while time.monotonic() < quiet + 0.5:
            for sock in socks:
                try:
                    sock.send(bytes(1 << 16))
                    quiet = time.monotonic()
                except BlockingIOError:
                    pass
            time.sleep(0.01)
        grown = self.bobs.memory() - before
        print(f"{grown} KiB for them")
        self.assertLess(grown, 2 * memory >> 10)
        socks.pop().close()
        released.set()
        lab.until(lambda: self.bobs.running and self.attempt() == "octets", 20, "a stream to be let in again")
        self.assertEqual(self.bobs.stop(), 0)

    def flooded(self, nids):
        """A flood of INITs under so many names: what goes on goes on, and what begins comes about."""
        self.serve(self.digest)
        self.controlled_pair()
        octets = os.urandom(2_000_000)
        wanted = hashlib.sha256(octets).digest()
        self.assertEqual(self.ask_digest(octets), wanted)
        numbers = random.Random(1)
        frames = [overlay.stp((A, 0x1000 + index % nids), self.places["bob"], SCTP, SCTP,
                              sctp(numbers.randrange(1024, 65536), SCTP, init_with(b"", numbers.randrange(1, 1 << 32))))
                  for index in range(6000)]
        stop, counts, before = threading.Event(), [], self.processor_time(self.bobs)
        thread = threading.Thread(target=lambda: counts.append(self.card.flood(B, frames, 6000, stop)))
        began = time.monotonic()
        thread.start()
        try:
            time.sleep(0.3)
            for _ in range(5):
                self.assertEqual(self.ask_digest(octets[:100_000]), hashlib.sha256(octets[:100_000]).digest())
            while time.monotonic() < began + 2:
                time.sleep(0.05)
        finally:
            stop.set()
            thread.join()
        took = time.monotonic() - began
        print(f"{counts[0] / took:.0f} INITs/s took {100 * (self.processor_time(self.bobs) - before) / took:.0f} % of a processor")
        self.assertEqual(self.ask_digest(octets), wanted)
        self.assertLess(self.bobs.counters()["refused_too_many_streams"], 1)

    def test_a_flood_of_inits_from_one_node_harms_no_stream(self):
        self.flooded(1)

    def test_a_flood_of_inits_from_everywhere_harms_no_stream(self):
        self.flooded(6000)


if __name__ == "__main__":
    lab.main()
