"""ilnp-config: what it finds on a host, what it writes, and that nodes with such configurations meet."""

import os
import re
import stat

import lab


class Config(lab.LabTest):
    def setUp(self):
        super().setUp()
        self.alice = self.lab.host("alice")
        self.file = os.path.join(self.lab.folder, "new.ini")

    def new(self, *arguments, host=None, ok=True, **options):
        done = (host or self.alice).run(os.path.join(lab.BIN, "ilnp-config"), "new", *arguments, **options)
        if ok:
            self.assertEqual((done.returncode, done.stderr), (0, ""))
        else:
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stderr, r"\Ailnp-config: [^\n]+\n\Z")
        return done

    def keys(self):
        with open(self.file) as file:
            return dict(re.findall(r"(?m)^(\w+) = (.*)$", file.read()))

    def check(self, text):
        with open(self.file, "w") as file:
            file.write(text)
        return lab.run(os.path.join(lab.BIN, "ilnp-config"), "check", self.file)

    def test_nodes_with_new_configurations_meet(self):
        bob = self.lab.host("bob")
        router = self.lab.host("router")
        paths = {}
        for host, locators in ((self.alice, "0:0:0:a"), (bob, "0:0:0:b"), (router, "0:0:0:a,0:0:0:b")):
            paths[host] = os.path.join(self.lab.folder, host.name + ".ini")
            self.new("--name", host.name, "--locators", locators, "--output", paths[host], host=host)
        self.lab.program(router, "ilnp-router", paths[router]).wait_line("Routing as router")
        control = os.path.join(self.lab.folder, "alice.sock")
        self.lab.program(bob, "ilnp-proxy", paths[bob], "--control", control + "2").wait_line("Listening on")
        self.lab.program(self.alice, "ilnp-proxy", paths[self.alice], "--control", control).wait_line("Listening on")
        lab.until(lambda: re.search(r"(?m)^bob\b", self.alice.run(os.path.join(lab.BIN, "ilnp-ctl"), "--control", control, "hosts").stdout),
                  10, "alice to know bob")

    def test_it_finds_the_interface_and_the_name(self):
        self.alice.attach("eth1")
        self.new("--output", self.file)
        keys = self.keys()
        self.assertEqual(keys["mcast_interface"], "eth0")
        self.assertEqual(keys["hostname"], os.uname().nodename.split(".")[0])
        # The default route decides, of the others that with the lowest metric.
        self.alice.ip("-6", "route", "add", "default", "via", "fe80::1", "dev", "eth1", "metric", "300")
        done = self.new("--output", self.file, "--force")
        self.assertEqual(self.keys()["mcast_interface"], "eth1")
        self.assertIn("eth1 (has the default route; others: eth0)", done.stdout)
        self.alice.ip("address", "add", "192.0.2.1/24", "dev", "eth0")
        self.alice.ip("route", "add", "default", "via", "192.0.2.2", "metric", "100")
        self.new("--output", self.file, "--force")
        self.assertEqual(self.keys()["mcast_interface"], "eth0")
        # One that is down will not do.
        self.alice.ip("link", "set", "eth0", "down")
        self.new("--output", self.file, "--force")
        self.assertEqual(self.keys()["mcast_interface"], "eth1")
        self.alice.ip("link", "set", "eth1", "down")
        done = self.new("--output", "-", ok=False)
        self.assertRegex(done.stderr, r"no network interface is up .*\(there are: eth0, eth1\); use --interface NAME")
        self.new("--output", self.file, "--force", "--interface", "eth7")
        self.assertEqual(self.keys()["mcast_interface"], "eth7")

    def test_identifiers_are_random_and_marked_as_local(self):
        seen = set()
        for _ in range(20):
            self.new("--output", self.file, "--force")
            nid = self.keys()["nid"]
            self.assertEqual(int(nid.split(":")[0], 16) >> 8 & 3, 0, nid)
            seen.add(nid)
        self.assertEqual(len(seen), 20)

    def test_a_machine_without_a_name(self):
        for name in ("localhost", "localhost.localdomain", "(none)"):
            done = self.alice.run("unshare", "--uts", "sh", "-c", 'echo "$1" >/proc/sys/kernel/hostname; exec "$0" new --output -',
                                  os.path.join(lab.BIN, "ilnp-config"), name)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(done.stderr, "ilnp-config: this machine has no name of its own; use --name NAME\n")
            self.assertEqual(done.stdout, "")

    def test_options_override_what_it_finds(self):
        self.new("--output", self.file, "--name", "bob", "--nid", "FFFF:0:0:B", "--locators", "0:0:0:b-0:0:0:c", "--port", "10001",
                 "--user-id", "7", "--interface", "eth0")
        self.assertEqual(self.keys(), {"mcast_port": "10001", "user_id": "7", "mcast_interface": "eth0", "locators": "0:0:0:b-0:0:0:c",
                                       "nid": "ffff:0:0:b", "hostname": "bob"})

    def test_it_replaces_only_what_it_is_told_to(self):
        self.new("--output", self.file)
        before = self.keys()
        done = self.new("--output", self.file, ok=False)
        self.assertIn(f"{self.file} exists; --force replaces it", done.stderr)
        self.assertEqual(self.keys(), before)
        os.chmod(self.file, 0o640)
        self.new("--output", self.file, "--force")
        self.assertNotEqual(self.keys(), before)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o640)
        link = self.file + ".link"
        os.symlink("elsewhere", link)
        self.assertIn("not a regular file", self.new("--output", link, "--force", ok=False).stderr)
        self.assertIn("exists", self.new("--output", link, ok=False).stderr)
        self.assertEqual(sorted(name for name in os.listdir(self.lab.folder) if "new.ini" in name), ["new.ini", "new.ini.link"])

    def test_by_default_it_writes_here_and_says_what(self):
        folder = os.path.join(self.lab.folder, "here")
        os.mkdir(folder)
        done = self.new("--name", "alice", cwd=folder)
        self.assertEqual(os.listdir(folder), ["ilnp.ini"])
        self.assertRegex(done.stdout, r"\AWritten to ilnp.ini:\n  interface eth0 \(.*\)\n  name      alice \(--name\)\n"
                                      r"  nid       [0-9a-f:]+ \(random\)\n  locators  0:0:0:a\n\Z")

    def test_to_standard_output(self):
        done = self.alice.run(os.path.join(lab.BIN, "ilnp-config"), "new", "--output", "-", "--name", "alice")
        self.assertIn("interface eth0", done.stderr)
        self.assertEqual(self.check(done.stdout).returncode, 0)

    def test_bad_input(self):
        for arguments, message in (
                (("--locators", "zz"), "is not a locator"),
                (("--locators", "0:0:0:a\n[x]"), "--locators: empty, or with control characters"),
                (("--nid", "7"), '--nid "7": not an identifier'),
                (("--nid", "0:0:0:0"), "is not a node identifier"),
                (("--name", ""), "--name: empty"),
                (("--name", "a # b"), "comment after the value"),
                (("--name", "x" * 256), "1 to 255 octets"),
                (("--interface", "no/interface"), "no network interface can have this name"),
                (("--port", "0"), "--port"),
                (("--user-id", "65536"), "--user-id"),
                (("--output", "/nowhere/new.ini"), "No such file or directory"),
                (("--output", "/dev/full", "--force"), "not a regular file"),
                (("--bad",), "unrecognised option"),
        ):
            with self.subTest(arguments):
                self.assertIn(message, self.new("--name", "alice", *arguments, ok=False).stderr if "--name" not in arguments
                              else self.new(*arguments, ok=False).stderr)

    def test_check_reports_what_the_programs_would(self):
        good = lab.ini(link={"mcast_port": 10000, "mcast_interface": "eth0"}, network={"locators": "0:0:0:a"},
                       discovery={"hostname": "alice"})
        done = self.check(good)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{self.file}: no mistakes\n", ""))
        done = self.check(good + "colour = blue\n")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"warning: .*colour")
        done = self.check(good.replace("10000", "x").replace("0:0:0:a", "y"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 2, done.stderr)
        self.assertEqual(lab.run(os.path.join(lab.BIN, "ilnp-config"), "check", "/nowhere.ini").returncode, 1)


if __name__ == "__main__":
    lab.main()
