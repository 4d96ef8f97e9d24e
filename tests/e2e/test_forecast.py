"""The limits laboratory: the wall that was foreseen, held against the one that was met."""

import unittest

import rig

MODEL = "small"
LIMITS = {"rpm": 1000, "rpd": 100000, "tpm": 1000000, "tpd": 100000000}


def catalogue(**limits):
    """A file in which the free plan of the one model has these limits."""
    file = rig.fresh("catalogue.yaml")
    kept = ", ".join(f"{k}: {v}" for k, v in {**LIMITS, **limits}.items())
    with open(file, "w", encoding="utf-8") as f:
        f.write(f"as_of: 2026-01-01\nsource: \"a test\"\nmodels:\n  {MODEL}:\n    context: 8192\n"
                f"    max_completion: 1024\n    speed_tps: 1000\n    status: production\n"
                f"    limits:\n      free: {{ {kept} }}\n")
    return file


class Forecast(unittest.TestCase):
    def lab(self, known, *sim, **changes):
        """A run by what `known` says of the limits; the simulator keeps to it unless told otherwise."""
        run = rig.run(rig.merged({
            "target": {"plan": "free", "catalogue": known,
                       "sim": ["--plan", "free", "--catalogue", known, "--queue-median", "1ms", "--output", "16", *sim]},
            "request": {"body": {"model": MODEL, "max_completion_tokens": 16}},
            "load": [{"name": "wall", "rate": "20/s", "arrival": "even", "duration": "3s"}]}, changes))
        self.assertIn(run.code, (*rig.FINE, 5), run.err)
        forecast = run.json["cells"][0].get("forecast")
        pages = {"text": " ".join(run.out.split()),
                 "md": rig.tokdyno("report", run.dir, "--format", "md").out.replace("\\", "")}
        page = rig.fresh("page.html")
        rig.tokdyno("report", run.dir, "--format", "html", "--out", page)
        with open(page, encoding="utf-8") as f:
            pages["html"] = f.read()
        again = rig.tokdyno("report", run.dir, "--format", "json").out
        self.assertEqual(again.encode(), run.read("run.json"))
        return forecast, pages

    def told(self, pages, *sentences):
        """In the first screen of each: before the first table or section."""
        ends = {"text": "Rate limits met", "md": "| |", "html": "</header>"}
        for name, page in pages.items():
            head = page[:page.index(ends[name])] if ends[name] in page else page[:3000]
            for sentence in sentences:
                self.assertRegex(head, sentence, name)

    def as_foreseen(self, forecast, limit, within=0.1):
        self.assertEqual((forecast["verdict"], forecast["limit"]), ("met", limit), forecast)
        self.assertAlmostEqual(forecast["reached_ppm"] / 1e6, 1, delta=within)
        rooms = {h["limit"]: h for h in forecast["headroom"]}
        self.assertEqual(set(rooms), {"RPM", "RPD", "TPM", "TPD"})
        self.assertEqual({k for k, h in rooms.items() if h["by"] == "headers"}, {"RPD", "TPM"})
        return rooms

    def test_requests_a_minute(self):
        forecast, pages = self.lab(catalogue(rpm=20))
        rooms = self.as_foreseen(forecast, "RPM")
        self.assertEqual((forecast["size"], forecast["named_size"], forecast["announced"]), (20, 20, "no"))
        self.assertTrue(forecast["enforced_low"] <= 20 <= forecast["enforced_high"] + 1, forecast)
        self.assertEqual(rooms["RPM"]["left"], 0)
        self.assertGreater(rooms["RPD"]["left"], 99900)
        self.told(pages, "Forecast: RPM, 20 by the catalogue, after 20 requests", "Met: RPM, 20 by the refusal, after 2",
                  "No header announces RPM", "Head-room left: RPD 99,9.. of 100,000")

    def test_tokens_a_minute(self):
        forecast, pages = self.lab(catalogue(tpm=2000))
        self.as_foreseen(forecast, "TPM", within=0.15)
        self.assertEqual((forecast["announced"], forecast["announced_size"]), ("yes", 2000))
        self.told(pages, "Forecast: TPM, 2,000 by the catalogue, after", "Met: TPM, 2,000 by the refusal",
                  "Headers announce TPM 2,000")

    def test_requests_a_day(self):
        forecast, pages = self.lab(catalogue(rpd=25))
        self.as_foreseen(forecast, "RPD", within=0.05)
        self.assertEqual((forecast["announced"], forecast["announced_size"]), ("yes", 25))
        self.told(pages, "Forecast: RPD, 25 by the catalogue, after 25 requests", "Met: RPD, 25 by the refusal, after 25",
                  "as foreseen")

    def test_a_server_that_announces_nothing(self):
        forecast, pages = self.lab(catalogue(tpm=2000), "--limit-headers=off")
        self.assertEqual((forecast["verdict"], forecast["announced"], forecast["announced_size"]), ("met", "no", None))
        self.assertEqual({h["by"] for h in forecast["headroom"]}, {"count"})
        self.told(pages, "No header announces TPM", "RPM [0-9]+ of 1,000 by our count")

    def test_a_server_that_announces_another_limit_than_it_enforces(self):
        forecast, pages = self.lab(catalogue(tpm=50000), "--limit", "tpm=2000", "--announce", "tpm=50k")
        self.assertEqual((forecast["verdict"], forecast["announced"]), ("unforeseen", "another"), forecast)
        self.assertEqual((forecast["announced_size"], forecast["named_size"]), (50000, 2000))
        self.assertGreater(forecast["announced_left"], 47000)
        self.told(pages, "Forecast: no known limit is met. Met: TPM",
                  "The server announces another limit than it enforces: TPM 50,000 by its headers, "
                  "4[0-9],[0-9]+ left at the refusal; it enforces 2,000")

    def test_another_limit_comes_first(self):
        forecast, pages = self.lab(catalogue(rpm=40), "--limit", "tpm=1000")
        self.assertEqual((forecast["verdict"], forecast["limit"]), ("another limit", "RPM"))
        self.assertLess(forecast["reached_ppm"], 600000)
        self.told(pages, "Forecast: RPM, 40 by", r"Met: TPM, 1,000 by the refusal, .* earlier than foreseen")

    def test_a_limit_that_is_not_enforced(self):
        forecast, pages = self.lab(catalogue(rpm=20), "--limit", "rpm=100k")
        self.assertEqual(forecast["verdict"], "not enforced")
        self.assertGreater(forecast["reached_ppm"], 2000000)
        self.told(pages, "Not met: 60 requests got through, 300 % of what was foreseen: the limit is larger, or not enforced")

    def test_a_load_that_ends_before_it_comes_so_far(self):
        forecast, pages = self.lab(catalogue(rpm=20), budget={"requests": 10})
        self.assertEqual(forecast["verdict"], "not reached")
        self.told(pages, "Not met: the load ended after 10 requests, 50.0 % of the way")

    def test_a_client_that_paces_itself_meets_none(self):
        forecast, pages = self.lab(catalogue(rpm=20), "--limit", "rpm=100k",
                                   limits={"pace_to_rate_limits": True, "drain": "1s"})
        self.assertEqual(forecast["verdict"], "paced")
        self.told(pages, "where the client holds back. Not met: the client paced itself")

    def test_nothing_foreseen_and_nothing_met_is_not_worth_a_word(self):
        forecast, pages = self.lab(catalogue())
        self.assertIsNone(forecast)
        self.assertFalse(any("Forecast" in page for page in pages.values()))


if __name__ == "__main__":
    unittest.main()
