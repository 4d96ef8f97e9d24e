"""What the end-to-end tests share: the program, its simulator, run directories, the truth.

    with rig.Sim("--seed", "1") as sim:
        run = rig.run({"target": {"base_url": sim.url}, ...})
    run.code, run.out, run.err, run.attempts, run.json
"""

import json
import os
import shutil
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.abspath(os.environ.get("TOKDYNO", os.path.join(ROOT, "build", "tokdyno")))


def path(relative):
    return os.path.join(ROOT, relative)


class Done:
    """A program that has ended."""

    def __init__(self, code, out, err):
        self.code = code
        self.out = out
        self.err = err


def environment(extra=None):
    """Ours without what could change a run: proxies, keys, colours."""
    kept = {k: v for k, v in os.environ.items()
            if not k.lower().endswith("_proxy") and not k.startswith("GROQ_")}
    kept["ASAN_OPTIONS"] = "detect_leaks=1:exitcode=99"
    kept["UBSAN_OPTIONS"] = "halt_on_error=1:exitcode=99:print_stacktrace=1"
    kept.update(extra or {})
    return kept


def tokdyno(*args, timeout=60, env=None, cwd=None, **more):
    """Run the program to its end; a hang is a failure of the test."""
    p = subprocess.run([PROGRAM, *map(str, args)], stdin=subprocess.DEVNULL, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                       env=environment(env), cwd=cwd or ROOT, check=False, **more)
    return Done(p.returncode, p.stdout, p.stderr)
