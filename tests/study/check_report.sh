#!/bin/bash
# check_report.sh REPORT: checks that the report of `study run all` is complete and valid, and that the claims that hold on
# all machines are reproduced.
set -euo pipefail
cd "$1"
experiments=(convergence learning_rates gradients internal_covariate_shift inference_mode batch_sizes placement
  regularization dropout gamma_and_beta moving_averages fine_tuning schedules weight_scales smoothness folding convolutions
  convolution_batch_sizes residual_blocks)
robust=(convergence learning_rates inference_mode batch_sizes dropout gamma_and_beta folding convolutions
  convolution_batch_sizes residual_blocks)
status=0
wrong() {
  echo "$1"
  status=1
}
# count PATTERN FILE: the number of matching lines.
count() { grep -cE "$1" "$2" || true; }

tidy -quiet -errors index.html || wrong "index.html is not valid"
[[ $(count '<section id=' index.html) == 19 ]] || wrong "index.html: expected 19 sections"
[[ $(count '<img src="data:image/svg' index.html) == 19 ]] || wrong "index.html: expected 19 figures"
[[ $(count '<p><strong class="verdict ' index.html) == 19 ]] || wrong "index.html: expected 19 verdicts"
if grep -oE '(src|href)="[^"]{0,40}' index.html | grep -vE '="(data:|#)'; then
  wrong "index.html: expected no references to other files"
fi
[[ $(count 'prefers-color-scheme: dark' index.html) == 1 ]] || wrong "index.html: expected a style for dark pages"
if grep -oE '<th scope="col">[^<]*published[^<]*' index.html | grep -v '('; then
  wrong "index.html: expected the source or the scale of published numbers in the heads of tables"
fi
if grep -n 'Observed:.*not finite' index.html; then wrong "index.html: a verdict depends on numbers that are not finite"; fi
for name in "${experiments[@]}"; do
  for file in "runs/$name.jsonl" "tables/$name.csv" "figures/$name.svg" "figures/$name-narrow.svg"; do
    [[ -s $file ]] || wrong "$file is missing or empty"
  done
  for file in figures/"$name".svg figures/"$name"-narrow.svg; do
    xmllint --noout "$file" || wrong "$file is not valid"
    # gnuplot draws every curve, band and set of error bars as a group.
    (($(count '<g id="[^"]*_plot_' "$file") >= 2)) || wrong "$file: expected at least two curves"
    if grep -n 'nan' "$file"; then wrong "$file: a number is missing"; fi
    [[ $(count 'prefers-color-scheme: dark' "$file") == 1 ]] || wrong "$file: expected colours for dark pages"
    # Numbers at the axes are round: at most two digits that count, apart from zeros, or categories.
    if grep -oE '<tspan[^>]*> *[0-9.]+( %)?</tspan>' "$file" | sed 's/^<tspan[^>]*> *\([0-9.]*\).*/\1/' | tr -d . |
      sed 's/^0*//; s/0*$//' | grep -E '.{3,}' | grep -vxE '128|999'; then
      wrong "$file: expected round numbers at the axes"
    fi
  done
  # Text of 13 in a picture of at most 360 pixels has 12 pixels on a phone of 375.
  [[ $(grep -oE 'viewBox="0 0 [0-9]+' "figures/$name-narrow.svg" | grep -oE '[0-9]+$') -le 360 ]] ||
    wrong "figures/$name-narrow.svg: expected at most 360 pixels in width"
  for file in figures/"$name".svg figures/"$name"-narrow.svg; do
    lowest_key=$(sed -n '/^set label/s/.*screen [0-9.]*,\([0-9.]*\).*/\1/p' "${file%.svg}.gp" | sort -g | head -n 1)
    top=$(sed -n 's/^set tmargin at screen //p' "${file%.svg}.gp" | sort -g | tail -n 1)
    awk -v key="${lowest_key:-1}" -v top="$top" 'BEGIN {exit !(key > top)}' ||
      wrong "$file: expected the legend above all panels"
  done
done
[[ $(count '^[0-9]+,[a-z_]+,(reproduced|not reproduced|not told apart),' verdicts.csv) == 19 ]] ||
  wrong "verdicts.csv: expected 19 verdicts"
# These are small differences: some seeds tell them, some do not.
if grep -E "^($(IFS='|' && echo "${robust[*]}")),not " criteria.csv | grep -vE 'recalibration|the best rate of each|the final test accuracy|less than half of them|pre-activation'; then
  wrong "criteria.csv: expected these criteria to hold"
fi
for name in "${robust[@]}"; do
  (($(count "^$name,reproduced," criteria.csv) >= 2)) || wrong "criteria.csv: expected at least two criteria of $name to hold"
done
exit $status
