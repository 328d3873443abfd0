# Draws history.csv: training loss and test accuracy against steps, a line per run.
# usage: gnuplot -e "history='report/history.csv'; picture='report/convergence.svg'" convergence.gp
set datafile separator ","
set terminal svg size 900,380 dynamic font "sans-serif,13" background "white"
set output picture
set multiplot layout 1,2 margins 0.08,0.98,0.16,0.88 spacing 0.11,0
set grid ytics lc rgb "#dddddd" lt 1
set border 3
set tics nomirror out
set xlabel "training steps"
set key bottom right Left reverse samplen 2
name(run) = run eq "none" ? "without normalization" : "with ".run." normalization"
runs = system(sprintf("awk -F, 'NR > 1 && !seen[$1]++ {print $1}' '%s'", history))
seed = system(sprintf("awk -F, 'NR == 2 {print $2}' '%s'", history))
# Okabe-Ito colours, told apart by the colour-blind; points differ in shape as well.
colour(i) = word("#d55e00 #0072b2 #009e73", i)
rows(run, column) = sprintf("< awk -F, '$1 == \"%s\" && $2 == \"%s\" {print $4 \",\" $%d}' '%s'", run, seed, column, history)

set title "Training loss"
set key top right
set logscale y
set format y "%g"
plot for [i = 1:words(runs)] rows(word(runs, i), 5) using 1:2 with linespoints lw 2 pt (4 + 2 * i - 1) ps 0.5 \
  lc rgb colour(i) title name(word(runs, i))

set title "Test accuracy"
set key bottom right
unset logscale y
set format y "%g %%"
plot for [i = 1:words(runs)] rows(word(runs, i), 7) using 1:(100 * $2) with linespoints lw 2 pt (4 + 2 * i - 1) ps 0.5 \
  lc rgb colour(i) title name(word(runs, i))
unset multiplot
