#!/usr/bin/env python3
"""Runs a command in a terminal and draws what it printed, when it printed it, as an animated SVG.

    record.py [--pause SECONDS] [--columns N] [--title TEXT] OUTPUT.svg COMMAND [ARGUMENT]...

The picture of README.md: record.py docs/demo.svg examples/demo.sh --no-setup --output /tmp/demo

Each line appears when the command printed it. Pauses are shortened to SECONDS (default: 2). Where a program does not play
animations, the picture shows the whole output. Exit status: the command's. For commands that only print lines: other
control sequences than line ends and colours are an error.
"""

import argparse
import fcntl
import os
import pty
import re
import struct
import sys
import termios
import time
from xml.sax.saxutils import escape

CELL, LINE, MARGIN = 7.25, 16, 14  # pixels
HOLD = 6  # seconds that the complete picture stays before it begins anew


def run(command, columns):
    """What the command printed, as (seconds, octets), and its exit status. Shows it here as well."""
    began = time.monotonic()
    process, terminal = pty.fork()
    if process == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            os.write(2, f"{command[0]}: {error.strerror}\n".encode())
            os._exit(127)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    said = []
    while True:
        try:
            octets = os.read(terminal, 65536)
        except OSError:  # the last program has closed the terminal
            break
        if not octets:
            break
        said.append((time.monotonic() - began, octets))
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()
    return said, os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def lines_of(said, columns):
    """The lines, as (seconds, text): when a line was begun, and what was in it at the end."""
    lines = []
    began, line = None, b""
    for at, octets in said:
        for part in octets.splitlines(keepends=True):
            began = at if not line else began
            line += part
            if line.endswith(b"\n"):
                lines.append((began, line))
                line = b""
    if line:
        lines.append((began, line))
    texts = []
    for at, line in lines:
        text = re.sub(r"\x1b\[[0-9;]*m", "", line.decode("utf-8", "replace")).rstrip("\r\n").expandtabs()
        if re.search(r"[\x00-\x1f\x7f]", text):
            raise SystemExit(f"record: a line has control characters: {text!r}")
        texts += [(at, text[start : start + columns]) for start in range(0, max(len(text), 1), columns)]
    return texts


def shortened(lines, pause):
    """The same lines with shorter pauses."""
    times, before, now = [], 0.0, 0.0
    for at, text in lines:
        now += min(at - before, pause)
        before = at
        times.append((now, text))
    return times


def look(text):
    """The class of a line: a step of the demonstration, a command on a host, or its output."""
    return "step" if text.startswith("==> ") else "host" if re.match(r"  \w+ *\$ ", text) else "said"


def draw(lines, columns, title):
    width, height = columns * CELL + 2 * MARGIN, (len(lines) + 2) * LINE + 2 * MARGIN
    total = (lines[-1][0] if lines else 0) + HOLD
    moments = sorted({at for at, _ in lines})
    style = [f".{name} {{ fill: {colour}; }}" for name, colour in (("step", "#8bd5ff"), ("host", "#f2f2f2"), ("said", "#b9c4cf"), ("title", "#7d8894"))]
    for number, at in enumerate(moments):
        part = 100 * at / total
        style.append(
            f"@keyframes k{number} {{ 0%, {part:.2f}% {{ visibility: hidden; }} {part + 0.01:.2f}%, 100% {{ visibility: visible; }} }}"
            f" .l{number} {{ animation: k{number} {total:.1f}s step-end infinite; }}"
        )
    style.append("@media (prefers-reduced-motion: reduce) { text { animation: none !important; } }")
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}">',
        "<style>text { font: 12px 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; }",
        *style,
        "</style>",
        f'<rect width="{width:.0f}" height="{height:.0f}" rx="8" fill="#1b2129"/>',
        f'<text class="title" x="{MARGIN}" y="{MARGIN + LINE - 4}">$ {escape(title)}</text>',
    ]
    for row, (at, text) in enumerate(lines):
        if text.strip():
            y = MARGIN + (row + 2.5) * LINE - 4
            out.append(
                f'<text class="{look(text)} l{moments.index(at)}" x="{MARGIN}" y="{y:.0f}" xml:space="preserve">{escape(text)}</text>'
            )
    return "\n".join([*out, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pause", type=float, default=2.0)
    parser.add_argument("--columns", type=int, default=110)
    parser.add_argument("--title")
    parser.add_argument("output")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if not options.command:
        parser.error("no COMMAND")
    said, status = run(options.command, options.columns)
    lines = shortened(lines_of(said, options.columns), options.pause)
    columns = max([len(text) for _, text in lines] + [40])
    with open(options.output, "w", encoding="utf-8") as file:
        file.write(draw(lines, columns, options.title or " ".join(options.command)))
    return status


if __name__ == "__main__":
    sys.exit(main())
