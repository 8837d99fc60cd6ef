"""What the programs print: it never holds a node up and never ends it, whatever becomes of those who should read it;
and strangers can neither flood it nor forge it."""

import csv
import fcntl
import os
import re
import resource
import select
import signal
import socket
import struct
import subprocess
import time

import lab
from lab import until
from overlay import A, ALL_NODES, Card, discovery, number, stp

ALICE, BOB, MALLORY = (f"ffff:0:0:{digit}" for digit in "abe")
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"
PROGRAMS = ("ilnp-proxy", "ilnp-router", "ilnp-heartbeat", "ilnp-experiment", "ilnp-stream", "ilnp-socket-coroutine",
            "ilnp-socket-callback", *(["ilnp-tun"] if os.path.exists("/dev/net/tun") else []))


def path_of(program):
    return os.path.join(lab.BIN, program)


class Output(lab.LabTest):
    def setUp(self):
        super().setUp()
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for child in self.started:
            child.kill()
            child.wait()

    def start(self, host, program, *arguments, **options):
        """A program whose output goes where the test wants it."""
        with host:
            child = subprocess.Popen([path_of(program), *map(str, arguments)], cwd=self.lab.folder,
                                     stdin=subprocess.DEVNULL, **options)
        self.started.append(child)
        return child

    def alice(self, **application):
        host = self.lab.hosts.get("alice") or self.lab.host("alice")
        settings = {"port": 10001, "remote_hostname": "bob", "remote_port": 10001, "wait_time": 0.01, **application}
        return host, self.lab.config("alice", "0:0:0:a", ALICE, application=settings)

    def proxy(self, host, config, control, **options):
        """A proxy whose output goes where the test wants it, when it answers."""
        child = self.start(host, "ilnp-proxy", config, "10000", "--control", control, **options)
        self.answers(host, control)
        return child

    def answers(self, host, control, timeout=10):
        path = os.path.join(self.lab.folder, control)
        until(lambda: host.run(path_of("ilnp-proxy-create"), "--control", path, "--list").returncode == 0, timeout,
              "the proxy to answer", every=0.05)

    def ends(self, child, control=None, how=signal.SIGTERM):
        child.send_signal(how)
        self.assertEqual(child.wait(15), 0)
        if control:
            path = os.path.join(self.lab.folder, control)
            self.assertFalse(os.path.exists(path), f"{path} was left behind")

    def fill(self, pipe):
        """Leaves no room in a pipe."""
        flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_NONBLOCK)
        size = 4096
        while size:
            try:
                os.write(pipe, b"." * size)
            except BlockingIOError:
                size //= 2
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags)

    # ---- nobody reads

    def test_a_pipe_that_nobody_reads_does_not_hold_a_node_up(self):
        host, config = self.alice()
        for full in (False, True):
            with self.subTest(full=full):
                reader, writer = os.pipe()
                if full:
                    self.fill(writer)
                child = self.proxy(host, config, "control", stdout=writer, stderr=writer)
                os.close(writer)
                for _ in range(60):  # some hundred KiB
                    child.send_signal(signal.SIGUSR1)
                    time.sleep(0.005)
                self.answers(host, "control")
                self.ends(child, "control")
                os.close(reader)

    def test_the_lines_come_when_somebody_reads_again(self):
        host, config = self.alice()
        reader, writer = os.pipe()
        self.fill(writer)
        child = self.proxy(host, config, "control", stdout=writer, stderr=subprocess.DEVNULL)
        os.close(writer)
        child.send_signal(signal.SIGUSR1)
        os.set_blocking(reader, False)
        text = b""

        def come():
            nonlocal text
            if select.select([reader], [], [], 0.1)[0]:
                text += os.read(reader, 1 << 20)
            return re.search(rb"Listening on 10000\n(.*\n)*gateway", text) or re.search(rb"Listening on 10000\n(.*\n)*\S+ \d+\n", text)

        until(come, 10, "the counters", every=0)
        self.ends(child, "control")
        os.close(reader)

    def test_closed_pipes_and_descriptors_end_nothing(self):
        host, config = self.alice()

        def shut():
            os.close(1)
            os.close(2)

        for closed in ("pipe", "descriptors"):
            with self.subTest(closed):
                if closed == "pipe":
                    reader, writer = os.pipe()
                    os.close(reader)
                    child = self.proxy(host, config, "control", stdout=writer, stderr=writer)
                    os.close(writer)
                else:
                    child = self.proxy(host, config, "control", preexec_fn=shut)
                    for descriptor in (1, 2):  # or what is printed would go into a socket
                        self.assertEqual(os.readlink(f"/proc/{child.pid}/fd/{descriptor}"), "/dev/null")
                for _ in range(3):
                    child.send_signal(signal.SIGUSR1)
                    time.sleep(0.05)
                self.answers(host, "control")
                self.ends(child, "control")

    def test_a_full_disk_silences_nothing_for_good(self):
        host, config = self.alice()
        disk = os.path.join(self.lab.folder, "disk")
        os.mkdir(disk)
        lab.checked("mount", "-t", "tmpfs", "-o", "size=64k", "disk", disk)
        self.addCleanup(lab.run, "umount", "-l", disk)
        log, filling = os.path.join(disk, "log"), os.path.join(disk, "filling")
        with open(log, "wb") as output:
            child = self.proxy(host, config, "control", stdout=output, stderr=output)
        until(lambda: os.path.getsize(log) > 0, what="the first line")
        with open(filling, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"." * 4096)
            except OSError:
                pass
        for _ in range(30):
            child.send_signal(signal.SIGUSR1)
            time.sleep(0.01)
        self.answers(host, "control")
        self.assertLess(os.path.getsize(log), 16384)
        os.unlink(filling)
        child.send_signal(signal.SIGUSR1)

        def text():
            with open(log) as file:
                return file.read()

        # What waited is written, whole lines in their order.
        until(lambda: len(re.findall(r"(?m)^stp\.\S+ \d+$", text())) > 30, 10, "the counters on the disk")
        for line in text().rpartition("\n")[0].splitlines():  # the last may be half written at this moment
            self.assertRegex(line, r"^(Listening on 10000|[a-z_.]+ \d+)$")
        self.ends(child, "control")

    def test_no_thread_is_needed(self):
        if lab.SANITIZED:
            self.skipTest("a sanitizer looks at the limit of the stack")
        host, config = self.alice()

        def no_threads():  # there is no room for a stack of this size
            resource.setrlimit(resource.RLIMIT_STACK, (1 << 50, resource.RLIM_INFINITY))

        log = os.path.join(self.lab.folder, "log")
        with open(log, "wb") as output:
            try:
                child = self.proxy(host, config, "control", stdout=output, stderr=output, preexec_fn=no_threads)
            except subprocess.SubprocessError:
                self.skipTest("no right to set the limit")
        self.assertEqual(len(os.listdir(f"/proc/{child.pid}/task")), 1)
        child.send_signal(signal.SIGUSR1)

        def printed():
            with open(log) as file:
                return re.search(r"Listening on 10000\n(?s:.*)\d\n", file.read())

        until(printed, 10, "the counters")
        self.ends(child, "control")

    # ---- signals

    def test_a_hang_up_ends_it_cleanly(self):
        host, config = self.alice(run_time=100)
        for index, program in enumerate(PROGRAMS):
            if not os.path.exists(path_of(program)):
                continue
            with self.subTest(program):
                control = f"control-{index}"
                arguments = {"ilnp-proxy": ["10000", "--control", control], "ilnp-stream": ["10000", "--control", control],
                             "ilnp-tun": ["--control", control],
                             "ilnp-socket-coroutine": ["7"], "ilnp-socket-callback": ["7"]}.get(program, [])
                child = self.start(host, program, config, *arguments, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
                if "--control" in arguments:
                    self.answers(host, control)
                else:
                    until(lambda: self.catches(child, signal.SIGHUP), what="the signal to be caught")
                self.ends(child, control, signal.SIGHUP)

    def catches(self, child, how):
        with open(f"/proc/{child.pid}/status") as file:
            return int(re.search(r"SigCgt:\s+(\w+)", file.read()).group(1), 16) >> (how - 1) & 1

    def test_a_hang_up_that_is_ignored_stays_ignored(self):
        host, config = self.alice()
        child = self.proxy(host, config, "control", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        child.send_signal(signal.SIGHUP)
        self.answers(host, "control")
        self.ends(child, "control")

    # ---- the table of an experiment

    def test_a_named_pipe_that_nobody_reads_is_reported(self):
        host, config = self.alice()
        pipe = os.path.join(self.lab.folder, "pipe")
        os.mkfifo(pipe)
        # A capture does not hold the node up.
        for read in (False, True):
            router = self.lab.program(host, "ilnp-router", config, "--pcap", pipe)
            router.wait_line(f"--pcap {pipe}: waiting for a reader", 20)
            router.wait_line("^Routing as alice", 20)
            reader = subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) if read else None
            if read:
                self.started.append(reader)
                self.assertEqual(os.read(reader.stdout.fileno(), 4), b"\x0a\x0d\x0d\x0a")
            self.assertEqual(router.stop(timeout=20), 0)
            self.assertEqual(f"--pcap {pipe}: the capture is missing: nobody has read it" in router.output, not read)
            if read:
                reader.stdout.close()
                reader.wait(20)
        # A table must be complete, so the experiment waits; a signal ends it.
        child = self.start(host, "ilnp-experiment", config, "--csv", pipe, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.assertRegex(child.stderr.readline(), f" warning --csv {re.escape(pipe)}: waiting for a reader of this pipe$")
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)
        self.assertEqual(child.returncode, -signal.SIGTERM)

    def test_a_table_that_is_cut_off_is_an_error(self):
        host, config = self.alice(remote_hostname="", run_time=1)
        disk = os.path.join(self.lab.folder, "disk")
        os.mkdir(disk)
        lab.checked("mount", "-t", "tmpfs", "-o", "size=4k", "disk", disk)
        self.addCleanup(lab.run, "umount", "-l", disk)
        with open(os.path.join(disk, "filling"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"." * 512)
            except OSError:
                pass
        for table, word in (("/dev/full", "No space left"), (os.path.join(disk, "table"), "No space left"),
                            ("table.csv", None)):
            with self.subTest(table):
                child = self.start(host, "ilnp-experiment", config, "--csv", table, "--quiet",
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                until(lambda: self.catches(child, signal.SIGTERM), what="the signal to be caught")
                time.sleep(0.2)
                child.send_signal(signal.SIGTERM)
                _, errors = child.communicate(timeout=20)
                if word:
                    self.assertEqual(child.returncode, 1, errors)
                    self.assertRegex(errors, f"(?m)^ilnp-experiment: {re.escape(table)}: rows missing: 1: {word}")
                else:
                    self.assertEqual((child.returncode, errors), (0, ""))

    def test_what_cannot_be_printed_is_an_error_of_a_command(self):
        host, config = self.alice()
        self.proxy(host, config, "control", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open("/dev/full", "w") as full:
            done = self.start(host, "ilnp-proxy-create", "--control", "control", "--hosts", stdout=full,
                              stderr=subprocess.PIPE, text=True)
            _, errors = done.communicate(timeout=10)
        self.assertEqual(done.returncode, 1, errors)
        self.assertEqual(errors, "ilnp-proxy-create: standard output: No space left on device\n")

    def test_a_reader_that_leaves_ends_a_client_without_a_word(self):
        host, config = self.alice()
        self.proxy(host, config, "control", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command in (("ilnp-ctl", "--control", "control", "counters"),
                        ("ilnp-proxy-create", "--control", "control", "--counters")):
            readable, writable = os.pipe()
            os.close(readable)  # as `head` does when it has enough
            done = self.start(host, *command, stdout=writable, stderr=subprocess.PIPE, text=True)
            os.close(writable)
            _, errors = done.communicate(timeout=10)
            self.assertEqual((done.returncode, errors), (-signal.SIGPIPE, ""))

    # ---- strangers

    def mallory(self):
        return Card(self.lab.hosts.get("mallory") or self.lab.host("mallory"), A)

    def test_claims_of_names_do_not_flood_the_log(self):
        host = self.lab.host("alice")
        node = self.lab.proxy(host, "0:0:0:a", ALICE)
        card = self.mallory()
        for index in range(6000):
            name = f"name-{index % 2000}"
            card.send(A, discovery(A, 0x1000 + index, name))
            if index % 100 == 99:
                time.sleep(0.005)
        until(lambda: "name-1999" in node.hosts(), 10, "the last name")
        self.assertEqual(node.stop(), 0)
        lines = node.output.splitlines()
        self.assertIn("Listening on 10000", lines)
        lines.remove("Listening on 10000")
        self.assertLess(len(lines), 150)
        for line in lines:
            self.assertRegex(line, f"^{TIME} ")

    def test_a_log_that_is_on_has_its_bounds_too(self):
        host = self.lab.host("alice")
        node = self.lab.proxy(host, "0:0:0:a", ALICE, network={"log": "true"}, discovery={"log": "true"})
        card = self.mallory()
        for index in range(5000):
            card.send(A, stp((A, number(MALLORY)), (A, number(ALICE)), 1, 2, b"x")[:30])
            if index % 100 == 99:
                time.sleep(0.005)
        until(lambda: node.counters()["dropped_too_short"] > 2000, 10, "the frames to be dropped")
        node.stop()
        self.assertLess(len(node.output.splitlines()), 1500)
        self.assertRegex(node.output, f"(?m)^{TIME} debug network: .*: \\d+ more lines like this in \\d+ s$")

    def test_the_log_of_the_link_shows_something(self):
        host = self.lab.host("alice")
        for program in ("ilnp-router", "ilnp-heartbeat", "ilnp-experiment"):
            with self.subTest(program):
                node = self.lab.program(host, program, self.lab.config(
                    "alice", "0:0:0:a-0:0:0:b", ALICE, link={"log": "true"}, application={"port": 10001},
                    network={"move_time": 0.3, "handoff_time": 0.1}))
                node.wait_line(f"^{TIME} debug link: eth0, UDP port {lab.MCAST_PORT}, .*can be used")
                node.wait_line(f"^{TIME} debug link: in the groups of 0:0:0:a$")
                node.wait_line(f"^{TIME} debug link: in the groups of 0:0:0:b$")
                self.assertEqual(node.stop(), 0)

    def test_ever_changing_ports_do_not_flood_the_log(self):
        host = self.lab.host("alice")
        node = self.lab.proxy(host, "0:0:0:a", ALICE)
        with host:
            for index in range(3000):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                    sock.bind(("127.0.0.1", 20000 + index))
                    sock.sendto(b"x", ("127.0.0.1", 10000))
                if index % 100 == 99:
                    time.sleep(0.005)
        until(lambda: node.counters()["not_sent"] > 1000, 10, "the datagrams to be refused")
        node.stop()
        lines = node.output.splitlines()
        self.assertLess(len(lines), 100)
        self.assertRegex(node.output, f"(?m)^{TIME} error ilnp-proxy: from local port 20000: ")
        self.assertRegex(node.output, f"(?m)^{TIME} error ilnp-proxy: .*: \\d+ more lines like this in \\d+ s$")

    def test_a_comment_behind_a_value_is_an_error_with_its_line(self):
        host = self.lab.host("alice")
        path = self.lab.config("alice # my laptop", "0:0:0:a", ALICE, network={"colour": "red"})
        with open(path) as file:
            lines = file.read().splitlines()
        number_of = {key: 1 + next(i for i, line in enumerate(lines) if line.startswith(key)) for key in ("hostname", "colour")}
        for program in ("ilnp-router", "ilnp-proxy"):
            done = host.run(path_of(program), path)
            self.assertEqual(done.returncode, 1)
            first, second = done.stderr.splitlines()
            self.assertRegex(first, f"^{program}: {path}:{number_of['hostname']}: .*\"alice # my laptop\".* a line of its own")
            self.assertRegex(second, f"^{program}: warning: {path}:{number_of['colour']}: .*colour: unknown key")

    def test_names_do_not_forge_what_is_shown(self):
        host = self.lab.host("alice")
        node = self.lab.proxy(host, "0:0:0:a", ALICE)
        card = self.mallory()
        names = {0x101: ("a b", r"a\x20b"), 0x102: ("\u202eevil", r"\u{202e}evil"), 0x103: ("x\u009b2Jy", r"x\u{9b}2Jy"),
                 0x104: ("bob\u00a0ffff:0:0:b\u20030:0:0:a", r"bob\u{a0}ffff:0:0:b\u{2003}0:0:0:a"),
                 0x105: ("a\u2028b", r"a\u{2028}b"), 0x106: ("back\\slash", r"back\\slash"), 0x107: ("böb", "böb"),
                 0x108: ("\u200bzero", r"\u{200b}zero")}
        for nid, (name, _) in names.items():
            card.send(A, discovery(A, nid, name))
        until(lambda: "zero" in node.hosts(), 5, "the last name")
        rows = {}
        for line in node.hosts().split("\n"):
            words = re.split(r"\s", line)
            self.assertRegex(words[1], r"^[0-9a-f:]+$", line)
            rows[words[1]] = words[0]
        for nid, (_, shown) in names.items():
            self.assertEqual(rows[f"0:0:0:{nid:x}"], shown)
        # And in the log, when two claim such a name.
        for nid, (name, _) in names.items():
            card.send(A, discovery(A, nid + 0x1000, name))
        reply = node.ask("hosts")
        self.assertNotRegex(reply, "[\u0080-\u009f\u2028\u202e\u00a0\u2003\u200b]")
        node.stop()
        self.assertNotRegex(node.output, "[\u0080-\u009f\u2028\u202e\u00a0\u2003\u200b]")

    def test_what_a_stranger_says_is_shown_as_text(self):
        host = self.lab.host("alice")
        config = self.lab.config("alice", "0:0:0:a", ALICE, application={"port": 10001})
        node = self.lab.program(host, "ilnp-heartbeat", config)
        until(lambda: self.catches(node.child, signal.SIGTERM))
        card = self.mallory()

        def shown():
            card.send(A, stp((A, number(MALLORY)), (A, number(ALICE)), 9, 10001, "a\u009b2J\u202e\nb\x1b[2J".encode()))
            time.sleep(0.05)
            return r"a\u{9b}2J\u{202e}\x0ab\x1b[2J" in node.output

        until(shown, 5, "the text")
        for index in range(3000):
            card.send(A, stp((A, number(MALLORY)), (A, number(ALICE)), 9, 10001, b"x" * 1000))
            if index % 100 == 99:
                time.sleep(0.005)
        node.stop()
        self.assertLess(len(node.output.splitlines()), 1000)
        for line in node.output.splitlines():
            self.assertRegex(line, f"^{TIME} ")

    def test_a_stranger_does_not_end_an_experiment(self):
        alice, bob = self.lab.host("alice"), self.lab.host("bob")
        card = self.mallory()
        receiver = self.lab.program(bob, "ilnp-experiment", "--csv", "bob.csv", self.lab.config(
            "bob", "0:0:0:a", BOB, application={"port": 10001, "run_time": 100}))
        until(lambda: self.catches(receiver.child, signal.SIGTERM))
        end = stp((A, number(MALLORY)), (A, number(BOB)), 10001, 10001, struct.pack("!Q", 0))
        for _ in range(20):
            card.send(A, end)
            time.sleep(0.02)
        sender = self.lab.program(alice, "ilnp-experiment", self.lab.config(
            "alice", "0:0:0:a", ALICE, application={"port": 10001, "remote_hostname": "bob", "remote_port": 10001,
                                                    "run_time": 1.5, "wait_time": 0.02}))
        sender.wait_line(" 1396 1$", 10)
        while sender.running:  # all the time, and another that has sent one numbered datagram before
            card.send(A, end)
            card.send(A, stp((A, 0x77), (A, number(BOB)), 10001, 10001, struct.pack("!Q", 1)))
            card.send(A, stp((A, 0x77), (A, number(BOB)), 10001, 10001, struct.pack("!Q", 0)))
            time.sleep(0.1)
        self.assertEqual(sender.wait(10), 0)
        self.assertEqual(receiver.wait(20), 0)
        with open(os.path.join(self.lab.folder, "bob.csv")) as file:
            rows = [row for row in csv.DictReader(file) if row["source_nid"] == ALICE and row["sequence"] != "0"]
        sent = int(re.search(r"^sent: (\d+) datagrams", sender.output, re.M).group(1))
        self.assertEqual([int(row["sequence"]) for row in rows], list(range(1, sent + 1)))
        self.assertRegex(receiver.output, rf"(?m)^received from {ALICE}: {sent} datagrams, lost 0")


if __name__ == "__main__":
    lab.main()
