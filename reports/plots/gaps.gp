set logscale xy 10
set tmargin 3.4
set xlabel "gap, ms (log scale)"
set ylabel "share that is longer, % (log scale)" offset 0.3,0
set format "%g"
set yrange [least:130]
if (error > 0) { set object 1 rect from graph 0, graph 0 to error, graph 1 fc rgb grey fs transparent solid 0.18 noborder behind }
plot $gaps using 1:2 with lines lc rgb blue lw 2.2 title "gaps (itl)", \
     $stalls using 1:2 with lines lc rgb red lw 2.2 title "the longest of an answer (stall)"
