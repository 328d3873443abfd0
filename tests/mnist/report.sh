#!/bin/bash
# report.sh MNIST FOLDER: the pictures of `mnist --report` are valid, small and agree with confusion.csv.
set -euo pipefail
mnist=$1
rm -rf "$2"
mkdir -p "$2"
cd "$2"
status=0
wrong() {
  echo "$1"
  status=1
}
tiles() { grep -c '<g class="tile"' "$1" || true; }
title() { grep -oE '<tspan[^>]*>[^<]*' "$1" | head -n 1 | sed 's/.*>//'; }

"$mnist" --steps 20 --hidden 64 --report dense >/dev/null
"$mnist" --steps 1 --network conv --report conv >/dev/null
for folder in dense conv; do
  for file in "$folder/mistakes.svg" "$folder/filters.svg"; do
    xmllint --noout "$file" || wrong "$file is not valid"
    (($(stat -c %s "$file") < 400000)) || wrong "$file: expected less than 400 KB, got $(stat -c %s "$file") bytes"
    [[ $(grep -c 'prefers-color-scheme: dark' "$file") == 1 ]] || wrong "$file: expected colours for dark pages"
    if grep -n nan "$file"; then wrong "$file: a number is missing"; fi
  done
  mistakes=$(awk -F , 'NR > 1 && $1 != $2 {sum += $3} END {print sum + 0}' "$folder/confusion.csv")
  shown=$((mistakes < 40 ? mistakes : 40))
  [[ $(title "$folder/mistakes.svg") == "$shown of $mistakes mistakes in 1,000 test images, the highest" ]] ||
    wrong "$folder/mistakes.svg: expected $mistakes mistakes, got '$(title "$folder/mistakes.svg")'"
  [[ $(tiles "$folder/mistakes.svg") == "$shown" ]] || wrong "$folder/mistakes.svg: expected $shown images"
  [[ $(tiles "$folder/filters.svg") == 32 ]] || wrong "$folder/filters.svg: expected 32 images"
  [[ -z $(find "$folder" -name '*.tmp') ]] || wrong "$folder: a temporary file is left"
done
[[ $(title dense/filters.svg) == "Weights of the first layer: 32 of 64 units" ]] || wrong "dense: $(title dense/filters.svg)"
[[ $(title conv/filters.svg) == "Weights of the first layer: 32 of 32 filters" ]] || wrong "conv: $(title conv/filters.svg)"
exit $status
