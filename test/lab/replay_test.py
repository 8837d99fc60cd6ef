"""ilnp-lab run --html: the page that shows a run again, in a real browser."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "examples"))
from browser import Page, chromium  # noqa: E402

LAB = os.environ.get("ILNP_LAB", os.path.join(ROOT, "build", "examples", "ilnp-lab"))

# bob leaves a at 10 s and has joined b; half of what crosses b is lost from 20 s on; bob is down from 25 s to 27 s.
SCENARIO = """title a <script>alert(1)</script> & </script> title
run 30s
network all delay 5ms
node router in a,b
node alice in a
node bob in a handoff_time 2s
flow alice <-> bob every 100ms size 100
at 10s move bob to b
at 20s network b loss 50%
at 25s crash bob
at 27s restart bob
"""


class Replay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="ilnp-replay-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with open(os.path.join(cls.folder, "x.lab"), "w") as file:
            file.write(SCENARIO)
        cls.lab("--json", "x.json", "--html", "x.html", "--out", "out", "--no-pictures")
        with open(os.path.join(cls.folder, "x.json")) as file:
            cls.result = json.load(file)
        cls.page = Page(cls.url("x.html"))
        cls.addClassCleanup(cls.page.close)

    @classmethod
    def lab(cls, *arguments):
        return subprocess.run([LAB, "run", "x.lab", *arguments], cwd=cls.folder, capture_output=True, text=True, check=True)

    @classmethod
    def url(cls, name):
        return "file://" + os.path.join(cls.folder, name)

    def tearDown(self):
        self.assertEqual(self.page.problems, [])

    def seek(self, time):
        self.page.run(f"slider.value = {round(time * 1e6)}; slider.dispatchEvent(new Event('input'))")

    def choose(self, node):
        self.page.run(f"node.value = {['router', 'alice', 'bob'].index(node)}; node.dispatchEvent(new Event('change'))")

    def flows(self):
        """sent, received, lost, again, on the way: of each flow."""
        return {row[0]: list(map(int, row[1:]))
                for row in self.page.run("[...flows.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent))")}

    def table(self, name):
        return self.page.run(f"[...document.querySelector('[data-table={name}]').tBodies[0].rows].map(row => [...row.cells].map(cell => cell.textContent))")

    def test_it_loads_alone_and_shows_titles_as_they_are(self):
        self.page.requests.clear()
        self.page.open(self.url("x.html") + "#t=1")
        self.assertEqual({each.split("#")[0] for each in self.page.requests} - {self.url("x.html")}, set())
        self.assertEqual(self.page.run("title.textContent"), "a <script>alert(1)</script> & </script> title")
        self.assertTrue(self.page.run("error.hidden && cut.hidden"))
        with open(os.path.join(self.folder, "x.html")) as file:
            self.assertNotRegex(file.read().replace("http://www.w3.org/", ""), r"(?i)https?://|src=|@import|url\(")

    def test_the_counts_at_the_end_are_those_of_the_summary(self):
        self.seek(40)
        shown = self.flows()
        for flow in self.result["flows"]:
            self.assertEqual(shown[f"{flow['from']} → {flow['to']}"], [flow["sent"], flow["received"], flow["lost"], flow["duplicated"], 0])
            self.assertGreater(flow["lost"], 20)
        with open(os.path.join(self.folder, "out", "summary.txt")) as file:
            self.assertEqual(self.page.run("summary.textContent"), file.read())

    def test_the_slider_shows_the_counts_of_a_moment(self):
        for time, sent, received in ((0.5, 0, 0), (5.0001, 41, 40), (5.0052, 41, 41), (19.9999, 190, 190)):
            self.seek(time)
            for name, counts in self.flows().items():
                self.assertEqual(counts, [sent, received, 0, 0, sent - received], (time, name))
        self.assertEqual(self.page.run("time.textContent"), "19.999900 s")
        # From then on they are those of the tables that the run has written.
        self.seek(24)
        received = 0
        with open(os.path.join(self.folder, "out", "bob.csv")) as file:
            received = sum(1 for line in file if ",received," in line and float(line.split(",")[0]) <= 24)
        self.assertEqual(self.flows()["alice → bob"][1], received)

    def test_the_slider_shows_the_tables_of_a_moment(self):
        self.choose("bob")
        self.seek(9.9)
        self.assertEqual(self.table("locators"), [["a", "joined"]])
        self.assertIn(["alice", "ffff:0:0:2", "a", "a", "a"], self.table("hosts"))
        self.seek(11)
        self.assertEqual(sorted(self.table("locators")), [["a", "leaving"], ["b", "joining"]])
        self.seek(13)
        self.assertEqual(self.table("locators"), [["b", "joined"]])
        self.assertIn(["alice", "ffff:0:0:2", "a", "a", "b"], self.table("hosts"))
        self.assertEqual(self.table("routes"), [["a", "b"]])
        self.seek(26)
        self.assertIn("does not run", self.page.run("tables.textContent"))
        self.choose("alice")
        self.seek(9.9)
        self.assertIn(["bob", "ffff:0:0:3", "a", "a", "a"], self.table("hosts"))
        self.seek(13)
        self.assertIn(["bob", "ffff:0:0:3", "b", "b", "a"], self.table("hosts"))
        self.seek(9.9)  # and back
        self.assertIn(["bob", "ffff:0:0:3", "a", "a", "a"], self.table("hosts"))

    def test_frames_are_on_their_way_and_losses_are_marked(self):
        seen = lambda what: f"[...document.querySelectorAll('#picture g {what}')].filter(each => each.style.display != 'none').length"
        on_the_way = seen("> circle:not(.node circle)")
        self.page.run("$('speed').value = 0.001; $('speed').dispatchEvent(new Event('change'))")
        self.seek(5.09)  # all is quiet
        self.assertEqual(self.page.run(on_the_way), 0)
        self.seek(5.001)
        self.assertEqual(self.page.run(on_the_way), 2)  # one from alice, one from bob, both on their way into a
        self.assertEqual(self.page.run(seen("path.lost")), 0)
        lost = None
        for step in range(200, 250):
            self.seek(step / 10 + 0.0053)  # 0.3 ms ago the router has put a datagram on b
            lost = lost or self.page.run(seen("path.lost"))
        self.assertTrue(lost)

    def test_lines_of_the_trace_lead_to_their_moment(self):
        self.page.run("[...document.querySelectorAll('#events a')].find(each => each.textContent.includes('handoff ended')).click()")
        self.page.wait("time.textContent == '12.000000 s'")
        self.assertEqual(self.page.run("document.querySelector('#events .now time').textContent"), "12.000000")
        self.assertEqual(self.page.run("location.hash"), "#t=12.000000")
        with open(os.path.join(self.folder, "out", "trace.txt")) as file:
            trace = re.findall(r"(?m)^ *([\d.]+)  (\S+) +(.*)$", file.read())
        self.page.run("kind.value = 'all'; kind.dispatchEvent(new Event('change'))")
        self.assertEqual(self.page.run("[...document.querySelectorAll('#events a')].map(each => each.textContent)"),
                         [time + ("scenario" if node == "-" else node) + ": " + text for time, node, text in trace])

    def test_it_plays_and_pauses(self):
        self.seek(3)
        self.page.run("$('speed').value = 10; play.click()")
        self.page.wait("slider.value > 4e6")
        self.assertEqual(self.page.run("play.textContent"), "Pause")
        self.page.run("play.click()")
        stopped = self.page.run("time.textContent")
        self.assertEqual(self.page.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(time.textContent))))"), stopped)
        self.page.run("back.click(); next.click()")

    def test_it_fits_a_laptop_in_light_and_dark(self):
        colours = []
        for dark in (False, True):
            self.page.dark(dark)
            colours.append(self.page.run("getComputedStyle(document.body).backgroundColor"))
        self.page.dark(False)
        self.assertEqual(colours, ["rgb(255, 255, 255)", "rgb(22, 25, 29)"])
        self.assertTrue(self.page.run("document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth"))

    def test_it_is_bounded_and_says_so(self):
        done = self.lab("--html", "cut.html", "--max-html", "20000")
        ends = re.search(r"cut\.html ends at ([\d.]+) s of 30\.000000 s: it holds 20000 octets, the limit \(--max-html\)", done.stderr)
        self.assertTrue(ends, done.stderr)
        template = os.path.getsize(os.path.join(ROOT, "examples", "lab", "replay", "replay.js")) + 10_000
        self.assertLess(os.path.getsize(os.path.join(self.folder, "cut.html")), 20_000 + template + 10_000)
        self.page.open(self.url("cut.html"))
        self.assertIn(f"ends at {ends[1]} s", self.page.run("cut.hidden ? '' : cut.textContent"))
        self.assertEqual(float(self.page.run("slider.max")) / 1e6, float(ends[1]))
        self.seek(100)
        self.assertGreater(self.flows()["alice → bob"][0], 20)
        self.page.open(self.url("x.html"))


if __name__ == "__main__":
    if chromium() is None:
        print("skipped: Chromium is not installed (examples/setup.sh --browser)")
        sys.exit(77)
    unittest.main()
