"""HTTP/3 between two programs that know nothing of the overlay, Caddy and Chromium, through two proxies."""

import base64
import hashlib
import os
import shutil
import sys
import unittest

import lab
from lab import Process

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "examples"))
from browser import Page, chromium  # noqa: E402

ALICE, BOB = "ffff:0:0:a", "ffff:0:0:b"
PORT = 8443
SIZE = 20_000_000

PAGE = "<!doctype html><link rel=icon href=data:,><title>Over the overlay</title><p id=text>Hello from bob</p>"
# The browser computes the checksum itself, and says which protocol carried each of the two.
FETCH = """(async () => {
  const octets = await (await fetch('/data')).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', octets));
  const timing = type => performance.getEntriesByType(type).map(entry => entry.nextHopProtocol);
  return {size: octets.byteLength, digest: [...digest].map(each => each.toString(16).padStart(2, '0')).join(''),
          protocols: [...timing('navigation'), ...timing('resource')]};
})()"""


class Http3(lab.LabTest):
    def setUp(self):
        super().setUp()
        for program in (chromium() or "chromium", "caddy", "openssl"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def site(self):
        """A page, a long file, and a key; what Chromium must be told of the key."""
        site = os.path.join(self.lab.folder, "site")
        os.mkdir(site)
        data = os.urandom(SIZE)
        for name, content in (("index.html", PAGE.encode()), ("data", data)):
            with open(os.path.join(site, name), "wb") as file:
                file.write(content)
        key, certificate = (os.path.join(self.lab.folder, name) for name in ("key.pem", "certificate.pem"))
        lab.checked("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=bob.test", "-addext", "subjectAltName=DNS:bob.test", "-keyout", key, "-out", certificate)
        public = lab.checked("openssl", "x509", "-in", certificate, "-pubkey", "-noout")
        key_info = base64.b64decode("".join(line for line in public.splitlines() if not line.startswith("-")))
        with open(os.path.join(self.lab.folder, "Caddyfile"), "w") as file:
            file.write(f"{{\n admin off\n auto_https disable_redirects\n servers {{\n  protocols h3\n }}\n}}\n"
                       f"https://bob.test:{PORT} {{\n bind 127.0.0.1\n tls {certificate} {key}\n root * {site}\n file_server\n}}\n")
        return hashlib.sha256(data).hexdigest(), base64.b64encode(hashlib.sha256(key_info).digest()).decode()

    def test_a_page_and_20_megabytes_through_proxies_with_checksum(self):
        alice, bob = self.lab.host("alice"), self.lab.host("bob")
        self.lab.proxy(alice, "0:0:0:a", ALICE, [f"{PORT}:bob:{PORT}"], arguments=["--redirect", str(PORT)])
        self.lab.proxy(bob, "0:0:0:a", BOB, [f"{PORT}:alice:{PORT}"])
        digest, key = self.site()
        home = dict(os.environ, HOME=self.lab.folder, XDG_DATA_HOME=self.lab.folder, XDG_CONFIG_HOME=self.lab.folder)
        server = Process(self.lab, bob, "caddy", ["caddy", "run", "--config", os.path.join(self.lab.folder, "Caddyfile"), "--adapter", "caddyfile"],
                                  env=home)
        server.wait_line("serving initial configuration")
        with alice:
            page = Page(f"https://bob.test:{PORT}/", options=[
                f"--origin-to-force-quic-on=bob.test:{PORT}", "--host-resolver-rules=MAP bob.test 127.0.0.1",
                "--ignore-certificate-errors-spki-list=" + key])
        self.addCleanup(page.close)
        self.assertEqual(page.run("document.getElementById('text').textContent"), "Hello from bob")
        self.assertEqual(page.run(FETCH), {"size": SIZE, "digest": digest, "protocols": ["h3", "h3"]})
        self.assertEqual(page.problems, [])


if __name__ == "__main__":
    lab.main()
