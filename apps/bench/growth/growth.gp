# Plots growth.csv: milliseconds per training step over batch size, width and depth, for gradus and libtorch.
# usage: gnuplot -e "table='docs/growth.csv'; picture='docs/growth.svg'" growth.gp
set datafile separator ","
set terminal svg size 960,400 dynamic font "sans-serif,13" background "white"
set output picture
set multiplot layout 1,3 margins 0.085,0.98,0.12,0.915 spacing 0.06,0
set grid lc rgb "#dddddd" lt 1
set border 3
set tics nomirror out scale 0.6,0.3
set xtics offset 0,0.3
set logscale xy
set offsets graph 0.02, graph 0.02, 0, 0
set format y "%g"
# One range for all panels. Ticks are at powers of ten, with unlabelled ones between them.
column_of(n) = system(sprintf("awk -F, 'NR > 1 {print $%d}' '%s' | sort -g | sed -n '1p;$p' | tr '\n' ' '", n, table))
ends = column_of(3).column_of(4)
smallest = real(word(ends, 1)) < real(word(ends, 3)) ? real(word(ends, 1)) : real(word(ends, 3))
largest = real(word(ends, 2)) > real(word(ends, 4)) ? real(word(ends, 2)) : real(word(ends, 4))
set yrange [smallest / 1.4:largest * 1.4]
set xrange [*:*] noextend
set mytics 10
set key top left Left reverse samplen 2
# Okabe-Ito colours, distinguishable with colour blindness; the points also differ in shape.
rows(panel) = sprintf("< grep '^%s,' '%s'", panel, table)
array panels[3] = ["batch", "width", "depth"]
array titles[3] = ["784-256-128-10, ReLU, Adam", "784-w-w-10, batch of 64, ReLU, SGD", "64 units per layer, batch norm, tanh, SGD"]
array axes[3] = ["batch size", "width w of the hidden layers", "hidden layers"]
set ylabel "milliseconds per step"
do for [i = 1:3] {
  set title titles[i] font ",12" offset 0,-0.6
  set xlabel axes[i] offset 0,0.8
  if (i < 3) { set xtics (1, 4, 16, 64, 256, "1k" 1024, "4k" 4096) } else { set xtics (1, 2, 5, 10, 20, 50, 100) }
  plot rows(panels[i]) using 2:4 with linespoints lw 2 pt 4 ps 0.5 lc rgb "#d55e00" title "libtorch", \
    rows(panels[i]) using 2:3 with linespoints lw 2 pt 7 ps 0.5 lc rgb "#0072b2" title "gradus"
  unset key
  unset ylabel
}
unset multiplot
