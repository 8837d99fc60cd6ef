"""A router of ours beside one that should forward, and forwards a part of a flow, or none; and a forger that claims that it does."""

import random
import threading
import time

import lab
from lab import Flow, run_flows, warm_up
from overlay import A, B, Card, discovery, packet

ALICE, BOB, ROUTER = 0xFFFF00000000000A, 0xFFFF00000000000B, 0xFFFF00000000000D
BAD = 0xFFFF000000000001  # lower than the router's: it comes first


def name(nid):
    return f"ffff:0:0:{nid & 0xFFFF:x}"


class BadRouter(threading.Thread):
    """Is in both networks, says so like any node, and forwards only `share` of what alice and bob send each other. `forged`:
    each so many seconds it puts something on both networks that looks like a packet of either flow."""

    def __init__(self, host, share, forged=None):
        super().__init__(daemon=True)
        self.card = Card(host, A, B)
        self.share, self.forged = share, forged
        self.random = random.Random(1)
        self.over = threading.Event()
        self.carried = 0

    def run(self):
        announce = forge = time.monotonic()
        while not self.over.is_set():
            for frame in self.card.frames(0.002):
                far = {A: B, B: A}[frame.interface]
                if frame.kind == "stp" and frame.destination_locator == far and self.random.random() < self.share:
                    self.card.send(far, frame.raw[:7] + bytes([frame.hop_limit - 1]) + frame.raw[8:])
                    self.carried += 1
            now = time.monotonic()
            if now >= announce:
                announce = now + 0.5
                for locator in (A, B):
                    self.card.send(locator, discovery(locator, BAD, "bad"))
            if self.forged and now >= forge:
                forge = now + self.forged
                for locator in (A, B):
                    for hop_limit in (2, 255):
                        self.card.send(locator, packet((A, ALICE), (B, BOB), 42, b"", hop_limit))
                        self.card.send(locator, packet((B, BOB), (A, ALICE), 42, b"", hop_limit))

    def stop(self):
        self.over.set()
        self.join()


class OneCopy(lab.LabTest):
    def check(self, share, forged=None):
        alice, bob, router, bad = (self.lab.host(each) for each in ("alice", "bob", "router", "bad"))
        bad = BadRouter(bad, share, forged)
        bad.start()
        self.addCleanup(bad.stop)
        self.lab.router(router, "0:0:0:a,0:0:0:b", name(ROUTER))
        self.lab.proxy(alice, "0:0:0:a", name(ALICE), ["10001:bob:10001"])
        self.lab.proxy(bob, "0:0:0:b", name(BOB), ["10001:alice:10001"])
        at_alice, at_bob = alice.udp(10001), bob.udp(10001)
        flows = [Flow("alice to bob", at_alice, at_bob), Flow("bob to alice", at_bob, at_alice)]
        warm_up(flows, timeout=20)
        start = run_flows(flows, 100, 4)
        for flow in flows:
            late = [moment for moment in flow.lost_times(start) if moment > 1.3]
            self.assertLessEqual(len(late), 3, str(flow))
            self.assertEqual(flow.duplicated, 0, str(flow))

    def test_a_router_that_drops_a_part_does_not_harm_for_long(self):
        self.check(0.4)

    def test_a_router_that_drops_a_third_does_not_harm_for_long(self):
        self.check(0.7)

    def test_forged_packets_do_not_hide_that_nobody_forwards(self):
        self.check(0.0, forged=0.4)

    def test_a_flood_of_forged_packets_does_not_hide_that_nobody_forwards(self):
        self.check(0.0, forged=0.004)


if __name__ == "__main__":
    lab.main()
