"""docs/monitoring.md lists the events of the log and the metrics that there are, and no others.

`monitoring_test.py --write` writes the tables of the metrics anew, from the sources.
"""

import os
import re
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "monitoring.md")
HEAD = "| metric | type | meaning |\n| --- | --- | --- |\n"
TEXT = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'  # one or more literals


def read(*path):
    with open(os.path.join(ROOT, *path)) as file:
        return file.read()


def joined(literals):
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))


def counter_name(name):
    """As `counter_metric` has it."""
    layer, _, name = name.partition(".")
    name = name.removeprefix(layer + "_")
    if name.startswith("octets_"):
        name = name.removeprefix("octets_") + "_bytes"
    return f"ilnp_{'network' if layer == 'ilnp' else layer}_{name}"


def tables():
    """The tables of the metrics: what each node has, and the counters of the layers."""
    state = []
    for header in ("node_metrics_server.hpp", "process_metrics.hpp", "node_metrics.hpp"):
        calls = re.findall(r'metrics\.(?:begin_)?(counter|gauge|histogram|info)\(\s*"([a-z_]+)",\s*' + TEXT, read("examples", header))
        state += [f"| `{name}` | {kind} | {joined(meaning)} |\n" for kind, name, meaning in calls]
    texts = re.findall(r'CounterText\{"([a-z0-9_.]+)", \w+,\s*' + TEXT + r"\}", read("include", "ilnp", "control", "counter_text.hpp"))
    counters = [f"| `{counter_name(name)}` | counter | {joined(meaning)} |\n" for name, meaning in texts]
    return HEAD + "".join(state), HEAD + "".join(counters)


class Monitoring(unittest.TestCase):
    def test_the_events_are_those_of_the_log(self):
        levels = "error|warning|notice|info|debug|any"
        rows = re.findall(rf"(?m)^\| `(?!ilnp_)([a-z_]+)` \| ({levels}) \| ([^|]*) \|", read(PAGE))
        listed = {name: (level, re.findall(r"`([a-z_]+)`", fields)) for name, level, fields in rows}
        source = read("examples", "event_about.hpp")
        shared = re.search(r"void node_fields\(.*?{\n(.*?)\n}", source, re.DOTALL).group(1)
        functions = re.findall(r"EventAbout about\(.*?\n}", re.sub(r"(?m)^  node_fields\(.*;", shared, source), re.DOTALL)
        self.assertGreater(len(functions), 20)
        for function in functions:
            fields = re.findall(r'field\("([a-z_]+)"', function)
            for level, name in re.findall(r'Level::(\w+), "([a-z_]+)"', function):
                self.assertEqual(listed.pop(name, None), (level, fields), name)
        self.assertEqual(set(listed), {"link", "groups", "note", "repeated", "lines_dropped", "failed"})

    def test_the_metrics_are_those_of_the_sources(self):
        self.maxDiff = None
        for table in tables():
            self.assertGreater(table.count("\n"), 15)
            self.assertIn(table, read(PAGE), "monitoring_test.py --write corrects docs/monitoring.md")


def write():
    text = read(PAGE)
    for old, new in zip(re.findall(re.escape(HEAD) + r"(?:\|.*\n)*", text), tables(), strict=True):
        text = text.replace(old, new)
    with open(PAGE, "w") as file:
        file.write(text)


if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else unittest.main(argv=sys.argv)
