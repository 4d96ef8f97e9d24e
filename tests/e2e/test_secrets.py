"""No key, no header that carries one, no user-info of a URL in any file or message."""

import os
import unittest

import rig

KEY = "gsk_CanaryKeyCanaryKeyCanaryKey42"
USER = "canaryuser"
PASSWORD = "CanaryPasswordCanary"


def answer(status, body, *headers):
    head = [b"HTTP/1.1 %d Refused" % status, b"Content-Type: application/json",
            b"Content-Length: %d" % len(body), b"Connection: close", *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def everything(run):
    """All that a run has left: (where, bytes)."""
    yield "stdout", run.out.encode()
    yield "stderr", run.err.encode()
    for folder, _, files in os.walk(run.dir):
        for name in files:
            file = os.path.join(folder, name)
            with open(file, "rb") as f:
                yield file, f.read()


class Secrets(unittest.TestCase):
    def clean(self, run, *more):
        for where, data in [*everything(run), *more]:
            for secret in KEY, PASSWORD, USER, "Bearer ":
                self.assertNotIn(secret.encode(), data, f"{secret} in {where}")
            self.assertNotRegex(data, rb"(?i)authorization:\s*bearer\s+[a-z0-9]", where)

    def with_key(self, target, **more):
        changes = rig.merged({"target": dict(target, api_key_env="E2E_KEY")}, more)
        return rig.run(changes, env={"E2E_KEY": KEY})

    def test_the_key_is_sent_and_stored_nowhere(self):
        body = b'{"error":{"message":"Invalid API Key","code":"invalid_api_key"}}'
        with rig.Listener(answer(401, body)) as server:
            run = self.with_key({"base_url": server.url})
            sent = b"".join(server.received)
        self.assertIn(b"Bearer " + KEY.encode(), sent)
        self.clean(run)

    def test_a_server_that_says_the_key_back(self):
        body = ('{"error":{"message":"Incorrect API key provided: %s. Header was: '
                'Authorization: Bearer %s","code":"invalid_api_key"}}' % (KEY, KEY)).encode()
        with rig.Listener(answer(400, body, b"x-request-id: " + KEY.encode())) as server:
            run = self.with_key({"base_url": server.url})
        self.clean(run)

    def test_a_run_against_the_simulator(self):
        run = self.with_key({"base_url": "sim:"})
        self.assertIn(run.code, rig.FINE, run.err)
        report = rig.tokdyno("report", run.dir)
        self.clean(run, ("report", report.out.encode()))

    def test_the_log_of_a_simulator_that_is_sent_a_key(self):
        with rig.Sim() as sim:
            run = self.with_key({"base_url": sim.url})
            with open(sim.truth_file, "rb") as f:
                truth = f.read()
        self.assertIn(run.code, rig.FINE, run.err)
        self.clean(run, ("truth", truth), ("sim", (sim.done.out + sim.done.err).encode()))

    def test_user_info_of_the_url(self):
        with rig.Sim() as sim:
            url = f"http://{USER}:{PASSWORD}@127.0.0.1:{sim.port}/openai/v1"
            self.clean(rig.run({"target": {"base_url": url}}))
            self.clean(rig.run({}, "--target", url))

    def test_nobody_there(self):
        run = self.with_key({"base_url": f"http://127.0.0.1:{rig.free_port()}/v1"})
        self.assertEqual(run.code, 4, run.err)
        self.clean(run)

    def test_a_wrong_scenario_that_holds_a_url_with_user_info(self):
        file = rig.scenario({"target": {"base_url": f"htp://{USER}:{PASSWORD}@h/v1"}})
        done = rig.tokdyno("run", file, "--set", "load.steady.rate=10/s")
        self.assertEqual(done.code, 2)
        self.assertNotIn(PASSWORD, done.out + done.err)

    def test_keys_among_extra_headers(self):
        with rig.Sim() as sim:
            run = rig.run({"target": {"base_url": sim.url,
                                      "headers": [f"Authorization: Bearer {KEY}"]}})
        self.clean(run)
