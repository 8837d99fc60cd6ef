"""What is below the overlay: network cards, addresses, links and buffers that are not as one would like."""

import os
import time

import lab
from lab import Flow, Node, run_flows, until, warm_up
from overlay import A, B, Card, discovery

ALICE, BOB, CAROL, DAVE = (f"ffff:0:0:{digit}" for digit in "abcd")


class Ground(lab.LabTest):
    networks = ("net0", "net1")

    def pair(self, **options):
        """alice and bob, each on a host, in one network of the overlay."""
        self.alice_host, self.bob_host = self.lab.host("alice", **options), self.lab.host("bob")
        self.bob = self.lab.proxy(self.bob_host, "0:0:0:a", BOB, ["10001:alice:10001"])
        self.at_bob = self.bob_host.udp(10001)

    def start_alice(self, **options):
        self.alice = self.lab.proxy(self.alice_host, "0:0:0:a", ALICE, ["10001:bob:10001"], **options)
        self.at_alice = self.alice_host.udp(10001)
        self.flows = [Flow("alice to bob", self.at_alice, self.at_bob), Flow("bob to alice", self.at_bob, self.at_alice)]

    def healed(self, since, limit):
        """Both ways work, within `limit` seconds from then."""
        warm_up(self.flows, limit + 3)
        took = time.monotonic() - since
        print(f"healed after {took:.2f} s")
        self.assertLess(took, limit)
        run_flows(self.flows, 300, 0.5)
        self.once(*self.flows)

    def test_two_interfaces_with_the_same_group(self):
        # One host, a node on each card; another node on each network. Nothing crosses over.
        middle = self.lab.host("middle")
        middle.attach("eth1", "net1")
        bob, dave = self.lab.host("bob"), self.lab.host("dave", "net1")
        one = self.lab.proxy(middle, "0:0:0:a", ALICE, ["10001:bob:10001"], name="alice", port=10010)
        two = self.lab.proxy(middle, "0:0:0:a", CAROL, ["10002:dave:10001"], name="carol", port=10020, interface="eth1")
        self.lab.proxy(bob, "0:0:0:a", BOB, ["10001:alice:10001"])
        self.lab.proxy(dave, "0:0:0:a", DAVE, ["10001:carol:10002"])
        at_alice, at_carol, at_bob, at_dave = middle.udp(10001), middle.udp(10002), bob.udp(10001), dave.udp(10001)
        flows = [Flow("alice to bob", at_alice, at_bob, ("127.0.0.1", 10010)), Flow("bob to alice", at_bob, at_alice),
                 Flow("carol to dave", at_carol, at_dave, ("127.0.0.1", 10020)),
                 Flow("dave to carol", at_dave, at_carol)]
        warm_up(flows)
        run_flows(flows, 300, 1.5)
        self.once(*flows)
        self.assertNotIn("dave", one.hosts())
        self.assertNotIn("bob", two.hosts())
        # A frame for alice's network that comes in by the other card does not count.
        before = one.counters()["delivered"]
        Card(dave, A).send(A, discovery(A, 0x77, "smuggler"))
        until(lambda: "smuggler" in two.hosts(), what="carol to hear the smuggler")
        self.assertNotIn("smuggler", one.hosts())
        self.assertEqual(one.counters()["delivered"], before)

    def test_group_that_another_program_joined(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        Card(self.alice_host, B)  # shares the port, and has the kernel receive b
        stranger = Card(self.lab.host("stranger"), B)
        stranger.send(B, discovery(B, 0x77, "stranger"))
        time.sleep(0.3)
        self.assertNotIn("stranger", self.alice.hosts())

    def test_link_down_and_up(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        self.alice_host.ip("link", "set", "eth0", "down")
        for _ in range(20):
            self.at_alice.sendto(b"nobody hears me", ("127.0.0.1", 10000))
            time.sleep(0.02)
        self.alice_host.ip("link", "set", "eth0", "up")
        self.healed(time.monotonic(), 2.0)

    def test_cable_out_and_in(self):
        self.alice_host = self.lab.host("alice", None)
        cable = self.alice_host.attach()
        self.bob_host = self.lab.host("bob")
        self.bob = self.lab.proxy(self.bob_host, "0:0:0:a", BOB, ["10001:alice:10001"])
        self.at_bob = self.bob_host.udp(10001)
        self.start_alice()
        warm_up(self.flows)
        lab.checked("ip", "link", "set", cable, "down")
        time.sleep(0.5)
        lab.checked("ip", "link", "set", cable, "up")
        self.healed(time.monotonic(), 2.0)

    def test_interface_removed_and_back(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        self.alice_host.ip("link", "del", "eth0")
        for _ in range(20):
            self.at_alice.sendto(b"nobody hears me", ("127.0.0.1", 10000))
            time.sleep(0.02)
        self.assertTrue(self.alice.running)
        self.alice_host.attach()
        self.healed(time.monotonic(), 2.0)

    def test_link_down_in_the_middle_of_a_move(self):
        self.pair()
        router = self.lab.host("router")
        self.lab.router(router, "0:0:0:a,0:0:0:b")
        self.alice = self.lab.proxy(self.alice_host, "0:0:0:a-0:0:0:b", ALICE, ["10001:bob:10001"],
                                    network={"move_time": 1, "handoff_time": 0.4, "log": "true"})
        self.at_alice = self.alice_host.udp(10001)
        self.flows = [Flow("alice to bob", self.at_alice, self.at_bob), Flow("bob to alice", self.at_bob, self.at_alice)]
        warm_up(self.flows)
        count = self.alice.output.count("handoff begins")
        until(lambda: self.alice.output.count("handoff begins") > count, what="a handoff")
        self.alice_host.ip("link", "set", "eth0", "down")
        time.sleep(1.5)
        self.alice_host.ip("link", "set", "eth0", "up")
        since = time.monotonic()
        warm_up(self.flows, 5)
        self.assertLess(time.monotonic() - since, 2.5)

    def test_start_before_the_address_is_ready(self):
        # Duplicate address detection as the kernel does it by default: for about two seconds nothing can be sent.
        self.pair()
        self.alice_host = self.lab.host("newcomer", dad=True)
        self.assertIn("tentative", self.alice_host.ip("-6", "address", "show", "dev", "eth0"))
        listener = Card(self.lab.host("listener"), A)
        since = time.monotonic()
        self.start_alice(name="alice")
        until(lambda: "tentative" not in self.alice_host.ip("-6", "address", "show", "dev", "eth0"), what="the address",
              timeout=8)
        ready = time.monotonic()
        listener.wait("solicitation", name="alice", timeout=2)
        print(f"address ready after {ready - since:.2f} s, solicited {time.monotonic() - ready:.2f} s later")
        self.healed(ready, 2.0)

    def test_start_while_the_link_is_down(self):
        self.pair()
        self.alice_host.ip("link", "set", "eth0", "down")
        self.start_alice()
        time.sleep(0.5)
        self.alice_host.ip("link", "set", "eth0", "up")
        self.healed(time.monotonic(), 2.0)

    def test_loopback_as_the_interface(self):
        host = self.lab.host("alone", None)
        try:
            self.lab.proxy(host, "0:0:0:a", ALICE, ["10001:bob:10002"], name="alice", port=10010, interface="lo")
        except AssertionError:
            # Refused, then, in one line that says so.
            self.assertRegex(self.lab.processes[-1].output, r"\blo\b.*\n$")
            return
        self.lab.proxy(host, "0:0:0:a", BOB, ["10002:alice:10001"], name="bob", port=10020, interface="lo")
        at_alice, at_bob = host.udp(10001), host.udp(10002)
        flows = [Flow("alice to bob", at_alice, at_bob, ("127.0.0.1", 10010)),
                 Flow("bob to alice", at_bob, at_alice, ("127.0.0.1", 10020))]
        warm_up(flows)
        run_flows(flows, 300, 1)
        self.once(*flows)

    def test_buffers_that_the_kernel_refuses(self):
        # Without rights over the machine a process gets what net.core.rmem_max allows. The node says so if that is
        # less than it asked for, and works.
        self.pair()
        os.chmod(self.lab.folder, 0o777)
        config = self.lab.config("alice", "0:0:0:a", ALICE)
        wrap = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"] if os.geteuid() == 0 else []
        with open("/proc/self/uid_map") as file:
            own_users = file.read().split()[2] != "4294967295"
        if own_users:
            wrap = []  # in a user namespace the right to force a buffer is not there in the first place
        self.alice = Node.__new__(Node)
        self.alice.config, self.alice.control = config, os.path.join(self.lab.folder, "alice.sock")
        lab.Process.__init__(self.alice, self.lab, self.alice_host, "alice",
                             [*wrap, os.path.join(lab.BIN, "ilnp-proxy"), config, "10000", "--control",
                              self.alice.control, "--map", "10001:bob:10001"])
        self.alice.wait_line("Listening on")
        with open("/proc/sys/net/core/rmem_max") as file:
            limit = int(file.read())
        if limit < 4 << 20:  # what the node asks for
            self.alice.wait_line(r"(?i)receive buffer")
        self.at_alice = self.alice_host.udp(10001)
        self.flows = [Flow("alice to bob", self.at_alice, self.at_bob), Flow("bob to alice", self.at_bob, self.at_alice)]
        warm_up(self.flows)
        run_flows(self.flows, 500, 1)
        self.once(*self.flows)


if __name__ == "__main__":
    lab.main()
