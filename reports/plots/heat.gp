# Three panels over one axis of time: the heat map, rates, limits.
top = has_limits ? 0.42 : 0.34
set multiplot
set lmargin at screen 0.13
set rmargin at screen 0.965
set xrange [0:t_end]
do for [i = 1:words(phase_at)] {
    set arrow i from word(phase_at, i), graph 0 to word(phase_at, i), graph 1 nohead lc rgb grey dt 2 lw 1 front
}

set tmargin at screen 0.905
set bmargin at screen top
do for [i = 1:words(phase_at)] {
    set label i phase_label(i, t_end) at word(phase_at, i), graph 1 left offset 0.2,0.6 textcolor rgb dim front
}
eval log_y
if (high / low > 1000) { unset ytics; set ytics nomirror textcolor rgb dim scale 0.5; set format y "%g" }
set yrange [low:high]
set format x ""
set ylabel (streamed ? "first token, ms (log)" : "whole answer, ms (log)")
set key at screen 0.13, screen 0.985 left top horizontal Left reverse
array shades[8] = [heat1, heat2, heat3, heat4, heat5, heat6, heat7, heat8]
plot for [i = 1:8] sprintf("$shade%d", i) using (0):(0):1:2:3:4 with boxxyerror fc rgb shades[i], \
     $course using 1:3 with lines lc rgb orange lw 1.6 title "p90", \
     $course using 1:2 with lines lc rgb red lw 2 title "p50"
unset label 9999

do for [i = 1:words(phase_at)] { unset label i }
unset logscale y
set format y "%g"
set tmargin at screen top - 0.06
set bmargin at screen (has_limits ? 0.255 : 0.11)
set yrange [0:*]
unset ytics
set ytics nomirror textcolor rgb dim scale 0.5 0, rate_tic
set ylabel "per s" offset 0,0
set key at graph 1, graph 1.03 right bottom horizontal Left reverse
if (!has_limits) { set format x "%g"; set xlabel "time since the trial began, s" }
plot $course using 1:4 with lines lc rgb green lw 2 title "answers", \
     $course using 1:5:(step) with boxes fc rgb red title (has_errors ? "errors" : "")

if (has_limits) {
    set tmargin at screen 0.2
    set bmargin at screen 0.095
    set format x "%g"
    set xlabel "time since the trial began, s"
    set yrange [0:105]
    set ytics 0, 50, 100
    set ylabel "left, %" offset 0,0
    plot $course using 1:7 with lines lc rgb blue lw 2 title "tokens", \
         $course using 1:6 with lines lc rgb purple lw 2 title "requests"
}
unset multiplot
