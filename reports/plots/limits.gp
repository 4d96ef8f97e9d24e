set xlabel "time since the trial began, s"
set ylabel "left of the limit, %"
set yrange [0:108]
set ytics 0, 20, 100
set xrange [0:t_wall]
set tmargin 3.4
set key at graph 0, graph 1.09 left bottom horizontal Left reverse
do for [i = 1:words(phase_at)] {
    set arrow i from word(phase_at, i), graph 0 to word(phase_at, i), graph 1 nohead lc rgb grey dt 2 lw 1 front
    set label i phase_label(i, t_wall) at word(phase_at, i), graph 1 left offset 0.2,0.6 textcolor rgb dim front
}
fall(x, from, a, b) = x >= from && a + b * x >= 0 ? a + b * x : NaN
set samples 400
plot fall(x, tokens_from, tokens_at_0, tokens_slope) with lines lc rgb blue lw 1.5 dt 2, \
     fall(x, requests_from, requests_at_0, requests_slope) with lines lc rgb purple lw 1.5 dt 2, \
     $tokens using 1:2 with lines lc rgb blue lw 2 title "tokens", \
     $requests using 1:2 with lines lc rgb purple lw 2 title "requests", \
     $refused using 1:(2) with points pt 2 ps 0.8 lw 2 lc rgb red title (has_refused ? "refused" : "")
