"""The options of ilnp-tun, and its section of the configuration."""

import os
import socket
import stat
import urllib.request

import lab
from lab import BIN
from tun_lab import ALICE, BOB, CAROL, TunTest


class TunOptions(TunTest):
    def resolvectl(self, body):
        """A stand-in for systemd-resolved's client, found before all others; its arguments, as it is called."""
        folder = os.path.join(self.lab.folder, "bin")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "resolvectl")
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\necho \"$@\" >> {folder}/calls\n{body}\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        before = os.environ["PATH"]
        os.environ["PATH"] = folder + ":" + before
        self.addCleanup(os.environ.__setitem__, "PATH", before)
        return os.path.join(folder, "calls")

    def refusal(self, host, *arguments, **config):
        """The only line of a start that fails."""
        path = self.lab.config(host.name, "0:0:0:a", ALICE, **config)
        done = host.run(os.path.join(BIN, "ilnp-tun"), path, *arguments)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1), done.stderr)
        return done.stderr

    def test_what_is_wrong_is_said_in_one_line(self):
        host = self.lab.host("alice")
        for arguments, text in ((["--expose", "0"], "--expose"), (["--expose", "ssh"], "--expose"), (["--allow", ""], "--allow"),
                                (["--interface", "eth0"], "mcast_interface"), (["--interface", "a/b"], "a/b"),
                                (["--interface", "of-sixteen-chars"], "of-sixteen-chars"), (["--exit", "bob"], "--socks"),
                                (["--hosts-file", "/nonexistent/hosts"], "/nonexistent/hosts")):
            with self.subTest(arguments):
                self.assertIn(text, self.refusal(host, *arguments))
        self.assertIn("1244", self.refusal(host, link={"buffer_size": 1200}))
        self.assertIn("mtu", self.refusal(host, tun={"mtu": 1437}))
        host.ip("link", "add", "vpn0", "type", "veth", "peer", "name", "vpn1")
        self.assertIn("ip link del vpn0", self.refusal(host, "--interface", "vpn0"))

    def test_systemd_resolved_is_told_what_to_ask_here(self):
        calls = self.resolvectl("exit 0")
        self.alice = self.tun(self.lab.host("alice"), "0:0:0:a", ALICE, "--resolved", tun={"prefix": "fd00:1:2:3::/64"})
        with open(calls) as file:
            self.assertEqual(file.read().splitlines(), [
                "dns ilnp0 fd00:1:2:3:fdff:ffff:ffff:ffb5", "domain ilnp0 ~ilnp ~3.0.0.0.2.0.0.0.1.0.0.0.0.0.d.f.ip6.arpa",
                "default-route ilnp0 no", "dnssec ilnp0 no", "llmnr ilnp0 no", "mdns ilnp0 no"])
        self.resolvectl("exit 3")
        text = self.refusal(self.lab.host("bob"), "--resolved")
        self.assertIn("resolvectl dns ilnp0", text)
        self.assertIn("3", text)

    def test_the_configuration_can_say_it_all(self):
        metrics = "127.0.0.1:9100"
        self.alice_host, self.bob_host = self.lab.host("alice"), self.lab.host("bob")
        tun = {"prefix": "fd00:1:2:3::/64", "interface": "vpn0"}
        self.bob = self.tun(self.bob_host, "0:0:0:a", BOB, tun={**tun, "interface": "ilnp0", "expose": "22, 7000", "allow": "alice"})
        self.alice = self.tun(self.alice_host, "0:0:0:a", ALICE, "--no-offload", "--metrics", metrics, tun={**tun, "mtu": 1300})
        self.know(self.alice, "bob")
        self.know(self.bob, "alice")
        shown = self.alice_host.ip("address", "show", "dev", "vpn0")
        self.assertIn("fd00:1:2:3:ffff::a/64", shown)
        self.assertIn("mtu 1300", shown)
        listener = self.tcp(self.bob_host)
        out = self.tcp(self.alice_host, "fd00:1:2:3:ffff::b")
        back, _ = listener.accept()
        self.lab.sockets.append(back)
        self.bulk(back, out, 1 << 20)
        self.assertEqual(self.counter(self.alice, "device.joined_writes"), 0)  # --no-offload
        self.assertGreater(self.counter(self.bob, "tun.reads"), 10)
        with self.alice_host:
            page = urllib.request.urlopen(f"http://{metrics}/metrics", timeout=10).read().decode()
        self.assertIn("ilnp_tun_delivered_total", page)
        self.assertIn("# HELP ilnp_device_joined_writes_total Writes of several packets at once", page)
        self.assertNotIn("A counter of this layer", page)

    def test_hosts_that_are_not_allowed_get_no_stream_either(self):
        self.alice_host, self.bob_host, carol_host = (self.lab.host(name) for name in ("alice", "bob", "carol"))
        self.bob = self.tun(self.bob_host, "0:0:0:a", BOB, "--expose", "7000", "--allow", "carol")
        self.alice = self.tun(self.alice_host, "0:0:0:a", ALICE, "--listen", "7100:bob:7000")
        carol = self.tun(carol_host, "0:0:0:a", CAROL, "--listen", "7100:bob:7000")
        for node in (self.alice, carol):
            self.know(node, "bob")
        self.know(self.bob, "carol")
        with self.bob_host, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", 7000))
            listener.listen()
            self.assertEqual(lab.fate_of_a_new_stream(self.alice_host, 7100), "reset")
            self.assertEqual(self.counter(self.bob, "stream_proxy.refused_not_allowed"), 1)
            with carol_host, socket.create_connection(("127.0.0.1", 7100), 5) as out:
                listener.settimeout(10)
                back, _ = listener.accept()
                with back:
                    out.sendall(b"from carol")
                    self.assertEqual(back.recv(100), b"from carol")


if __name__ == "__main__":
    lab.main()
