"""Doxygen reads the headers without a warning: what comments refer to exists, and every public name has a comment."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Reference(unittest.TestCase):
    @unittest.skipUnless(shutil.which("doxygen"), "no Doxygen here")
    def test_no_warnings(self):
        with open(os.path.join(ROOT, "docs", "Doxyfile")) as file:
            settings = file.read()
        with tempfile.TemporaryDirectory() as folder:
            settings += f"OUTPUT_DIRECTORY = {folder}\nGENERATE_HTML = NO\nGENERATE_XML = YES\nXML_PROGRAMLISTING = NO\n"
            done = subprocess.run(["doxygen", "-"], input=settings, capture_output=True, text=True, timeout=300, cwd=ROOT)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        warnings = list(dict.fromkeys(done.stderr.splitlines()))
        self.assertEqual(warnings, [], "\n".join(warnings[:20]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv)
