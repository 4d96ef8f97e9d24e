set logscale x 10
eval log_y
set yrange [*:*] noextend
set xrange [1:x_end]
# Fewer marks where the axis is long.
if (x_end > 2000) {
    set xtics ("50" 2, "90" 10, "99" 100, "99.9" 1000, "99.99" 1e4, "99.999" 1e5, "99.9999" 1e6)
} else {
    set xtics ("0" 1, "50" 2, "75" 4, "90" 10, "95" 20, "98" 50, "99" 100, "99.5" 200, "99.8" 500, "99.9" 1000)
}
set rmargin 4
set xlabel "percentile, % of requests (log scale of what is left)"
set ylabel "latency, ms (log scale)"
plot $e2e using 1:3:4 with filledcurves fc rgb orange fs transparent solid 0.22, \
     $ttft using 1:3:4 with filledcurves fc rgb blue fs transparent solid 0.22, \
     $e2e using 1:5 with lines lc rgb orange lw 1.2 dt 3, \
     $ttft using 1:5 with lines lc rgb blue lw 1.2 dt 3, \
     $e2e using 1:2 with lines lc rgb orange lw 2.2 title "whole answer (e2e)", \
     $ttft using 1:2 with lines lc rgb blue lw 2.2 title (has_ttft ? "first token (ttft)" : "")
