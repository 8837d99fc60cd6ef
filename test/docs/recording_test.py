"""examples/plot/record.py draws what a command prints, when it prints it; and docs/demo.svg shows what demo.sh prints."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "examples", "plot"))
import record as record_py  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"


def texts(path):
    """The lines of a recording: class and text, without the title."""
    shown = xml.parse(path).getroot().iter(SVG + "text")
    return [(each.get("class"), each.text) for each in shown if each.get("class") != "title"]


def record(*arguments, folder):
    output = os.path.join(folder, "output.svg")
    script = os.path.join(ROOT, "examples", "plot", "record.py")
    done = subprocess.run([sys.executable, script, *arguments[:-1], output, "sh", "-c", arguments[-1]], capture_output=True, text=True, timeout=60)
    return done, output


class Recording(unittest.TestCase):
    def test_what_a_command_prints_is_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            done, output = record(r"echo '==> a & <b>'; echo '  alice  $ x'; printf '\033[1mc\033[0m\n'; exit 3", folder=folder)
            self.assertEqual((done.returncode, done.stderr), (3, ""))
            shown = [(kind.split()[0], text) for kind, text in texts(output)]
            self.assertEqual(shown, [("step", "==> a & <b>"), ("host", "  alice  $ x"), ("said", "c")])

    def test_lines_appear_when_they_were_begun_and_pauses_are_short(self):
        lines = record_py.lines_of([(0.5, b"a\nb"), (1.0, b"c\r\n"), (9.0, b"d\n")], 80)
        self.assertEqual(lines, [(0.5, "a"), (0.5, "bc"), (9.0, "d")])
        self.assertEqual(record_py.shortened(lines, 2), [(0.5, "a"), (0.5, "bc"), (2.5, "d")])
        picture = record_py.draw(record_py.shortened(lines, 2), 40, "title")
        self.assertIn("@keyframes k1 { 0%, 29.41% { visibility: hidden; }", picture)  # 2.5 s of 8.5 s
        self.assertEqual(set(re.findall(r"animation: k\d ([\d.]+)s", picture)), {"8.5"})

    def test_a_command_that_moves_the_cursor_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            done, _ = record(r"printf 'a\033[2Jb\n'", folder=folder)
            self.assertEqual(done.returncode, 1)
            self.assertIn("control characters", done.stderr)

    def test_the_recording_shows_the_demo(self):
        steps = []
        for name in ("demo.sh", "demonstration.sh", "hosts.sh"):
            with open(os.path.join(ROOT, "examples", name)) as file:
                steps += re.findall(r'step "([^"$]+)', file.read())
        shown = [text for kind, text in texts(os.path.join(ROOT, "docs", "demo.svg")) if kind.startswith("step")]
        self.assertGreater(len(shown), 3)
        for text in shown:
            self.assertTrue(any(text.startswith("==> " + step) for step in steps), f"demo.sh does not print: {text}")
        self.assertIn("nothing was lost, nothing was duplicated", shown[-1])


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
