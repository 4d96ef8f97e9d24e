"""The page that is scraped: its formats, its manners, a real Prometheus and the dashboard."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

import rig

OPENMETRICS = ("application/openmetrics-text;version=1.0.0,"
               "application/openmetrics-text;version=0.0.1;q=0.75,"
               "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
DASHBOARD = rig.path("exporters/grafana/tokdyno.json")
# Only behind a run, or by node_exporter.
NOT_LIVE = {"tokdyno_run_valid"}


def get(url, accept=None, method="GET", data=None):
    """(status, content type, body)"""
    headers = {"Accept": accept} if accept else {}
    request = urllib.request.Request(url, headers=headers, method=method, data=data)
    try:
        with urllib.request.urlopen(request, timeout=10) as r:
            return r.status, r.headers["Content-Type"], r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers["Content-Type"], e.read().decode()


def promtool():
    tool = shutil.which("promtool")
    if not tool:
        raise unittest.SkipTest("no promtool; Debian's package prometheus has it")
    return tool


def lint(page):
    return subprocess.run([promtool(), "check", "metrics"], input=page, text=True,
                          capture_output=True, timeout=60)


class Scraped:
    """A run in the background that can be scraped."""

    def __init__(self, changes=None, *flags, port=None):
        self.port = port or rig.free_port()
        self.dir = rig.fresh()
        self.url = f"http://127.0.0.1:{self.port}/metrics"
        self.flags = flags
        self.changes = changes or {"load": [{"name": "steady", "rate": "20/s",
                                             "duration": "4s"}]}

    def __enter__(self):
        self.process = rig.start("run", rig.scenario(self.changes), "--out", self.dir,
                                 "--export", f"prometheus=:{self.port}", *self.flags)
        assert rig.wait_for_port(self.port, 10, self.process), rig.finish(self.process).err
        return self

    def finish(self):
        return rig.Run(self.dir, rig.finish(self.process))

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Page(unittest.TestCase):
    def test_the_page_is_there_while_the_run_goes_on(self):
        with Scraped() as run:
            time.sleep(1.5)
            status, kind, text = get(run.url)
            self.assertEqual(status, 200)
            self.assertTrue(kind.startswith("text/plain; version=0.0.4"), kind)
            self.assertNotIn("# EOF", text)
            self.assertRegex(text, r'(?m)^tokdyno_requests_total\{.*outcome="ok"\} \d+$')
            time.sleep(0.2)
            status, kind, text = get(run.url, OPENMETRICS)
            self.assertEqual(status, 200)
            self.assertTrue(kind.startswith("application/openmetrics-text; version=1.0.0"))
            self.assertTrue(text.endswith("# EOF\n"))
            self.assertRegex(text, r'_bucket\{.*\} \d+ # \{trace_id="[0-9a-f]{32}"')
            done = run.finish()
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertIn("scraped 2 times", done.err)

    def test_other_paths_and_methods_are_refused_in_words(self):
        cases = [("/", "GET", None, 200), ("/metrics?x=1", "GET", None, 200),
                 ("/metric", "GET", None, 404), ("/metrics/../x", "GET", None, 404),
                 ("/metrics", "POST", b"x", 405), ("/metrics", "DELETE", None, 405)]
        with Scraped() as run:
            base = run.url[:-len("/metrics")]
            for path, method, data, want in cases:
                with self.subTest(f"{method} {path}"):
                    status, _, text = get(base + path, method=method, data=data)
                    self.assertEqual(status, want)
                    self.assertTrue(text)
            self.assertIn(run.finish().code, rig.FINE)

    def test_it_listens_on_this_machine_alone_unless_told(self):
        with Scraped() as run:
            out = subprocess.run(["ss", "-Htln", f"sport = :{run.port}"], text=True,
                                 capture_output=True).stdout
            if out:
                self.assertIn(f"127.0.0.1:{run.port}", out)
            self.assertEqual(get(run.url)[0], 200)
            self.assertIn(run.finish().code, rig.FINE)

    def test_promtool_finds_nothing_wrong_with_page_and_file(self):
        promtool()
        with Scraped(None, "--export", "prometheus") as run:
            time.sleep(1.5)
            page = get(run.url)[2]
            done = run.finish()
        for text in page, done.read("metrics.prom").decode():
            said = lint(text)
            self.assertEqual((said.returncode, said.stdout + said.stderr), (0, ""))

    def test_promtool_would_find_something(self):
        self.assertNotEqual(lint("# TYPE a_total gauge\na_total 1\n").returncode, 0)


class Hostile(unittest.TestCase):
    """Whoever connects cannot harm the run."""

    def descriptors(self, run):
        return len(os.listdir(f"/proc/{run.process.pid}/fd"))

    def test_more_connections_than_there_is_room_for_take_no_descriptors(self):
        with Scraped() as run, contextlib.ExitStack() as kept:
            time.sleep(0.5)
            before = self.descriptors(run)
            for _ in range(100):
                s = socket.socket()
                s.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    s.connect(("127.0.0.1", run.port))
                kept.enter_context(s)
            time.sleep(0.5)
            # The run's own connections come and go besides.
            self.assertLess(self.descriptors(run) - before, 16 + 20)
            done = run.finish()
        self.assertIn(done.code, rig.FINE, done.err)
        self.assertEqual({a["outcome"] for a in done.attempts}, {"ok"})

    def test_a_place_is_free_again_when_a_client_has_gone(self):
        with Scraped() as run:
            for _ in range(3):
                some = [socket.create_connection(("127.0.0.1", run.port)) for _ in range(16)]
                time.sleep(0.1)
                for s in some:
                    s.close()
            time.sleep(0.2)
            self.assertEqual(get(run.url)[0], 200)
            self.assertIn(run.finish().code, rig.FINE)

    def test_rubbish_is_answered_or_dropped_and_the_page_stays(self):
        cases = [b"\r\n\r\n", b"GET\r\n\r\n", b"\x00" * 4096, b"GET /metrics HTTP/9.9\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nA: " + b"x" * 100_000,
                 b"POST /metrics HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n",
                 b"GET /metrics HTTP/1.1\r\nAccept: " + b",;q=" * 2000 + b"\r\n\r\n",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]
        with Scraped() as run:
            for sent in cases:
                with contextlib.suppress(OSError), \
                        socket.create_connection(("127.0.0.1", run.port), 5) as s:
                    s.sendall(sent)
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(5)
                    while s.recv(65536):
                        pass
            time.sleep(0.1)
            self.assertEqual(get(run.url)[0], 200)
            done = run.finish()
        self.assertIn(done.code, rig.FINE, done.err)

    def test_who_asks_without_pause_gets_the_page_of_before(self):
        with Scraped() as run:
            time.sleep(1)
            pages = [get(run.url)[2] for _ in range(20)]
            self.assertLess(len(set(pages)), 20)
            self.assertIn(run.finish().code, rig.FINE)

    def test_an_address_that_cannot_be_had_is_refused_before_anything_is_sent(self):
        cases = ["192.0.2.1:9464", ":99999", "no.such.host.invalid:9464"]
        for where in cases:
            with self.subTest(where), rig.Listener() as server:
                run = rig.run({"target": {"base_url": server.url}},
                              "--export", f"prometheus={where}")
                self.assertEqual(run.code, 2, run.err)
                self.assertIn(where, run.err)
                self.assertEqual(server.connections, 0)


class Prometheus:
    """Prometheus itself, scraping one address twice a second."""

    def __init__(self, target):
        program = shutil.which("prometheus")
        if not program:
            raise unittest.SkipTest("no prometheus; Debian's package of that name has it")
        self.port = rig.free_port()
        config = rig.fresh("prometheus.yml")
        with open(config, "w", encoding="utf-8") as f:
            json.dump({"global": {"scrape_interval": "500ms", "scrape_timeout": "400ms"},
                       "scrape_configs": [{"job_name": "tokdyno", "static_configs": [
                           {"targets": [target]}]}]}, f)
        self.command = [program, f"--config.file={config}",
                        f"--storage.tsdb.path={rig.fresh('data')}",
                        f"--web.listen-address=127.0.0.1:{self.port}",
                        "--enable-feature=exemplar-storage", "--log.level=error"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        assert rig.wait_for_port(self.port, 30, self.process), "prometheus did not start"
        end = time.monotonic() + 30
        while get(f"http://127.0.0.1:{self.port}/-/ready")[0] != 200:
            assert time.monotonic() < end, "prometheus did not become ready"
            time.sleep(0.1)
        return self

    def api(self, what, **parameters):
        url = f"http://127.0.0.1:{self.port}/api/v1/{what}?"
        status, _, text = get(url + urllib.parse.urlencode(parameters))
        return json.loads(text) if status == 200 else {"status": text, "data": None}

    def query(self, expr):
        answer = self.api("query", query=expr)
        assert answer["status"] == "success", f"{expr}: {answer}"
        return answer["data"]["result"]

    def wait_for(self, expr, seconds):
        end = time.monotonic() + seconds
        while not self.query(expr) and time.monotonic() < end:
            time.sleep(0.2)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def filled(expr):
    """A query of the dashboard as Grafana would send it."""
    expr = expr.replace("$__rate_interval", "3s")
    return re.sub(r"\$\w+", ".*", expr)


class Dashboard(unittest.TestCase):
    def panels(self):
        with open(DASHBOARD, encoding="utf-8") as f:
            return json.load(f)["panels"]

    def test_its_panels_have_numbers_and_places_of_their_own(self):
        seen, ids = set(), set()
        for p in self.panels():
            self.assertNotIn(p["id"], ids)
            ids.add(p["id"])
            self.assertTrue(p["title"] and p["description"] and p["targets"])
            g = p["gridPos"]
            self.assertLessEqual(g["x"] + g["w"], 24)
            cells = {(x, y) for x in range(g["x"], g["x"] + g["w"])
                     for y in range(g["y"], g["y"] + g["h"])}
            self.assertFalse(cells & seen, p["title"])
            seen |= cells

    def test_its_variables_are_those_its_queries_use(self):
        with open(DASHBOARD, encoding="utf-8") as f:
            text = f.read()
        known = {v["name"] for v in json.loads(text)["templating"]["list"]}
        used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval", "__all"}
        self.assertEqual(used, known)

    def test_its_queries_find_something_in_a_prometheus_that_scraped_a_run(self):
        changes = {
            "target": {"sim": ["--limit", "rpm=6000,rpd=100k,tpm=10M,tpd=100M",
                               "--fault", "500=1/10"], "plan": "free"},
            "load": [{"name": "steady", "rate": "30/s", "duration": "10s"}],
        }
        port = rig.free_port()
        with contextlib.ExitStack() as stack:
            prometheus = stack.enter_context(Prometheus(f"127.0.0.1:{port}"))
            prometheus.wait_for("up", 20)
            run = stack.enter_context(Scraped(changes, port=port))
            time.sleep(4)
            for panel in self.panels():
                for target in panel["targets"]:
                    with self.subTest(f"{panel['title']}: {target['expr']}"):
                        found = prometheus.query(filled(target["expr"]))
                        if not any(name in target["expr"] for name in NOT_LIVE):
                            self.assertTrue(found)
                            self.assertTrue(any(r["value"][1] != "NaN" for r in found))
            self.figures(prometheus)
            now = time.time()
            exemplars = prometheus.api("query_exemplars", query="tokdyno_ttft_seconds_bucket",
                                       start=now - 60, end=now + 60)["data"]
            seen = prometheus.query('sum(tokdyno_requests_total{outcome="ok"})')
            done = run.finish()
        self.assertIn(done.code, rig.FINE, done.err)
        ok = sum(a["outcome"] == "ok" for a in done.attempts)
        self.assertTrue(0 < float(seen[0]["value"][1]) <= ok)
        requests = {rig.request_id(a) for a in done.attempts}
        named = {x["labels"]["request"] for series in exemplars for x in series["exemplars"]}
        self.assertTrue(named)
        self.assertLessEqual(named, requests)

    def figures(self, prometheus):
        """A quantile of buckets lies in the bucket of the true one; rates are as asked."""
        rate = prometheus.query("sum(rate(tokdyno_requests_total[3s]))")
        self.assertTrue(15 < float(rate[0]["value"][1]) < 45, rate)
        p50 = prometheus.query("histogram_quantile(0.5, sum by (le) "
                               "(rate(tokdyno_ttft_seconds_bucket[3s])))")
        self.assertTrue(0.001 < float(p50[0]["value"][1]) < 5, p50)
