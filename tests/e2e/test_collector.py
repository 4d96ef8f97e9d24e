"""A run as an OpenTelemetry Collector sees it: what its file exporter wrote, held against the journal."""

import contextlib
import json
import os
import unittest

import otlp
import rig
import servers

CONFIG = """
receivers:
  otlp:
    protocols:
      http: {{ endpoint: "127.0.0.1:{port}" }}
exporters:
  file: {{ path: {folder}/otlp.jsonl, format: json }}
service:
  telemetry: {{ metrics: {{ level: none }} }}
  pipelines:
    traces: {{ receivers: [otlp], exporters: [file] }}
    metrics: {{ receivers: [otlp], exporters: [file] }}
    logs: {{ receivers: [otlp], exporters: [file] }}
"""

MIXED = {"load": [{"name": "warm", "concurrency": 1, "requests": 5},
                  {"name": "steady", "concurrency": 4, "requests": 80}],
         "retry": {"policy": "sdk", "max": 2},
         "slo": ["ttft p50 < 1ms"],
         "target": {"sim": ["--fault", "500=20%", "--seed", "5"]}}


@contextlib.contextmanager
def collector():
    """A real one; its URL, and the file that is whole once it has ended."""
    found = servers.peer("collector")
    folder = os.path.dirname(rig.fresh())
    port = rig.free_port()
    config = servers.write(folder, "collector.yaml", CONFIG.format(port=port, folder=folder))
    with servers.running([found, f"--config={config}"], port, os.path.join(folder, "log")):
        yield f"http://127.0.0.1:{port}", os.path.join(folder, "otlp.jsonl")


# --- OTLP/JSON ---------------------------------------------------------------------------

def value(v):
    (kind, x), = v.items()
    if kind == "intValue":
        return int(x)
    return [value(y) for y in x.get("values", [])] if kind == "arrayValue" else x


def attributes(message, field="attributes"):
    return {kv["key"]: value(kv["value"]) for kv in message.get(field, [])}


def lines(file, kind, scopes, items):
    with open(file, encoding="utf-8") as f:
        for line in f:
            for r in json.loads(line).get(kind, []):
                for scope in r[scopes]:
                    yield from scope[items]


def span_of_json(s):
    return {
        "trace": s["traceId"], "id": s["spanId"], "parent": s.get("parentSpanId", ""),
        "name": s["name"], "kind": s["kind"], "flags": s["flags"],
        "times": (int(s["startTimeUnixNano"]), int(s["endTimeUnixNano"])),
        "attributes": attributes(s),
        "events": [(int(e["timeUnixNano"]), e["name"], attributes(e))
                   for e in s.get("events", [])],
        "links": [(x["traceId"], x["spanId"]) for x in s.get("links", [])],
        "status": (s.get("status", {}).get("code", 0), s.get("status", {}).get("message", "")),
    }


def span_of_text(s):
    """The same from what protoc says of our own file."""
    kinds = {"SPAN_KIND_INTERNAL": 1, "SPAN_KIND_CLIENT": 3}
    status, = s.get("status", [{}])
    return {
        "trace": s["trace_id"][0].hex(), "id": s["span_id"][0].hex(),
        "parent": s.get("parent_span_id", [b""])[0].hex(), "name": s["name"][0].decode(),
        "kind": kinds[s["kind"][0]], "flags": s["flags"][0],
        "times": (s["start_time_unix_nano"][0], s["end_time_unix_nano"][0]),
        "attributes": otlp.attributes(s),
        "events": [(e["time_unix_nano"][0], e["name"][0].decode(), otlp.attributes(e))
                   for e in s.get("events", [])],
        "links": [(x["trace_id"][0].hex(), x["span_id"][0].hex()) for x in s.get("links", [])],
        "status": (2 if "code" in status else 0, status.get("message", [b""])[0].decode()),
    }


class Received(unittest.TestCase):
    """One run for all tests here."""

    run_ = None

    @classmethod
    def setUpClass(cls):
        cls.file = rig.fresh("ours")
        with collector() as (url, written):
            cls.run_ = rig.run(MIXED, "--export", f"otlp={url}", "--export", f"otlp={cls.file}")
        cls.spans = [span_of_json(s)
                     for s in lines(written, "resourceSpans", "scopeSpans", "spans")]
        cls.metrics = {m["name"]: m
                       for m in lines(written, "resourceMetrics", "scopeMetrics", "metrics")}
        cls.logs = list(lines(written, "resourceLogs", "scopeLogs", "logRecords"))

    def test_nothing_was_lost_on_the_way(self):
        told = [l for l in self.run_.err.splitlines() if l.startswith("export otlp to http")]
        self.assertEqual(len(told), 1, self.run_.err)
        self.assertNotIn("dropped", told[0])
        self.assertNotIn("rejected", told[0])

    def test_every_span_arrived_as_it_was_made(self):
        with open(f"{self.file}.traces", "rb") as f:
            ours = [span_of_text(s) for s in otlp.spans(f.read())]
        self.assertEqual(len(self.spans), len(ours))
        by_id = {s["id"]: s for s in self.spans}
        self.assertEqual(len(by_id), len(ours))
        for s in ours:
            self.assertEqual(by_id[s["id"]], s)

    def test_spans_are_those_of_the_journal(self):
        t0 = self.run_.head["t0_real_ns"]
        by_id = {s["id"]: s for s in self.spans}
        chats = {s["attributes"]["tokdyno.request"]: s for s in self.spans
                 if s["name"].startswith("chat ")}
        posts = [s for s in self.spans if s["name"] == "POST"]
        self.assertEqual(len(posts), len(self.run_.attempts))
        self.assertGreater(len(posts), len(chats))
        for a in self.run_.attempts:
            times = a["times"]
            mine, = [p for p in posts if p["parent"] == chats[a["req"]]["id"]
                     and p["attributes"].get("http.request.resend_count", 0) == a["try"] - 1]
            self.assertEqual(mine["times"], (t0 + times["start"], t0 + times["end"]))
            self.assertEqual(mine["attributes"]["http.response.status_code"], a["status"])
            self.assertEqual(mine["attributes"]["http.response.body.size"], a["bytes_down"])
            self.assertEqual(mine["status"][0], 2 if a["status"] >= 400 else 0)
            parts = {s["name"]: s["times"] for s in self.spans if s["parent"] == mine["id"]}
            self.assertEqual(parts["tokdyno.send"],
                             (t0 + times["connected"], t0 + times["sent"]))
            if "first" in times:
                self.assertEqual(parts["tokdyno.prefill"],
                                 (t0 + times["sent"], t0 + times["first"]))
                self.assertEqual(parts["tokdyno.generation"],
                                 (t0 + times["first"], t0 + times["last"]))
        for s in self.spans:
            if s["parent"]:
                parent = by_id[s["parent"]]
                self.assertEqual(parent["trace"], s["trace"])
                self.assertLessEqual(parent["times"][0], s["times"][0])
                self.assertGreaterEqual(parent["times"][1], s["times"][1])

    def points(self, name, kind, **wanted):
        """The points of a metric whose attributes are these."""
        return [p for p in self.metrics[name][kind]["dataPoints"]
                if all(attributes(p).get(k.replace("__", ".")) == v for k, v in wanted.items())]

    def test_histograms_are_those_of_the_journal(self):
        phases = [p["name"] for p in self.run_.head["phases"]]
        for number, phase in enumerate(phases):
            good = [a for a in self.run_.attempts if a["outcome"] == "ok"
                    and a.get("phase", 0) == number]
            ttft = [a["times"]["first"] - a["times"]["start"] for a in good]
            p, = self.points("gen_ai.client.operation.time_to_first_chunk", "histogram",
                             tokdyno__phase__name=phase)
            self.assertEqual(int(p["count"]), len(ttft))
            self.assertAlmostEqual(p["sum"], sum(ttft) / 1e9, 12)
            ends = [float("-inf"), *p["explicitBounds"], float("inf")]
            for low, high, n in zip(ends, ends[1:], p["bucketCounts"]):
                self.assertEqual(int(n), len([v for v in ttft if low < v / 1e9 <= high]))
            p, = self.points("tokdyno.ttft_api", "exponentialHistogram",
                             tokdyno__phase__name=phase)
            self.assertAlmostEqual(p["sum"], sum(ttft) / 1e9, 12)
            self.assertEqual((p["min"], p["max"]), (min(ttft) / 1e9, max(ttft) / 1e9))
            self.buckets_hold(p, ttft)
            gaps = [g for a in good for g in a.get("gaps", [])]
            p, = self.points("gen_ai.client.operation.time_per_output_chunk", "histogram",
                             tokdyno__phase__name=phase)
            self.assertEqual(int(p["count"]), len(gaps))
            self.assertAlmostEqual(p["sum"], sum(gaps) / 1e6, 9)

    def buckets_hold(self, point, values):
        base = 2 ** (2 ** -point.get("scale", 0))
        offset = point["positive"].get("offset", 0)
        for i, n in enumerate(point["positive"]["bucketCounts"]):
            low, high = base ** (offset + i), base ** (offset + i + 1)
            self.assertEqual(int(n), len([v for v in values if low < v / 1e9 <= high]))

    def test_counters_are_those_of_the_journal(self):
        for number, phase in enumerate(p["name"] for p in self.run_.head["phases"]):
            mine = [a for a in self.run_.attempts if a.get("phase", 0) == number]
            for outcome in {a["outcome"] for a in mine}:
                p, = self.points("tokdyno.attempts", "sum", tokdyno__phase__name=phase,
                                 tokdyno__outcome=outcome)
                self.assertEqual(int(p["asInt"]),
                                 len([a for a in mine if a["outcome"] == outcome]))

    def test_exemplars_name_spans_that_are_there(self):
        ids = {s["id"]: s["trace"] for s in self.spans}
        n = 0
        for m in self.metrics.values():
            for kind in "histogram", "exponentialHistogram":
                for p in m.get(kind, {}).get("dataPoints", []):
                    for e in p.get("exemplars", []):
                        self.assertEqual(ids[e["spanId"]], e["traceId"])
                        n += 1
        self.assertGreater(n, 10)

    def test_verdicts_and_failures_are_events(self):
        names = [e["eventName"] for e in self.logs]
        self.assertEqual(names.count("tokdyno.verdict"), 1)
        self.assertEqual(names.count("gen_ai.client.operation.exception"), 1)
        self.assertEqual(names.count("tokdyno.run.end"), 1)


if __name__ == "__main__":
    unittest.main()
