"""The programs by themselves: options, errors, signals, and what they print."""

import csv
import os
import re
import select
import shutil
import signal
import socket
import time

import lab
from overlay import A, Card, discovery

ALICE, BOB, ROUTER = (f"ffff:0:0:{digit}" for digit in "abd")
USER = 61234  # of whom nothing is anywhere
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

    def lan(self):
        """alice and bob with IPv4 addresses on their network; bob's proxy, and his program."""
        alice, bob = self.lab.host("alice"), self.lab.host("bob")
        for host, last in ((alice, 1), (bob, 2)):
            host.ip("address", "add", f"10.0.0.{last}/24", "dev", "eth0")
        self.bob = self.lab.proxy(bob, "0:0:0:a", BOB, ["10001:alice:10001"])
        return alice, bob, bob.udp(10001)

    def told(self, at_bob, program, text):
        """bob's program sends until it has arrived; from where."""
        def arrived():
            at_bob.sendto(text, ("127.0.0.1", 10000))
            return select.select([program], [], [], 0.2)[0]

        lab.until(arrived, what=f"{text} at the program", every=0)
        got, sender = program.recvfrom(100)
        self.assertEqual(got, text)
        while lab.receive(program, 0.05):
            pass
        return sender

    def asked(self, program, to, at_bob, text):
        def arrived():
            program.sendto(text, to)
            return lab.receive(at_bob, 0.2) == text

        lab.until(arrived, what=f"{text} at bob", every=0)
        lab.drain([at_bob], 0.05)

    def test_proxy_on_an_address_of_the_network(self):
        alice, bob, at_bob = self.lan()
        node = self.lab.proxy(alice, "0:0:0:a", ALICE, ["10001:bob:10001"], arguments=["--bind", "10.0.0.1"])
        program = alice.udp(10001, "10.0.0.1")
        self.assertEqual(self.told(at_bob, program, b"before it has sent"), ("10.0.0.1", 10000))
        self.asked(program, ("10.0.0.1", 10000), at_bob, b"from the address")
        self.assertEqual(self.told(at_bob, program, b"to the address"), ("10.0.0.1", 10000))
        # A program elsewhere on the same host, on the same port.
        other = alice.udp(10001, "127.0.0.1")
        self.asked(other, ("10.0.0.1", 10000), at_bob, b"from the loopback address")
        self.assertEqual(self.told(at_bob, other, b"to the loopback address"), ("10.0.0.1", 10000))
        self.assertEqual(node.counters()["from_elsewhere"], 0)

    def test_proxy_on_all_addresses(self):
        alice, bob, at_bob = self.lan()
        self.lab.proxy(alice, "0:0:0:a", ALICE, ["10001:bob:10001"], arguments=["--bind", "0.0.0.0"])
        for own, to in (("10.0.0.1", "10.0.0.1"), ("127.0.0.1", "127.0.0.2"), ("10.0.0.1", "127.0.0.1"),
                        ("127.0.0.1", "10.0.0.1"), ("127.0.0.1", "127.0.0.1")):
            program = alice.udp(10001, own)
            self.asked(program, (to, 10000), at_bob, f"from {own}".encode())
            self.assertEqual(self.told(at_bob, program, f"to {own}".encode()), (to, 10000))
            program.close()

    def test_proxy_takes_nothing_from_other_hosts(self):
        alice, bob, at_bob = self.lan()
        bob.ip("address", "add", "2001:db8::2/64", "dev", "eth0", "nodad")
        alice.ip("address", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
        for bind, to in (("10.0.0.1", "10.0.0.1"), ("0.0.0.0", "10.0.0.1"), ("::", "2001:db8::1")):
            node = self.lab.proxy(alice, "0:0:0:a", ALICE, ["10001:bob:10001"], arguments=["--bind", bind], port=10010)
            with bob:
                intruder = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
            intruder.bind(("2001:db8::2" if ":" in to else "10.0.0.2", 10001))
            count = 0

            def noticed():
                nonlocal count
                count += 1
                intruder.sendto(b"let me in", (to, 10010))
                return node.counters()["from_elsewhere"] >= 5

            lab.until(noticed, what="the drops", every=0.01)
            self.assertLessEqual(node.counters()["from_elsewhere"], count)
            self.assertEqual(node.counters()["from_programs"], 0)
            self.assertIsNone(lab.receive(at_bob, 0.1))
            node.wait_line("2001:db8::2.*dropped" if ":" in to else "10.0.0.2.*dropped.*allow-from")
            self.assertEqual(len(re.findall("allow-from", node.output)), 1, node.output)
            self.assertEqual(node.stop(), 0)
            intruder.close()

    def test_proxy_takes_from_other_hosts_what_is_allowed(self):
        alice, bob, at_bob = self.lan()
        carol = self.lab.host("carol")
        carol.ip("address", "add", "10.0.0.3/24", "dev", "eth0")
        node = self.lab.proxy(alice, "0:0:0:a", ALICE, ["10001:bob:10001"],
                              arguments=["--bind", "0.0.0.0", "--allow-from", "10.0.0.3", "--allow-from", "2001:db8::/32"])
        program = carol.udp(10001, "10.0.0.3")
        self.asked(program, ("10.0.0.1", 10000), at_bob, b"from carol's host")
        self.assertEqual(self.told(at_bob, program, b"to carol's host"), ("10.0.0.1", 10000))
        self.assertEqual(node.counters()["from_elsewhere"], 0)
        intruder = bob.udp(10009, "10.0.0.2")
        lab.until(lambda: intruder.sendto(b"me too", ("10.0.0.1", 10000)) and node.counters()["from_elsewhere"],
                  what="the drop")
        for text in ("here", "10.0.0.0/33", "10.0.0.0/"):
            self.fails("ilnp-proxy", node.config, "0", "--quiet", "--allow-from", text, says=text, host=alice)

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

    def ask_through(self, path, request, kind=socket.SOCK_STREAM):
        """The answer that comes on a socket that goes with the request."""
        here, there = socket.socketpair(socket.AF_UNIX, kind)
        with here, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
            control.connect(path)
            socket.send_fds(control, [request], [there.fileno()])
            there.close()
            here.settimeout(5)
            answer = b""
            while part := here.recv(65536):
                answer += part
            return answer.decode()

    def test_control_answers_on_a_socket_that_comes_along(self):
        host = self.lab.host("alice")
        node = self.lab.proxy(host, "0:0:0:a", ALICE)
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            self.assertEqual(self.ask_through(node.control, b"hosts\n", kind), node.ask("hosts"))
        self.assertEqual(self.ask_through(node.control, b"10001 bob 10001"), "10000")
        self.assertEqual(node.ask("list\n"), "10001 bob 10001\n")
        self.assertEqual(node.ask("  list \r\n"), "10001 bob 10001\n")
        names = {line.split()[0] for line in node.ask("counters").splitlines()}
        self.assertIn("gateway.from_programs", names)
        for request in ("counters\n", " counters", "counters\r\n", "counters\0"):
            self.assertEqual({line.split()[0] for line in node.ask(request).splitlines()}, names, request)
        # What is no such socket is closed, and hurts nobody.
        before = os.listdir(f"/proc/{node.pid}/fd")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control, open(node.config) as file:
            control.connect(node.control)
            pipe = os.pipe()
            stuck = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            stuck[1].setblocking(False)
            try:
                while stuck[1].send(b"full" * 1000):
                    pass
            except BlockingIOError:
                pass
            for passed in ([file.fileno()], [pipe[1]], [control.fileno()], [file.fileno(), pipe[0]], [file.fileno()] * 100,
                           [stuck[1].fileno()], [stuck[1].fileno()] * 3):
                socket.send_fds(control, [b"list"], passed)
                self.assertEqual(node.ask("list"), "10001 bob 10001\n")
            stuck[0].close()
            stuck[1].close()
        lab.until(lambda: len(os.listdir(f"/proc/{node.pid}/fd")) <= len(before), what="the descriptors to be closed")
        self.assertEqual(node.create("--list"), "10001 bob 10001")

    def test_control_shows_all_of_two_thousand_hosts(self):
        count = 2000
        node = self.lab.proxy(self.lab.host("alice"), "0:0:0:a", ALICE, discovery={"wait_time": 100})
        card = Card(self.lab.host("mallory"), A)
        for start in range(0, count, 100):  # what is lost is sent again
            def heard():
                for index in range(start, start + 100):
                    card.send(A, discovery(A, 0x2_0000_0000 + index, f"host-with-quite-a-long-name-{index:04}"))
                return len(node.hosts().splitlines()) >= start + 101

            lab.until(heard, what="the hosts to be known", every=0.1)
        self.assertEqual(len(node.hosts().splitlines()), count + 1)
        cut = node.ask("hosts")
        self.assertRegex(cut, rf"\ncut: \d+ of {count} nodes are shown\n$")
        self.assertEqual(len(cut.splitlines()) - 2, int(re.search(r"cut: (\d+)", cut).group(1)))

    def test_control_socket_that_was_removed_comes_back(self):
        host = self.lab.host("alice")
        folder = os.path.join(self.lab.folder, "run-time")
        os.mkdir(folder, 0o700)
        control = os.path.join(folder, "control")
        node = self.lab.program(host, "ilnp-proxy", self.lab.config("alice", "0:0:0:a", ALICE), "10000", "--control", control)
        node.wait_line("Listening on")
        for remove in (lambda: os.unlink(control), lambda: shutil.rmtree(folder)):
            remove()
            lab.until(lambda: os.path.exists(control), what="the control socket")
            self.assertEqual(os.stat(control).st_mode & 0o777, 0o600)
            self.assertEqual(self.ask_through(control, b"1 bob 1 replace"), "10000")
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)
        lab.until(lambda: len(re.findall("control socket .* created again", node.output)) == 2, what="the second line about it")
        self.assertEqual(node.stop(), 0)
        self.assertEqual(os.listdir(folder), [])

    def as_user(self, user, *command, environment=(), sudo=False):
        """The command line that runs a program as another user, as sudo would have it if so wanted."""
        names = ["-u", "XDG_RUNTIME_DIR", "-u", "SUDO_UID"]
        pairs = [*environment, *([f"SUDO_UID={USER}"] if sudo else [])]
        change = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups"] if user else []
        return [*change, "env", *names, *pairs, *command]

    def other_users(self):
        """Users and a machine of the test's own, whose run-time folders nobody else sees."""
        if not shutil.which("setpriv") or lab.run(*self.as_user(USER, os.path.join(lab.BIN, "ilnp-proxy"), "--help")).returncode:
            self.skipTest("no other users here")
        lab._libc.unshare(0x04000000)  # CLONE_NEWUTS: a name that no other proxy's socket has
        socket.sethostname("lab-machine")
        os.makedirs("/run/user", exist_ok=True)
        lab.checked("mount", "-t", "tmpfs", "lab", "/run/user")
        self.addCleanup(lab.run, "umount", "/run/user")
        os.chmod(self.lab.folder, 0o755)
        for folder in (f"/tmp/ilnp-{USER}", "/run/ilnp"):
            if not os.path.exists(folder):
                self.addCleanup(shutil.rmtree, folder, ignore_errors=True)

    def test_control_of_another_user_s_proxy(self):
        self.other_users()
        host = self.lab.host("alice")
        folder = os.path.join(self.lab.folder, "run-time")
        os.mkdir(folder, 0o700)
        os.chown(folder, USER, USER)
        control = os.path.join(folder, "control")
        node = lab.Process(self.lab, host, "proxy", self.as_user(
            USER, os.path.join(lab.BIN, "ilnp-proxy"), self.lab.config("alice", "0:0:0:a", ALICE), "10000", "--control", control))
        node.wait_line("Listening on")
        create = [os.path.join(lab.BIN, "ilnp-proxy-create"), "--control", control, "10001", "bob", "10001", "--replace"]
        done = lab.run(*create)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("10000\n", "", 0))
        # And one who sees other files: the folder, but nothing in /tmp to write to.
        done = lab.run("unshare", "--mount", "sh", "-c",
                       f"cd {lab.BIN} && mount --bind {folder} /mnt && mount -t tmpfs -o ro none /tmp && "
                       "exec ./ilnp-proxy-create --control /mnt/control --list")
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("10001 bob 10001\n", "", 0))
        # Other users have no business there.
        done = lab.run(*self.as_user(USER + 1, *create))
        self.assertEqual(done.returncode, 1)
        self.assertIn("Permission denied", done.stderr)

    def test_control_is_found_where_nobody_says_where_it_is(self):
        self.other_users()
        host = self.lab.host("alice")
        config = self.lab.config("alice", "0:0:0:a", ALICE)
        run_time, custom = f"/run/user/{USER}", os.path.join(self.lab.folder, "xdg")
        for folder in (run_time, custom):
            os.mkdir(folder, 0o700)
            os.chown(folder, USER, USER)
        standard, own = [f"XDG_RUNTIME_DIR={run_time}"], [f"XDG_RUNTIME_DIR={custom}"]

        def found(user, environment, clients):
            node = lab.Process(self.lab, host, "proxy", self.as_user(user, os.path.join(lab.BIN, "ilnp-proxy"), config, "10000",
                                                                     environment=environment))
            node.wait_line("Listening on")
            for client, variables, sudo in clients:
                done = lab.run(*self.as_user(client, os.path.join(lab.BIN, "ilnp-proxy-create"), "--hosts",
                                             environment=variables, sudo=sudo))
                self.assertEqual((done.returncode, done.stderr), (0, ""), f"{user} {environment}: {client} {variables} {sudo}")
                self.assertIn("this node", done.stdout)
            self.assertEqual(node.stop(), 0)

        users = [(USER, [], False), (USER, standard, False), (USER, own, False), (0, [], True), (0, standard, True),
                 (0, own, True), (0, standard, False)]
        found(USER, standard, users)
        found(USER, [], users)
        found(USER, own, [*users[:6], (0, own, False)])
        os.rmdir(run_time)  # and where there is none
        found(USER, [], users[:6])
        found(USER, own, [*users[:6], (0, own, False)])
        found(0, [], [(0, [], True), (0, [], False), (0, standard, True), (0, own, False)])
        os.mkdir(run_time, 0o700)
        os.chown(run_time, USER, USER)
        found(0, standard, [(0, [], True), (0, standard, True)])  # sudo that keeps the variable

        # Without one, all that was tried is said; what others could have made is not trusted.
        done = lab.run(*self.as_user(USER, os.path.join(lab.BIN, "ilnp-proxy-create"), "--list", environment=own))
        self.assertEqual(done.returncode, 1)
        for place in (custom, run_time, f"/tmp/ilnp-{USER}", "/run/ilnp"):
            self.assertIn(f"{place}/ilnp-lab-machine.sock: ", done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        shutil.rmtree(f"/tmp/ilnp-{USER}", ignore_errors=True)
        os.rmdir(run_time)
        os.mkdir(f"/tmp/ilnp-{USER}", 0o700)
        os.chown(f"/tmp/ilnp-{USER}", USER + 1, USER + 1)
        for program, arguments in (("ilnp-proxy", (config, "10000")), ("ilnp-proxy-create", ("--list",))):
            done = host.run(*self.as_user(USER, os.path.join(lab.BIN, program), *arguments), timeout=10)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"belongs to user {USER + 1}", done.stderr)

    def test_what_waits_for_its_interface_says_so(self):
        host = self.lab.host("alice")
        host.ip("link", "set", "eth0", "down")
        node = self.lab.program(host, "ilnp-router", self.lab.config("alice", "0:0:0:a", ALICE))
        node.wait_line("^[-0-9]+ [:.0-9]+ notice eth0 cannot be used yet .*; waiting")
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
