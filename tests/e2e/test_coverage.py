"""docs/coverage.md: what it names is there, and what is there is named."""

import glob
import os
import re
import unittest

import rig

with open(rig.path("docs/coverage.md"), encoding="utf-8") as f:
    PAGE = f.read()

# Every endpoint of the API, whether we have it or not.
ENDPOINTS = ("POST /chat/completions", "POST /responses", "POST /audio/transcriptions",
             "POST /audio/translations", "POST /audio/speech", "GET /models", "GET /models/{id}",
             "DELETE /models/{id}", "POST /files", "GET /files", "GET /files/{id}",
             "DELETE /files/{id}", "GET /files/{id}/content", "POST /batches", "GET /batches",
             "GET /batches/{id}", "POST /batches/{id}/cancel", "POST /embeddings", "fine-tunings")
FEATURES = ("speech to text", "text to speech", "vision", "structured outputs", "JSON mode",
            "tools of ours", "reasoning", "compound", "guard", "adapters", "batches",
            "prompt cache", "service tiers", "spend limit", "stop sequences", "regions",
            "conversations", "knee")


def rows():
    for line in PAGE.splitlines():
        if line.startswith("| ") and not line.startswith("|---"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def named(pattern):
    return set(re.findall(pattern, PAGE))


class Coverage(unittest.TestCase):
    def test_every_file_that_is_named_is_there(self):
        files = named(r"`((?:scenarios|tests)/[\w./-]+)`") | {
            f"docs/{page}" for page in named(r"\]\(([\w-]+\.md)\)")}
        self.assertGreater(len(files), 40)
        missing = sorted(f for f in files if not os.path.exists(rig.path(f)))
        self.assertEqual(missing, [])

    def test_every_command_and_setting_that_is_named_is_there(self):
        usage = rig.tokdyno("-h").out
        for command in named(r"command `(\w+)`"):
            self.assertIn(f"\n  {command} ", usage)
        settings = rig.tokdyno("sim", "--help").out
        for flag in named(r"`(--[\w-]+)"):
            self.assertIn(f"  {flag}", settings)
        faults = rig.tokdyno("sim", "--faults").out
        for fault in named(r"--fault ([\w-]+)="):
            self.assertRegex(faults, rf"(?m)^  {fault}\b")

    def test_every_figure_that_is_named_can_be_explained(self):
        heads = None
        for row in rows():
            if "figures" in row:
                heads = row
            elif heads and len(row) == len(heads) and "figures" in heads:
                for name in re.findall(r"`([a-z_0-9]+)`", row[heads.index("figures")]):
                    done = rig.tokdyno("explain", name)
                    self.assertEqual(done.code, 0, f"{name}: {done.err}")

    def test_every_scenario_is_named(self):
        for path in glob.glob(rig.path("scenarios/*.yaml")):
            self.assertIn(f"`scenarios/{os.path.basename(path)}`", PAGE)

    def test_every_endpoint_of_the_api_and_of_the_program_has_a_row(self):
        first = [row[0] for row in rows()]
        for endpoint in ENDPOINTS:
            self.assertTrue(any(endpoint in cell for cell in first), endpoint)
        for source in glob.glob(rig.path("bench/api/*.c")):
            with open(source, encoding="utf-8") as f:
                for path in re.findall(r'\.path = "(/[\w/{}]+)"', f.read()):
                    row = next(r for r in rows() if f"POST {path}`" in r[0])
                    self.assertNotIn("**not there**", row[1], f"{path} is there: say so")

    def test_every_feature_has_a_row(self):
        page = PAGE.lower()
        for feature in FEATURES:
            self.assertIn(feature.lower(), page)

    def test_what_is_not_there_claims_no_scenario_and_what_is_names_a_test(self):
        for row in rows():
            if row[1].startswith("**not there**"):
                self.assertNotIn("scenarios/", row[1])
            elif row[1].startswith("`scenarios/") and "test" in PAGE:
                self.assertRegex(row[-1], r"`tests/", row[0])
