"""Nodes that shut down, vanish, come back, or are impersonated."""

import threading
import time

import lab
from datagrams_test import ALICE, BOB, CAROL, ThreeHosts
from lab import run_flows, until
from overlay import A, B, Card, discovery, number, stp, update


class Liveness(ThreeHosts):
    def sending(self, sock, pause=0.2):
        """Sends from a socket until the test is over."""
        ended = threading.Event()

        def send():
            while not ended.wait(pause):
                sock.sendto(b"are you there?", ("127.0.0.1", 10000))

        thread = threading.Thread(target=send)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(ended.set)

    def test_a_node_that_ends_says_goodbye(self):
        self.three()
        self.ready()
        self.assertEqual(self.bob.stop(), 0)
        self.alice.wait_line(r"bob \(ffff:0:0:b\) has shut down")
        self.assertNotIn(BOB, self.alice.hosts())
        self.assertGreater(self.alice.counters()["goodbyes_received"], 0)

    def test_a_mapping_to_a_node_that_has_ended_is_shown_once(self):
        self.three()
        self.ready()
        self.assertEqual(self.bob.stop(), 0)
        self.alice.wait_line("has shut down")
        self.sending(self.at_alice, 0.02)
        self.alice.wait_line("10001: unknown host: no node called bob has been heard")
        time.sleep(1)
        self.bob = self.lab.proxy(self.hosts["bob"], "0:0:0:b", BOB, ["10001:alice:10001"])
        self.alice.wait_line("10001: a node called bob is heard")
        for line in ("no node called bob", "a node called bob"):
            self.assertLessEqual(self.alice.output.count(line), 2, self.alice.output)  # the first as it started

    def test_a_peer_that_vanishes_and_comes_back(self):
        self.three(discovery={"wait_time": 30})
        self.ready()
        self.sending(self.at_alice)
        self.bob.kill()
        self.alice.wait_line(r"nothing is heard from bob \(ffff:0:0:b\)", timeout=40)
        self.bob = self.lab.proxy(self.hosts["bob"], "0:0:0:b", BOB, ["10001:alice:10001"], discovery={"wait_time": 30})
        self.alice.wait_line(r"bob \(ffff:0:0:b\) is heard again", timeout=20)
        self.assertEqual(self.alice.output.count("nothing is heard from bob"), 1)

    def test_a_node_restarted_with_another_identifier_has_its_name_soon(self):
        self.three()
        self.ready()
        self.bob.kill()
        self.bob = self.lab.proxy(self.hosts["bob"], "0:0:0:b", CAROL, ["10001:alice:10001"])
        self.alice.wait_line("the name bob now means " + CAROL)
        self.ready()
        self.assertIn(f"bob {CAROL} 0:0:0:b", self.alice.hosts().splitlines())  # without "name taken by another node"

    def test_a_forged_claim_does_not_take_the_name_of_a_node_that_is_there(self):
        self.three()
        self.ready()
        mallory = Card(self.lab.host("mallory"), A)
        flows = self.flows()
        run_flows(flows, 100, 4, [(0.5 + 0.1 * each, lambda: mallory.send(A, discovery(A, 0xEE, "bob")))
                                  for each in range(30)])
        self.once(*flows)
        self.alice.wait_line("two nodes claim the name bob")
        self.assertEqual(self.alice.counters()["names_passed"], 0)

    def test_a_forged_update_is_undone(self):
        self.three()
        self.ready()
        mallory = Card(self.lab.host("mallory"), A)
        bob, alice = (B, number(BOB)), (A, number(ALICE))
        flows = self.flows()
        run_flows(flows, 100, 6, [(0.5, lambda: mallory.send(A, update(bob, alice, [A])))])
        self.alice.wait_line("a locator update of bob .* was wrong")
        self.assertLess(len(flows[0].lost), 350, str(flows[0]))
        self.assertGreater(len(flows[0].lost), 50, "nothing was tried")
        run_flows(again := self.flows(), 100, 1)
        self.once(*again)

    def test_a_forged_goodbye_changes_nothing(self):
        self.three()
        self.ready()
        mallory = Card(self.lab.host("mallory"), A)
        goodbye = stp((B, number(BOB)), (A, number(ALICE)), 0, 0, b"\6\0\0\0")
        for _ in range(20):
            mallory.send(A, goodbye)
            time.sleep(0.1)
        until(lambda: self.alice.counters()["goodbyes_received"] == 20, what="the goodbyes to be counted")
        time.sleep(1.5)
        self.assertEqual(self.alice.counters()["peers_left"], 0)
        self.ready()
        run_flows(flows := self.flows(), 100, 1)
        self.once(*flows)


if __name__ == "__main__":
    lab.main()
