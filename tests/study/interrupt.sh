#!/bin/bash
# interrupt.sh STUDY FOLDER: checks that Ctrl-C keeps the finished runs, and that --resume does not repeat them.
set -euo pipefail
study=$1 folder=$2
runs=$folder/runs/internal_covariate_shift.jsonl
rm -rf "$folder"
"$study" run internal_covariate_shift --quick --seeds 6 --out "$folder" >/dev/null 2>"$folder.errors" &
process=$!
until [[ -s $runs ]]; do
  kill -0 $process
  sleep 0.05
done
kill -INT $process
status=0
wait $process || status=$?
kept=$(wc -l <"$runs")
first=$(head -n 1 "$runs")
echo "exit code $status, $kept runs kept"
((status == 130 && kept >= 1 && kept < 12))
grep -q 'interrupted; use --resume to continue after the finished runs' "$folder.errors"
[[ ! -e $folder/index.html ]]

"$study" run internal_covariate_shift --quick --seeds 6 --out "$folder" --resume
[[ $(wc -l <"$runs") == 12 && $(head -n 1 "$runs") == "$first" && -s $folder/index.html ]]
