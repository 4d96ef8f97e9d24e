"""`run --export` and `tokdyno export`: OTLP to files, and to collectors good and bad."""

import email.utils
import os
import ssl
import time
import unittest

import otlp
import rig
import servers

SIGNALS = ("traces", "metrics", "logs")

# Some fail and are tried again; none of it can be told before.
MIXED = {"load": [{"name": "steady", "concurrency": 4, "requests": 60}],
         "retry": {"policy": "sdk", "max": 2},
         "target": {"sim": ["--fault", "500=20%", "--seed", "5"]}}

# So that the tests need not wait for what never comes.
SHORT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "300"}


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Finished(unittest.TestCase):
    """One run for all tests here, made when the first wants it."""

    made = None

    @classmethod
    def the_run(cls):
        if not Finished.made:
            Finished.made = rig.run(MIXED)
        return Finished.made

    def export(self, *kinds, env=None, timeout=60):
        return rig.tokdyno("export", self.the_run().dir, *kinds, env=env, timeout=timeout)

    def files(self, *options):
        """What is posted, as files: signal -> bytes."""
        base = rig.fresh("otlp")
        done = self.export(",".join([f"otlp={base}", *options]))
        self.assertEqual(done.code, 0, done.err)
        return {s: read(f"{base}.{s}") for s in SIGNALS}


class Files(Finished):
    def test_live_and_from_the_journal_the_bytes_are_the_same(self):
        base = rig.fresh("live")
        run = rig.run(MIXED, "--export", f"otlp={base}", "--export", "csv")
        self.assertIn(run.code, rig.FINE, run.err)
        again = rig.fresh("again")
        done = rig.tokdyno("export", run.dir, f"otlp={again}", f"csv={again}.csv")
        self.assertEqual(done.code, 0, done.err)
        for s in SIGNALS:
            self.assertEqual(read(f"{base}.{s}"), read(f"{again}.{s}"), s)
        self.assertEqual(run.read("summary.csv"), read(f"{again}.csv"))

    def test_every_request_and_attempt_of_the_journal_is_a_span(self):
        run = self.the_run()
        spans = otlp.spans(self.files()["traces"])
        by_id = {s["span_id"][0]: s for s in spans}
        self.assertEqual(len(by_id), len(spans))
        t0 = run.head["t0_real_ns"]
        posts = [s for s in spans if s["name"] == [b"POST"]]
        chats = {otlp.attributes(s)["tokdyno.request"]: s for s in spans
                 if s["name"][0].startswith(b"chat ")}
        self.assertEqual(len(posts), len(run.attempts))
        self.assertEqual(len(chats), len([a for a in run.attempts if a.get("final")]))
        self.assertGreater(len(posts), len(chats))
        for a in run.attempts:
            mine = [p for p in posts if by_id[p["parent_span_id"][0]] is chats[a["req"]]
                    and otlp.attributes(p).get("http.request.resend_count", 0) == a["try"] - 1]
            self.assertEqual(len(mine), 1, a)
            self.assertEqual(mine[0]["start_time_unix_nano"], [t0 + a["times"]["start"]])
            self.assertEqual(mine[0]["end_time_unix_nano"], [t0 + a["times"]["end"]])
            self.assertEqual(otlp.attributes(mine[0])["http.response.status_code"], a["status"])
            if a.get("final") and a["outcome"] == "ok":
                mine = otlp.attributes(chats[a["req"]])
                self.assertEqual(mine["gen_ai.usage.input_tokens"], a["tokens"]["prompt"])
                self.assertEqual(mine["groq.response.request_id"], a["request_id"])

    def test_histograms_hold_what_the_journal_does(self):
        good = [a for a in self.the_run().attempts if a["outcome"] == "ok"]
        ttft = [a["times"]["first"] - a["times"]["start"] for a in good]
        found = {m["name"][0].decode(): m for m in otlp.metrics(self.files()["metrics"])}
        p = found["gen_ai.client.operation.time_to_first_chunk"]["histogram"][0]["data_points"][0]
        self.assertEqual(p["count"], [len(ttft)])
        self.assertEqual(sum(p["bucket_counts"]), len(ttft))
        self.assertAlmostEqual(p["sum"][0], sum(ttft) / 1e9, 12)
        bounds = [float("-inf"), *p["explicit_bounds"], float("inf")]
        for low, high, n in zip(bounds, bounds[1:], p["bucket_counts"]):
            self.assertEqual(n, len([v for v in ttft if low < v / 1e9 <= high]), (low, high))
        p = found["tokdyno.ttft_api"]["exponential_histogram"][0]["data_points"][0]
        self.assertEqual(p["count"], [len(ttft)])
        self.assertEqual(p["min"], [min(ttft) / 1e9])
        self.assertEqual(p["max"], [max(ttft) / 1e9])

    def test_text_of_a_server_that_is_no_utf8_is_made_fit(self):
        answer = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-groq-region: d\xff\xfel\r\n"
                  b"x-request-id: r\xc3\r\nConnection: close\r\n\r\n" + servers.stream(["a"]).encode())
        base = rig.fresh("otlp")
        with rig.Listener(answer) as server:
            run = rig.run({"target": {"base_url": server.url},
                           "load": [{"name": "steady", "concurrency": 1, "requests": 2}]},
                          "--export", f"otlp={base}")
        self.assertIn(run.code, rig.FINE, run.err)
        for s in SIGNALS:
            otlp.protoc(read(f"{base}.{s}"), otlp.MESSAGES[s])
        chat = [s for s in otlp.spans(read(f"{base}.traces")) if s["name"][0].startswith(b"chat")]
        self.assertIn("\ufffd", otlp.attributes(chat[0])["groq.response.region"])

    def test_a_file_that_cannot_be_written_is_told_before_anything_is_sent(self):
        with rig.Listener() as server:
            run = rig.run({"target": {"base_url": server.url}}, "--export", "csv=/nowhere/x")
        self.assertEqual(run.code, 2)
        self.assertIn("/nowhere/x", run.err)
        self.assertEqual(server.connections, 0)

    def test_several_scenarios_do_not_write_one_file(self):
        with rig.Listener() as server:
            files = [rig.scenario({"name": n, "target": {"base_url": server.url}})
                     for n in ("one", "two")]
            done = rig.tokdyno("run", *files, "--out", rig.fresh(), "--export", "csv=x.csv")
        self.assertEqual((done.code, server.connections), (2, 0))
        self.assertIn("x.csv", done.err)

    def test_the_list_names_every_exporter(self):
        done = rig.tokdyno("export", "--list")
        self.assertEqual(done.code, 0)
        for kind in "otlp", "csv":
            self.assertIn(kind, done.out)

    def test_wrong_kinds_and_places_are_told_with_the_nearest_name(self):
        for text, hint in (("otpl", "otlp"), ("otlp,span=x", "spans"), ("otlp=-", "one stream"),
                           ("otlp,sample=2", "share"), ("otlp,traces=flat", "linked")):
            done = self.export(text)
            self.assertEqual(done.code, 2, text)
            self.assertIn(hint, done.err)
            with rig.Listener() as server:
                run = rig.run({"target": {"base_url": server.url}}, "--export", text)
            self.assertEqual((run.code, server.connections), (2, 0), run.err)


class Poster(Finished):
    def post(self, answers, signal="logs", env=None, timeout=None, tls=None):
        """Export one signal, whose few requests meet these answers."""
        env = dict(env or {})
        if timeout is not None:
            env["OTEL_EXPORTER_OTLP_TIMEOUT"] = str(timeout)
        with otlp.Collector(answers, tls) as c:
            began = time.monotonic()
            done = self.export(f"otlp={c.url},signals={signal}", env=env)
            c.took = time.monotonic() - began
        self.assertEqual(len([l for l in done.err.splitlines() if l.startswith("export")]), 1)
        return c, done


class Posted(Poster):
    def test_what_is_posted_is_what_a_file_gets_over_one_connection(self):
        files = self.files()
        for compression in "none", "gzip":
            with otlp.Collector() as c:
                done = self.export(f"otlp={c.url}",
                                   env={"OTEL_EXPORTER_OTLP_COMPRESSION": compression})
            self.assertEqual(done.code, 0, done.err)
            for s in SIGNALS:
                self.assertEqual(c.bodies(s), files[s])
            self.assertEqual(c.connections, 1)
            for r in c.requests:
                self.assertEqual(r.headers["content-type"], "application/x-protobuf")
                self.assertEqual(r.headers.get("content-encoding", "none"), compression)
                self.assertIn("OTel-OTLP-Exporter-C/", r.headers["user-agent"])
                self.assertNotIn("expect", r.headers)
                self.assertNotIn("transfer-encoding", r.headers)

    def test_what_a_server_rejects_is_counted_and_not_sent_again(self):
        once, _ = self.post([(200, {}, b"")])
        c, done = self.post([(200, {}, otlp.partial(1, "too old")), (200, {}, b"")])
        self.assertEqual(len(c.requests), len(once.requests))
        self.assertIn("1 rejected", done.err)
        self.assertIn("too old", done.err)
        self.assertEqual(done.code, 4)

    def test_a_warning_of_a_server_is_told_and_nothing_is_lost(self):
        once, _ = self.post([(200, {}, b"")])
        c, done = self.post([(200, {}, otlp.partial(0, "slow down")), (200, {}, b"")])
        self.assertEqual(len(c.requests), len(once.requests))
        self.assertIn("slow down", done.err)
        self.assertNotIn("rejected", done.err)
        self.assertEqual(done.code, 0)

    def test_good_answers_of_any_kind_are_good(self):
        for code, body in (200, b""), (200, otlp.partial(0)), (202, b""), (200, b"<html>"):
            _, done = self.post([(code, {}, body)])
            self.assertEqual(done.code, 0, done.err)
            self.assertNotIn("dropped", done.err)

    def test_what_is_refused_for_good_is_not_sent_again(self):
        once, _ = self.post([(200, {}, b"")])
        for code in 400, 401, 404, 408, 413, 415, 500, 301:
            c, done = self.post([(code, {"Location": "/x"}, otlp.status(3, "bad data"))])
            self.assertEqual(len(c.requests), len(once.requests), code)
            self.assertIn(f"HTTP {code}", done.err)
            self.assertIn("dropped", done.err)
            self.assertEqual(done.code, 4)
            if code >= 400:
                self.assertIn("bad data", done.err)

    def test_a_busy_server_gets_the_same_bytes_again_when_it_says(self):
        c, done = self.post([(503, {"Retry-After": "1"}, b""), (200, {}, b"")])
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(c.requests[0].raw, c.requests[1].raw)
        self.assertEqual([r.raw for r in c.requests].count(c.requests[0].raw), 2)
        self.assertGreaterEqual(c.requests[1].at - c.requests[0].at, 1)

    def test_a_date_is_waited_for_as_well(self):
        date = email.utils.formatdate(time.time() + 2, usegmt=True)
        c, done = self.post([(429, {"Retry-After": date}, b""), (200, {}, b"")])
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(c.requests[0].raw, c.requests[1].raw)
        self.assertGreater(c.requests[1].at - c.requests[0].at, 0.5)

    def test_a_server_that_is_always_busy_is_left_at_the_timeout(self):
        c, done = self.post([(503, {}, b"")], timeout=2500)
        self.assertIn("HTTP 503", done.err)
        self.assertIn("0 sent", done.err)
        self.assertEqual(done.code, 4)
        self.assertGreater(len(c.requests), 1)

    def test_a_wait_beyond_the_timeout_is_not_begun(self):
        c, done = self.post([(503, {"Retry-After": "3600"}, b"")], timeout=2500)
        self.assertEqual(len({r.raw for r in c.requests}), len(c.requests))
        self.assertIn("dropped", done.err)

    def test_a_connection_that_breaks_is_tried_again(self):
        for broken in otlp.RESET, otlp.GARBAGE:
            c, done = self.post([broken, (200, {}, b"")])
            self.assertEqual(done.code, 0, done.err)
            self.assertEqual(c.requests[0].raw, c.requests[1].raw)

    def test_a_server_that_never_answers_is_left_at_the_timeout(self):
        c, done = self.post([otlp.STALL], timeout=600)
        self.assertIn("no answer in time", done.err)
        self.assertEqual(done.code, 4)
        self.assertEqual(len({r.raw for r in c.requests}), len(c.requests))

    def test_an_answer_without_end_is_not_read(self):
        once, _ = self.post([(200, {}, b"")])
        for code in 200, 500:
            c, done = self.post([(code, {}, bytes(10 << 20))])
            self.assertEqual(len(c.requests), len(once.requests))
            self.assertIn("larger than 4 MiB", done.err)
            self.assertEqual(done.code, 4)
        _, done = self.post([(200, {}, bytes(4 << 20))])
        self.assertEqual(done.code, 0, done.err)

    def test_nobody_at_home_is_told_as_that(self):
        done = self.export(f"otlp=http://127.0.0.1:{rig.free_port()},signals=logs",
                           env={"OTEL_EXPORTER_OTLP_TIMEOUT": "1200"})
        self.assertEqual(done.code, 4)
        self.assertIn("connect", done.err)
        self.assertIn("dropped", done.err)

    def test_headers_are_sent_and_never_shown(self):
        with otlp.Collector([(401, {}, otlp.status(16, "Bearer s3cret is wrong"))]) as c:
            done = self.export(f"otlp={c.url}", env={
                "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Bearer%20s3cret,x-a=1",
                "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "x-a=2"})
        self.assertNotIn("s3cret", done.err + done.out)
        for r in c.requests:
            self.assertEqual(r.headers["authorization"], "Bearer s3cret")
            self.assertEqual(r.headers["x-a"], "2" if r.path == "/v1/traces" else "1")

    def test_the_environment_says_where_and_as_whom(self):
        with otlp.Collector() as c:
            done = self.export("otlp", env={
                "OTEL_EXPORTER_OTLP_ENDPOINT": c.url + "/base/",
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": c.url + "/elsewhere",
                "OTEL_SERVICE_NAME": "bench",
                "OTEL_RESOURCE_ATTRIBUTES": "service.name=no,team=a%2Cb"})
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual({r.path for r in c.requests},
                         {"/base/v1/traces", "/base/v1/metrics", "/elsewhere"})
        first = next(r for r in c.requests if r.path.endswith("traces"))
        told = otlp.attributes(otlp.decode(first.body, "traces")["resource_spans"][0]["resource"][0])
        self.assertEqual((told["service.name"], told["team"]), ("bench", "a,b"))


class Trusted(Poster):
    """TLS, with the certificate of nobody in particular."""

    def setUp(self):
        self.folder = os.path.dirname(rig.fresh())
        self.key, self.cert = servers.certificate(self.folder)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.cert, self.key)

    def test_a_certificate_that_is_trusted(self):
        _, done = self.post([(200, {}, b"")], tls=self.tls,
                            env={"OTEL_EXPORTER_OTLP_CERTIFICATE": self.cert})
        self.assertEqual(done.code, 0, done.err)

    def test_a_certificate_that_is_not(self):
        c, done = self.post([(200, {}, b"")], tls=self.tls)
        self.assertEqual((done.code, len(c.requests)), (4, 0))
        self.assertIn("certificate", done.err)

    def test_the_certificate_of_another_name(self):
        with otlp.Collector(tls=self.tls, host="127.0.0.2") as c:
            done = self.export(f"otlp={c.url},signals=logs",
                               env={"OTEL_EXPORTER_OTLP_CERTIFICATE": self.cert})
        self.assertEqual((done.code, len(c.requests)), (4, 0))
        self.assertIn("127.0.0.2", done.err)

    def test_a_certificate_of_our_own_where_the_server_wants_one(self):
        self.tls.verify_mode = ssl.CERT_REQUIRED
        self.tls.load_verify_locations(self.cert)
        env = {"OTEL_EXPORTER_OTLP_CERTIFICATE": self.cert}
        _, done = self.post([(200, {}, b"")], tls=self.tls, env=env, timeout=1000)
        self.assertEqual(done.code, 4)
        env |= {"OTEL_EXPORTER_OTLP_CLIENT_KEY": self.key,
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE": self.cert}
        _, done = self.post([(200, {}, b"")], tls=self.tls, env=env)
        self.assertEqual(done.code, 0, done.err)


class Live(unittest.TestCase):
    """A run with a collector that is of no use is a run like any other."""

    def test_a_collector_that_is_dead_slow_or_mad_changes_nothing(self):
        plain = rig.run(MIXED)
        useless = ([otlp.STALL], [otlp.RESET], [otlp.GARBAGE], [(429, {}, b"")],
                   [(503, {"Retry-After": "3600"}, b"")], [(500, {}, bytes(10 << 20))])

        def one(answers):
            with otlp.Collector(answers) as c:
                return rig.run(MIXED, "--export", f"otlp={c.url}", env=SHORT)

        for _, done in rig.side_by_side(one, useless):
            run = done()
            self.assertIn(run.code, rig.FINE, run.err)
            self.assertEqual(len(run.attempts) > 50, len(plain.attempts) > 50)
            self.assertEqual(len([a for a in run.attempts if a.get("final")]), 60)
            self.assertEqual(len(run.of("end")), 1)
            line, = [l for l in run.err.splitlines() if l.startswith("export otlp")]
            self.assertIn("dropped", line)

    def test_a_quiet_run_tells_of_what_was_lost_alone(self):
        with otlp.Collector() as c:
            run = rig.run(MIXED, "--quiet", "--export", f"otlp={c.url}")
        self.assertNotIn("export", run.err)
        run = rig.run(MIXED, "--quiet", "--export", f"otlp=http://127.0.0.1:{rig.free_port()}",
                      env=SHORT)
        self.assertIn("dropped", run.err)

    def test_the_server_is_told_the_span_of_each_attempt(self):
        answer = (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
                  + servers.stream(["one", " two"]).encode())
        base = rig.fresh("otlp")
        with rig.Listener(answer) as server:
            run = rig.run({"target": {"base_url": server.url, "traceparent": True},
                           "load": [{"name": "steady", "concurrency": 1, "requests": 3}]},
                          "--export", f"otlp={base}")
            heads = [r.partition(b"\r\n\r\n")[0].decode().split("\r\n") for r in server.received]
        self.assertIn(run.code, rig.FINE, run.err)
        told = {line.split(": ")[1] for head in heads for line in head
                if line.startswith("traceparent: ")}
        posts = [s for s in otlp.spans(read(f"{base}.traces")) if s["name"] == [b"POST"]]
        self.assertEqual(len(told), 3)
        self.assertEqual(told, {f"00-{s['trace_id'][0].hex()}-{s['span_id'][0].hex()}-01"
                                for s in posts})

    def test_no_traceparent_is_sent_unless_asked_for(self):
        with rig.Listener(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") as s:
            rig.run({"target": {"base_url": s.url},
                     "load": [{"name": "steady", "concurrency": 1, "requests": 1}]})
        self.assertNotIn(b"traceparent", s.received[0].lower())


if __name__ == "__main__":
    unittest.main()
