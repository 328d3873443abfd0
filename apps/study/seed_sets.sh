#!/bin/bash
# apps/study/seed_sets.sh STUDY SETS FOLDER NAME... [OPTION...]: the verdicts over sets of seeds, from 42, 1042, 2042, ... on.
# STUDY is the program; the names and options are those of `study run`. Reports of each set: FOLDER/<first seed>. Fails if
# the seeds flip a verdict from reproduced to not reproduced. A call that was interrupted goes on where it was.
set -euo pipefail
[[ ${2:-} =~ ^[1-9][0-9]*$ && $# -ge 4 ]] || { sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2 && exit 2; }
study=$1
sets=$2
folder=$3
shift 3
reports=()
for ((set = 0; set < sets; ++set)); do
  seed=$((42 + 1000 * set))
  "$study" run "$@" --seed "$seed" --out "$folder/$seed" --resume >&2
  reports+=("$folder/$seed/verdicts.csv")
done
awk -F, '
  FNR == 1 { next }  # the heads of columns
  !($2 in sets) { names[++count] = $2 }
  { sets[$2]++; verdicts[$2, $3]++; held[$2] = held[$2] " " $4; of[$2] = $5 }
  END {
    printf "| claim | reproduced | not told apart | not reproduced | criteria reproduced |\n|---|---|---|---|---|\n"
    for (i = 1; i <= count; ++i) {
      name = names[i]
      yes = verdicts[name, "reproduced"] + 0
      no = verdicts[name, "not reproduced"] + 0
      printf "| `%s` | %d | %d | %d |%s of %d |\n", name, yes, verdicts[name, "not told apart"], no, held[name], of[name]
      if (yes > 0 && no > 0) flipped = flipped " " name
    }
    if (flipped != "") print "flipped:" flipped
    exit flipped != ""
  }' "${reports[@]}"
