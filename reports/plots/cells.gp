# A row for each cell: its name, and below it a value with its interval in every panel.
panels = priced ? 3 : 2
left(i) = 0.025 + 0.965 * i / panels
right(i) = 0.965 * (i + 1) / panels - 0.02
set multiplot
set yrange [0.45:rows + 0.62]
unset ytics
set border 1
set grid noytics
set tmargin at screen 1 - 26.0 / (100 + 38 * rows)
set bmargin at screen 56.0 / (100 + 38 * rows)
unset key
name(s) = s[strstrt(s, "/") + 1:]
number(s) = s[1:strstrt(s, "/") - 1]

set lmargin at screen left(0); set rmargin at screen right(0)
set xlabel (ttft_log ? "first token, ms (log)" : "first token, ms")
set xrange [ttft_low:ttft_end]
set xtics 0, ttft_tic
if (ttft_log) { unset xtics; set xtics autofreq nomirror textcolor rgb dim scale 0.5; set logscale x 10; set format x (ttft_end > 10000 ? "%.0s%c" : "%g") }
set label 1 "p50 filled, p95 hollow" at graph 0, graph 1 left offset 0,0.6 textcolor rgb dim
plot $cells using 6:($1 - 0.12):7:8 with xerrorbars pt 6 ps 0.8 lw 1.6 lc rgb blue, \
     $cells using 3:($1 - 0.12):4:5 with xerrorbars pt 7 ps 0.9 lw 1.6 lc rgb blue
unset label 9999
unset label 1

unset logscale x
set format x "%g"
set lmargin at screen left(1); set rmargin at screen right(1)
set xlabel "speed, tokens/s"
set xrange [0:tps_end]
set xtics 0, tps_tic
set label 1 "p50" at graph 0, graph 1 left offset 0,0.6 textcolor rgb dim
plot $cells using 9:($1 - 0.12):10:11 with xerrorbars pt 7 ps 0.9 lw 1.6 lc rgb green

if (priced) {
    set lmargin at screen left(2); set rmargin at screen right(2)
    set xlabel "price of 1M tokens, $"
    set xrange [0:price_end]
    set xtics 0, price_tic
    set label 1 "measured" at graph 0, graph 1 left offset 0,0.6 textcolor rgb dim
    plot $cells using 12:($1 - 0.12) with points pt 5 ps 0.9 lc rgb orange
}

# The names, over all panels.
unset label 1
set lmargin at screen 0.025; set rmargin at screen 0.975
unset border; unset xtics; unset xlabel; unset grid; unset logscale
set xrange [0:1]
plot $cells using (0):($1 + 0.27):(number(strcol(2)) . "  " . name(strcol(2))) with labels left textcolor rgb ink
unset multiplot
