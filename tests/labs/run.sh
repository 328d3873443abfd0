#!/bin/bash
# The grader of the labs with everything that students hand in. Needs build/bin/lab; lab 8 stands for all.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab=${1:-$root/build/bin/lab}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export XDG_CONFIG_HOME=$scratch/config COLUMNS=80 NO_COLOR=1
solution=$root/apps/labs/08_batch_norm_backward/batch_norm_backward.cpp
own=$scratch/own
file=$own/08_batch_norm_backward/batch_norm_backward.cpp
passed=0
failed=0

# The output of a command with its lines joined and spaces squeezed, as texts are wrapped.
output() { { "$@" 2>&1 || true; } | tr -s ' \n' ' '; }

# expect NAME TEXT COMMAND...: the text is in the output of the command.
expect() {
  local name=$1 text=$2 got
  shift 2
  got=$(output "$@")
  if [[ $got == *"$text"* ]]; then
    ((passed += 1))
  else
    ((failed += 1))
    printf 'FAIL %s\n  expected: %s\n  got:      %s\n' "$name" "$text" "$got"
  fi
}

# hand_in SED-SCRIPT: the solution with an edit.
hand_in() { sed -E "$1" "$solution" >"$file"; }
dbeta='s/dbeta\[j\] \+= dy\[i \* F \+ j\];/'

expect 'start' 'starters copied; files that were there are as they were' "$lab" start "$own"
expect 'starter' '8.1 dbeta not written yet' "$lab" grade 8
expect 'starter' 'Total 0 / 15' "$lab" grade 8
grep -q '"arguments"' "$own/compile_commands.json" || { echo 'FAIL compile_commands.json' && ((failed += 1)); }

hand_in ''
expect 'solution' 'Total 15 / 15' "$lab" grade 8
expect 'start keeps files' '0 of' "$lab" start "$own"
expect 'start keeps files' 'Total 15 / 15' "$lab" grade 8
expect 'list' 'Batch normalization, backward 4-5 15 / 15' "$lab" list

expect 'unknown lab' 'lab: there is no lab 77; there are 0, 1, 2,' "$lab" grade 77
expect 'no number' "lab: expected the number of a lab or 'all', got 'x'" "$lab" grade x
expect 'unknown task' 'lab: there is no task 8.9; lab 8 has 8.1, 8.2, 8.3, 8.4' "$lab" hint 8.9
expect 'hint' '1 beta is added to every sample' "$lab" hint 8.1
expect 'second hint' '2 What is used N times' "$lab" hint 8.1
expect 'handout' 'dbeta = sum_i dy[i]' "$lab" show 8

hand_in "${dbeta}dbeta[j] += dy[i * F + j]/"
expect 'semicolon' "does not compile: batch_norm_backward.cpp:15: expected ';'" "$lab" grade 8
expect 'semicolon' 'likely a semicolon is missing' "$lab" grade 8
hand_in "${dbeta}dbeta[j] += dy[i * F + j] + dz;/"
expect 'misspelled' 'likely a misspelled name, or a header that is not included' "$lab" grade 8

hand_in 's/^void batch_norm_dbeta\(std::span<const double> dy, std::size_t N,/void batch_norm_dbeta(std::span<const double> dy, int N,/; s/i < N; \+\+i/i < static_cast<std::size_t>(N); ++i/'
expect 'signature' 'the signature of batch_norm_dbeta was changed. Yours: batch_norm_dbeta(std::span<const double>, int,' "$lab" grade 8
expect 'signature' '8.2 dgamma 3 / 3' "$lab" grade 8

hand_in "${dbeta}dbeta[j] += dy[i * F + j + 1000];/"
expect 'crash' 'crash batch_norm_backward.cpp:15:' "$lab" grade 8
expect 'crash costs its cases only' '8.2 dgamma 3 / 3' "$lab" grade 8
hand_in "${dbeta}{ dbeta[j] += dy[i * F + j]; if (i + j == 0) { double* volatile p = new double[3]; (void)p; } }/"
expect 'leak' 'leak batch_norm_backward.cpp:15: memory is not freed: 24 byte(s)' "$lab" grade 8
hand_in "${dbeta}while (dbeta[j] == dbeta[j]) dbeta[j] = 0;/"
expect 'time-out' 'time-out not finished after 10 s' "$lab" grade 8
hand_in "${dbeta}throw std::runtime_error(\"no idea\");/; s/#include <cmath>/#include <cmath>\n#include <stdexcept>/"
expect 'exception' 'throws no idea' "$lab" grade 8
hand_in "${dbeta}for (;;) std::puts(\"a line of a text\");/; s/#include <cmath>/#include <cmath>\n#include <cstdio>/"
expect 'gigabyte' 'output prints more than' "$lab" grade 8
hand_in "${dbeta}{ static std::vector<double> v; for (;;) v.resize(v.size() + 10000000, 1.0); }/; s/#include <cmath>/#include <cmath>\n#include <vector>/"
expect 'memory' 'takes too much memory' "$lab" grade 8

printf '\nint main() { return 3; }\n' | cat "$solution" - >"$file"
expect 'own main' 'your main() is not called' "$lab" grade 8
expect 'own main' 'Total 15 / 15' "$lab" grade 8
printf '\nstatic const int loop = [] { volatile bool on = true; while (on) {} return 1; }();\n' | cat "$solution" - >"$file"
expect 'loop at the start' 'does not come to the first case within 10 s: an endless loop in the constructor of a global variable?' "$lab" grade 8
rm "$file"
expect 'missing file' "batch_norm_backward.cpp: 'lab start' copies the starters that are missing" "$lab" grade 8

# Names.
hand_in 's/by_xhat \+ by_variance \+ by_mean/by_xhat + by_mean/; s/^.*dvariance\[j\] = .*$//; s/- 2 \* dvariance\[j\] \* centered \/ count//'
expect 'name' 'stages dxhat ok | dvariance MISSING | dmu ok | dx wrong' "$lab" grade 8
expect 'name' 'looks like no path through the variance' "$lab" grade 8
hand_in 's/dgamma\[j\] \+= dy\[i \* F \+ j\] \*/dgamma[j] += dy[i * F + j] \//'
expect 'one token' 'looks like the right formula with one operator changed: / instead of *' "$lab" grade 8
hand_in "${dbeta}dbeta[j] += 1.37 * dy[i * F + j] + 0.2;/"
expect 'no name' '8.1 has no name yet' "$lab" grade 8
! grep -q 'looks like' < <(output "$lab" grade 8) || { echo 'FAIL a wrong name' && ((failed += 1)); }

# Two graders at once, one file each.
hand_in ''
"$lab" grade 8 >"$scratch/first" &
cp -r "$own" "$scratch/other"
expect 'two graders' 'Total 15 / 15' "$lab" --dir "$scratch/other" grade 8
wait
expect 'two graders' 'Total 15 / 15' cat "$scratch/first"

# Results files.
"$lab" grade 8 --results "$scratch/results.json" --metadata "$root/tests/labs/submission_metadata.json" >"$scratch/log"
expect 'gradescope' '3 points more than last time' cat "$scratch/results.json"
expect 'gradescope' '"name": "time / reference"' cat "$scratch/results.json"
"$lab" grade 8 --results "$scratch/exercism.json" --format exercism >"$scratch/log"
expect 'exercism' '"version": 3, "status": "pass"' cat "$scratch/exercism.json"
echo 12345 >"$scratch/seeds"
expect 'hidden seeds' 'Total 15 / 15' "$lab" grade 8 --seeds "$scratch/seeds"
expect 'class' 'most time' "$lab" class "$scratch/results.json" --page "$scratch/class.html"
expect 'class page' '<h2>Mistakes</h2>' cat "$scratch/class.html"

# The pictures, from the solutions.
mkdir "$scratch/solutions"
for folder in "$root"/apps/labs/[0-9]*; do
  name=$(sed -nE 's/^  "file": "(.*)",$/\1/p' "$folder/lab.json")
  cp "$folder/$name.cpp" "$scratch/solutions"
  picture=${folder##*/}/$name.svg
  expect 'picture' "$picture" "$lab" --dir "$scratch/solutions" picture "$((10#$(basename "$folder" | cut -c 1-2)))"
  expect 'picture' '</svg>' tail -c 20 "$scratch/solutions/$picture"
done

# The verdict within 5 s of a save; the first one has nothing compiled.
LAB_WATCH_ONCE=1 "$lab" watch 8 >"$scratch/watch"
seconds=$(sed -nE 's/^([0-9.]+) s$/\1/p' "$scratch/watch")
printf 'watch: %s s\n' "$seconds"

expect 'starters' '' "$lab" cut --check
"$lab" cut --check >/dev/null || { echo 'FAIL starters are not up to date: apps/labs/lab cut' && ((failed += 1)); }

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
