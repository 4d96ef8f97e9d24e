"""A headless Chromium, driven through its pipe of the DevTools protocol.

    with chromium.Chromium() as browser:
        page = browser.open("http://127.0.0.1:8080/")
        page.evaluate("document.title")
"""

import fcntl
import json
import os
import shutil
import subprocess
import time
import unittest

import rig

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe")


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def evaluate(self, expression):
        got = self.call("Runtime.evaluate", expression=expression, returnByValue=True,
                        awaitPromise=True)
        assert "exceptionDetails" not in got, got["exceptionDetails"]
        return got["result"].get("value")

    def wait_for(self, expression, seconds=40):
        """Until it is true; its value."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = self.evaluate(expression)
            if value:
                return value
            time.sleep(0.2)
        raise AssertionError(f"{expression} did not become true in {seconds} s; the page says: "
                             + str(self.evaluate("document.body?.innerText"))[:1500])

    def click(self, x, y):
        for kind in "mousePressed", "mouseReleased":
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def above(fd):
    """The same under a number of two digits at least."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD, 10)
    os.close(fd)
    return moved


class Chromium:
    def __init__(self):
        program = shutil.which("chromium")
        if not program:
            raise unittest.SkipTest("no chromium; Debian's package of that name has it")
        self.program = program
        self.number = 0

    def __enter__(self):
        theirs_in, self.to = os.pipe()
        ours, theirs_out = os.pipe()
        # The shell puts the pipes where Chromium looks for them: 3 and 4. They come from above, so
        # that none is in the other's way; not every sh takes numbers of two digits.
        theirs_in, theirs_out = (above(fd) for fd in (theirs_in, theirs_out))
        command = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(
            ["bash", "-c", command, self.program, *FLAGS, f"--user-data-dir={rig.fresh('profile')}",
             "about:blank"], pass_fds=[theirs_in, theirs_out], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(theirs_in)
        os.close(theirs_out)
        self.answers = os.fdopen(ours, "rb")
        return self

    def _message(self):
        data = bytearray()
        while not data.endswith(b"\0"):
            byte = self.answers.read(1)
            if not byte:
                raise AssertionError("chromium has ended")
            data += byte
        return json.loads(data[:-1])

    def call(self, method, session=None, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            got = self._message()
            if got.get("id") == self.number:
                assert "error" not in got, got
                return got["result"]

    def open(self, url):
        target = self.call("Target.createTarget", url=url)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.call("Emulation.setDeviceMetricsOverride", width=1500, height=900,
                  deviceScaleFactor=1, mobile=False)
        return page

    def __exit__(self, *_):
        os.close(self.to)
        self.answers.close()
        self.process.terminate()
        self.process.wait(20)
