# A panel for each cell: runs, oldest first, with the span of their trials, and their levels.
set multiplot
set lmargin at screen 0.13
set rmargin at screen 0.95
set grid noxtics
set ylabel figure . ", " . unit
do for [k = 1:panels] {
    eval sprintf("names = names%d; at = at%d; by = by%d; cell = cell%d; bound = bound%d; last = last%d", k, k, k, k, k, k)
    set tmargin at screen 1 - (80.0 + 210 * (k - 1)) / height
    set bmargin at screen 1 - (80.0 + 210 * (k - 1) + 150) / height
    set xrange [0.4:last + 0.6]
    set yrange [*:*]
    set offsets 0, 0, graph 0.08, graph 0.06
    unset xtics
    set xtics nomirror textcolor rgb dim scale 0.5 ("" -1)
    do for [i = 1:words(names):2] {
        set xtics add (word(names, i + 1) real(word(names, i)))
    }
    set xlabel (k == panels ? "kept run, by revision" : "")
    do for [i = 1:words(at)] {
        set arrow i from word(at, i), graph 0 to word(at, i), graph 1 nohead lc rgb grey dt 2 lw 1 front
        set label i word(by, i) at word(at, i), graph 1 left offset 0.2,0.5 textcolor rgb ink front
    }
    if (strlen(cell)) { set label 1000 cell at graph 0, graph 1 left offset 0,0.5 textcolor rgb ink }
    if (k == 1) { set key at screen 0.13, screen 1 - 6.0 / height left top horizontal Left reverse } else { unset key }
    plot sprintf("$runs%d", k) using 1:2:3:4 with yerrorbars pt 0 lw 1.2 lc rgb sky, \
         bounded ? bound : NaN with lines lc rgb red lw 1.6 dt 2 title (bounded ? "bound" : ""), \
         sprintf("$levels%d", k) using 1:2 with lines lc rgb orange lw 2.4 title "level", \
         sprintf("$runs%d", k) using 1:2 with points pt 7 ps 0.6 lc rgb blue title "run", \
         sprintf("$runs%d", k) using 1:($6 == 1 ? $2 : NaN) with points pt 6 ps 1.4 lw 2 lc rgb purple title (has_pinned ? "pinned" : ""), \
         sprintf("$runs%d", k) using 1:($5 == 1 ? $2 : NaN) with points pt 2 ps 1.1 lw 2 lc rgb red title (has_beyond ? "beyond" : "")
    do for [i = 1:words(at)] { unset arrow i; unset label i }
    unset label 1000
}
unset multiplot
