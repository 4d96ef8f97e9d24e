set xlabel "prompt, tokens"
set ylabel (ttft_log ? "first token, ms (log scale)" : "first token, ms")
if (ttft_log) { eval log_y }
set yrange [ttft_low:ttft_end]
set offsets graph 0.03, graph 0.03, 0, 0
plot $points using 1:2 with points pt 7 ps 0.45 lc rgb "#66" . blue[2:] title "request", \
     has_line ? at_0 + slope * x : NaN with lines lc rgb red lw 2 title (has_line ? "fitted line" : "")
