#!/bin/bash
# tests/labs/export.sh [LAB...]: students grade these labs, or all, in the tree that is exported for them: the starter gets
# no points, the solution all, and a mistake its name. Needs build/bin/lab. All labs take a quarter of an hour, unless
# `lab check` has been there before.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/apps/set_up.sh"
install_packages git python3 binutils
lab=$root/build/bin/lab
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export XDG_CONFIG_HOME=$scratch/config COLUMNS=80 NO_COLOR=1
"$lab" export --students "$scratch/students" ${1:+--labs "$@"}
export GRADUS_COURSE=$scratch/students/apps/labs
own=$scratch/own
failed=0

# grade NUMBER TEXT: the grader says the text of the file in $own.
grade() {
  local got
  got=$( ("$lab" --dir "$own" grade "$1" 2>&1 || true) | tr -s ' \n' ' ')
  [[ $got == *"$2"* ]] || { printf 'FAIL lab %d\n  expected: %s\n  got: %s\n' "$1" "$2" "$got" && failed=1; }
}

# with_mistake FOLDER FILE: puts the mistake in the middle of the list into the solution, and prints how its text begins.
with_mistake() {
  /usr/bin/python3 - "$@" <<'END'
import json, sys
folder, file = sys.argv[1:]
mistakes = json.load(open(folder + "/mistakes.json"))
mistake = mistakes[len(mistakes) // 2]
source = open(file).read()
for edit in mistake["edits"]:
    source = source.replace(edit["replace"], edit["with"])
open(file, "w").write(source)
print(" ".join(mistake["text"].split()[:4]))
END
}

for folder in "$root"/apps/labs/[0-9]*; do
  number=$((10#$(basename "$folder" | cut -c 1-2)))
  (($# == 0)) || [[ " $* " == *" $number "* ]] || continue
  file=$(sed -nE 's/^  "file": "(.*)",$/\1/p' "$folder/lab.json").cpp
  exported=$GRADUS_COURSE/${folder##*/}
  [[ ! -e $exported/$file && ! -e $exported/answers.md ]] || { echo "FAIL $exported has the solution" && failed=1; }
  points=$(/usr/bin/python3 -c 'import json, sys; print(sum(t["points"] for t in json.load(sys.stdin)["tasks"]))' <"$folder/lab.json")
  rm -rf "$own"
  mkdir "$own"
  cp "$exported/starter.cpp" "$own/$file"
  grade "$number" "Total 0 / $points"
  cp "$folder/$file" "$own"
  grade "$number" "Total $points / $points"
  name=$(with_mistake "$folder" "$own/$file")
  grade "$number" "looks like $name"
done
((failed == 0)) || exit 1
echo "students can grade these labs"
