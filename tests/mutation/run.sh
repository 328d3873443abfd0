#!/bin/bash
# Are the tests able to fail? Puts single mistakes into copies of the library's files, links each into the test program
# that has to catch it, and runs that. The tree and its build stay as they are.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/apps/set_up.sh"

usage() {
  cat <<'END'
usage: tests/mutation/run.sh [--check | PATTERN]

Runs the mutants of tests/mutation/mutants.tsv, or those whose line matches an
extended regular expression, with the programs of build/. Fails if one survives.
  --check   only looks whether the text that each one changes is in its file
END
}

# The text of a file that holds another text once.
text_with() {
  local text
  text=$(cat "$root/$1" && echo x)
  [[ $text == *"$2"* && ${text#*"$2"} != *"$2"* ]] && printf '%s' "${text%x}"
}

# mutant LINE: prints one word, and the line.
mutant() {
  local file program old new text object command link scratch verdict
  IFS=$'\t' read -r file program old new <<<"$1"
  if ! text=$(text_with "$file" "$old" && echo x); then
    verdict=unknown
  else
    text=${text%x}
    scratch=$(mktemp -d)
    printf '%s' "${text/"$old"/"$new"}" >"$scratch/${file##*/}"
    object=$(ninja -t inputs "bin/$program" | grep -m 1 "\.dir/$file\.o$")
    command=$(ninja -t commands -s "$object" | sed -E 's| -MD -MT \S+ -MF \S+| -w|; s| -o \S+ -c \S+$||')
    link=$(ninja -t commands -s "bin/$program")
    if ! eval "$command -o $scratch/mutant.o -c $scratch/${file##*/}" >"$scratch/log" 2>&1; then
      verdict=invalid
    elif ! eval "${link/ -o bin\/$program/ -o $scratch/program $scratch/mutant.o}" >"$scratch/log" 2>&1; then
      verdict=invalid
    elif timeout 300 "$scratch/program" --abort-after=1 >"$scratch/log" 2>&1; then
      verdict=SURVIVED
    else
      verdict=caught
    fi
    [[ $verdict != invalid ]] || tail -n 5 "$scratch/log"
    rm -rf "$scratch"
  fi
  printf '%-9s %s\t%s\t%s => %s\n' "$verdict" "$file" "$program" "$old" "$new"
}

[[ ${1-} != --help && ${1-} != -h ]] || { usage && exit; }
(($# <= 1)) || usage_error "expected one pattern"
if [[ ${1-} == --check ]]; then
  status=0
  while IFS=$'\t' read -r file program old new; do
    text_with "$file" "$old" >/dev/null || { echo "$file does not hold once: $old" && status=1; }
  done < <(grep -v '^#' "$root/tests/mutation/mutants.tsv")
  exit $status
fi
mapfile -t lines < <(grep -v '^#' "$root/tests/mutation/mutants.tsv" | grep -E "${1-}")
((${#lines[@]} > 0)) || fail "No line matches '$1'."
mapfile -t programs < <(printf '%s\n' "${lines[@]}" | cut -f 2 | sort -u)
build release "${programs[@]}" || fail "The build failed."
cd "$root/build"
for program in "${programs[@]}"; do
  "bin/$program" >mutation.log 2>&1 || fail "$program fails without a mistake, see build/mutation.log."
done
export -f mutant text_with
export root
printf '%s\0' "${lines[@]}" | xargs -0 -P 2 -I LINE bash -euc 'mutant "$1"' mutant LINE | tee mutation.log
caught=$(grep -c '^caught' mutation.log || true)
echo "$caught of ${#lines[@]} mutants caught"
((caught == ${#lines[@]}))
