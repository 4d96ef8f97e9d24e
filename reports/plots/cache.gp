set multiplot
set lmargin at screen 0.13
set rmargin at screen 0.965
set xrange [-0.6:5.6]
set grid noxtics
set tmargin at screen 0.97
set bmargin at screen 0.45
set format x ""
set ylabel "first token, ms"
set yrange [0:*]
plot $shares using ($0):4:($0 - 0.25):($0 + 0.25):3:5 with boxxyerror fc rgb sky, \
     $shares using ($0 - 0.25):4:(0.5):(0) with vectors nohead lc rgb blue lw 3
unset label 9999
set tmargin at screen 0.40
set bmargin at screen 0.145
set format x "%g"
set xlabel "share of the prompt that was cached, %"
set ylabel "requests, %"
set boxwidth 0.5
set yrange [0:100]
set ytics 0, 25, 100
plot $shares using 0:2:xtic(1) with boxes fc rgb green
unset multiplot
