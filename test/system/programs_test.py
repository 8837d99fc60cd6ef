"""The programs by themselves: options, errors, signals, and what they print."""

import csv
import os
import re
import select
import signal
import socket
import time

import lab

ALICE, BOB, ROUTER = (f"ffff:0:0:{digit}" for digit in "abd")
PROGRAMS = ("ilnp-proxy", "ilnp-router", "ilnp-heartbeat", "ilnp-experiment")


class Programs(lab.LabTest):
    def fails(self, program, *arguments, says, host=None, status=None):
        """The program ends at once, and says in one line what is wrong."""
        host = host or self.lab.hosts.get("alice") or self.lab.host("alice")
        done = host.run(os.path.join(lab.BIN, program), *map(str, arguments), cwd=self.lab.folder, timeout=10)
        self.assertNotEqual(done.returncode, 0, f"{program} {arguments}: {done.stdout}")
        self.assertGreater(done.returncode, 0, f"{program} {arguments} was ended by signal {-done.returncode}")
        if status:
            self.assertEqual(done.returncode, status, done.stderr)
        lines = done.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, f"{program} {arguments} does not say it in one line: {lines}")
        for word in says if isinstance(says, tuple) else (says,):
            self.assertIn(word, lines[0], f"{program} {arguments}")
        return lines[0]

    def file(self, name, text):
        path = os.path.join(self.lab.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def test_help(self):
        for program in (*PROGRAMS, "ilnp-proxy-create"):
            done = lab.run(os.path.join(lab.BIN, program), "--help")
            self.assertEqual(done.returncode, 0, program)
            self.assertIn(program, done.stdout)
            self.assertEqual(done.stderr, "")

    def test_bad_options(self):
        for program in (*PROGRAMS, "ilnp-proxy-create"):
            self.fails(program, "--no-such-option", says="no-such-option")
            self.fails(program, says=program)
        config = self.lab.config("alice", "0:0:0:a", ALICE)
        for port in ("70000", "-1", "port"):
            self.fails("ilnp-proxy", config, port, says=port)
        self.fails("ilnp-proxy", config, "0", "--map", "nonsense", says="nonsense")
        self.fails("ilnp-proxy", config, "0", "--map", "0:bob:1", says="0")
        self.fails("ilnp-proxy", config, "0", "--map", "1:bob:70000", says="70000")
        self.fails("ilnp-proxy", config, "0", "--bind", "here", says="here")
        self.fails("ilnp-proxy", config, "10005", "--quiet", "--map", "10005:bob:1", says=("10005", "own"))
        self.fails("ilnp-proxy", config, "0", "--quiet", "--control", "", says="empty path")
        for port in ("0", "70000", "port"):
            self.fails("ilnp-proxy", config, "0", "--quiet", "--redirect", port, says=port)
        self.fails("ilnp-proxy", config, "10000", "--quiet", "--redirect", "10000", says=("127.0.0.1:10000", "in use"))
        for text, words in (("bob", ("bob", "HOST@ADDRESS:PORT")), ("bob@127.0.0.2", "127.0.0.2"),
                            ("bob@here:1", "here"), ("bob@127.0.0.2:70000", "70000"), ("bob@[::1]:1", "family"),
                            ("@127.0.0.2:1", "host name"), ("bob@192.0.2.1:1", "192.0.2.1:1")):
            self.fails("ilnp-proxy", config, "0", "--quiet", "--listen-for", text, says=words)
        self.fails("ilnp-proxy", config, "0", "--quiet", "--listen-for", "bob@127.0.0.2:0", says='"0"')
        self.fails("ilnp-proxy", config, "0", "--quiet", "--listen-for", "bob@127.0.0.2:1", "--listen-for", "bob@127.0.0.3:1",
                   says=("bob", "socket of its own"))

    def test_bad_files(self):
        host = self.lab.host("alice")
        good = lab.ini(link={"mcast_port": 10000, "mcast_interface": "eth0"}, network={"locators": "0:0:0:a"},
                       discovery={"hostname": "alice"}, application={"port": 10001})
        for program in PROGRAMS:
            self.fails(program, "/nowhere/at-all.ini", says="/nowhere/at-all.ini")
            self.fails(program, self.lab.folder, says=self.lab.folder)
            for old, new, words in (
                    ("mcast_port = 10000\n", "", ("mcast_port",)),
                    ("mcast_port = 10000", "mcast_port = 70000", ("link", "mcast_port", "70000")),
                    ("mcast_port = 10000", "mcast_port = many", ("link", "mcast_port", "many")),
                    ("mcast_interface = eth0", "mcast_interface = eth77", ("eth77",)),
                    ("locators = 0:0:0:a", "locators = 0:0::a", ("network", "locators", "0:0::a")),
                    ("locators = 0:0:0:a", "locators = 0:0:0:a-", ("network", "locators")),
                    ("locators = 0:0:0:a", "locators = 0:0:0:a\nnid = 1:2:3", ("network", "nid", "1:2:3")),
                    ("locators = 0:0:0:a", "locators = 0:0:0:a\nmove_time = soon", ("network", "move_time", "soon")),
                    ("hostname = alice\n", "", ("discovery", "hostname")),
                    ("[link]", "[link", ("bad.ini",))):
                self.assertIn(old, good)
                path = self.file("bad.ini", good.replace(old, new))
                self.fails(program, path, says=words, host=host)

    def test_unknown_key_is_a_warning(self):
        host = self.lab.host("alice")
        path = self.file("odd.ini", lab.ini(link={"mcast_port": 10000, "mcast_interface": "eth0"},
                                            network={"locators": "0:0:0:a", "move_sleep": 3, "colour": "red"},
                                            discovery={"hostname": "alice"}))
        node = self.lab.program(host, "ilnp-proxy", path, "--control", os.path.join(self.lab.folder, "control"))
        node.wait_line("Listening on")
        self.assertRegex(node.output, r"(?i)warning.*colour")

    def test_port_in_use(self):
        host = self.lab.host("alice")
        self.lab.sockets.append(host.udp(10000))
        config = self.lab.config("alice", "0:0:0:a", ALICE, link={"mcast_port": 10003})
        self.fails("ilnp-proxy", config, "10000", "--control", "first", says=("10000", "in use"), host=host)
        with host:
            taken = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        taken.bind(("::", 10003))
        self.lab.sockets.append(taken)
        for program in PROGRAMS:
            self.fails(program, self.lab.config("alice", "0:0:0:a", ALICE, link={"mcast_port": 10003},
                                                application={"port": 10001}),
                       says=("10003", "in use"), host=host)

    def test_control_socket_in_use(self):
        host = self.lab.host("alice")
        first = self.lab.proxy(host, "0:0:0:a", ALICE)
        config = self.lab.config("alice", "0:0:0:a", ALICE)
        self.fails("ilnp-proxy", config, "10009", "--control", first.control, says=first.control, host=host)
        self.assertEqual(first.ask("10001 bob 10001"), "10000")
        # A proxy that was killed leaves its socket behind; the next one takes it over.
        first.kill()
        again = self.lab.program(host, "ilnp-proxy", config, "10000", "--control", first.control)
        again.wait_line("Listening on 10000")
        # And a file that is no socket is not touched.
        precious = self.file("precious", "do not remove")
        self.fails("ilnp-proxy", config, "10010", "--control", precious, says=precious, host=host)
        with open(precious) as file:
            self.assertEqual(file.read(), "do not remove")
        self.fails("ilnp-proxy", config, "10010", "--control", "/nowhere/at/all", says="/nowhere/at/all", host=host)

    def test_ends_cleanly_on_signals(self):
        host = self.lab.host("alice")
        config = self.lab.config("alice", "0:0:0:a", ALICE,
                                 application={"port": 10001, "remote_hostname": "bob", "remote_port": 10001,
                                              "run_time": 100, "wait_time": 0.01})
        started = []
        for how in (signal.SIGINT, signal.SIGTERM):
            for program in PROGRAMS:
                control = os.path.join(self.lab.folder, f"control-{len(started)}")
                options = ["--control", control] if program == "ilnp-proxy" else []
                started.append((self.lab.program(host, program, config, *options), how, control))
        for process, _, _ in started:
            if process.name == "ilnp-proxy":
                process.wait_line("Listening on")
        time.sleep(0.3)
        for process, how, control in started:
            self.assertEqual(process.stop(how), 0, f"{process.name}, signal {how}:\n{process.output}")
            self.assertFalse(os.path.exists(control), f"{control} was left behind")

    def test_proxy_takes_any_free_port(self):
        host = self.lab.host("alice")
        for index, port in enumerate(([], ["0"])):
            config = self.lab.config("alice", "0:0:0:a", ALICE)
            node = self.lab.program(host, "ilnp-proxy", config, *port, "--control", f"control-{index}")
            number = int(node.wait_line(r"^Listening on (\d+)$").group(1))
            self.assertGreater(number, 1023)
            done = host.run(os.path.join(lab.BIN, "ilnp-proxy-create"), "--control",
                            os.path.join(self.lab.folder, f"control-{index}"), "10001", "bob", "10001")
            self.assertEqual((done.stdout.strip(), done.returncode), (str(number), 0), done.stderr)

    def test_proxy_listens_on_loopback_only(self):
        alice, bob = self.lab.host("alice"), self.lab.host("bob")
        for host, last in ((alice, 1), (bob, 2)):
            host.ip("address", "add", f"10.0.0.{last}/24", "dev", "eth0")
        node = self.lab.proxy(alice, "0:0:0:a", ALICE, ["10001:bob:10001"])
        intruder = bob.udp(10001, "10.0.0.2")
        for _ in range(5):
            try:
                intruder.sendto(b"let me in", ("10.0.0.1", 10000))
            except ConnectionRefusedError:
                pass
        time.sleep(0.1)
        self.assertIn("127.0.0.1:10000", alice.run("ss", "-Hulnp").stdout)
        self.assertEqual(node.counters().get("from_programs", 0), 0)

    def test_proxy_redirects_programs_of_any_port(self):
        alice, bob = self.lab.host("alice"), self.lab.host("bob")
        self.lab.proxy(alice, "0:0:0:a", ALICE, ["10002:bob:10001"], arguments=["--redirect", "10002"])
        self.lab.proxy(bob, "0:0:0:a", BOB, ["10001:alice:10002"])
        service = bob.udp(10001)
        first, second = alice.udp(), alice.udp()

        def ask(program, text):
            def answered():
                program.sendto(text, ("127.0.0.1", 10002))
                return lab.receive(service, 0.2) == text

            lab.until(answered, what="the datagram at bob", every=0)
            service.sendto(b"yes, " + text, ("127.0.0.1", 10000))
            lab.until(lambda: lab.receive(program, 0.2) == b"yes, " + text, what="the answer", every=0)

        ask(first, b"first")
        ask(second, b"second")
        ask(first, b"first again")

    def test_proxy_has_a_socket_for_each_of_two_peers(self):
        alice, bob, carol = (self.lab.host(name) for name in ("alice", "bob", "carol"))
        self.lab.proxy(alice, "0:0:0:a", ALICE, ["10001:bob:10001", "10001:carol:10001"],
                       arguments=["--listen-for", "bob@127.0.0.2:10000", "--listen-for", "carol@127.0.0.3:10000"])
        program = alice.udp(10001)
        peers = {}
        for host, nid, address in ((bob, BOB, "127.0.0.2"), (carol, "ffff:0:0:c", "127.0.0.3")):
            self.lab.proxy(host, "0:0:0:a", nid, ["10001:alice:10001"])
            peers[address] = host.udp(10001)
        for address, peer in peers.items():
            def heard():
                program.sendto(address.encode(), (address, 10000))
                return lab.receive(peer, 0.2) == address.encode()

            lab.until(heard, what=f"a datagram from {address}", every=0)
            peer.sendto(b"I am " + address.encode(), ("127.0.0.1", 10000))
            lab.until(lambda: select.select([program], [], [], 0.2)[0], what="the answer", every=0)
            self.assertEqual(program.recvfrom(100), (b"I am " + address.encode(), (address, 10000)))

    def test_proxy_create_without_a_proxy(self):
        self.fails("ilnp-proxy-create", "--control", "/nowhere/at/all", "10001", "bob", "10001", says="/nowhere/at/all",
                   status=1)
        host = self.lab.host("hostess")
        node = self.lab.proxy(host, "0:0:0:a", ALICE)
        for arguments, word in ((("0", "bob", "1"), "0"), (("70000", "bob", "1"), "70000"), (("1", "bob", "70000"), "70000"),
                                (("1", "x" * 300, "1"), "name"), (("--remove", "7"), "7")):
            self.fails("ilnp-proxy-create", "--control", node.control, *arguments, says=word, status=1, host=host)
        node.create("10001", "bob", "10002")
        self.fails("ilnp-proxy-create", "--control", node.control, "10001", "bob", "10002", says="10001", status=1)
        self.assertEqual(node.create("--list"), "10001 bob 10002")
        node.create("--remove", "10001")
        self.assertEqual(node.create("--list"), "")
        for arguments, word in ((("1", "b ob", "1"), "blank"), (("1", "bob", "1 any"), "blank"), (("--list", "1"), "--list"),
                                (("--list", "--hosts"), "--list"), (("--remove", "1", "--any"), "--remove"),
                                ((), "LOCAL_PORT"), (("1",), "REMOTE_HOST")):
            self.fails("ilnp-proxy-create", "--control", node.control, *arguments, says=word, status=1, host=host)

    def test_proxy_create_ends_one_of_two_mappings_of_a_port(self):
        node = self.lab.proxy(self.lab.host("alice"), "0:0:0:a", ALICE, ["7:bob:1", "7:carol:2"],
                              arguments=["--listen-for", "bob@127.0.0.2:10000"])
        node.create("--remove", "7", "bob")
        self.assertEqual(node.create("--list"), "7 carol 2")

    def test_what_waits_for_its_interface_says_so(self):
        host = self.lab.host("alice")
        host.ip("link", "set", "eth0", "down")
        node = self.lab.program(host, "ilnp-router", self.lab.config("alice", "0:0:0:a", ALICE))
        node.wait_line("^[-0-9]+ [:.0-9]+ note: eth0 cannot be used yet .*; waiting")
        node.wait_line("^Routing as alice")

    def test_heartbeat(self):
        nodes = {}
        for name, nid, peer in (("alice", ALICE, "bob"), ("bob", BOB, "alice")):
            host = self.lab.host(name)
            nodes[name] = self.lab.program(host, "ilnp-heartbeat", self.lab.config(
                name, "0:0:0:a", nid, application={"port": 10001, "remote_hostname": peer, "remote_port": 10001}))
        for name, peer in (("alice", "bob"), ("bob", "alice")):
            nodes[name].wait_line(rf"-> .*\| {peer}\b", 6)
        time.sleep(2.2)
        self.assertGreaterEqual(len(re.findall(r" -> .*\| bob\b", nodes["alice"].output)), 2)

    def test_experiment(self):
        # alice moves while both send; the third only forwards, with the same program.
        rate, run_time = 200, 4
        common = {"port": 10001, "remote_port": 10001, "run_time": run_time, "wait_time": 1 / rate}
        self.lab.program(self.lab.host("router"), "ilnp-experiment", "--quiet",
                         self.lab.config("router", "0:0:0:a,0:0:0:b,0:0:0:c", ROUTER), name="router")
        ends = {}
        for name, nid, locators, peer in (("bob", BOB, "0:0:0:b", "alice"), ("alice", ALICE, "0:0:0:a-0:0:0:b-0:0:0:c", "bob")):
            config = self.lab.config(name, locators, nid, network={"move_time": 1.2, "handoff_time": 0.6},
                                     application={**common, "remote_hostname": peer})
            ends[name] = self.lab.program(self.lab.host(name), "ilnp-experiment", config, "--csv", name + ".csv",
                                          name=name)
        for end in ends.values():
            self.assertEqual(end.wait(run_time + 12), 0, end.output)
        tables = {}
        for name in ends:
            with open(os.path.join(self.lab.folder, name + ".csv")) as file:
                tables[name] = list(csv.DictReader(file))
        for sender, receiver in (("alice", "bob"), ("bob", "alice")):
            sent = [int(row["sequence"]) for row in tables[sender] if row["direction"] == "sent" and row["sequence"] != "0"]
            received = [int(row["sequence"]) for row in tables[receiver]
                        if row["direction"] == "received" and row["sequence"] != "0"]
            self.assertEqual(sent, list(range(1, len(sent) + 1)))
            self.assertAlmostEqual(len(sent), rate * run_time, delta=rate * run_time * 0.1)
            self.assertEqual(sorted(received), sent, f"{sender} to {receiver}")
        self.assertEqual({row["size"] for row in tables["bob"] if row["sequence"] == "1"}, {"1396"})
        self.assertEqual({row["source_locator"] for row in tables["alice"] if row["direction"] == "sent"},
                         {"0:0:0:a", "0:0:0:b", "0:0:0:c"})
        for end in ends.values():
            summary = end.output.splitlines()[-4:]
            for word in ("sent", "received", "lost", "duplicated", "reordered", "bytes/s", "gap"):
                self.assertTrue(any(word in line for line in summary), f"{word} is not in the summary {summary}")
        # A line a packet, with time, direction, places, size and number.
        self.assertRegex(ends["alice"].output, r"(?m)^\S+ \S+ .*<- .*ffff:0:0:a.* 1396 1$")


if __name__ == "__main__":
    lab.main()
