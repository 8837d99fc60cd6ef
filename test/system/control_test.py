"""ilnp-ctl, and the control protocol of the programs."""

import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import lab

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's modules, if another python3 comes first in the path
import jsonschema

ALICE, BOB, ROUTER = (f"ffff:0:0:{digit}" for digit in "abd")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CTL = os.path.join(lab.BIN, "ilnp-ctl")

with open(os.path.join(ROOT, "docs", "control.schema.json")) as file:
    SCHEMA = json.load(file)
jsonschema.Draft202012Validator.check_schema(SCHEMA)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

# No node has such numbers, and they fit no integer.
HUGE_NUMBERS = json.dumps({
    "reply": "status", "program": "ilnp-proxy", "version": "1", "name": "a", "nid": ALICE, "uptime": 1e300, "duplicate_nid": False,
    "link": None, "locators": [], "handoff": None, "moves": {"mode": "none", "next": None, "handoffs": 0}, "port": None,
    "hosts": 1, "routes": 1, "mappings": None, "streams": None, "drops": [],
    "rates": {"seconds": 1, "received": 1e308, "sent": -1e308, "delivered": 0, "forwarded": 0}})


def ctl(control, *arguments, status=0):
    """What ilnp-ctl prints; on stderr if it fails."""
    done = lab.run(CTL, "--control", control, *map(str, arguments))
    if done.returncode != status:
        raise AssertionError(f"ilnp-ctl {arguments}: {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout if status == 0 else done.stderr


def ask(control, *arguments, status=0):
    """The reply as JSON, which follows the schema."""
    done = lab.run(CTL, "--control", control, "--json", *map(str, arguments))
    if done.returncode != status or done.stderr:
        raise AssertionError(f"ilnp-ctl --json {arguments}: {done.returncode}: {done.stdout}{done.stderr}")
    reply = json.loads(done.stdout)
    VALIDATOR.validate(reply)
    return reply


class Control(lab.LabTest):
    def pair(self):
        """Two proxies that know each other."""
        nodes = [self.lab.proxy(self.lab.host(name), "0:0:0:a", nid) for name, nid in (("alice", ALICE), ("bob", BOB))]
        lab.until(lambda: "bob" in self.names(nodes[0]), what="alice to know bob")
        return nodes

    def names(self, node):
        return [each["name"] for each in ask(node.control, "hosts")["hosts"]]

    def test_each_program_answers_by_the_schema(self):
        host = self.lab.host("alice")
        config = self.lab.config("alice", "0:0:0:a", ALICE,
                                 application={"port": 10001, "remote_hostname": "bob", "remote_port": 10001, "run_time": 100})
        for program in ("ilnp-proxy", "ilnp-stream", "ilnp-router", "ilnp-experiment", "ilnp-heartbeat"):
            if not os.path.exists(os.path.join(lab.BIN, program)):
                continue
            with self.subTest(program):
                control = os.path.join(self.lab.folder, program)
                node = self.lab.program(host, program, config, "--control", control)
                lab.until(lambda: os.path.exists(control), what=f"the control socket of {program}")
                status = ask(control, "status")
                self.assertEqual((status["program"], status["name"], status["nid"]), (program, "alice", ALICE))
                self.assertEqual([each["locator"] for each in status["locators"]], ["0:0:0:a"])
                self.assertTrue(status["link"]["up"])
                proxy = program in ("ilnp-proxy", "ilnp-stream")
                for command in ("hosts", "routes", "counters"):
                    self.assertEqual(ask(control, command)["reply"], command)
                self.assertEqual(ask(control, "mappings", status=0 if proxy else 1)["reply"], "mappings" if proxy else "error")
                streams = program == "ilnp-stream"
                self.assertEqual(ask(control, "streams", status=0 if streams else 1)["reply"], "streams" if streams else "error")
                self.assertEqual(node.stop(), 0)
                self.assertFalse(os.path.exists(control))

    def test_text_for_people(self):
        alice, bob = self.pair()
        ctl(alice.control, "map", 10001, "bob", 10001)
        ctl(bob.control, "map", 10001, "alice", 10001)
        sender, receiver = alice.host.udp(10001), bob.host.udp(10001)
        sender.sendto(b"hello", ("127.0.0.1", lab.PROXY_PORT))
        select.select([receiver], [], [], 5)
        self.assertEqual(receiver.recv(100), b"hello")
        status = ctl(alice.control, "status")
        self.assertRegex(status, rf"\Ailnp-proxy \S+: alice \({ALICE}\), up \d+\.\d s\n  link: eth0 up for ")
        self.assertRegex(status, r"(?m)^  locator: 0:0:0:a joined, for \d+\.\d s$")
        self.assertRegex(status, r"(?m)^  local port: 10000$")
        hosts = ctl(alice.control, "hosts").splitlines()
        self.assertEqual(hosts[0].split(), ["NAME", "NID", "LOCATORS", "IN", "USE", "NEXT", "HOP", "SENT", "RECEIVED", "HEARD"])
        self.assertRegex(hosts[1], rf"^alice {{2}}{ALICE} {{2}}0:0:0:a .* this node$")
        self.assertRegex(hosts[2], rf"^bob +{BOB} +0:0:0:a +0:0:0:a +0:0:0:a +9 +0 +\d+\.\d s ago$")
        self.assertEqual(ctl(alice.control, "mappings").splitlines()[1].split(), ["10001", "bob", "10001"])
        self.assertRegex(ctl(alice.control, "routes"), r"(?m)^0:0:0:a +joined +\d")
        self.assertRegex(ctl(alice.control, "counters"), r"(?m)^proxy\.sent +1  Datagrams of local programs sent$")
        # What was dropped, and what that means.
        sender.sendto(b"x", ("127.0.0.1", lab.PROXY_PORT))
        stranger = alice.host.udp(10077)
        stranger.sendto(b"hello", ("127.0.0.1", lab.PROXY_PORT))
        lab.until(lambda: "lost or refused" in ctl(alice.control, "status"), what="a refused datagram")
        self.assertRegex(ctl(alice.control, "status"),
                         r"(?m)^ +1  proxy\.refused_not_mapped  Datagrams from a local port without a mapping$")
        ctl(alice.control, "unmap", 10001, "bob")
        self.assertEqual(ask(alice.control, "mappings")["mappings"], [])

    def test_mistakes_are_said(self):
        folder = self.lab.folder
        nobody = os.path.join(folder, "nobody")
        for arguments, status, words in (
                ((), 2, "COMMAND is missing"), (("stat",), 2, 'unknown command "stat"'), (("status", "now"), 2, "takes no arguments"),
                (("map", "1", "bob"), 2, "LOCAL_PORT HOST REMOTE_PORT"), (("--colour", "status"), 2, "--colour"),
                (("map", "1", "b ob", "2"), 2, "blanks"), (("status",), 1, f"no node answers on {nobody}: No such file or directory")):
            with self.subTest(arguments):
                done = lab.run(CTL, "--control", nobody, *arguments)
                self.assertEqual((done.returncode, done.stdout), (status, ""))
                self.assertEqual(len(done.stderr.splitlines()), 1)
                self.assertIn(words, done.stderr)
        self.assertIn("there are: status, hosts,", lab.run(CTL, "stat").stderr)
        node = self.lab.router(self.lab.host("alice"), "0:0:0:a", ALICE)
        node.wait_line("Routing")
        self.assertEqual(ctl(node.control, "mappings", status=1), "ilnp-ctl: this node has no mappings: it is no proxy\n")
        self.assertEqual(ctl(node.control, "move", "nowhere", status=1),
                         "ilnp-ctl: 'nowhere' is not a locator (four groups of hex digits: 0:0:0:a)\n")
        self.assertEqual(ask(node.control, "leave", "0:0:0:a", status=1)["reply"], "error")
        node.kill()
        self.assertIn("Connection refused", ctl(node.control, "status", status=1))

    def test_something_else_that_answers_is_not_believed(self):
        for said in (b"\x1b[2J", b'{"reply":"status"}\n', b"[1]\n", b"{}", b'{"reply":"hosts","hosts":[7]}\n', b"", b"[" * 100000 + b"\n",
                     b'{"reply":"error"}\n', b'{"reply":"error","error":7}\n', HUGE_NUMBERS.encode() + b"\n"):
            path = os.path.join(self.lab.folder, "strange")
            server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            server.bind(path)
            client = subprocess.Popen([CTL, "--control", path, "status"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            _, descriptors, _, _ = socket.recv_fds(server, 4096, 1)
            with socket.socket(fileno=descriptors[0]) as reply:
                reply.sendall(said)
                reply.recv(10)
            out, error = client.communicate(timeout=10)
            self.assertEqual((client.returncode, out), (1, ""), said[:20])
            self.assertRegex(error, r"\Ailnp-ctl: [ -~]+\n\Z")
            server.close()
            os.unlink(path)

    def test_a_reply_without_end_is_given_up(self):
        for command in (["status"], ["events"]):
            path = os.path.join(self.lab.folder, "endless")
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
                server.bind(path)
                client = subprocess.Popen([CTL, "--control", path, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                _, descriptors, _, _ = socket.recv_fds(server, 4096, 1)
                sent = 0
                with socket.socket(fileno=descriptors[0]) as reply, self.assertRaises((BrokenPipeError, ConnectionResetError)):
                    while sent < 100_000_000:
                        sent += reply.send(b"a" * 65536)
                out, error = client.communicate(timeout=10)
                self.assertEqual((client.returncode, out), (1, ""))
                self.assertEqual(error, f"ilnp-ctl: the reply of the node on {path} has no end\n")
                os.unlink(path)

    def follow(self, node, *options):
        """ilnp-ctl that follows the events of a node."""
        following = self.lab.program(node.host, "ilnp-ctl", "--control", node.control, *options, "events")
        lab.until(lambda: "following" in following.output, what="the first line")
        return following

    def test_a_handoff_on_request_and_its_events(self):
        host = self.lab.host("alice")
        alice = self.lab.proxy(host, "0:0:0:a-0:0:0:b", ALICE, network={"move_time": 3000, "handoff_time": 0.3})
        following, people = self.follow(alice, "--json"), self.follow(alice)
        self.assertEqual(ask(alice.control, "status")["moves"]["mode"], "automatic")
        self.assertEqual(ask(alice.control, "move", "0:0:0:c,0:0:0:d")["locators"], ["0:0:0:c", "0:0:0:d"])
        lab.until(lambda: "handoff_ended" in following.output, what="the end of the handoff")
        self.assertEqual(ask(alice.control, "leave", "0:0:0:c")["locators"], ["0:0:0:d"])
        self.assertEqual(ask(alice.control, "join", "0:0:0:e")["locators"], ["0:0:0:d", "0:0:0:e"])
        status = ask(alice.control, "status")
        self.assertEqual((status["moves"]["mode"], status["moves"]["next"]), ("suspended", None))
        self.assertIn("ilnp-ctl auto", ctl(alice.control, "status"))
        self.assertEqual(ctl(alice.control, "auto"), "now joined, besides what it is leaving: 0:0:0:a\n")
        self.assertEqual(ask(alice.control, "status")["moves"]["mode"], "automatic")
        lab.until(lambda: following.output.count("handoff_ended") == 4, what="the end of the last handoff")
        alice.stop()
        self.assertEqual((following.wait(), people.wait()), (1, 1))
        lines = following.output.splitlines()
        self.assertIn("has ended", lines.pop())
        events = [json.loads(line) for line in lines]
        for event in events:
            VALIDATOR.validate(event)
        first = next(event for event in events if event.get("event") == "handoff_began")
        self.assertEqual((first["from"], first["to"]), (["0:0:0:a"], ["0:0:0:c", "0:0:0:d"]))
        self.assertRegex(people.output, r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} handoff begins: from 0:0:0:a to 0:0:0:c,0:0:0:d$")

    def test_one_who_does_not_read_events_holds_up_nobody(self):
        host = self.lab.host("alice")
        alice = self.lab.proxy(host, "0:0:0:a", ALICE, network={"handoff_time": 0})
        slow = self.follow(alice, "--json")
        os.kill(slow.pid, signal.SIGSTOP)
        before = alice.memory()
        rounds = 1500  # of two lines each: more than the sockets and the node hold for one client
        for place in range(rounds):
            self.assertTrue(alice.ask(f"json move 0:0:0:{place % 2 + 11:x}"))
        if not lab.SANITIZED:  # a sanitizer keeps memory that was freed
            self.assertLess(alice.memory() - before, 2000)
        os.kill(slow.pid, signal.SIGCONT)
        lab.until(lambda: '"events_lost"' in slow.output, timeout=20, what="how many events were lost")
        lost = sum(json.loads(line)["count"] for line in slow.output.splitlines() if "events_lost" in line)
        shown = sum('"event":"handoff_began"' in line or '"event":"handoff_ended"' in line for line in slow.output.splitlines())
        self.assertGreater(lost, 0)
        self.assertEqual(lost + shown, 2 * rounds)

    def test_many_clients_at_once(self):
        alice = self.lab.proxy(self.lab.host("alice"), "0:0:0:a", ALICE)
        following = [self.follow(alice, "--json") for _ in range(16)]
        self.assertIn("16 clients follow the events", ctl(alice.control, "events", status=1))
        asking = [subprocess.Popen([CTL, "--control", alice.control, "--json", "counters"], stdout=subprocess.PIPE, text=True)
                  for _ in range(8)]
        for each in asking:
            out, _ = each.communicate(timeout=20)
            VALIDATOR.validate(json.loads(out))
            self.assertEqual(each.returncode, 0)
        following[0].stop()
        lab.until(lambda: self.follows(alice), what="room for another")

    def follows(self, node):  # whether there is room
        again = self.lab.program(node.host, "ilnp-ctl", "--control", node.control, "--json", "events")
        lab.until(lambda: again.output, what="a reply")
        return '"following"' in again.output

    def test_top_in_a_terminal(self):
        alice, bob = self.pair()
        ctl(alice.control, "map", 10001, "bob", 10001)
        ctl(bob.control, "map", 10001, "alice", 10001)
        sender, receiver = alice.host.udp(10001), bob.host.udp(10001)
        server = ["tmux", "-S", os.path.join(self.lab.folder, "tmux"), "-f", "/dev/null"]
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        top = f"{CTL} --control {alice.control} top; echo status $?; sleep 1000"
        lab.checked(*server, "new-session", "-d", "-x", "120", "-y", "40", top, env=environment)
        try:
            def screen():
                sender.sendto(b"x" * 1000, ("127.0.0.1", lab.PROXY_PORT))
                return lab.checked(*server, "capture-pane", "-p", env=environment)

            lab.until(lambda: "PEER" in screen(), what="the first screen")
            shown = lab.until(lambda: re.search(r"(?m)^bob +0:0:0:a +0:0:0:a +([1-9][\d.]*) .*$", screen()), timeout=20,
                              what="the rate of bob")
            self.assertGreater(float(shown[1]), 0)
            self.assertRegex(screen(), rf"(?m)^alice \({ALICE}\)  ilnp-proxy .*\[q: quit\]$")
            self.assertRegex(screen(), r"(?m)^0:0:0:a +joined +[1-9][\d.]* ")
            ctl(alice.control, "move", "0:0:0:b")
            lab.until(lambda: re.search(r"(?m)^0:0:0:b +(joining|joined) ", screen()), timeout=20, what="the new locator")
            self.assertIn("1 handoff,", screen())
            # Ctrl-Z gives the terminal back, until the program goes on.
            pane = int(lab.checked(*server, "display-message", "-p", "#{pane_pid}", env=environment))
            with open(f"/proc/{pane}/task/{pane}/children") as children:
                process = int(children.read().split()[0])
            lab.checked(*server, "send-keys", "C-z", env=environment)
            lab.until(lambda: "PEER" not in screen(), what="the terminal as it was")
            os.kill(process, signal.SIGCONT)
            lab.until(lambda: "PEER" in screen(), what="the view again")
            lab.checked(*server, "send-keys", "q", env=environment)
            lab.until(lambda: "status 0" in screen() and "PEER" not in screen(), what="the end of top")
        finally:
            lab.run(*server, "kill-server", env=environment)

    def test_the_streams_of_both_ends(self):
        if not os.path.exists(os.path.join(lab.BIN, "ilnp-stream")):
            self.skipTest("ilnp-stream was not built")
        alice, bob = self.lab.host("alice"), self.lab.host("bob")
        controls = {}
        for host, nid, options in ((bob, BOB, ("--expose", 3000)), (alice, ALICE, ("--listen", "2000:bob:3000"))):
            controls[host.name] = os.path.join(self.lab.folder, f"{host.name}-control")
            node = self.lab.program(host, "ilnp-stream", self.lab.config(host.name, "0:0:0:a", nid), *options,
                                    "--control", controls[host.name])
            node.wait_line("^Running")
        with bob:
            server = socket.create_server(("127.0.0.1", 3000))
        self.lab.sockets.append(server)
        server.settimeout(20)
        with alice:
            client = socket.socket()
        self.lab.sockets.append(client)
        client.settimeout(20)
        client.connect(("127.0.0.1", 2000))
        client.sendall(b"hello")
        accepted, _ = server.accept()
        self.lab.sockets.append(accepted)
        self.assertEqual(accepted.recv(5, socket.MSG_WAITALL), b"hello")
        accepted.sendall(b"hello, too")
        self.assertEqual(client.recv(10, socket.MSG_WAITALL), b"hello, too")
        [here] = ask(controls["alice"], "streams")["streams"]
        [there] = ask(controls["bob"], "streams")["streams"]
        self.assertLess(here.pop("age"), 60)
        self.assertLess(there.pop("age"), 60)
        self.assertEqual(here, {"peer": BOB, "name": "bob", "opened_by": "this node", "state": "open", "target": "bob:3000",
                                "sent": 5, "received": 10})
        self.assertEqual(there, {"peer": ALICE, "name": "alice", "opened_by": "peer", "state": "open",
                                 "target": "this host:3000", "sent": 10, "received": 5})
        self.assertRegex(ctl(controls["alice"], "streams"), rf"(?m)^bob +{BOB} +this node +open +bob:3000 +5 +10 ")
        self.assertEqual(ask(controls["alice"], "status")["streams"], 1)
        client.close()
        accepted.close()
        lab.until(lambda: not ask(controls["alice"], "streams")["streams"], what="the end of the stream")

    def lines(self, control, *arguments, status=0):
        done = lab.run(CTL, "--control", control, "--json", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        replies = [json.loads(line) for line in done.stdout.splitlines()]
        for reply in replies:
            VALIDATOR.validate(reply)
        return replies

    def test_ping_and_trace_through_a_router(self):
        alice, bob = (self.lab.proxy(self.lab.host(name), network, nid)
                      for name, network, nid in (("alice", "0:0:0:a", ALICE), ("bob", "0:0:0:b", BOB)))
        router = self.lab.router(self.lab.host("router"), "0:0:0:a,0:0:0:b", ROUTER)
        lab.until(lambda: {"bob", "router"} <= set(self.names(alice)), timeout=20, what="alice to know bob")
        lab.until(lambda: "alice" in self.names(bob), timeout=20, what="bob to know alice")
        first, last = self.lines(alice.control, "ping", "bob", "1")
        self.assertEqual({key: first[key] for key in ("sequence", "answered", "reached", "nid", "locator", "forwarders", "sent_to")},
                         {"sequence": 1, "answered": True, "reached": True, "nid": BOB, "locator": "0:0:0:b", "forwarders": 1,
                          "sent_to": "0:0:0:b"})
        self.assertEqual((last["reply"], last["sent"], last["received"]), ("ping_end", 1, 1))
        self.assertEqual([(each["hop"], each.get("nid"), each.get("reached")) for each in self.lines(alice.control, "trace", BOB)],
                         [(1, ROUTER, False), (2, BOB, True)])
        self.assertRegex(ctl(alice.control, "ping", "bob", 2), rf"(?s)\A1: reply of {BOB} at 0:0:0:b in [\d.]+ ms, .*through 1 forwarder"
                                                               r"\n2: .*\n2 sent, 2 answered; ")
        self.assertRegex(ctl(alice.control, "trace", "bob"),
                         rf"\A1: {ROUTER} at 0:0:0:a, [\d.]+ ms\n2: {BOB} at 0:0:0:b, [\d.]+ ms, the destination\n\Z")
        self.assertRegex(ctl(router.control, "ping", "bob", 1), "directly\n1 sent, 1 answered")
        self.assertEqual(ctl(alice.control, "ping", "nobody", status=1),
                         "ilnp-ctl: 'nobody': no node with this name or identifier is known\n")
        self.assertIn("COUNT from 1", ctl(alice.control, "ping", "bob", "0", status=1))
        bob.kill()
        first, last = self.lines(alice.control, "ping", "bob", "1", status=1)
        self.assertEqual((first["answered"], last["received"], last["mean"]), (False, 0, None))

    def test_a_trace_through_two_routers_and_three_networks(self):
        nids = {name: f"ffff:0:0:{digit}" for name, digit in (("alice", "1"), ("near", "2"), ("far", "3"), ("bob", "4"))}
        networks = {"alice": "0:0:0:a", "near": "0:0:0:a,0:0:0:b", "far": "0:0:0:b,0:0:0:c", "bob": "0:0:0:c"}
        nodes = {name: self.lab.router(self.lab.host(name), networks[name], nids[name]) for name in nids}
        for one, other in (("alice", "bob"), ("bob", "alice")):
            lab.until(lambda: other in self.names(nodes[one]), timeout=30, what=f"{one} to know {other}")
        expected = [(1, nids["near"], "0:0:0:a", False), (2, nids["far"], "0:0:0:b", False), (3, nids["bob"], "0:0:0:c", True)]

        def trace():
            lines = self.lines(nodes["alice"].control, "trace", "bob")
            return [(each["hop"], each.get("nid"), each.get("arrived_on"), each.get("reached")) for each in lines] == expected

        lab.until(trace, timeout=30, what="a trace with two forwarders")
        first, _ = self.lines(nodes["alice"].control, "ping", "bob", "1")
        self.assertEqual((first["forwarders"], first["sent_from"], first["sent_to"], first["returned_on"]),
                         (2, "0:0:0:a", "0:0:0:c", "0:0:0:a"))

    def test_watch_repeats(self):
        node = self.lab.router(self.lab.host("alice"), "0:0:0:a", ALICE)
        node.wait_line("Routing")
        watching = self.lab.program(node.host, "ilnp-ctl", "--control", node.control, "--json", "--watch", "status")
        lab.until(lambda: watching.output.count("\n") >= 2, what="two replies")
        for line in watching.output.splitlines()[:2]:
            VALIDATOR.validate(json.loads(line))
        node.stop()
        self.assertEqual(watching.wait(), 1)  # nothing more to show
        self.assertIn("no node answers", watching.output)

    def test_thousands_of_hosts_in_one_reply(self):
        import overlay
        node = self.lab.router(self.lab.host("alice"), "0:0:0:a", ALICE, discovery={"wait_time": 100})
        node.wait_line("Routing")
        card = overlay.Card(self.lab.host("stranger"), 0xA)
        name = "n" * 240

        def known():
            return len(ask(node.control, "hosts")["hosts"])

        for number in range(1, 1000):
            card.send(0xA, overlay.discovery(0xA, 0x1000 + number, f"{name}{number}"))
            if number % 100 == 0:
                lab.until(lambda: known() > number, what=f"{number} hosts")
        self.assertEqual(known(), 1000)


if __name__ == "__main__":
    lab.main()
