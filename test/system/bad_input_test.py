"""Bad input from outside, against running programs: each is dropped and counted for its reason, changes nothing else,
and ends nothing."""

import itertools
import random
import socket
import struct
import threading
import time
import unittest

import lab
from lab import Flow, drain, receive, run_flows, until, warm_up
from overlay import (A, ALL_NODES, B, DISCOVERY, STP, UPDATE, Card, acknowledgement, discovery, number, packet, stp,
                     update)

ALICE, BOB, MALLORY = (f"ffff:0:0:{digit}" for digit in "abe")
ALICE_NID, BOB_NID, MALLORY_NID = map(number, (ALICE, BOB, MALLORY))
TO_ALICE = (A, ALICE_NID)
FROM_BOB = (A, BOB_NID)
FROM_MALLORY = (A, MALLORY_NID)
PACE = 200  # frames in a row, then the receiver may catch up


class WithMallory(lab.LabTest):
    """alice and bob, who talk, and mallory, who is the test."""

    def setUp(self):
        super().setUp()
        # Discovery has its say at the start only, so that what the counters show came from the test.
        quiet = {"discovery": {"wait_time": 100}, "network": {"backwards_learning_ttl": 300}}
        self.hosts = {name: self.lab.host(name) for name in ("alice", "bob", "mallory")}
        self.alice = self.lab.proxy(self.hosts["alice"], "0:0:0:a,0:0:0:b", ALICE, ["10001:bob:10001"], **quiet)
        self.bob = self.lab.proxy(self.hosts["bob"], "0:0:0:a", BOB, ["10001:alice:10001"], **quiet)
        self.at_alice, self.at_bob = self.hosts["alice"].udp(10001), self.hosts["bob"].udp(10001)
        self.card = Card(self.hosts["mallory"], A)
        warm_up(self.flows())
        time.sleep(0.2)

    def flows(self):
        return [Flow("alice to bob", self.at_alice, self.at_bob), Flow("bob to alice", self.at_bob, self.at_alice)]

    def still_works(self):
        flows = self.flows()
        run_flows(flows, 300, 0.3, quiet=0.15)
        self.once(*flows)
        self.assertTrue(self.alice.running)


class BadInput(WithMallory):
    def send_all(self, frames):
        for index, frame in enumerate(frames):
            self.card.send(A, frame)
            if index % PACE == PACE - 1:
                time.sleep(0.002)

    def dropped(self):
        return {key: value for key, value in self.alice.counters().items()
                if key.startswith(("dropped_", "wrong_", "too_long", "truncated", "refused_"))}

    def refused(self, frames, *reasons):
        """All the frames are counted for these reasons, and nothing else has changed."""
        frames = list(frames)
        hosts, before = self.alice.hosts(), self.dropped()
        self.send_all(frames)

        def counted():
            now = self.dropped()
            return sum(now[reason] - before[reason] for reason in reasons) >= len(frames)

        try:
            until(counted, 3)
        except AssertionError:
            pass
        now = self.dropped()
        grown = {key: now[key] - before[key] for key in now if now[key] != before[key]}
        self.assertEqual(sum(grown.get(reason, 0) for reason in reasons), len(frames),
                         f"{len(frames)} frames, expected to be counted as {reasons}; these grew: {grown}")
        self.assertEqual(set(grown) - set(reasons), set(), "other counters grew")
        self.assertEqual(self.alice.hosts(), hosts, "the table of hosts has changed")
        self.assertIsNone(receive(self.at_alice, 0), "something was delivered")
        self.still_works()

    GOOD = {
        "solicitation": discovery(A, MALLORY_NID, "mallory", True),
        "advertisement": discovery(A, MALLORY_NID, "mallory"),
        "datagram": stp(FROM_BOB, TO_ALICE, 10001, 10001, b"payload"),
        "update": update(FROM_BOB, TO_ALICE, [A, B]),
        "acknowledgement": acknowledgement(FROM_BOB, TO_ALICE),
    }

    def test_frames_cut_off_anywhere(self):
        for frame in self.GOOD.values():
            self.refused([frame[:size] for size in range(0, 40)], "dropped_too_short")
            self.refused([frame[:size] for size in range(40, len(frame))], "dropped_wrong_length")

    def test_lengths_that_lie(self):
        for frame in self.GOOD.values():
            right = len(frame) - 40
            lies = [length for length in (0, 1, right - 1, right + 1, right + 1000, 65535) if length != right]
            self.refused([frame[:4] + struct.pack("!H", length) + frame[6:] for length in lies], "dropped_wrong_length")
            self.refused([frame + b"more"], "dropped_wrong_length")

    def test_messages_cut_off_anywhere(self):
        # The packet says how long it is; what is in it is cut off.
        def cut(frame, sizes):
            return [packet(FROM_BOB, struct.unpack_from("!QQ", frame, 24), frame[6], frame[40:40 + size])
                    for size in sizes]

        for kind in ("solicitation", "advertisement"):
            self.refused(cut(self.GOOD[kind], range(0, 17)), "dropped_discovery_malformed")
            self.refused(cut(self.GOOD[kind], [17]), "dropped_discovery_bad_name", "dropped_discovery_malformed")
        self.refused(cut(self.GOOD["datagram"], range(0, 4)), "dropped_too_short")
        sizes = [size for size in range(0, 17) if size != 9]
        self.refused(cut(self.GOOD["update"], sizes), "dropped_update_malformed")
        self.refused(cut(self.GOOD["acknowledgement"], [0]), "dropped_update_malformed")

    def test_update_without_locators_or_with_half_of_one(self):
        self.refused([update(FROM_BOB, TO_ALICE, [])], "dropped_update_malformed")
        self.refused([packet(FROM_BOB, TO_ALICE, UPDATE, b"\1" + bytes(size)) for size in (1, 4, 7, 9, 15, 17)],
                     "dropped_update_malformed")
        self.refused([packet(FROM_BOB, TO_ALICE, UPDATE, bytes([kind]) + struct.pack("!Q", B))
                      for kind in (2, 3, 127, 255)], "dropped_update_malformed")
        self.card.frames()
        self.card.send(A, update(FROM_BOB, TO_ALICE, []))
        self.assertEqual([frame for frame in self.card.frames(0.2) if frame.kind == "acknowledgement"], [])

    def test_update_with_more_locators_than_a_node_can_have(self):
        self.card.send(A, packet(FROM_BOB, TO_ALICE, UPDATE, b"\1" + struct.pack("!174Q", *range(1000, 1174))))
        time.sleep(0.1)
        self.assertTrue(self.alice.running)

    def test_acknowledgement_of_nothing(self):
        self.refused([self.GOOD["acknowledgement"]] * 5, "dropped_acknowledgement_unexpected")

    def test_unknown_next_header(self):
        unknown = [value for value in range(256) if value not in (STP, DISCOVERY, UPDATE)]
        self.refused([packet(FROM_MALLORY, TO_ALICE, value, b"what is this?") for value in unknown],
                     "dropped_unknown_next_header")
        self.refused([packet(FROM_MALLORY, (ALL_NODES, 0), value, b"what is this?") for value in unknown],
                     "dropped_unknown_destination")

    def test_host_names(self):
        bad = [b"\xff\xfe", b"a\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
               b"", b"new\nline", b"\x1b[31m", b"nul\0", b"x" * 256, b"x" * 1383]
        self.refused([discovery(A, MALLORY_NID, name, kind) for name in bad for kind in (False, True)],
                     "dropped_discovery_bad_name", "dropped_discovery_malformed")
        good = ["x" * 255, "ünïcödé", "名前", "🙂"]
        self.send_all([discovery(A, MALLORY_NID + index, name) for index, name in enumerate(good)])
        for name in good:
            until(lambda: name in self.alice.hosts(), what=f"{name} in the table of hosts")
        self.still_works()

    def test_frames_longer_than_the_buffer(self):
        frames = [discovery(A, MALLORY_NID, b"x" * size) for size in (1384, 1500, 9000, 60000)]
        frames += [stp(FROM_BOB, TO_ALICE, 10001, 10001, bytes(size)) for size in (1397, 9000, 65000)]
        self.refused(frames, "too_long", "truncated")

    def test_random_octets(self):
        # 20000 of each format; the parsers get their millions in the unit tests.
        seed = 20240607
        print("seed", seed)
        source = random.Random(seed)
        for next_header, destinations in ((STP, [TO_ALICE]), (DISCOVERY, [(ALL_NODES, 0), TO_ALICE]), (UPDATE, [TO_ALICE]),
                                          (None, [TO_ALICE])):
            def frame():
                size = source.choice((0, 1, 3, 4, 8, 9, 16, 17, 18, 40, 200))
                if next_header is None:
                    return source.randbytes(source.randrange(0, 120))
                return packet((A, source.getrandbits(64)), source.choice(destinations), next_header,
                              source.randbytes(size), source.randrange(256))

            self.send_all([frame() for _ in range(20000)])
            self.still_works()
        self.assertLess(self.alice.memory(), 60_000, "KiB of memory")

    def test_mutated_frames(self):
        seed = 7
        print("seed", seed)
        source = random.Random(seed)
        frames = []
        for good in self.GOOD.values():
            for _ in range(4000):
                frame = bytearray(good)
                for _ in range(source.randrange(1, 4)):
                    frame[source.randrange(0, len(frame))] = source.randrange(256)
                # Neither bob's nor alice's own name and place: claims about those are another matter.
                if frame[6] != STP and frame[16:24] in (struct.pack("!Q", BOB_NID), struct.pack("!Q", ALICE_NID)):
                    frame[16:24] = struct.pack("!Q", MALLORY_NID)
                frames.append(bytes(frame))
        source.shuffle(frames)
        self.send_all(frames)
        drain([self.at_alice, self.at_bob])  # some are still datagrams for an application
        self.still_works()

    @unittest.skipIf(lab.SANITIZED, "is about memory; test/bad_input/floods.cpp is the same in virtual time")
    def test_flood_of_locators_and_names(self):
        self.still_works()
        before = self.alice.memory()
        for start in range(0, 100_000, 1000):
            for index in range(start, start + 1000):
                locator = 0x1_0000_0000 + index
                self.card.send(A, discovery(locator, 0x2_0000_0000 + index, f"host-{index}"))
            time.sleep(0.002)
        for start in range(0, 100_000, 1000):
            for index in range(start, start + 1000):
                self.card.send(A, stp((0x3_0000_0000 + index, 0x4_0000_0000 + index), TO_ALICE, 10001, 10001, b"flood"))
            time.sleep(0.002)
        until(lambda: self.alice.counters()["dropped_table_full"] > 0, what="the table to be full", timeout=3)
        after = self.alice.memory()
        print(f"memory: {before} KiB before, {after} KiB after")
        self.assertLess(after - before, 16_000, "KiB more after the flood")
        self.still_works()
        self.assertIn("bob", self.alice.hosts())

    def test_own_frames_forged(self):
        # A frame that claims to come from alice herself, and one that maps one of her own networks elsewhere.
        self.card.send(A, stp((B, ALICE_NID), (A, BOB_NID), 10001, 10001, b"forged"))
        self.card.send(A, discovery(B, MALLORY_NID, "mallory"))
        until(lambda: "mallory" in self.alice.hosts(), what="mallory in the table of hosts")
        drain([self.at_bob])
        self.still_works()


class Newcomers(WithMallory):
    """mallory has filled alice's tables, and goes on: who comes then is found, and nobody loses anything."""

    def beside(self, frames):
        for _ in range(2):  # what is said again a second later is confirmed
            for index, frame in enumerate(frames):
                self.card.send(A, frame)
                if index % PACE == PACE - 1:
                    time.sleep(0.002)
            time.sleep(1.1)
        stop = threading.Event()

        def go_on():
            for frame in itertools.cycle(frames):
                self.card.send(A, frame)
                if stop.wait(0.001):
                    return

        flood = threading.Thread(target=go_on)
        flood.start()
        try:
            host = self.lab.host("carol")
            self.lab.proxy(host, "0:0:0:a", "ffff:0:0:c", ["10002:alice:10002"])
            self.alice.create("10002", "carol", "10002")
            at_alice, at_carol = self.hosts["alice"].udp(10002), host.udp(10002)
            flows = [Flow("alice to carol", at_alice, at_carol), Flow("carol to alice", at_carol, at_alice), *self.flows()]
            warm_up(flows, 20)
            run_flows(flows, 100, 2)
            self.once(*flows)
            self.assertTrue(flood.is_alive())
        finally:
            stop.set()
            flood.join()
        self.still_works()

    def test_newcomer_beside_a_flood_of_confirmed_names(self):
        self.beside([discovery(A, MALLORY_NID + 1 + index, f"stranger-{index}") for index in range(4094)])

    def test_newcomer_beside_a_flood_of_empty_datagrams(self):
        self.beside([stp((0x3_0000_0000 + index, MALLORY_NID + 1 + index), TO_ALICE, 1, 1, b"") for index in range(4094)])


class ControlRequests(WithMallory):
    def error(self, request, *words):
        answer = self.alice.ask(request)
        self.assertIsNotNone(answer, f"no answer to {request!r}")
        self.assertTrue(answer.startswith("error"), f"{request!r} was answered by {answer!r}")
        for word in words:
            self.assertIn(word, answer)

    def test_requests_of_the_wrong_length(self):
        for request in ("", " ", "\n", "10005", "10005 bob", "10005 bob 10001 and", "a b c d e f g", "x" * 4000,
                        b"\xff\xfe\0\1", "x" * 60000):
            listed = self.alice.ask("list")
            self.error(request)
            self.assertEqual(self.alice.ask("list"), listed)
        self.still_works()

    def test_ports_that_are_none(self):
        for port in ("0", "70000", "65536", "-1", "+5", "1e3", "0x10", "99999999999999999999", "port"):
            self.error(f"{port} bob 10001", port)
            self.error(f"10005 bob {port}", port)
        self.assertEqual(self.alice.ask("65535 bob 1"), "10000")
        self.still_works()

    def test_port_twice(self):
        self.error("10001 bob 10001", "10001")
        self.error("10001 carol 10002", "10001")
        self.assertEqual(self.alice.ask("list").strip(), "10001 bob 10001")
        self.error("remove 10009", "10009")
        self.still_works()

    def test_host_names_that_are_none(self):
        self.error(b"10005 \xff\xfe 10001")
        self.error("10005 " + "x" * 256 + " 10001")
        self.assertEqual(self.alice.ask("10005 " + "x" * 255 + " 10001"), "10000")
        self.still_works()

    def test_ten_thousand_mappings(self):
        before = self.alice.memory()
        for port in range(20000, 30000):
            self.assertEqual(self.alice.ask(f"{port} bob {port}"), "10000")
        listed = self.alice.create("--list").splitlines()
        self.assertEqual(len(listed), 10_001)
        self.bob.create("29999", "alice", "29999")
        at_bob, sender = self.hosts["bob"].udp(29999), self.hosts["alice"].udp(29999)
        sender.sendto(b"the last of them", ("127.0.0.1", 10000))
        self.assertEqual(receive(at_bob), b"the last of them")
        print(f"memory: {self.alice.memory() - before} KiB more")
        self.assertLess(self.alice.memory() - before, 16_000)
        for port in range(20000, 30000):
            self.assertEqual(self.alice.ask(f"remove {port}"), "10000")
        self.still_works()

    def test_requests_without_an_address_to_answer_to(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as anonymous:
            for request in (b"list", b"", b"10005 bob 10005"):
                anonymous.sendto(request, self.alice.control)
        until(lambda: "10005" in self.alice.ask("list"), what="the mapping")
        self.still_works()


if __name__ == "__main__":
    lab.main()
