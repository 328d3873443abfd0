# Plots history.csv: training loss and test accuracy over steps, one line per run.
# usage: gnuplot -e "history='report/history.csv'; picture='report/convergence.svg'" convergence.gp
set datafile separator ","
width = 900; height = 450  # pixels
set terminal svg size width,height dynamic font "sans-serif,13" background "white"
set output picture
set multiplot layout 1,2 margins 0.075,0.98,0.097,0.897 spacing 0.095,0
set grid ytics lc rgb "#dddddd" lt 1
set border 3
set tics nomirror out scale 0.6,0.3
set xtics offset 0,0.3
set xlabel "training steps" offset 0,0.9
unset key

runs = system(sprintf("awk -F, 'NR > 1 && !seen[$1]++ {print $1}' '%s'", history))
seed = system(sprintf("awk -F, 'NR == 2 {print $2}' '%s'", history))
last = real(system(sprintf("tail -n 1 '%s' | cut -d, -f4", history)))
of(run) = sprintf("$1 == \"%s\" && $2 == \"%s\"", run, seed)
accuracies(run) = sprintf("< awk -F, '%s {print $4 \",\" 100 * $7}' '%s'", of(run), history)
# The steps between tests; the tests at the end of an epoch and of the run may come sooner.
every = real(system(sprintf("awk -F, 'NR > 1 {d = $4 - last; last = $4; if (d > n) n = d} END {print n}' '%s'", history)))
# The loss is the mean since the test before. Shorter windows are joined to the next; one at the end of the run is left out.
losses(run) = sprintf("< awk -F, '%s {n += $4 - last; sum += $5 * ($4 - last); last = $4; ".\
  "if (n >= %g) {print last \",\" sum / n; n = 0; sum = 0}}' '%s'", of(run), every, history)

# Okabe-Ito colours, distinguishable with colour blindness; the points also differ in shape.
colour(i) = word("#d55e00 #0072b2 #009e73", i)
shape(i) = 3 + 2 * i
# Earlier lines are wider, so that they can be seen under later ones.
line(i) = 2 + 1.2 * (words(runs) - i)
size(i) = 0.5 + 0.2 * (words(runs) - i)
name(run) = run eq "none" ? "without normalization" : "with ".run." normalization"
# One row of entries above both panels.
left(i) = 0.5 + 0.24 * (i - 1 - words(runs) / 2.0)
do for [i = 1:words(runs)] {
  set arrow from screen left(i),0.977 to screen left(i) + 0.03,0.977 nohead lw line(i) lc rgb colour(i)
  set label "" at screen left(i) + 0.015,0.977 point pt shape(i) ps size(i) lc rgb colour(i)
  set label name(word(runs, i)) at screen left(i) + 0.037,0.977
}

# The first of 1, 2 and 5 times a power of ten that is at least x, and the last that is at most x.
power(x) = 10 ** floor(log10(x) + 1e-9)
up(x) = x <= 1.000001 * power(x) ? power(x) : x <= 2 * power(x) ? 2 * power(x) : x <= 5 * power(x) ? 5 * power(x) : 10 * power(x)
down(x) = x >= 5 * power(x) ? 5 * power(x) : x >= 2 * power(x) ? 2 * power(x) : power(x)
set xrange [0:last]
set xtics up(last / 6)

set title "Training loss" offset 0,-0.7
# A run whose numbers are all NaN has no points to plot.
numbers(run, column) = system(sprintf("awk -F, '%s && tolower($%d) !~ /nan/' '%s' | wc -l", of(run), column, history)) + 0
smallest = 1e300
largest = 0
do for [run in runs] {
  if (numbers(run, 5) == 0) { continue }
  stats losses(run) using 2 nooutput
  if (STATS_min < smallest) { smallest = STATS_min }
  if (STATS_max > largest) { largest = STATS_max }
}
if (largest == 0) {
  smallest = 1.0
  largest = 1.0
}
# A logarithmic axis, if the losses differ by more than a factor of ten: labels at 1, 2 and 5 times powers of ten, or only
# at powers of ten, or at every nth of them, so that at most ten have one.
if (largest > 10 * smallest) {
  set logscale y
  low = down(smallest)
  high = up(largest)
  nth = ceil(log10(high / low) / 10)
  set ytics nomirror out scale 0.6,0.3 ()
  do for [exponent = floor(log10(low) + 1e-9):ceil(log10(high) - 1e-9)] {
    do for [factor = 1:9] {
      at = factor * 10.0 ** exponent
      labelled = (factor == 1 && exponent % nth == 0) || (high <= 1000 * low && (factor == 2 || factor == 5))
      if (labelled) { set ytics add (sprintf("%g", at) at) } else { set ytics add ("" at 1) }
    }
  }
} else {
  low = 0
  distance = up(largest / 6)
  high = distance * ceil(largest / distance)
  set ytics distance
}
set yrange [low:high]
plot for [i = 1:words(runs)] losses(word(runs, i)) using 1:2 with linespoints lw line(i) pt shape(i) ps size(i) \
  lc rgb colour(i)
unset label
unset arrow

set title "Test accuracy" offset 0,-0.7
unset logscale y
set yrange [*:*]  # stats counts the points in the range only
smallest = 100
largest = 0
do for [run in runs] {
  if (numbers(run, 7) == 0) { continue }
  stats accuracies(run) using 2 nooutput
  if (STATS_min < smallest) { smallest = STATS_min }
  if (STATS_max > largest) { largest = STATS_max }
}
distance = up((largest > smallest ? largest - smallest : 10) / 6)
low = distance * floor(smallest / distance)
high = distance * ceil(largest / distance)
set yrange [low:high > low ? high : low + distance]
set ytics nomirror out scale 0.6,0.3 distance
set format y "%g %%"
plot for [i = 1:words(runs)] accuracies(word(runs, i)) using 1:2 with linespoints lw line(i) pt shape(i) ps size(i) \
  lc rgb colour(i)
unset multiplot
