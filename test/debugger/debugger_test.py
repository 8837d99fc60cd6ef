"""gdb and LLDB show values of ilnp as examples/debugger says. Each is tested where it is installed."""

import glob
import os
import re
import shutil
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SAMPLE = os.environ.get("ILNP_SAMPLE", os.path.join(ROOT, "build", "test", "debugger", "debugger-sample"))
HELLO = "13 octets: 68 65 6c 6c 6f 2c 0a 20 77 6f 72 6c 64 |hello,. world|"

NAMES = ["found", "missing", "header", "malformed", "packet", "locators"]  # and those of SHOWN
SHOWN = {  # by both debuggers
    "locator": "ffff:0:0:a",
    "nid": "0:0:1234:5678",
    "ilv": "0:0:0:a:0:0:0:b",
    "text": HELLO,
    "nothing": "0 octets",
    "zeros": "100 octets: " + "00 " * 48 + "... |" + "." * 48 + " ...|",
    "none": "no error",
    "refused": "ilnp::Errc::no_route",
    "denied": "Permission denied (errno 13)",
    "soon": "1.500000 s",
    "at_no_time": "never",
}


def run(*command, **environment):
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env={**os.environ, "LC_ALL": "C", **environment})
    if "look" not in done.stdout:
        raise AssertionError(f"{command[0]}: the program did not run: {done.stdout}{done.stderr}")
    return done.stdout


class Gdb(unittest.TestCase):
    @unittest.skipUnless(shutil.which("gdb"), "no gdb here")
    def test_values(self):
        script = os.path.join(ROOT, "examples", "debugger", "ilnp_gdb.py")
        commands = [f"source {script}", "set debuginfod enabled off", "break look", "run", "up", "info locals"]
        said = run("gdb", "-batch", "-nx", *(word for each in commands for word in ("-ex", each)), SAMPLE)
        values = dict(re.findall(r"(?m)^(\w+) = (.*)$", said))
        wanted = {
            **SHOWN,
            "found": "{value = 0:0:1234:5678}",
            "missing": "{error = ilnp::Errc::unknown_host}",
            "header": "parsed = {view = {static size = 4, packet_ = " + HELLO + "}}",
            "malformed": "not parsed: ilnp::wire::Malformed::too_short",
            "packet": "packet, headers of 4 octets: 00 00 00 07 |....| = {payload = " + HELLO + "}",
            "locators": "3 elements = {0:0:0:1, 0:0:0:2, 0:0:0:3}",
        }
        for name, text in wanted.items():
            self.assertEqual(values.get(name), text, name)


class Lldb(unittest.TestCase):
    def test_values(self):
        program = next(filter(None, map(shutil.which, ("lldb", "lldb-19", "lldb-14"))), None)
        if program is None:
            self.skipTest("no LLDB here")
        # Debian's package does not find its own Python module.
        modules = glob.glob("/usr/lib/llvm-14/lib/python3.*/dist-packages") if program.endswith("-14") else []
        script = os.path.join(ROOT, "examples", "debugger", "ilnp_lldb.py")
        commands = [f"command script import {script}", "breakpoint set -n look", "run", "up", *(f"frame variable {name}" for name in [*SHOWN, *NAMES])]
        said = run(program, "--no-lldbinit", "--batch", *(word for each in commands for word in ("-o", each)), SAMPLE,
                   **({"PYTHONPATH": modules[0], "PATH": "/usr/bin:/bin"} if modules else {}))
        values = dict(re.findall(r"(?m)^\(.*\) (\w+) = (.*)$", said))
        wanted = {
            **SHOWN,
            "found": "value: 0:0:1234:5678",
            "missing": "error: ilnp::Errc::unknown_host",
            "header": "parsed {",
            "malformed": "not parsed: too_short {",
            "packet": f"packet, headers of 4 octets: 00 00 00 07 |....|, payload of {HELLO}",
            "locators": "3 elements {",
        }
        for name, text in wanted.items():
            self.assertEqual(values.get(name), text, name)
        self.assertIn("[2] = 0:0:0:3\n", said)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
