# Plots confusion.csv: one cell for each true and predicted class, with its count. The colour scale is logarithmic, so
# that single mistakes are visible.
# usage: gnuplot -e "confusion='report/confusion.csv'; picture='report/confusion.svg'" confusion.gp
set datafile separator ","
set terminal svg size 560,520 dynamic font "sans-serif,13" background "white"
set output picture
stats confusion using 1 skip 1 nooutput
classes = STATS_max + 1
stats confusion using 3 skip 1 nooutput
max_count = STATS_max
stats confusion using ($1 == $2 ? $3 : 0) skip 1 nooutput
correct = STATS_sum
stats confusion using 3 skip 1 nooutput
set title sprintf("%.2f %% of %.0f test images correct", 100 * correct / STATS_sum, STATS_sum)
set xlabel "predicted class"
set ylabel "true class"
set xrange [-0.5:classes - 0.5] noextend
set yrange [classes - 0.5:-0.5] noextend
set size ratio 1
set xtics 1 scale 0 tc rgb "black"
set ytics 1 scale 0 tc rgb "black"
unset key
unset colorbox
set border lc rgb "#888888"
# One hue from white to dark, readable in greyscale.
set palette defined (0 "#ffffff", 0.25 "#d6e6f4", 0.5 "#89bedc", 0.75 "#3787c0", 1 "#0b4083")
set cbrange [0:1]
shade(n) = log10(1 + n) / log10(1 + max_count)
plot confusion skip 1 using 2:1:(shade($3)) with image pixels, \
  '' skip 1 using 2:1:(sprintf("%.0f", $3)):(shade($3) > 0.6 ? 0xffffff : $3 == 0 ? 0xbbbbbb : 0x222222) with labels \
  font ",11" tc rgb variable
