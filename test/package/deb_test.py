"""The Debian packages: made from what is built, installed by dpkg into a root of their own, used, removed.

That root is this machine's own file system below an overlay, so dpkg checks real dependencies and runs the maintainer scripts, and
what is left after a removal is what the overlay holds. Needs root, which may mount such a root and own its files; else it is skipped.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "system"))
import lab  # noqa: E402

BUILD = os.environ.get("ILNP_BUILD", os.path.join(ROOT, "build"))
SKIPPED = 77


def text_of(path):
    with open(path) as file:
        return file.read()


def run(*command, **options):
    return lab.checked(*command, timeout=120, **options)


class Installed(unittest.TestCase):
    """One installation for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.folder = "/mnt"
        run("mount", "-t", "tmpfs", "packages", cls.folder)  # gone with the mount namespace
        cls.made = os.path.join(cls.folder, "made")
        run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-D",
            "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", "-D", f"CPACK_OUTPUT_FILE_PREFIX={cls.made}/out", "-B", cls.made, cwd=BUILD,
            env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
        cls.debs = {run("dpkg-deb", "-f", path, "Package").strip(): path for path in glob.glob(cls.made + "/out/*.deb")}
        cls.upper, work, cls.root = (os.path.join(cls.folder, name) for name in ("upper", "work", "root"))
        for folder in (cls.upper, work, cls.root):
            os.mkdir(folder)
        run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={cls.upper},workdir={work}", cls.root)
        for name in ("proc", "sys", "dev"):
            run("mount", "--rbind", "/" + name, os.path.join(cls.root, name))
        for name in ("tmp", "run"):
            run("mount", "-t", "tmpfs", name, os.path.join(cls.root, name))
        for package in ("ilnp", "ilnp-dev"):  # this machine may have them itself
            subprocess.run(["chroot", cls.root, "dpkg", "-P", "--force-depends", package], capture_output=True)
        cls.before = cls.files()
        for path in cls.debs.values():
            shutil.copy(path, cls.root + "/tmp")
        cls.dpkg("-i", *("/tmp/" + os.path.basename(path) for path in cls.debs.values()))

    @classmethod
    def files(cls):
        """What the root has that the machine has not, without dpkg's own notes and what programs of Debian derive."""
        kept = re.compile("/(var/lib/dpkg|var/log|var/cache|var/lib/(ucf|systemd)|etc/ld.so.cache|root)(/|$)")
        found = set()
        for folder, folders, files in os.walk(cls.upper):
            inside = folder[len(cls.upper):]
            for name in [*files, *folders]:
                path = f"{inside}/{name}"
                if not kept.match(path) and (name in files or not os.path.isdir(path)):
                    found.add(path)
        return found

    @classmethod
    def dpkg(cls, *arguments):
        # Containers often leave out manuals; the triggers of other packages, such as man-db's, are not the matter here.
        return cls.inside("dpkg", "--path-include=/usr/share/*", "--no-triggers", *arguments)

    @classmethod
    def inside(cls, *command, **options):
        return run("chroot", cls.root, *command, env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                                                      "LC_ALL": "C.UTF-8"}, **options)

    def listed(self, package):
        return self.inside("dpkg", "-L", package).split("\n")


class Packages(Installed):
    """In the order of their names, for the last one removes what the others use."""

    def test_1_two_packages_with_their_dependencies(self):
        self.assertEqual(set(self.debs), {"ilnp", "ilnp-dev"})
        with open(os.path.join(BUILD, "CMakeCache.txt")) as file:
            version = re.search(r"CMAKE_PROJECT_VERSION:STATIC=(.*)", file.read())[1]
        for path in self.debs.values():
            self.assertEqual(run("dpkg-deb", "-f", path, "Version").strip(), version + "-1")
        self.assertEqual(run("dpkg-deb", "-f", self.debs["ilnp-dev"], "Architecture").strip(), "all")
        # The package of each library that a program names.
        needed = set()
        for path in self.listed("ilnp"):
            if path.startswith("/usr/bin/"):
                needed |= set(re.findall(r"NEEDED +(\S+)", run("objdump", "-p", self.root + path)))
        depends = run("dpkg-deb", "-f", self.debs["ilnp"], "Depends")
        self.assertIn("libc.so.6", needed)
        for library in needed:
            paths = re.findall(rf"{re.escape(library)} .*=> (\S+)", run("ldconfig", "-p"))
            if not paths:
                continue  # the loader itself
            owners = [run("dpkg", "-S", each).split(":")[0] for path in paths[:1]
                      for each in [next((name for name in (path, path.removeprefix("/usr"), os.path.realpath(path))
                                         if subprocess.run(["dpkg", "-S", name], capture_output=True).returncode == 0), path)]]
            self.assertRegex(depends, rf"(^|, ){re.escape(owners[0])}\b", library)

    def test_2_what_is_where(self):
        programs = {path.rpartition("/")[2] for path in self.listed("ilnp") if path.startswith("/usr/bin/")}
        self.assertTrue({"ilnp-proxy", "ilnp-router", "ilnp-ctl", "ilnp-config", "ilnp-lab"} <= programs, programs)
        self.assertEqual({name for name in programs if "socket" in name}, set(), "samples are not for users")
        files = set(self.listed("ilnp"))
        for name in programs:
            for path in (f"/usr/share/man/man1/{name}.1.gz", f"/usr/share/bash-completion/completions/{name}",
                         f"/usr/share/zsh/vendor-completions/_{name}", f"/usr/share/fish/vendor_completions.d/{name}.fish"):
                self.assertIn(path, files)
        arch = run("dpkg-architecture", "-qDEB_HOST_MULTIARCH").strip()
        for path in ("/usr/share/man/man5/ilnp.ini.5.gz", "/lib/systemd/system/ilnp-proxy@.service", "/etc/ilnp",
                     f"/usr/lib/{arch}/wireshark/plugins/ilnp.lua", "/usr/share/ilnp/grafana/ilnp.json", "/usr/share/ilnp/plot/flows.sh",
                     "/usr/share/doc/ilnp/copyright", "/usr/share/doc/ilnp/changelog.gz", "/usr/share/doc/ilnp/changelog.Debian.gz",
                     "/usr/share/doc/ilnp/examples/config/alice.ini", "/usr/share/doc/ilnp/examples/scenarios/lossy.lab"):
            self.assertTrue(path in files or "/usr" + path in files, path)
        development = set(self.listed("ilnp-dev"))
        for path in ("/usr/include/ilnp/ilnp.hpp", "/usr/share/cmake/ilnp/ilnp-config.cmake", "/usr/share/pkgconfig/ilnp.pc",
                     "/usr/share/doc/ilnp-dev/copyright"):
            self.assertIn(path, development)
        self.assertEqual({path for path in files & development if os.path.isfile(self.root + path)}, set())
        for path in [*files, *development]:
            if path.startswith("/usr/bin/"):
                self.assertNotIn("debug_info", run("file", self.root + path) if shutil.which("file") else "")

    def test_3_a_new_configuration_and_a_node(self):
        path = "/etc/ilnp/home.ini"
        self.inside("ilnp-config", "new", "--output", path, "--name", "home")
        self.assertIn("no mistakes", self.inside("ilnp-config", "check", path))
        with open(os.path.join(self.folder, "log"), "w") as log:
            proxy = subprocess.Popen(["chroot", self.root, "ilnp-proxy", path, "10000", "--control", "/run/home.sock"], stdout=log, stderr=log)
        try:
            end = time.monotonic() + 10
            while not os.path.exists(self.root + "/run/home.sock"):
                self.assertIsNone(proxy.poll(), text_of(log.name))
                self.assertLess(time.monotonic(), end)
                time.sleep(0.01)
            self.assertIn("home", self.inside("ilnp-ctl", "--control", "/run/home.sock", "status"))
        finally:
            proxy.send_signal(signal.SIGTERM)
            self.assertEqual(proxy.wait(10), 0)

    def test_4_the_simulator_and_its_pictures(self):
        text = self.inside("ilnp-lab", "run", "/usr/share/doc/ilnp/examples/scenarios/hard-handoff.lab", "--out", "/tmp/out")
        if shutil.which("gnuplot"):
            self.assertNotIn("no pictures", text)
            self.assertTrue(glob.glob(self.root + "/tmp/out/*.svg"))

    def test_5_pkg_config_and_cmake_find_the_headers(self):
        self.assertEqual(self.inside("pkg-config", "--modversion", "ilnp").strip() + "-1",
                         run("dpkg-deb", "-f", self.debs["ilnp-dev"], "Version").strip())
        source = self.root + "/tmp/source"
        os.mkdir(source)
        with open(source + "/main.cpp", "w") as file:
            file.write("#include <ilnp/base/address.hpp>\n#include <iostream>\n"
                       'int main() { std::cout << to_string(*ilnp::Nid::parse("ffff:0:0:A")) << std::endl; }\n')
        self.inside("sh", "-c", "c++ -std=c++20 /tmp/source/main.cpp -o /tmp/source/one $(pkg-config --cflags --libs ilnp)")
        self.assertEqual(self.inside("/tmp/source/one"), "ffff:0:0:a\n")
        with open(source + "/CMakeLists.txt", "w") as file:
            file.write("cmake_minimum_required(VERSION 3.25)\nproject(one CXX)\nfind_package(ilnp REQUIRED)\n"
                       'message(STATUS "found in ${ilnp_DIR}")\nadd_executable(one main.cpp)\ntarget_link_libraries(one ilnp::ilnp)\n')
        boost = re.search(r"Boost_DIR:PATH=(/usr/.*)", text_of(os.path.join(BUILD, "CMakeCache.txt")))
        text = self.inside("cmake", "-S", "/tmp/source", "-B", "/tmp/source/build", *([f"-DBoost_DIR={boost[1]}"] if boost else []))
        self.assertIn("found in /usr/share/cmake/ilnp", text)
        for name in ("ilnp-sctp", "ilnp-names"):
            if os.path.exists("/usr/include/usrsctp.h") and os.path.exists("/usr/include/ares.h"):
                self.inside("pkg-config", "--cflags", "--libs", name)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_6_units(self):
        for kind in ("proxy", "router", "stream"):
            path = next(path for path in self.listed("ilnp") if path.endswith(f"system/ilnp-{kind}@.service"))
            text = text_of(self.root + path)
            self.assertNotIn("@bindir@", text)
            instance = f"/tmp/ilnp-{kind}@home.service"
            with open(self.root + instance, "w") as file:
                file.write(text)
            done = subprocess.run(["chroot", self.root, "systemd-analyze", "verify", "--man=no", instance], capture_output=True, text=True,
                                  timeout=60)
            complaints = [line for line in done.stderr.split("\n") if f"ilnp-{kind}" in line]
            self.assertEqual((done.returncode, complaints), (0, []), done.stderr)
            text = subprocess.run(["chroot", self.root, "systemd-analyze", "security", "--offline=yes", "--no-pager", instance],
                                  capture_output=True, text=True, timeout=60).stdout
            level = re.search(r"Overall exposure level for \S+: ([0-9.]+)", text)
            self.assertTrue(level, text)
            self.assertLess(float(level[1]), 2.0, text)

    def test_7_removal_leaves_nothing_but_what_the_user_has_written(self):
        self.dpkg("-r", "ilnp", "ilnp-dev")
        self.assertEqual(self.files() - self.before, {"/etc/ilnp/home.ini", "/etc/ilnp"} & self.files())
        self.dpkg("-P", "ilnp", "ilnp-dev")
        os.unlink(self.root + "/etc/ilnp/home.ini")
        self.assertIn(self.files() - self.before, [set(), {"/etc/ilnp"}])
        for package in ("ilnp", "ilnp-dev"):
            self.assertNotEqual(subprocess.run(["chroot", self.root, "dpkg", "-s", package], capture_output=True).returncode, 0)


def enter():
    """Starts this file again with mounts, processes and networks of its own, on a network with one interface."""
    for tool in ("dpkg", "dpkg-deb", "dpkg-shlibdeps", "cpack", "objdump", "unshare", "ip"):
        if not shutil.which(tool):
            print(f"{tool} is not installed", file=sys.stderr)
            sys.exit(SKIPPED)
    if os.geteuid() != 0:
        print("this needs root", file=sys.stderr)
        sys.exit(SKIPPED)
    os.environ["ILNP_DEB"] = "inside"
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    probe = ('d=/mnt && mount -t tmpfs x "$d" && mkdir "$d/u" "$d/w" "$d/r" && '
             'mount -t overlay x -o "lowerdir=/,upperdir=$d/u,workdir=$d/w" "$d/r" && '
             'test -e "$d/r/var/lib/dpkg/status"')
    done = subprocess.run([*command, "sh", "-c", probe], capture_output=True, text=True)
    if done.returncode:
        print(f"no right to mount an overlay: {done.stderr.strip()}", file=sys.stderr)
        sys.exit(SKIPPED)
    os.execvp(command[0], [*command, sys.executable, *sys.argv])


def main():
    if "ILNP_DEB" not in os.environ:
        enter()
    run("sh", "-ec", "ip link set lo up; ip link add eth0 type veth peer name other; ip link set other up; ip link set eth0 up\n"
        "i=0; until ip -6 address show dev eth0 -tentative | grep -q 'inet6 fe80'; do i=$((i + 1)); [ $i -lt 100 ]; sleep 0.05; done")
    unittest.main(module="__main__", argv=sys.argv, verbosity=2)


if __name__ == "__main__":
    main()
