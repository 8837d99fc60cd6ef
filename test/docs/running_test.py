"""docs/running.md says what to do about each counter of drops and incidents that there is, once, and about no other."""

import collections
import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


def section(name):
    """The text from a heading of running.md to the next one of the same or a higher level."""
    level = re.search(rf"(?m)^(#+) {name}$", PAGE).group(1)
    return re.split(rf"(?m)^#{{2,{len(level)}}} ", PAGE.split(f"{level} {name}\n")[1])[0]


PAGE = read("docs", "running.md")
KINDS = dict(re.findall(r'CounterText\{"([a-z0-9_.]+)", (\w+),', read("include", "ilnp", "control", "counter_text.hpp")))
ROWS = re.findall(r"(?m)^\| (`[a-z_]+\.[^|]*) \|(.*)\|$", section("Counters"))


class Running(unittest.TestCase):
    def test_each_counter_of_drops_and_incidents_is_in_one_row(self):
        self.assertGreater(len(KINDS), 100)
        rows = collections.Counter(name for names, _ in ROWS for name in re.findall(r"`([^`]*)`", names))
        wanted = {name for name, kind in KINDS.items() if kind != "activity"}
        self.assertEqual(wanted - set(rows), set(), "not in the tables of docs/running.md")
        self.assertEqual(set(rows) - set(KINDS), set(), "in docs/running.md, and no counter")
        self.assertEqual([name for name, rows in rows.items() if rows != 1], [], "in several rows")

    def test_what_is_normal_is_where_there_is_nothing_to_do(self):
        names = {name for row in re.findall(r"(?m)^\| (`[^|]*) \|", section("Nothing to do")) for name in re.findall(r"`([^`]*)`", row)}
        self.assertEqual(names, {name for name, kind in KINDS.items() if kind == "discard"})

    def test_each_row_says_something(self):
        for names, rest in ROWS:
            self.assertTrue(all(len(cell.strip()) >= 4 for cell in rest.split("|")), names)

    def test_counters_that_the_page_names_exist(self):
        for name in re.findall(r"`((?:link|ilnp|stp|fragment|proxy|gateway|sctp|stream_proxy|streams)\.[a-z_]+)`", PAGE):
            self.assertIn(name, KINDS)


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
