#!/bin/bash
# usage: tests/coverage.sh BUILD PROFILES: the lines of the library that the unit tests have run, which were built in
# BUILD by clang with coverage and have left their profiles in PROFILES. Lists the files from the worst on.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=$1
profile=$build/coverage.profdata
llvm-profdata merge --sparse --output "$profile" "$2"/*.profraw
mapfile -t objects < <(printf -- '-object\n%s\n' "$build"/bin/*_test)
# Columns: file; regions, missed, %; functions, missed, %; lines, missed, %; branches.
llvm-cov report --instr-profile "$profile" "${objects[@]:1}" --ignore-filename-regex='(^|/)(tests|apps|usr)/' |
  awk '
    $1 ~ /[.](cpp|h)$/ { printf "%6.1f %%  %4d of %4d lines  %s\n", 100 - 100 * $9 / $8, $8 - $9, $8, $1 | "sort -n | head -n 15" }
    $1 == "TOTAL" { lines = $8; missed = $9 }
    END {
      close("sort -n | head -n 15")
      if (lines == 0) exit 1
      covered = 100 * (lines - missed) / lines
      printf "coverage of the library: %.1f %%, %d of %d lines\n", covered, lines - missed, lines
    }'
