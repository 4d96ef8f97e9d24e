"""Speech to text, translation, text to speech: what goes up, what comes back, what it costs."""

import base64
import email.parser
import email.policy
import io
import json
import unittest
import wave

import audit
import network
import rig
import servers
from joined import Joined

MS = 10 ** 6
HEAR = {
    "request": {"endpoint": "transcription",
                "body": {"model": "whisper-large-v3", "max_completion_tokens": None}},
    "workload": {"input_tokens": None, "audio": {"length": "2500ms"}},
}
NAMED = {**HEAR, "workload": {"input_tokens": None,
                              "audio": {"url": "https://example.org/a/clip.flac?v=1"}}}
SPEAK = {
    "request": {"endpoint": "speech",
                "body": {"model": "canopylabs/orpheus-v1-english", "voice": "hannah",
                         "max_completion_tokens": None}},
    "workload": {"input_tokens": None, "characters": 90},
}
# what a fault of the simulator ends in, of an answer in one piece and of one that is bytes
FAULTS = {
    "none": ("ok", "ok"),
    "slow-headers:200": ("ok", "ok"),
    "chunks:100": ("ok", "ok"),
    "split:100": ("ok", "ok"),
    "until-close": ("ok", "ok"),
    "early-hints": ("ok", "ok"),
    "title-case": ("ok", "ok"),
    "wav-length": ("ok", "ok"),
    "wav-short": ("ok", "partial"),
    "429:1": ("rate_limited", "rate_limited"),
    "413": ("too_large", "too_large"),
    "401": ("auth", "auth"),
    "500-truncated": ("server", "server"),
    "502": ("overloaded", "overloaded"),
    "503-text": ("overloaded", "overloaded"),
    "blocked": ("blocked", "blocked"),
    "gzip": ("protocol", "protocol"),
    "json": ("ok", "protocol"),
    "garbage": ("protocol", "protocol"),
    "endless-header": ("protocol", "protocol"),
    "reset-head": ("transport", "transport"),
    "close-head": ("transport", "transport"),
    "cut-head": ("transport", "transport"),
    "never": ("timeout_first", "timeout_first"),
    "stall-head": ("timeout_first", "timeout_first"),
    "stall-first": ("timeout_first", "timeout_first"),
    "stall": ("timeout_first", "timeout_idle"),
    "reset": ("transport", "partial"),
    "truncated": ("transport", "partial"),
    "error": ("ok", "partial"),
    "bad-chunk": ("ok", "partial"),
}
QUICK = {
    "load": [{"name": "steady", "concurrency": 2, "requests": 3}],
    "limits": {"drain": "6s"},
    "timeout": {"connect": "1s", "first": "1500ms", "idle": "1s", "total": "6s"},
}


def form_of(request):
    """Fields and files of a request, as Python's own parser of MIME reads them."""
    head, _, body = request.partition(b"\r\n\r\n")
    kind = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-type:"))
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        kind + b"\r\n\r\n" + body)
    assert message.is_multipart() and not message.defects, message.defects
    return [(p.get_param("name", header="content-disposition"), p.get_filename(),
             p.get_content_type(), p.get_payload(decode=True)) for p in message.iter_parts()]


def run_of(base, changes=None, *flags, codes=rig.FINE):
    run = rig.run(rig.combined(base, changes or {}), "--seed", "3", *flags)
    assert run.code in codes, (run.code, run.err)
    return run


def answering(body, kind="application/json"):
    return (f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n").encode() + body


class Case(unittest.TestCase):
    def checked(self, run):
        """The figures are those of the journal, and the moments those of the simulator."""
        self.assertEqual(audit.Audit(run).differences(), [])
        self.assertEqual(Joined(run, run.truth()).wrong, [])
        return run

    def metric(self, run, name):
        return run.json["cells"][0]["measured"]["metrics"][name]


class Hearing(Case):
    def test_a_clip_goes_up_as_a_file_and_a_foreign_parser_reads_it(self):
        body = b'{"text":"Hi.","x_groq":{"id":"req_1"}}'
        with rig.Listener(answering(body)) as peer:
            run = run_of(HEAR, {
                "target": {"base_url": peer.url},
                "request": {"body": {"language": "en", "response_format": "verbose_json",
                                     "temperature": 0,
                                     "timestamp_granularities": ["word", "segment"]}},
                "load": [{"name": "steady", "concurrency": 1, "requests": 3}]})
        self.assertEqual([a["outcome"] for a in run.attempts], ["ok"] * 3)
        clips = set()
        for request in peer.received:
            self.assertTrue(request.startswith(b"POST /v1/audio/transcriptions HTTP/1.1\r\n"))
            *fields, (name, file, kind, sound) = form_of(request)
            self.assertEqual([(f[0], f[3]) for f in fields], [
                ("model", b"whisper-large-v3"), ("language", b"en"),
                ("response_format", b"verbose_json"), ("temperature", b"0"),
                ("timestamp_granularities[]", b"word"),
                ("timestamp_granularities[]", b"segment")])
            self.assertEqual((name, file, kind), ("file", "clip.wav", "audio/wav"))
            with wave.open(io.BytesIO(sound)) as w:
                self.assertEqual((w.getnchannels(), w.getsampwidth(), w.getframerate(),
                                  w.getnframes()), (1, 2, 16000, 40000))
            clips.add(sound)
        self.assertEqual(len(clips), 3)  # no two are the same

    def test_a_file_goes_up_as_it_is(self):
        file = rig.fresh("Straße.flac")
        with open(file, "wb") as f:
            f.write(bytes(range(256)) * 100)
        with rig.Listener(answering(b"Hi.\n", "text/plain; charset=UTF-8")) as peer:
            run = run_of(HEAR, {
                "target": {"base_url": peer.url},
                "request": {"endpoint": "translation", "body": {"response_format": "text"}},
                "workload": {"audio": {"file": file, "length": "7s"}}})
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        for request in peer.received:
            self.assertTrue(request.startswith(b"POST /v1/audio/translations HTTP/1.1\r\n"))
            name, shown, kind, sound = form_of(request)[-1]
            self.assertEqual((name, kind, sound), ("file", "audio/flac", bytes(range(256)) * 100))
        for a in run.attempts:
            self.assertEqual(a["audio"]["sent"], 7 * rig.NS)

    def test_audio_that_is_named_is_not_uploaded(self):
        with rig.Listener(answering(b'{"text":"Hi.","x_groq":{"id":"req_1"}}')) as peer:
            run = run_of(NAMED, {"target": {"base_url": peer.url}})
        self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
        for request in peer.received:
            self.assertEqual([(f[0], f[1], f[3]) for f in form_of(request)],
                             [("model", None, b"whisper-large-v3"),
                              ("url", None, b"https://example.org/a/clip.flac?v=1")])
        for a in run.attempts:
            self.assertLess(a["bytes_up"], 500)
            self.assertNotIn("sent", a.get("audio", {}))
            self.assertNotIn("cost", a)
        self.assertNotIn("upload", run.json["cells"][0]["measured"]["metrics"])

    def test_the_answer_or_the_scenario_says_how_long_it_is(self):
        for length, form in ((None, "verbose_json"), ("9s", "json")):
            run = self.checked(run_of(NAMED, {
                "target": {"sim": ["--url-audio", "9s", "--image-fetch", "150ms"]},
                "workload": {"audio": {"length": length} if length else {}},
                "request": {"body": {"response_format": form}}}))
            for a, truth in rig.join(run, run.truth()):
                self.assertEqual((a["outcome"], a["audio"]["sent"]), ("ok", 9 * rig.NS))
                self.assertEqual(truth["audio"], 9 * rig.NS)
                self.assertEqual(a["cost"], round(10 / 3600 * 111000000))
                self.assertGreater(a["times"]["end"] - a["times"]["start"], 150 * MS)

    def test_audio_within_its_url_is_heard(self):
        sound = rig.wav(b"\0\1" * 24000, 16000)
        url = "data:audio/wav;base64," + base64.b64encode(sound).decode()
        run = self.checked(run_of(NAMED, {
            "workload": {"audio": {"url": url}}, "request": {"body": {"response_format": "verbose_json"}}}))
        self.assertEqual({a["audio"]["sent"] for a in run.attempts}, {1500 * MS})

    def test_a_url_beside_a_file_or_with_a_line_end_is_refused(self):
        for audio, said in (({"url": "https://a/b", "file": rig.path("README.md")}, "and not both"),
                            ({"url": "https://a/b c"}, "no spaces"), ({"url": ""}, "is empty")):
            done = rig.tokdyno("validate", rig.scenario({**HEAR, "workload": {"input_tokens": None, "audio": audio}}))
            self.assertEqual(done.code, 2)
            self.assertIn(said, done.err)

    def test_what_tokdyno_costs_itself_is_known_for_audio_too(self):
        for base, metric, n in ((HEAR, "e2e", 3), (SPEAK, "ttft", 3)):
            run = run_of(base, {"target": {"base_url": "null:", "canned": {"frames": 8}}, **QUICK})
            self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})
            self.assertEqual(self.metric(run, metric)["n"], n)
        self.assertEqual({a["audio"]["received"] for a in run.attempts}, {8 * 20 * MS})
        self.assertEqual({a["frames"] for a in run.attempts}, {8})

    def test_speed_upload_and_price_are_told_apart(self):
        run = self.checked(run_of(HEAR, {
            "workload": {"audio": {"length": "30s"}},
            "request": {"body": {"response_format": "verbose_json", "language": "en"}},
            "load": [{"name": "steady", "concurrency": 2, "requests": 12}]}))
        for a, truth in rig.join(run, run.truth()):
            self.assertEqual(a["outcome"], "ok", a)
            self.assertEqual(a["audio"]["sent"], truth["audio"])
            self.assertGreater(a["bytes_up"], 960000)
            self.assertEqual(a["cost"], round(30 / 3600 * 111000000))
            self.assertNotIn("first", a["times"])
            # all had been sent when the server had read the last of it, and not earlier
            took = a["times"]["end"] - a["times"]["sent"]
            self.assertGreaterEqual(a["times"]["sent"], a["times"]["connected"])
            self.assertGreaterEqual(took + 200 * MS,
                                    truth["queue"] + truth["prefill"] + truth["decode"])
        self.assertEqual(self.metric(run, "upload")["n"], 12)
        self.assertGreaterEqual(self.metric(run, "speed_factor_server")["mean"],
                                self.metric(run, "speed_factor")["mean"])
        self.assertIn("speed", run.out)
        self.assertIn("audio: clips of 30.0 s", run.out)
        self.assertNotIn("tok/s", run.out.split("Regions")[0])

    def test_short_clips_are_paid_for_as_ten_seconds_and_counted_as_they_are(self):
        run = self.checked(run_of(HEAR, {
            "target": {"plan": "free", "sim": ["--plan", "free"]},
            "load": [{"name": "steady", "concurrency": 1, "requests": 4}]}))
        for i, a in enumerate(sorted(run.attempts, key=lambda a: a["req"])):
            self.assertEqual(a["cost"], round(10 / 3600 * 111000000))
            limit = a["limits"]["audio_seconds"]
            self.assertEqual(limit["limit"], 7200)
            self.assertAlmostEqual(limit["remaining"], 7200 - 3 * (i + 1), delta=1)
            self.assertNotIn("tokens", a["limits"])
        self.assertIn("audio", run.out)

    def test_who_has_used_up_the_seconds_of_an_hour_is_refused(self):
        run = self.checked(run_of(HEAR, {
            "target": {"sim": ["--limit", "ash=4"]}, "workload": {"audio": {"length": "1s"}},
            "load": [{"name": "s", "concurrency": 1, "requests": 6}]}))
        refused = [a for a in run.attempts if a["outcome"] == "rate_limited"]
        self.assertEqual(len(refused), 2)
        self.assertEqual({a["limit_kind"] for a in refused}, {"ASPH"})
        for a in refused:
            self.assertGreater(a["retry_after"], 600 * rig.NS)
            self.assertNotIn("cost", a)

    def test_pacing_learns_the_seconds_of_an_hour_and_stays_below(self):
        run = self.checked(run_of(HEAR, {
            "target": {"sim": ["--limit", "ash=4"]}, "workload": {"audio": {"length": "1s"}},
            "limits": {"pace_to_rate_limits": True, "drain": "500ms"},
            "load": [{"name": "s", "concurrency": 1, "duration": "2s"}]}))
        outcomes = [a["outcome"] for a in sorted(run.attempts, key=lambda a: a["req"])]
        self.assertEqual(outcomes, ["ok"] * 4 + ["cut"])

    def test_the_plan_counts_hours_of_audio_and_says_what_limit_ends_it(self):
        file = rig.scenario(rig.merged(HEAR, {
            "target": {"base_url": "https://api.groq.com/openai/v1", "plan": "free"},
            "workload": {"audio": {"length": "300s"}},
            "load": [{"name": "s", "rate": "0.3/s", "duration": "120s"}]}))
        done = rig.tokdyno("validate", file, env={"GROQ_API_KEY": "gsk_x"})
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("Audio that goes up: 3h00m", done.out)
        self.assertIn("ASH 7,200 is used up after", done.out)
        plan = json.loads(rig.tokdyno("validate", file, "--format", "json",
                                      env={"GROQ_API_KEY": "gsk_x"}).out)
        self.assertEqual(plan["tokens_in"], 0)
        self.assertEqual(plan["audio_ns"], plan["requests"] * 300 * rig.NS)
        self.assertEqual(plan["cost_nusd"],
                         plan["requests"] * round(300 / 3600 * 111000000))

    def test_what_does_not_fit_the_endpoint_is_said_before_anything_is_sent(self):
        cases = [
            (rig.merged(HEAR, {"workload": {"audio": None}}),
             "request.endpoint transcription: this endpoint takes audio; expected "
             "workload.audio.length, workload.audio.file or workload.audio.url"),
            (rig.merged(HEAR, {"request": {"endpoint": "chat"}}),
             "request.endpoint chat: this endpoint takes no audio"),
            (rig.merged(HEAR, {"workload": {"messages": [{"role": "user", "content": "x"}]}}),
             "workload.messages and workload.audio.length are both there"),
            (rig.merged(HEAR, {"request": {"body": {"x": {"y": 1}}}}),
             "request.body.x does not fit into a form"),
            (rig.merged(HEAR, {"workload": {"audio": {"length": "1ms"}}}),
             "workload.audio.length"),
            (rig.merged(SPEAK, {"request": {"body": {"input": "x"}}}), "request.body.input"),
        ]
        for scenario, says in cases:
            with self.subTest(says):
                done = rig.tokdyno("validate", rig.scenario(scenario))
                self.assertEqual(done.code, 2, done.out)
                self.assertIn(says, done.err)


class Uploading(unittest.TestCase):
    """Behind a network that is none of loopback's: see network.py."""

    def uploads(self, *settings):
        """[(how long it took by the client, by the simulator)] in ms."""
        changes = rig.merged(HEAR, {
            "workload": {"audio": {"length": "30s"}}, "timeout": {"first": "30s", "total": "30s"},
            "load": [{"name": "steady", "concurrency": 1, "requests": 4}]})
        with network.Relay(*settings, seed=3) as net:
            with net.inside("a"):
                sim = rig.Sim(address=net.A)
                with sim:
                    with net.inside("b"):
                        run = run_of(changes, {"target": {"base_url": sim.url,
                                                          "id_header": True}})
                    truth = sim.truth()
        found = []
        for a, t in rig.join(run, truth):
            self.assertEqual(a["outcome"], "ok")
            found.append((round((a["times"]["sent"] - a["times"]["connected"]) / MS),
                          round((t["received"] - t["arrival"]) / MS)))
        self.assertEqual(len(found), 4)
        return found

    def test_an_upload_takes_the_time_that_the_network_takes_for_it(self):
        for ours, theirs in self.uploads("delay_us=20000", "rate_kbit=8000"):
            self.assertGreater(theirs, 900)  # a megabyte at a megabyte a second
            self.assertGreater(ours, 0.7 * theirs)

    def test_a_socket_does_not_take_what_it_cannot_send(self):
        first, *more = self.uploads("delay_us=20000")
        self.assertGreater(first[0], 150)  # the window of a new connection opens by round trips
        for ours, theirs in [first, *more]:
            self.assertGreater(ours, 0.5 * theirs)


class Speaking(Case):
    def test_the_request_is_as_the_reference_says_and_the_sound_is_counted(self):
        with rig.Listener(answering(rig.wav(bytes(48000), 24000), "audio/wav")) as peer:
            run = run_of(SPEAK, {"target": {"base_url": peer.url},
                                 "request": {"body": {"sample_rate": 24000}}})
        for request in peer.received:
            head, _, body = request.partition(b"\r\n\r\n")
            self.assertTrue(head.startswith(b"POST /v1/audio/speech HTTP/1.1\r\n"))
            self.assertIn(b"content-type: application/json", head.lower())
            body = json.loads(body)
            self.assertEqual(len(body.pop("input")), 90)
            self.assertEqual(body, {"model": "canopylabs/orpheus-v1-english", "voice": "hannah",
                                    "sample_rate": 24000, "response_format": "wav"})
        for a in run.attempts:
            self.assertEqual((a["outcome"], a["characters"], a["audio"]["received"]),
                             ("ok", 90, rig.NS), a)
            self.assertEqual(a["cost"], 90 * 22000)

    def test_frames_are_those_of_the_simulator_and_the_first_sound_is_timed(self):
        run = self.checked(run_of(SPEAK, {
            "request": {"body": {"sample_rate": 16000}},
            "target": {"sim": ["--burst", "1", "--speaking", "8"]},
            "load": [{"name": "steady", "concurrency": 2, "requests": 8}]}))
        for a, truth in rig.join(run, run.truth()):
            self.assertEqual(a["outcome"], "ok", a)
            self.assertAlmostEqual(a["audio"]["received"], truth["audio"], delta=MS)
            self.assertEqual(truth["characters"], 90)
            t0 = run.head["t0_mono_ns"]
            first = truth["output"][0].sent - t0
            self.assertGreaterEqual(a["times"]["first"], first)
            self.assertGreaterEqual(a["times"]["last"], truth["output"][-1].sent - t0)
            self.assertGreater(a["frames"], 20)
            self.assertNotIn("answer", a["times"])
        rtf = self.metric(run, "rtf")["mean"] / 1000
        self.assertTrue(4 < rtf < 9, rtf)
        self.assertEqual(self.metric(run, "chars_per_s")["n"], 8)
        self.assertIn("rtf", run.out)
        self.assertIn("char/s", run.out)

    def test_a_slow_voice_lets_the_player_starve(self):
        run = self.checked(run_of(SPEAK, {
            "workload": {"characters": 15},  # a second of speech
            "target": {"sim": ["--speaking", "0.8", "--tps-sigma", "0"]}}))
        for a in run.attempts:
            self.assertGreater(a["audio"]["starved"], 150 * MS)
        self.assertLess(self.metric(run, "rtf")["mean"], 1000)

    def test_other_formats_have_frames_but_no_length(self):
        run = self.checked(run_of(SPEAK, {"request": {"body": {"response_format": "mp3"}}}))
        for a in run.attempts:
            self.assertEqual(a["outcome"], "ok")
            self.assertGreater(a["frames"], 0)
            self.assertNotIn("audio", a)
        self.assertNotIn("rtf", run.json["cells"][0]["measured"]["metrics"])


class Secure(Case):
    def test_over_tls_and_either_http_it_is_the_same_and_the_key_stays_secret(self):
        key = "gsk_CanaryAudioCanaryAudioCanary1"
        for http, number in ("1.1", 11), ("2", 20):
            for base in HEAR, SPEAK:
                with self.subTest(f"{http} {base['request']['endpoint']}"), \
                        rig.Sim("--seed", "5", "--key", key) as sim, \
                        servers.nghttpx(sim.port) as (origin, cert):
                    run = rig.run(rig.merged(base, {
                        "target": {"base_url": f"{origin}/openai/v1", "api_key_env": "E2E_KEY"},
                        "connection": {"http": http, "tls": {"ca": cert}}}),
                        env={"E2E_KEY": key})
                    self.assertIn(run.code, rig.FINE, run.err)
                    self.assertEqual({(a["outcome"], a["http"]) for a in run.attempts},
                                     {("ok", number)})
                    for name in "requests.jsonl", "run.json", "scenario.yaml":
                        self.assertNotIn(key.encode(), run.read(name))
                    self.assertNotIn(key, run.out + run.err)


class Faults(Case):
    def each(self, base, which):
        with rig.Sim("--seed", "5") as sim:
            def one(fault):
                return rig.run(rig.merged(rig.merged(base, QUICK), {"target": {
                    "base_url": sim.url, "headers": [f"x-sim-fault: {fault}"]}}), timeout=30)

            for fault, done in rig.side_by_side(one, FAULTS):
                with self.subTest(fault):
                    run = done()
                    self.assertIn(run.code, (0, 3, 4), run.err)
                    self.assertEqual({a["outcome"] for a in run.attempts}, {FAULTS[fault][which]},
                                     run.attempts[0])
                    self.assertEqual(run.lines[-1]["t"], "end")

    def test_each_fault_of_a_transcript_ends_in_its_outcome(self):
        self.each(HEAR, 0)

    def test_each_fault_of_speech_ends_in_its_outcome(self):
        self.each(SPEAK, 1)


class Shipped(Case):
    def test_their_reports_answer_their_questions(self):
        cases = {"speech-to-text": ("speed p50", "upload p50"),
                 "text-to-speech": ("rtf p50", "ttft p50")}
        def one(name):
            return rig.run(None, "--set", "load.warmup.duration=200ms",
                           "--set", "load.steady.duration=2s",
                           file=rig.path(f"scenarios/{name}.yaml"))

        for name, done in rig.side_by_side(one, cases):
            with self.subTest(name):
                run, columns = done(), cases[name]
                self.assertIn(run.code, rig.FINE, run.err)
                for column in columns:
                    self.assertIn(column, run.out)
                self.assertEqual({a["outcome"] for a in run.attempts}, {"ok"})


if __name__ == "__main__":
    unittest.main()
