#!/bin/bash
# Packs autograder.zip for one lab: the tree of students with this lab and those that it needs, its number and, if given,
# a file with the seeds of the hidden run. The archive holds no solutions. GRADER is the program, default: apps/labs/lab.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
. "$root/apps/set_up.sh"
usage() { echo "usage: apps/labs/autograder/pack.sh LAB ZIP [SEEDS]"; }
(($# == 2 || $# == 3)) || usage_error "expected the number of a lab and the name of the archive"
[[ -z ${3-} || -f $3 ]] || usage_error "there is no $3"
install_packages git zip
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${GRADER:-$root/apps/labs/lab}" export --students "$scratch/gradus" --labs "$1" ${3:+--seeds "$3"}
cp "$root/apps/labs/autograder/setup.sh" "$root/apps/labs/autograder/run_autograder" "$scratch"
echo "$1" >"$scratch/lab"
[[ -z ${3-} ]] || cp "$3" "$scratch/seeds"
archive=$(realpath "$2")
rm -f "$archive"
(cd "$scratch" && zip --quiet --recurse-paths "$archive" .)
say "$archive"
