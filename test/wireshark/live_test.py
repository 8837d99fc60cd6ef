"""The dissector on a link where nodes talk, while they do, and on what the programs capture themselves (--pcap)."""

import os
import re
import signal
import socket
import threading

import capture  # noqa: F401, it also says where test/system is
import lab
from capture import EXPERT, SCRIPT, errors, fields, tshark


class Live(lab.LabTest):
    def test_two_proxies_exchange_datagrams(self):
        hosts = {name: self.lab.host(name) for name in ("alice", "bob")}
        names = ("ilnp.src.name", "ilnp.dst.name", "ilnp.network", "ilnp.user_id", "ilnp.stp.srcport", "ilnp.stp.dstport", "ilnp.stp.length",
                 "ilnp.stp.payload", "ilnp.discovery.name", "ilnp.stp.kind", "ilnp.fragment.count", "_ws.expert.severity")
        command = ["tshark", "-n", "-l", "-i", "eth0", "-f", "udp", "-X", "lua_script:" + SCRIPT, "-T", "fields", "-E", "separator=;",
                   *(option for name in names for option in ("-e", name))]
        watch = lab.Process(self.lab, self.lab.host("eve"), "tshark", command)  # its card is promiscuous, and hears all groups
        for name, nid, other in (("alice", "ffff:0:0:a", "bob"), ("bob", "ffff:0:0:b", "alice")):
            self.lab.proxy(hosts[name], "0:0:0:a", nid, [f"10001:{other}:10001"])
        for name in hosts:  # they say their names every two seconds, so the capture has begun
            watch.wait_line(f"^{name};;0:0:0:a;{lab.USER_ID};;;;;{name};;;$", 60)
        at_alice, at_bob = hosts["alice"].udp(10001), hosts["bob"].udp(10001)
        flows = [lab.Flow("alice to bob", at_alice, at_bob), lab.Flow("bob to alice", at_bob, at_alice)]
        lab.warm_up(flows)
        for sender, said in (("alice;bob", b"hello, bob"), ("bob;alice", b"hello, alice")):
            (at_alice if sender[0] == "a" else at_bob).sendto(said, ("127.0.0.1", lab.PROXY_PORT))
            watch.wait_line(f"^{sender};0:0:0:a;{lab.USER_ID};10001;10001;{len(said)};{said.hex()};;;;$", 30)
        long = bytes(range(250)) * 20
        at_alice.sendto(long, ("127.0.0.1", lab.PROXY_PORT))
        # The fragments leave as a train, which a virtual link carries in one piece.
        watch.wait_line(f"^alice,.*;bob,.*;{lab.USER_ID}.*;{long.hex()};;3,3,3,3;4;[^;]*$", 30)
        self.assertEqual(watch.output.count("Lua Error"), 0)
        self.assertNotIn(str(capture.ERROR), watch.output)


class Captured(lab.LabTest):
    """--pcap, on the real programs."""

    NAMES = ("frame.interface_name", "frame.packet_flags_direction", "ilnp.network", "ilnp.src.name", "ilnp.next_header", "sctp.chunk_type",
             *EXPERT)

    def path(self, name):
        return os.path.join(self.lab.folder, name)

    def rows(self, path):
        """Each frame of a capture; none is malformed, and all are the overlay's."""
        rows = fields(path, *self.NAMES)
        for row in rows:
            self.assertEqual(errors(row), [], row)
            self.assertTrue(row["ilnp.next_header"], row)
            interface, = row["frame.interface_name"]
            self.assertEqual(interface, "eth0 " + row["ilnp.network"][0])
        return rows

    def both_ways(self, rows):
        self.assertEqual({row["frame.packet_flags_direction"][0] for row in rows}, {"0x00000001", "0x00000002"})

    def test_a_stream_through_a_router_captured_by_all_three(self):
        alice, bob, middle = (self.lab.host(name) for name in ("alice", "bob", "middle"))
        # As in docs/wireshark.md: the router's capture goes into a pipe, and is read while it runs.
        router = self.lab.config("middle", "0:0:0:a,0:0:0:b", "ffff:0:0:d")
        reader = lab.Process(self.lab, middle, "pipe", [
            "sh", "-c", "\"$1\" \"$2\" --pcap - | tshark -n -l -r - -X lua_script:\"$3\" -T fields -E separator=';' -e ilnp.src.name -e "
            "ilnp.network -e sctp.chunk_type -e _ws.expert.severity", "sh", os.path.join(lab.BIN, "ilnp-router"), router, SCRIPT])
        reader.wait_line("^Routing as middle", 30)  # on standard error
        nodes = []
        for host, at, nid, arguments in ((bob, "0:0:0:b", "ffff:0:0:b", ("--expose", "3000")),
                                         (alice, "0:0:0:a", "ffff:0:0:a", ("--listen", "2000:bob:3000"))):
            node = self.lab.program(host, "ilnp-stream", self.lab.config(host.name, at, nid), *arguments, "--pcap",
                                    self.path(host.name + ".pcapng"))
            node.wait_line("^Running", 20)
            nodes.append(node)
        with bob:
            listener = socket.create_server(("127.0.0.1", 3000))

        def echo():
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(65536):
                    connection.sendall(data)

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        said = os.urandom(20000)
        with alice, socket.create_connection(("127.0.0.1", 2000), 20) as connection:
            connection.settimeout(20)
            connection.sendall(said)
            connection.shutdown(socket.SHUT_WR)
            back = b""
            while piece := connection.recv(65536):
                back += piece
        self.assertEqual(back, said)
        thread.join(20)
        listener.close()
        reader.wait_line("^alice;0:0:0:b;.*0", 30)  # SCTP's DATA
        for node in nodes:
            self.assertEqual(node.stop(timeout=20), 0)
            self.assertNotIn("--pcap", node.output)
        for name, at in (("alice", "0:0:0:a"), ("bob", "0:0:0:b")):
            rows = self.rows(self.path(name + ".pcapng"))
            self.both_ways(rows)
            self.assertEqual({row["ilnp.network"][0] for row in rows}, {at})
            chunks = [chunk for row in rows for chunk in row["sctp.chunk_type"]]
            self.assertGreaterEqual(chunks.count("0"), 28)  # DATA of both
            self.assertLessEqual({"1", "2", "10", "11"}, set(chunks))  # INIT, INIT ACK, COOKIE ECHO, COOKIE ACK
            self.assertIn(f"Identifier-Locator Network Protocol, {name} ", tshark("-r", self.path(name + ".pcapng"), "-V"))
        reader.child.send_signal(signal.SIGTERM)
        self.assertNotIn(str(capture.ERROR), reader.output)

    def test_files_follow_each_other(self):
        hosts = {name: self.lab.host(name) for name in ("alice", "bob")}
        path = self.path("x.pcapng")
        options = {"alice": ("--pcap", path, "--pcap-size", "1", "--pcap-files", "3"), "bob": ()}
        nodes = [self.lab.proxy(hosts[name], "0:0:0:a", nid, [f"10001:{other}:10001"], arguments=options[name])
                 for name, nid, other in (("alice", "ffff:0:0:a", "bob"), ("bob", "ffff:0:0:b", "alice"))]
        flow = lab.Flow("alice to bob", hosts["alice"].udp(10001), hosts["bob"].udp(10001), size=1300)
        lab.warm_up([flow], 20)
        for _ in range(6):
            lab.run_flows([flow], 3000, 0.2)
        self.assertEqual(nodes[0].stop(timeout=20), 0)
        self.assertNotIn("--pcap", nodes[0].output)
        rows = []
        for name in (path + ".2", path + ".1", path):
            self.assertLessEqual(os.path.getsize(name), 1 << 20)
            rows += self.rows(name)
        self.assertFalse(os.path.exists(path + ".3"))
        self.assertGreater(len(rows), 1400)  # at least two full files

    def test_nothing_stops_a_node(self):
        """A full disk, and a reader that goes: a line says so, and the node goes on."""
        hosts = {name: self.lab.host(name) for name in ("alice", "bob")}
        config = {name: self.lab.config(name, "0:0:0:a", f"ffff:0:0:{digit}", application={"port": 5000})
                  for name, digit in (("alice", "a"), ("bob", "b"))}
        full = self.lab.program(hosts["alice"], "ilnp-heartbeat", config["alice"], "--pcap", "/dev/full")
        full.wait_line("--pcap /dev/full: the capture has ended: No space left on device", 30)
        command = [os.path.join(lab.BIN, "ilnp-experiment"), config["bob"], "--pcap", "-"]
        gone = lab.Process(self.lab, hosts["bob"], "gone", ["sh", "-c", '"$@" | true', "sh", *command])
        gone.wait_line("--pcap -: the capture has ended: Broken pipe", 30)
        for node in (full, gone):
            self.assertTrue(node.running)
        self.assertEqual(len(re.findall("capture has ended", full.output)), 1)

    def test_mistakes_in_options(self):
        host = self.lab.host("alice")
        config = self.lab.config("alice", "0:0:0:a")
        for arguments, says in ((("--pcap", "/nowhere/x"), "--pcap /nowhere/x: No such file or directory"),
                                (("--pcap-size", "1"), "--pcap-size without --pcap"),
                                (("--pcap", "x", "--pcap-files", "3"), "--pcap-files without --pcap-size"),
                                (("--pcap", "x", "--pcap-size", "0"), "not a number from 1"),
                                (("--pcap", "-", "--pcap-size", "1"), "--pcap-size: standard output")):
            done = host.run(os.path.join(lab.BIN, "ilnp-router"), config, *arguments)
            with self.subTest(arguments):
                self.assertEqual(done.returncode, 1)
                self.assertIn(says, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1)


if __name__ == "__main__":
    lab.main()
