"""What bench/system/run.sh measures, inside of its namespaces: hosts alice, router and bob on one bridge.

Everything that is compared is measured in turns, round by round; the median of the rounds counts. Writes system.json,
and with report.py system.md and pictures.
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import report
import tunnels
from programs import URGENT, Process, parse_counters, ratio, step, wait_for

PORT = 10000
GROUP = "ff12::{}"
SIZES = (64, 512, 1396)
ADDRESS = {"alice": "fd00::1", "router": "fd00::2", "bob": "fd00::3"}


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        self.rounds = 1 if options.brief else options.rounds
        self.seconds = 0.1 if options.brief else 0.4
        self.result = {}
        self.cpus = sorted(os.sched_getaffinity(0))

    # --- programs ---

    def program(self, name):
        return self.build / ("examples" if name.startswith("ilnp-") else "bench/system") / name

    def configuration(self, name, locators, nid, loop=True, network="", application=""):
        path = self.folder / f"{name}.ini"
        path.write_text(f"[link]\nmcast_port = {PORT}\nmcast_interface = eth0\nuser_id = 0\n"
                        f"mcast_loop = {str(loop).lower()}\n[network]\nlocators = {locators}\nnid = {nid}\n{network}\n"
                        f"[discovery]\nhostname = {name}\nwait_time = 4\n"
                        + (f"[application]\n{application}\n" if application else ""))
        return path

    def router(self, locators="0:0:0:a,0:0:0:b", loop=True, pin=None, urgent=True):
        return Process("router", self.program("ilnp-router"),
                       self.configuration("router", locators, "ffff:0:0:d", loop), ready="Routing as", pin=pin,
                       urgent=urgent)

    def null_forwarder(self, loop=True, pin=None, program="null-forwarder"):
        return Process("router", self.program(program), "eth0", PORT, GROUP.format("a"), GROUP.format("b"),
                       int(loop), ready="ready", pin=pin)

    def works(self, start):
        """An experiment is left out where it was not built, or the kernel refuses it; and why is told."""
        try:
            start().end()
        except (OSError, RuntimeError) as error:
            step(f"left out: {error}")
            return False
        return True

    def proxy(self, host, name, locators, nid, port=PORT, maps=(), network=""):
        """A proxy, and its control socket's path in `control`."""
        control = self.folder / f"{name}.control"
        words = [word for each in maps for word in ("--map", each)]
        process = Process(host, self.program("ilnp-proxy"), self.configuration(name, locators, nid, network=network),
                          port, "--control", control, "--quiet", *words, ready="Listening on")
        process.control = control
        return process

    def ask(self, proxy, text):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            path = str(self.folder / "client")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            client.bind(path)
            client.settimeout(5)
            client.sendto(text.encode(), str(proxy.control))
            return client.recv(1 << 20).decode()

    def know_each_other(self, one, two):
        wait_for("the proxies to hear of each other",
                 lambda: " this node\nbob" in self.ask(one, "hosts").replace("alice", "bob", 0) or
                 "\nbob " in self.ask(one, "hosts"))
        wait_for("the proxies to hear of each other", lambda: "\nalice " in self.ask(two, "hosts"))

    def load_words(self, processes=(), **options):
        words = [*URGENT, str(self.program("load"))]
        for key, value in options.items():
            words += ["--" + key, str(value)]
        for process in processes:
            words += ["--watch", str(process.pid)]
        return words

    def load(self, processes=(), **options):
        done = subprocess.run(self.load_words(processes, **options), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError("load: " + done.stderr)
        return json.loads(done.stdout)

    def median(self, samples):
        """Of each figure of several measurements."""
        return {key: statistics.median(sample[key] for sample in samples) for key in samples[0]}

    # --- a router ---

    def forward(self):
        """The router beside the null forwarder and the kernel's forwarding. The node under test has one CPU for
        itself, the load another."""
        pin, load_pin = self.cpus[-1], self.cpus[0]
        window = {84: 4096, 1440: 2048}
        overlay = dict(to="bob", send=f"[{GROUP.format('a')}]:{PORT}", join=GROUP.format("b"), frame="a:b:7777",
                       pin=load_pin, seconds=self.seconds)
        overlay["from"] = "alice"
        samples = {}

        def note(system, loop, size, gso, figures):
            samples.setdefault((system, loop, size, gso), []).append(figures)

        systems = {"null forwarder": self.null_forwarder, "ilnp-router": self.router}
        by_ring = functools.partial(self.null_forwarder, program="null-forwarder-uring")
        if self.works(by_ring):
            systems["null forwarder, io_uring"] = by_ring
        for _ in range(self.rounds):
            for size in (84, 1440):
                for gso in (1, 0):
                    for loop in (True, False):
                        for system, start in systems.items():
                            with start(loop=loop, pin=pin) as node:
                                note(system, loop, size, gso, self.load(
                                    [node], size=size, gso=gso, window=window[size], **overlay))
                    note("kernel", None, size, gso, self.load(
                        **{"from": "alice"}, to="bob", send="[fd02::3]:9000", receive="[fd02::3]:9000",
                        bind="[fd01::1]:9000", size=size, gso=gso, window=window[size], pin=load_pin,
                        seconds=self.seconds))
        rows = []
        for (system, loop, size, gso), figures in samples.items():
            row = dict(system=system, mcast_loop=loop, size=size, gso=bool(gso), **self.median(figures),
                       rounds=[figure["packets_per_second"] for figure in figures])
            null = samples.get(("null forwarder", loop, size, gso))
            if null and system != "null forwarder":
                row["throughput_ratio"] = ratio(figures, null, "packets_per_second")
                row["cpu_ratio"] = ratio(figures, null, "cpu_ns_per_packet")
            rows.append(row)
        self.result["forward"] = rows

    # --- proxy to proxy ---

    @contextlib.contextmanager
    def chain(self, system, routed):
        """Yields the processes between a program on alice and one on bob, and how they are reached."""
        local = dict(send=f"127.0.0.1:{PORT}", bind="127.0.0.1:10001", receive="127.0.0.1:10001",
                     answer=f"127.0.0.1:{PORT}")
        with contextlib.ExitStack() as stack:
            def start(*arguments, **more):
                return stack.enter_context(Process(*arguments, **more))

            if system == "none":
                yield [], dict(send="[fd00::3]:10001", bind="[fd00::1]:10001", receive="[fd00::3]:10001",
                               answer="[fd00::1]:10001")
                return
            if system == "ilnp-proxy":
                router = [stack.enter_context(self.router())] if routed else []
                alice = stack.enter_context(self.proxy("alice", "alice", "0:0:0:a", "ffff:0:0:a",
                                                       maps=["10001:bob:10001"]))
                bob = stack.enter_context(self.proxy("bob", "bob", "0:0:0:b" if routed else "0:0:0:a", "ffff:0:0:b",
                                                     maps=["10001:alice:10001"]))
                self.know_each_other(alice, bob)
                yield [alice, *router, bob], local
                return
            if system == "null relay, multicast":
                router = [stack.enter_context(self.null_forwarder())] if routed else []
                groups = {"alice": GROUP.format("a"), "bob": GROUP.format("b" if routed else "c")}
                ends = []
                for host, peer in (("alice", "bob"), ("bob", "alice")):
                    here, there = groups[host], groups[host] if routed else groups[peer]
                    ends.append(start(host, self.program("null-relay"), f"127.0.0.1:{PORT},127.0.0.1:10001",
                                      f"eth0,{PORT},{here},{there},1", ready="ready"))
                yield [ends[0], *router, ends[1]], local
                return
            # Plain relays: alice's and bob's talk to each other, or each to one on the router.
            hops = [("alice", f"127.0.0.1:{PORT}", "127.0.0.1:10001", "[fd00::1]:11000",
                     "[fd00::2]:11000" if routed else "[fd00::3]:11000"),
                    ("bob", f"127.0.0.1:{PORT}", "127.0.0.1:10001", "[fd00::3]:11000",
                     "[fd00::2]:11001" if routed else "[fd00::1]:11000")]
            if routed:
                hops.insert(1, ("router", "[fd00::2]:11000", "[fd00::1]:11000", "[fd00::2]:11001",
                                "[fd00::3]:11000"))
            nodes = []
            for host, bind, peer, other_bind, other_peer in hops:
                if system == "null relay":
                    nodes.append(start(host, self.program("null-relay"), f"{bind},{peer}",
                                       f"{other_bind},{other_peer}", ready="ready"))
                else:
                    def side(here, there):
                        return f"UDP{6 if '[' in here else 4}-DATAGRAM:{there},bind={here}"
                    nodes.append(start(host, "socat", "-b", "65536", side(bind, peer), side(other_bind, other_peer)))
            if system == "socat":
                for host, *_ in hops:
                    wait_for("socat", lambda host=host: ":11000" in subprocess.run(
                        ["ip", "netns", "exec", host, "ss", "-Huan"], capture_output=True, text=True).stdout)
            yield nodes, local

    def chain_systems(self):
        """Proxy to proxy beside chains of relays, and no relay at all."""
        samples = {}
        names = ["none", "null relay", "null relay, multicast", "socat", "ilnp-proxy"]
        pings = 100 if self.options.brief else 400
        for _ in range(self.rounds):
            for routed in (False, True):
                for system in names:
                    if system == "none" and routed:
                        continue
                    with self.chain(system, routed) as (nodes, way):
                        way = {"from": "alice", "to": "bob", **way}
                        for size in SIZES:
                            for gso in (0, 1):
                                best = None
                                for window in ((64, 256) if system == "socat" else (256, 1024)):
                                    figures = self.load(nodes, size=size, gso=gso, window=window,
                                                        seconds=self.seconds / 2, **way)
                                    figures["window"] = window
                                    if figures["loss"] < 0.01 and (
                                            best is None or
                                            figures["packets_per_second"] > best["packets_per_second"]):
                                        best = figures
                                samples.setdefault((system, routed, size, f"gso{gso}"), []).append(
                                    best or dict(figures, packets_per_second=0.0))
                            samples.setdefault((system, routed, size, "ping"), []).append(
                                self.load(nodes, size=size, ping=pings, **way))
        rows = []
        for (system, routed, size, what), figures in samples.items():
            if what != "ping":
                continue
            row = dict(system=system, routed=routed, size=size)
            for gso in (0, 1):
                flow = samples[system, routed, size, f"gso{gso}"]
                for key in ("packets_per_second", "cpu_ns_per_packet"):
                    row[f"{key}_gso{gso}"] = statistics.median(each[key] for each in flow)
            row.update({key: statistics.median(each[key] for each in figures) for key in ("p50_us", "p99_us", "lost")})
            if system == "ilnp-proxy":
                for other in names[1:-1]:
                    for gso in (0, 1):
                        row[f"throughput_ratio_gso{gso} / {other}"] = ratio(
                            samples[system, routed, size, f"gso{gso}"], samples[other, routed, size, f"gso{gso}"],
                            "packets_per_second")
                    row[f"p50_ratio / {other}"] = ratio(figures, samples[other, routed, size, "ping"], "p50_us")
            rows.append(row)
        self.result["chain"] = rows

    # --- sizes of tables ---

    def announce(self, host, count):
        """So many nodes make themselves known, as datagrams made by hand."""
        script = f"""
import socket, struct, time
sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("eth0"))
sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
locator = 10
for number in range({count}):
    nid = 0xaaaa0000 + number
    name = b"host-%d" % number
    payload = struct.pack("!QQB", nid, locator, 0) + name
    header = struct.pack("!IHBBQQQQ", 0, len(payload), 43, 0, locator, nid, 0xff02000000000001, 0)
    sock.sendto(header + payload, ("{GROUP.format('a')}", {PORT}))
    if number % 50 == 49: time.sleep(0.005)
"""
        subprocess.run(["ip", "netns", "exec", host, sys.executable, "-c", script], check=True)

    def tables(self):
        """What mappings, known hosts, and correspondents while moving cost a proxy."""
        samples = {}
        counts = [1, 1000] if self.options.brief else [1, 100, 10000]
        for _ in range(self.rounds):
            for mappings, hosts in [(count, 0) for count in counts] + [(1, 1000)]:
                with self.chain("ilnp-proxy", False) as ((alice, bob), way):
                    before = alice.memory()
                    for port in range(20000, 20000 + mappings - 1):
                        self.ask(alice, f"{port} bob {port}")
                    if hosts:
                        self.announce("router", hosts)
                    figures = self.load([alice], size=512, gso=1, window=1024, seconds=self.seconds / 2,
                                        **{"from": "alice", "to": "bob"}, **way)
                    figures["kib"] = alice.memory()
                    figures["kib_more"] = alice.memory() - before
                    samples.setdefault((mappings, hosts), []).append(figures)
        self.result["tables"] = [dict(mappings=mappings, hosts=hosts, **self.median(figures))
                                 for (mappings, hosts), figures in samples.items()]
        self.correspondents()

    def correspondents(self):
        rows = []
        seconds = 2 if self.options.brief else 10
        for count in (3,) if self.options.brief else (1, 10):
            for moving in (False, True):
                with contextlib.ExitStack() as stack:
                    stack.enter_context(self.router("0:0:0:a,0:0:0:b,0:0:0:c"))
                    ports = range(12000, 12000 + count)
                    bobs = [stack.enter_context(self.proxy("bob", f"bob{port}", "0:0:0:c", f"0:0:1:{port - 11999:x}",
                                                           port=port + 1000, maps=[f"{port}:alice:{port}"]))
                            for port in ports]
                    alice = stack.enter_context(self.proxy(
                        "alice", "alice", "0:0:0:a-0:0:0:b" if moving else "0:0:0:a", "ffff:0:0:a",
                        maps=[f"{port}:bob{port}:{port}" for port in ports],
                        network="move_time = 1\nhandoff_time = 0.5" if moving else ""))
                    wait_for("hosts", lambda: all(f"\nbob{port} " in self.ask(alice, "hosts") for port in ports))
                    for bob in bobs:
                        wait_for("alice", lambda bob=bob: "\nalice " in self.ask(bob, "hosts"))
                    cpu = alice.cpu()
                    flows = [subprocess.Popen(
                        self.load_words(**{"from": "alice", "to": "bob"}, send=f"127.0.0.1:{PORT}",
                                        bind=f"127.0.0.1:{port}", receive=f"127.0.0.1:{port}", size=512,
                                        rate=2000 / count, gso=0, seconds=seconds), stdout=subprocess.PIPE, text=True)
                        for port in ports]
                    results = [json.loads(flow.communicate()[0]) for flow in flows]
                    cpu = alice.cpu() - cpu
                    sent = sum(each["sent"] for each in results)
                    counters = self.counters_of(alice)
                    rows.append(dict(correspondents=count, moving=moving, sent=sent,
                                     received=sum(each["received"] for each in results),
                                     cpu_ns_per_packet=cpu / sent * 1e9, handoffs=counters.get("handoffs", 0),
                                     updates=counters.get("updates_sent", 0)))
        self.result["correspondents"] = rows

    def counters_of(self, proxy):
        return parse_counters(self.ask(proxy, "counters"))

    # --- a minute of full load ---

    def minute(self):
        """Full load through proxy, router and proxy: what grows, and whether every packet is accounted for."""
        seconds = 3 if self.options.brief else 60
        with self.chain("ilnp-proxy", True) as (nodes, way):
            way = {"from": "alice", "to": "bob", **way}
            # First once through all buffers: memory that no datagram has ever filled is not resident.
            self.load(nodes, size=1396, gso=1, window=4096, seconds=seconds / 6, **way)
            before = [(node.memory(), node.descriptors()) for node in nodes]
            first = [self.counters_of(nodes[0]), nodes[1].counters(), self.counters_of(nodes[2])]
            flow = self.load(nodes, size=512, gso=1, window=1024, seconds=seconds, **way)
            time.sleep(1.2)  # the underlay's count of overflows is up to a second old
            last = [self.counters_of(nodes[0]), nodes[1].counters(), self.counters_of(nodes[2])]
            after = [(node.memory(), node.descriptors()) for node in nodes]
            grew = [{key: last[i].get(key, 0) - first[i].get(key, 0) for key in last[i]} for i in range(3)]
            self.result["minute"] = dict(
                seconds=flow["seconds"], packets_per_second=flow["packets_per_second"], flow=flow,
                memory=[dict(name=name, kib_before=one[0], kib_after=two[0], descriptors_before=one[1],
                             descriptors_after=two[1])
                        for name, one, two in zip(("proxy of alice", "router", "proxy of bob"), before, after)],
                steps=[["sent by the program on alice", flow["sent"]],
                       ["read by alice's proxy", grew[0]["from_programs"]],
                       ["dropped before that (full buffer)", grew[0]["local_overflow"]],
                       ["forwarded by the router", grew[1]["forwarded"]],
                       ["dropped before the router (full buffer)", grew[1]["receive_overflow"]],
                       ["delivered by bob's proxy", grew[2]["to_programs"]],
                       ["dropped before bob's program (full buffer)", grew[2]["receive_overflow"]],
                       ["received by the program on bob", flow["received"]]],
                counters=grew)
        self.account()

    def account(self):
        """Overload at one hop, datagram by datagram, so that what the kernel drops is counted in datagrams too."""
        with self.router(pin=self.cpus[-1], urgent=False) as router:
            flood = {"from": "alice", "to": "bob", "send": f"[{GROUP.format('a')}]:{PORT}", "join": GROUP.format("b"),
                     "frame": "a:b:7777", "size": 84, "gso": 0, "seconds": 1 if self.options.brief else 5}
            before = router.counters()
            with Process("router", "sh", "-c", "while :; do :; done", pin=self.cpus[-1], urgent=False):
                figures = self.load([router], **flood)
                time.sleep(1.2)
            after = router.counters()
            grew = {key: after[key] - before[key] for key in after}
            control = grew["control_in"]
            self.result["account"] = dict(
                sent=figures["sent"], frames_in=grew["frames_in"] - control, overflow=grew["receive_overflow"],
                forwarded=grew["forwarded"], frames_out=grew["frames_out"], send_errors=grew["send_errors"],
                received=figures["received"],
                unaccounted=figures["sent"] - (grew["frames_in"] - control) - grew["receive_overflow"])

    # --- handoffs under overload ---

    def overload(self):
        """Mobile nodes move while the router is offered twice what it can carry."""
        moves = 2 if self.options.brief else 5
        pairs = 2 if self.options.brief else 4
        stay, handoff = 4.0, 2.0
        run_time = stay * (moves + 0.8)
        pin = self.cpus[-1]
        flood = {"from": "alice", "to": "bob", "send": f"[{GROUP.format('e')}]:{PORT}", "join": GROUP.format("d"),
                 "frame": "e:d:7777", "size": 1440, "gso": 1, "pin": self.cpus[0]}
        with contextlib.ExitStack() as stack:
            router = stack.enter_context(self.router("0:0:0:a,0:0:0:b,0:0:0:c,0:0:0:d,0:0:0:e", pin=pin, urgent=False))
            # The router's CPU is shared with work that never ends, so that the load's CPU can make more than it carries.
            hogs = [stack.enter_context(Process("router", "sh", "-c", "while :; do :; done", pin=pin, urgent=False))
                    for _ in range(2)]
            # What it carries when it is offered too much; the offer is then twice that.
            offered = 400_000
            for _ in range(3):
                begin = router.counters()["forwarded"]
                figures = self.load([router], rate=offered, seconds=1.5, **flood)
                capacity = (router.counters()["forwarded"] - begin) / figures["sent"] * figures["sent_per_second"]
                offered = 2 * capacity
            experiments, began = [], []
            for pair in range(pairs):
                application = (f"port = 1000\nremote_hostname = {{}}\nremote_port = 1000\nrun_time = {run_time}\n"
                               f"wait_time = 0.01")
                fixed = self.configuration(f"fixed{pair}", "0:0:0:d", f"0:0:2:{pair + 1}",
                                           application=application.format(f"mobile{pair}"))
                mobile = self.configuration(
                    f"mobile{pair}", "0:0:0:a-0:0:0:b-0:0:0:c", f"0:0:3:{pair + 1}",
                    network=f"move_time = {stay}\nhandoff_time = {handoff}",
                    application=application.format(f"fixed{pair}"))
                table = self.folder / f"mobile{pair}.csv"
                for host, configuration, name in (("bob", fixed, f"fixed{pair}"), ("alice", mobile, f"mobile{pair}")):
                    experiments.append(stack.enter_context(Process(
                        host, self.program("ilnp-experiment"), configuration, "--quiet", "--csv",
                        self.folder / f"{name}.csv")))
                    began.append(time.time())
            time.sleep(1.0)  # they find each other before the flood
            begin = router.counters()["forwarded"]
            figures = self.load([router], rate=offered, seconds=run_time - 2, **flood)
            lost = 1 - (router.counters()["forwarded"] - begin) / figures["sent"]
            for experiment in experiments:
                wait_for("an experiment to end", experiment.ended, 40)
            del hogs
            handoffs = []
            for pair in range(pairs):
                handoffs += self.handoffs_in(self.folder / f"mobile{pair}.csv", began[2 * pair + 1], moves)
        arrived = [each for each in handoffs if each is not None]
        self.result["overload"] = dict(
            capacity=capacity, offered=figures["sent_per_second"], loss=lost, handoffs=len(handoffs),
            within_3_s=sum(each <= 3 for each in arrived), never=len(handoffs) - len(arrived),
            median_s=statistics.median(arrived) if arrived else None, slowest_s=max(arrived) if arrived else None)

    def handoffs_in(self, table, begin, moves):
        """How long after each move something arrived at the new place, by the mobile node's table; None: never."""
        rows = [line.split(",") for line in table.read_text().splitlines()]
        column = {name: index for index, name in enumerate(rows[0])}
        rows = rows[1:]
        # The node moves at multiples of the time from its start, which is a little later than its program's.
        names = ["0:0:0:a", "0:0:0:b", "0:0:0:c"]
        result = []
        for move in range(1, moves + 1):
            at, place = begin + 4.0 * move, names[move % 3]
            times = [float(row[column["time"]]) for row in rows
                     if row[column["direction"]] == "received" and row[column["interface"]] == place]
            times = [each - at for each in times if -0.5 <= each - at < 4.0]
            result.append(min(times) if times else None)
        return result

    # --- where the time goes ---

    def where(self):
        """Where the CPU time goes: the kernel, the C library, the program itself (by sampling with perf)."""
        if shutil.which("perf") is None:
            step("no perf here: left out")
            return
        pin, load_pin = self.cpus[-1], self.cpus[0]
        rows = []
        for size, gso in ((84, 1), (1440, 1), (84, 0)):
            for system, start in (("null forwarder", self.null_forwarder), ("ilnp-router", self.router)):
                with start(pin=pin) as node:
                    rows.append(dict(system=system, size=size, gso=bool(gso), **self.sampled(
                        node, size=size, gso=gso, window=4096, pin=load_pin, join=GROUP.format("b"),
                        send=f"[{GROUP.format('a')}]:{PORT}", frame="a:b:7777")))
        for system in ("null relay, multicast", "ilnp-proxy"):
            with self.chain(system, False) as (nodes, way):
                rows.append(dict(system=system, size=64, gso=True,
                                 **self.sampled(nodes[0], size=64, gso=1, window=1024, **way)))
        self.result["where"] = rows

    def sampled(self, node, **flow):
        figures, share = self.profile(node, lambda: self.load([node], seconds=0.5 if self.options.brief else 2,
                                                              **{"from": "alice", "to": "bob"}, **flow))
        return dict(cpu_ns_per_packet=figures["cpu_ns_per_packet"],
                    **{f"{key}_ns": figures["cpu_ns_per_packet"] * value for key, value in share.items()})

    def profile(self, node, work):
        """What `work` returns, and which shares of the program's CPU time the kernel, the C library and itself have meanwhile."""
        samples = self.folder / "samples"
        recorder = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-o", samples, "-p",
                                     str(node.pid)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        result = work()
        recorder.send_signal(signal.SIGINT)
        recorder.wait()
        text = subprocess.run(["perf", "report", "-i", samples, "--stdio", "-g", "none", "--sort", "dso"],
                              capture_output=True, text=True).stdout
        share = {"kernel": 0.0, "libc": 0.0, "program": 0.0}
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 2 and words[0].endswith("%"):
                name = words[1]
                key = "libc" if name.startswith("libc") else "program" if name == node.name else "kernel"
                share[key] += float(words[0][:-1]) / 100
        total = sum(share.values()) or 1
        return result, {key: value / total for key, value in share.items()}

    # --- footprint ---

    def footprint(self):
        """Start-up, memory, and what it costs to compile."""
        starts = []
        for _ in range(self.rounds):
            begin = time.monotonic()
            with self.proxy("alice", "alice", "0:0:0:a", "ffff:0:0:a"):
                starts.append((time.monotonic() - begin) * 1000)
        with self.proxy("alice", "alice", "0:0:0:a", "ffff:0:0:a") as proxy, self.router() as router:
            time.sleep(1)
            memory = {"proxy_kib": proxy.memory(), "router_kib": router.memory()}
        stripped = self.folder / "router"
        subprocess.run(["strip", "-o", stripped, self.program("ilnp-router")], check=True)
        result = dict(start_ms=statistics.median(starts), **memory, stripped_router_kib=stripped.stat().st_size / 1024)
        source = self.folder / "all.cpp"
        source.write_text("#include <boost/asio/io_context.hpp>\n#include <ilnp/gateway.hpp>\n#include <ilnp/ilnp.hpp>\n"
                          "using Stack = ilnp::Proxy<ilnp::STP<ilnp::ILNP<ilnp::McastUdp>>>;\n"
                          "int main() { boost::asio::io_context io;\n"
                          "  Stack stack(ilnp::NetworkConfig{}, ilnp::LinkConfig{});\n"
                          "  ilnp::ProxyGateway gateway(io.get_executor(), stack, {});\n"
                          "  if (gateway.start()) return 1; io.run(); }\n")
        for level in ("O0",) if self.options.brief else ("O0", "O2"):
            words = ["g++", "-std=c++20", "-" + level, "-I", self.options.source + "/include", "-c", str(source), "-o",
                     str(self.folder / "all.o")]
            pid = os.fork()
            if pid == 0:
                os.execvp(words[0], words)
            _, status, usage = os.wait4(pid, 0)
            if status != 0:
                raise RuntimeError("a program with all headers does not compile")
            result[f"compile_{level}_cpu_s"] = usage.ru_utime + usage.ru_stime
            result[f"compile_{level}_mib"] = usage.ru_maxrss / 1024
        self.result["footprint"] = result

    def streams(self):
        """Octets over one stream: the toolkit's, beside the library that it is made of. Both lose what they are told."""
        systems = ("bare", "stack", "slow")
        rates = {}
        for _ in range(self.rounds):
            for loss in (0, 0.001, 0.01, 0.05):
                for system in systems:
                    rates.setdefault((system, loss), []).append(self.stream(system, loss))
        self.result["streams"] = [
            dict(loss=loss, **{f"{system}_mb_s": statistics.median(rates[system, loss]) for system in systems},
                 ratio=statistics.median(ours / bare for ours, bare in zip(rates["stack", loss], rates["bare", loss])))
            for loss in (0, 0.001, 0.01, 0.05)]
        self.connections()

    def stream(self, system, loss):
        """MB/s from alice to bob."""
        program, seconds = self.program("streams"), 0.5 if self.options.brief else 3
        with Process("bob", program, system, "receive", "eth0", loss, seconds, ADDRESS["alice"], ready="ready",
                     pin=self.cpus[-1]) as receiver:
            with Process("alice", program, system, "send", "eth0", loss, seconds, ADDRESS["bob"], ready="ready",
                         pin=self.cpus[0]):
                wait_for(f"the {system} receiver", receiver.ended, seconds + 20)
            return float(receiver.text().split("MB/s")[1])

    # --- TCP connections of programs ---

    @contextlib.contextmanager
    def carried(self, system):
        """Connections of alice to bob; yields where they are opened to."""
        if system == "TCP itself":
            yield f"[{ADDRESS['bob']}]:3000"
            return
        with contextlib.ExitStack() as stack:
            if system == "ssh -L":
                folder = pathlib.Path(self.options.ssh)
                stack.enter_context(Process("bob", shutil.which("sshd"), "-D", "-e", "-f", folder / "sshd_config", "-o",
                                            f"ListenAddress=[{ADDRESS['bob']}]:22", ready="Server listening"))
                stack.enter_context(Process("alice", "ssh", "-F", folder / "ssh_config", "-N", "-L",
                                            "127.0.0.1:2000:127.0.0.1:3000", ADDRESS["bob"]))
            else:
                for host, locator, nid, words in (("bob", "0:0:0:a", "ffff:0:0:b", ["--expose", "3000"]),
                                                  ("alice", "0:0:0:a", "ffff:0:0:a", ["--listen", "2000:bob:3000"])):
                    stack.enter_context(Process(host, self.program("ilnp-stream"), self.configuration(host, locator, nid),
                                                *words, "--quiet", ready="Running"))
            wait_for(f"{system} to reach bob", lambda: self.open_connections("127.0.0.1:2000", 1000, 1, check=False))
            yield "127.0.0.1:2000"

    def open_connections(self, to, octets, requests, check=True):
        done = subprocess.run(["ip", "netns", "exec", "alice", *URGENT, self.program("connections"), "ask", to,
                               str(octets), str(requests)], capture_output=True, text=True)
        if check and done.returncode != 0:
            raise RuntimeError("connections: " + done.stderr)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def connections(self):
        """Connections of TCP programs: ilnp-stream beside ssh, and beside socat and a kernel's SCTP."""
        samples = {}
        octets, requests = (5_000_000, 40) if self.options.brief else (300_000_000, 1000)
        systems = ["TCP itself", "ssh -L", "ilnp-stream"]
        if not self.options.ssh:
            step("left out: ssh, for there is no sshd here")
            systems.remove("ssh -L")
        with Process("bob", self.program("connections"), "serve", "[::]:3000", ready="ready"):
            for _ in range(self.rounds):
                for system in systems:
                    with self.carried(system) as to:
                        samples.setdefault(("this kernel", system), []).append(
                            self.open_connections(to, octets, requests))
        self.kernel_connections(samples)
        rows = []
        for (where, system), figures in samples.items():
            row = dict(where=where, system=system, **self.median(figures))
            if system != "ilnp-stream":
                row["ratios"] = {key: ratio(samples[where, "ilnp-stream"], figures, key) for key in figures[0]}
            rows.append(row)
        self.result["connections"] = rows

    def kernel_connections(self, samples):
        """The same in a kernel that has SCTP and runs as a program."""
        if not (shutil.which("linux.uml") or (self.build / "streams" / "complete").exists()):
            step("left out: the SCTP of a kernel, for examples/setup.sh --streams has not been here")
            return
        source = pathlib.Path(self.options.source)
        octets, requests = (500_000, 20) if self.options.brief else (20_000_000, 200)
        names = {"ilnp_stream": "ilnp-stream", "sctp": "socat, SCTP of the kernel",
                 "sctp_over_overlay": "socat, SCTP of the kernel, ilnp-proxy"}
        done = subprocess.run(
            [source / "examples/sctp_kernel.sh", "--build", self.build, "--seconds", str(120 + 180 * self.rounds),
             source / "bench/system/kernel_streams.sh", "--build", self.build, "--rounds", str(self.rounds), "--octets",
             str(octets), "--requests", str(requests)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"kernel_streams.sh: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        for line in done.stdout.splitlines():
            system, tabulator, figures = line.partition("\t")
            if tabulator:
                samples.setdefault(("user-mode Linux", names[system]), []).append(json.loads(figures))

    def machine(self):
        model = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
        return dict(date=time.strftime("%Y-%m-%d"), kernel=os.uname().release, cpus=len(self.cpus),
                    cpu=model[0] if model else os.uname().machine, rounds=self.rounds, brief=self.options.brief,
                    load_before=os.getloadavg()[0], urgent=bool(URGENT),
                    compiler=subprocess.run(["g++", "--version"], capture_output=True, text=True).stdout.split("\n")[0])


SECTIONS = {"forward": Bench.forward, "chain": Bench.chain_systems, "tables": Bench.tables, "minute": Bench.minute,
            "overload": Bench.overload, "where": Bench.where, "footprint": Bench.footprint,
            "streams": Bench.streams, "tun": tunnels.measure}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--ssh", help="folder of examples/ssh.sh")
    parser.add_argument("--brief", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default=",".join(SECTIONS))
    options = parser.parse_args()
    output = pathlib.Path(options.output)
    bench = Bench(options)
    bench.result["machine"] = bench.machine()
    failed = False
    for name in options.only.split(","):
        begin = time.monotonic()
        step(f"{name}: {SECTIONS[name].__doc__.split('.')[0]}")
        try:
            SECTIONS[name](bench)
        except Exception as error:  # the rest is worth having
            failed = True
            print(f"bench: {name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        step(f"{name}: {time.monotonic() - begin:.0f} s")
    shutil.rmtree(bench.folder, ignore_errors=True)
    bench.result["machine"]["load_after"] = os.getloadavg()[0]
    (output / "system.json").write_text(json.dumps(bench.result, indent=1) + "\n")
    text = report.table(bench.result)
    (output / "system.md").write_text(text)
    print(text, flush=True)
    report.pictures(bench.result, output)
    step(f"table, JSON and pictures: {output}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
