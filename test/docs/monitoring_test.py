"""docs/monitoring.md lists the events of the log that there are, and no others."""

import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


class Monitoring(unittest.TestCase):
    def test_the_events_are_those_of_the_log(self):
        rows = re.findall(r"(?m)^\| `([a-z_]+)` \| (error|warning|notice|info|debug|any) \| ([^|]*) \|", read("docs", "monitoring.md"))
        listed = {name: (level, re.findall(r"`([a-z_]+)`", fields)) for name, level, fields in rows}
        functions = re.findall(r"EventAbout about\(.*?\n}", read("examples", "event_about.hpp"), re.DOTALL)
        self.assertGreater(len(functions), 20)
        for function in functions:
            fields = re.findall(r'field\("([a-z_]+)"', function)
            for level, name in re.findall(r'Level::(\w+), "([a-z_]+)"', function):
                self.assertEqual(listed.pop(name, None), (level, fields), name)
        self.assertEqual(set(listed), {"link", "groups", "note", "repeated", "lines_dropped", "failed"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
