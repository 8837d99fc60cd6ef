"""Three hosts for real: applications' datagrams through the programs, in one network and through routers."""

import signal
import subprocess
import time

import lab
from lab import Flow, drain, receive, run_flows, until, warm_up
from overlay import A, Card

ALICE, BOB, CAROL, ROUTER, SECOND_ROUTER = (f"ffff:0:0:{digit}" for digit in "abcde")
MAX_PAYLOAD = 1396


class ThreeHosts(lab.LabTest):
    """alice and bob with a proxy each, and by default a router between their networks."""

    def three(self, alice="0:0:0:a", bob="0:0:0:b", router="0:0:0:a,0:0:0:b", **config):
        self.hosts = {name: self.lab.host(name) for name in ("alice", "bob")}
        if router:
            self.hosts["router"] = self.lab.host("router")
            self.router = self.lab.router(self.hosts["router"], router, ROUTER, **config)
        self.alice = self.lab.proxy(self.hosts["alice"], alice, ALICE, ["10001:bob:10001"], **config)
        self.bob = self.lab.proxy(self.hosts["bob"], bob, BOB, ["10001:alice:10001"], **config)
        self.at_alice = self.hosts["alice"].udp(10001)
        self.at_bob = self.hosts["bob"].udp(10001)

    def flows(self):
        return [Flow("alice to bob", self.at_alice, self.at_bob), Flow("bob to alice", self.at_bob, self.at_alice)]

    def ready(self):
        warm_up(self.flows())

    def still_works(self):
        flows = self.flows()
        run_flows(flows, 200, 0.2)
        self.once(*flows)


class Paths(ThreeHosts):
    def check(self):
        self.ready()
        flows = self.flows()
        run_flows(flows, 1000, 1.5)
        self.once(*flows)

    def test_both_ways_in_one_network(self):
        self.three(bob="0:0:0:a", router=None)
        self.check()

    def test_both_ways_through_a_router(self):
        self.three()
        self.check()

    def test_router_that_is_in_more_networks(self):
        self.three(router="0:0:0:c,0:0:0:b,0:0:0:d,0:0:0:a")
        self.check()

    def test_two_routers_in_a_row(self):
        self.three(bob="0:0:0:c")
        self.lab.router(self.lab.host("second"), "0:0:0:b,0:0:0:c", SECOND_ROUTER)
        self.check()

    def test_netcat_talks_to_netcat(self):
        self.three()
        self.ready()
        self.at_alice.close()
        self.at_bob.close()
        screens = {}
        for name in ("alice", "bob"):
            screens[name] = lab.Process(self.lab, self.hosts[name], f"nc-{name}",
                                        ["nc.openbsd", "-u", "-p", "10001", "127.0.0.1", "10000"],
                                        stdin=subprocess.PIPE)
        for name in ("alice", "bob"):
            until(lambda: self.hosts[name].run("ss", "-Huan", "sport = :10001").stdout, what=f"nc on {name}")

        def types(name, line):
            screens[name].child.stdin.write(line + b"\n")
            screens[name].child.stdin.flush()

        types("alice", b"hello,")
        screens["bob"].wait_line("^hello,$")
        types("bob", b"world")
        screens["alice"].wait_line("^world$")

    def test_three_nodes_on_one_host(self):
        host = self.lab.host("alice")
        self.lab.router(host, "0:0:0:a,0:0:0:b", ROUTER, name="router")
        self.lab.proxy(host, "0:0:0:a", ALICE, ["10001:bob:10002"], port=10010)
        self.lab.proxy(host, "0:0:0:b", BOB, ["10002:alice:10001"], port=10020, name="bob")
        at_alice, at_bob = host.udp(10001), host.udp(10002)
        flows = [Flow("alice to bob", at_alice, at_bob, ("127.0.0.1", 10010)),
                 Flow("bob to alice", at_bob, at_alice, ("127.0.0.1", 10020))]
        warm_up(flows)
        run_flows(flows, 500, 2)
        self.once(*flows)

    def test_fourth_and_fifth_node_on_the_network(self):
        self.three()
        others = {name: self.lab.host(name) for name in ("carol", "dave")}
        for index, (name, host) in enumerate(others.items()):
            self.lab.proxy(host, "0:0:0:a", f"ffff:0:0:{index + 1}", ["10001:bob:10009"])
        self.ready()
        at_carol = others["carol"].udp(10001)
        flows = self.flows()
        run_flows(flows, 500, 3)
        self.once(*flows)
        self.assertIsNone(receive(at_carol, 0))

    def test_late_comer_hears_of_everybody(self):
        # With the default times it would have to wait for half a minute if nobody told it now: the answers to its
        # solicitation are equal to those that have just been given to others.
        self.three(discovery={"wait_time": 30})
        self.ready()
        carol = self.lab.proxy(self.lab.host("carol"), "0:0:0:b", CAROL, discovery={"wait_time": 30})
        for name in ("alice", "bob", "router"):
            until(lambda: name in carol.hosts(), 3, f"carol to hear of {name}")

    def test_one_way_flow_outlives_all_times(self):
        # The default times by ten: 12 s stand for 120 s. Nothing flows back that could refresh a route.
        times = {"network": {"backwards_learning_ttl": 3, "active_unicast_session_ttl": 3}, "discovery": {"wait_time": 3}}
        self.three(**times)
        flow = self.flows()[0]
        warm_up([flow])
        run_flows([flow], 100, 12)
        self.once(flow)
        self.assertLess(flow.longest_gap(), 0.2)


class Mappings(ThreeHosts):
    def test_payload_sizes(self):
        self.three()
        self.ready()
        for there, back in ((self.at_alice, self.at_bob), (self.at_bob, self.at_alice)):
            for size in (0, 1, 2, 3, 4, 1395, MAX_PAYLOAD):
                payload = bytes(index * 7 & 0xFF for index in range(size))
                there.sendto(payload, ("127.0.0.1", 10000))
                self.assertEqual(receive(back), payload, f"{size} octets")
        self.assertEqual(self.alice.counters().get("probes"), 0)
        for there, back in ((self.at_alice, self.at_bob), (self.at_bob, self.at_alice)):
            for size in (MAX_PAYLOAD + 1, 9000, 60000, 65507):
                payload = bytes(index * 7 & 0xFF for index in range(size))
                there.sendto(payload, ("127.0.0.1", 10000))
                self.assertEqual(receive(back), payload, f"{size} octets")
        self.still_works()
        self.assertEqual(receive(self.at_bob, 0), None)

    def test_too_long_for_a_node_that_reassembles_no_fragments(self):
        self.three()
        self.ready()
        carol = self.lab.host("carol")
        self.lab.program(carol, "ilnp-heartbeat",
                         self.lab.config("carol", "0:0:0:b", CAROL, application={"port": 10006}))
        self.alice.create("10006", "carol", "10006")
        until(lambda: "carol" in self.alice.hosts(), what="alice to hear of carol")
        sender = self.hosts["alice"].udp(10006)
        sender.sendto(bytes(MAX_PAYLOAD + 1), ("127.0.0.1", 10000))  # must be asked first
        self.alice.wait_line(r"(?i)too long")
        sender.sendto(bytes(9000), ("127.0.0.1", 10000))
        self.alice.wait_line(rf"from local port 10006: message too long \(9000 octets, at most {MAX_PAYLOAD} ")
        self.assertEqual(self.alice.counters()["probes"], 3)
        self.still_works()

    def test_unknown_source_port(self):
        self.three()
        self.ready()
        stranger = self.hosts["alice"].udp(10077)
        stranger.sendto(b"who am I?", ("127.0.0.1", 10000))
        self.alice.wait_line("10077")
        self.assertIsNone(receive(self.at_bob, 0.2))
        self.still_works()

    def test_port_that_nobody_has_bound(self):
        self.three()
        self.ready()
        before = self.bob.counters()
        self.alice.create("10005", "bob", "10005")
        sender = self.hosts["alice"].udp(10005)
        for _ in range(10):
            sender.sendto(b"anybody?", ("127.0.0.1", 10000))
        until(lambda: sum(self.bob.counters().values()) > sum(before.values()), what="a counter at bob to grow")
        self.assertIsNone(receive(self.at_bob, 0.1))
        self.still_works()

    def test_unknown_host_name(self):
        self.three()
        self.ready()
        self.alice.create("10005", "carol", "10001")
        sender = self.hosts["alice"].udp(10005)
        sender.sendto(b"carol?", ("127.0.0.1", 10000))
        self.alice.wait_line("10005: unknown host")
        self.still_works()
        carol = self.lab.host("carol")
        self.lab.proxy(carol, "0:0:0:a", CAROL, ["10001:alice:10005"])
        warm_up([Flow("alice to carol", sender, carol.udp(10001))])

    def test_two_mappings_at_once(self):
        self.three()
        self.ready()
        self.alice.create("10002", "bob", "10003")
        self.bob.create("10003", "alice", "10002")
        second_alice, second_bob = self.hosts["alice"].udp(10002), self.hosts["bob"].udp(10003)
        flows = self.flows() + [Flow("second to bob", second_alice, second_bob),
                                Flow("second to alice", second_bob, second_alice)]
        run_flows(flows, 300, 1.5)
        self.once(*flows)

    def test_mapping_replaced_and_removed_while_traffic_flows(self):
        self.three()
        carol = self.lab.host("carol")
        self.carol = self.lab.proxy(carol, "0:0:0:b", CAROL, ["10001:alice:10001"])
        at_carol = carol.udp(10001)
        self.ready()
        until(lambda: "carol" in self.alice.hosts(), what="alice to know carol")
        until(lambda: "alice" in self.carol.hosts(), what="carol to know alice")
        numbered = []

        def send(count):
            for _ in range(count):
                number = len(numbered)
                numbered.append(number)
                self.at_alice.sendto(number.to_bytes(4, "big"), ("127.0.0.1", 10000))
                time.sleep(0.001)

        def got(sock):
            found = []
            while (datagram := receive(sock, 0.2)) is not None:
                found.append(int.from_bytes(datagram, "big"))
            return found

        send(200)
        time.sleep(0.1)
        refused = self.alice.create("10001", "carol", "10001", ok=False)
        self.assertNotEqual(refused.returncode, 0, "a port was mapped twice")
        self.alice.create("--replace", "10001", "carol", "10001")
        send(200)
        time.sleep(0.1)
        self.alice.create("--remove", "10001")
        self.assertNotIn("10001", self.alice.create("--list"))
        send(100)
        self.alice.create("10001", "bob", "10001")
        send(200)
        self.assertEqual(got(self.at_bob), [*range(0, 200), *range(500, 700)])
        self.assertEqual(got(at_carol), [*range(200, 400)])
        self.still_works()

    def test_delivers_only_what_the_mapped_host_sends(self):
        self.three()
        carol = self.lab.host("carol")
        self.lab.proxy(carol, "0:0:0:b", CAROL, ["10001:alice:10001", "10002:alice:10002"])
        first, second = carol.udp(10001), carol.udp(10002)
        self.ready()
        self.alice.create("--any", "10002", "bob", "10002")
        at_alice = self.hosts["alice"].udp(10002)
        warm_up([Flow("carol to a mapping for any", second, at_alice)])
        for _ in range(5):
            first.sendto(b"let me in", ("127.0.0.1", 10000))
        second.sendto(b"let me in", ("127.0.0.1", 10000))
        self.assertEqual(receive(at_alice), b"let me in")
        self.assertIsNone(receive(self.at_alice, 0.3), "a mapping for bob delivered what carol sent")
        # From bob, any port will do.
        self.bob.create("10033", "alice", "10001")
        self.hosts["bob"].udp(10033).sendto(b"other port", ("127.0.0.1", 10000))
        self.assertEqual(receive(self.at_alice), b"other port")


class Restarts(ThreeHosts):
    def restarted(self, nid):
        self.three(discovery={"wait_time": 10})
        self.ready()
        self.bob.kill()
        for _ in range(50):
            self.at_alice.sendto(b"into the void", ("127.0.0.1", 10000))
            time.sleep(0.002)
        time.sleep(1.1)  # a power cut, not a blink: the same announcement within a second is not forwarded twice
        # Whatever happened meanwhile, the first datagram after the announcement arrives.
        before = Card(self.lab.host("listener"), A)
        self.bob = self.lab.proxy(self.hosts["bob"], "0:0:0:b", nid, ["10001:alice:10001"], discovery={"wait_time": 10})
        before.wait("solicitation", name="bob")
        if nid != BOB:  # alice asks for the old one first
            self.alice.wait_line("the name bob now means " + nid)
        time.sleep(0.02)
        drain([self.at_bob], 0.05)
        flows = self.flows()
        run_flows(flows, 200, 1)
        self.once(*flows)

    def test_node_restarted_with_the_same_nid(self):
        self.restarted(BOB)

    def test_node_restarted_with_another_nid(self):
        self.restarted("ffff:0:0:bb")

    def test_router_restarted(self):
        self.three()
        self.ready()
        self.router.kill()
        flows = self.flows()
        start = time.monotonic()

        def restart():
            self.router = self.lab.router(self.hosts["router"], "0:0:0:a,0:0:0:b", ROUTER)
            self.restarted_at = time.monotonic()

        run_flows(flows, 200, 4, [(0.5, restart)])
        for flow in flows:
            late = [flow.sent[number] - self.restarted_at for number in flow.lost
                    if flow.sent[number] > self.restarted_at]
            self.assertLess(max(late, default=0), 1.0, f"{flow}: not healed a second after the router was back")
            self.assertEqual(flow.duplicated, 0, str(flow))
            self.assertGreater(len(flow.received), 400, str(flow))
        print(flows[0], flows[1], start)

    def two_with_one_identifier(self, place, router):
        """Both say so within ten seconds, a counter shows it, and nobody else speaks of it."""
        self.three(router=router, bob="0:0:0:a" if not router else "0:0:0:b")
        self.ready()
        copy = self.lab.proxy(self.lab.host("copy"), place, ALICE, ["10001:bob:10001"], name="alice")
        for proxy in (copy, self.alice):
            proxy.wait_line("another node has this node's identifier, " + ALICE, timeout=10)
            self.assertGreater(proxy.counters()["duplicate_nid"], 1)
        for other in (self.bob, *([self.router] if router else [])):
            self.assertNotIn("this node's identifier", other.output)

    def test_two_nodes_with_one_identifier_in_one_network(self):
        self.two_with_one_identifier("0:0:0:a", None)

    def test_two_nodes_with_one_identifier_behind_a_router(self):
        self.two_with_one_identifier("0:0:0:b", "0:0:0:a,0:0:0:b")

    def test_a_node_that_is_started_again_takes_nobody_for_itself(self):
        self.three(router="0:0:0:a,0:0:0:b")
        self.ready()
        for _ in range(3):
            self.alice.stop()
            self.alice = self.lab.proxy(self.hosts["alice"], "0:0:0:a", ALICE, ["10001:bob:10001"], name="alice")
        self.ready()
        self.assertEqual(self.alice.counters()["duplicate_nid"], 0)

    def test_two_nodes_claim_one_name(self):
        self.three()
        self.ready()
        pretender = self.lab.host("pretender")
        other = self.lab.proxy(pretender, "0:0:0:b", CAROL, ["10001:alice:10001"], name="bob")
        at_other = pretender.udp(10001)
        self.alice.wait_line("two nodes claim the name bob")
        until(lambda: "alice" in other.hosts(), what="the other bob to know alice")
        # Both are shown, and one of them, always the same one, is meant.
        listed = until(lambda: (hosts := self.alice.hosts()) and BOB in hosts and CAROL in hosts and hosts,
                       what="alice to list both nodes")
        print(listed)
        drain([self.at_bob, at_other])
        counts = {}
        for _ in range(300):
            self.at_alice.sendto(b"bob", ("127.0.0.1", 10000))
            time.sleep(0.01)
        for name, sock in (("bob", self.at_bob), ("other", at_other)):
            counts[name] = 0
            while receive(sock, 0.1):
                counts[name] += 1
        self.assertEqual(sorted(counts.values()), [0, 300], f"{counts}")
        self.assertTrue(other.running and self.bob.running)


class TwoRouters(ThreeHosts):
    """Two routers between the same networks. They find out which of them forwards."""

    def two(self):
        self.three(network={"backwards_learning_ttl": 30})
        self.second_host = self.lab.host("second")
        self.second = self.lab.router(self.second_host, "0:0:0:a,0:0:0:b", SECOND_ROUTER)
        self.ready()
        time.sleep(2)  # steady state: a round of discovery

    def test_two_routers_forward_once(self):
        self.two()
        flows = self.flows()
        run_flows(flows, 500, 5)
        self.once(*flows)

    def loses_at_most_a_second(self, victim):
        flows = self.flows()
        run_flows(flows, 200, 4, [(1.0, victim.kill)])
        for flow in flows:
            self.assertLessEqual(flow.longest_gap(), 1.0, str(flow))
            self.assertLessEqual(len(flow.lost), 200, str(flow))
            self.assertLessEqual(flow.duplicated, 0, str(flow))
            print(flow, f"longest gap {flow.longest_gap():.3f} s")

    def test_two_routers_first_dies(self):
        self.two()
        self.loses_at_most_a_second(self.router)

    def test_two_routers_second_dies(self):
        self.two()
        self.loses_at_most_a_second(self.second)

    def test_two_routers_one_is_stopped_for_a_while(self):
        self.two()
        flows = self.flows()
        run_flows(flows, 200, 1)
        for router in (self.router, self.second):
            flows = self.flows()
            run_flows(flows, 200, 6, [(1.0, lambda: router.child.send_signal(signal.SIGSTOP)),
                                      (4.0, lambda: router.child.send_signal(signal.SIGCONT))])
            for flow in flows:
                print(flow)
                self.assertLessEqual(flow.longest_gap(), 1.0, str(flow))
                # What waited for three seconds was forwarded by the other.
                self.assertEqual(flow.duplicated, 0, str(flow))

    def test_two_routers_first_comes_back(self):
        self.two()
        self.router.kill()
        self.ready()
        flows = self.flows()
        run_flows(flows, 200, 6, [(1.0, lambda: self.lab.router(self.hosts["router"], "0:0:0:a,0:0:0:b", ROUTER))])
        for flow in flows:
            print(flow)
            self.assertEqual(len(flow.lost), 0, str(flow))
            # Until they have found each other both may forward.
            self.assertLess(flow.duplicated, 200, str(flow))


if __name__ == "__main__":
    lab.main()
