// Reads a histogram log with the JavaScript library (npm hdr-histogram-js):
//     node hdr_read.js LIBRARY LOG
// One line of JSON: for each tag its rows added up: [count, max, p50, p90, p99].
const fs = require("fs");
const hdr = require(process.argv[2]);

const reader = new hdr.HistogramLogReader(fs.readFileSync(process.argv[3], "utf8"));
const sums = new Map();
for (let row = reader.nextIntervalHistogram(); row; row = reader.nextIntervalHistogram()) {
  if (!sums.has(row.tag)) {
    sums.set(row.tag, hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 86400000000000,
                                  numberOfSignificantValueDigits: 3, bitBucketSize: 64 }));
  }
  sums.get(row.tag).add(row);
}
const out = {};
for (const [tag, h] of sums) {
  out[tag] = [h.totalCount, h.maxValue].concat([50, 90, 99].map((p) => h.getValueAtPercentile(p)));
}
console.log(JSON.stringify(out));
