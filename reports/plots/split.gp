set style data histograms
set style histogram rowstacked
set boxwidth 0.6
set xlabel "region of the server"
set ylabel "mean time of a request, ms"
set yrange [0:*]
set xrange [-0.6:rows - 0.4]
set grid noxtics
set tmargin 2.4
set style fill solid border rgb paper
plot $split using 2:xtic(1) lc rgb orange title "queue", \
     "" using 3 lc rgb blue title "prefill", \
     "" using 4 lc rgb green title "decode", \
     "" using 5 lc rgb purple title "network"
