"""The page of `report` in a real browser: wide, narrow, light, dark; nothing lies upon another."""

import os
import shutil
import tempfile
import unittest

import chromium
import rig

GOLDEN = rig.path("tests/golden/report")

# Labels of a plot that share more than a hair of their boxes; and those beyond its edge.
OVERLAPS = """
[...document.querySelectorAll('figure')].flatMap(figure => {
  const box = figure.querySelector('svg').getBoundingClientRect();
  const all = [...figure.querySelectorAll('svg text')].filter(t => t.textContent.trim())
    .map(t => [t.textContent, t.getBoundingClientRect()]);
  const found = [];
  all.forEach(([text, a], i) => {
    if (a.left < box.left - 1 || a.right > box.right + 1 || a.top < box.top - 1 ||
        a.bottom > box.bottom + 1)
      found.push(figure.id + ': ' + text + ' is cut off');
    all.slice(i + 1).forEach(([other, b]) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1.5 && high > a.height * 0.35)
        found.push(figure.id + ': ' + text + ' and ' + other);
    });
  });
  return found;
})
"""

# Text of the page or of a plot that stands out too little from the ground: contrast below 4.
PALE = """
(() => {
  const parts = c => { const m = c.match(/[\\d.]+/g).map(Number); return m; };
  const light = c => { const l = parts(c).slice(0, 3).map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
  const ground = light(getComputedStyle(document.documentElement).backgroundColor);
  const pale = c => { const l = light(c);
    return (Math.max(l, ground) + 0.05) / (Math.min(l, ground) + 0.05) < 4; };
  return [...document.querySelectorAll('svg text, p, td, th, h1, h2, h3, figcaption')]
    .filter(e => e.textContent.trim())
    .filter(e => pale(e.closest('svg') ? getComputedStyle(e).fill : getComputedStyle(e).color))
    .map(e => e.tagName + ' ' + e.textContent.slice(0, 40));
})()
"""

FIRST_COLUMN = ("[...document.querySelectorAll('table.sort')[0].tBodies[0].rows]"
                ".map(r => r.cells[0].textContent)")


RUNS = "single", "matrix", "one", "failed"


def journal(name):
    """Lines of a journal; of one answer alone, of failures alone, made from that of `single`."""
    file = os.path.join(GOLDEN, ("matrix" if name == "matrix" else "single") + ".jsonl")
    with open(file, encoding="utf-8") as f:
        lines = f.readlines()
    if name == "one":
        return [lines[0], [line for line in lines if '"outcome":"ok"' in line][-1]]
    if name == "failed":
        return [line.replace('"outcome":"ok"', '"outcome":"overloaded"') for line in lines]
    return lines


class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("gnuplot"):
            raise unittest.SkipTest("gnuplot is not installed")
        cls.browser = cls.enterClassContext(chromium.Chromium())
        cls.dir = tempfile.mkdtemp(prefix="tokdyno-browser-")
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        for name in RUNS:
            os.mkdir(os.path.join(cls.dir, name))
            with open(os.path.join(cls.dir, name, "requests.jsonl"), "w", encoding="utf-8") as f:
                f.writelines(journal(name))
            done = rig.tokdyno("report", os.path.join(cls.dir, name), "--format", "html")
            assert done.code == 0, done.err

    def opened(self, name, width=1280, scheme="light"):
        page = self.browser.open("about:blank")
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=900,
                  deviceScaleFactor=1, mobile=False)
        page.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.call("Page.navigate", url="file://" + os.path.join(self.dir, name, "report.html"))
        page.wait_for("document.readyState == 'complete' && !!document.querySelector('footer')")
        return page

    def test_nothing_lies_upon_another_and_nothing_is_cut_off(self):
        for name in RUNS:
            for width in 1280, 390:
                with self.subTest(name=name, width=width):
                    page = self.opened(name, width)
                    self.assertEqual(page.evaluate(OVERLAPS), [])
                    self.assertLessEqual(
                        page.evaluate("document.documentElement.scrollWidth"), width)

    def test_text_stands_out_on_light_and_on_dark_ground(self):
        grounds = set()
        for scheme in "light", "dark":
            with self.subTest(scheme):
                page = self.opened("matrix", scheme=scheme)
                grounds.add(page.evaluate(
                    "getComputedStyle(document.documentElement).backgroundColor"))
                self.assertEqual(page.evaluate(PALE), [])
        self.assertEqual(len(grounds), 2)

    def test_tables_are_sorted_by_a_click_on_their_heads(self):
        page = self.opened("matrix")
        before = page.evaluate(FIRST_COLUMN)
        for _ in range(2):
            page.evaluate("document.querySelectorAll('table.sort')[0].tHead.rows[0].cells[0].click()")
        self.assertEqual(page.evaluate(FIRST_COLUMN), before[::-1])
        self.assertGreater(len(before), 1)


if __name__ == "__main__":
    unittest.main()
