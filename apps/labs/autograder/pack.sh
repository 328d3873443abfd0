#!/bin/bash
# Packs autograder.zip for one lab: this tree, the number of the lab and, if given, a file with the seeds of the hidden run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
. "$root/apps/set_up.sh"
usage() { echo "usage: apps/labs/autograder/pack.sh LAB ZIP [SEEDS]"; }
(($# == 2 || $# == 3)) || usage_error "expected the number of a lab and the name of the archive"
install_packages git zip
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git clone --quiet --depth 1 "file://$root" "$scratch/gradus"
rm -rf "$scratch/gradus/.git"
cp "$root/apps/labs/autograder/setup.sh" "$root/apps/labs/autograder/run_autograder" "$scratch"
echo "$1" >"$scratch/lab"
[[ -z ${3-} ]] || cp "$3" "$scratch/seeds"
archive=$(realpath "$2")
rm -f "$archive"
(cd "$scratch" && zip --quiet --recurse-paths "$archive" .)
say "$archive"
