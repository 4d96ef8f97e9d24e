set xlabel (ttft_log ? "first token, median, ms (log)" : "first token, median, ms")
set ylabel "speed, median, tokens per second"
set xrange [(ttft_log ? ttft_low : -0.06 * ttft_end):ttft_end * 1.1]
set yrange [0:tps_end * 1.15]
set xtics 0, ttft_tic
if (ttft_log) { unset xtics; set xtics autofreq nomirror textcolor rgb dim scale 0.5; set logscale x 10; set format x (ttft_end > 10000 ? "%.0s%c" : "%g") }
if (priced) {
    stats $offers using 3 nooutput
    most = STATS_max > 0 ? STATS_max : 1
} else {
    most = 1
}
size(p) = p >= 0 ? 0.9 + 2.6 * sqrt(p / most) : 1.4
plot $offers using 1:($5 == 1 ? $2 : NaN):(size($3)) with points pt 7 ps variable lc rgb green title "Pareto front", \
     $offers using 1:($5 == 0 ? $2 : NaN):(size($3)) with points pt 6 ps variable lw 1.6 lc rgb grey title "another is better", \
     $offers using 1:2:($6 == 0 ? sprintf("%d", $4) : "") with labels offset 1.6,1.2 textcolor rgb ink, \
     $offers using 1:2:($6 == 1 ? sprintf("%d", $4) : "") with labels offset -1.6,-1.2 textcolor rgb ink
