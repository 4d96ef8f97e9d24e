"""Markdown as the renderer of GitHub makes it (cmark-gfm): tables are tables, names stay text."""

import os
import re
import shutil
import subprocess
import unittest

import rig
import sides
from test_report_page import HOSTILE, Page

GATES = rig.path("tests/golden/gate")
REPORTS = rig.path("tests/golden/report")


def rendered(text):
    return subprocess.run(["cmark-gfm", "--unsafe", "-e", "table", "-e", "strikethrough", "-e", "autolink"],
                          input=text, capture_output=True, text=True, check=True).stdout


@unittest.skipUnless(shutil.which("cmark-gfm"), "no cmark-gfm; Debian's package of that name has it")
class Rendered(unittest.TestCase):
    def looked_at(self, text, tables):
        html = rendered(text)
        page = Page(html)
        self.assertEqual(page.open, [])
        self.assertEqual(html.count("<table>"), tables, html)
        self.assertNotIn("|", re.sub(r"<(td|th)[^>]*>.*?</\1>", "", html, flags=re.S))
        for row in re.findall(r"<tr>.*?</tr>", html, re.S):
            self.assertGreater(len(re.findall(r"<t[dh]", row)), 2)
        return html, page

    def test_every_golden_file_is_made_of_headings_and_tables(self):
        for folder, names in ((GATES, ("check.md", "compare.md")), (REPORTS, ("single.md", "matrix.md", "both.md"))):
            for name in names:
                with self.subTest(name), open(os.path.join(folder, name), encoding="utf-8") as f:
                    text = f.read()
                    html, page = self.looked_at(text, 1 if folder == GATES else 2)
                    self.assertIn(page.tags[0], ("h2", "h3"))
                    self.assertNotIn("**", html)
                    self.assertNotIn("\\", html)

    def test_a_failed_figure_stands_out(self):
        with open(os.path.join(GATES, "compare.md"), encoding="utf-8") as f:
            html = rendered(f.read())
        self.assertRegex(html, r"<td><strong>ttft p50</strong></td>")
        self.assertIn("<td>error_rate</td>", html)

    def test_hostile_names_stay_text(self):
        folder = sides.folder()
        name = HOSTILE + "|a|*b*_c_[d](e)~~f~~ www.example.com @g #h"
        run = sides.write(os.path.join(folder, "run"), sides.BASE, scenario={"name": name})
        with open(run, encoding="utf-8") as f:
            text = f.read().replace('"name": "chat"', '"name": ' + sides.json.dumps(name), 1)
        with open(run, "w", encoding="utf-8") as f:
            f.write(text)
        for args in (("check", run, "--slo", "ttft p50 < 1s"), ("compare", run, run), ("report", run, "--format", "md")):
            done = rig.tokdyno(*args, *(() if args[0] == "report" else ("--format", "md")))
            with self.subTest(args[0]):
                self.assertIn(done.code, (0, 3), done.err)
                page = Page(rendered(done.out))
                self.assertEqual(set(page.tags) & {"script", "img", "del", "em"}, set())


if __name__ == "__main__":
    unittest.main()
