set multiplot
set lmargin at screen 0.13
set rmargin at screen 0.965
set xrange [0:t_end]
set yrange [0:*]
do for [i = 1:words(phase_at)] {
    set arrow i from word(phase_at, i), graph 0 to word(phase_at, i), graph 1 nohead lc rgb grey dt 2 lw 1 front
    set label i phase_label(i, t_end) at word(phase_at, i), graph 1 left offset 0.2,0.6 textcolor rgb dim front
}
set tmargin at screen 0.86
set bmargin at screen 0.555
set format x ""
set ylabel "requests per second"
set key at graph 1, graph 1.2 right bottom horizontal Left reverse
set ytics 0, rate_tic
plot $load using 1:3:(step) with boxes fc rgb sky title "achieved", \
     $load using 1:2 with lines lc rgb red lw 2 title (open ? "asked" : "")
unset label 9999
do for [i = 1:words(phase_at)] { unset label i }
set tmargin at screen 0.45
set key at graph 1, graph 1.03 right bottom horizontal Left reverse
set ytics 0, flight_tic
set bmargin at screen 0.145
set format x "%g"
set xlabel "time since the trial began, s"
set ylabel "in flight"
plot $load using 1:5:(step) with boxes fc rgb green title "achieved", \
     $load using 1:4 with lines lc rgb red lw 2 title (closed ? "asked" : "")
unset multiplot
