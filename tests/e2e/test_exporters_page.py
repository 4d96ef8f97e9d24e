"""The commands of docs/exporters.md, run as they stand there."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import unittest

import rig

PAGE = rig.path("docs/exporters.md")


def blocks():
    with open(PAGE, encoding="utf-8") as f:
        return re.findall(r"(?ms)^```sh\n(.*?)^```", f.read())


class Commands(unittest.TestCase):
    @staticmethod
    def shell(block, folder):
        """Exit code and stderr; what the block leaves in the background ends with it."""
        path = os.path.dirname(rig.PROGRAM) + ":" + os.environ["PATH"]
        said = rig.fresh("stderr")
        with open(said, "w", encoding="utf-8") as err:
            shell = subprocess.Popen(["sh", "-e", "-c", block], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.DEVNULL, stderr=err, cwd=folder,
                                     start_new_session=True,
                                     env=rig.environment({"PATH": path}))
            try:
                shell.wait(timeout=60)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGKILL)
        with open(said, encoding="utf-8") as f:
            return shell.returncode, f.read()

    def test_every_command_of_the_page_works_as_it_stands_there(self):
        folder = rig.fresh("page")
        os.mkdir(folder)
        self.assertGreater(len(blocks()), 4)
        for block in blocks():
            tool = next((t for t in ("prometheus",) if f"\n{t} " in block), None)
            with self.subTest(block):
                if tool and not shutil.which(tool):
                    continue  # the command itself is tested where the tool is there
                code, said = self.shell(block, folder)
                self.assertIn(code, rig.FINE, said)
        for made in ("runs/a/timeline.json", "runs/a/summary.csv", "attempts.csv", "tokdyno.prom",
                     "runs/a-itl.hgrm", "summary.csv"):
            self.assertGreater(os.path.getsize(os.path.join(folder, made)), 100, made)
