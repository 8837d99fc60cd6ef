"""Each source here compiles as it is, and does not with WRONG defined. Then the compiler's message names the concept that is not
satisfied, and what is missing.

All sources are compiled at once, each in a namespace of its own, for they include the same headers, and reading these takes longer
than everything else.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
COMPILER, *INCLUDES = os.environ["ILNP_COMPILER"].split(os.pathsep)
MAX_ERRORS = 3  # for one cause

CASES = {  # source: the concept, and what is missing
    "underlay": ("Underlay", "max_frame"),
    "network_layer": ("NetworkLayer", "resolve"),
    "transport_layer": ("TransportLayer", "unbind"),
    "packet_transport": ("PacketTransport", "accept_reserved_port"),
    "stream_transport": ("StreamTransport", "shutdown"),
    "pollable_underlay": ("PollableUnderlay", "drained"),
    "startable_network": ("StartableNetwork", "caught_up"),
    "resolving_transport": ("ResolvingTransport", "resolve"),
    "local_proxy": ("LocalProxy", "use_socket"),
    "local_stream_proxy": ("LocalStreamProxy", "answer"),
    "stream_adaptor": ("StreamTransport", "shutdown"),
    "context_like": ("ContextLike", "now"),
    "frame_sink": ("FrameSink", "NotASink"),
    "byte_sink": ("ByteSink", "NotASink"),
}


def source_of_all():
    """What they include; then each of them, without that."""
    includes, texts = set(), []
    for case in CASES:
        with open(os.path.join(HERE, case + ".cpp"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        includes |= {line for line in lines if line.startswith("#include <")}
        rest = ["" if line.startswith("#include <") else line for line in lines]
        texts += [f"namespace {case} {{", f'#line 1 "{case}.cpp"', *rest, "}"]
    return "\n".join([*sorted(includes), *texts, ""])


def errors_of(output):
    """The errors, each with the lines that belong to it: notes after it and, of g++, the way to it before."""
    errors, way = [], []
    for line in output.splitlines():
        if re.search(r"\berror: ", line):
            errors.append([*way, line])
            way = []
        elif re.match(r"In file included from|\s+from |\S+: (In |  required)|\S+:   ", line):
            way.append(line)
        elif errors:
            errors[-1] += [*way, line]
            way = []
    return ["\n".join(lines) for lines in errors]


class CompileFail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        with open(os.path.join(cls.folder.name, "all.cpp"), "w", encoding="utf-8") as file:
            file.write(source_of_all())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def compile(self, *options):
        return subprocess.run([COMPILER, "-std=c++20", "-fsyntax-only", "-iquote", HERE, *("-I" + path for path in INCLUDES), *options,
                               os.path.join(self.folder.name, "all.cpp")], capture_output=True, text=True, check=False)

    def test_each_source_is_a_case(self):
        self.assertEqual(set(CASES), {name[:-4] for name in os.listdir(HERE) if name.endswith(".cpp")})

    def test_what_is_right_compiles(self):
        done = self.compile()
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_wrong_does_not_and_the_message_says_why(self):
        errors = {case: [] for case in CASES}
        for error in errors_of(self.compile("-DWRONG", "-ferror-limit=0" if "clang" in COMPILER else "-fmax-errors=0").stderr):
            places = [name for name in re.findall(r"\b(\w+)\.cpp:\d+", error) if name in CASES]
            self.assertTrue(places, f"in which source is this?\n{error}")
            errors[places[0]].append(error)
        for case, words in CASES.items():
            mine = errors[case]
            output = "\n".join(mine)
            with self.subTest(case):
                self.assertTrue(mine, "compiles, and must not")
                for word in words:
                    self.assertRegex(output, rf"[^A-Za-z_]{word}[^A-Za-z_]", "the compiler does not say it")
                self.assertLessEqual(len(mine), MAX_ERRORS, f"errors for one cause:\n{output}")


if __name__ == "__main__":
    unittest.main()
