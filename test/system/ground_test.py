"""What is below the overlay: network cards, addresses, links and buffers that are not as one would like."""

import os
import re
import signal
import time
import unittest

import lab
from lab import Flow, Node, run_flows, until, warm_up
from nft import Firewall
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

    def told_once(self, *patterns):
        """alice has said each of these in one line."""
        for pattern in patterns:
            self.assertEqual(len(re.findall(pattern, self.alice.output, re.MULTILINE)), 1, pattern)

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
        self.alice.wait_line("link: mcast_interface eth0 cannot be used: it is down$")
        self.alice_host.ip("link", "set", "eth0", "up")
        self.healed(time.monotonic(), 2.0)
        self.told_once("cannot be used: it is down", "can be used$")

    def test_cable_out_and_in(self):
        self.alice_host = self.lab.host("alice", None)
        cable = self.alice_host.attach()
        self.bob_host = self.lab.host("bob")
        self.bob = self.lab.proxy(self.bob_host, "0:0:0:a", BOB, ["10001:alice:10001"])
        self.at_bob = self.bob_host.udp(10001)
        self.start_alice()
        warm_up(self.flows)
        lab.checked("ip", "link", "set", cable, "down")
        self.alice.wait_line("cannot be used: it has no carrier")
        lab.checked("ip", "link", "set", cable, "up")
        self.healed(time.monotonic(), 2.0)
        self.told_once("cannot be used: it has no carrier", "can be used$")

    def test_interface_renamed_for_three_seconds(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        self.alice_host.ip("link", "set", "eth0", "down", "name", "lan9")
        self.alice_host.ip("link", "set", "lan9", "up")
        time.sleep(3)
        self.alice.wait_line("cannot be used: it is called lan9 now")
        self.alice_host.ip("link", "set", "lan9", "down", "name", "eth0")
        self.alice_host.ip("link", "set", "eth0", "up")
        self.healed(time.monotonic(), 2.0)
        self.told_once("cannot be used: it is (down|called lan9 now)", "can be used$")

    def test_ipv6_gone_for_a_moment(self):
        # The kernel forgets the groups, and has an address again at once, with or without looking for another who has it.
        self.pair(dad=True)
        self.start_alice()
        warm_up(self.flows)
        for detection in ({"accept_dad": 0}, {"accept_dad": 1, "optimistic_dad": 1, "use_optimistic": 1}):
            for key, value in detection.items():
                for conf in ("all", "default"):  # from which eth0 takes it when it has IPv6 again
                    self.alice_host.sysctl(f"ipv6/conf/{conf}/{key}", value)
            self.alice_host.ip("link", "set", "eth0", "mtu", "1200")
            self.alice_host.ip("link", "set", "eth0", "mtu", "1500")
            self.healed(time.monotonic(), 3.0)

    def test_port_of_a_bridge(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        self.alice_host.ip("link", "add", "br0", "type", "bridge")
        self.alice_host.ip("link", "set", "eth0", "master", "br0")
        self.alice.wait_line("cannot be used: it belongs to br0, so nothing .* is heard: set mcast_interface to br0$")
        self.alice_host.ip("link", "set", "eth0", "nomaster")
        self.healed(time.monotonic(), 2.0)
        self.told_once("cannot be used: it belongs to br0", "can be used$")

    def test_route_gone_and_back(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        route = ("multicast", "ff00::/8", "dev", "eth0", "table", "local")
        self.alice_host.ip("-6", "route", "del", *route)
        self.alice.wait_line("cannot be used: it has no route")
        self.alice_host.ip("-6", "route", "add", *route)
        self.healed(time.monotonic(), 2.0)
        self.told_once("cannot be used: it has no route", "can be used$")

    def firewall(self, **rules):
        try:
            return Firewall(self.alice_host, **rules)
        except OSError as error:
            raise unittest.SkipTest(str(error))

    def test_firewall_that_passes_only_the_overlay(self):
        self.pair()
        wall = self.firewall(passed=lab.MCAST_PORT)
        self.start_alice()
        warm_up(self.flows)
        run_flows(self.flows, 100, 2)
        self.once(*self.flows)
        self.alice_host.ip("link", "set", "eth0", "down")
        self.alice.wait_line("cannot be used")
        time.sleep(0.5)
        self.alice_host.ip("link", "set", "eth0", "up")
        self.healed(time.monotonic(), 2.0)
        self.assertEqual(wall.dropped(), 0)
        self.assertNotRegex(self.alice.output, "cannot be used yet|cannot be sent|not permitted")

    def test_firewall_that_refuses_frames(self):
        self.pair()
        self.start_alice()
        warm_up(self.flows)
        wall = self.firewall(refused=lab.MCAST_PORT)
        until(lambda: self.at_alice.sendto(b"nobody hears me", ("127.0.0.1", 10000))
              and re.search("link: frames to 0:0:0:a cannot be sent on eth0: Operation not permitted .a firewall",
                            self.alice.output), what="the failure to be told", every=0.05)
        self.assertGreater(wall.dropped(), 0)
        wall.remove()
        self.healed(time.monotonic(), 2.0)
        until(lambda: self.at_alice.sendto(b"x", ("127.0.0.1", 10000)) and
              re.search("frames to 0:0:0:a are sent on eth0 again", self.alice.output), what="the end to be told", every=0.05)
        self.told_once("cannot be sent on eth0", "are sent on eth0 again")
        counters = self.alice.counters()
        self.assertEqual(counters["send_failures"], 1)
        self.assertEqual(counters["link_failures"], 0)

    def test_frames_sent_one_by_one(self):
        self.pair()
        self.start_alice(link={"segmentation": "off"})
        warm_up(self.flows)
        for _ in range(20):
            for _ in range(50):
                self.at_alice.sendto(bytes(500), ("127.0.0.1", 10000))
            time.sleep(0.01)
        until(lambda: self.alice.counters()["frames_out"] > 1000, what="all to be sent")
        counters = self.alice.counters()
        self.assertEqual(counters["frames_out"], counters["buffers_out"])

    def test_stopped_while_its_peer_moves(self):
        # What waits in its socket when it goes on says that bob is where it was.
        self.pair()
        carol_host, router = self.lab.host("carol"), self.lab.host("router")
        self.lab.router(router, "0:0:0:a,0:0:0:b")
        self.start_alice()
        warm_up(self.flows)
        self.alice.child.send_signal(signal.SIGSTOP)
        Card(carol_host, A).send(A, discovery(A, 0x77, "carol", solicitation=True))
        time.sleep(0.5)
        self.bob.stop()
        again = self.lab.proxy(self.bob_host, "0:0:0:b", BOB, ["10001:alice:10001"], name="bob")
        time.sleep(2.5)
        self.assertTrue(again.running)
        self.alice.child.send_signal(signal.SIGCONT)
        self.healed(time.monotonic(), 2.0)
        self.assertGreater(self.alice.counters()["dropped_discovery_stale"], 0)

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
