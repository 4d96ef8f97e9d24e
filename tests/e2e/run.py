#!/usr/bin/env python3
"""Runs the end-to-end tests: run.py [--tally FILE] [--lanes N] [PATTERN]

Every tests/e2e/test_*.py is loaded; PATTERN picks tests whose name holds it. One line a test.
The program under test is $TOKDYNO (default build/tokdyno). Exit code 1 if any test failed.

Most tests wait most of the time, so classes of them run side by side, in two lanes where there are
two cores. A class, or a file, that says ALONE = True holds times against each other that a
neighbour would spoil: these come last, one by one, on a machine of their own.
"""

import argparse
import multiprocessing
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

    def __init__(self, say):
        super().__init__()
        self.passed = 0
        self._began = 0.0
        self._out = say

    def counts(self):
        failed = len({str(t) for t, _ in self.failures + self.errors})
        return self.passed, failed, len(self.skipped)

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()
        signal.alarm(LONGEST_S)

    def stopTest(self, test):
        signal.alarm(0)
        self._began = 0.0
        super().stopTest(test)

    def _say(self, word, test, more=""):
        took = time.monotonic() - self._began if self._began else 0.0  # of a class, not a test
        name = test.id() if hasattr(test, "id") else str(test)
        self._out(f"{word:5}{name} ({took:.1f} s){more}")

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


def say(line):
    print(line, flush=True)


def run_class(tests, out=say):
    """(passed, failed, skipped) of the tests of one class."""
    result = Lines(out)
    unittest.TestSuite(tests).run(result)
    return result.counts()


def lane(classes, jobs, lines):
    """A process that takes one class after the other; None ends it."""
    signal.signal(signal.SIGALRM, _alarm)
    for i in iter(jobs.get, None):
        lines.put((run_class(classes[i], lambda line: lines.put((line, None))), i))
    lines.put((None, None))


def side_by_side(classes, lanes):
    """Counts of each class. A lane that dies takes its class with it, which has failed then."""
    here = multiprocessing.get_context("fork")
    jobs, lines = here.SimpleQueue(), here.SimpleQueue()
    processes = [here.Process(target=lane, args=(classes, jobs, lines)) for _ in range(lanes)]
    for process in processes:
        process.start()
    for i in [*range(len(classes)), *[None] * lanes]:
        jobs.put(i)
    counts = {}
    while any(process.is_alive() for process in processes) or not lines.empty():
        if lines.empty():
            time.sleep(.02)
            continue
        what, i = lines.get()
        if i is not None:
            counts[i] = what
        elif what:
            say(what)
    for i in set(range(len(classes))) - set(counts):
        say(f"FAIL {type(classes[i][0]).__qualname__}: its process died")
        counts[i] = (0, 1, 0)
    return list(counts.values())


def alone(tests):
    cls = type(tests[0])
    return getattr(cls, "ALONE", getattr(sys.modules.get(cls.__module__), "ALONE", False))


def by_class(suite, pattern):
    found = {}
    for test in each(suite):
        if pattern in test.id():
            found.setdefault(type(test) if not hasattr(test, "_exception") else test.id(), []).append(test)
    return list(found.values())


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("pattern", nargs="?", default="", help="run tests whose name holds this")
    args.add_argument("--tally", help="write 'PASSED FAILED SKIPPED' to this file")
    args.add_argument("--lanes", type=int, default=min(2, len(os.sched_getaffinity(0))),
                      help="classes side by side")
    args = args.parse_args()

    sys.path.insert(0, HERE)
    signal.signal(signal.SIGALRM, _alarm)
    classes = by_class(unittest.defaultTestLoader.discover(HERE, pattern="test_*.py"), args.pattern)
    together = [c for c in classes if not alone(c)] if args.lanes > 1 else []
    counts = side_by_side(together, min(args.lanes, len(together))) if together else []
    counts += [run_class(c) for c in classes if c not in together]

    passed, failed, skipped = (sum(c[i] for c in counts) for i in range(3)) if counts else (0, 0, 0)
    if args.tally:
        with open(args.tally, "w", encoding="utf-8") as f:
            print(passed, failed, skipped, file=f)
    else:
        print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed + skipped else 0


if __name__ == "__main__":
    sys.exit(main())
