# What all plots have in common. Colours are variables that the program sets before.
set encoding utf8
set border 3 lc rgb dim lw 1
set tics nomirror textcolor rgb dim scale 0.5
set grid xtics ytics lc rgb grid lw 1 lt 1 dt 1
set key textcolor rgb ink samplen 1.2 spacing 1.1 noautotitle
set xlabel textcolor rgb dim offset 0,0.3
set ylabel textcolor rgb dim offset 1.2,0
set title textcolor rgb ink
set datafile missing "NaN"
set style fill solid noborder
set lmargin 9; set rmargin 2.5; set tmargin 1.2; set bmargin 3.4
# Tics of latency in ms, at 1, 2 and 5 of each decade, or at 1 alone where there are many.
ms_tic(v) = v < 1000 ? sprintf("%g", v) : v < 1e6 ? sprintf("%gs", v / 1000) : sprintf("%gks", v / 1e6)
