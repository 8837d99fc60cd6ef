#!/usr/bin/env python3
"""Adds up what `llvm-cov export` says of several programs, for test/coverage.sh:

    coverage.py --root FOLDER [--uncovered] [--limit PERCENT --folders FOLDER...] -- EXPORT...

llvm-cov counts each instantiation of a template, in each program, as a function of its own. Here a line or a branch of the
source counts once: a line is covered if any instantiation executes it, and each of the two outcomes of a condition if it is the
outcome in any instantiation. A condition that is known when compiling (`if constexpr`) has no branches.
"""
import argparse
import collections
import json
import os
import re
import sys


class Source:
    """What is known of one file: execution counts of lines and of the outcomes of conditions, by their place."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.defaultdict(lambda: [0, 0])
        self.reached = set()  # places of conditions that were evaluated, or skipped as known

    def add(self, exported):
        segments = exported["segments"]
        self.add_lines(segments)
        for line, column, end_line, end_column, true_count, false_count, *_ in exported["branches"]:
            place = (line, column, end_line, end_column)
            self.branches[place][0] += true_count
            self.branches[place][1] += false_count
            if count_at(segments, line, column) > 0:
                self.reached.add(place)

    def add_lines(self, segments):
        """As llvm-cov itself: the count of a line is the highest of the regions that begin there or reach it."""
        by_line = collections.defaultdict(list)
        for segment in segments:
            by_line[segment[0]].append(segment)
        if not segments:
            return
        wrapped = None
        for line in range(segments[0][0], segments[-1][0] + 1):
            here = by_line.get(line, [])
            starts = [s for s in here if s[3] and s[4] and not s[5]]
            skipped = here and not here[0][3] and here[0][4]
            if not skipped and (starts or (wrapped and wrapped[3])):
                counts = [s[2] for s in starts]
                if wrapped and wrapped[3]:
                    counts.append(wrapped[2])
                self.lines[line] += max(counts)
            if here:
                wrapped = here[-1]

    def outcomes(self):
        """Yields each place of a condition with the counts of true and false."""
        for place, counts in sorted(self.branches.items()):
            if counts == [0, 0] and place in self.reached:
                continue  # known when compiling
            yield place, counts


def count_at(segments, line, column):
    count = 0
    for segment in segments:
        if (segment[0], segment[1]) > (line, column):
            break
        count = segment[2] if segment[3] else 0
    return count


def read(paths, root):
    sources = collections.defaultdict(Source)
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for data in json.load(file)["data"]:
                for exported in data["files"]:
                    name = os.path.relpath(exported["filename"], root)
                    if not name.startswith(".."):
                        sources[name].add(exported)
    return sources


# `// unreachable: REASON` behind a condition, or on a line of its own above it.
LEFT_OUT = re.compile(r"//.*\bunreachable: \S")


def left_out(text, line):
    """Whether the source says why an outcome of the condition on this line cannot be."""
    above = text[line - 2] if line > 1 else ""
    return bool(LEFT_OUT.search(text[line - 1]) or (above.strip().startswith("//") and LEFT_OUT.search(above)))


def percent(part, whole):
    return 100.0 if whole == 0 else 100.0 * part / whole


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", required=True)
    parser.add_argument("--limit", type=float, default=0)
    parser.add_argument("--folders", nargs="*", default=[])
    parser.add_argument("--uncovered", action="store_true")
    parser.add_argument("exports", nargs="+")
    options = parser.parse_args()

    totals = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    for name, source in sorted(read(options.exports, options.root).items()):
        with open(os.path.join(options.root, name), encoding="utf-8") as file:
            text = file.read().split("\n")
        total = totals[name.split("/")[0]]
        total[0] += sum(1 for count in source.lines.values() if count)
        total[1] += len(source.lines)
        for (line, column, end_line, end_column), counts in source.outcomes():
            for outcome, count in zip(("true", "false"), counts):
                if count == 0 and left_out(text, line):
                    total[4] += 1
                    continue
                total[2] += count > 0
                total[3] += 1
                if count == 0 and options.uncovered:
                    end = end_column - 1 if end_line == line else None
                    print(f"{name}:{line}:{column}: never {outcome}: {text[line - 1][column - 1:end]}")

    print(f"{'folder':<12} {'lines':>6} {'covered':>8}   {'branches':>8} {'covered':>8}   left out")
    failed = False
    for folder, (lines, all_lines, branches, all_branches, without) in sorted(totals.items()):
        low = folder in options.folders and percent(branches, all_branches) < options.limit
        failed |= low
        print(f"{folder:<12} {all_lines:>6} {percent(lines, all_lines):>7.1f}%   {all_branches:>8} "
              f"{percent(branches, all_branches):>7.1f}%   {without:>8}"
              + (f"   below {options.limit:g} %" if low else ""))
    missing = [folder for folder in options.folders if folder not in totals]
    for folder in missing:
        print(f"coverage: no test executes anything of {folder}/", file=sys.stderr)
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
