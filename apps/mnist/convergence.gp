# Plots history.csv: training loss and test accuracy over steps, one line per run.
# usage: gnuplot -e "history='report/history.csv'; picture='report/convergence.svg'" convergence.gp
set datafile separator ","
set terminal svg size 900,380 dynamic font "sans-serif,13" background "white"
set output picture
set multiplot layout 1,2 margins 0.08,0.975,0.19,0.82 spacing 0.1,0
set grid ytics lc rgb "#dddddd" lt 1
set border 3
set tics nomirror out
set xlabel "training steps"
last = real(system(sprintf("tail -n 1 '%s' | cut -d, -f4", history)))
set xrange [0:last]
set xtics last / 5
set key at screen 0.5, screen 0.97 center top horizontal maxrows 1 Left reverse samplen 2 width 2
name(run) = run eq "none" ? "without normalization" : "with ".run." normalization"
runs = system(sprintf("awk -F, 'NR > 1 && !seen[$1]++ {print $1}' '%s'", history))
seed = system(sprintf("awk -F, 'NR == 2 {print $2}' '%s'", history))
# Okabe-Ito colours, distinguishable with colour blindness; the points also differ in shape.
colour(i) = word("#d55e00 #0072b2 #009e73", i)
rows(run, column) = sprintf("< awk -F, '$1 == \"%s\" && $2 == \"%s\" {print $4 \",\" $%d}' '%s'", run, seed, column, history)

set title "Training loss"
set logscale y
set yrange [*:*] noextend
set offsets 0, 0, graph 0.08, graph 0.05
set ytics (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
plot for [i = 1:words(runs)] rows(word(runs, i), 5) using 1:2 with linespoints lw 2 pt (4 + 2 * i - 1) ps 0.5 \
  lc rgb colour(i) title name(word(runs, i))

set title "Test accuracy"
unset key
unset logscale y
set offsets 0, 0, graph 0.05, graph 0.05
set ytics autofreq
set format y "%g %%"
plot for [i = 1:words(runs)] rows(word(runs, i), 7) using 1:(100 * $2) with linespoints lw 2 pt (4 + 2 * i - 1) ps 0.5 \
  lc rgb colour(i) title name(word(runs, i))
unset multiplot
