"""browser.py URL EXPRESSION [OPTION]...: opens a page in Chromium, without a window, and prints what a JavaScript expression
yields there, as JSON. The options are Chromium's.

As a module it drives Chromium by the DevTools protocol on a pair of pipes.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time


def chromium():
    """The browser's path; None without one."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One page. `problems` collects what its console and its exceptions say. `options` are further ones of the browser."""

    def __init__(self, url, width=1366, height=768, timeout=120, options=()):
        self.deadline = time.monotonic() + timeout
        self.problems, self.requests, self.buffer, self.number = [], [], b"", 0
        self.profile = tempfile.mkdtemp(prefix="ilnp-chromium-")
        to_read, self.write_end = os.pipe()
        self.read_end, to_write = os.pipe()

        def pipes():  # the browser reads descriptor 3 and writes 4
            high = [os.dup2(each, number, True) for each, number in ((to_read, 103), (to_write, 104))]
            os.dup2(high[0], 3, True)
            os.dup2(high[1], 4, True)

        self.process = subprocess.Popen(
            [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + self.profile, *options, "about:blank"],
            preexec_fn=pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.open(url)

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait("document.readyState == 'complete' && location.href != 'about:blank'")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            reply = self.receive()
            if reply.get("id") == self.number:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']}")
                return reply["result"]
            self.note(reply)

    def receive(self):
        while b"\0" not in self.buffer:
            if not select.select([self.read_end], [], [], max(0, self.deadline - time.monotonic()))[0]:
                raise TimeoutError("the browser does not reply")
            octets = os.read(self.read_end, 1 << 20)
            if not octets:
                raise RuntimeError("the browser has ended")
            self.buffer += octets
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def note(self, event):
        parameters = event.get("params", {})
        if event["method"] == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"]))
        elif event["method"] == "Runtime.consoleAPICalled":
            self.problems.append(json.dumps(parameters["args"]))
        elif event["method"] == "Log.entryAdded":
            self.problems.append(parameters["entry"]["text"])
        elif event["method"] == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])

    def run(self, expression):
        """What a JavaScript expression yields, as a value of Python."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, condition):
        while not self.run(condition):
            if time.monotonic() > self.deadline:
                raise TimeoutError(condition)
            time.sleep(0.02)

    def dark(self, on):
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if on else "light"}])

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (RuntimeError, OSError, TimeoutError):
            pass
        os.close(self.write_end)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.read_end)
        shutil.rmtree(self.profile, ignore_errors=True)


def main(url, expression, *options):
    page = Page(url, options=options)
    try:
        print(json.dumps(page.run(expression)))
    finally:
        page.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
