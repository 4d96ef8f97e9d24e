columns = cells < 3 ? cells : 3
wide = 0.885 / columns
set multiplot
set logscale x 10
eval log_y
set xrange [1:x_end]
if (x_end > 5000) {
    set xtics ("90" 10, "99.9" 1000, "99.999" 1e5)
} else {
    set xtics ("50" 2, "90" 10, "99" 100, "99.9" 1000)
}
unset xlabel
set xtics offset 0,0.3
unset ylabel
set label 1000 "first token, ms" at screen 0.02, screen 0.5 center rotate textcolor rgb dim
set label 1001 "percentile, % of requests" at screen 0.53, screen 12.0 / height center textcolor rgb dim
set yrange [low:high]
do for [k = 1:cells] {
    column = (k - 1) % columns
    row = (k - 1) / columns
    set lmargin at screen 0.115 + wide * column
    set rmargin at screen 0.115 + wide * column + wide - 0.025
    set tmargin at screen 1 - (24.0 + 165 * row) / height
    set bmargin at screen 1 - (24.0 + 165 * row + 116) / height
    if (column == 1) { unset ytics; set ytics nomirror scale 0; set format y "" }
    if (column == 0) { eval log_y; if (high / low > 100) { unset ytics; set ytics nomirror textcolor rgb dim scale 0.5; set format y "%g" } }
    label = word(names, k)
    number = label[1:strstrt(label, "/") - 1]
    label = label[strstrt(label, "/") + 1:]
    if (strlen(label) > 22) { label = "…" . label[strlen(label) - 20:] }
    set label 1 number . "  " . label at graph 0, graph 1 left offset 0,0.7 font ',10' textcolor rgb ink
    plot for [j = 1:cells] sprintf("$c%d", j) using 1:2 with lines lc rgb grey lw 0.7, \
         sprintf("$c%d", k) using 1:2 with lines lc rgb blue lw 2.4
    unset label 1000
    unset label 1001
    unset label 9999
}
unset multiplot
