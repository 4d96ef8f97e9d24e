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
set lmargin 9; set rmargin 2.5; set tmargin 2.2; set bmargin 3.4
# A key has a line of its own above the plot, where it hides nothing.
set key at graph 0, graph 1.025 left bottom horizontal Left reverse width 1
# The name of phase i over a plot, where there is room for it until the next begins.
phase_label(i, span) = i == words(phase_at) || (word(phase_at, i + 1) - word(phase_at, i)) / span > 0.02 * strlen(word(phase_name, i)) ? word(phase_name, i) : ""
# Commands for a logarithmic axis with tics at 1, 2 and 5 of each decade: eval log_y
log_x = "set logscale x 10; unset xtics; set xtics nomirror textcolor rgb dim scale 0.5; "
log_y = "set logscale y 10; unset ytics; set ytics nomirror textcolor rgb dim scale 0.5; "
do for [e = -6:7] {
    do for [m in "1 2 5"] {
        log_x = log_x . sprintf("set xtics add (\"%g\" %g); ", m * 10.0**e, m * 10.0**e)
        log_y = log_y . sprintf("set ytics add (\"%g\" %g); ", m * 10.0**e, m * 10.0**e)
    }
}
