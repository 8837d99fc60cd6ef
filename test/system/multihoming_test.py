"""A node in two networks at once."""

import lab
from lab import Flow, run_flows, warm_up
from overlay import A, B, C, Card, number, text

ALICE, BOB, CAROL, ROUTER = (f"ffff:0:0:{digit}" for digit in "abcd")


class Multihoming(lab.LabTest):
    def changes(self, frames, node, of):
        """How often the locator that a node's datagrams use changes, taking each datagram when it was first sent."""
        used = [getattr(frame, of) for frame in frames
                if frame.kind == "stp" and frame.source_nid == number(node) and frame.hop_limit == 3]
        self.assertTrue(used, f"no datagrams of {node} were seen")
        return [text(each) for index, each in enumerate(used) if index == 0 or used[index - 1] != each]

    def flow_and_listen(self, flows, rate, seconds, *locators):
        listener = Card(self.lab.host("listener"), *locators)
        frames = []
        ticks = [(0.05 * index, lambda: frames.extend(listener.frames())) for index in range(int(seconds / 0.05))]
        run_flows(flows, rate, seconds, ticks)
        return frames + listener.frames(0.1)

    def test_with_a_router_between_the_networks(self):
        # Five rounds of discovery go by.
        hosts = {name: self.lab.host(name) for name in ("alice", "bob", "router")}
        self.lab.router(hosts["router"], "0:0:0:a,0:0:0:b,0:0:0:c", ROUTER)
        self.lab.proxy(hosts["alice"], "0:0:0:a,0:0:0:c", ALICE, ["10001:bob:10001"])
        self.lab.proxy(hosts["bob"], "0:0:0:b", BOB, ["10001:alice:10001"])
        at_alice, at_bob = hosts["alice"].udp(10001), hosts["bob"].udp(10001)
        flows = [Flow("alice to bob", at_alice, at_bob), Flow("bob to alice", at_bob, at_alice)]
        warm_up(flows)
        frames = self.flow_and_listen(flows, 200, 8, A, B, C)
        self.once(*flows)
        self.assertLessEqual(len(self.changes(frames, ALICE, "source_locator")), 2, "alice flaps")
        self.assertLessEqual(len(self.changes(frames, BOB, "destination_locator")), 2, "bob flaps")
        rounds = {round(frame.when, 1) for frame in frames
                  if frame.kind == "solicitation" and frame.nid == number(ROUTER) or frame.kind == "advertisement"}
        self.assertGreaterEqual(len(rounds), 3, "too few rounds of discovery for a test")

    def test_same_two_networks_and_a_router(self):
        # Both ends are in both networks, and so is a router: three nodes could forward each datagram.
        hosts = {name: self.lab.host(name) for name in ("alice", "bob", "router")}
        self.lab.router(hosts["router"], "0:0:0:a,0:0:0:b", ROUTER)
        self.lab.proxy(hosts["alice"], "0:0:0:a,0:0:0:b", ALICE, ["10001:bob:10001"])
        self.lab.proxy(hosts["bob"], "0:0:0:b,0:0:0:a", BOB, ["10001:alice:10001"])
        at_alice, at_bob = hosts["alice"].udp(10001), hosts["bob"].udp(10001)
        flows = [Flow("alice to bob", at_alice, at_bob), Flow("bob to alice", at_bob, at_alice)]
        warm_up(flows)
        run_flows(flows, 300, 7)
        self.once(*flows)

    def test_only_link_between_two_networks(self):
        hosts = {name: self.lab.host(name) for name in ("alice", "bob", "carol")}
        self.lab.proxy(hosts["alice"], "0:0:0:a,0:0:0:b", ALICE, ["10001:bob:10001", "10002:carol:10001"])
        self.lab.proxy(hosts["bob"], "0:0:0:a", BOB, ["10001:alice:10001", "10003:carol:10003"])
        self.lab.proxy(hosts["carol"], "0:0:0:b", CAROL, ["10001:alice:10002", "10003:bob:10003"])
        sockets = {(name, port): hosts[name].udp(port) for name, port in (
            ("alice", 10001), ("alice", 10002), ("bob", 10001), ("bob", 10003), ("carol", 10001), ("carol", 10003))}

        def both(one, other):
            return [Flow(f"{one[0]} to {other[0]}", sockets[one], sockets[other]),
                    Flow(f"{other[0]} to {one[0]}", sockets[other], sockets[one])]

        flows = [*both(("alice", 10001), ("bob", 10001)), *both(("alice", 10002), ("carol", 10001)),
                 *both(("bob", 10003), ("carol", 10003))]
        warm_up(flows)
        frames = self.flow_and_listen(flows, 150, 7, A, B)
        self.once(*flows)
        for node in (BOB, CAROL):
            to_alice = [frame for frame in frames if frame.destination_nid == number(ALICE)]
            self.assertLessEqual(len(self.changes(to_alice, node, "destination_locator")), 2, f"{node} flaps")


if __name__ == "__main__":
    lab.main()
