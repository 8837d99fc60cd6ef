"""The metrics of the programs: as Prometheus' own tools read them, listed in the documentation, shown by the dashboard, and
served in spite of clients that are slow or hostile."""

import http.client
import json
import os
import re
import shutil
import socket
import stat
import sys
import threading
import urllib.parse

import lab
from lab import until
from overlay import A, Card, stp

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ALICE, BOB, ROUTER = (f"ffff:0:0:{digit}" for digit in "abd")
PORT = 9100
WHERE = f"127.0.0.1:{PORT}"
OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
PROGRAMS = {"ilnp-proxy": ["0", "--control", "c1"], "ilnp-stream": ["0", "--control", "c2"], "ilnp-router": [],
            "ilnp-experiment": [], "ilnp-heartbeat": []}
if os.path.exists("/dev/net/tun"):
    PROGRAMS["ilnp-tun"] = ["0", "--control", "c3"]


# The parsers of python3-prometheus-client, as a program: that package may belong to another Python than this one.
PARSER = """
import json, sys
if sys.argv[1:] == ["open"]:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
else:
    from prometheus_client.parser import text_string_to_metric_families as parse
print(json.dumps({each.name: (each.type, each.documentation, [sample.name for sample in each.samples])
                  for each in parse(sys.stdin.read())}))
"""


def parse(form, text):
    """Type, meaning and names of the samples of each family."""
    for python in (sys.executable, "/usr/bin/python3"):
        if lab.run(python, "-c", "import prometheus_client").returncode == 0:
            return json.loads(lab.checked(python, "-c", PARSER, form, text=text))
    raise AssertionError("python3-prometheus-client is missing")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self.path)


def documented():
    """(type, meaning) by name, from the tables in docs/monitoring.md."""
    with open(os.path.join(ROOT, "docs", "monitoring.md")) as file:
        rows = re.findall(r"(?m)^\| `((?:ilnp|process)_[a-z_]+)` \| (counter|gauge|histogram|info) \| (.*) \|$", file.read())
    return {name: (kind, meaning) for name, kind, meaning in rows}


class Metrics(lab.LabTest):
    def get(self, host, path="/metrics", method="GET", accept=None, where=None, body=None):
        """The answer to one request: status, headers, body."""
        with host:
            connection = UnixConnection(where) if where else http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
            connection.request(method, path, body, headers={"Accept": accept} if accept else {})
        reply = connection.getresponse()
        body = reply.read().decode()
        connection.close()
        return reply.status, reply.headers, body

    def proxy(self, host, locators, nid, *arguments, maps=(), **config):
        return self.lab.proxy(host, locators, nid, maps, arguments=arguments, **config)

    def two(self, *arguments, **config):
        self.alice, self.bob = self.lab.host("alice"), self.lab.host("bob")
        self.bobs = self.proxy(self.bob, "0:0:0:a,0:0:0:b", BOB, maps=["10001:alice:10001"])
        self.alices = self.proxy(self.alice, "0:0:0:a-0:0:0:b", ALICE, "--metrics", WHERE, *arguments, maps=["10001:bob:10001"],
                                 network={"move_time": 1, "handoff_time": 0.3}, **config)
        self.here, self.there = self.alice.udp(10001), self.bob.udp(10001)

    def talk(self):
        """Traffic in both directions, until the test is over."""
        ended = threading.Event()

        def send():
            while not ended.wait(0.02):
                for sock in (self.here, self.there):
                    sock.sendto(b"x", ("127.0.0.1", 10000))

        thread = threading.Thread(target=send)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(ended.set)

    def value(self, text, name):
        match = re.search(rf"(?m)^{re.escape(name)} (\S+)$", text)
        return float(match.group(1)) if match else None

    # ---- what there is

    def test_prometheus_tools_read_the_metrics_of_each_program(self):
        if not shutil.which("promtool"):
            self.skipTest("no promtool")
        host, seen = self.lab.host("alice"), {}
        for index, (program, arguments) in enumerate(PROGRAMS.items()):
            if not os.path.exists(os.path.join(lab.BIN, program)):
                continue
            with self.subTest(program):
                config = self.lab.config("alice", "0:0:0:a", ALICE, application={"port": 10001})
                node = self.lab.program(host, program, config, *arguments, "--metrics", WHERE)
                node.wait_line(f"^Metrics at http://{WHERE}/metrics$")
                until(lambda: self.value(self.get(host)[2], 'ilnp_locator_joined{locator="0:0:0:a"}') == 1, what="the node to start")
                status, headers, plain = self.get(host)
                self.assertEqual((status, headers["Content-Type"]), (200, PLAIN))
                checked = lab.run("promtool", "check", "metrics", text=plain)
                self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
                status, headers, text = self.get(host, accept=f"{OPEN},text/plain;q=0.5")
                self.assertEqual((status, headers["Content-Type"]), (200, OPEN))
                opened, plains = parse("open", text), parse("plain", plain)
                self.assertEqual(len(opened), len(plains))
                for name, (kind, meaning, _) in opened.items():
                    seen[name] = (kind, meaning)
                for name in ("ilnp_network_received", "ilnp_link_frames_in", "ilnp_network_dropped_hop_limit"):
                    for parsed in (opened, plains):
                        self.assertEqual(parsed[name][2], [name + "_total"])
                self.assertEqual(self.value(plain, f'ilnp_node_info{{host="alice",nid="{ALICE}"}}'), 1)
                self.assertEqual(self.value(plain, 'ilnp_link_up{interface="eth0"}'), 1)
                self.assertEqual(node.stop(), 0)
        if {"ilnp-tun", *PROGRAMS} <= {*PROGRAMS} & {*os.listdir(lab.BIN)}:
            self.maxDiff = None
            self.assertEqual(documented(), seen)

    def test_counters_and_histograms_count(self):
        self.two()
        self.talk()

        def moved():
            text = self.get(self.alice)[2]
            return text if self.value(text, "ilnp_handoff_duration_seconds_count") and \
                self.value(text, "ilnp_update_round_trip_seconds_count") else None

        text = until(moved, 15, "a handoff and an acknowledged update", every=0.1)
        self.assertGreaterEqual(self.value(text, "ilnp_network_handoffs_total"), 1)
        count, total = (self.value(text, f"ilnp_handoff_duration_seconds_{each}") for each in ("count", "sum"))
        self.assertGreaterEqual(total / count, 0.3)
        self.assertGreater(self.value(text, "ilnp_gateway_from_programs_total"), 0)
        self.assertEqual(self.value(text, "ilnp_proxy_mappings"), 1)
        self.assertEqual(self.value(text, "ilnp_hosts_known"), 1)
        self.assertLess(self.value(text, f'ilnp_host_silence_seconds{{host="bob",nid="{BOB}"}}'), 30)
        self.assertGreater(self.value(text, "process_resident_memory_bytes"), 1e6)

    def test_a_real_prometheus_runs_the_queries_of_the_dashboard(self):
        self.two()
        self.talk()
        self.get(self.alice)
        if not shutil.which("prometheus"):
            self.skipTest("no prometheus")
        config = os.path.join(self.lab.folder, "prometheus.yml")
        with open(config, "w") as file:
            file.write("global: {scrape_interval: 250ms, scrape_timeout: 250ms}\n"
                       "scrape_configs:\n- job_name: ilnp\n  static_configs:\n  - targets: ['%s']\n" % WHERE)
        prometheus = self.lab.program(self.alice, shutil.which("prometheus"), f"--config.file={config}",
                                      f"--storage.tsdb.path={self.lab.folder}/tsdb", "--web.listen-address=127.0.0.1:9090",
                                      name="prometheus")

        def ask(query):
            with self.alice:
                connection = http.client.HTTPConnection("127.0.0.1", 9090, timeout=10)
                try:
                    connection.request("GET", "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
                except ConnectionRefusedError:
                    return None
            reply = connection.getresponse()
            text = reply.read().decode()
            connection.close()
            if reply.status == 503:  # it is starting
                return None
            self.assertEqual(reply.status, 200, f"{query}: {text}")
            return json.loads(text)["data"]["result"]

        until(lambda: ask("up == 1"), 30, "the first scrape", every=0.1)
        card = Card(self.lab.host("mallory"), A)
        card.send(A, stp((A, 0x77), (A, 0xFFFF00000000000A), 1, 2, b"x")[:30])  # something to drop
        with open(os.path.join(ROOT, "examples", "grafana", "ilnp.json")) as file:
            board = json.load(file)
        queries = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
        self.assertGreater(len(queries), 20)
        for title, query in queries:
            query = query.replace("$__rate_interval", "10s").replace("$instance", ".+")
            self.assertNotIn("$", query)

            def answered():
                rows = ask(query)
                return rows and all(row["value"][1] != "NaN" for row in rows)

            with self.subTest(title, query=query):
                until(answered, 20, f"data for {query}", every=0.1)
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                self.assertTrue(ask(re.fullmatch(r"label_values\((\w+), \w+\)", variable["definition"]).group(1)))
        scraped = {row["metric"]["__name__"] for row in ask('{job="ilnp"}')}
        self.assertEqual(prometheus.stop(timeout=20), 0)
        used = set(re.findall(r"\b(?:ilnp|process)_\w+", " ".join(query for _, query in queries))) - {"ilnp_"}
        self.assertEqual({name for name in used if not name.endswith("_")} - scraped, set())

    # ---- the server

    def test_only_what_there_is_is_served(self):
        host = self.lab.host("alice")
        self.proxy(host, "0:0:0:a", ALICE, "--metrics", WHERE)
        status, headers, body = self.get(host, method="HEAD")
        self.assertEqual((status, body), (200, ""))
        self.assertGreater(int(headers["Content-Length"]), 1000)
        self.assertEqual(self.get(host, "/metrics?a=b")[0], 200)
        status, _, body = self.get(host, "/")
        self.assertEqual(status, 200)
        self.assertIn("/metrics", body)
        for path in ("/metric", "/metrics/", "/..", "//metrics"):
            self.assertEqual(self.get(host, path)[0], 404, path)
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
            status, headers, _ = self.get(host, method=method)
            self.assertEqual(status, 405 if method != "BREW" else status)
            if status == 405:
                self.assertEqual(headers["Allow"], "GET, HEAD")
            self.assertIn(status, (400, 405))
        self.assertEqual(self.get(host, method="POST", body="much")[0], 405)
        self.assertEqual(self.get(host, method="GET", body="much")[0], 413)
        # One connection serves many requests.
        with host:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
            for _ in range(5):
                connection.request("GET", "/metrics")
                self.assertIn("ilnp_node_info", connection.getresponse().read().decode())
            connection.close()

    def test_a_unix_socket_serves_metrics_to_its_user(self):
        host = self.lab.host("alice")
        path = os.path.join(self.lab.folder, "metrics")
        for again in (False, True):
            node = self.proxy(host, "0:0:0:a", ALICE, "--metrics", path)
            node.wait_line(f"^Metrics at {path}$")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            self.assertIn("ilnp_node_info", self.get(host, where=path)[2])
            other = host.run(os.path.join(lab.BIN, "ilnp-router"), node.config, "--metrics", path)
            self.assertEqual((other.returncode, other.stderr),
                             (1, f"ilnp-router: --metrics {path}: Address already in use\n"))
            if not again:
                node.kill()  # leaves the file behind, which the next one replaces
        self.assertEqual(node.stop(), 0)
        self.assertFalse(os.path.exists(path))

    def test_mistakes_are_errors_at_the_start(self):
        host = self.lab.host("alice")
        config = self.lab.config("alice", "0:0:0:a", ALICE)
        for where in ("", "9100", "localhost:9100", "127.0.0.1", "::1:9100", "127.0.0.1:", "127.0.0.1:99999", "metrics", "[::1]"):
            done = host.run(os.path.join(lab.BIN, "ilnp-router"), config, "--metrics", where)
            self.assertEqual(done.returncode, 1, where)
            self.assertRegex(done.stderr, "^ilnp-router: --metrics.*\n$", where)
        file = os.path.join(self.lab.folder, "file")
        with open(file, "w"):
            pass
        for where, words in ((file, "File exists"), ("/nonexistent/metrics", "No such file"), ("/" + "x" * 200, "too long")):
            done = host.run(os.path.join(lab.BIN, "ilnp-router"), config, "--metrics", where)
            self.assertEqual(done.returncode, 1, where)
            self.assertRegex(done.stderr, f"^ilnp-router: --metrics {where}: .*{words}")
        self.assertTrue(os.path.exists(file))
        node = self.lab.program(host, "ilnp-router", config, "--metrics", "0.0.0.0:0")
        node.wait_line(r"notice http://0.0.0.0:\d+/metrics can be read by everybody who can reach it")
        node.wait_line(r"^Metrics at http://0.0.0.0:[1-9]\d*/metrics$")

    def connect(self, host, data=b""):
        with host:
            sock = socket.create_connection(("127.0.0.1", PORT), timeout=10)
        self.lab.sockets.append(sock)
        sock.sendall(data)
        return sock

    def answer(self, sock):
        """Everything until the other end closes the connection."""
        text = b""
        try:
            while data := sock.recv(1 << 16):
                text += data
        except ConnectionResetError:
            pass
        return text

    def test_clients_that_are_slow_or_hostile_block_nothing(self):
        self.two()
        before = self.alices.memory()
        # Many that send nothing, or never finish.
        slow = [self.connect(self.alice, data) for data in [b"", b"GET", b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: "] * 30]
        self.assertEqual(self.get(self.alice)[0], 200)
        # The oldest give way.
        self.assertEqual(self.answer(slow[0]), b"")
        # Requests too large, or that are none.
        for data, status in ((b"GET /metrics HTTP/1.1\r\n" + b"X-Y: " + b"z" * 20000, b" 431 "),
                             (b"GET /" + b"x" * 20000, b" 431 "),
                             (b"\0" * 100, b" 400 "), (b"GET\r\n\r\n", b" 400 "), (b"GET / HTTP/9.9\r\n\r\n", b" 400 "),
                             (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", b" 4"),
                             (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", b" 4")):
            answer = self.answer(self.connect(self.alice, data))
            self.assertIn(status, answer.split(b"\r\n")[0], (data[:60], answer[:200]))
        # Many requests in one go, whose answers nobody reads.
        request = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
        greedy = self.connect(self.alice)
        greedy.setblocking(False)
        try:
            while True:
                greedy.send(request * 1000)
        except BlockingIOError:
            pass
        # And a few whose answers somebody reads.
        polite = self.connect(self.alice, request * 4 + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        self.assertEqual(self.answer(polite).count(b"HTTP/1.1 200 OK"), 5)
        self.assertEqual(self.get(self.alice)[0], 200)
        self.ready()
        if not lab.SANITIZED:
            self.assertLess(self.alices.memory() - before, 8 << 10)
        self.assertEqual(self.alices.stop(), 0)

    def ready(self):
        """The node still forwards."""
        def through():
            self.here.sendto(b"through", ("127.0.0.1", 10000))
            try:
                return self.there.recv(100) == b"through"
            except BlockingIOError:
                return False
        until(through, 10, "a datagram to arrive", every=0.05)


if __name__ == "__main__":
    lab.main()
