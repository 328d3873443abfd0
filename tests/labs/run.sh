#!/bin/bash
# The grader of the labs with everything that students hand in. Needs build/bin/lab; lab 8 stands for all.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/apps/set_up.sh"
lab=${1:-$root/build/bin/lab}
install_packages clang git python3 python3-jsonschema zip
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

# count [not] NAME TEXT GOT: the text is in what was got, or is not.
count() {
  local wanted=expected found='not expected'
  [[ $1 != not ]] || { wanted='not expected' && shift; }
  [[ $3 != *"$2"* ]] || found=expected
  if [[ $found == "$wanted" ]]; then
    ((passed += 1))
  else
    ((failed += 1))
    printf 'FAIL %s\n  %s: %s\n  got: %s\n' "$1" "$wanted" "$2" "$3"
  fi
}

# expect NAME TEXT COMMAND...: the text is in the output of the command.
expect() {
  count "$1" "$2" "$(output "${@:3}")"
}

# grade8 NAME TEXT...: each of the texts is in the output of one run.
grade8() {
  local name=$1 text got
  got=$(output "$lab" grade 8)
  for text in "${@:2}"; do count "$name" "$text" "$got"; done
}

# hand_in SED-SCRIPT: the solution with an edit.
hand_in() { sed -E "$1" "$solution" >"$file"; }
dbeta='s/dbeta\[j\] \+= dy\[i \* F \+ j\];/'

expect 'start' 'starters copied; files that were there are as they were' "$lab" start "$own"
grade8 'starter' '8.1 dbeta not written yet' 'Total 0 / 15'
grep -q '"arguments"' "$own/compile_commands.json" || { echo 'FAIL compile_commands.json' && ((failed += 1)); }

hand_in ''
expect 'solution' 'Total 15 / 15' "$lab" grade 8
expect 'start keeps files' '0 of' "$lab" start "$own"
count 'start keeps files' "$(cat "$solution")" "$(cat "$file")"
expect 'list' 'Batch normalization, backward 4-5 15 / 15' "$lab" list

expect 'unknown lab' 'lab: there is no lab 77; there are 0, 1, 2,' "$lab" grade 77
expect 'no number' "lab: expected the number of a lab or 'all', got 'x'" "$lab" grade x
expect 'unknown task' 'lab: there is no task 8.9; lab 8 has 8.1, 8.2, 8.3, 8.4' "$lab" hint 8.9
expect 'hint' '1 beta is added to every sample' "$lab" hint 8.1
expect 'second hint' '2 What is used N times' "$lab" hint 8.1
expect 'handout' 'dbeta = sum_i dy[i]' "$lab" show 8

hand_in "${dbeta}dbeta[j] += dy[i * F + j]/"
grade8 'semicolon' "does not compile: batch_norm_backward.cpp:15: expected ';'" 'likely a semicolon is missing'
hand_in "${dbeta}dbeta[j] += dy[i * F + j] + dz;/"
expect 'misspelled' 'likely a misspelled name, or a header that is not included' "$lab" grade 8

hand_in 's/^void batch_norm_dbeta\(std::span<const double> dy, std::size_t N,/void batch_norm_dbeta(std::span<const double> dy, int N,/; s/i < N; \+\+i/i < static_cast<std::size_t>(N); ++i/'
grade8 'signature' '8.2 dgamma 3 / 3' \
  'the signature of batch_norm_dbeta was changed. Yours: batch_norm_dbeta(std::span<const double>, int,'

# What goes wrong in one function costs its cases only.
dgamma='8.2 dgamma 3 / 3'
hand_in "${dbeta}dbeta[j] += dy[i * F + j + 1000];/"
grade8 'crash' 'crash batch_norm_backward.cpp:15:' "$dgamma"
hand_in "${dbeta}{ dbeta[j] += dy[i * F + j]; if (i + j == 0) { double* volatile p = new double[3]; (void)p; } }/"
grade8 'leak' 'leak batch_norm_backward.cpp:15: memory is not freed: 24 byte(s)' "$dgamma"
hand_in "${dbeta}while (dbeta[j] == dbeta[j]) dbeta[j] = 0;/"
grade8 'time-out' 'time-out not finished after 10 s' "$dgamma"
hand_in "${dbeta}throw std::runtime_error(\"no idea\");/; s/#include <cmath>/#include <cmath>\n#include <stdexcept>/"
grade8 'exception' 'throws no idea' "$dgamma"
hand_in "${dbeta}for (;;) std::puts(\"a line of a text\");/; s/#include <cmath>/#include <cmath>\n#include <cstdio>/"
grade8 'gigabyte' 'output prints more than' "$dgamma"
hand_in "${dbeta}{ static std::vector<double> v; for (;;) v.resize(v.size() + 10000000, 1.0); }/; s/#include <cmath>/#include <cmath>\n#include <vector>/"
grade8 'memory' 'takes too much memory' "$dgamma"

printf '\nint main() { return 3; }\n' | cat "$solution" - >"$file"
grade8 'own main' 'your main() is not called' 'Total 15 / 15'
printf '\nstatic const int loop = [] { volatile bool on = true; while (on) {} return 1; }();\n' | cat "$solution" - >"$file"
expect 'loop at the start' 'does not come to the first case within 10 s: an endless loop in the constructor of a global variable?' "$lab" grade 8
rm "$file"
expect 'missing file' "batch_norm_backward.cpp: 'lab start' copies the starters that are missing" "$lab" grade 8

# Names.
hand_in 's/by_xhat \+ by_variance \+ by_mean/by_xhat + by_mean/; s/^.*dvariance\[j\] = .*$//; s/- 2 \* dvariance\[j\] \* centered \/ count//'
grade8 'name' 'stages dxhat ok | dvariance MISSING | dmu ok | dx wrong' 'looks like no path through the variance'
hand_in 's/dgamma\[j\] \+= dy\[i \* F \+ j\] \*/dgamma[j] += dy[i * F + j] \//'
grade8 'one token' 'looks like the right formula with one operator changed: / instead of *'
hand_in "${dbeta}dbeta[j] += 1.37 * dy[i * F + j] + 0.2;/"
got=$(output "$lab" grade 8)
count 'no name' '8.1 has no name yet' "$got"
count not 'no name' 'looks like' "$got"

# What is computed with a wrong function waits for it.
count 'waits' '8.4 dx, closed form 0 / 4 waits waits for 8.1 dbeta (whose functions it calls)' "$got"
count not 'waits' '8.4 has no name yet' "$got"
hand_in "${dbeta}throw NotImplemented(\"lab 8, task 8.1: batch_norm_dbeta\");/; s/#include <cmath>/#include <cmath>\n#include \"not_implemented.h\"/"
grade8 'waits' '8.1 dbeta not written yet' '8.4 dx, closed form 8.1 is not written yet'

# Two graders at once, with one folder.
hand_in ''
"$lab" grade 8 >"$scratch/first" &
expect 'two graders' 'Total 15 / 15' "$lab" grade 8
wait
expect 'two graders' 'Total 15 / 15' cat "$scratch/first"

# Results files, against the published formats.
valid() { # NAME SCHEMA FILE [TEXT]
  expect "$1" "${4:-accepted}" /usr/bin/python3 "$root/tests/labs/validate.py" "$root/tests/labs/$2.schema.json" "$3"
}
results=$scratch/results.json
exercism=$scratch/exercism.json
"$lab" grade 8 --results "$results" --metadata "$root/tests/labs/submission_metadata.json" >"$scratch/log"
expect 'gradescope' '3 points more than last time' cat "$results"
expect 'gradescope' '"name": "time / reference"' cat "$results"
valid 'gradescope' gradescope "$results"
sed 's/"visible"/"visibly"/' "$results" >"$scratch/broken.json"
valid 'gradescope, broken' gradescope "$scratch/broken.json" "'visibly' is not one of"
"$lab" grade 8 --results "$exercism" --format exercism >"$scratch/log"
expect 'exercism' '"version": 3, "status": "pass"' cat "$exercism"
valid 'exercism' exercism "$exercism"
sed '0,/"status": "pass"/s//"status": "error"/' "$exercism" >"$scratch/broken.json"
valid 'exercism, broken' exercism "$scratch/broken.json" "message: None is not of type 'string'"
hand_in "${dbeta}for (int k = 0; k < 99; ++k) std::puts(\"a line of text\");/; s/#include <cmath>/#include <cmath>\n#include <cstdio>/"
"$lab" grade 8 --results "$exercism" --format exercism >"$scratch/log"
expect 'exercism, long output' 'Output was truncated. Please limit to 500 chars.' cat "$exercism"
valid 'exercism, long output' exercism "$exercism"
hand_in "${dbeta}dbeta[j] += dy[i * F + j]/"
"$lab" grade 8 --results "$exercism" --format exercism >"$scratch/log"
expect 'exercism, no compilation' '"status": "error", "message": "does not compile' cat "$exercism"
valid 'exercism, no compilation' exercism "$exercism"
"$lab" grade 8 --results "$scratch/broken.json" >"$scratch/log"
valid 'gradescope, no compilation' gradescope "$scratch/broken.json"
hand_in ''
echo 12345 >"$scratch/seeds"
expect 'hidden seeds' 'Total 15 / 15' "$lab" grade 8 --seeds "$scratch/seeds"
expect 'class' 'most time' "$lab" class "$results" --page "$scratch/class.html"
expect 'class page' '<h2>Mistakes</h2>' cat "$scratch/class.html"

# The compiler of a student may be another one.
export CXX=clang++
expect 'clang' 'Total 15 / 15' "$lab" grade 8
hand_in "${dbeta}dbeta[j] += dy[i * F + j]/"
grade8 'clang, semicolon' "does not compile: batch_norm_backward.cpp:15: expected ';' after expression" 'likely a semicolon'
hand_in "${dbeta}dbeta[j] += dy[i * F + j] + dz;/"
grade8 'clang, misspelled' "batch_norm_backward.cpp:15: use of undeclared identifier 'dz'" 'likely a misspelled name'
hand_in "${dbeta}dbeta[j] += std::max(dy[i * F + j], 0);/"
grade8 'clang, two types' "no matching function for call to 'max'" 'likely the arguments have different types'
hand_in "${dbeta}dbeta[j] += dy[i * F + j + 1000];/"
grade8 'clang, crash' 'crash batch_norm_backward.cpp:15:' "$dgamma"
unset CXX
hand_in "${dbeta}dbeta[j] += std::max(dy[i * F + j], 0);/"
grade8 'two types' 'no matching function for call to' 'likely the arguments have different types'

# fits COLUMNS COMMAND...: the lines that are longer than the terminal, or that there are none.
fits() {
  ! COLUMNS=$1 "$lab" "${@:2}" | LC_ALL=C.UTF-8 grep -E ".{$(($1 + 1))}" && echo fits
}

# A course of two labs, and one without a lab that is needed. The text fits into narrow terminals.
mkdir "$scratch/course"
cp -r "$root"/apps/labs/{00_tools,08_batch_norm_backward,student} "$scratch/course"
hand_in 's/by_xhat \+ by_variance \+ by_mean/by_xhat + by_mean/'
for columns in 40 80; do
  for command in list 'grade all' 'hint 8.3'; do
    # shellcheck disable=SC2086
    GRADUS_COURSE=$scratch/course expect "$command in $columns columns" fits fits "$columns" $command
  done
done
# A narrow terminal breaks the lines of handouts, except for drawings.
for lab_folder in "$root"/apps/labs/[0-9]*; do
  number=$((10#$(basename "$lab_folder" | cut -c 1-2)))
  expect "show $number in 80 columns" fits fits 80 show "$number"
done
expect 'a box in 40 columns' '| Statistics over the features of a | | row; the variance divides by F. |' env COLUMNS=40 "$lab" show 10
# Mutants are compiled together. One that breaks those after it, or does not compile, costs them no name.
printf '// %s\n' "$scratch" >>"$scratch/course/00_tools/tools.cpp"  # a solution of which nothing is kept from earlier runs
/usr/bin/python3 - "$scratch/course/00_tools/mistakes.json" <<'END'
import json, sys
mistakes = json.load(open(sys.argv[1]))
wrong = {"task": "0.1", "text": "", "read": "", "kind": "mistake"}
ends = {"replace": "}  // namespace student", "with": ""}
unknown = {"replace": "}  // namespace student", "with": "int unknown = no_name;\n}  // namespace student"}
mistakes += [wrong | {"name": "no_end", "edits": [ends]}, wrong | {"name": "unknown_name", "edits": [unknown]}]
json.dump(mistakes, open(sys.argv[1], "w"))
END
mkdir "$scratch/broken"
sed -E 's/std::max\(x\[i\], 0\.0\)/x[i] > 0.0 ? x[i] : 0.0/' "$root/apps/labs/00_tools/tools.cpp" >"$scratch/broken/tools.cpp"
expect 'a mutant that does not compile' 'looks like NaN becomes 0' \
  env GRADUS_COURSE="$scratch/course" "$lab" --dir "$scratch/broken" grade 0
cp -r "$root/apps/labs/09_convergence" "$scratch/course"
expect 'a lab that is needed' 'lab: lab 9 needs lab 1, which is not among those before it; put it back, or take it from "needs" in' \
  env GRADUS_COURSE="$scratch/course" "$lab" list

# The tree of students, with one lab, and what Gradescope is given.
students=$scratch/students
expect 'export' 'lab 0: 12 mistakes in 4 cases' "$lab" export --students "$students" --labs 0
expect 'export again' 'is not empty' "$lab" export --students "$students"
expect 'export' 'starter.cpp' ls "$students/apps/labs/00_tools"
count not 'no solutions' / "$(find "$students" -name tools.cpp -o -name answers.md -o -name 'hidden*' -o -name '08_*')"
count not 'no edits' '"replace"' "$(cat "$students/apps/labs/00_tools/mistakes.json")"
tools() { # SED-SCRIPT
  mkdir -p "$scratch/tools"
  sed -E "$1" "$root/apps/labs/00_tools/tools.cpp" >"$scratch/tools/tools.cpp"
}
wrong='s/std::max\(x\[i\], 0\.0\)/x[i] > 0 ? x[i] : 0/'
in_students() { GRADUS_COURSE=$students/apps/labs "$lab" --dir "$scratch/tools" "$@"; }
tools ''
expect 'export, right' 'Total 4 / 4' in_students grade 0
tools "$wrong"
expect 'export, wrong' 'looks like NaN becomes 0' in_students grade 0

export GRADER=$lab AUTOGRADER=$scratch/autograder
echo '{"0.1 NaN stays NaN": 77}' >"$scratch/hidden.json"
expect 'pack' 'autograder.zip' "$root/apps/labs/autograder/pack.sh" 0 "$scratch/autograder.zip" "$scratch/hidden.json"
mkdir "$AUTOGRADER"
/usr/bin/python3 -m zipfile -e "$scratch/autograder.zip" "$AUTOGRADER/source"
cp "$root/tests/labs/submission_metadata.json" "$AUTOGRADER"
submit() { # NAME TEXT...: what Gradescope shows of the submission
  local text
  rm -rf "$AUTOGRADER/submission"
  cp -r "$scratch/tools" "$AUTOGRADER/submission"
  GRADUS_COURSE=$AUTOGRADER/source/gradus/apps/labs bash "$AUTOGRADER/source/run_autograder" >"$scratch/log" 2>&1
  for text in "${@:2}"; do expect "$1" "$text" cat "$AUTOGRADER/results/results.json"; done
  valid "$1" gradescope "$AUTOGRADER/results/results.json"
}
tools ''
submit 'submission, right' '"score": 4' '"visibility": "after_published"'
tools "$wrong"
submit 'submission, wrong' '"score": 3' 'NaN becomes 0' '(seed 77)'
rm "$scratch/tools/tools.cpp"
submit 'submission, missing' '"score": 0' 'there is no'
tools ''
echo nonsense >"$AUTOGRADER/source/seeds"
submit 'grader fails' 'The grader has failed, not your code.'
unset GRADER AUTOGRADER

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
