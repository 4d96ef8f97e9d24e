# Two panels over one axis of the rate that was asked for: the objective; what arrived and what failed.
set multiplot
set lmargin at screen 0.13
set rmargin at screen (has_failed ? 0.895 : 0.965)
if (rate_log) { eval log_x; set xrange [rate_low:rate_end] } else { set xrange [0:rate_end] }
if (has_knee) {
    set object 1 rectangle from knee_from, graph 0 to knee_to, graph 1 fc rgb purple fs transparent solid 0.3 noborder behind
    set arrow 1 from knee, graph 0 to knee, graph 1 nohead lc rgb purple lw 1.5 back
    share = rate_log ? log(knee / rate_low) / log(rate_end / rate_low) : knee / rate_end
    if (share > 0.8) { set label 1 knee_label at knee_to, graph 1 right offset 0,0.6 textcolor rgb dim }
    if (share < 0.2) { set label 1 knee_label at knee_from, graph 1 left offset 0,0.6 textcolor rgb dim }
    if (share >= 0.2 && share <= 0.8) { set label 1 knee_label at knee, graph 1 center offset 0,0.6 textcolor rgb dim }
}
set tmargin at screen 0.875
set bmargin at screen 0.435
set arrow 2 from graph 0, first bound to graph 1, first bound nohead lc rgb dim dt 2 lw 1.5 back
if (value_log) { eval log_y }
set yrange [value_low:value_end]
set format x ""
set ylabel objective_label . (value_log ? " (log scale)" : "")
set key at screen 0.13, screen 0.985 left top horizontal Left reverse
plot $met using 1:3:(0):($4-$3) with vectors nohead lc rgb green lw 1.5, \
     $missed using 1:3:(0):($4-$3) with vectors nohead lc rgb red lw 1.5, \
     $unsure using 1:3:(0):($4-$3) with vectors nohead lc rgb orange lw 1.5, \
     $invalid using 1:3:(0):($4-$3) with vectors nohead lc rgb grey lw 1.5, \
     $met using 1:2 with points pt 7 ps 0.7 lc rgb green title (has_met ? "met" : ""), \
     $missed using 1:2 with points pt 9 ps 0.8 lc rgb red title (has_missed ? "missed" : ""), \
     $unsure using 1:2 with points pt 5 ps 0.7 lc rgb orange title (has_unsure ? "unsure" : ""), \
     $invalid using 1:2 with points pt 2 ps 0.8 lw 1.5 lc rgb grey title (has_invalid ? "invalid" : "")
unset label 9999
unset label 1
unset arrow 2

unset logscale y
unset ytics
set ytics nomirror textcolor rgb dim scale 0.5 0, rate_tic
set format y "%g"
set format x "%g"
set yrange [0:rate_end]
# Of two scales: what failed is drawn in that of the other.
if (has_failed) {
    set y2range [0:failed_end]
    set y2tics nomirror textcolor rgb red scale 0.5 0, failed_tic
    set y2label "failed, %" textcolor rgb red offset -0.6,0
}
set tmargin at screen 0.345
set bmargin at screen 0.125
set xlabel "requests per second asked for" . (rate_log ? " (log scale)" : "")
set ylabel "per second" offset 0.4,0
set key at graph 0, graph 1.04 left bottom horizontal Left reverse
set samples 200
plot x <= rate_end ? x : NaN with lines lc rgb grey lw 1.2 dt 2 title "asked", \
     for [b in "$met $missed $unsure $invalid"] b using 1:5 with points pt 7 ps 0.6 lc rgb blue notitle, \
     NaN with points pt 7 ps 0.6 lc rgb blue title "arrived", \
     for [b in "$met $missed $unsure $invalid"] b using 1:(has_failed ? $6 / failed_end * rate_end : NaN) with points pt 8 ps 0.8 lw 1.5 lc rgb red notitle, \
     NaN with points pt 8 ps 0.8 lw 1.5 lc rgb red title (has_failed ? "failed" : "")
unset multiplot
