"""Programs that know nothing of an overlay, through ilnp-tun and what else makes an interface: VPNs in user space, the kernel's
VXLAN, and a program that does the least that such a one can do. `measure` fills the part "tun" of measure.py's result.
"""

import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time

from programs import URGENT, Process, ratio, step, wait_for

PORT = 10000
GROUP = "ff12::{}"
ENDS = ("alice", "bob")
INNER = {"alice": "fd0e::a", "bob": "fd0e::b"}
INNER_V4 = {"alice": "10.7.0.1", "bob": "10.7.0.2"}
OUTER = {False: {"alice": "fd00::1", "bob": "fd00::3"}, True: {"alice": "fd01::1", "bob": "fd02::3"}}  # through the router: True
NIDS = {"alice": "ffff:0:0:a", "bob": "ffff:0:0:b"}
OURS = {"alice": "fdef:4230:8ef9:0:ffff::a", "bob": "fdef:4230:8ef9:0:ffff::b"}  # user 0, port 10000
DATAGRAM = 1200  # octets
CONGESTION_CONTROLS = pathlib.Path("/proc/sys/net/ipv4/tcp_available_congestion_control")
FIGURES = ("mb_s", "retransmits", "cpu_s_per_gb", "mb_s_8", "retransmits_8", "mb_s_back", "packets_per_second", "p50_us", "p99_us",
           "loaded_p50_us", "loaded_p99_us", "loaded_8_p50_us", "loaded_8_p99_us", "segments_per_write")


def other(host):
    return "bob" if host == "alice" else "alice"


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]}: {done.stdout[-500:]}{done.stderr[-500:]}")
    return done.stdout


def ip(host, *words):
    return run("ip", "-n", host, *words)


def give_address(host, device, mtu=None, queue=None):
    ip(host, "link", "set", device, "addrgenmode", "none")
    ip(host, "link", "set", device, *(["mtu", mtu] if mtu else []), *(["txqueuelen", queue] if queue else []), "up")
    ip(host, "address", "add", INNER[host] + "/64", "dev", device, "nodad")


def has_device(host, device):
    return subprocess.run(["ip", "-n", host, "link", "show", device], capture_output=True, check=False).returncode == 0


class Tunnel:
    """Between alice and bob: its programs, and how programs on the one reach the other. `bare` has no programs."""

    def __init__(self, processes=(), addresses=INNER, port=3000, iperf_port=5201, datagrams=True):
        self.processes, self.addresses, self.datagrams = list(processes), addresses, datagrams
        self.port, self.iperf_port = port, iperf_port

    def at(self, host, port):
        address = self.addresses[host]
        return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


# --- what is compared: each is given the measurements, a stack of what must end, and whether the hosts are in two networks ---


def bare(bench, stack, routed):
    return Tunnel(addresses=OUTER[routed])


def vxlan(bench, stack, routed):
    for host in ENDS:
        way = ["remote", OUTER[True][other(host)], "local", OUTER[True][host]] if routed else ["group", GROUP.format("99")]
        ip(host, "link", "add", "vxlan0", "type", "vxlan", "id", 7, *way, "dev", "eth0", "dstport", 4789)
        stack.callback(ip, host, "link", "delete", "vxlan0")
        give_address(host, "vxlan0")
    return Tunnel()


def null_tun(bench, stack, routed):
    if routed:
        stack.enter_context(bench.null_forwarder())
    groups = {"alice": GROUP.format("a"), "bob": GROUP.format("b")}
    processes = []
    for host in ENDS:
        processes.append(stack.enter_context(Process(
            host, bench.program("null-tun"), "eth0", PORT, groups[host], groups[host if routed else other(host)], 1, INNER[host],
            INNER[other(host)], ready="ready")))
        give_address(host, "tun0", mtu=1436, queue=64)
    return Tunnel(processes)


def overlay(bench, stack, routed, program, words, locators="0:0:0:a", network=""):
    """`locators` and `network` are alice's."""
    if routed:
        stack.enter_context(bench.router("0:0:0:a,0:0:0:b,0:0:0:c"))
    processes = []
    for host in ENDS:
        configuration = (bench.configuration(host, locators, NIDS[host], network=network) if host == "alice" else
                         bench.configuration(host, "0:0:0:b" if routed else "0:0:0:a", NIDS[host]))
        control = bench.folder / f"{host}.control"
        process = Process(host, bench.program(program), configuration, *words[host], "--control", control, "--quiet", ready="Running")
        process.control = control
        processes.append(stack.enter_context(process))
    return processes


def ilnp_tun(bench, stack, routed, **alice):
    words = {host: ["--expose", "all"] for host in ENDS}
    return Tunnel(overlay(bench, stack, routed, "ilnp-tun", words, **alice), addresses=OURS)


def ilnp_stream(bench, stack, routed):
    words = {"alice": ["--listen", "2000:bob:3000", "--listen", "2001:bob:5201"], "bob": ["--expose", "3000", "--expose", "5201"]}
    return Tunnel(overlay(bench, stack, routed, "ilnp-stream", words), addresses=dict.fromkeys(ENDS, "127.0.0.1"), port=2000,
                  iperf_port=2001, datagrams=False)


def tinc(bench, stack, routed):
    """Without encryption and authentication of packets."""
    folders = {host: bench.folder / f"tinc-{host}" for host in ENDS}
    if not folders["alice"].exists():
        for host, folder in folders.items():
            (folder / "hosts").mkdir(parents=True)
            (folder / "tinc.conf").write_text(f"Name = {host}\n")
            run("tincd", "-c", folder, "-K", 2048)
        for host, folder in folders.items():
            shutil.copy(folder / "hosts" / host, folders[other(host)] / "hosts" / host)
    keys = {host: (folder / "hosts" / host).read_text().partition("-----BEGIN") for host, folder in folders.items()}
    processes = []
    for host, folder in folders.items():
        (folder / "tinc.conf").write_text(f"Name = {host}\nMode = router\nDeviceType = tun\nInterface = tinc0\nAddressFamily = ipv6\n"
                                          f"BindToAddress = {OUTER[routed][host]}\nConnectTo = {other(host)}\n")
        for name in ENDS:
            _, begin, key = keys[name]
            (folder / "hosts" / name).write_text(f"Address = {OUTER[routed][name]}\nSubnet = {INNER[name]}/128\nCipher = none\n"
                                                 f"Digest = none\nCompression = 0\n{begin}{key}")
        processes.append(stack.enter_context(Process(host, "tincd", "-c", folder, "-D", f"--pidfile={folder}/pid", ready="Ready")))
        give_address(host, "tinc0", mtu=1400)
    return Tunnel(processes)


def openvpn(bench, stack, routed):
    """Without encryption and authentication of packets."""
    processes = []
    for host in ENDS:
        processes.append(stack.enter_context(Process(
            host, "openvpn", "--dev", "tun0", "--dev-type", "tun", "--proto", "udp6", "--port", 1194, "--local", OUTER[routed][host],
            "--remote", OUTER[routed][other(host)], "--ifconfig-ipv6", INNER[host] + "/64", INNER[other(host)], "--cipher", "none", "--auth",
            "none", "--tun-mtu", 1436, "--sndbuf", 4 << 20, "--rcvbuf", 4 << 20, "--verb", 3)))
    return Tunnel(processes)


def nebula(bench, stack, routed):
    """It encrypts."""
    folder = bench.folder / "nebula"
    if not folder.exists():
        folder.mkdir()
        run("nebula-cert", "ca", "-name", "bench", "-out-crt", folder / "ca.crt", "-out-key", folder / "ca.key")
        for host in ENDS:
            run("nebula-cert", "sign", "-name", host, "-ip", INNER_V4[host] + "/24", "-ca-crt", folder / "ca.crt", "-ca-key",
                folder / "ca.key", "-out-crt", folder / f"{host}.crt", "-out-key", folder / f"{host}.key")
    processes = []
    for host in ENDS:
        configuration = folder / f"{host}.yml"
        anything = "\n  - {port: any, proto: any, host: any}"
        configuration.write_text(
            f"pki: {{ca: {folder}/ca.crt, cert: {folder}/{host}.crt, key: {folder}/{host}.key}}\n"
            f"static_host_map: {{{INNER_V4[other(host)]}: ['[{OUTER[routed][other(host)]}]:4242']}}\n"
            "lighthouse: {am_lighthouse: false, hosts: []}\nlisten: {host: '::', port: 4242, read_buffer: 4194304, write_buffer: 4194304}\n"
            f"tun: {{dev: nebula0, mtu: 1400}}\nfirewall:\n outbound:{anything}\n inbound:{anything}\n")
        processes.append(stack.enter_context(Process(host, "nebula", "-config", configuration)))
    return Tunnel(processes, addresses=INNER_V4)


def wireguard_go(bench, stack, routed):
    """It encrypts."""
    private = {host: run("wg", "genkey").strip() for host in ENDS}
    public = {host: subprocess.run(["wg", "pubkey"], input=key, capture_output=True, text=True, check=True).stdout.strip()
              for host, key in private.items()}
    processes = []
    for host in ENDS:
        # Its socket has a fixed folder: one of its own for each.
        process = Process(host, "unshare", "--mount", "sh", "-c", "mount -t tmpfs run /run && exec wireguard-go -f wg0")
        processes.append(stack.enter_context(process))
        wait_for("wireguard-go", lambda host=host: has_device(host, "wg0"))
        configuration = bench.folder / f"wg-{host}.conf"
        configuration.write_text(f"[Interface]\nPrivateKey = {private[host]}\nListenPort = 51820\n[Peer]\nPublicKey = "
                                 f"{public[other(host)]}\nAllowedIPs = ::/0\nEndpoint = [{OUTER[routed][other(host)]}]:51820\n")
        inside = ["nsenter", "--target", process.pid, "--mount", "--net", "wg", "setconf", "wg0", configuration]
        wait_for("wireguard-go to listen", lambda inside=inside: subprocess.run(
            [str(word) for word in inside], capture_output=True, check=False).returncode == 0)
        give_address(host, "wg0", mtu=1420)
    return Tunnel(processes)


# By name: what it is made with, and the program that must be there.
SYSTEMS = {"no tunnel": (bare, None), "kernel VXLAN": (vxlan, None), "null tun": (null_tun, "null-tun"), "ilnp-tun": (ilnp_tun, "ilnp-tun"),
           "ilnp-stream": (ilnp_stream, "ilnp-stream"), "tinc, no encryption": (tinc, "tincd"),
           "OpenVPN, no encryption": (openvpn, "openvpn"), "Nebula": (nebula, "nebula"), "wireguard-go": (wireguard_go, "wireguard-go")}


def available(bench):
    """The systems whose program is here, and that can make an interface."""
    names = []
    for name, (_, program) in SYSTEMS.items():
        ours = program and (program.startswith("ilnp-") or program == "null-tun")
        if program and not (bench.program(program).exists() if ours else shutil.which(program)):
            step(f"left out: {name}, for there is no {program} here (examples/setup.sh --vpns)")
        else:
            names.append(name)
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        step("left out: all that need /dev/net/tun, which is missing here, or not for this user")
        names = [name for name in names if name in ("no tunnel", "kernel VXLAN", "ilnp-stream")]
    return names


@contextlib.contextmanager
def tunnel(bench, name, routed, **alice):
    with contextlib.ExitStack() as stack:
        result = SYSTEMS[name][0](bench, stack, routed, **alice)
        wait_for(f"{name} to reach bob", lambda: ask(result, 100, 1, check=False), 20)
        yield result


# --- measurements ---


def on_alice(*words):
    return ["ip", "netns", "exec", "alice", *URGENT, *(str(word) for word in words)]


def ask(way, octets, requests, check=True, first=True):
    """Round trips of 64 octets over TCP, one after the other."""
    done = subprocess.run(on_alice(ask.program, "ask", way.at("bob", way.port), octets, requests), capture_output=True, text=True,
                          timeout=60, check=False) if not first or ready(way) else None
    if check and (done is None or done.returncode != 0):
        raise RuntimeError("connections: " + (done.stderr if done else "bob cannot be reached"))
    return json.loads(done.stdout) if done and done.returncode == 0 else None


def ready(way):
    """A connection that is tried too early would be tried again after a second."""
    if not way.datagrams:
        return True
    ping = ["ip", "netns", "exec", "alice", "ping", "-c", "1", "-W", "1", way.addresses["bob"]]
    return subprocess.run(ping, capture_output=True, check=False).returncode == 0


def iperf_words(way, seconds, *words):
    return on_alice("iperf3", "-J", "-c", way.addresses["bob"], "-p", way.iperf_port, "-t", seconds, *words)


def iperf(way, seconds, *words):
    """MB/s that arrived, and segments that were sent again."""
    done = subprocess.run(iperf_words(way, seconds, *words), capture_output=True, text=True, timeout=seconds + 60, check=False)
    end = json.loads(done.stdout or "{}").get("end", {})
    if done.returncode != 0 or not end:
        raise RuntimeError("iperf3: " + (json.loads(done.stdout or "{}").get("error") or done.stderr))
    return end["sum_received"]["bits_per_second"] / 8e6, end["sum_sent"].get("retransmits", 0), end["sum_received"]["bytes"]


def under_load(way, seconds, flows, requests):
    """Round trips while so many connections fill the way."""
    load = subprocess.Popen(iperf_words(way, seconds, "-P", flows), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        return ask(way, 1000, requests, first=False)
    finally:
        load.wait()


def joined(way):
    """Segments that were joined and the writes that this took, at bob. Zero if nothing tells."""
    process = next((each for each in reversed(way.processes) if hasattr(each, "control")), None)
    if process is None or not way.datagrams:
        return 0, 0
    counters = joined.bench.counters_of(process)
    return counters.get("joined_packets", 0), counters.get("joined_writes", 0)


def measure_one(bench, way, routed):
    brief = bench.options.brief
    seconds, requests = (1, 50) if brief else (3, 1000)
    idle = ask(way, 1000, requests)
    figures = dict.fromkeys(FIGURES, 0.0)
    figures.update(p50_us=idle["p50_us"], p99_us=idle["p99_us"])
    before, writes = [process.cpu() for process in way.processes], joined(way)
    figures["mb_s"], figures["retransmits"], octets = iperf(way, seconds)
    cpu = sum(process.cpu() for process in way.processes) - sum(before)
    after = joined(way)
    figures["cpu_s_per_gb"] = cpu / octets * 1e9
    if after[1] > writes[1]:
        figures["segments_per_write"] = (after[0] - writes[0]) / (after[1] - writes[1])
    if routed:
        return figures
    figures["mb_s_8"], figures["retransmits_8"], _ = iperf(way, seconds, "-P", 8)
    figures["mb_s_back"], *_ = iperf(way, seconds, "-R")
    for flows, key in ((1, "loaded"), (8, "loaded_8")):
        loaded = under_load(way, seconds, flows, requests // 5)
        figures.update({f"{key}_p50_us": loaded["p50_us"], f"{key}_p99_us": loaded["p99_us"]})
    if way.datagrams:
        flow = bench.load(way.processes, **{"from": "alice", "to": "bob"}, send=way.at("bob", 9000), receive=way.at("bob", 9000),
                          bind=way.at("alice", 9000), size=DATAGRAM, gso=1, window=320, seconds=bench.seconds)
        figures["packets_per_second"] = flow["packets_per_second"]
    return figures


def moves(bench):
    """One connection of ilnp-tun while alice moves through three networks: what arrives at her every 100 ms."""
    stay = 2 if bench.options.brief else 8
    # BBR, a possible default, sends almost nothing for 200 ms every 10 s, to measure the round trip: no effect of moves.
    control = ["-C", "cubic"] if "cubic" in CONGESTION_CONTROLS.read_text().split() else []
    rows = []
    for handoff in (stay / 2, 0):
        for _ in range(bench.rounds):
            network = f"move_time = {stay}\nhandoff_time = {handoff}"
            with tunnel(bench, "ilnp-tun", True, locators="0:0:0:a-0:0:0:b-0:0:0:c", network=network) as way:
                before = bench.counters_of(way.processes[0])
                done = subprocess.run(iperf_words(way, int(3.7 * stay), "-R", "-i", "0.1", *control), capture_output=True, text=True, check=False)
                found = json.loads(done.stdout or "{}")
                if done.returncode != 0 or "end" not in found:
                    raise RuntimeError(f"iperf3, while alice moves: {found.get('error') or done.stderr}")
                after = bench.counters_of(way.processes[0])
            rates = [each["sum"]["bits_per_second"] / 8e6 for each in found["intervals"]][5:-1]  # without the start
            silent = longest = 0
            for rate in rates:
                silent = silent + 1 if rate == 0 else 0
                longest = max(longest, silent)
            rows.append(dict(soft=handoff > 0, moves=after["handoffs"] - before["handoffs"], mb_s=statistics.median(rates),
                             least=min(rates) / statistics.median(rates), silent_s=longest / 10,
                             below_half=sum(rate < statistics.median(rates) / 2 for rate in rates), intervals=len(rates),
                             retransmits=found["end"]["sum_sent"]["retransmits"]))
    bench.result["tun_moves"] = rows


def where(bench, names):
    """What the processor time of a connection is spent on, at each end."""
    if not shutil.which("perf"):
        step("left out: there is no perf here")
        return
    rows = []
    for name in ("null tun", "ilnp-tun"):
        if name not in names:
            continue
        with tunnel(bench, name, False) as way:
            for end, process in zip(("sender", "receiver"), way.processes):
                before = process.cpu()
                (_, _, octets), share = bench.profile(process, lambda way=way: iperf(way, 1 if bench.options.brief else 2))
                rows.append(dict(system=name, end=end, cpu_s_per_gb=(process.cpu() - before) / octets * 1e9, **share))
    bench.result["tun_where"] = rows


def attempt(bench, name, routed):
    """The figures, or the error; a busy machine may disturb once."""
    for _ in range(2):
        try:
            with tunnel(bench, name, routed) as way:
                return measure_one(bench, way, routed), None
        except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
            step(f"{name}{', through a router' if routed else ''}: {error}")
            last = error
    return None, last


def compared(samples):
    rows = []
    for (name, routed), figures in samples.items():
        row = dict(system=name, routed=routed, **{key: statistics.median(each[key] for each in figures) for key in FIGURES})
        ours = samples.get(("ilnp-tun", routed))
        if ours and name != "ilnp-tun":
            row["ratios"] = {key: ratio(ours, figures, key) for key in FIGURES}
        rows.append(row)
    return rows


def measure(bench):
    """TCP, datagrams and round trips of unmodified programs through ilnp-tun, VPNs, and the kernel's VXLAN."""
    if not shutil.which("iperf3") or not shutil.which("ping"):
        step("left out: there is no iperf3 or no ping here")
        return
    ask.program, joined.bench = bench.program("connections"), bench
    names, samples = available(bench), {}
    with Process("bob", bench.program("connections"), "serve", "[::]:3000", ready="ready"), Process("bob", "iperf3", "-s"):
        for _ in range(bench.rounds):
            for routed in (False, True):
                for name in list(names):
                    figures, error = attempt(bench, name, routed)
                    if figures:
                        samples.setdefault((name, routed), []).append(figures)
                    elif name == "ilnp-tun":
                        raise error
                    else:  # a round without it would shift all those after it
                        step(f"left out: {name}")
                        names.remove(name)
                        samples = {key: figures for key, figures in samples.items() if key[0] != name}
        bench.result["tun"] = compared(samples)
        where(bench, names)
        if "ilnp-tun" in names:
            moves(bench)
