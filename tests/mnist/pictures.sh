#!/bin/bash
# pictures.sh APPS FOLDER: checks the axes, the legend and the points of the pictures that the scripts of APPS/mnist draw.
set -euo pipefail
apps=$1
mkdir -p "$2"
cd "$2"
status=0
wrong() {
  echo "$1"
  status=1
}
# history FACTOR: two runs of 282 steps in epochs of 94, with a test every 14 steps and at the end of epochs. The loss
# falls by this factor, but the last two steps, which are no whole window, have a loss ten times as high.
history() {
  awk -v factor="$1" 'BEGIN {
    print "run,seed,epoch,step,training_loss,test_loss,test_accuracy,seconds"
    split("none batch", runs, " ")
    for (r = 1; r <= 2; ++r) {
      last = 0
      for (step = 1; step <= 282; ++step) {
        if (step % 14 && step % 94) continue
        loss = 2 * factor ^ (-step / 282) * (step == 282 ? 10 : 1)
        printf "%s,42,%d,%d,%g,%g,%g,%g\n", runs[r], 1 + (step - 1) / 94, step, loss, loss, 0.1 + step / 400, step
      }
    }
  }' >history.csv
  gnuplot -e "history='history.csv'; picture='convergence.svg'" "$apps/mnist/convergence.gp"
}
texts() { grep -oE '<tspan[^>]*>[^<]*' "$1" | sed 's/.*> *//'; }
has() {  # PICTURE TEXT...: every text is in the picture
  local picture=$1 text
  shift
  for text; do
    texts "$picture" | grep -qxF -- "$text" || wrong "$picture: expected the text '$text', got: $(texts "$picture" | tr '\n' '|')"
  done
}
points() {  # PICTURE GROUP: the number of points of a line
  sed -n "/<g id=\"gnuplot_plot_$2\"/,/^\t<\/g>/p" "$1" | grep -c '<use ' || true
}
height_of() { grep -B 2 -F ">$2<" "$1" | grep -oE 'translate\([0-9.]+,[0-9.]+' | sed 's/.*,//' | head -n 1; }
# above PICTURE UPPER LOWER: the first text is at least a line above the second.
above() {
  awk -v a="$(height_of "$1" "$2")" -v b="$(height_of "$1" "$3")" 'BEGIN {exit !(a != "" && b != "" && a + 12 < b)}' ||
    wrong "$1: expected '$2' above '$3'"
}

history 100
has convergence.svg 0 50 100 150 200 250 0.02 0.05 0.1 0.2 0.5 1 2 '20 %' '80 %' 'without normalization' \
  'with batch normalization'
if texts convergence.svg | grep -E '^[0-9]+[.][0-9]*[1-9] %$|^56[.]4$'; then
  wrong "convergence.svg: expected round distances of ticks"
fi
for width in 2.00 3.20; do
  grep -q "stroke-width=\"$width\"" convergence.svg ||
    wrong "convergence.svg: expected a line of width $width, as one may cover another"
done
above convergence.svg 'without normalization' 'Training loss'
# 20 windows of 14 steps; the last two steps are no window. The accuracy is that of every test.
[[ $(points convergence.svg 1a) == 20 && $(points convergence.svg 2a) == 20 ]] ||
  wrong "convergence.svg: expected 20 points of the loss, got $(points convergence.svg 1a)"
[[ $(points convergence.svg 1b) == 23 ]] ||
  wrong "convergence.svg: expected 23 points of the accuracy, got $(points convergence.svg 1b)"

# Less than a decade: a linear axis from 0.
history 3
has convergence.svg 0 0.5 1 1.5 2
# Many decades: labels at powers of ten.
history 1e7
has convergence.svg 1 0.1 0.01 0.001 0.0001 1e-05
if texts convergence.svg | grep -x '0.002'; then wrong "convergence.svg: expected labels at powers of ten only"; fi
# A loss that falls from 2 to 2e-30: at most eleven labels.
history 1e30
[[ $(texts convergence.svg | grep -cE '^1$|^1e[+-][0-9]+$|^0[.]0*1$') -le 11 ]] ||
  wrong "convergence.svg: expected at most eleven labels, got: $(texts convergence.svg | tr '\n' '|')"

# Nothing but NaN, alone and beside a run that learns.
nan_run() {
  printf '%s\n' run,seed,epoch,step,training_loss,test_loss,test_accuracy,seconds none,1,1,10,nan,nan,nan,1 "$@" >history.csv
  gnuplot -e "history='history.csv'; picture='convergence.svg'" "$apps/mnist/convergence.gp" 2>errors ||
    wrong "expected a picture without points, got: $(cat errors)"
}
nan_run none,1,2,20,-nan,nan,nan,2
has convergence.svg 'Training loss' 'Test accuracy' 0 10
nan_run batch,1,1,10,0.5,0.4,0.8,1 batch,1,2,20,0.3,0.4,0.9,2
has convergence.svg 'with batch normalization' '80 %' '90 %'

printf '%s\n' true,predicted,count 0,0,990 0,1,10 1,0,0 1,1,1000 >confusion.csv
gnuplot -e "confusion='confusion.csv'; picture='confusion.svg'" "$apps/mnist/confusion.gp"
has confusion.svg '99.50 % of 2000 test images correct' 990 10 1000 'predicted class' 'true class'
exit $status
