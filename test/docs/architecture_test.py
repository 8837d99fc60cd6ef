"""docs/architecture.md follows a packet from function to function: each of them is in the file that the page names."""

import os
import re
import sys
import unittest

DOCS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs")


def read(*path):
    with open(os.path.join(DOCS, *path)) as file:
        return file.read()


PAGE = read("architecture.md")
PLACES = re.findall(r"\| `([A-Za-z_:]+)`, \[([a-z_.]+)\]\((\S+)\) \|", PAGE)


class Architecture(unittest.TestCase):
    def test_each_function_is_in_its_file(self):
        self.assertGreater(len(PLACES), 25)
        for place, name, path in PLACES:
            with self.subTest(place):
                self.assertEqual(os.path.basename(path), name)
                source = read(path)
                *classes, function = place.split("::")
                for each in classes:
                    self.assertTrue(re.search(rf"\bclass {each}\b", source), f"no class {each} in {name}")
                what = rf"\b{function}\(" if function[0].islower() else rf"\b(class|struct) (Basic)?{function}\b"
                self.assertTrue(re.search(what, source), f"no {function} in {name}")

    def test_each_step_is_in_a_row(self):
        self.assertEqual(len(re.findall(r"(?m)^\| \d+ \|", PAGE)), len([place for place, _, _ in PLACES if place.split("::")[-1][0].islower()]))

    def test_functions_in_the_text_exist(self):
        headers = {}
        for folder, _, names in os.walk(os.path.join(DOCS, "..", "include")):
            for name in names:
                headers[name] = read(folder, name)
        everything = "\n".join(headers.values())
        for name, function in re.findall(r"`([A-Z][A-Za-z]+)::([a-z_]+)`", PAGE):
            self.assertTrue(re.search(rf"\b(class|struct) (Basic)?{name}\b", everything), name)
            self.assertTrue(re.search(rf"\b{function}\(", everything), f"{name}::{function}")


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
