"""The completions for bash, zsh and fish offer what each program has, in the shells themselves; the manual pages say it too."""

import fcntl
import functools
import glob
import gzip
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("ILNP_BIN", os.path.join(ROOT, "build", "examples"))
SHARE = os.path.join(BIN, "share")
PROGRAMS = sorted(os.path.basename(path) for path in glob.glob(os.path.join(SHARE, "bash", "*")))


@functools.lru_cache(None)
def helped(*command):
    done = subprocess.run([os.path.join(BIN, command[0]), *command[1:], "--help"], capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


def options(text):
    """The options of --help, read without the code that the completions are made by."""
    rows = re.findall(r"(?m)^  (?:(-\w) \[ (--[a-z-]+) \]|(--[a-z-]+))", text.split("\nOptions:\n")[1])
    return {name for row in rows for name in row if name}


def command_lines():
    """Each program, and each of its commands that has options of its own."""
    for program in PROGRAMS:
        yield (program,)
        text = helped(program)
        if "Each takes --help." in text:
            for command in re.findall(r"(?m)^  (\w+)  ", text.split("\nOptions:\n")[0]):
                yield program, command


class Bash:
    SCRIPT = """
        source "$1"
        IFS=$'\\n' read -r -d '' -a COMP_WORDS <<<"$2"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        [[ ${COMP_WORDS[COMP_CWORD]} != "<empty>" ]] || COMP_WORDS[COMP_CWORD]=
        function=$(complete -p "${COMP_WORDS[0]}" | sed 's/.*-F \\([^ ]*\\).*/\\1/')
        $function
        printf '%s\\n' "${COMPREPLY[@]}"
    """

    def complete(self, folder, *words):
        script = os.path.join(SHARE, "bash", words[0])
        words = [part for word in words for part in re.split(r"(=)", word)] if any("=" in word for word in words) else list(words)
        words = [word for word in words if word] if words[-1] else [*words[:-1], "<empty>"]
        done = subprocess.run(["bash", "--norc", "-c", self.SCRIPT, "bash", script, "\n".join(words)], cwd=folder, capture_output=True,
                              text=True, timeout=30)
        if done.returncode or done.stderr:
            raise AssertionError(done.stderr)
        return set(done.stdout.split("\n")) - {""}


class Fish:
    def complete(self, folder, *words):
        script = os.path.join(SHARE, "fish", words[0] + ".fish")
        environment = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        line = " ".join(words)
        done = subprocess.run(["fish", "--no-config", "-c", f"set -l fish_complete_path; source {script}; complete -C '{line}'"], cwd=folder,
                              capture_output=True, text=True, timeout=30, env=environment)
        if done.returncode or done.stderr:
            raise AssertionError(done.stderr)
        return {row.split("\t")[0] for row in done.stdout.split("\n")} - {""}


class Zsh:
    """A shell on a terminal of its own, as a person has it: Tab, and what the screen shows."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ilnp-zsh-")
        with open(os.path.join(self.folder, ".zshrc"), "w") as file:
            file.write(f"fpath=({SHARE}/zsh $fpath)\nPS1='ready%% '\nPROMPT_EOL_MARK=\nunset zle_bracketed_paste\n"
                       "autoload -Uz compinit && compinit -u -D\nunsetopt auto_menu menu_complete\nsetopt auto_list list_packed\n"
                       "setopt no_always_last_prompt no_list_ambiguous\nLISTMAX=9999\nzstyle ':completion:*' verbose no\n")
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.environ.update(ZDOTDIR=self.folder, TERM="dumb", PATH=BIN + ":" + os.environ["PATH"])
            os.execvp("zsh", ["zsh", "-i"])
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 500, 400, 0, 0))
        self.read("ready% ")

    def read(self, until):
        text = ""
        end = time.monotonic() + 30
        while not text.endswith(until):
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"zsh shows {text!r}")
            text += os.read(self.terminal, 65536).decode(errors="replace").replace("\r", "")
        return text

    def complete(self, folder, *words):
        os.write(self.terminal, f"cd {folder}\n".encode())
        self.read("ready% ")
        # Ctrl-D lists without completing; at the end Ctrl-U empties the line.
        line = " ".join(words)
        os.write(self.terminal, (line + "\x04").encode())
        text = self.read("ready% " + line)
        os.write(self.terminal, b"\x15\n")
        self.read("ready% ")
        return set(text.replace(line, " ").replace("ready%", " ").split())

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)
        shutil.rmtree(self.folder, ignore_errors=True)


class Shell:
    """The tests of each shell."""

    other_files = False

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ilnp-complete-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("home.ini", "home.txt", "one.lab"):
            open(os.path.join(self.folder, name), "w").close()
        os.mkdir(os.path.join(self.folder, "folder"))

    def complete(self, *words):
        return self.shell.complete(self.folder, *words)

    def test_options_are_those_of_each_program(self):
        self.assertGreater(len(PROGRAMS), 6)
        for command in command_lines():
            with self.subTest(command):
                wanted = {name for name in options(helped(*command)) if name.startswith("--")}
                offered = {name.rstrip("=") for name in self.complete(*command, "--") if name.startswith("--")}
                self.assertEqual(offered, wanted)

    def test_arguments(self):
        """What fits where: a file of the right kind, a command, a word of a few; after an option without a fixed value, nothing."""
        offers = [
            (("ilnp-proxy", "h"), {"home.ini"}, {"home.txt", "one.lab"}),
            (("ilnp-proxy", "--quiet", "--control", "x", "h"), {"home.ini"}, {"home.txt"}),
            (("ilnp-proxy", "--pcap", "home.t"), {"home.txt"}, set()),
            (("ilnp-proxy", "--log-level", ""), {"error", "warning", "notice", "info", "debug"}, {"home.ini"}),
            (("ilnp-proxy", "--log-level=e"), {"error"}, {"info"}),
            (("ilnp-proxy", "--log-format", ""), {"text", "json", "journal"}, {"home.ini"}),
            (("ilnp-router", "--metrics", "h"), {"home.ini", "home.txt"}, set()),
            (("ilnp-ctl", ""), {"status", "hosts", "ping", "auto"}, {"home.ini"}),
            (("ilnp-ctl", "--json", "st"), {"status", "streams"}, {"hosts"}),
            (("ilnp-lab", ""), {"run", "sweep"}, {"home.ini"}),
            (("ilnp-lab", "run", "o"), {"one.lab"}, {"home.ini", "run"}),
            (("ilnp-lab", "run", "--out", "f"), {"folder"}, {"one.lab"}),
            (("ilnp-config", ""), {"new", "check"}, {"home.ini"}),
            (("ilnp-config", "check", "h"), {"home.ini"}, {"home.txt"}),
            (("ilnp-config", "new", "--interface", ""), set(os.listdir("/sys/class/net")), {"home.ini"}),
        ]
        for words, wanted, unwanted in offers:
            with self.subTest(words):
                offered = {re.sub(r"^--[\w-]+=", "", name).rstrip("/") for name in self.complete(*words)}
                self.assertEqual(wanted - offered, set())
                self.assertEqual({name for name in unwanted & offered if not (self.other_files and wanted == {"home.ini"})}, set())

    def test_words_are_those_that_programs_accept(self):
        for option in ("--log-level", "--log-format"):
            for word in self.complete("ilnp-router", option, ""):
                done = subprocess.run([os.path.join(BIN, "ilnp-router"), "/nowhere.ini", option, word], capture_output=True, text=True)
                self.assertIn("/nowhere.ini: cannot be read", done.stderr, word)


@unittest.skipUnless(shutil.which("bash"), "bash is not installed")
class BashTest(Shell, unittest.TestCase):
    shell = Bash()


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class FishTest(Shell, unittest.TestCase):
    shell = Fish()
    other_files = True  # it shows files of another kind too, after the others


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class ZshTest(Shell, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shell = Zsh()
        cls.addClassCleanup(cls.shell.close)


class Manual(unittest.TestCase):
    @functools.lru_cache(None)
    def shown(self, page):
        done = subprocess.run(["man", "--warnings", "-P", "cat", "-l", page], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "MANWIDTH": "10000", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": "", "MANROFFOPT": "-c"})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "", page)
        return re.sub(r".\x08", "", done.stdout)

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_each_page_says_what_the_program_says(self):
        for command in command_lines():
            with self.subTest(command):
                page = " ".join(self.shown(os.path.join(SHARE, "man1", command[0] + ".1.gz")).split())
                head, _, table = helped(*command).partition("\nOptions:\n")
                for name in options("\nOptions:\n" + table):
                    self.assertIn(name, page)
                # Every word of an explanation, in its order.
                column = next(line.index("show this text") for line in table.split("\n") if "--help" in line)
                for row in re.split(r"(?m)^(?=  -)", table):
                    self.assertIn(" ".join(" ".join(line[column:] for line in row.split("\n") if line[:column].endswith(" ")).split()), page)
                for paragraph in head.split("\n\n")[1:]:
                    for line in paragraph.split("\n"):
                        for part in re.split("  +", line.strip()):
                            self.assertIn(part.replace("Each takes --help.", ""), page)

    @unittest.skipUnless(shutil.which("man"), "man is not installed")
    def test_the_page_of_the_configuration_has_each_key(self):
        page = self.shown(os.path.join(SHARE, "man5", "ilnp.ini.5.gz"))
        with open(os.path.join(ROOT, "docs", "configuration.md")) as file:
            keys = re.findall(r"(?m)^\| \w+ \| `(\w+)` \|", file.read())
        self.assertGreater(len(keys), 20)
        for key in keys:
            self.assertRegex(page, rf"(?m)^ +{key}\b")

    def test_each_page_names_the_others(self):
        for program in PROGRAMS:
            with gzip.open(os.path.join(SHARE, "man1", program + ".1.gz"), "rt") as file:
                text = file.read().split(".SH SEE ALSO\n")[1].replace("\\-", "-")
            self.assertEqual(set(re.findall(r"\.BR (ilnp-\S+)", text)), set(PROGRAMS) - {program})


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
