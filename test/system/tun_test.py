"""ilnp-tun: programs that know nothing of the overlay, on an interface of their own."""

import os
import random
import signal
import socket
import struct
import sys
import threading
import time
import unittest

import lab
from lab import BIN, Process, checked, until
from overlay import A, TUN, UDP_SEGMENT, Card, number, packet, stp
from tun_lab import ALICE, ANYCAST_NID, BOB, CAROL, ROUTER, TunTest

TCP_INFO_TOTAL_RETRANS = 100  # its place in struct tcp_info


def total_retransmitted(sock):
    return struct.unpack_from("I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 128), TCP_INFO_TOTAL_RETRANS)[0]


class Tun(TunTest):
    # Programs.

    def test_programs_reach_each_other_by_name(self):
        self.pair(["--expose", "8000", "--expose", "22"])
        self.name_servers()
        bob = self.address(self.alice_host, BOB)
        done = self.alice_host.run("ping", "-c", "2", "-i", "0.2", "-W", "5", "bob.ilnp")
        self.assertIn("2 received", done.stdout, done.stderr)
        self.assertEqual(self.alice_host.run("getent", "ahostsv6", "bob.ilnp").stdout.split()[0], bob)
        self.assertEqual(self.alice_host.run("getent", "hosts", bob).stdout.split(), [bob, "bob.ilnp"])
        dig = lambda *question: self.alice_host.run("dig", "+tries=1", "+time=5", *question).stdout
        self.assertEqual(dig("+short", "BOB.ilnp", "AAAA").split(), [bob])
        self.assertRegex(dig("bob.ilnp", "A"), r"status: NOERROR[^$]*ANSWER: 0, AUTHORITY: 1")
        self.assertEqual(dig("+short", "-x", bob).split(), ["bob.ilnp."])
        self.assertIn("status: NXDOMAIN", dig("nobody.ilnp", "AAAA"))
        self.assertIn("status: REFUSED", dig("www.example", "AAAA"))
        page = os.path.join(self.lab.folder, "page")
        with open(page, "w") as file:
            file.write("Hello from bob\n")
        server = Process(self.lab, self.bob_host, "http", [sys.executable, "-u", "-m", "http.server", "--bind", "::", "8000"])
        server.wait_line("Serving HTTP")
        self.assertEqual(self.alice_host.run("curl", "-sS", "--max-time", "10", "http://bob.ilnp:8000/page").stdout, "Hello from bob\n")

    def test_octets_arrive_unchanged_in_both_directions_and_in_few_writes(self):
        self.pair(["--expose", "7000"])
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.lab.sockets.append(back)
        self.bulk(out, back, 24 << 20)
        self.bulk(back, out, 24 << 20)
        counters = {name: self.counter(self.bob, name) for name in ("device.joined_writes", "device.joined_packets", "device.not_written")}
        self.assertEqual(counters["device.not_written"], 0)
        self.assertGreater(counters["device.joined_packets"], 10 * counters["device.joined_writes"])

    def test_trains_of_datagrams_and_long_ones_arrive_unchanged(self):
        self.pair(["--expose", "7000"])
        receiver, sender = self.udp6(self.bob_host, 7000), self.udp6(self.alice_host)
        bob = (self.address(self.alice_host, BOB), 7000)
        sender.sendto(b"hello", bob)
        self.assertEqual(receiver.recvfrom(100)[0], b"hello")
        for size, total in ((1200, 48_000), (1000, 10_500), (1, 40)):
            with self.subTest(size=size):
                octets = os.urandom(total)
                sender.sendmsg([octets], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("H", size))], 0, bob)
                parts = [octets[at:at + size] for at in range(0, total, size)]
                self.assertEqual([receiver.recv(4096) for _ in parts], parts)
        long = os.urandom(4000)
        sender.sendto(long, bob)
        self.assertEqual(receiver.recv(8192), long)

    def test_long_packets_with_options_are_cut_too(self):
        self.pair(["--expose", "all"])
        listener = self.tcp(self.bob_host)
        with self.alice_host:
            out = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        self.lab.sockets.append(out)
        out.settimeout(20)
        for option, size in ((socket.IPV6_HOPOPTS, 8), (socket.IPV6_DSTOPTS, 24)):
            out.setsockopt(socket.IPPROTO_IPV6, option, bytes([0, size // 8 - 1, 0x1E, size - 4]) + bytes(size - 4))  # an experimental one, which is skipped
        out.connect((self.address(self.alice_host, BOB), 7000))
        back, _ = listener.accept()
        self.lab.sockets.append(back)
        before = self.counter(self.alice, "tun.reads")
        self.bulk(out, back, 8 << 20)
        self.assertLess(self.counter(self.alice, "tun.reads") - before, (8 << 20) / 4000)  # most reads were long
        self.assertEqual(self.counter(self.alice, "tun.dropped_malformed_read"), 0)
        self.assertLess(total_retransmitted(out), 100)
        self.bulk(back, out, 1 << 20)

    # What cannot be reached.

    def test_a_port_that_is_not_exposed_refuses_at_once(self):
        self.pair(["--expose", "7000"])
        listener = self.udp6(self.bob_host, 7001)
        with self.bob_host, socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as hidden:
            hidden.bind(("::", 7002))
            hidden.listen()
            bob = self.address(self.alice_host, BOB)
            with self.alice_host, socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
                sock.settimeout(5)
                self.assertRaises(ConnectionRefusedError, sock.connect, (bob, 7002))
        sock = self.udp6(self.alice_host)
        sock.connect((bob, 7001))
        sock.send(b"hello")
        with self.assertRaises(ConnectionRefusedError):
            sock.recv(100)
        listener.settimeout(0.2)
        self.assertRaises(TimeoutError, listener.recv, 100)
        # An answer to what bob's host has sent comes in.
        listener.sendto(b"from bob", (self.address(self.bob_host, ALICE), 7003))
        sock = self.udp6(self.alice_host, 7001)
        sock.sendto(b"an answer", (bob, 7001))
        listener.settimeout(5)
        self.assertEqual(listener.recv(100), b"an answer")

    def test_who_is_not_there_is_an_error_within_seconds(self):
        self.pair()
        began = time.monotonic()
        with self.alice_host, socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            with self.assertRaises(OSError) as caught:
                sock.connect((self.address(self.alice_host, CAROL), 7000))
        self.assertEqual(os.strerror(caught.exception.errno), "No route to host")
        self.assertLess(time.monotonic() - began, 8)
        with self.alice_host, socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            self.assertRaises(OSError, sock.connect, ("fd00:1:2:3::1", 7000))

    def test_only_allowed_nodes_come_in(self):
        self.pair(["--expose", "7000", "--allow", "carol"])
        listener = self.tcp(self.bob_host)
        with self.alice_host, socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            self.assertRaises(OSError, sock.connect, (self.address(self.alice_host, BOB), 7000))
        carol_host = self.lab.host("carol")
        carol = self.tun(carol_host, "0:0:0:a", CAROL)
        self.know(carol, "bob")
        self.know(self.bob, "carol")
        self.tcp(carol_host, self.address(carol_host, BOB))
        listener.accept()[0].close()

    def test_a_peer_with_short_frames_tells_its_size(self):
        self.pair(["--expose", "7000"], link={"buffer_size": 1320})
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.lab.sockets.append(back)
        self.bulk(back, out, 4 << 20)  # from the one with long frames
        self.bulk(out, back, 4 << 20)
        sender = self.udp6(self.bob_host)
        sender.sendto(b"hello", (self.address(self.bob_host, ALICE), 7001))  # so that alice's answers come in
        sender.connect((self.address(self.bob_host, ALICE), 7001))
        sender.setsockopt(socket.IPPROTO_IPV6, 23, 2)  # IPV6_MTU_DISCOVER: do not fragment

        def too_long():
            try:
                sender.send(bytes(1380))
            except OSError as error:
                return os.strerror(error.errno) == "Message too long"
            return False

        until(too_long, what="the size of alice's frames")

    # Nodes without an interface.

    def test_a_node_without_an_interface_sees_nothing_new(self):
        self.alice_host, self.bob_host = self.lab.host("alice"), self.lab.host("bob")
        bob = self.lab.proxy(self.bob_host, "0:0:0:a", BOB)
        card = Card(self.lab.host("listener"), A)
        self.alice = self.tun(self.alice_host, "0:0:0:a", ALICE)
        self.know(self.alice, "bob")
        with self.alice_host, socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.settimeout(10)
            self.assertRaises(OSError, sock.connect, (self.address(self.alice_host, BOB), 7000))
        seen = [frame for frame in card.frames(0.2) if frame.source_nid == number(ALICE) and frame.destination_nid == number(BOB)]
        self.assertTrue(seen, "not even a probe was sent")
        self.assertEqual({frame.next_header for frame in seen} - {42, 44}, set())
        self.assertTrue(bob.running)

    # The interface.

    def test_an_ordinary_user_needs_no_right_for_an_interface_that_root_made(self):
        if os.stat("/dev/net/tun").st_mode & 0o006 != 0o006:
            device = os.path.join(self.lab.folder, "tun")
            os.mknod(device, 0o666 | 0o020000, os.makedev(10, 200))
            os.chmod(device, 0o666)
            checked("mount", "--bind", device, "/dev/net/tun")
            self.addCleanup(lab.run, "umount", "/dev/net/tun")
        os.chmod(self.lab.folder, 0o777)
        self.alice_host, self.bob_host = self.lab.host("alice"), self.lab.host("bob")
        self.bob = self.tun(self.bob_host, "0:0:0:a", BOB, "--expose", "7000")
        as_user = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
        path = self.lab.config("alice", "0:0:0:a", ALICE)
        # Without the interface: one line that says what is missing.
        done = self.alice_host.run(*as_user, os.path.join(BIN, "ilnp-tun"), path, "--control", os.path.join(self.lab.folder, "a.sock"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertIn("ip tuntap add", done.stderr)
        own = self.address(self.bob_host, ALICE)
        for command in ("tuntap add dev ilnp0 mode tun user 1000", f"-6 address add {own}/64 dev ilnp0 nodad", "link set ilnp0 mtu 1436 up"):
            self.alice_host.ip(*command.split())
        control = os.path.join(self.lab.folder, "alice.sock")
        self.alice = Process(self.lab, self.alice_host, "ilnp-tun", [*as_user, os.path.join(BIN, "ilnp-tun"), path, "--control", control])
        self.alice.control = control
        self.alice.wait_line("Running")
        self.know(self.alice, "bob")
        self.know(self.bob, "alice")
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.bulk(out, back, 4 << 20)
        # A second one on the same interface, and who takes over after the first.
        done = self.alice_host.run(*as_user, os.path.join(BIN, "ilnp-tun"), path, "--control", os.path.join(self.lab.folder, "b.sock"))
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
        self.assertIn("ilnp0", done.stderr)

    def test_an_interface_that_goes_down_and_up_works_again(self):
        self.pair(["--expose", "7000"])
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.bulk(out, back, 1 << 20)
        self.alice_host.ip("link", "set", "ilnp0", "down")
        time.sleep(0.2)
        self.alice_host.ip("link", "set", "ilnp0", "up")
        self.bulk(out, back, 1 << 20)

    def test_a_deleted_interface_ends_the_program_with_a_word(self):
        self.pair()
        self.alice_host.ip("link", "delete", "ilnp0")
        self.assertEqual(self.alice.child.wait(timeout=10), 1)
        self.assertIn("ilnp0", self.alice.output.splitlines()[-1])
        self.assertTrue(self.bob.running)

    # Moves, and what else happens to a node.

    def test_a_connection_survives_moves(self):
        router = self.lab.host("router")
        forwarder = self.lab.router(router, "0:0:0:a,0:0:0:b,0:0:0:c", ROUTER)
        self.pair(["--expose", "7000"], network={"handoff_time": 0.5})
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.lab.sockets.append(back)
        self.bulk(out, back, 1 << 20)
        for locator in ("0:0:0:b", "0:0:0:c", "0:0:0:a"):
            moving = threading.Thread(target=self.ctl, args=(self.alice, "move", locator))
            moving.start()
            end = time.monotonic() + 1.2  # longer than the handoff
            while time.monotonic() < end:
                self.bulk(out, back, 1 << 20)
                self.bulk(back, out, 1 << 20)
            moving.join()
        # Nothing is lost, unless a program was not run for so long that its socket overflowed. And on a busy machine TCP may
        # believe for a moment that something was lost.
        overflow = sum(self.counter(node, "link.receive_overflow") for node in (self.alice, self.bob, forwarder))
        repeated = total_retransmitted(out) + total_retransmitted(back)
        print(f"{repeated} of {self.counter(self.alice, 'tun.delivered')} segments sent again, {overflow} frames overflowed")
        self.assertLess(repeated, self.counter(self.alice, "tun.delivered") / 100 + overflow)

    def test_a_node_that_was_stopped_for_a_while_goes_on(self):
        self.pair(["--expose", "7000"])
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.bulk(out, back, 1 << 20)
        os.kill(self.alice.pid, signal.SIGSTOP)
        sending = threading.Thread(target=out.sendall, args=(bytes(1 << 20),))
        sending.start()
        time.sleep(2)
        os.kill(self.alice.pid, signal.SIGCONT)
        left = 1 << 20
        while left:
            left -= len(back.recv(1 << 20))
        sending.join()

    # One program for all.

    def test_datagrams_and_streams_in_the_same_process(self):
        self.alice_host, self.bob_host = self.lab.host("alice"), self.lab.host("bob")
        self.bob = self.tun(self.bob_host, "0:0:0:a", BOB, 10000, "--map", "10001:alice:10001", "--expose", "7000")
        self.alice = self.tun(self.alice_host, "0:0:0:a", ALICE, 10000, "--map", "10001:bob:10001", "--listen", "7100:bob:7000")
        self.know(self.alice, "bob")
        self.know(self.bob, "alice")
        at_alice, at_bob = self.alice_host.udp(10001), self.bob_host.udp(10001)
        at_alice.sendto(b"by datagram", ("127.0.0.1", 10000))
        at_bob.setblocking(True)
        at_bob.settimeout(5)
        self.assertEqual(at_bob.recv(100), b"by datagram")
        with self.bob_host, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", 7000))
            listener.listen()
            with self.alice_host, socket.create_connection(("127.0.0.1", 7100), 5) as out:
                back, _ = listener.accept()
                with back:
                    out.sendall(b"by stream")
                    self.assertEqual(back.recv(100), b"by stream")
        over_tun = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = over_tun.accept()
        out.sendall(b"by the interface")
        self.assertEqual(back.recv(100), b"by the interface")

    @unittest.skipIf(lab.SANITIZED, "is about speed and memory")
    def test_a_flood_of_hostile_frames_disturbs_no_connection(self):
        """100 000 frames a second for the two nodes: packets, refusals, probes and replies that nobody asked for, under their own names too."""
        self.pair(bob_arguments=["--expose", "7000"])
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, self.address(self.alice_host, BOB))
        back, _ = listener.accept()
        self.lab.sockets.append(back)
        self.bulk(out, back, 16 << 20)
        before = [node.memory() for node in (self.alice, self.bob)]
        card = Card(self.lab.host("mallory"), A)
        stop, sent = threading.Event(), []
        thread = threading.Thread(target=lambda: sent.append(card.flood(A, self.hostile_frames(20_000), 100_000, stop)))
        thread.start()
        try:
            self.bulk(out, back, 256 << 20)
            self.bulk(back, out, 256 << 20)
        finally:
            stop.set()
            thread.join()
        self.assertGreater(sent[0], 50_000)
        for node, memory in zip((self.alice, self.bob), before):
            self.assertGreater(self.counter(node, "tun.dropped_malformed"), 1000)
            self.assertGreater(self.counter(node, "tun.dropped_not_exposed"), 1000)
            self.assertGreater(self.counter(node, "tun.dropped_unasked"), 1000)
            self.assertLess(self.counter(node, "tun.probes_answered"), 2000)
            self.assertLess(node.memory() - memory, 4 << 10, "KiB more after the flood")
        self.bulk(out, back, 16 << 20)

    @staticmethod
    def hostile_frames(count):
        chance = random.Random(1)
        ends = (A, number(ALICE)), (A, number(BOB))
        frames = []
        for i in range(count):
            to, other = chance.sample(ends, 2)
            source = other if chance.random() < 0.3 else (A, chance.getrandbits(64))
            ports = struct.pack("!HH", chance.randrange(65536), chance.choice((80, 7000)))
            frames.append((
                lambda: packet(source, to, TUN, chance.randbytes(60)),
                lambda: packet(source, to, TUN, b"\x10\x06\0\x40" + ports + chance.randbytes(8) + bytes([0x50, chance.choice((2, 4, 16))]) + bytes(6)),
                lambda: packet(source, to, TUN, b"\x10\x11\0\x40" + ports + struct.pack("!HH", 28, 1) + bytes(20)),
                lambda: packet(source, to, TUN, b"\x40\x01\0\0"),
                lambda: stp(source, to, 0, 0, bytes([chance.choice((7, 8)), 1, 0, 0]) + chance.randbytes(20)))[i % 5]())
        return frames

    def test_names_in_a_hosts_file(self):
        path = os.path.join(self.lab.folder, "hosts")
        with open(path, "w") as file:
            file.write("127.0.0.1 localhost\n")
        self.pair(alice_arguments=["--hosts-file", path])
        line = f"{self.address(self.alice_host, BOB)} bob.ilnp"
        until(lambda: line in open(path).read(), what="bob in the hosts file")
        self.alice.child.terminate()
        self.assertEqual(self.alice.child.wait(timeout=10), 0)
        with open(path) as file:
            self.assertEqual(file.read(), "127.0.0.1 localhost\n")


if __name__ == "__main__":
    lab.main()
