set xlabel "time since the trial began, s"
set ylabel "attempts per second"
set xrange [0:t_end]
set yrange [0:*]
set key at graph 0, graph 1.1 left bottom horizontal Left reverse maxrows 2
do for [i = 1:words(phase_at)] {
    set arrow i from word(phase_at, i), graph 0 to word(phase_at, i), graph 1 nohead lc rgb grey dt 2 lw 1 front
    set label i phase_label(i, t_end) at word(phase_at, i), graph 1 left offset 0.2,0.6 textcolor rgb dim front
}
array shades[7] = [red, orange, purple, sky, yellow, green, grey]
n = words(classes)
set tmargin (n > 2 ? 4.6 : 3.4)
name(i) = i <= n ? word(classes, i) : (has_others ? "others" : "")
sum_to(i) = sum [k = 3:i + 2] column(k)
plot for [i = n + has_others:1:-1] $errors using 1:(sum_to(i)):(step) with boxes fc rgb shades[i] title name(i), \
     $errors using 1:(has_retries ? $2 : NaN) with lines lc rgb ink lw 2 title (has_retries ? "retries" : "")
