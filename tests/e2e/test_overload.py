"""Overload on purpose: a run that calls itself valid has the figures that the simulator's log has.

Every test ends in the same question. INVALID may say anything; what is called valid or degraded
has to be right, whatever was done to the client meanwhile.
"""

import contextlib
import copy
import glob
import os
import signal
import subprocess
import time
import unittest

import rig
import truth

ALONE = True  # who shares a core with the client is what is tested

FROZEN = 0.3
PACED = ["--event-tokens", "1", "--burst", "1", "--capacity", "0", "--output", "max", "--jitter",
         "0.1", "--queue-sigma", "0.3"]


def streams(n, tokens, requests=None):
    return {"request": {"body": {"max_completion_tokens": tokens}},
            "limits": {"in_flight": 4096},
            "load": [{"name": "steady", "concurrency": n, "requests": requests or n}]}


def opened(rate, seconds, tokens=20):
    return {"request": {"body": {"max_completion_tokens": tokens}},
            "limits": {"in_flight": 4096},
            "load": [{"name": "steady", "rate": f"{rate}/s", "duration": f"{seconds}s"}]}


@contextlib.contextmanager
def burners(n, cores):
    """Processes that want all of a core, and so half of it or less is left."""
    with truth.pinned(cores):
        started = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(n)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def begun(process, directory):
    """Wait until the run has its journal, and so is about to send."""
    journal = os.path.join(directory, "requests.jsonl")
    while process.poll() is None and not os.path.exists(journal):
        time.sleep(0.002)


def frozen(after, long=FROZEN, times=1):
    def during(process, directory):
        begun(process, directory)
        for _ in range(times):
            time.sleep(after)
            process.send_signal(signal.SIGSTOP)
            time.sleep(long)
            process.send_signal(signal.SIGCONT)
    return during


class Group:
    """A control group of our own whose processes get a share of one core; gone with the block."""

    V1, V2 = "/sys/fs/cgroup/cpu", "/sys/fs/cgroup"

    def __init__(self, share):
        self.quota = int(share * 100_000)

    def __enter__(self):
        first = os.path.exists(os.path.join(self.V1, "cpu.cfs_quota_us"))
        self.path = os.path.join(self.V1 if first else self.V2, f"tokdyno-e2e-{os.getpid()}")
        for left in glob.glob(self.path.rpartition("-")[0] + "-*"):
            if not os.path.exists(f"/proc/{left.rpartition('-')[2]}"):
                with contextlib.suppress(OSError):
                    os.rmdir(left)  # of tests that were killed
        try:
            os.mkdir(self.path)
        except OSError as e:
            raise unittest.SkipTest(f"no control group of our own here: {e}")
        try:
            if first:
                self.write("cpu.cfs_period_us", 100_000)
                self.write("cpu.cfs_quota_us", self.quota)
            else:
                self.write("cpu.max", f"{self.quota} 100000")
        except OSError as e:
            self.__exit__()
            raise unittest.SkipTest(f"control groups without a limit of CPU time here: {e}")
        return self

    def write(self, name, value):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as f:
            f.write(str(value))

    def enter(self):
        """Called in the child that is to live there."""
        self.write("cgroup.procs", os.getpid())

    def __exit__(self, *_):
        for _ in range(100):
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"{self.path} could not be removed: a process still lives there")


@unittest.skipIf(len(truth.CORES) < 2, "needs a core for the simulator and one for the client")
class Overload(unittest.TestCase):
    def right_or_invalid(self, changes, *flags, during=None, before=None):
        with truth.simulator("--seed", "3", *PACED, *flags) as sim:
            run = truth.client(rig.merged({
                "target": {"base_url": sim.url, "id_header": True, "plan": "developer"}},
                changes), during, before)
            log = sim.truth()
        return truth.never_valid_with_wrong_figures(run, log), run, log

    def test_left_alone_it_is_right_and_the_question_has_teeth(self):
        figures, run, log = self.right_or_invalid(streams(12, 30, 60), "--tps", "100")
        self.assertGreaterEqual(len(list(figures.rows())), 12)
        if figures.verdict != "valid":
            self.skipTest(f"the machine is too busy: {figures.verdict}")
        for metric, name, true, _ in list(figures.rows()):
            forged = copy.deepcopy(figures)
            told = forged.told[metric]
            worse = true + max(2 * truth.MS, true // 25)
            if name == "max":  # the report may have said by how much this one is off
                worse += told.get("error_of_max") or 0
                told[name] = worse
            else:
                told[name]["value"] = worse
            self.assertEqual([w.split(":")[0] for w in forged.wrong()], [f"{metric} {name}"])

    def test_burners_beside_it(self):
        for n, load in ((1, opened(60, 2)), (2, streams(40, 60)), (1, streams(4, 80, 8))):
            with self.subTest(burners=n, load=load["load"]), burners(n, {truth.CORES[-1]}):
                self.right_or_invalid(load, "--tps", "50")

    def test_burners_on_every_core(self):
        with burners(4, set(truth.CORES)):
            self.right_or_invalid(opened(60, 2), "--tps", "50")

    def test_the_least_of_priorities(self):
        with burners(1, {truth.CORES[-1]}):
            self.right_or_invalid(streams(20, 60), "--tps", "50", before=lambda: os.nice(19))

    def test_hiccups_and_a_server_that_thinks_long_and_then_speaks_fast(self):
        """10 ms are less than a hundredth of 1.5 s, and three gaps between frames."""
        self.right_or_invalid(streams(10, 250), "--tps", "300", "--queue-median", "1500ms",
                              during=frozen(0.06, 0.01, times=25))

    def test_stopped_at_any_moment(self):
        for after in 0.0, 0.15, 0.6, 1.1:
            with self.subTest(after=after):
                self.right_or_invalid(streams(10, 60), "--tps", "50", during=frozen(after))

    def test_stopped_while_requests_were_due(self):
        for after in 0.05, 0.7:
            with self.subTest(after=after):
                self.right_or_invalid(opened(60, 2), "--tps", "50", during=frozen(after))

    def test_stopped_for_so_short_in_so_long_a_run_that_no_percentile_shows_it(self):
        """40 ms in 5 s: under a hundredth of frames and requests, and all of it in stall and max."""
        for load in streams(4, 250), opened(100, 5, tokens=8):
            with self.subTest(load["load"]):
                self.right_or_invalid(load, "--tps", "50", during=frozen(2.5, 0.04))

    def test_a_tenth_of_a_core(self):
        with Group(0.1) as group:
            for load in streams(10, 60), opened(60, 2):
                with self.subTest(load["load"]):
                    self.right_or_invalid(load, "--tps", "50", before=group.enter)

    def test_three_times_the_streams_that_its_share_of_a_core_carries(self):
        """A tenth of a core is good for about 8,000 frames/s; 25,000 come."""
        with Group(0.1) as group:
            self.right_or_invalid(streams(500, 75), "--tps", "50", before=group.enter)


if __name__ == "__main__":
    unittest.main()
