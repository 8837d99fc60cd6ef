"""Hosts for tests of the built programs: network namespaces joined by bridges.

A test file ends with `lab.main()`. That starts the file again inside namespaces of its own (networks, mounts,
processes), so that whatever a test makes ends with it, and runs the tests named on the command line. It needs root,
or a kernel that gives users namespaces. The programs are taken from the folder ILNP_BIN.
"""

import bisect
import ctypes
import math
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.environ.get("ILNP_BIN", "build/examples")
SANITIZED = "ILNP_SANITIZED" in os.environ  # the programs are slow, and keep memory that was freed
MCAST_PORT = 10000
PROXY_PORT = 10000
USER_ID = 7
MOST_BEHIND = 0.03  # seconds that a flow may catch up

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def _setns(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, "setns: " + os.strerror(code))


def run(*command, text=None, timeout=30, **options):
    """Run a command to its end; what it printed is in the result."""
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, **options)


def checked(*command, **options):
    done = run(*command, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def until(condition, timeout=5.0, what="a condition", every=0.01):
    """Poll until the condition is true; its value is the result."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"timed out after {timeout} s waiting for {what}")
        time.sleep(every)


def fate(sock):
    """What becomes of a connection from which something is read."""
    try:
        return "ended" if sock.recv(1) == b"" else "octets"
    except ConnectionResetError:
        return "reset"


def fate_of_a_new_stream(host, port):
    """What becomes of a connection that a program on this host tries now; a reset may come before it is there."""
    with host:
        sock = socket.socket()
    with sock:
        sock.settimeout(30)
        try:
            sock.connect(("127.0.0.1", port))
        except ConnectionResetError:
            return "reset"
        return fate(sock)


def ini(**sections):
    text = ""
    for section, keys in sections.items():
        text += f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items()) + "\n"
    return text


class Host:
    """A network namespace. `with host:` moves this thread into it, so sockets made inside belong to the host."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.file = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)

    def __enter__(self):
        _setns(self.file)
        return self

    def __exit__(self, *_):
        _setns(self.lab.base)

    def ip(self, *arguments):
        return checked("ip", "-n", self.name, *arguments)

    def sysctl(self, key, value):
        with self, open(f"/proc/sys/net/{key}", "w") as file:
            file.write(str(value))

    def run(self, *command, **options):
        with self:
            return run(*command, **options)

    def attach(self, interface="eth0", network="net0", dad=False, mac=None):
        """A network card of this host on a network, up at once. With `dad`, its address is tentative for a while."""
        self.lab.cables += 1
        cable = f"c{self.lab.cables}"
        self.sysctl("ipv6/conf/default/accept_dad", 1 if dad else 0)
        address = mac or f"02:00:00:00:00:{self.lab.cables:02x}"
        checked("ip", "link", "add", cable, "type", "veth", "peer", "name", interface, "address", address,
                "netns", self.name)
        checked("ip", "link", "set", cable, "master", network, "up")
        self.ip("link", "set", interface, "up")
        if not dad:
            until(lambda: "inet6 fe80" in self.ip("-6", "address", "show", "dev", interface, "-tentative"),
                  what=f"a link-local address of {self.name}")
        return cable

    def udp(self, port=0, address="127.0.0.1"):
        with self:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((address, port))
        sock.setblocking(False)
        self.lab.sockets.append(sock)
        return sock


class Process:
    """A program on a host. What it prints goes to a file that is shown when the test fails."""

    def __init__(self, lab, host, name, command, **options):
        self.lab = lab
        self.host = host
        self.name = name
        self.command = command
        self.path = os.path.join(lab.folder, f"{len(lab.processes)}-{name}.log")
        with open(self.path, "wb") as output, host:
            self.child = subprocess.Popen(command, stdin=options.pop("stdin", subprocess.DEVNULL), stdout=output,
                                          stderr=subprocess.STDOUT, cwd=lab.folder, **options)
        lab.processes.append(self)

    @property
    def pid(self):
        return self.child.pid

    @property
    def output(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    @property
    def running(self):
        return self.child.poll() is None

    def wait_line(self, pattern, timeout=5.0):
        """Wait until a line that it printed holds the pattern; the match is the result."""

        def found():
            match = re.search(pattern, self.output, re.MULTILINE)
            if not match and not self.running:
                match = re.search(pattern, self.output, re.MULTILINE)
                if not match:
                    raise AssertionError(f"{self.name} ended ({self.child.returncode}) without printing {pattern!r}:\n"
                                         + self.output)
            return match

        return until(found, timeout, f"{self.name} to print {pattern!r}")

    def wait(self, timeout=5.0):
        return self.child.wait(timeout)

    def kill(self):
        """As a power cut would: it says nothing to anybody."""
        self.child.kill()
        self.child.wait()

    def stop(self, how=signal.SIGTERM, timeout=5.0):
        self.child.send_signal(how)
        return self.child.wait(timeout)

    def memory(self):
        """Resident memory in KiB."""
        with open(f"/proc/{self.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


class Node(Process):
    """ilnp-proxy or ilnp-router with a control socket."""

    def __init__(self, lab, host, name, kind, config, *arguments):
        self.config = config
        self.control = os.path.join(lab.folder, f"{name}-{len(lab.processes)}.sock")
        command = [os.path.join(BIN, kind), config, *arguments]
        if kind in ("ilnp-proxy", "ilnp-router"):
            command += ["--control", self.control]
        super().__init__(lab, host, name, command)

    def create(self, *arguments, ok=True):
        done = self.host.run(os.path.join(BIN, "ilnp-proxy-create"), "--control", self.control,
                             *map(str, arguments))
        if ok and done.returncode:
            raise AssertionError(f"ilnp-proxy-create {arguments}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout.strip() if ok else done

    def ask(self, text):
        """Send a request to the control socket as it is; the answer, or None after a second of silence."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.control + f".{os.getpid()}.{time.monotonic_ns()}"
        sock.bind(path)
        sock.settimeout(1.0)
        try:
            sock.sendto(text if isinstance(text, bytes) else text.encode(), self.control)
            return sock.recv(1 << 20).decode(errors="replace")
        except socket.timeout:
            return None
        finally:
            sock.close()
            os.unlink(path)

    def counters(self):
        """The counters by name. What several layers count under one name is added up."""
        sums = {}
        for line in self.create("--counters").splitlines():
            name, value = line.split()
            name = name.rpartition(".")[2]
            sums[name] = sums.get(name, 0) + int(value)
        return sums

    def hosts(self):
        return self.create("--hosts")


class Lab:
    """Hosts, programs and sockets of one test. All of it is gone after `close`."""

    def __init__(self, networks=("net0",)):
        self.folder = tempfile.mkdtemp(prefix="ilnp-lab-")
        self.base = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.hosts = {}
        self.processes = []
        self.sockets = []
        self.cables = 0
        checked("ip", "link", "set", "lo", "up")
        self.networks = []
        for network in networks:
            self.network(network)

    def network(self, name):
        checked("ip", "link", "add", name, "type", "bridge", "mcast_snooping", "0")
        checked("ip", "link", "set", name, "up")
        self.networks.append(name)

    def host(self, name, network="net0", dad=False):
        """A host with lo, and eth0 on a network (None: no card yet)."""
        checked("ip", "netns", "add", name)
        host = self.hosts[name] = Host(self, name)
        for conf in ("all", "default"):
            host.sysctl(f"ipv6/conf/{conf}/router_solicitations", 0)
            host.sysctl(f"ipv6/conf/{conf}/accept_dad", 1 if dad else 0)
        host.ip("link", "set", "lo", "up")
        if network:
            host.attach("eth0", network, dad)
        return host

    def close(self):
        for process in self.processes:
            if process.running:
                process.child.kill()
        for process in self.processes:
            process.child.wait()
        for sock in self.sockets:
            sock.close()
        for name, host in self.hosts.items():
            os.close(host.file)
            run("ip", "netns", "del", name)
        for network in self.networks:
            run("ip", "link", "del", network)
        os.close(self.base)
        shutil.rmtree(self.folder, ignore_errors=True)

    def config(self, name, locators, nid=None, interface="eth0", link=(), network=(), discovery=(), application=None, tun=None):
        sections = {
            "link": {"mcast_port": MCAST_PORT, "mcast_interface": interface, "buffer_size": 1440, "user_id": USER_ID,
                     **dict(link)},
            "network": {"locators": locators, **({"nid": nid} if nid else {}), **dict(network)},
            "discovery": {"hostname": name, "wait_time": 2, **dict(discovery)},
        }
        if application:
            sections["application"] = application
        if tun:
            sections["tun"] = tun
        path = os.path.join(self.folder, f"{name}-{len(self.processes)}.ini")
        with open(path, "w") as file:
            file.write(ini(**sections))
        return path

    def proxy(self, host, locators, nid=None, maps=(), name=None, port=PROXY_PORT, arguments=(), ready=True, **config):
        name = name or host.name
        path = self.config(name, locators, nid, **config)
        options = [str(port)]
        for mapping in maps:
            options += ["--map", mapping]
        node = Node(self, host, name, "ilnp-proxy", path, *options, *arguments)
        if ready:
            node.wait_line(r"Listening on \d+")
        return node

    def router(self, host, locators, nid=None, name=None, arguments=(), **config):
        name = name or host.name
        return Node(self, host, name, "ilnp-router", self.config(name, locators, nid, **config), *arguments)

    def program(self, host, program, *arguments, name=None, **options):
        return Process(self, host, name or program, [os.path.join(BIN, program), *map(str, arguments)], **options)

    def report(self):
        for process in self.processes:
            state = "running" if process.running else f"ended: {process.child.returncode}"
            output = process.output
            if len(output) > 6000:
                output = output[:2000] + "\n[...]\n" + output[-4000:]
            print(f"--- {process.name} on {process.host.name} ({state}): {' '.join(process.command)}\n{output}",
                  file=sys.stderr)


# --- Traffic ---------------------------------------------------------------------------------------------------------


class Flow:
    """Numbered datagrams from an application's socket to another's. `to` is where the application sends: its proxy."""

    def __init__(self, name, sender, receiver, to=("127.0.0.1", PROXY_PORT), size=64):
        self.name, self.sender, self.receiver, self.to = name, sender, receiver, to
        self.padding = bytes(max(0, size - 16))
        self.tag = os.urandom(4)
        self.sent = []  # time by sequence number
        self.received = []  # (time, sequence number)
        self.strange = 0  # datagrams of something else

    def send(self, now):
        self.sender.sendto(self.tag + struct.pack("!Id", len(self.sent), now) + self.padding, self.to)
        self.sent.append(now)

    @property
    def lost(self):
        return sorted(set(range(len(self.sent))) - {number for _, number in self.received})

    @property
    def duplicated(self):
        return len(self.received) - len({number for _, number in self.received})

    @property
    def reordered(self):
        highest, late = -1, 0
        for _, number in self.received:
            if number < highest:
                late += 1
            highest = max(highest, number)
        return late

    def longest_gap(self):
        """The longest time without a datagram although some were sent, until the last was: a pause of the sender, which a
        busy machine may not run for a while, is no gap."""
        last = self.sent[-1]
        times = [-math.inf, *sorted(moment for moment, _ in self.received if moment < last), last]
        longest = 0.0
        for earlier, later in zip(times, times[1:]):
            at = bisect.bisect_right(self.sent, earlier)
            if at < len(self.sent):
                longest = max(longest, later - self.sent[at])
        return longest

    def lost_times(self, start):
        return [round(self.sent[number] - start, 3) for number in self.lost]

    def __str__(self):
        start = self.sent[0] if self.sent else 0
        text = (f"{self.name}: sent {len(self.sent)}, received {len(self.received)}, lost {len(self.lost)}, "
                f"duplicated {self.duplicated}, reordered {self.reordered}")
        if self.lost:
            times = self.lost_times(start)
            text += f"; lost at {times[:20]}{' ...' if len(times) > 20 else ''} s"
        if self.duplicated:
            seen, times = set(), []
            for moment, number in self.received:
                if number in seen:
                    times.append(round(moment - start, 3))
                seen.add(number)
            text += f"; duplicates at {times[:20]}{' ...' if len(times) > 20 else ''} s"
        return text


def receive_all(flows):
    """Take what has arrived at the flows' receivers; how many datagrams."""
    count = 0
    by_receiver = {}
    for flow in flows:
        by_receiver.setdefault(flow.receiver, []).append(flow)
    for receiver, candidates in by_receiver.items():
        while True:
            try:
                data = receiver.recv(65536)
            except BlockingIOError:
                break
            count += 1
            for flow in candidates:
                if data[:4] == flow.tag:
                    flow.received.append((time.monotonic(), struct.unpack_from("!I", data, 4)[0]))
                    break
            else:
                candidates[0].strange += 1
    return count


def run_flows(flows, rate, seconds, events=(), quiet=0.3):
    """Send each flow at `rate` datagrams a second, and receive until nothing came for `quiet` seconds; if some are missing,
    five times as long, for a busy machine may not run a node for a while.

    `events`: pairs of a time from the start and a function to be called then. If the machine was too busy to send in
    time, the rest comes later: catching up would be a burst, which no application's socket promises to hold.
    """
    poll = select.poll()
    for receiver in {flow.receiver for flow in flows}:
        poll.register(receiver, select.POLLIN)
    start = due = time.monotonic()
    events = sorted(events, key=lambda event: event[0])
    count, total, last = 0, round(rate * seconds), start
    while True:
        now = time.monotonic()
        while events and now - start >= events[0][0]:
            events.pop(0)[1]()
            now = time.monotonic()
        due = max(due, now - MOST_BEHIND)
        while count < total and now >= due:
            for flow in flows:
                flow.send(time.monotonic())
            count += 1
            due += 1 / rate
            last = now
        if poll.poll(1 if count < total else 20) and receive_all(flows):
            last = max(last, time.monotonic())
        since = time.monotonic() - last
        if count >= total and not events and since > quiet and (
                since > 5 * quiet or not any(flow.lost for flow in flows)):
            return start


def warm_up(flows, timeout=8.0):
    """Send until every flow has got through once: the nodes have found each other. Then wait for silence."""
    names = {}
    end = time.monotonic() + timeout
    waiting = list(flows)
    while waiting:
        for flow in waiting:
            mark = b"warm" + flow.tag
            names[mark] = flow
            flow.sender.sendto(mark, flow.to)
        deadline = time.monotonic() + 0.03
        while time.monotonic() < deadline:
            ready, _, _ = select.select([flow.receiver for flow in waiting], [], [], 0.01)
            for receiver in ready:
                try:
                    flow = names.get(receiver.recv(65536))
                except BlockingIOError:
                    continue
                if flow in waiting:
                    waiting.remove(flow)
        if time.monotonic() > end:
            raise AssertionError("no way in " + str(timeout) + " s: " + ", ".join(flow.name for flow in waiting))
    drain({flow.receiver for flow in flows})


def drain(sockets, quiet=0.15):
    """Throw away what arrives until nothing came for `quiet` seconds."""
    last = time.monotonic()
    while time.monotonic() - last < quiet:
        ready, _, _ = select.select(list(sockets), [], [], 0.02)
        for sock in ready:
            try:
                sock.recv(65536)
                last = time.monotonic()
            except BlockingIOError:
                pass


def receive(sock, timeout=2.0):
    """One datagram, or None."""
    ready, _, _ = select.select([sock], [], [], timeout)
    return sock.recv(65536) if ready else None


# --- Running ---------------------------------------------------------------------------------------------------------


class LabTest(unittest.TestCase):
    """A test with a lab of its own; when it fails, what the programs printed is shown."""

    networks = ("net0",)

    def setUp(self):
        self.lab = Lab(self.networks)
        self.addCleanup(self.lab.close)

    def _callTestMethod(self, method):
        try:
            method()
        except unittest.SkipTest:
            raise
        except BaseException:
            self.lab.report()
            raise

    def once(self, *flows, lost=0, reordered=0):
        """Every datagram of the flows arrived, and once."""
        problems = [str(flow) for flow in flows
                    if len(flow.lost) > lost or flow.duplicated or flow.strange
                    or (reordered is not None and flow.reordered > reordered)]
        if problems:
            self.fail("\n".join(problems))
        for flow in flows:
            print(flow)


def _enter_namespaces():
    command = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command[1:1] = ["--user", "--map-root-user"]
    probe = run(*command, "ip", "link", "add", "probe", "type", "bridge")
    if probe.returncode:
        print(f"no right to make network namespaces: {probe.stderr.strip()}", file=sys.stderr)
        sys.exit(1)
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def main():
    if os.environ.get("ILNP_LAB") != "inside":
        os.environ["ILNP_LAB"] = "inside"
        _enter_namespaces()
    if os.path.isdir("/run/netns"):
        checked("mount", "-t", "tmpfs", "lab", "/run/netns")
    else:
        checked("mount", "-t", "tmpfs", "lab", "/run")
        os.mkdir("/run/netns")
    global BIN
    BIN = os.path.abspath(BIN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.chdir("/")
    unittest.main(module="__main__", verbosity=2)
