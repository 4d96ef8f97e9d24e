"""`report --format html|svg|png|pdf|md`: pages and plots of good, empty, failed and hostile runs."""

import json
import os
import pty
import re
import shutil
import struct
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree as xml
from html.parser import HTMLParser

import rig

GOLDEN = rig.path("tests/golden/report")
VOID = {"meta", "br", "link", "img", "input", "hr"}
HOSTILE = "'; system('touch owned'); \"<script>alert(1)</script>`touch owned`$x{/b}\\n"


class Page(HTMLParser):
    """Are all elements closed in order, which ids are there, what is fetched?"""

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.fetched, self.tags = [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href", "xlink:href") and not value.startswith("#"):
                self.fetched.append(value)
            assert not name.startswith("on"), (tag, name)

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()


def lines(name):
    with open(os.path.join(GOLDEN, name), encoding="utf-8") as f:
        return f.read().splitlines()


class ReportPage(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="tokdyno-page-")
        self.addCleanup(shutil.rmtree, self.dir)

    def run_of(self, name, journal):
        out = os.path.join(self.dir, name)
        os.mkdir(out)
        with open(os.path.join(out, "requests.jsonl"), "w", encoding="utf-8") as f:
            f.write("\n".join(journal) + "\n")
        return out

    def report(self, *args, **more):
        done = rig.tokdyno("report", *args, cwd=self.dir, **more)
        self.assertEqual(done.code, 0, done.err)
        return done

    def page(self, run):
        self.report(run, "--format", "html")
        with open(os.path.join(run, "report.html"), encoding="utf-8") as f:
            text = f.read()
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertEqual(page.fetched, [])
        self.assertEqual(len(page.ids), len(set(page.ids)), "an id twice")
        self.assertEqual(page.tags.count("script"), 1)
        return text, page

    def have_gnuplot(self):
        if not shutil.which("gnuplot"):
            self.skipTest("gnuplot is not installed")

    def test_a_run_makes_a_page_that_fetches_nothing_and_plots_that_are_well_formed(self):
        self.have_gnuplot()
        run = self.run_of("single", lines("single.jsonl"))
        text, page = self.page(run)
        self.assertGreaterEqual(page.tags.count("svg"), 6)
        self.assertNotIn("Some plots are missing", text)
        self.assertIsNone(re.search(r"https?://(?!www\.w3\.org/2000/svg)", text))
        plots = os.listdir(os.path.join(run, "plots"))
        self.assertEqual(len(plots), page.tags.count("svg"))
        for name in plots:
            with open(os.path.join(run, "plots", name), encoding="utf-8") as f:
                svg = f.read()
            root = xml.fromstring(svg.encode())
            self.assertTrue(root.tag.endswith("svg"))
            self.assertIn("prefers-color-scheme: dark", svg)
            self.assertIsNone(re.search(r"href=\"[^#]", svg), name)
            self.assertNotIn("Gnuplot", svg)

    def test_the_same_run_makes_the_same_page(self):
        run = self.run_of("single", lines("single.jsonl"))
        first, _ = self.page(run)
        second, _ = self.page(run)
        self.assertEqual(first, second)

    def test_the_hash_of_the_script_is_that_of_the_policy(self):
        import base64
        import hashlib
        text, _ = self.page(self.run_of("single", lines("single.jsonl")))
        script = text[text.index("<script>") + 8:text.index("</script>")]
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        self.assertIn("script-src 'sha256-%s'" % digest, text)

    def test_cells_and_runs_are_held_against_each_other(self):
        matrix = self.run_of("matrix", lines("matrix.jsonl"))
        text, _ = self.page(matrix)
        for part in ("What to choose", "Ranking", "Fastest first token"):
            self.assertIn(part, text)
        single = self.run_of("single", lines("single.jsonl"))
        both = os.path.join(self.dir, "both.html")
        self.report(single, matrix, "--format", "html", "--out", both)
        with open(both, encoding="utf-8") as f:
            text = f.read()
        self.assertIn("single", text)
        self.assertIn("matrix", text)
        done = rig.tokdyno("report", single, matrix, "--format", "html")
        self.assertEqual(done.code, 2)
        self.assertIn("--out", done.err)

    def test_runs_with_nothing_in_them_make_sensible_pages(self):
        journal = lines("single.jsonl")
        attempts = [line for line in journal if '"t":"attempt"' in line]
        failed = []
        for line in journal:
            entry = json.loads(line)
            if entry["t"] == "attempt":
                entry["outcome"] = "rate_limited"
                for moment in ("first", "answer", "role", "last"):
                    entry["times"].pop(moment, None)
                entry.pop("gaps", None)
            failed.append(json.dumps(entry))
        cases = {
            "empty": ([journal[0]], "No measured request has ended"),
            "one": ([journal[0], attempts[-1]], "needs"),
            "failed": (failed, "no measured request was answered well"),
            "torn": (lines("torn.jsonl"), "the journal has no end"),
        }
        for name, (entries, says) in cases.items():
            with self.subTest(name):
                text, _ = self.page(self.run_of(name, entries))
                self.assertIn(says, text)
                self.assertNotIn("Some plots are missing", text)
                self.assertIsNone(re.search(r"\bnan\b|>inf<", text.split("<svg")[0]))

    def test_hostile_names_reach_neither_gnuplot_nor_the_page(self):
        self.have_gnuplot()
        journal = [json.loads(line) for line in lines("single.jsonl")]
        journal[0]["name"] = journal[0]["question"] = HOSTILE
        journal[0]["cells"][0]["model"] = HOSTILE
        for phase in journal[0]["phases"]:
            phase["name"] += HOSTILE
        for k, entry in enumerate(journal):
            if entry["t"] == "attempt":
                entry["region"] = HOSTILE + str(k % 3)
        run = self.run_of("hostile", [json.dumps(e) for e in journal])
        for kind in ("html", "svg", "png", "pdf", "md"):
            done = self.report(run, "--format", kind)
            self.assertNotIn("gnuplot", done.err)
        text, _ = self.page(run)
        self.assertNotIn("<script>alert", text)
        self.assertNotIn("Some plots are missing", text)
        found = [f for _, _, files in os.walk(self.dir) for f in files if f == "owned"]
        self.assertEqual(found, [])

    def test_every_format_is_made(self):
        self.have_gnuplot()
        run = self.run_of("single", lines("single.jsonl"))
        starts = {"png": b"\x89PNG", "svg": b"<?xml"}
        for kind, start in starts.items():
            self.report(run, "--format", kind, "--out", os.path.join(self.dir, kind))
            for name in os.listdir(os.path.join(self.dir, kind)):
                with open(os.path.join(self.dir, kind, name), "rb") as f:
                    self.assertTrue(f.read(8).startswith(start), name)
        self.report(run, "--format", "pdf")
        with open(os.path.join(run, "report.pdf"), "rb") as f:
            self.assertTrue(f.read(5) == b"%PDF-")
        self.assertIn("| # | cell |", self.report(run, "--format", "md").out)

    def texts_of(self, name):
        """What is to be read in each plot of a run, in its order."""
        out = os.path.join(self.dir, name + "-svg")
        self.report(self.run_of(name, lines(name + ".jsonl")), "--format", "svg", "--out", out)
        for file in sorted(os.listdir(out)):
            root = xml.parse(os.path.join(out, file)).getroot()
            texts = ["".join(t.itertext()).strip() for t in root.iter("{http://www.w3.org/2000/svg}text")]
            yield f"{name}/{file}: " + " | ".join(t for t in texts if t)

    def test_what_is_read_in_plots_is_as_it_was_looked_at(self):
        """With TOKDYNO_GOLDEN=write the file is made anew, for a person to look at."""
        self.have_gnuplot()
        version = subprocess.run(["gnuplot", "--version"], capture_output=True, text=True).stdout
        if not version.startswith("gnuplot 5.4"):
            self.skipTest("made with gnuplot 5.4, which may put other tics than " + version.strip())
        got = "\n".join(line for name in ("single", "matrix") for line in self.texts_of(name)) + "\n"
        golden = os.path.join(GOLDEN, "plots.txt")
        if os.environ.get("TOKDYNO_GOLDEN") == "write":
            with open(golden, "w", encoding="utf-8") as f:
                f.write(got)
        with open(golden, encoding="utf-8") as f:
            self.assertEqual(got, f.read())

    def test_pictures_are_as_large_as_they_were_and_a_book_has_a_page_for_each(self):
        self.have_gnuplot()
        run = self.run_of("single", lines("single.jsonl"))
        self.report(run, "--format", "png")
        self.report(run, "--format", "pdf")
        names = os.listdir(os.path.join(run, "plots"))
        for name in names:
            with open(os.path.join(run, "plots", name), "rb") as f:
                width, height = struct.unpack(">II", f.read(24)[16:])
            self.assertEqual((width, height), (1120, 1040 if name == "heat.png" else 700), name)
        with open(os.path.join(run, "report.pdf"), "rb") as f:
            self.assertEqual(re.search(rb"/Count (\d+)", f.read()).group(1).decode(), str(len(names)))

    def test_a_long_journal_is_read_behind_a_bar(self):
        """On a terminal; elsewhere nobody watches."""
        journal = lines("single.jsonl")
        attempts = [line for line in journal if '"t":"attempt"' in line]
        run = self.run_of("long", [journal[0]] + attempts * (61000 // len(attempts)))
        ours, theirs = pty.openpty()
        process = subprocess.Popen([rig.PROGRAM, "report", run], stdin=subprocess.DEVNULL, stderr=theirs,
                                   stdout=subprocess.DEVNULL, env=rig.environment({"TERM": "xterm"}))
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 4096):
                said += piece
        except OSError:  # Linux says so where the other end was closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(60), 0)
        bars = re.findall(r"report \[(#+)(-+|)\] +(\d+) %  (0\.\d\d) million attempts read", said.decode())
        self.assertEqual([bar[3] for bar in bars], ["0.02", "0.04", "0.06"])
        self.assertEqual([len(bar[0] + bar[1]) for bar in bars], [30, 30, 30])
        self.assertTrue(said.endswith(b"\r\x1b[K") or b"\r\x1b[K" in said[-200:], said[-200:])
        self.assertEqual(self.report(run).err.count("#"), 0)

    def most_memory(self, run):
        """KiB that the program had resident at most while it made a page without plots."""
        none = os.path.join(self.dir, "no-programs")
        os.makedirs(none, exist_ok=True)
        with subprocess.Popen([rig.PROGRAM, "report", run, "--format", "html"], env=rig.environment({"PATH": none}),
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            most = 0
            while process.poll() is None:  # ru_maxrss would hold our own size too
                with open(f"/proc/{process.pid}/status", encoding="ascii", errors="replace") as f:
                    most = max(most, int(re.search(r"VmHWM:\s+(\d+)", f.read() + "VmHWM: 0").group(1)))
                time.sleep(0.002)
        self.assertEqual(process.returncode, 0)
        self.assertGreater(most, 0)
        return most

    @unittest.skipIf(rig.SANITIZED, "a sanitizer keeps what was freed")
    def test_memory_does_not_grow_with_the_journal(self):
        """Ten times the attempts, in time as well as in number."""
        journal = [json.loads(line) for line in lines("single.jsonl")]
        attempt = next(e for e in journal if e["t"] == "attempt" and e["outcome"] == "ok" and e["phase"] == 1)
        sizes = []
        for count in 4000, 40000:
            run = os.path.join(self.dir, f"of-{count}")
            os.mkdir(run)
            with open(os.path.join(run, "requests.jsonl"), "w", encoding="utf-8") as f:
                f.write(json.dumps(journal[0]) + "\n")
                for k in range(count):
                    entry = dict(attempt, req=k, times={m: t + k * 10**7 for m, t in attempt["times"].items()})
                    f.write(json.dumps(entry) + "\n")
            sizes.append(self.most_memory(run))
        self.assertLess(sizes[1] - sizes[0], 1500, sizes)

    def test_without_gnuplot_the_page_has_its_tables_and_says_what_is_missing(self):
        run = self.run_of("single", lines("single.jsonl"))
        none = os.path.join(self.dir, "bin")
        os.mkdir(none)
        done = rig.tokdyno("report", run, "--format", "html", env={"PATH": none})
        self.assertEqual(done.code, 0, done.err)
        self.assertIn("apt-get install gnuplot-nox", done.err)
        with open(os.path.join(run, "report.html"), encoding="utf-8") as f:
            text = f.read()
        self.assertIn("gnuplot-nox", text)
        self.assertIn("Phase steady", text)
        for kind in ("svg", "png", "pdf"):
            done = rig.tokdyno("report", run, "--format", kind, env={"PATH": none})
            self.assertEqual(done.code, 2)
            self.assertIn("gnuplot-nox", done.err)

    def test_a_gnuplot_that_fails_is_told_with_what_it_said(self):
        run = self.run_of("single", lines("single.jsonl"))
        fake = os.path.join(self.dir, "bin")
        os.mkdir(fake)
        with open(os.path.join(fake, "gnuplot"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\necho 'out of ink' >&2\nexit 1\n")
        os.chmod(os.path.join(fake, "gnuplot"), 0o755)
        done = rig.tokdyno("report", run, "--format", "html",
                           env={"PATH": fake + ":" + os.environ["PATH"]})
        self.assertEqual(done.code, 0)
        self.assertIn("out of ink", done.err)

    def test_wrong_use_is_told(self):
        run = self.run_of("single", lines("single.jsonl"))
        for args, says in ((("--format", "gif"), "svg, png or pdf"),
                           (("--out",), "which file"),
                           (("--out", "x"), "stdout")):
            done = rig.tokdyno("report", run, *args)
            self.assertEqual(done.code, 2)
            self.assertIn(says, done.err)
        done = rig.tokdyno("report", run, "--format", "html", "--out", "/no/such/folder/x.html")
        self.assertEqual(done.code, 2)
        self.assertIn("/no/such/folder", done.err)


if __name__ == "__main__":
    unittest.main()
