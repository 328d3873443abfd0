#!/bin/bash
# seed_sets.sh SCRIPT: the table of verdicts over sets of seeds, of a program that stands for `study`.
set -euo pipefail
script=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/study" <<'END'
#!/bin/bash
# study run NAME... --seed SEED --out FOLDER --resume: the second set contradicts the first about `depth`, if that is asked.
while (($# > 0)); do
  case $1 in
    --seed) seed=$2 ;;
    --out) out=$2 ;;
    depth) names=depth ;;
  esac
  shift
done
mkdir -p "$out"
{
  echo "number,experiment,verdict,held,of,claim"
  echo "1,width,$([[ $seed == 42 ]] && echo reproduced,3 || echo not told apart,2),3,Wide networks, too."
  [[ -z ${names:-} ]] || echo "2,depth,$([[ $seed == 42 ]] && echo reproduced,1 || echo not reproduced,0),1,Deep ones."
} >"$out/verdicts.csv"
END
chmod +x "$folder/study"
status=0
expect() {
  [[ $2 == "$3" ]] || { printf '%s: expected\n%s\ngot\n%s\n' "$1" "$3" "$2" && status=1; }
}
head='| claim | reproduced | not told apart | not reproduced | criteria reproduced |
|---|---|---|---|---|'
table=$("$script" "$folder/study" 3 "$folder/sets" width 2>&1) || status=1
expect "three sets" "$table" "$head
| \`width\` | 1 | 2 | 0 | 3 2 2 of 3 |"
table=$("$script" "$folder/study" 2 "$folder/sets" width depth --quick 2>&1) && echo "a flip: expected an error" && status=1
expect "a flip" "$table" "$head
| \`width\` | 1 | 1 | 0 | 3 2 of 3 |
| \`depth\` | 1 | 0 | 1 | 1 0 of 1 |
flipped: depth"
usage=$("$script" "$folder/study" none "$folder/sets" width 2>&1) && echo "no number of sets: expected an error" && status=1
expect "no number of sets" "${usage%%:*}" "apps/study/seed_sets.sh STUDY SETS FOLDER NAME... [OPTION...]"
exit $status
