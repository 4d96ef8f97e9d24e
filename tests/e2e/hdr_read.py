"""Reads a histogram log with the Python library (PyPI hdrhistogram): hdr_read.py LOG

One line of JSON: for each tag its rows added up: [count, max, p50, p90, p99].
"""

import json
import sys

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader


def main():
    base = HdrHistogram(1, 86_400_000_000_000, 3)
    reader = HistogramLogReader(sys.argv[1], base)
    sums = {}
    while True:
        row = reader.get_next_interval_histogram()
        if row is None:
            break
        tag = row.get_tag()
        if tag not in sums:
            sums[tag] = HdrHistogram(1, 86_400_000_000_000, 3)
        sums[tag].add(row)
    print(json.dumps({tag: [h.get_total_count(), h.get_max_value()] +
                      [h.get_value_at_percentile(p) for p in (50, 90, 99)]
                      for tag, h in sums.items()}))


main()
