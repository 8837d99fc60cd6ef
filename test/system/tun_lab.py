"""Hosts with ilnp-tun, for tests."""

import hashlib
import json
import os
import re
import socket
import struct
import threading

import lab
from lab import BIN, Node, checked, until
from overlay import number

ALICE, BOB, CAROL, ROUTER = (f"ffff:0:0:{digit}" for digit in "abcd")
ANYCAST_NID = "fdff:ffff:ffff:ffb5"


class TunTest(lab.LabTest):
    def setUp(self):
        super().setUp()
        if not os.path.exists("/dev/net/tun"):
            self.skipTest("no /dev/net/tun")

    def tun(self, host, locators, nid, *arguments, ready=True, **config):
        path = self.lab.config(host.name, locators, nid, **config)
        control = os.path.join(self.lab.folder, f"{host.name}.sock")
        node = Node(self.lab, host, host.name, "ilnp-tun", path, *map(str, arguments), "--control", control)
        node.control = control
        if ready:
            node.wait_line("Running")
        return node

    def pair(self, bob_arguments=(), alice_arguments=(), locators="0:0:0:a", **alice_config):
        """alice and bob, who know each other; bob exposes what the arguments say."""
        self.alice_host, self.bob_host = self.lab.host("alice"), self.lab.host("bob")
        self.bob = self.tun(self.bob_host, "0:0:0:a", BOB, *bob_arguments)
        self.alice = self.tun(self.alice_host, locators, ALICE, *alice_arguments, **alice_config)
        self.know(self.alice, "bob")
        self.know(self.bob, "alice")

    def ctl(self, node, *words, ok=True):
        done = lab.run(os.path.join(BIN, "ilnp-ctl"), "--control", node.control, *words)
        if ok and done.returncode:
            raise AssertionError(f"ilnp-ctl {words}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def know(self, node, name):
        until(lambda: f'"name":"{name}"' in self.ctl(node, "--json", "hosts"), what=f"{node.name} to know {name}")

    def counter(self, node, name):
        counters = json.loads(self.ctl(node, "--json", "counters"))["counters"]
        return sum(each["value"] for each in counters if each["counter"] == name)

    def address(self, host, nid=None):
        """Of a node, as `host` sees it."""
        own = re.search(r"inet6 (\S+)/64", host.ip("-6", "address", "show", "dev", "ilnp0", "scope", "global"))[1]
        prefix = socket.inet_pton(socket.AF_INET6, own)[:8]
        return own if nid is None else socket.inet_ntop(socket.AF_INET6, prefix + struct.pack("!Q", number(nid)))

    def name_servers(self):
        """From now on the resolver of this test's programs asks the node of the host that they run on."""
        files = {"resolv.conf": f"nameserver {self.address(self.alice_host, ANYCAST_NID)}\noptions timeout:3 attempts:1\n",
                 "nsswitch.conf": "hosts: files dns\n"}
        for name, content in files.items():
            path = os.path.join(self.lab.folder, name)
            with open(path, "w") as file:
                file.write(content)
            if os.path.exists("/etc/" + name):
                checked("mount", "--bind", path, os.path.realpath("/etc/" + name))
                self.addCleanup(lab.run, "umount", os.path.realpath("/etc/" + name))

    def tcp(self, host, to=None):
        """A listener on a host; or a connection from it."""
        with host:
            sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        self.lab.sockets.append(sock)
        sock.settimeout(20)
        if to is None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("::", 7000))
            sock.listen()
        else:
            sock.connect((to, 7000))
        return sock

    def udp6(self, host, port=0):
        with host:
            sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.lab.sockets.append(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.settimeout(5)
        sock.bind(("::", port))
        return sock

    def bulk(self, sender, receiver, size):
        """Random octets, one way; the receiver has them all."""
        octets = os.urandom(1 << 20) * (size >> 20)
        sending = threading.Thread(target=sender.sendall, args=(octets,))
        sending.start()
        digest, left = hashlib.sha256(), len(octets)
        while left:
            part = receiver.recv(1 << 20)
            self.assertTrue(part, "the connection ended early")
            digest.update(part)
            left -= len(part)
        sending.join()
        self.assertEqual(digest.digest(), hashlib.sha256(octets).digest())
