"""The table of programs in README.md names the options that the programs have, and no others."""

import os
import re
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("ILNP_BIN", os.path.join(ROOT, "build", "examples"))
ALWAYS = {"--help", "--version"}  # "Each takes --help"


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def table():
    """The options by command: `ilnp-proxy`, `ilnp-lab run`, ..."""
    with open(os.path.join(ROOT, "README.md")) as file:
        rows = re.findall(r"(?m)^\| (`ilnp-[^|]*)\|([^|]*)\|([^|]*)\|$", file.read())
    commands = {}
    for names, _, options in rows:
        parts = re.findall(r"`([a-z]+)`: ([^;]*)", options)
        for usage in re.findall(r"`(ilnp-[^`]*)`", names):
            words = usage.split()
            command = " ".join(word for word in words[:2] if not word.isupper() and not word.startswith("["))
            if parts:
                commands[command] = options_in(dict(parts).get(words[1], ""))
            else:
                commands[command] = options_in(options)
            if "and those of `ilnp-proxy`" in options:
                commands[command] |= commands["ilnp-proxy"]
    return commands


def helped(command):
    program, *subcommand = command.split()
    done = subprocess.run([os.path.join(BIN, program), *subcommand, "--help"], capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise AssertionError(f"{command} --help: {done.returncode}: {done.stderr}")
    rows = re.findall(r"(?m)^  (?:-\w \[ (--[a-z-]+) \]|(--[a-z-]+))", done.stdout)
    return {one or other for one, other in rows} - ALWAYS


class Options(unittest.TestCase):
    def test_the_table_is_that_of_the_programs(self):
        commands = table()
        for command in ("ilnp-proxy", "ilnp-proxy-create", "ilnp-ctl", "ilnp-stream", "ilnp-tun", "ilnp-router", "ilnp-heartbeat", "ilnp-experiment",
                        "ilnp-lab run", "ilnp-lab sweep", "ilnp-config new", "ilnp-config check", "ilnp-socket-coroutine", "ilnp-socket-callback"):
            self.assertIn(command, commands, "is not in the table of README.md")
        for command, named in commands.items():
            if not os.path.exists(os.path.join(BIN, command.split()[0])):
                print(f"{command}: not built")
                continue
            with self.subTest(command):
                there = helped(command)
                self.assertEqual(named - there, set(), f"{command}: in README.md, and not in --help")
                self.assertEqual(there - named, set(), f"{command}: in --help, and not in README.md")

    def test_every_program_is_in_the_table(self):
        programs = {command.split()[0] for command in table()}
        built = {name for name in os.listdir(BIN) if re.fullmatch(r"ilnp-[a-z-]+", name)}
        self.assertEqual(built - programs, set(), "built, and not in README.md")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
