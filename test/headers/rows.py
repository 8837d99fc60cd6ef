"""Writes a source for each header that shows that it compiles alone, without anything included before it.

A header may also be included after others that it includes itself, directly or not: that is the same to it. So headers
that include each other stand in a row in one source, from the bottom up, and the sources of the others are empty: what
they have in common is compiled a good deal less often. The rows are as few as can be.
"""
import os
import re
import sys

include, out, *headers = sys.argv[1:]


def included(header):
    with open(os.path.join(include, header)) as file:
        names = re.findall(r'^\s*#\s*include\s+["<]([^">]+)[">]', file.read(), re.M)
    beside = (os.path.normpath(os.path.join(os.path.dirname(header), name)) for name in names)
    return {name for pair in zip(names, beside) for name in pair if name in headers}


def below(header):  # all that it includes
    if header not in closure:
        closure[header] = set()  # should they go round in a circle
        for name in included(header):
            closure[header] |= {name} | below(name)
    return closure[header]


closure = {}
above = {header: [other for other in headers if header in below(other) - {other}] for header in headers}
previous = {}  # in the row, of a header


def append(header, seen):  # puts something behind it: a matching of the most pairs, by augmenting paths
    for other in above[header]:
        if other not in seen:
            seen.add(other)
            if other not in previous or append(previous[other], seen):
                previous[other] = header
                return True
    return False


for header in headers:
    append(header, set())
for header in headers:
    row = []
    if header not in previous.values():  # the top of a row
        row.append(header)
        while row[0] in previous:
            row.insert(0, previous[row[0]])
    lines = [f"#include <{name}>\n" for name in row * 2]  # twice: each has a guard
    text = "".join(lines) or "// It stands in the source of another.\n"
    path = os.path.join(out, header.replace("/", "_").replace(".hpp", ".cpp"))
    if not os.path.exists(path) or open(path).read() != text:  # or all would be compiled again
        with open(path, "w") as file:
            file.write(text)
