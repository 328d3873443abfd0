# Plots the learning rate over steps, one panel per schedule.
# usage: build/bin/schedules > schedules.csv
#        gnuplot -e "rates='schedules.csv'; picture='docs/schedules.svg'" apps/schedules/schedules.gp
set datafile separator ","
# The names in the first line are quoted, as they contain commas and spaces.
title_of(i) = system(sprintf("head -n 1 '%s' | awk -F'\"' '{print $%d}'", rates, 2 * i))
set terminal svg size 1000,500 dynamic font "sans-serif,13" background "white"
set output picture
set multiplot layout 2,4 margins 0.08,0.97,0.14,0.93 spacing 0.045,0.17
set grid ytics lc rgb "#dddddd" lt 1
set border 3
set tics nomirror out
unset key
set xrange [0:1000]
set xtics 0, 500
set mxtics 2
set yrange [0:0.11]
set ytics 0, 0.05
do for [i = 1:8] {
  set title noenhanced title_of(i) offset 0, -0.5
  set xlabel (i > 4 ? "step" : " ")
  set ylabel (i % 4 == 1 ? "learning rate" : "") offset 0.5, 0
  set format y (i % 4 == 1 ? "%g" : "")
  plot rates using 1:(column(i + 1)) with lines lw 2 lc rgb "#0072b2"
}
unset multiplot
