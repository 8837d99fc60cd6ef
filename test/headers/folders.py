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
    "tun": "base wire",
    "underlay": "base wire posix",
    "middleware": "base wire",
    "config": "base network tun underlay",
    "control": "base network proxy",
    "sim": "base wire",
    "asio": "base posix",
    "gateway": "base wire posix proxy tun control asio",
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

included = {}  # by header: the headers that it includes, all by their paths from include/ilnp
for path, _, headers in os.walk(include):
    folder = os.path.normpath(os.path.relpath(path, include))
    for header in sorted(headers):
        name = os.path.normpath(os.path.join(folder, header))
        with open(os.path.join(path, header)) as file:
            written = re.findall(r'^\s*#\s*include\s+(?:"([^"]+)"|<ilnp/[^>]+>)', file.read(), re.M)
        included[name] = [os.path.normpath(os.path.join(folder, each)) for each in written if each]
        if folder != "." and not all(written):
            faults.append(f"{name} includes by <ilnp/...>: write the path from its folder")

for folder in sorted({os.path.dirname(name) for name in included} - {"", *uses}):
    faults.append(f"{folder}/ has no place in the order")

for name, targets in sorted(included.items()):
    folder = os.path.dirname(name)
    for target in targets if folder in uses else []:
        used = os.path.dirname(target)
        if target not in included:
            faults.append(f"{name} includes {target}, which does not exist")
        elif used != folder and used not in uses[folder].split():
            faults.append(f"{name} includes {target}: {folder}/ may use {uses[folder] or 'no other folder'}")

# Headers that include each other in a circle.
state = {}


def visit(name, trail):
    if state.get(name) == "done":
        return
    if name in trail:
        faults.append("a circle: " + " -> ".join(trail[trail.index(name):] + [name]))
        return
    for each in included.get(name, []):
        visit(each, trail + [name])
    state[name] = "done"


for name in sorted(included):
    visit(name, [])

for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
