# Plots the output of apps/examples/spirals.cpp:
#   gnuplot -e "folder='.'; picture='spirals.svg'" apps/examples/spirals.gp
set terminal svg size 560,520 background "white" font "sans-serif,13"
set output picture
set datafile separator ","
set size ratio -1
set xrange [-1.2:1.2]
set yrange [-1.2:1.2]
set xlabel "x"
set ylabel "y"
unset colorbox
unset key
set title "Predicted class over the plane, and the training points"
# Okabe-Ito colours, distinguishable with colour blindness; the plane in lighter shades.
set palette maxcolors 3 defined (0 "#bfe3f5", 1 "#f7dca8", 2 "#b8e3d3")
set cbrange [0:2]
points = folder . "/spirals_points.csv"
plot folder . "/spirals_plane.csv" every ::1 using 1:2:3 with image, \
  points every ::1 using 1:($3 == 0 ? $2 : NaN) with points pointtype 7 pointsize 0.5 linecolor "#0072b2", \
  points every ::1 using 1:($3 == 1 ? $2 : NaN) with points pointtype 5 pointsize 0.5 linecolor "#d55e00", \
  points every ::1 using 1:($3 == 2 ? $2 : NaN) with points pointtype 9 pointsize 0.6 linecolor "#009e73"
