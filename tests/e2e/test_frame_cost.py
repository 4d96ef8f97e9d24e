"""What one streamed frame costs the client, in counts and not in time: instructions,
allocations, locks, system calls. Each is the difference of two runs with the same requests
and the same duration, of which one streams more frames; what a run costs once, or by the
second, falls out.
"""

import json
import os
import re
import shutil
import subprocess
import unittest

import rig

ALONE = True  # a client that is late reads several frames at once, and one that sleeps fewer

STREAMS = 4
FEW, MANY = 260, 500  # frames a stream; between two powers of two, where no array grows
FRAMES = STREAMS * (MANY - FEW)
NONE = 0.05  # a frame: what differs by chance, as a tick more or less

# Of all calls of libcurl, libevent and ours; the limit on instructions is for libcurl 7.88.
INSTRUCTIONS = 12000

# Once a read, with the reason; anything else is not to be there.
CALLS = {
    "epoll_wait": "the wait, once a turn",
    "timerfd_settime": "libevent's precise timer, once a turn",
    "recvmsg": "the look for the kernel's stamp",
    "recvfrom": "libcurl's read",
    "getsockopt": "was there disorder? Asked where a stamp is older than 0.2 ms, as it is under strace",
    "poll": "libcurl asks whether there is more",
}


class FrameCost(unittest.TestCase):
    def setUp(self):
        if rig.SANITIZED:
            self.skipTest("sanitizers have costs of their own")

    def need(self, tool, *quiet):
        """Skips where it is not installed, or must not look into other programs."""
        if not shutil.which(tool):
            self.skipTest(f"{tool} is not installed")
        if subprocess.run([tool, *quiet, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
            self.skipTest(f"{tool} does not work here")

    def stream(self, frames, under=(), env=None):
        """One request a stream, a frame a write, for a second and a half: between two samples
        of health, which cost as much as a hundred frames."""
        with rig.Sim("--tps", frames / 1.5, "--tps-sigma", 0, "--jitter", "0.3", "--event-tokens", 1,
                     "--burst", 1, "--capacity", 0, "--output", "max") as sim:
            out = rig.fresh()
            done = rig.tokdyno("run", rig.scenario({
                "target": {"base_url": sim.url}, "timeout": {"total": "60s"},
                "request": {"body": {"max_completion_tokens": frames}},
                "load": [{"concurrency": STREAMS, "requests": STREAMS}]}),
                "--out", out, "--quiet", under=under, env=env)
            self.assertIn(done.code, rig.FINE, done.err)
        attempts = rig.Run(out, done).attempts
        self.assertEqual([a["frames"] for a in attempts], [frames] * STREAMS)

    def per_frame(self, counts):
        """Of a function from frames to counts by name."""
        few, many = counts(FEW), counts(MANY)
        return {name: (many[name] - few.get(name, 0)) / FRAMES for name in many}

    def test_a_frame_allocates_nothing_and_takes_no_lock(self):
        library = os.path.join(os.path.dirname(rig.PROGRAM), "count.so")
        file = rig.fresh("counts")

        def counts(frames):
            self.stream(frames, env={"LD_PRELOAD": library, "COUNTS": file})
            with open(file, encoding="utf-8") as f:
                return json.load(f)

        cost = self.per_frame(counts)
        self.assertGreater(cost["clock_gettime"], 1, "the library counts nothing")
        for name in ("malloc", "calloc", "realloc", "free", "mutex_lock"):
            self.assertLess(cost[name], NONE, cost)

    def test_a_read_asks_the_system_for_no_more_than_it_must(self):
        self.need("strace", "-o", os.devnull)
        file = rig.fresh("calls")
        row = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$")

        def counts(frames):
            self.stream(frames, under=("strace", "-f", "-c", "-o", file))
            with open(file, encoding="utf-8") as f:
                return {m[2]: int(m[1]) for m in map(row.match, f) if m and m[2] != "total"}

        cost = self.per_frame(counts)
        reads = cost["recvfrom"]  # on a busy machine frames come together
        self.assertGreater(reads, 0.1, cost)
        for name, n in cost.items():
            most = reads + NONE if name in CALLS else NONE
            self.assertLess(n, most, f"{name}, at {reads} reads a frame: {cost}")

    def test_a_frame_takes_no_more_than_its_instructions(self):
        self.need("valgrind", "--tool=none")
        file = rig.fresh("callgrind")

        def counts(frames):
            self.stream(frames, under=("valgrind", "--quiet", "--tool=callgrind",
                                       f"--callgrind-out-file={file}"))
            with open(file, encoding="utf-8") as f:
                return {"instructions": int(re.search(r"^totals: (\d+)", f.read(), re.M)[1])}

        cost = self.per_frame(counts)
        self.assertGreater(cost["instructions"], 1000)
        self.assertLess(cost["instructions"], INSTRUCTIONS)


if __name__ == "__main__":
    unittest.main()
