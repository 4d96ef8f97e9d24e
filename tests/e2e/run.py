#!/usr/bin/env python3
"""Runs the end-to-end tests: run.py [--tally FILE] [PATTERN]

Every tests/e2e/test_*.py is loaded; PATTERN picks tests whose name holds it. One line a test.
The program under test is $TOKDYNO (default build/tokdyno). Exit code 1 if any test failed.
"""

import argparse
import os
import signal
import sys
import time
import traceback
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST_S = 180  # no test may take longer: a hang is a failure


class TooLong(Exception):
    pass


def _alarm(_signal, _frame):
    raise TooLong(f"the test took longer than {LONGEST_S} s")


class Lines(unittest.TestResult):
    """One line a test; what went wrong stands right below it."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self._began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()
        signal.alarm(LONGEST_S)

    def stopTest(self, test):
        signal.alarm(0)
        super().stopTest(test)

    def _say(self, word, test, more=""):
        took = time.monotonic() - self._began
        name = test.id() if hasattr(test, "id") else str(test)
        print(f"{word:5}{name} ({took:.1f} s){more}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self._say("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._say("skip", test, f": {reason}")

    def _bad(self, test, err):
        text = "".join(traceback.format_exception(*err))
        self._say("FAIL", test, "\n     " + text.strip().replace("\n", "\n     "))

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._bad(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._bad(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._bad(subtest, err)


def each(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from each(item)
        else:
            yield item


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("pattern", nargs="?", default="", help="run tests whose name holds this")
    args.add_argument("--tally", help="write 'PASSED FAILED SKIPPED' to this file")
    args = args.parse_args()

    sys.path.insert(0, HERE)
    signal.signal(signal.SIGALRM, _alarm)
    found = unittest.defaultTestLoader.discover(HERE, pattern="test_*.py")
    wanted = unittest.TestSuite(t for t in each(found) if args.pattern in t.id())
    result = Lines()
    wanted.run(result)

    failed = len({str(t) for t, _ in result.failures + result.errors})
    counts = (result.passed, failed, len(result.skipped))
    if args.tally:
        with open(args.tally, "w", encoding="utf-8") as f:
            print(*counts, file=f)
    else:
        print(f"{counts[0]} passed, {counts[1]} failed" +
              (f", {counts[2]} skipped" if counts[2] else ""))
    return 1 if failed or not result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
