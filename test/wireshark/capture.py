"""Capture files, and what tshark with the dissector says of them.

Frames are made and read by hand (docs/wire-formats.md), without the toolkit's code and without the dissector's.
"""

import os
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "system"))

SCRIPT = os.path.join(ROOT, "examples", "wireshark", "ilnp.lua")
VECTORS = os.path.join(ROOT, "test", "vectors")
ERROR = 8388608  # the severity of what is malformed


def group(locator, user_id=0):
    return (0xFF12 << 112 | user_id << 80 | locator).to_bytes(16, "big")


def add_up(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def udp(payload, to=group(0xA), source_port=10000, destination_port=10000, sender=1):
    """An Ethernet frame with IPv6 and UDP, as on a link."""
    source = struct.pack("!QQ", 0xFE80 << 48, sender)
    length = 8 + len(payload)
    head = struct.pack("!HHH", source_port, destination_port, length)
    checksum = 0xFFFF ^ add_up(source + to + struct.pack("!II", length, 17) + head + b"\0\0" + payload)
    return (b"\x33\x33" + to[12:] + struct.pack("!HI", 0x0200, sender) + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, length, 17, 1)
            + source + to + head + struct.pack("!H", checksum or 0xFFFF) + payload)


def write(path, frames, captured=None):
    """A classic pcap. `frames`: octets, or pairs of a time and octets. `captured`: how many octets of each are kept."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for number, frame in enumerate(frames):
            when, octets = frame if isinstance(frame, tuple) else (number * 0.001, frame)
            kept = octets if captured is None else octets[:captured[number]]
            micros = round(when * 1e6)
            file.write(struct.pack("<IIII", micros // 1000000, micros % 1000000, len(kept), len(octets)) + kept)


def read(path):
    """Pairs of the locator of the group and the overlay's frame; None for what is something else."""
    with open(path, "rb") as file:
        data = file.read()
    at, frames = 24, []
    while at < len(data):
        captured = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + captured]
        at += 16 + captured
        ours = frame[12:14] == b"\x86\xdd" and frame[20] == 17 and frame[38:40] == b"\xff\x12"
        frames.append((int.from_bytes(frame[46:54], "big"), frame[62:]) if ours else None)
    return frames


def tshark(*arguments, script=SCRIPT, timeout=60, **options):
    command = ["tshark", "-n", *(["-X", "lua_script:" + script] if script else []), *arguments]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "WIRESHARK_CONFIG_DIR": "/nonexistent"}
    environment.update(options.pop("env", {}))
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=timeout,
                          env=environment, **options)
    said = "\n".join(line for line in done.stderr.splitlines() if not line.startswith("Running as user"))
    if done.returncode or "Lua" in said or "Lua Error" in done.stdout:
        where = done.stdout.find("Lua Error")
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{said}\n{done.stdout[max(0, where - 500):where + 500]}")
    return done.stdout


def fields(path, *names, arguments=()):
    """For each frame a dictionary: a list of values by name."""
    wanted = [option for name in names for option in ("-e", name)]
    out = tshark("-r", path, *arguments, "-T", "fields", "-E", "separator=\x1e", "-E", "aggregator=\x1f", *wanted)
    return [{name: value.split("\x1f") if value else [] for name, value in zip(names, line.split("\x1e"))}
            for line in out.split("\n")[:-1]]


def errors(row):
    """What the dissector calls malformed in a frame of which these fields were asked for."""
    return [message for severity, message in zip(row["_ws.expert.severity"], row["_ws.expert.message"]) if int(severity, 0) == ERROR]


EXPERT = ("_ws.expert.severity", "_ws.expert.message")


class Folder:
    """A temporary folder; `with` removes it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="ilnp-wireshark-")

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    def cleanup(self):
        self.folder.cleanup()
