set xlabel "generation speed, tokens per second"
set ylabel "share of answers, %"
set yrange [0:*]
set arrow from middle, graph 0 to middle, graph 1 nohead lc rgb red lw 2 front
set label "median" at middle, graph 1 left offset 0.6,-0.7 textcolor rgb ink front
plot $bars using 1:2:(width * 0.94) with boxes fc rgb blue
