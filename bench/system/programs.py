"""Programs on the hosts of bench/system/run.sh, and how their figures are compared."""

import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

# What is measured runs before all other work of the machine, where that is allowed: a busy machine shows less then.
URGENT = ("chrt", "--rr", "1") if subprocess.run(["chrt", "--rr", "1", "true"], stderr=subprocess.DEVNULL,
                                                 check=False).returncode == 0 else ()


def step(text):
    print("==>", text, flush=True)


def parse_counters(text):
    """The counters by name; those of several layers with one name are not used here."""
    result = {}
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        if value.isdigit():
            result[name.rpartition(".")[2]] = int(value)
    return result


def ratio(ours, theirs, figure):
    """Round by round, and then the median: what else the machine does hits both of a round. None if no round has a figure
    to compare with: on a busy machine, nothing may have come through within a short measurement."""
    ratios = [one[figure] / other[figure] for one, other in zip(ours, theirs) if other[figure]]
    return statistics.median(ratios) if ratios else None


def wait_for(what, condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("timed out waiting for " + what)
        time.sleep(0.01)


class Process:
    """A program on a host; `with` ends it."""

    def __init__(self, host, *command, ready=None, pin=None, urgent=True):
        self.log = tempfile.NamedTemporaryFile("w+", prefix="bench-", suffix=".log")
        words = ["ip", "netns", "exec", host, *(URGENT if urgent else ())]
        if pin is not None:
            words += ["taskset", "-c", str(pin)]
        self.process = subprocess.Popen(words + [str(word) for word in command], stdout=self.log,
                                        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.name = pathlib.Path(str(command[0])).name
        if ready:
            wait_for(f"{self.name} to say '{ready}': {self.text()}", lambda: ready in self.text() or self.ended())
            if ready not in self.text():
                raise RuntimeError(f"{self.name} ended: {self.text()}")

    def ended(self):
        return self.process.poll() is not None

    def text(self):
        return pathlib.Path(self.log.name).read_text()

    def counters(self):
        before = len(self.text())
        self.process.send_signal(signal.SIGUSR1)
        wait_for("counters", lambda: "link_changes" in self.text()[before:] and self.text().endswith("\n"))
        time.sleep(0.05)
        return parse_counters(self.text()[before:])

    def memory(self):
        """Resident, in KiB."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self):
        """Seconds on a CPU, of all its threads, the kernel's work for them included."""
        threads = pathlib.Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9

    def end(self):
        if not self.ended():
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
