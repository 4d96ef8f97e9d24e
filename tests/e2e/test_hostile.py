"""Servers that lie: each run ends in time, in bounded memory, in the right outcome, and its
result can be read again."""

import concurrent.futures
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import unittest

import hostile
import rig
import servers

MEMORY_KIB = 96 << 10
LONGEST_S = 24
EVIL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe]")

QUICK = {
    "name": "hostile",
    "request": {"body": {"model": "unheard-of", "max_completion_tokens": 12}},
    "workload": {"input_tokens": 20},
    "load": [{"name": "steady", "concurrency": 2, "requests": 4}],
    "limits": {"drain": "3s", "pace_to_rate_limits": False},
    "timeout": {"connect": "20s", "first": "20s", "idle": "20s", "total": "25s"},
}
SOON = {"timeout": {"connect": "800ms", "first": "900ms", "idle": "700ms", "total": "1300ms"}}

# outcome -> the lies that end in it
OUTCOMES = {
    "ok": """early-hints header-that-looks-like-a-status trailer-that-looks-like-a-status
             length-and-chunks cookies bare-line-feeds chunk-extensions chunks-of-one-byte
             trailers million-empty-events nuls long-text many-tokens-in-a-frame many-frames
             broken-utf8 answer-then-reset smuggled said-twice absurd-usage
             more-cached-than-asked absurd-limits odd-names many-names good
             length-of-many-digits length-twice length-beyond-the-body""",
    "protocol": """endless-headers endless-header-line endless-status-line header-bomb
                   endless-continue status-of-many-digits status-negative status-999 status-000
                   status-204 length-negative length-of-words
                   no-status-line http2-preface http2-frames http-7 nul-in-the-head
                   chunk-of-all-ones chunk-of-many-digits chunk-negative endless-trailers
                   endless-line endless-event endless-name nul-in-data deep-json
                   deep-json-in-a-member bytes-of-no-text zipped zip-bomb endless-body
                   redirect""",
    "server": "large-error error-of-wrong-types",
    "overloaded": "large-page error-with-raw-escapes",
    "rate_limited": "endless-error absurd-waits",
    "bad_request": "error-with-escapes",
    "partial": "reset-in-the-middle",
    "transport": "half-close",
    "timeout_first": "endless-comments slow-head slow-body status-101",
    "timeout_total": """endless-comments-behind-output frames-without-end
                        flood-of-frames-without-end""",
    "timeout_idle": "chunk-extension-without-end",
}


class Measured:
    """A run that has ended, with the memory and the time it took."""

    def __init__(self, changes, *flags, seconds=LONGEST_S, prefix=()):
        directory = rig.fresh()
        scenario = rig.scenario_text(json.dumps(rig.merged(rig.BASE, rig.merged(QUICK, changes))))
        args = [*prefix, rig.PROGRAM, "run", scenario, "--out", directory, *flags]
        out, err = directory + ".out", directory + ".err"
        began = time.monotonic()
        with open(out, "wb") as o, open(err, "wb") as e:
            process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=o, stderr=e,
                                       env=rig.environment(), cwd=rig.ROOT)
        self.memory = 0
        while process.poll() is None:
            self.memory = max(self.memory, self._high_water(process.pid))
            if time.monotonic() - began > seconds * (4 if rig.SANITIZED else 1):
                process.kill()
                process.wait()
                raise AssertionError(f"{changes} hung; {self._text(err)[-1500:]}")
            time.sleep(0.005)
        self.took = time.monotonic() - began
        self.run = rig.Run(directory, rig.Done(process.returncode, self._text(out),
                                               self._text(err)))

    @staticmethod
    def _high_water(pid):
        """Most memory it has had so far, in KiB."""
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii") as f:
            return int(re.search(r"VmHWM:\s+(\d+)", f.read() + "VmHWM: 0").group(1))
        return 0

    @staticmethod
    def _text(file):
        with open(file, encoding="utf-8", newline="") as f:
            return f.read()


class Case(unittest.TestCase):
    def sound(self, m):
        """What holds after every run, whatever the server did."""
        run = m.run
        self.assertIn(run.code, (0, 3, 4), run.err)
        if not rig.SANITIZED:
            self.assertLess(m.memory, MEMORY_KIB)
        self.assertEqual(run.lines[-1]["t"], "end")
        for what in (run.out, run.err, *(run.read(name).decode() for name in
                                         ("requests.jsonl", "run.json", "latency.hlog"))):
            self.assertIsNone(EVIL.search(what), EVIL.search(what))
        for flags, want in (("text", run.out), ("json", run.read("run.json").decode())):
            again = rig.tokdyno("report", run.dir, "--format", flags)
            self.assertEqual(again.out, want, again.err)
        return run

    def outcomes(self, run):
        return {a["outcome"] for a in run.attempts}

    def ends_in(self, m, outcome):
        run = self.sound(m)
        self.assertEqual(self.outcomes(run), {outcome}, [a.get("error") for a in run.attempts])
        for a in run.attempts:
            if outcome != "ok" and not outcome.startswith("timeout"):
                self.assertTrue(a.get("error") or a.get("error_code"), a)
        return run


class Lies(Case):
    def test_each_ends_in_its_outcome(self):
        lies = {name: outcome for outcome, names in OUTCOMES.items() for name in names.split()}
        self.assertEqual(sorted(lies), sorted(set(hostile.LIES) - {"answers-once"}))
        with hostile.Server() as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = {name: pool.submit(Measured, self.changes(server, name)) for name in lies}
            for name, outcome in lies.items():
                with self.subTest(name):
                    self.ends_in(runs[name].result(), outcome)

    @staticmethod
    def changes(server, name):
        changes = {"target": {"base_url": server.url(name)}}
        if any(name in OUTCOMES[o].split() for o in OUTCOMES if o.startswith("timeout")):
            changes.update(SOON)
        if name in ("absurd-usage", "absurd-limits", "absurd-waits", "odd-names", "many-names"):
            changes["load"] = [{"name": "steady", "concurrency": 2, "requests": 40}]
        if name == "endless-body":
            changes["request"] = {"stream": False}
        if name == "said-twice":
            changes["load"] = [{"name": "steady", "concurrency": 1, "requests": 4,
                                "think": "100ms"}]
        return changes


    def test_a_redirect_is_not_followed_and_no_cookie_is_sent_back(self):
        for name in ("redirect", "cookies"):
            with hostile.Server() as server:
                run = self.sound(Measured(self.changes(server, name)))
                self.assertEqual(len(server.requests), len(run.attempts))
                for top in server.requests:
                    self.assertNotIn(b"cookie:", top.lower())

    def test_no_answer_goes_to_another_request(self):
        with hostile.Server() as server:
            for name in ("smuggled", "said-twice"):
                run = self.sound(Measured(self.changes(server, name)))
                self.assertEqual({a["request_id"] for a in run.attempts}, {"own-1"})

    def test_no_request_is_sent_again_unseen(self):
        with hostile.Server() as server:
            run = self.sound(Measured(self.changes(server, "answers-once")))
            self.assertEqual(len(server.requests), len(run.attempts))
            self.assertEqual(self.outcomes(run), {"ok", "transport"})
            for a in run.attempts:
                self.assertTrue(a["outcome"] == "ok" or a["error"])

    def test_names_in_a_scenario_drive_no_terminal(self):
        evil = "a\x1b[2J\x9b31m"
        with hostile.Server() as server:
            run = self.sound(Measured({
                "target": {"base_url": server.url()},
                "matrix": {"user": ["plain", evil]},
                "request": {"body": {"model": evil}},
            }))
        self.assertEqual(self.outcomes(run), {"ok"})
        self.assertEqual(rig.tokdyno("validate", run.file("scenario.yaml")).code, 0)
        wrong = rig.scenario_text(json.dumps(dict(rig.BASE, slo=[evil + " p50 < 1s"])))
        for words in ("run", wrong), ("validate", wrong), ("run", wrong, "--set", evil + "=1"):
            done = rig.tokdyno(*words)
            self.assertEqual(done.code, 2)
            self.assertIsNone(EVIL.search(done.out + done.err), done.err)

    def test_absurd_figures_are_none(self):
        with hostile.Server() as server:
            run = self.sound(Measured(self.changes(server, "absurd-usage")))
            for a in run.attempts:
                for n in a.get("tokens", {}).values():
                    self.assertTrue(0 <= n <= 10 ** 12, a)
                for n in a.get("server", {}).values():
                    self.assertTrue(0 <= n <= 86400 * rig.NS, a)
            run = self.sound(Measured(self.changes(server, "many-frames")))
            for a in run.attempts:
                self.assertEqual((len(a["gaps"]), a["gaps_lost"]), (16384, 20000 - 1 - 16384))

    def test_waits_and_limits_that_cannot_be_hold_no_run_for_ever(self):
        load = [{"name": "steady", "rate": "50/s", "duration": "1s"}]
        with hostile.Server() as server:
            for name, policy in (("absurd-limits", "none"), ("absurd-waits", "respectful"),
                                 ("absurd-waits", "sdk")):
                m = Measured({"target": {"base_url": server.url(name)}, "load": load,
                              "retry": {"policy": policy},
                              "limits": {"pace_to_rate_limits": True, "drain": "300ms"}})
                self.sound(m)
                self.assertLess(m.took, LONGEST_S / 2)


# Runs a program where the only resolver is deaf, in a network of its own.
MUTE_REFUSED = 77
MUTE_RESOLVER = """
import ctypes, fcntl, os, socket, struct, sys, tempfile
libc = ctypes.CDLL(None)
NEW_MOUNTS, NEW_NETWORK, PRIVATE, RECURSIVE, BIND = 0x20000, 0x40000000, 0x40000, 0x4000, 0x1000
conf = tempfile.NamedTemporaryFile()
conf.write(b"nameserver 127.0.0.1\\n")
conf.flush()
if (libc.unshare(NEW_MOUNTS | NEW_NETWORK) or
        libc.mount(None, b"/", None, PRIVATE | RECURSIVE, None) or
        libc.mount(conf.name.encode(), b"/etc/resolv.conf", None, BIND, None)):
    sys.exit(%d)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
SET_FLAGS, UP_AND_RUNNING = 0x8914, 0x41
fcntl.ioctl(s, SET_FLAGS, struct.pack("16sh14x", b"lo", UP_AND_RUNNING))
s.bind(("127.0.0.1", 53))
s.set_inheritable(True)
os.execvp(sys.argv[1], sys.argv[1:])
""" % MUTE_REFUSED


class Connections(Case):
    """What goes wrong below HTTP."""

    def blind(self, lie, outcome, changes=None, code=None, **server):
        with hostile.Server(lie, **server) as s:
            changes = rig.merged({"target": {"base_url": s.url()}}, changes or {})
            run = self.ends_in(Measured(changes), outcome)
        if code is not None:
            self.assertEqual(run.code, code)
        return run

    def test_a_reset_for_every_connection(self):
        self.blind(hostile.reset_on_accept, "transport", code=4)

    def test_an_answer_before_the_request_is_read(self):
        self.blind(hostile.answer_early, "ok")
        self.blind(hostile.refuse_early, "too_large",
                   {"workload": {"input_tokens": 300000}})

    def test_a_server_that_never_reads(self):
        huge = {"workload": {"input_tokens": 3000000}}
        self.blind(hostile.never_read, "timeout_first", rig.merged(SOON, huge))

    def test_bytes_that_are_no_http(self):
        self.blind(hostile.garbage, "protocol")

    def test_nobody_there(self):
        for host in (f"127.0.0.1:{rig.free_port()}", f"[::1]:{rig.free_port()}"):
            m = Measured({"target": {"base_url": f"http://{host}/v1"}})
            self.assertEqual(self.ends_in(m, "transport").code, 4)

    def test_a_name_that_nobody_knows(self):
        m = Measured({"target": {"base_url": "http://nobody.invalid/v1"},
                      "timeout": {"connect": "5s", "first": "6s", "total": "8s"}})
        run = self.sound(m)
        self.assertEqual(run.code, 4)
        self.assertLessEqual(self.outcomes(run), {"transport", "timeout_connect"})

    def test_a_resolver_that_never_answers_holds_up_nothing(self):
        m = Measured(rig.merged(SOON, {
            "target": {"base_url": "http://slow.example.com/v1"},
            "load": [{"name": "steady", "rate": "20/s", "duration": "1s"}],
        }), prefix=(sys.executable, "-c", MUTE_RESOLVER))
        if m.run.code == MUTE_REFUSED:
            raise unittest.SkipTest("no name spaces")
        self.assertLess(m.took, 6)
        self.assertEqual(self.ends_in(m, "timeout_connect").code, 4)

    def test_a_queue_of_connections_that_is_full(self):
        with socket.socket() as listener, contextlib.ExitStack() as waiting:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            address = listener.getsockname()
            for _ in range(4):
                s = waiting.enter_context(socket.socket())
                s.setblocking(False)
                s.connect_ex(address)
            target = {"target": {"base_url": f"http://127.0.0.1:{address[1]}/v1"}}
            m = Measured(rig.merged(SOON, target))
            self.assertEqual(self.ends_in(m, "timeout_connect").code, 4)

    def test_ipv6(self):
        try:
            server = hostile.Server(family=socket.AF_INET6).__enter__()
        except OSError as why:
            raise unittest.SkipTest("no IPv6") from why
        try:
            self.ends_in(Measured({"target": {"base_url": server.url("good")}}), "ok")
        finally:
            server.__exit__()

    def test_few_descriptors(self):
        """What this machine could not send is no fault of the server."""
        with hostile.Server() as server:
            m = Measured({"target": {"base_url": server.url("frames-without-end")},
                          "timeout": SOON["timeout"],
                          "load": [{"name": "steady", "rate": "100/s", "duration": "1s"}]},
                         prefix=("sh", "-c", 'ulimit -n 64; exec "$@"', "sh"))
        run = self.sound(m)
        self.assertEqual(run.code, 3)
        self.assertIn("client-limited", run.out)
        self.assertIn("ulimit -n", run.out)
        self.assertEqual({a["error_code"] for a in run.attempts if a["outcome"] == "transport"},
                         {"no_socket"})


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")


class Tls(Case):
    """Servers that are not who they should be."""

    @classmethod
    def setUpClass(cls):
        cls.folder = os.path.dirname(rig.fresh())
        cls.openssl("req", "-x509", *NEW_KEY, "ca.key", "-out", "ca.pem", "-days", "2",
                    "-subj", "/CN=test authority")
        cls.signed("right", "IP:127.0.0.1")
        cls.signed("elsewhere", "DNS:example.org")
        cls.signed("past", "IP:127.0.0.1", "-startdate", "20200101000000Z", "-enddate",
                   "20200102000000Z")

    @classmethod
    def openssl(cls, *args):
        subprocess.run([servers.program("openssl", "Debian: openssl"), *args], check=True,
                       capture_output=True, cwd=cls.folder)

    @classmethod
    def signed(cls, name, host, *dates):
        """A certificate of our authority."""
        servers.write(cls.folder, "ca.conf", "[ca]\ndefault_ca=d\n[d]\ndatabase=index\n"
                      "new_certs_dir=.\ndefault_md=sha256\npolicy=p\nrand_serial=yes\n"
                      "unique_subject=no\ncopy_extensions=copy\n[p]\ncommonName=supplied\n")
        servers.write(cls.folder, "index", "")
        cls.openssl("req", *NEW_KEY, name + ".key", "-out", name + ".csr", "-subj",
                    "/CN=" + name, "-addext", "subjectAltName=" + host)
        cls.openssl("ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem",
                    "-keyfile", "ca.key", "-in", name + ".csr", "-out", name + ".pem",
                    *(dates or ("-days", "2")))

    def against(self, name, **tls):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(self.folder, name + ".pem"),
                                os.path.join(self.folder, name + ".key"))
        with hostile.Server(tls=context) as server:
            run = self.sound(Measured({"target": {"base_url": server.url("good")},
                                       "connection": {"tls": tls}}))
            return run, len(server.requests)

    def test_who_cannot_show_who_he_is_gets_no_request(self):
        ca = os.path.join(self.folder, "ca.pem")
        for name, tls in (("right", {}), ("elsewhere", {"ca": ca}), ("past", {"ca": ca})):
            with self.subTest(name):
                run, requests = self.against(name, **tls)
                self.assertEqual((run.code, requests), (4, 0))
                self.assertEqual(self.outcomes(run), {"transport"})
                self.assertIn("certificate", run.attempts[0]["error"])

    def test_who_can_gets_them(self):
        run, requests = self.against("right", ca=os.path.join(self.folder, "ca.pem"))
        self.assertEqual((self.outcomes(run), requests), ({"ok"}, 4))
        run, requests = self.against("past", verify=False)
        self.assertEqual((self.outcomes(run), requests), ({"ok"}, 4))

    def test_bytes_that_are_no_tls(self):
        for lie, outcome in ((hostile.garbage, "transport"), (hostile.tls_alert, "transport"),
                             (hostile.reset_on_accept, "transport"),
                             (hostile.never_read, "timeout_connect")):
            with self.subTest(lie.__name__), hostile.Server(lie) as server:
                target = {"target": {"base_url": server.url("good", "https")}}
                m = Measured(rig.merged(SOON, target))
                self.assertEqual(self.ends_in(m, outcome).code, 4)


if __name__ == "__main__":
    unittest.main()
