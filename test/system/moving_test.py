"""Moves over real sockets: the soft handoff, and what can go wrong in it."""

import datetime
import re
import time

import lab
from lab import Flow, drain, receive, run_flows, until, warm_up
from overlay import A, B, C, Card, acknowledgement, discovery, number, stp, text, update

ALICE, BOB, CAROL, ROUTER = (f"ffff:0:0:{digit}" for digit in "abcd")
ALICE_NID, BOB_NID = number(ALICE), number(BOB)


def handoffs(node):
    """When the node's handoffs began, on the monotonic clock. Its network log must be on."""
    offset = time.monotonic() - time.time()
    return [datetime.datetime.strptime(moment, "%Y-%m-%d %H:%M:%S.%f").timestamp() + offset
            for moment in re.findall(r"^([-0-9]+ [:.0-9]+) info network: handoff begins", node.output, re.MULTILINE)]


class Moving(lab.LabTest):
    def mover(self, locators="0:0:0:a-0:0:0:b-0:0:0:c", move=1.5, handoff=0.75, retries=3, retry=1, session=30,
              bob="0:0:0:b", router="0:0:0:a,0:0:0:b,0:0:0:c", wait_time=5):
        hosts = self.hosts = {name: self.lab.host(name) for name in ("alice", "bob", "router")}
        discovery_section = {"wait_time": wait_time}
        if router:
            self.lab.router(hosts["router"], router, ROUTER, discovery=discovery_section)
        if bob:
            self.bob_arguments = dict(locators=bob, nid=BOB, maps=["10001:alice:10001"], discovery=discovery_section)
            self.bob = self.lab.proxy(hosts["bob"], **self.bob_arguments)
        self.alice = self.lab.proxy(
            hosts["alice"], locators, ALICE, ["10001:bob:10001"], discovery=discovery_section,
            network={"move_time": move, "handoff_time": handoff, "loc_update_retries": retries, "log": "true",
                     "loc_update_retry_wait_time": retry, "active_unicast_session_ttl": session})
        self.at_alice = hosts["alice"].udp(10001)
        self.at_bob = hosts["bob"].udp(10001)
        self.flows = [Flow("alice to bob", self.at_alice, self.at_bob, size=256),
                      Flow("bob to alice", self.at_bob, self.at_alice, size=256)]

    def reordered_only_in_moves(self, *flows):
        """What was overtaken had been sent just before a handoff."""
        moves = handoffs(self.alice)
        for flow in flows:
            highest = -1
            for _, sequence in flow.received:
                sent = flow.sent[sequence]
                if sequence < highest and not any(-0.1 < sent - move < 0.1 for move in moves):
                    self.fail(f"{flow}: datagram {sequence} was overtaken, {sent - flow.sent[0]:.3f} s from the start")
                highest = max(highest, sequence)

    def test_ten_handoffs_at_1000_a_second(self):
        self.mover()
        warm_up(self.flows)
        run_flows(self.flows, 1000, 16)
        self.assertGreaterEqual(len(handoffs(self.alice)), 10)
        self.once(*self.flows, reordered=None)
        self.reordered_only_in_moves(*self.flows)

    def test_handoff_to_two_networks_and_back(self):
        self.mover("0:0:0:a-0:0:0:b,0:0:0:c", move=2, handoff=1)
        warm_up(self.flows)
        run_flows(self.flows, 500, 9)
        self.once(*self.flows, reordered=None)
        self.reordered_only_in_moves(*self.flows)

    def test_idle_mover_is_found_by_the_first_datagram(self):
        # Without updates the second advertisement, after 1.2 s, is what bob surely follows: it must have arrived when alice leaves.
        self.mover(move=3.6, handoff=1.8, session=0.3)
        warm_up(self.flows)
        listener = Card(self.lab.host("listener"), A, B, C)
        drain([self.at_alice])
        begun = len(handoffs(self.alice))
        for count in range(1, 5):
            until(lambda: len(handoffs(self.alice)) >= begun + count, what="the next handoff")
            until(lambda: len(re.findall("handoff ended", self.alice.output)) >= len(handoffs(self.alice)),
                  what="the end of the handoff")
            listener.frames()
            self.at_bob.sendto(b"there you are", ("127.0.0.1", 10000))
            self.assertEqual(receive(self.at_alice, 0.5), b"there you are", f"after move {count}")
            self.assertIsNone(receive(self.at_alice, 0.05), "twice")

    def by_hand(self, **options):
        """The correspondent is this test: a card in all networks, which answers as it likes."""
        self.mover(bob=None, router=None, **options)
        self.card = Card(self.hosts["bob"], A, B, C)
        self.card.send(A, discovery(A, BOB_NID, "bob"))
        until(lambda: "bob" in self.alice.hosts(), what="alice to know bob")
        self.at_alice.sendto(b"hello", ("127.0.0.1", 10000))
        self.card.wait("stp", data=b"hello")

    def acknowledge(self, frame):
        # On the new network, as if a router had forwarded it there.
        self.card.send(frame.locators[0], acknowledgement((frame.destination_locator, BOB_NID),
                                                              (frame.locators[0], ALICE_NID)))

    def test_first_acknowledgement_lost(self):
        self.by_hand(locators="0:0:0:a-0:0:0:b", move=2, handoff=1.5, retry=0.3)
        first = self.card.wait("update", interface=A, locators=[B])
        again = self.card.wait("update", interface=A, locators=[B])
        self.assertAlmostEqual(again.when - first.when, 0.3, delta=0.15)
        self.assertEqual((again.source_nid, again.source_locator, again.destination_nid), (ALICE_NID, A, BOB_NID))
        self.card.send(B, acknowledgement((again.destination_locator, BOB_NID), (B, ALICE_NID)))
        more = [frame for frame in self.card.frames(0.8) if frame.kind == "update"]
        self.assertEqual(more, [], "an update was sent again after its acknowledgement")

    def test_never_acknowledged_ends_after_the_retries(self):
        self.by_hand(locators="0:0:0:a-0:0:0:b", move=2.5, handoff=1.5, retries=2, retry=0.2)
        self.card.wait("update", interface=A, locators=[B])
        more = [frame for frame in self.card.frames(1.2) if frame.kind == "update"]
        self.assertEqual(len(more), 2, more)

    def test_two_moves_with_the_update_of_the_first_lost(self):
        self.by_hand(move=1.5, handoff=0.6, retries=1, retry=0.2)
        self.card.wait("update", locators=[B])
        second = self.card.wait("update", locators=[C])
        self.assertEqual((second.interface, second.source_locator), (B, B), "not on the old interface")
        self.acknowledge(second)
        self.at_alice.sendto(b"from c", ("127.0.0.1", 10000))
        arrived = self.card.wait("stp", data=b"from c")
        self.assertEqual((arrived.interface, arrived.source_locator), (C, C))

    def test_update_from_a_locator_never_heard_of(self):
        # This time the test moves: the update from a to b was lost, the one from b to c arrives.
        bob = self.lab.host("bob")
        self.lab.proxy(bob, "0:0:0:b,0:0:0:c,0:0:0:a", BOB, ["10001:alice:10001"], discovery={"wait_time": 20})
        at_bob = bob.udp(10001)
        card = Card(self.lab.host("alice"), A, B, C)
        card.send(A, discovery(A, ALICE_NID, "alice"))
        card.send(A, stp((A, ALICE_NID), (A, BOB_NID), 10001, 10001, b"from a"))
        self.assertEqual(receive(at_bob), b"from a")
        at_bob.sendto(b"to a", ("127.0.0.1", 10000))
        self.assertEqual(card.wait("stp").destination_locator, A)
        card.send(B, update((B, ALICE_NID), (A, BOB_NID), [C]))
        answer = card.wait("acknowledgement")
        self.assertEqual((answer.source_locator, answer.source_nid, answer.destination_locator),
                         (A, BOB_NID, C), answer)
        at_bob.sendto(b"to c", ("127.0.0.1", 10000))
        arrived = card.wait("stp", data=b"to c")
        self.assertEqual((arrived.destination_locator, arrived.interface), (C, C), arrived)
        # Repeated, since the acknowledgement was lost: acknowledged again.
        card.send(B, update((B, ALICE_NID), (A, BOB_NID), [C]))
        card.wait("acknowledgement")

    def test_update_from_a_stranger_changes_nothing(self):
        bob = self.lab.host("bob")
        proxy = self.lab.proxy(bob, "0:0:0:b", BOB, ["10001:carol:10001"], discovery={"wait_time": 20})
        card = Card(self.lab.host("mallory"), B)
        card.send(B, discovery(B, number(CAROL), "carol"))
        until(lambda: "carol" in proxy.hosts(), what="bob to know carol")
        before = proxy.counters()["dropped_update_unexpected"]
        card.send(B, update((B, number(CAROL)), (B, BOB_NID), [C]))
        until(lambda: proxy.counters()["dropped_update_unexpected"] > before, what="the update to be refused")
        self.assertEqual([frame for frame in card.frames(0.2) if frame.kind == "acknowledgement"], [])
        bob.udp(10001).sendto(b"carol?", ("127.0.0.1", 10000))
        self.assertEqual(card.wait("stp").destination_locator, B)

    def test_hard_handoff_recovers(self):
        self.mover(move=1.5, handoff=0)
        warm_up(self.flows)
        run_flows(self.flows, 500, 6)
        for flow in self.flows:
            print(flow, f"longest gap {flow.longest_gap():.3f} s")
            self.assertEqual(flow.duplicated, 0, str(flow))
            self.assertLess(flow.longest_gap(), 1.0, str(flow))
            self.assertLess(len(flow.lost), len(flow.sent) * 0.2, str(flow))

    def test_correspondent_gone_in_the_middle_of_a_handoff(self):
        self.mover(move=1.5, handoff=0.75, retry=0.2)
        warm_up(self.flows)
        begun = len(handoffs(self.alice))
        until(lambda: len(handoffs(self.alice)) > begun, what="a handoff")
        self.bob.kill()
        for _ in range(20):
            self.at_alice.sendto(b"into the void", ("127.0.0.1", 10000))
            time.sleep(0.01)
        until(lambda: len(handoffs(self.alice)) > begun + 2, what="the moves to go on")
        self.bob = self.lab.proxy(self.hosts["bob"], **self.bob_arguments)
        warm_up(self.flows)
        run_flows(self.flows, 500, 3.2)
        self.once(*self.flows, reordered=None)

    def test_moves_faster_than_the_retries(self):
        self.mover(move=0.6, handoff=0.3, retry=1)
        warm_up(self.flows)
        run_flows(self.flows, 500, 5)
        self.assertGreaterEqual(len(handoffs(self.alice)), 7)
        self.once(*self.flows, reordered=None)

    def test_moves_faster_than_the_retries_never_acknowledged(self):
        self.by_hand(move=0.5, handoff=0.3, retries=3, retry=1)
        seen, end = [], time.monotonic() + 3.2
        while time.monotonic() < end:
            seen += [frame for frame in self.card.frames(0.1) if frame.kind == "update"]
            self.at_alice.sendto(b"still here", ("127.0.0.1", 10000))
        # Each update says where alice was going at that moment: an older one is never repeated after a newer one.
        targets = [text(frame.locators[0]) for frame in seen]
        cycle = ["0:0:0:b", "0:0:0:c", "0:0:0:a"]
        changes = [target for index, target in enumerate(targets) if index == 0 or targets[index - 1] != target]
        start = cycle.index(changes[0])
        self.assertEqual(changes, [cycle[(start + index) % 3] for index in range(len(changes))])
        self.assertGreaterEqual(len(changes), 5, changes)
        self.assertTrue(self.alice.running)

    def test_correspondent_is_the_router(self):
        # No other node forwards from the old network to the new one.
        self.mover(bob="0:0:0:b,0:0:0:a,0:0:0:c", router=None)
        warm_up(self.flows)
        before = self.alice.counters()
        run_flows(self.flows, 500, 5)
        self.once(*self.flows, reordered=None)
        after = self.alice.counters()
        updates = after["updates_sent"] - before["updates_sent"]
        self.assertLessEqual(updates, after["handoffs"] - before["handoffs"] + 1, "updates were repeated")


if __name__ == "__main__":
    lab.main()
