set xlabel "time since the trial began, s"
set ylabel "spent, $"
set y2label "tokens generated" textcolor rgb dim offset -1.2,0
set y2tics textcolor rgb dim
set border 11
set rmargin 10
set xrange [0:t_end]
set yrange [0:*]
set y2range [0:*]
set format y "%g"
set format y2 "%.0s%c"
plot $cost using 1:2 with filledcurves y1=0 fc rgb green fs transparent solid 0.25, \
     $cost using 1:2 with lines lc rgb green lw 2 title "spent (left)", \
     $cost using 1:3 axes x1y2 with lines lc rgb blue lw 2 dt 2 title "tokens (right)"
