"""What `make verdicts` counts in virtual time, confirmed on the wire: pairs of real runs against the
simulator, half of them the same, half with a head that takes 1.3 times as long.

    wire.py [PAIRS]      10 if not given; some 30 s each. Exit code 1 where a verdict is wrong.
"""

import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("TOKDYNO", os.path.join(ROOT, "build", "tokdyno")))
TRIALS, RATE, SECONDS, TRIES = 6, 120, 2.2, 20


def tokdyno(*args):
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True)


def measure(out, seed, slower):
    """One side; again where a busy machine could not carry it."""
    for i in range(TRIES):
        where = f"{out}-{i}"
        done = tokdyno("run", "--target", "sim:", "--model", "llama-3.1-8b-instant", "--rate", f"{RATE}/s",
                       "--duration", f"{SECONDS}s", "--max-tokens", 16, "--seed", seed, "--quiet", "--out", where,
                       "--set", f"repeat={TRIALS}", "--set", "limits.drain=3s",
                       "--set", "workload.words_per_token=0.75",
                       "--set", f"target.sim=[--speed, \"{1 / slower:.4f}\"]")
        if done.returncode == 0:
            return where
    sys.exit(f"no valid run in {TRIES} tries:\n{done.stdout}{done.stderr}")


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="tokdyno-wire-") as folder:
        for i in range(pairs):
            slower = 1.3 if i % 2 else 1.0
            base = measure(os.path.join(folder, f"base{i}"), 1000 + 2 * i, 1.0)
            head = measure(os.path.join(folder, f"head{i}"), 1001 + 2 * i, slower)
            done = tokdyno("compare", base, head, "--format", "json")
            got = json.loads(done.stdout)
            bad = (got["verdict"] == "fail") != (slower > 1)
            wrong += bad
            print(f"{i + 1:3} head {slower:.1f} times as slow: {got['headline']}{'   WRONG' if bad else ''}",
                  flush=True)
    print(f"{pairs - wrong} of {pairs} pairs as they should be")
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
