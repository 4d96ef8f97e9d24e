#!/bin/sh
# demo.sh PROGRAM: a first load test against the built-in simulator. A busy machine or a missed
# objective is something the demo shows, not a failure of it.
set -eu
program=$1
out=runs/demo-$(date +%Y%m%d-%H%M%S)

code=0
"$program" run scenarios/quickstart.yaml --out "$out" || code=$?

case $code in
0) ;;
1) echo "demo: the run went well, but a service-level objective of the scenario was missed" ;;
3) echo "demo: this machine was too busy to carry the load; the figures above are not to be trusted" ;;
*) exit $code ;;
esac
[ -s "$out/run.json" ] || { echo "demo: no $out/run.json was written"; exit 1; }

cat <<END

The results are in $out
  run.json         every figure above, for machines
  requests.jsonl   the journal: each request, each moment of it
  latency.hlog     histograms, for HDR tools
  truth.jsonl      what the simulator really did

Try next
  $program report $out
  $program run scenarios/quickstart.yaml --set load.steady.rate=40/s
  $program explain ttft
  ls scenarios        each opens with the question it answers
With a key for Groq
  GROQ_API_KEY=gsk_... $program run scenarios/quickstart.yaml --target https://api.groq.com/openai/v1
END
