#!/bin/bash
# check_report.sh REPORT: checks that the report of `study run all` is complete and valid, and that the claims that hold on
# all machines are reproduced.
set -euo pipefail
cd "$1"
experiments=(convergence learning_rates gradients internal_covariate_shift inference_mode batch_sizes placement
  regularization dropout gamma_and_beta moving_averages fine_tuning schedules weight_scales smoothness folding)
robust=(convergence learning_rates inference_mode batch_sizes dropout gamma_and_beta folding)
status=0
wrong() {
  echo "$1"
  status=1
}
# count PATTERN FILE: the number of matching lines.
count() { grep -cE "$1" "$2" || true; }

tidy -quiet -errors index.html || wrong "index.html is not valid"
[[ $(count '<section id=' index.html) == 16 ]] || wrong "index.html: expected 16 sections"
[[ $(count '<img src="data:image/svg' index.html) == 16 ]] || wrong "index.html: expected 16 figures"
[[ $(count '<p><strong class="verdict ' index.html) == 16 ]] || wrong "index.html: expected 16 verdicts"
if grep -oE '(src|srcset|href)="[^"]{0,40}' index.html | grep -vE '="(data:|#)'; then
  wrong "index.html: expected no references to other files"
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
  done
done
[[ $(count '^[0-9]+,[a-z_]+,(reproduced|not reproduced|mixed),' verdicts.csv) == 16 ]] ||
  wrong "verdicts.csv: expected 16 verdicts"
# Recalibration helps in quick runs and not in full ones.
if grep -E "^($(IFS='|' && echo "${robust[*]}")),no," criteria.csv | grep -v recalibration; then
  wrong "criteria.csv: expected these criteria to hold"
fi
for name in "${robust[@]}"; do
  (($(count "^$name,yes," criteria.csv) >= 2)) || wrong "criteria.csv: expected at least two criteria of $name to hold"
done
exit $status
