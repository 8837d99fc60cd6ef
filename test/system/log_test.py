"""The log of the programs: levels, formats, the nodes that come and go; and what a service manager is told."""

import datetime
import json
import os
import re
import signal
import socket
import subprocess

import lab
from lab import until
from overlay import A, B, Card, discovery

ALICE, BOB = 0xFFFF00000000000A, 0xFFFF00000000000B
ALICE_NID, BOB_NID = "ffff:0:0:a", "ffff:0:0:b"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LEVELS = ("error", "warning", "notice", "info", "debug")
PROGRAMS = {"ilnp-proxy": ["0"], "ilnp-router": [], "ilnp-experiment": [], "ilnp-heartbeat": [], "ilnp-stream": []}
if os.path.exists("/dev/net/tun"):
    PROGRAMS["ilnp-tun"] = []


def documented_events():
    """The event names and their fields, by the table in docs/monitoring.md."""
    with open(os.path.join(ROOT, "docs", "monitoring.md")) as file:
        rows = re.findall(r"(?m)^\| `(?!ilnp_)([a-z_]+)` \| (error|warning|notice|info|debug|any) \| ([^|]*) \|", file.read())
    return {name: (level, set(re.findall(r"`([a-z_]+)`", fields))) for name, level, fields in rows}


class Logs(lab.LabTest):
    def setUp(self):
        super().setUp()
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for child, _ in self.started:
            child.kill()
            child.wait()

    def start(self, host, program, config, *arguments, **options):
        """A program, and the file of its standard error."""
        path = os.path.join(self.lab.folder, f"{len(self.started)}.err")
        with open(path, "wb") as errors, host:
            child = subprocess.Popen([os.path.join(lab.BIN, program), config, *PROGRAMS[program], *arguments],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                                     cwd=self.lab.folder, **options)
        self.started.append((child, path))
        return child, path

    def config(self, name="alice", locators="0:0:0:a", nid=ALICE_NID, **sections):
        return self.lab.config(name, locators, nid, application={"port": 10001}, **sections)

    def lines(self, path):
        with open(path) as file:
            return file.read().rpartition("\n")[0].splitlines()

    def events(self, path):
        return [json.loads(line) for line in self.lines(path)]

    def event(self, path, name, timeout=10, **fields):
        """Waits for an event with these fields."""
        def found():
            for each in self.events(path):
                if each["event"] == name and fields.items() <= each.get("fields", {}).items():
                    return each
            return None
        return until(found, timeout, f"{name} with {fields} in {self.lines(path)[-20:]}", every=0.05)

    # ---- JSON

    def test_hosts_that_appear_move_and_expire_are_reported(self):
        alice = self.lab.host("alice")
        card = Card(self.lab.host("mallory"), A, B)
        config = self.config(locators="0:0:0:a,0:0:0:b", discovery={"wait_time": 1})
        child, log = self.start(alice, "ilnp-router", config, "--log-format", "json")

        def hear(locator):
            card.send(locator, discovery(locator, BOB, "bob b"))

        def heard_at(locator, name, **fields):
            def told():
                hear(locator)
                return [each for each in self.events(log)
                        if each["event"] == name and fields.items() <= each["fields"].items()]
            return until(told, 10, f"{name} with {fields}", every=0.3)[0]

        appeared = heard_at(A, "host_appeared", nid=BOB_NID)
        self.assertEqual(appeared["fields"], {"host": r"bob\x20b", "nid": BOB_NID, "locators": ["0:0:0:a"]})
        self.assertEqual((appeared["level"], appeared["layer"]), ("info", "discovery"))
        self.assertEqual(appeared["message"], rf"bob\x20b ({BOB_NID}) appeared at 0:0:0:a")
        moved = heard_at(B, "host_moved", nid=BOB_NID, to=["0:0:0:b"])
        self.assertIn("0:0:0:a", moved["fields"]["from"])
        self.event(log, "host_expired", nid=BOB_NID)
        child.terminate()
        self.assertEqual(child.wait(10), 0)
        self.check_schema(self.events(log))

    def check_schema(self, events):
        documented = documented_events()
        for each in events:
            self.assertLessEqual({"time", "level", "event", "message"}, set(each))
            self.assertLessEqual(set(each), {"time", "level", "layer", "event", "fields", "message"})
            self.assertIn(each["level"], LEVELS)
            self.assertRegex(each["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            time = datetime.datetime.fromisoformat(each["time"].replace("Z", "+00:00"))
            now = datetime.datetime.now(datetime.timezone.utc)
            self.assertLess(abs((now - time).total_seconds()), 100)
            self.assertIn(each["event"], documented, "is not in docs/monitoring.md")
            level, fields = documented[each["event"]]
            self.assertEqual(set(each.get("fields", {})), fields, each)
            if level != "any":
                self.assertEqual(each["level"], level, each)

    def test_json_has_a_handoff_the_link_and_what_each_layer_does(self):
        host, other = self.lab.host("alice"), self.lab.host("bob")
        self.start(other, "ilnp-router", self.config("bob", "0:0:0:a,0:0:0:b", BOB_NID))
        config = self.config(locators="0:0:0:a-0:0:0:b", network={"move_time": 1, "handoff_time": 0.5, "typo": 1})
        child, log = self.start(host, "ilnp-proxy", config, "--log-format", "json", "--verbose", "--control", "control")
        self.event(log, "handoff_began", **{"from": ["0:0:0:a"], "to": ["0:0:0:b"]})
        self.event(log, "handoff_ended", locators=["0:0:0:b"])
        self.event(log, "packet_sent")
        self.event(log, "groups", locators=["0:0:0:a"])
        host.ip("link", "set", "eth0", "down")
        self.event(log, "link_down", interface="eth0")
        host.ip("link", "set", "eth0", "up")
        self.event(log, "link_up", interface="eth0")
        self.assertEqual([each["message"] for each in self.events(log) if each["level"] == "warning" and
                          each["event"] == "note" and "typo" not in each["message"]], [])
        child.terminate()
        self.assertEqual(child.wait(10), 0)
        events = self.events(log)
        self.assertTrue(any("typo" in each["message"] and each["level"] == "warning" for each in events))
        self.check_schema(events)

    def test_an_error_at_the_start_has_the_format_too(self):
        host = self.lab.host("alice")
        config = self.config(locators="0:0:0:x", nid="q")
        child, log = self.start(host, "ilnp-router", config, "--log-format", "json")
        self.assertEqual(child.wait(10), 1)
        events = self.events(log)
        self.assertEqual([each["event"] for each in events], ["failed", "failed"])
        self.check_schema(events)
        child, log = self.start(host, "ilnp-router", config, "--log-format", "journal")
        self.assertEqual(child.wait(10), 1)
        self.assertRegex(self.lines(log)[0], r"^<3>ilnp-router: .*\[network\]")

    # ---- levels, and the journal

    def test_levels(self):
        host = self.lab.host("alice")
        card = Card(self.lab.host("mallory"), A)  # a node that appears is info
        for option, shown, hidden in ((["--log-level", "error"], [], ["warning", "notice", "info", "debug"]),
                                      (["--quiet"], [], ["warning", "notice", "info", "debug"]),
                                      (["--log-level", "warning"], ["warning"], ["notice", "info", "debug"]),
                                      ([], ["warning", "info"], ["debug"]),
                                      (["--log-level", "debug"], ["warning", "info", "debug"], [])):
            with self.subTest(option):
                config = self.config(network={"typo": 1}, discovery={"wait_time": 1})
                child, log = self.start(host, "ilnp-router", config, *option)

                def levels():
                    card.send(A, discovery(A, BOB, "bob"))
                    return {line.split()[2] for line in self.lines(log)}

                until(lambda: self.catches(child, signal.SIGTERM), what="the signal to be caught")
                until(lambda: levels() >= set(shown), 10, f"{shown} with {option}", every=0.1)
                child.terminate()
                self.assertEqual(child.wait(10), 0)
                self.assertEqual(levels() & set(hidden), set())
        for option, words in (("--log-level", "error, warning, notice, info or debug"), ("--log-format", "text, json or journal")):
            done = host.run(os.path.join(lab.BIN, "ilnp-router"), config, option, "loud")
            self.assertEqual((done.returncode, done.stderr),
                             (1, f'ilnp-router: {option} "loud": not {words} (see --help)\n'))

    def catches(self, child, how):
        with open(f"/proc/{child.pid}/status") as file:
            return int(re.search(r"SigCgt:\s+(\w+)", file.read()).group(1), 16) >> (how - 1) & 1

    def test_the_journal_gets_priorities_and_no_time(self):
        host = self.lab.host("alice")
        config = self.config(network={"typo": 1})
        path = os.path.join(self.lab.folder, "journal")
        for right in (True, False):
            with self.subTest(right=right), open(path, "wb") as journal:
                found = os.fstat(journal.fileno())
                stream = f"{found.st_dev}:{found.st_ino + (0 if right else 1)}"
                with host:
                    child = subprocess.Popen([os.path.join(lab.BIN, "ilnp-router"), config], stdout=subprocess.DEVNULL,
                                             stderr=journal, env={**os.environ, "JOURNAL_STREAM": stream})
                self.started.append((child, path))
                until(lambda: self.catches(child, signal.SIGTERM) and self.lines(path), what="a line")
                child.terminate()
                self.assertEqual(child.wait(10), 0)
                form = r"^<[3-7]>\S" if right else r"^\d{4}-"
                for line in self.lines(path):
                    self.assertRegex(line, form)
                if right:
                    self.assertRegex(self.lines(path)[0], r"^<4>.*typo")

    # ---- the service manager

    def listen(self, host, name):
        with host:  # abstract names belong to a network namespace
            manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind("\0" + name[1:] if name[0] == "@" else name)
        manager.settimeout(0.05)
        self.addCleanup(manager.close)
        return manager

    def told(self, manager, seen):
        """Takes what has arrived."""
        try:
            while True:
                seen += manager.recv(10000).decode().splitlines()
        except TimeoutError:
            return seen

    def test_a_service_manager_is_told(self):
        host = self.lab.host("alice")
        for index, program in enumerate(PROGRAMS):
            if not os.path.exists(os.path.join(lab.BIN, program)):
                continue
            name = "@ilnp-test" if index % 2 else os.path.join(self.lab.folder, f"notify-{index}")
            with self.subTest(program, name=name):
                manager, seen = self.listen(host, name), []
                child, _ = self.start(host, program, self.config(), env={**os.environ, "NOTIFY_SOCKET": name})
                until(lambda: "READY=1" in self.told(manager, seen), 10, "READY=1")
                self.assertTrue(any(re.match("STATUS=in 0:0:0:a; 0 hosts known$", line) for line in seen), seen)
                self.assertNotIn("STOPPING=1", seen)
                self.assertNotIn("WATCHDOG=1", seen)
                child.terminate()
                until(lambda: "STOPPING=1" in self.told(manager, seen), 10, "STOPPING=1")
                self.assertEqual(child.wait(10), 0)
                self.assertEqual(seen.count("READY=1"), 1)
                manager.close()

    def test_a_node_is_ready_when_its_link_is_and_feeds_the_watchdog(self):
        host = self.lab.host("alice")
        host.ip("link", "set", "eth0", "down")
        name = os.path.join(self.lab.folder, "notify")
        manager, seen = self.listen(host, name), []
        child, _ = self.start(host, "ilnp-router", self.config(), env={**os.environ, "NOTIFY_SOCKET": name,
                                                                       "WATCHDOG_USEC": "300000"})
        until(lambda: self.told(manager, seen).count("WATCHDOG=1") >= 3, 10, "WATCHDOG=1")
        self.assertIn("STATUS=waiting for eth0: it is down", seen)
        self.assertTrue(any(line.startswith("EXTEND_TIMEOUT_USEC=") for line in seen), seen)
        self.assertNotIn("READY=1", seen)
        host.ip("link", "set", "eth0", "up")
        until(lambda: "READY=1" in self.told(manager, seen), 10, "READY=1")
        # A node that is stuck does not feed the watchdog.
        child.send_signal(signal.SIGSTOP)
        self.told(manager, [])
        self.assertEqual(self.told(manager, []), [])
        child.send_signal(signal.SIGCONT)
        until(lambda: "WATCHDOG=1" in self.told(manager, []), 10, "WATCHDOG=1 again")


if __name__ == "__main__":
    lab.main()
