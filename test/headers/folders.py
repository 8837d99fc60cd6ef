#!/usr/bin/env python3
"""folders.py ROOT: checks which folders of include/ilnp include which.

A header may include headers of its own folder, and of folders below it in the order stated in docs/design.md, "Files"; of
these only those that `uses` names. So there are no circles, and no arrow points upwards. The headers at the top include
those of their part.
"""
import os
import re
import sys

uses = {
    "base": "",
    "wire": "base",
    "posix": "base",
    "network": "base wire",
    "transport": "base wire",
    "proxy": "base wire",
    "underlay": "base wire posix",
    "middleware": "base wire",
    "config": "base network underlay",
    "control": "base network proxy",
    "sim": "base wire",
    "asio": "base posix",
    "gateway": "base wire posix proxy control asio",
    "gateway/names": "base",
    "sctp": "base wire",
    "sctp/asio": "base asio sctp",
}

root = sys.argv[1]
include = os.path.join(root, "include", "ilnp")
order = list(uses)
faults = []

stated = re.search(r"The order, from the\s+bottom up, is:\s+([^.]*)\.", open(os.path.join(root, "docs", "design.md")).read())
if not stated or re.findall(r"`([\w/]+)/`", stated[1]) != order:
    faults.append("docs/design.md does not state the order: " + ", ".join(f"`{folder}/`" for folder in order))

for folder, names in uses.items():
    for name in names.split():
        if order.index(name) >= order.index(folder):
            faults.append(f"{folder}/ may not use {name}/, which is above it")

for path, _, headers in os.walk(include):
    folder = os.path.relpath(path, include)
    if folder == "." or not any(header.endswith(".hpp") for header in headers):
        continue
    if folder not in uses:
        faults.append(f"{folder}/ has no place in the order")
        continue
    for header in sorted(headers):
        with open(os.path.join(path, header)) as file:
            for name in re.findall(r'^\s*#\s*include\s+(?:"([^"]+)"|<ilnp/[^>]+>)', file.read(), re.M):
                if not name:
                    faults.append(f"{folder}/{header} includes by <ilnp/...>: write the path from its folder")
                    continue
                target = os.path.normpath(os.path.join(folder, name))
                if not os.path.exists(os.path.join(include, target)):
                    faults.append(f"{folder}/{header} includes {name}, which does not exist")
                    continue
                used = os.path.dirname(target)
                if used != folder and used not in uses[folder].split():
                    faults.append(f"{folder}/{header} includes {target}: {folder}/ may use "
                                  f"{uses[folder] or 'no other folder'}")

# Headers that include each other in a circle.
below = {}
for path, _, headers in os.walk(include):
    for header in headers:
        name = os.path.relpath(os.path.join(path, header), include)
        with open(os.path.join(path, header)) as file:
            below[name] = [os.path.normpath(os.path.join(os.path.dirname(name), each))
                           for each in re.findall(r'^\s*#\s*include\s+"([^"]+)"', file.read(), re.M)]
state = {}


def visit(name, trail):
    if state.get(name) == "done":
        return
    if name in trail:
        faults.append("a circle: " + " -> ".join(trail[trail.index(name):] + [name]))
        return
    for each in below.get(name, []):
        visit(each, trail + [name])
    state[name] = "done"


for name in sorted(below):
    visit(name, [])

for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
