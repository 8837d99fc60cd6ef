"""The units run under systemd itself: hardened as they are, the nodes work, and what systemd promises of them is true.

Boots systemd on the root of deb_test.py, in namespaces of its own. Needs root and version 2 of control groups; else it is skipped.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import unittest

import deb_test
import lab
from deb_test import run

BOOT = """
    mount -t proc proc "$1/proc"
    umount -l "$1/sys/fs/cgroup" 2>/dev/null || true
    mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
    rm -rf "$1"/etc/systemd/system/*.wants
    exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$1" /lib/systemd/systemd --system --unit=basic.target --show-status=0
"""

until = functools.partial(lab.until, timeout=30, every=0.05)


class Units(deb_test.Installed):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outer = subprocess.Popen(["unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup", "--fork", "--kill-child", "sh", "-ec", BOOT, "sh",
                                      cls.root], stdin=subprocess.DEVNULL)
        cls.addClassCleanup(cls.outer.wait)
        cls.addClassCleanup(cls.end)
        until(cls.find, what="a first process")
        until(lambda: cls.ask("systemctl", "is-system-running") in ("running", "degraded"), what="systemd to be up")
        for name, locators in (("one", "0:0:0:a"), ("two", "0:0:0:b"), ("router", "0:0:0:a,0:0:0:b")):
            cls.system("ilnp-config", "new", "--output", f"/etc/ilnp/{name}.ini", "--name", name, "--locators", locators, "--interface", "eth0")

    @classmethod
    def end(cls):
        # Signals from outside do not end a first process, except this one; all others end with it.
        subprocess.run(["kill", "-KILL", cls.first], check=True)

    @classmethod
    def find(cls):
        with open(f"/proc/{cls.outer.pid}/task/{cls.outer.pid}/children") as file:
            cls.first = file.read().strip()
        if cls.outer.poll() is not None:
            raise AssertionError("systemd did not start")
        return cls.first and "systemd" in os.readlink(f"/proc/{cls.first}/exe")

    @classmethod
    def enter(cls, *command):
        return ["nsenter", "-t", cls.first, "-m", "-p", "-n", "-u", "-i", "-C", "-r", "-w", *command]

    @classmethod
    def ask(cls, *command):
        return subprocess.run(cls.enter(*command), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL).stdout.strip()

    @classmethod
    def system(cls, *command):
        return run(*cls.enter(*command), stdin=subprocess.DEVNULL)

    def show(self, unit, key):
        return self.ask("systemctl", "show", "-P", key, unit)

    def options(self, file, text):
        with open(f"{self.root}/etc/ilnp/{file}", "w") as stream:
            stream.write(f"OPTIONS={text}\n")

    def test_1_nodes_run_and_meet(self):
        self.options("one.proxy", "10000 --map 10001:two:10001")
        self.options("two.stream", "--expose 22 --socks 0")
        self.options("router.router", "--metrics 127.0.0.1:9100")
        for unit in ("ilnp-proxy@one", "ilnp-stream@two", "ilnp-router@router"):
            self.start_hardened(unit)
        control = "/run/ilnp-proxy-one/control.sock"
        self.meets_two(control)
        self.assertIn("10001", self.system("ilnp-ctl", "--control", control, "mappings"))
        self.assertIn("0:0:0:a", self.show("ilnp-proxy@one", "StatusText"))

    @unittest.skipUnless(os.path.exists("/dev/net/tun"), "there are no TUN devices here")
    def test_2_an_interface_comes_and_goes_with_its_unit(self):
        self.system("ilnp-config", "new", "--output", "/etc/ilnp/three.ini", "--name", "three", "--locators", "0:0:0:a", "--interface", "eth0")
        self.options("three.tun", "--expose 22")
        # Debian's udev, which does not run here, opens the device to all users (50-udev-default.rules).
        self.addCleanup(os.chmod, "/dev/net/tun", os.stat("/dev/net/tun").st_mode & 0o777)
        os.chmod("/dev/net/tun", 0o666)
        self.start_hardened("ilnp-tun@three", capabilities=1 << 12)  # CAP_NET_ADMIN alone
        self.assertRegex(self.ask("ip", "-6", "address", "show", "dev", "ilnp0"), r"inet6 fd[0-9a-f:]+/64")
        self.meets_two("/run/ilnp-tun-three/control.sock")
        self.system("systemctl", "stop", "ilnp-tun@three")
        self.assertEqual(self.show("ilnp-tun@three", "Result"), "success")
        self.assertEqual(self.ask("ip", "link", "show", "dev", "ilnp0"), "")
        self.assertFalse(os.path.exists(f"/proc/{self.first}/root/run/ilnp-tun-three"))

    def start_hardened(self, unit, capabilities=0):
        self.system("systemctl", "start", unit)  # returns when the node says that it is ready
        self.assertEqual(self.show(unit, "ActiveState"), "active")
        with open(f"/proc/{self.child(unit)}/status") as file:
            status = file.read()
        self.assertNotRegex(status, r"(?m)^Uid:\s+0\b")
        self.assertEqual(int(re.search(r"(?m)^CapEff:\s+(\w+)$", status)[1], 16), capabilities)
        self.assertRegex(status, r"(?m)^NoNewPrivs:\s+1$")
        self.assertRegex(status, r"(?m)^Seccomp:\s+2$")

    def meets_two(self, control):
        until(lambda: re.search(r"(?m)^two\b", self.ask("ilnp-ctl", "--control", control, "hosts")), what="a node to know two")
        self.assertIn("1 answered", self.system("ilnp-ctl", "--control", control, "ping", "two", "1"))

    def child(self, unit):
        """The number of a unit's process as it is seen here."""
        inside = self.show(unit, "MainPID")
        for number in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{number}/status") as file:
                    if re.search(rf"(?m)^NSpid:.*\t{inside}$", file.read()) and "ilnp" in os.readlink(f"/proc/{number}/exe"):
                        return number
            except OSError:
                pass  # it has ended
        raise AssertionError(f"{unit} has no process")

    def test_3_a_node_that_hangs_is_started_again(self):
        before = self.show("ilnp-router@router", "MainPID")
        self.system("kill", "-STOP", before)
        until(lambda: self.show("ilnp-router@router", "MainPID") not in (before, "0")
              and self.show("ilnp-router@router", "ActiveState") == "active", what="a new process")
        self.assertEqual(self.show("ilnp-router@router", "NRestarts"), "1")

    def test_4_a_mistake_is_reported_once_and_not_started(self):
        with open(f"{self.root}/etc/ilnp/bad.ini", "w") as file:
            file.write("[link]\nmcast_port = x\n")
        done = subprocess.run(self.enter("systemctl", "start", "ilnp-proxy@bad"), capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.system("systemctl", "start", "ilnp-proxy@missing")  # its condition does not hold
        self.assertEqual(self.show("ilnp-proxy@missing", "ActiveState"), "inactive")

    def test_5_an_upgrade_restarts_and_a_removal_stops(self):
        before = self.show("ilnp-proxy@one", "MainPID")
        shutil.copy(self.debs["ilnp"], f"/proc/{self.first}/root/run/ilnp.deb")
        self.system("dpkg", "-i", "/run/ilnp.deb")
        until(lambda: self.show("ilnp-proxy@one", "MainPID") not in (before, "0"), what="a new process")
        self.assertEqual(self.show("ilnp-proxy@one", "ActiveState"), "active")
        self.system("dpkg", "-r", "ilnp")
        for unit in ("ilnp-proxy@one", "ilnp-stream@two", "ilnp-router@router"):
            self.assertEqual(self.show(unit, "ActiveState"), "inactive")
        self.assertEqual([name for name in os.listdir(f"/proc/{self.first}/root/run") if name.startswith("ilnp-")], [])


if __name__ == "__main__":
    if os.geteuid() != 0 or not os.path.exists("/lib/systemd/systemd") or "cgroup2" not in deb_test.text_of("/proc/filesystems"):
        print("this needs root, systemd, and version 2 of control groups", file=sys.stderr)
        sys.exit(deb_test.SKIPPED)
    deb_test.main()
